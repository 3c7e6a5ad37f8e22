"""`kg sparql`: any SELECT, ASK, CONSTRUCT or DESCRIBE."""

import sys
from pathlib import Path
from typing import Final

import click

from kg.cli.certainty import beginning_of_memberships, certainty_among
from kg.cli.output import choose, clock_options, common_options, say, tell_unless, write
from kg.errors import EXIT_NO, InvalidDocument, UnknownName
from kg.explain.disputed import disputes_behind
from kg.export import GRAPH_FORMATS
from kg.opening import open_graph
from kg.table import Table
from kg.table_formats import TABLE_FORMATS, write_boolean

_BOOLEAN_FORMATS: Final = ("table", "json", "xml")


@click.command("sparql")
@click.argument("file", required=False)
@click.option("-e", "--execute", "text", metavar="TEXT", help="The query itself.")
@click.option(
    "-f",
    "--format",
    metavar="FORMAT",
    help=f"For tables: {', '.join(TABLE_FORMATS)}. For graphs: {', '.join(GRAPH_FORMATS)}.  "
    "[default: table or turtle]",
)
@click.option("--certain", is_flag=True, help="List only what is certain.")
@click.option("--possible", is_flag=True, help="List only what is merely possible on the day.")
@clock_options
@common_options
def command(
    file: str | None,
    text: str | None,
    format: str | None,
    certain: bool,
    possible: bool,
    on: str | None,
    known_on: str | None,
    joined_by: str,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    """Run any SPARQL query from FILE, from standard input (-) or from -e.

    The project's prefixes need no PREFIX line. An ASK query that is false exits with 1. Plain
    relations hold on the day of --on, or today: org:memberOf, kg:candidateFor, kg:hasRatified.

    \b
    kg sparql -e 'SELECT ?state { ?state a kg:State } LIMIT 5'
    kg sparql -e 'DESCRIBE event:nato-finland-accession'
    kg sparql question.rq --format json
    kg sparql --on 1999-04-01 -e 'SELECT ?s { ?s org:memberOf organisation:nato }'
    kg sparql question.rq --known-on 2022-10-12
    kg sparql question.rq --at https://query.example/sparql
    """  # noqa: D301  # click needs the character itself
    certainty = certainty_among({"certain": certain, "possible": possible})
    query = read_text(file, text)
    graph = open_graph(
        at,
        timeout=timeout,
        tell=tell_unless(quiet),
        on=on,
        known_on=known_on,
        joined_by=joined_by,
    )
    answer = graph.sparql(query, certainty=certainty)
    if isinstance(answer, bool):
        name = choose(format or "table", _BOOLEAN_FORMATS, what="format for ASK")
        write(write_boolean(answer, name), output)
        sys.exit(0 if answer else EXIT_NO)
    if isinstance(answer, Table):
        name = choose(format or "table", TABLE_FORMATS, what="format for tables")
        write(TABLE_FORMATS[name](answer, graph.project.prefixes), output)
        if quiet:
            return
        if not answer.rows and (line := beginning_of_memberships(graph.engine, on or "")):
            say(line)
        if line := disputes_behind(graph, query):
            say(line)
    else:
        name = choose(format or "turtle", GRAPH_FORMATS, what="format for graphs")
        write(graph.write(answer, name), output)


def read_text(file: str | None, text: str | None) -> str:
    """Reads the one query that was given; raises UnknownName for none or two."""
    if (file is None) == (text is None):
        raise UnknownName("Give one query: a FILE, - for standard input, or -e TEXT.")
    if text is not None:
        return text
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(str(file)).read_bytes()
        return content.decode("utf-8")
    except OSError as error:
        raise UnknownName(
            f"{file} cannot be read: {error.strerror}. Give a query itself with -e."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{file} is not UTF-8: {error}.") from error
