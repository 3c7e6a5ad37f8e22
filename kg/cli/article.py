"""`kg article`: texts held against the graph, claim by claim."""

import sys
from pathlib import Path

import click

from kg.article.checked import CheckedArticle, CheckedClaim
from kg.article.formats import FORMATS
from kg.article.record import new_article, write_reviews
from kg.article.sentences import split_sentences, stands_in
from kg.cli.output import choose, common_options, say, tell_unless, write
from kg.documents import describe_places, described
from kg.errors import EXIT_NO, EXIT_WRONG_REQUEST, InvalidDocument, UnknownName
from kg.graph import Graph, open_graph
from kg.table_formats import TABLE_FORMATS
from kg.terms import Iri

_ARTICLE = Iri("https://w3id.org/alliance-kg/ontology#Article")


@click.group("article", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    r"""Hold articles against the graph; without a command, list them.

    \b
    kg article
    kg article check nato-explainer-2022-10-12
    kg article check nato-explainer-2022-10-12 --format html -o article.html
    kg article new my-article --title "…" --publisher organisation:bbc --date 2022-10-12 \
        --text article.txt -o graph/claims/my-article.ttl
    """
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
@click.option(
    "--text", metavar="FILE", help="Compare the quotations with the article's text in this file."
)
@click.option("--record", is_flag=True, help="Publish the verdicts with the graph (needs --at).")
@common_options
def check(
    articles: tuple[str, ...],
    format: str,
    text: str | None,
    record: bool,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    r"""Ask again what bears on each claim of an article, and give a verdict on it.

    ARTICLE is the name of one that the graph holds, or a Turtle file with one; all articles if
    it is left out. Exits with 1 when a verdict is no longer the one that was published or a
    sentence is covered by no claim, and with 2 when a claim cannot be checked as it is written.

    \b
    kg article check nato-explainer-2022-10-12
    kg article check nato-explainer-2022-10-12 --text article.txt
    kg article check proposal.ttl --format markdown
    """
    writer = FORMATS[choose(format, FORMATS, what="format for articles")]
    tell = tell_unless(quiet)
    graph, names = _opened(articles, at, timeout, quiet)
    found = [graph.check_article(name.value) for name in names]
    mistakes = [
        _place(graph, claim, each)
        for one in found
        for claim in one.mistaken
        for each in claim.mistakes
    ]
    if text is not None:
        mistakes += _compared(found, Path(text), graph)
    write(writer(found, graph.project.prefixes), output)
    for mistake in mistakes:
        say(f"kg: {mistake}", error=True)
    if mistakes:
        sys.exit(EXIT_WRONG_REQUEST)
    if record:
        for one in found:
            written = write_reviews(one, graph.project.prefixes, graph.project.graph / "reviews")
            tell(f"Written: {written}")
        return
    for one in found:
        for claim in one.changed:
            name = graph.project.prefixes.shorten(claim.claim.iri.value)
            tell(f"{name}: {claim.verdict}, published as {claim.claim.recorded}.")
    sys.exit(EXIT_NO if any(one.changed or one.article.uncovered for one in found) else 0)


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
    """Begin a file of claims for a text, with an entry for each of its sentences."""
    graph = open_graph(at, timeout=timeout, tell=tell_unless(quiet))
    prefixes = graph.project.prefixes
    who = prefixes.shorten(graph.things.find(publisher).value)
    turtle = new_article(
        name, _sentences(Path(text)), prefixes, title=title, publisher=who, date=date, address=url
    )
    write(turtle, output)


def _opened(
    articles: tuple[str, ...], at: str | None, timeout: int, quiet: bool
) -> tuple[Graph, list[Iri]]:
    """Opens the graph, with the files that were named, and finds the articles that are meant."""
    files = [Path(name) for name in articles if name.endswith(".ttl")]
    graph = open_graph(at, timeout=timeout, tell=tell_unless(quiet))
    if files:
        graph = graph.with_files(files)
    found = [
        graph.things.find(name, kind="article") for name in articles if not name.endswith(".ttl")
    ]
    for path in files:
        own = described(path, _ARTICLE)
        if not own:
            raise UnknownName(f"{path} describes no article. kg article new begins a file.")
        found += own
    if not articles:
        found = [row[0] for row in graph.query("articles").rows if isinstance(row[0], Iri)]
    return graph, found


def _sentences(path: Path) -> list[str]:
    try:
        return split_sentences(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"The text cannot be read: {path}: {error}.") from error


def _compared(found: list[CheckedArticle], path: Path, graph: Graph) -> list[str]:
    """Gives a message for each quotation that does not stand in its sentence of the text."""
    sentences = _sentences(path)
    messages = []
    for checked in found:
        if checked.article.sentences not in (0, len(sentences)):
            messages.append(
                f"{path} has {len(sentences)} sentences; {checked.article.iri} counts "
                f"{checked.article.sentences}. Compare it with the text that was examined."
            )
        for claim in checked.claims:
            number = claim.claim.sentence
            sentence = sentences[number - 1] if 0 < number <= len(sentences) else ""
            if claim.claim.quotation and not stands_in(claim.claim.quotation, sentence):
                messages.append(
                    _place(
                        graph,
                        claim,
                        f'"{claim.claim.quotation}" does not stand in sentence {number} of {path}.',
                    )
                )
    return messages


def _place(graph: Graph, claim: CheckedClaim, message: str) -> str:
    """Says where a claim stands and what is wrong with it."""
    project = graph.project
    files = [] if project.endpoint else [*project.turtle_files(), *graph.further]
    place = describe_places(files).get(claim.claim.iri.value) if files else None
    where = f"{project.short_path(place.path)}:{place.line}: " if place else ""
    return f"{where}{project.prefixes.shorten(claim.claim.iri.value)}: {message}"
