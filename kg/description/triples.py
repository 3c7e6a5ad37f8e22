"""The triples that programs get for a thing, for a kind of things, and for the ontology."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from kg.description.kinds import namespace_of
from kg.documents import read_turtle
from kg.engine import construct, select
from kg.engine.oxigraph_engine import from_triple
from kg.graph import Graph
from kg.project import Project
from kg.terms import Iri, Triple

MOST: Final = 5000
"""How many triples that refer to a thing are given at once."""

_OWN: Final = "CONSTRUCT {{ {thing} ?property ?value }} WHERE {{ {thing} ?property ?value }}"
_REFERRING: Final = """
CONSTRUCT {{ ?from ?property {thing} }}
WHERE {{
  {{
    SELECT ?from ?property
    WHERE {{ ?from ?property {thing} . }}
    {order} LIMIT {most} OFFSET {skipped}
  }}
}}
"""
_COUNT: Final = "SELECT (COUNT(?from) AS ?count) WHERE {{ ?from ?property {thing} }}"
_OF_KIND: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
CONSTRUCT {{ ?thing a ?class ; rdfs:label ?label . }}
WHERE {{
  ?thing a ?class .
  FILTER(STRSTARTS(STR(?thing), {namespace}))
  OPTIONAL {{ ?thing rdfs:label ?label . }}
}}
"""


@dataclass(frozen=True)
class Page:
    """Triples, and whether there are more on the next page."""

    triples: Iterable[Triple]
    has_next: bool = False


def triples_of(graph: Graph, thing: Iri, *, page: int = 1, most: int = MOST) -> Page:
    """Gives the triples of a thing, and then those that refer to it, `most` of them a page.

    Relations of a day are left out: they hold on a day, and a thing has none of its own.
    """
    ((counted,),) = select(graph.engine, _COUNT.format(thing=thing.n3())).rows
    count = int(str(counted))
    skipped = (page - 1) * most
    order = "ORDER BY ?from ?property" if count > most else ""  # it takes ten times as long
    text = _REFERRING.format(thing=thing.n3(), order=order, most=most, skipped=skipped)
    own = construct(graph.engine, _OWN.format(thing=thing.n3())) if page == 1 else ()
    referring = construct(graph.engine, text) if count else ()
    return Page(chain(own, referring), has_next=count > page * most)


def triples_of_kind(graph: Graph, kind: Iri) -> Iterable[Triple]:
    """Gives classes and labels of all things of a kind, and what is said of the kind itself.

    A kind is the IRI below which its things stand, such as that of a concept scheme.
    """
    return chain(
        construct(graph.engine, _OWN.format(thing=kind.n3())),
        construct(graph.engine, _OF_KIND.format(namespace=namespace_of(kind).n3())),
    )


def triples_of_ontology(project: Project) -> Iterable[Triple]:
    """Gives all triples of the ontology's files, taxonomies and shapes among them."""
    files = [*project.turtle_files(), *project.shapes_files()]
    own = (path for path in files if path.is_relative_to(project.ontology))
    return (from_triple(quad.triple) for quad in read_turtle(own))
