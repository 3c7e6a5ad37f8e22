"""What the descriptions say of the graph: its header, and how much there is of what."""

from dataclasses import dataclass
from typing import Final

from kg.engine import select
from kg.graph import Graph
from kg.rules import DERIVED
from kg.table import Row
from kg.terms import Iri, Literal, Term
from kg.web.described.statements import BASE

_HEADER: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX owl:     <http://www.w3.org/2002/07/owl#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
PREFIX vann:    <http://purl.org/vocab/vann/>
SELECT ?property ?value ?label
WHERE {
  VALUES ?property {
    dcterms:abstract dcterms:creator dcterms:publisher dcterms:license dcterms:rights
    dcterms:created dcterms:issued dcterms:modified owl:versionInfo
  }
  ?header vann:preferredNamespaceUri ?namespace ;
    ?property ?value .
  OPTIONAL { ?value rdfs:label ?label . }
}
ORDER BY ?property ?value
"""
_SIZE: Final = """
SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?subject) AS ?subjects)
  (COUNT(DISTINCT ?object) AS ?objects)
WHERE { ?subject ?predicate ?object . }
"""
_DERIVED: Final = f"""
SELECT (COUNT(*) AS ?triples)
WHERE {{ GRAPH {DERIVED.n3()} {{ ?subject ?predicate ?object . }} }}
"""
_KINDS: Final = f"""
SELECT ?kind (COUNT(DISTINCT ?thing) AS ?things)
WHERE {{
  ?thing a ?class .
  FILTER(STRSTARTS(STR(?thing), {Literal(BASE).n3()}))
  BIND(STRBEFORE(STRAFTER(STR(?thing), {Literal(BASE).n3()}), "/") AS ?kind)
}}
GROUP BY ?kind
ORDER BY ?kind
"""
_CLASSES: Final = """
SELECT ?class (COUNT(DISTINCT ?thing) AS ?things)
WHERE { ?thing a ?class . }
GROUP BY ?class
ORDER BY ?class
"""
_PROPERTIES: Final = """
SELECT ?property (COUNT(*) AS ?triples) (COUNT(DISTINCT ?subject) AS ?subjects)
  (COUNT(DISTINCT ?object) AS ?objects)
WHERE { ?subject ?property ?object . }
GROUP BY ?property
ORDER BY ?property
"""
_LINKS: Final = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT (COUNT(*) AS ?links)
WHERE {{
  ?thing skos:exactMatch ?item .
  FILTER(STRSTARTS(STR(?item), {namespace}))
}}
"""


@dataclass(frozen=True)
class Header:
    """What the ontology's header says of the whole: who made it, when, under which licence.

    `facts` are properties with values; `title` is the creator's name, `description` what the
    header's abstract says.
    """

    title: str
    description: str
    licence: str
    rights: str
    version: str
    facts: tuple[tuple[Iri, Term], ...]


@dataclass(frozen=True)
class Property:
    """How often a property is used, on how many subjects, with how many objects."""

    iri: Iri
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class Statistics:
    """How much the default graph holds; `derived` is how many of its triples rules derived.

    `kinds` are the first steps of the paths of our own things, with how many there are of each;
    the empty one is that of IRIs with one step.
    """

    triples: int
    derived: int
    subjects: int
    objects: int
    kinds: tuple[tuple[str, int], ...]
    classes: tuple[tuple[Iri, int], ...]
    properties: tuple[Property, ...]

    @property
    def entities(self) -> int:
        """How many of our own things are described."""
        return sum(count for _, count in self.kinds)


def read_header(graph: Graph) -> Header:
    """Reads the header of the ontology that the graph comes with."""
    rows = select(graph.base.engine, _HEADER).rows
    values = {str(row[0]).rpartition("/")[2]: row for row in rows}
    facts = [(row[0], row[1]) for row in rows if isinstance(row[0], Iri) and row[1] is not None]
    return Header(
        _text(values.get("creator"), 2),
        _text(values.get("abstract"), 1),
        _text(values.get("license"), 1),
        _text(values.get("rights"), 1),
        _text(values.get("owl#versionInfo"), 1),
        tuple(fact for fact in facts if not fact[0].value.endswith("/abstract")),
    )


def count(graph: Graph) -> Statistics:
    """Counts what the default graph holds, by six queries that each read it once."""
    triples, subjects, objects = _numbers(graph, _SIZE)
    (derived,) = _numbers(graph, _DERIVED)
    return Statistics(
        triples,
        derived,
        subjects,
        objects,
        tuple((str(kind), _number(things)) for kind, things in select(graph.engine, _KINDS).rows),
        tuple(
            (iri, _number(things))
            for iri, things in select(graph.engine, _CLASSES).rows
            if isinstance(iri, Iri)
        ),
        tuple(
            Property(iri, *map(_number, numbers))
            for iri, *numbers in select(graph.engine, _PROPERTIES).rows
            if isinstance(iri, Iri)
        ),
    )


def links_to(graph: Graph, namespace: str) -> int:
    """Counts the exact matches of our things with things of a namespace."""
    (links,) = _numbers(graph, _LINKS.format(namespace=Literal(namespace).n3()))
    return links


def _numbers(graph: Graph, query: str) -> list[int]:
    (row,) = select(graph.engine, query).rows
    return list(map(_number, row))


def _number(term: Term | None) -> int:
    return int(str(term))


def _text(row: Row | None, position: int) -> str:
    return "" if row is None or row[position] is None else str(row[position])
