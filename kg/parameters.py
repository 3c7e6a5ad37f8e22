"""What a stored question's parameters take: for forms, for documents and for messages alike.

Over the web a question is asked only of the things that it names: a parameter whose example is
a thing (`organisation:nato`) has to be given. One that the file leaves open (`UNDEF`) may be left
out; a day, a number or a concept such as a stage keeps the file's example; `on` is today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.engine import select
from kg.graph import Graph
from kg.sparql_file import Parameter, SparqlFile
from kg.terms import XSD, Iri, Literal, Term, name_among_kind
from kg.things import ANYTHING, MAIN_KINDS

THING: Final = "thing"
"""The type of a parameter that takes a thing, such as a state."""
CONCEPT: Final = "concept"
"""The type of a parameter that takes one of the few concepts of a scheme, such as a stage."""
DATE: Final = "date"
TEXT: Final = "text"
_NUMBERS: Final = ("integer", "decimal", "boolean")

_CONCEPTS: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?concept ?label
WHERE {{
  ?concept skos:inScheme {scheme} ;
    rdfs:label ?label .
  OPTIONAL {{ ?concept kg:rung ?rung . }}
}}
ORDER BY ?rung ?label ?concept
"""
_THINGS: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?label
WHERE {{
  ?thing rdfs:label ?label .
  FILTER({condition})
}}
ORDER BY ?label ?thing
"""


@dataclass(frozen=True)
class Choice:
    """A value that a parameter takes, as it is given, with its English label."""

    value: str
    label: str


@dataclass(frozen=True)
class DescribedParameter:
    """A parameter of a stored question, with all that a person needs in order to give it.

    `kind` is the kind of thing that is taken (state, transfer-stage, thing for any), else the
    type; `type` is THING, CONCEPT, DATE, integer, decimal, boolean or TEXT. `default` is what
    counts where it is left out, None where it has to be given or may be anything. `allowed` are
    all values of a concept, in the order of their scheme; of things see `choices`.
    """

    name: str
    meaning: str
    kind: str
    type: str
    is_required: bool
    default: str | None
    allowed: tuple[Choice, ...]
    example: str | None


def described(query: SparqlFile, graph: Graph) -> tuple[DescribedParameter, ...]:
    """Describes the parameters of a stored question, in the order of its file."""
    return tuple(_described(parameter, graph) for parameter in query.parameters)


def choices(graph: Graph, parameter: DescribedParameter) -> tuple[Choice, ...]:
    """Gives what can be chosen for a parameter: concepts, or all things of its kind by label.

    A parameter that takes any thing offers organisations, states, persons, weapons and articles
    by their prefixed names. Of a day, a number or a text there is nothing to choose.
    """
    if parameter.type != THING:
        return parameter.allowed
    prefixes = graph.project.prefixes
    kinds = MAIN_KINDS if parameter.kind == ANYTHING else (parameter.kind,)
    namespaces = [Literal(prefixes.namespaces[kind]).n3() for kind in kinds]
    condition = " || ".join(f"STRSTARTS(STR(?thing), {each})" for each in namespaces)
    query = _THINGS.format(condition=condition)
    return tuple(
        Choice(_shown(graph, thing, parameter.kind), str(label))
        for thing, label in select(graph.base.engine, query).rows
    )


def _described(parameter: Parameter, graph: Graph) -> DescribedParameter:
    kind, term = _kind(parameter, graph), parameter.example
    allowed = _concepts(graph, kind) if kind else ()
    takes = (CONCEPT if allowed else THING) if kind else _type(term)
    example = None if term is None else _shown(graph, term, kind)
    is_required = takes == THING and example is not None
    return DescribedParameter(
        parameter.name,
        parameter.meaning,
        kind or takes,
        takes,
        is_required,
        _default(parameter, graph, None if is_required else example),
        allowed,
        example,
    )


def _default(parameter: Parameter, graph: Graph, example: str | None) -> str | None:
    if parameter.name != "on" or not parameter.is_date:
        return example
    return graph.clocks.on.value if graph.clocks.on else "today"


def _kind(parameter: Parameter, graph: Graph) -> str:
    """Gives the kind of thing that a parameter takes, or nothing where it takes a literal."""
    takes_things = parameter.example is None or isinstance(parameter.example, Iri)
    return graph.asker.kind(parameter) if takes_things else ""


def _type(example: Term | None) -> str:
    name = example.datatype.removeprefix(XSD) if isinstance(example, Literal) else TEXT
    return name if name in (DATE, *_NUMBERS) else TEXT


def _concepts(graph: Graph, kind: str) -> tuple[Choice, ...]:
    """Gives the concepts of the scheme that has a kind's name; none where it is no scheme."""
    namespace = graph.project.prefixes.namespaces.get(kind)
    if namespace is None:
        return ()
    query = _CONCEPTS.format(scheme=Iri(namespace.rstrip("/#")).n3())
    rows: Sequence[tuple[Term | None, ...]] = select(graph.base.engine, query).rows
    return tuple(Choice(name_among_kind(concept), str(label)) for concept, label in rows)


def _shown(graph: Graph, term: Term | None, kind: str) -> str:
    """Gives a term as a person gives it: a slug where the kind is known, else a prefixed name."""
    if not isinstance(term, Iri):
        return str(term)
    short = graph.project.prefixes.shorten(term.value)
    return short.removeprefix(f"{kind}:")
