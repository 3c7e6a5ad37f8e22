"""`kg query`: the stored questions, each a command made from its file."""

from typing import Any, Final

import click

from kg.cli.certainty import beginning_after, certainty_among, certainty_options
from kg.cli.output import choose, tell_unless, write
from kg.cli.questions import (
    StoredQueries,
    given_values,
    list_questions,
    opened,
    question_command,
)
from kg.explain.disputed import disputes_behind
from kg.sparql_file import SparqlFile
from kg.table_formats import TABLE_FORMATS

_FORMATS: Final = tuple(name for name in TABLE_FORMATS if name != "xml")


def _command(query: SparqlFile) -> click.Command:
    own = [
        click.Option(
            ["-f", "--format"],
            default="table",
            show_default=True,
            metavar="|".join(_FORMATS),
            help="How the answer is written.",
        ),
        *certainty_options(query),
        click.Option(["--sparql"], is_flag=True, help="Print the SPARQL instead of its answer."),
    ]
    return question_command(query, _run, own, called="kg query")


def _run(query: SparqlFile, options: dict[str, Any]) -> None:
    format = choose(options["format"], _FORMATS, what="format for tables")
    certainty = certainty_among(options)
    graph, values = opened(options), given_values(query, options)
    tell = tell_unless(options["quiet"])
    if options["sparql"]:
        write(graph.asker.bind(query.name, values, tell=tell), options["output"])
        return
    table = graph.asker.ask(query.name, values, certainty=certainty, tell=tell)
    if not table.rows and (line := beginning_after(graph.engine, query, values)):
        tell(line)
    write(TABLE_FORMATS[format](table, graph.project.prefixes), options["output"])
    if options["quiet"]:
        return
    if line := disputes_behind(graph, table.sparql):
        tell(line)
    if "rests-on" in query.head:
        from kg.coverage import coverage_lines  # most answers rest on what is there

        for line in coverage_lines(graph.engine, query, graph.asker.terms(query.name, values)):
            tell(line)


@click.group(
    "query",
    cls=StoredQueries,
    make=_command,
    invoke_without_command=True,
    epilog="A value is a name, a code, a Wikidata item or an IRI: NATO, Türkiye, TUR, Q7184.",
)
@click.option("--at", metavar="FOLDER|URL", help="Answer from this folder or SPARQL endpoint.")
@click.pass_context
def command(context: click.Context, at: str | None) -> None:
    """Ask a stored question; without a name, list the questions.

    \b
    kg query members --organisation NATO --on 2022-10-12
    kg query ratifications --candidate Sweden --organisation NATO --format markdown
    kg query organisations-of --state Türkiye --format csv -o turkiye.csv
    kg query members --organisation NATO --on 2024-01-01 --known-on 2022-10-12
    kg query members --organisation NATO --on 1949-06-20 --joined-by signed
    kg query members --organisation EU --on 1990-01-01 --sparql
    kg query members --organisation Comecon --on 1949-01-15 --possible
    """  # noqa: D301  # click needs the character itself
    if context.invoked_subcommand is None:
        list_questions(at)
