"""`kg query`: the stored questions, each a command made from its file."""

from collections.abc import Sequence
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from kg.cli.certainty import beginning_after, certainty_among, certainty_options
from kg.cli.coverage_lines import coverage_lines
from kg.cli.output import choose, clock_parameters, common_parameters, tell_unless, write
from kg.errors import KgError, UnknownName, did_you_mean
from kg.graph import Graph
from kg.opening import open_graph
from kg.project import locate
from kg.sparql_file import Parameter, SparqlFile, SparqlFolder
from kg.table_formats import TABLE_FORMATS
from kg.terms import Iri

_FORMATS: Final = tuple(name for name in TABLE_FORMATS if name != "xml")
_WIDTH: Final = 28


class _StoredQueries(click.Group):
    """A command for each stored query of the graph that --at or KG_AT names."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Lets --at after a question's name say too where the question is looked for."""
        for position, word in enumerate(args):
            if word.startswith("--at"):
                name, _, value = word.partition("=")
                if name == "--at":
                    ctx.params["at"] = value or "".join(args[position + 1 : position + 2])
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_queries(ctx.params.get("at")))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        queries = _queries(ctx.params.get("at"))
        if cmd_name not in queries:
            raise UnknownName(
                f'No stored query is called "{cmd_name}".{did_you_mean(cmd_name, queries)} '
                "kg query lists them all."
            )
        return _command(queries[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Questions"):
            formatter.write_dl(_listed(_queries(ctx.params.get("at"))))


@click.group(
    "query",
    cls=_StoredQueries,
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
        lines = [f"{name:<{_WIDTH}}{summary}" for name, summary in _listed(_queries(at))]
        write("\n".join(lines) + "\n", None)


def _command(query: SparqlFile) -> click.Command:
    def run(**options: Any) -> None:
        _run(query, options)

    has_on = any(each.name == "on" for each in query.parameters)
    parameters: list[click.Parameter] = [_option(query, each) for each in query.parameters]
    parameters += [
        click.Option(
            ["-f", "--format"],
            default="table",
            show_default=True,
            metavar="|".join(_FORMATS),
            help="How the answer is written.",
        ),
        *certainty_options(query),
        click.Option(["--sparql"], is_flag=True, help="Print the SPARQL instead of its answer."),
        *clock_parameters(with_on=not has_on),
        *common_parameters(),
    ]
    return click.Command(
        query.name, callback=run, params=parameters, help=_help(query), short_help=query.summary
    )


def _run(query: SparqlFile, options: dict[str, Any]) -> None:
    format = choose(options["format"], _FORMATS, what="format for tables")
    certainty = certainty_among(options)
    context = click.get_current_context()
    at = options["at"] or (context.parent.params.get("at") if context.parent else None)
    tell = tell_unless(options["quiet"])
    graph = open_graph(
        at,
        timeout=options["timeout"],
        tell=tell,
        on=options.get("on"),
        known_on=options["known_on"],
        joined_by=options["joined_by"],
    )
    values = {
        parameter.name: options[_key(parameter)]
        for parameter in query.parameters
        if options[_key(parameter)] is not None
    }
    if options["sparql"]:
        write(graph.asker.bind(query.name, values, tell=tell), options["output"])
        return
    table = graph.asker.ask(query.name, values, certainty=certainty, tell=tell)
    if not table.rows and (line := beginning_after(graph.engine, query, values)):
        tell(line)
    write(TABLE_FORMATS[format](table, graph.project.prefixes), options["output"])
    if "rests-on" in query.head and not options["quiet"]:
        for line in coverage_lines(graph, query, values):
            tell(line)


def _option(query: SparqlFile, parameter: Parameter) -> click.Option:
    default = "today" if parameter.name == "on" else _shown(query, parameter)
    return click.Option(
        [f"--{parameter.name}", _key(parameter)],
        metavar=_type(parameter),
        help=f"{parameter.meaning}  [{f'default: {default}' if default else 'optional'}]",
        shell_complete=lambda context, option, incomplete: _complete(
            context, parameter, incomplete
        ),
    )


def _key(parameter: Parameter) -> str:
    return f"value_of_{parameter.name}"


def _type(parameter: Parameter) -> str:
    if parameter.is_date:
        return "YEAR-MONTH-DAY"
    if parameter.example is None or isinstance(parameter.example, Iri):
        return "NAME"
    return "VALUE"


def _shown(query: SparqlFile, parameter: Parameter) -> str:
    if isinstance(parameter.example, Iri):
        return query.prefixes.shorten(parameter.example.value)
    return "" if parameter.example is None else str(parameter.example)


def _help(query: SparqlFile) -> str:
    words = [query.head.get("question", query.summary), query.head.get("description", "")]
    example = " ".join(
        f"--{parameter.name} {_shown(query, parameter)}"
        for parameter in query.parameters
        if parameter.example is not None
    )
    return "\n\n".join([*filter(None, words), f"\b\nkg query {query.name} {example}".rstrip()])


def _complete(
    context: click.Context, parameter: Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offers the names of the things that a parameter takes, for the shell's completion."""
    if parameter.is_date:
        return []
    try:
        graph = open_graph(context.params.get("at"))
        return [
            CompletionItem(slug, help=name) for slug, name in _names(graph, parameter, incomplete)
        ]
    except KgError:
        return []


def _names(graph: Graph, parameter: Parameter, incomplete: str) -> Sequence[tuple[str, str]]:
    return graph.things.beginning_with(incomplete, kind=graph.asker.kind(parameter))


def _queries(at: str | None) -> SparqlFolder:
    return SparqlFolder(locate(at).queries)


def _listed(queries: SparqlFolder) -> list[tuple[str, str]]:
    return [(name, query.summary) for name, query in queries.items()]
