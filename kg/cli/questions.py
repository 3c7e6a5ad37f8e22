"""Commands that are made from stored questions: `kg query`, `kg explain`, `kg why-not`.

Each is a group with a command for every question, whose parameters are its options.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from kg.cli.output import clock_parameters, common_parameters, tell_unless, write
from kg.errors import KgError, UnknownName, did_you_mean
from kg.graph import Graph
from kg.opening import open_graph
from kg.project import locate
from kg.sparql_file import Parameter, SparqlFile, SparqlFolder
from kg.terms import Iri

_WIDTH: Final = 28


class StoredQueries(click.Group):
    """A command for each stored query of the graph that --at or KG_AT names.

    `make` makes the command of a query.
    """

    def __init__(self, *, make: Callable[[SparqlFile], click.Command], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.make = make

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
        """Gives the names of the stored queries."""
        return sorted(_queries(ctx.params.get("at")))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Gives the command of a stored query; raises UnknownName."""
        queries = _queries(ctx.params.get("at"))
        if cmd_name not in queries:
            raise UnknownName(
                f'No stored query is called "{cmd_name}".{did_you_mean(cmd_name, queries)} '
                "kg query lists them all."
            )
        return self.make(queries[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the questions with their summaries."""
        with formatter.section("Questions"):
            formatter.write_dl(_listed(_queries(ctx.params.get("at"))))


def question_command(
    query: SparqlFile,
    run: Callable[[SparqlFile, dict[str, Any]], None],
    own: Iterable[click.Parameter],
    *,
    called: str,
) -> click.Command:
    """Makes the command of a stored query: its parameters, options of its own, the common ones.

    `called` is the command as it is typed before the question's name.
    """
    has_on = any(each.name == "on" for each in query.parameters)
    return click.Command(
        query.name,
        callback=lambda **options: run(query, options),
        params=[
            *(_option(query, each) for each in query.parameters),
            *own,
            *clock_parameters(with_on=not has_on),
            *common_parameters(),
        ],
        help=_help(query, called),
        short_help=query.summary,
    )


def given_values(query: SparqlFile, options: Mapping[str, Any]) -> dict[str, str]:
    """Gives the values of a stored query's parameters that were given as options."""
    values = {each.name: options[_key(each)] for each in query.parameters}
    return {name: value for name, value in values.items() if value is not None}


def opened(options: Mapping[str, Any]) -> Graph:
    """Opens the graph that --at names, before or after the question's name, as of its clocks."""
    context = click.get_current_context()
    at = options["at"] or (context.parent.params.get("at") if context.parent else None)
    return open_graph(
        at,
        timeout=options["timeout"],
        tell=tell_unless(options["quiet"]),
        on=options.get("on"),
        known_on=options["known_on"],
        joined_by=options["joined_by"],
    )


def list_questions(at: str | None) -> None:
    """Writes the names of the stored questions with their summaries."""
    lines = [f"{name:<{_WIDTH}}{summary}" for name, summary in _listed(_queries(at))]
    write("\n".join(lines) + "\n", None)


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


def _help(query: SparqlFile, command: str) -> str:
    words = [query.head.get("question", query.summary), query.head.get("description", "")]
    example = " ".join(
        f"--{parameter.name} {_shown(query, parameter)}"
        for parameter in query.parameters
        if parameter.example is not None
    )
    return "\n\n".join([*filter(None, words), f"\b\n{command} {query.name} {example}".rstrip()])


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
