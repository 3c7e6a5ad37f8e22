"""`kg article`: texts held against the graph, claim by claim."""

import sys
from pathlib import Path

import click

from kg.article.checked import CheckedArticle
from kg.article.formats import FORMATS
from kg.article.places import Places, compared
from kg.article.record import new_article, write_reviews
from kg.article.sentences import split_sentences
from kg.cli.output import choose, clock_options, common_options, say, tell_unless, write
from kg.clocks import Clocks
from kg.documents import ARTICLE, described
from kg.errors import (
    EXIT_NO,
    EXIT_WRONG_REQUEST,
    InvalidDocument,
    InvalidValue,
    KgError,
    OutputError,
    UnknownName,
)
from kg.graph import Graph
from kg.opening import open_graph
from kg.project import is_packaged
from kg.table_formats import TABLE_FORMATS

_PUBLISHERS = ("organisation", "publisher", "person", "state")


@click.group("article", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Hold articles against the graph; without a command, list them.

    \b
    kg article
    kg article check nato-explainer-2022-10-12
    kg article check nato-explainer-2022-10-12 --format html -o article.html
    kg article new my-article --title "..." --publisher BBC --date 2022-10-12 --text article.txt
    """  # noqa: D301  # click wants the character itself
    if context.invoked_subcommand is None:
        context.invoke(list_articles)


@command.command("list")
@common_options
def list_articles(
    at: str | None = None, timeout: int = 60, output: str | None = None, quiet: bool = False
) -> None:
    """List the articles that were held against the graph."""
    graph = open_graph(at, timeout=timeout, tell=tell_unless(quiet))
    table = graph.query("articles")
    write(TABLE_FORMATS["table"](table, graph.project.prefixes), output)


@command.command("check")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option(
    "-f",
    "--format",
    default="table",
    show_default=True,
    metavar="|".join(FORMATS),
    help="How the outcome is written; claimreview is JSON-LD for search engines.",
)
@click.option("--text", metavar="FILE", help="Compare the quotations of one article with its text.")
@click.option("--record", is_flag=True, help="Publish the verdicts with the graph (needs --at).")
@clock_options
@common_options
def check(
    articles: tuple[str, ...],
    format: str,
    text: str | None,
    record: bool,
    on: str | None,
    known_on: str | None,
    joined_by: str,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    """Ask again what bears on each claim of an article, and give a verdict on it.

    ARTICLE is the name of one that the graph holds, or a Turtle file with one; all articles if
    it is left out. Exits with 1 when a verdict is no longer the one that was published or a
    sentence is covered by no claim, and with 2 when a claim cannot be checked as it is written.
    With --on the tests are about that day instead of the article's own.

    \b
    kg article check nato-explainer-2022-10-12
    kg article check nato-explainer-2022-10-12 --text article.txt
    kg article check proposal.ttl --format markdown
    kg article check nato-explainer-2022-10-12 --known-on 2022-10-12
    """  # noqa: D301  # click wants the character itself
    writer = FORMATS[choose(format, FORMATS, what="format for articles")]
    tell = tell_unless(quiet)
    files = [Path(name) for name in dict.fromkeys(articles) if Path(name).is_file()]
    if record and files:
        raise InvalidValue("Verdicts are published with the graph's own articles. Name no file.")
    if text is not None and len(articles) != 1:
        raise InvalidValue("--text is the text of one article. Name that article.")
    sentences = None if text is None else _sentences(Path(text))
    mistakes: list[str] = []
    graph = open_graph(
        at, timeout=timeout, tell=tell, on=on, known_on=known_on, joined_by=joined_by
    )
    if record and graph.clocks != Clocks():
        raise InvalidValue("What is published holds as of now. Leave --record or the clocks out.")
    if record and is_packaged(graph.project):
        raise OutputError("The packaged graph is not written to. Give --at a folder of yours.")
    graph = _with_files(graph, files, mistakes)
    found = _checked(graph, articles, mistakes)
    if not found:
        for mistake in mistakes:
            say(f"kg: {mistake}", error=True)
        sys.exit(EXIT_WRONG_REQUEST)
    places = Places(graph.project, graph.further)
    for one in found:
        for claim in one.mistaken:
            mistakes += [places.say(claim, each) for each in claim.mistakes]
        if sentences is not None:
            mistakes += compared(one, sentences, str(text), places)
    write(writer(found, graph.project.prefixes), output)
    for mistake in mistakes:
        say(f"kg: {mistake}", error=True)
    if mistakes:
        sys.exit(EXIT_WRONG_REQUEST)
    for one in found if record else ():
        written = write_reviews(one, graph.project.prefixes, graph.project.graph / "reviews")
        tell(f"Written: {written}")
    for one in found if not record else ():
        for claim in one.changed:
            name = graph.project.prefixes.shorten(claim.claim.iri.value)
            tell(f"{name}: {claim.verdict}, published as {claim.claim.recorded}.")
    changed = not record and any(one.changed for one in found)
    sys.exit(EXIT_NO if changed or any(one.article.uncovered for one in found) else 0)


@command.command("new")
@click.argument("name")
@click.option("--title", required=True, help="The title as printed.")
@click.option(
    "--publisher", required=True, metavar="NAME", help="Who published it, as the graph knows it."
)
@click.option("--date", required=True, metavar="DATE", help="2022-10-12, 2022-10 or 2022.")
@click.option("--url", default="", metavar="ADDRESS", help="Where it can be read.")
@click.option("--text", required=True, metavar="FILE", help="The article's text, as plain text.")
@common_options
def new(
    name: str,
    title: str,
    publisher: str,
    date: str,
    url: str,
    text: str,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    """Begin a file of claims for a text, with an entry for each of its sentences.

    \b
    kg article new my-article --title "What is NATO?" --publisher BBC --date 2022-10-12 \\
        --url https://example.org/article --text article.txt -o graph/claims/my-article.ttl
    """  # noqa: D301  # click wants the character itself
    graph = open_graph(at, timeout=timeout, tell=tell_unless(quiet))
    prefixes = graph.project.prefixes
    who = graph.things.find(publisher)
    if prefixes.kind(who) not in _PUBLISHERS:
        raise UnknownName(
            f'"{publisher}" is {prefixes.shorten(who.value)}, which publishes nothing. Name an '
            "organisation, or add a kg:Publisher to graph/sources/ first."
        )
    if output and output != "-" and Path(output).exists():
        raise OutputError(f"{output} exists. Nothing was written; name another file.")
    turtle = new_article(
        name,
        _sentences(Path(text)),
        prefixes,
        title=title,
        publisher=prefixes.shorten(who.value),
        date=date,
        address=url,
    )
    write(turtle, output)


def _with_files(graph: Graph, files: list[Path], mistakes: list[str]) -> Graph:
    """Adds the files that can be read; what is wrong with the others is a mistake."""
    good = []
    for path in files:
        try:
            if not described(path, ARTICLE):
                raise InvalidDocument(f"{path} describes no article. kg article new begins one.")
            good.append(path)
        except KgError as error:
            mistakes.append(str(error))
    return graph.with_files(good) if good else graph


def _checked(graph: Graph, articles: tuple[str, ...], mistakes: list[str]) -> list[CheckedArticle]:
    """Checks the articles that are named, or all; one that cannot be is a mistake."""
    added = {str(path): path for path in graph.further}
    names: dict[str, None] = {}
    for name in articles:
        if name in added:
            names.update(dict.fromkeys(iri.value for iri in described(added[name], ARTICLE)))
        elif not Path(name).is_file():
            names[name] = None
    if not articles:
        names = dict.fromkeys(str(row["article"]) for row in graph.query("articles"))
    found: dict[str, CheckedArticle] = {}
    for name in names:
        try:
            checked = graph.check_article(name)
            found[checked.article.iri.value] = checked
        except KgError as error:
            mistakes.append(str(error))
    return list(found.values())


def _sentences(path: Path) -> list[str]:
    try:
        return split_sentences(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"The text cannot be read: {path}: {error}.") from error
