"""The kinds of things: what stands below an IRI of the graph, and what is called nearly so."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.description.described import Named
from kg.description.names import names_of
from kg.engine import select
from kg.graph import Graph
from kg.terms import Iri, Literal, name_among_kind

BASE: Final = "https://w3id.org/alliance-kg/"
"""What the IRI of everything in the graph begins with."""
ONTOLOGY: Final = Iri(f"{BASE}ontology")
_NEAREST: Final = 3
_LONGEST: Final = 100
"""How long a name may be that is compared with others."""

_KINDS: Final = f"""
SELECT ?name (COUNT(DISTINCT ?thing) AS ?count)
WHERE {{
  ?thing a ?class .
  FILTER(STRSTARTS(STR(?thing), "{BASE}"))
  BIND(STRBEFORE(STRAFTER(STR(?thing), "{BASE}"), "/") AS ?name)
  FILTER(?name != "")
}}
GROUP BY ?name
ORDER BY ?name
"""
_SCHEMES: Final = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?scheme
WHERE { ?scheme a skos:ConceptScheme . }
"""
_THINGS: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?label ?class
WHERE {{
  {{
    SELECT ?thing ?class
    WHERE {{
      ?thing a ?class .
      FILTER(STRSTARTS(STR(?thing), {namespace}))
    }}
  }}
  OPTIONAL {{ ?thing rdfs:label ?label . }}
}}
"""


@dataclass(frozen=True)
class Kind:
    """A kind of things, with how many there are; `is_scheme` if they are a scheme's concepts."""

    iri: Iri
    name: str
    count: int
    is_scheme: bool


@dataclass(frozen=True)
class Listing:
    """All things of a kind in the order of their names, and the classes that they belong to."""

    kind: Iri
    things: tuple[Named, ...]
    classes: tuple[Named, ...]


def namespace_of(kind: Iri) -> Literal:
    """Gives what the IRIs of a kind's things begin with.

    >>> namespace_of(Iri("https://w3id.org/alliance-kg/state")).value
    'https://w3id.org/alliance-kg/state/'
    """
    return Literal(f"{kind.value}/")


def kinds_of(graph: Graph) -> list[Kind]:
    """Gives the kinds of things in the graph by name."""
    schemes = {str(scheme) for (scheme,) in select(graph.engine, _SCHEMES).rows}
    return [
        Kind(Iri(f"{BASE}{name}"), str(name), int(str(count)), f"{BASE}{name}" in schemes)
        for name, count in select(graph.engine, _KINDS).rows
    ]


def things_of(graph: Graph, kind: Iri) -> Listing:
    """Gives all things of a kind; none if there is no such kind."""
    text = _THINGS.format(namespace=namespace_of(kind).n3())
    shorten = graph.project.prefixes.shorten
    things: dict[Iri, Named] = {}
    classes: set[Iri] = set()
    for thing, label, class_ in select(graph.engine, text).rows:
        if isinstance(thing, Iri) and isinstance(class_, Iri):
            things[thing] = Named(thing, str(label or shorten(thing.value)))
            classes.add(class_)
    return Listing(
        kind, _by_name(things.values()), _by_name(map(names_of(graph, classes), classes))
    )


def nearest(graph: Graph, iri: Iri) -> list[Named]:
    """Gives the things, or the kinds, that are called nearly as an IRI that nothing has."""
    slug = name_among_kind(iri).lower()[:_LONGEST]
    kind = Iri(iri.value.rpartition("/")[0])
    among = things_of(graph, kind).things if kind.value.startswith(BASE) else ()
    if not among:
        among = tuple(Named(each.iri, each.name) for each in kinds_of(graph))
        slug = iri.value.removeprefix(BASE).partition("/")[0].lower()[:_LONGEST]
    return nearest_of(slug, among)


def nearest_of(name: str, among: tuple[Named, ...]) -> list[Named]:
    """Gives those things whose slug or label is nearest to a name."""
    known: dict[str, Named] = {}
    for each in among:
        known.setdefault(name_among_kind(each.iri), each)
        known.setdefault(each.label.casefold(), each)
    close = difflib.get_close_matches(name, known, n=_NEAREST, cutoff=0.6)
    return list(dict.fromkeys(known[each] for each in close))


def _by_name(things: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(things, key=lambda each: (each.label.casefold(), each.iri.value)))
