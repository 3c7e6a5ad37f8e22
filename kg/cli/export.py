"""`kg export`: the graph as a file."""

import click

from kg.cli.output import choose, clock_options, common_options, tell_unless, write
from kg.errors import UnknownName
from kg.export import GRAPH_FORMATS
from kg.opening import open_graph


@click.command("export")
@click.option(
    "-f",
    "--format",
    default="turtle",
    show_default=True,
    metavar="|".join(GRAPH_FORMATS),
    help="How the graph is written.",
)
@click.option("--subject", metavar="THING", help="Only what is said of this thing.")
@click.option("--asserted", is_flag=True, help="Leave out what rules derived.")
@clock_options
@common_options
def command(
    format: str,
    subject: str | None,
    asserted: bool,
    on: str | None,
    known_on: str | None,
    joined_by: str,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    """Write the graph, with its ontology and what rules derived from it.

    The same graph gives the same bytes, and a changed fact a small diff. N-Quads and TriG keep
    what was derived apart, in the graph graph:derived; with --known-on or --joined-by they put all
    of it into the graph of that view, for an endpoint to answer from.

    \b
    kg export -o alliance-kg.ttl
    kg export --format nquads --output alliance-kg.nq
    kg export --subject organisation:nato
    kg export --known-on 2022-10-12 --format nquads
    """  # noqa: D301  # click needs the character itself
    if subject is not None and not subject.strip():
        raise UnknownName("--subject is empty. Name a thing, or leave it out for the whole graph.")
    name = choose(format, GRAPH_FORMATS, what="format for graphs")
    graph = open_graph(
        at,
        timeout=timeout,
        tell=tell_unless(quiet),
        on=on,
        known_on=known_on,
        joined_by=joined_by,
    )
    write(graph.export(name, subject=subject, asserted=asserted), output)
