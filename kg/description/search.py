"""Searching things by what people call them, and by what they nearly call them."""

from dataclasses import dataclass
from typing import Final

from kg.description.described import Named
from kg.description.kinds import BASE, nearest_of
from kg.description.names import names_of
from kg.engine import select
from kg.errors import InvalidValue, UnknownName
from kg.graph import Graph
from kg.terms import Iri, Literal

MOST: Final = 50
"""How many things a search names."""
LONGEST: Final = 200
"""How many characters a name that is searched may have."""

_CONTAINING: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?label
WHERE {{
  VALUES ?naming {{ rdfs:label skos:altLabel }}
  ?thing ?naming ?name .
  FILTER(CONTAINS(LCASE(STR(?name)), {text}))
  FILTER(STRSTARTS(STR(?thing), {base}))
  ?thing rdfs:label ?label .
}}
"""
_MAIN: Final = """
PREFIX kg:     <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs:   <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
SELECT ?thing ?label
WHERE {
  VALUES ?class { kg:Article kg:Organisation kg:State kg:WeaponSystem schema:Person }
  ?thing a ?class ;
    rdfs:label ?label .
}
"""


@dataclass(frozen=True)
class Found:
    """What a search found: the things that are called so, those whose name contains it, others.

    `more` is how many further things have a name that contains it; `nearest` are the things
    called nearly so, where none is called so.
    """

    name: str
    exact: tuple[Named, ...] = ()
    containing: tuple[Named, ...] = ()
    more: int = 0
    nearest: tuple[Named, ...] = ()


def search(graph: Graph, name: str) -> Found:
    """Searches things by a name, a code, a Wikidata item or an IRI, in whatever case.

    Raises InvalidValue for a name that is too long to be one.
    """
    wanted = name.strip()
    if len(wanted) > LONGEST:
        raise InvalidValue(f"A name has at most {LONGEST} characters. Search for a part of it.")
    if not wanted:
        return Found(wanted)
    exact = _exact(graph, wanted)
    if len(exact) == 1:
        return Found(wanted, exact)
    containing = [each for each in _containing(graph, wanted) if each not in exact]
    close = () if exact or containing else tuple(nearest_of(wanted.casefold(), _main(graph)))
    more = max(0, len(containing) - MOST)
    return Found(wanted, exact, tuple(containing[:MOST]), more, close)


def _exact(graph: Graph, name: str) -> tuple[Named, ...]:
    try:
        meant = graph.things.meant(name)
    except UnknownName:  # an IRI, or a prefixed name, of which nothing is known
        return ()
    return tuple(map(names_of(graph, meant), meant))


def _containing(graph: Graph, name: str) -> list[Named]:
    """Gives the things whose name contains a text: first those that begin with it."""
    text = name.lower()
    query = _CONTAINING.format(text=Literal(text).n3(), base=Literal(BASE).n3())
    rows = select(graph.base.engine, query).rows
    found = [Named(thing, str(label)) for thing, label in rows if isinstance(thing, Iri)]

    def place(each: Named) -> tuple[bool, int, str, str]:
        label = each.label.lower()
        return not label.startswith(text), len(label), label, each.iri.value

    return sorted(found, key=place)


def _main(graph: Graph) -> tuple[Named, ...]:
    rows = select(graph.base.engine, _MAIN).rows
    return tuple(Named(thing, str(label)) for thing, label in rows if isinstance(thing, Iri))
