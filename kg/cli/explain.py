"""`kg explain`: rows taken apart into the statements and sources that carry them."""

import sys
from typing import Any

import click

from kg.cli.output import choose, clock_parameters, common_parameters, say, tell_unless, write
from kg.cli.questions import (
    StoredQueries,
    given_values,
    list_questions,
    opened,
    question_command,
)
from kg.errors import InvalidValue
from kg.explain.asked import explain_question, explain_sparql
from kg.explain.explanation import Explanation
from kg.explain.formats import FORMATS
from kg.graph import Graph
from kg.sparql_file import SparqlFile

_WORTH_TELLING = 20


def _choosing() -> list[click.Parameter]:
    """Gives the options that choose rows and how they are written."""
    return [
        click.Option(["--row"], type=int, metavar="NUMBER", help="Only this row, from 1."),
        click.Option(
            ["--where"],
            multiple=True,
            metavar="COLUMN=VALUE",
            help="Only rows with this value in a column, such as name=Finland; can be repeated.",
        ),
        click.Option(
            ["-f", "--format"],
            default="text",
            show_default=True,
            metavar="|".join(FORMATS),
            help="How the explanation is written; turtle is PROV-O.",
        ),
    ]


def _command(query: SparqlFile) -> click.Command:
    return question_command(query, _run, _choosing(), called="kg explain")


def _run(query: SparqlFile, options: dict[str, Any]) -> None:
    values = given_values(query, options)

    def explained(graph: Graph) -> Explanation:
        return explain_question(
            graph,
            query.name,
            values,
            row=options["row"],
            where=read_where(options["where"]),
            tell=tell_unless(options["quiet"]),
            progress=_progress(options["quiet"]),
        )

    _write(opened(options), options, explained)


class _Questions(StoredQueries):
    """The stored questions, and `sparql` for a query of one's own."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Gives the command of a stored question, or that for any SELECT."""
        return _sparql if cmd_name == "sparql" else super().get_command(ctx, cmd_name)


@click.group(
    "explain",
    cls=_Questions,
    make=_command,
    invoke_without_command=True,
    epilog="kg explain sparql -e 'SELECT …' explains a query of your own.",
)
@click.option("--at", metavar="FOLDER|URL", help="Answer from this folder or SPARQL endpoint.")
@click.pass_context
def command(context: click.Context, at: str | None) -> None:
    """Show what each row of an answer rests on: statements, their sources, rules, absences.

    The statements are as few as keep the row, whatever else of the graph is there.

    \b
    kg explain members --organisation NATO --on 2022-10-12 --where name=Finland
    kg explain not-ratified --candidate Sweden --organisation NATO --on 2022-10-12
    kg explain co-membership-counts --with Ukraine --row 1 --format json
    kg explain sparql -e 'SELECT ?s { ?s org:memberOf organisation:nato }' --on 1999-04-01
    """  # noqa: D301  # click needs the character itself
    if context.invoked_subcommand is None:
        list_questions(at)


def _run_sparql(**options: Any) -> None:
    from kg.cli.sparql import read_text

    text = read_text(options["file"], options["text"])

    def explained(graph: Graph) -> Explanation:
        return explain_sparql(
            graph,
            text,
            row=options["row"],
            where=read_where(options["where"]),
            progress=_progress(options["quiet"]),
        )

    _write(opened(options), options, explained)


_sparql = click.Command(
    "sparql",
    callback=_run_sparql,
    params=[
        click.Argument(["file"], required=False),
        click.Option(["-e", "--execute", "text"], metavar="TEXT", help="The query itself."),
        *_choosing(),
        *clock_parameters(),
        *common_parameters(),
    ],
    help="Explain the rows of any SELECT, from FILE, from standard input (-) or from -e.",
)


def read_where(pairs: tuple[str, ...]) -> dict[str, str]:
    """Reads column=value pairs; raises InvalidValue for what is none."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, sign, value = pair.partition("=")
        if not sign or not column.strip() or not value.strip():
            raise InvalidValue(
                f'"{pair}" names no column and value, given for --where. Write it as '
                "column=value, for example name=Finland."
            )
        found[column.strip()] = value.strip()
    return found


def _write(graph: Graph, options: dict[str, Any], explained: Any) -> None:
    writer = FORMATS[choose(options["format"], FORMATS, what="format for explanations")]
    write(writer(explained(graph), graph.project.prefixes), options["output"])


def _progress(quiet: bool) -> Any:
    """Gives a function that tells how many rows of many are done."""

    def tell(done: int, of: int) -> None:
        if not quiet and of > _WORTH_TELLING and done == 0:
            say(f"Explaining {of} rows; --row or --where chooses some.")
        if not quiet and of > _WORTH_TELLING and sys.stderr.isatty() and done % 10 == 0:
            click.echo(f"\r{done} of {of}\r", nl=False, err=True)

    return tell
