"""The ontology's terms, as people read them: what each means, and what it is used with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph

from kg.description.described import Named, Said, Value
from kg.description.kinds import ONTOLOGY
from kg.description.names import Names, names_of
from kg.documents import read_turtle
from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.graph import Graph
from kg.project import Project
from kg.terms import BlankNode, Iri, Literal, Term
from kg.turtle_writer import place_of

_TERMS: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?term ?property ?value
WHERE { ?term rdfs:isDefinedBy ?ontology ; ?property ?value . }
"""
_SHAPES: Final = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?path ?class
WHERE { ?shape sh:path ?path ; sh:targetClass ?class . }
"""
_VERSIONS: Final = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
ASK {{ {ontology} owl:versionIRI {version} }}
"""
_APART: Final = ("rdfs:label", "skos:prefLabel", "rdfs:isDefinedBy", "owl:deprecated")


@dataclass(frozen=True)
class VocabularyTerm:
    """A term with what is said of it, in the house order, and the classes whose shapes name it.

    `is_own` tells the ontology's own terms from those of other vocabularies that it reuses.
    """

    thing: Named
    said: tuple[Said, ...]
    shapes: tuple[Named, ...]
    is_own: bool
    is_deprecated: bool

    @property
    def anchor(self) -> str:
        """What the term is called on the ontology's page: its local name, or prefix and name."""
        return anchor_of(self.thing.iri)


def anchor_of(term: Iri) -> str:
    """Gives the name of a term's place on the ontology's page.

    >>> anchor_of(Iri("https://w3id.org/alliance-kg/ontology#State"))
    'State'
    """
    return term.value.removeprefix(f"{ONTOLOGY.value}#")


def vocabulary(graph: Graph) -> list[VocabularyTerm]:
    """Gives the ontology's terms by name, its own first and then those that it reuses."""
    said: dict[Iri, dict[Iri, list[Term]]] = {}
    for term, property_, value in select(graph.engine, _TERMS).rows:
        if isinstance(term, Iri) and isinstance(property_, Iri) and value is not None:
            said.setdefault(term, {}).setdefault(property_, []).append(value)
    shapes = _shapes(graph.project)
    mentioned = {iri for of in said.values() for iri in (*of, *_things(of.values()))}
    named = {class_ for classes in shapes.values() for class_ in classes}
    names = names_of(graph, {*said, *mentioned, *named})
    terms = [_term(term, of, names, shapes.get(term, ())) for term, of in said.items()]
    return sorted(terms, key=lambda each: (not each.is_own, each.thing.iri.value))


def is_ontology(graph: Graph, iri: Iri) -> bool:
    """Whether an IRI is the ontology's, or that of its present version."""
    if iri == ONTOLOGY:
        return True
    text = _VERSIONS.format(ontology=ONTOLOGY.n3(), version=iri.n3())
    return graph.engine.query(text) is True


def _things(values: Iterable[Iterable[Term]]) -> set[Iri]:
    return {value for some in values for value in some if isinstance(value, Iri)}


def _term(
    term: Iri, said: Mapping[Iri, list[Term]], names: Names, shapes: Iterable[Iri]
) -> VocabularyTerm:
    by_name = {names.prefixes.shorten(property_.value): property_ for property_ in said}
    is_deprecated = Literal("true") in [
        Literal(str(value)) for value in said.get(by_name.get("owl:deprecated", term), ())
    ]
    shown = sorted((name for name in by_name if name not in _APART), key=place_of)
    return VocabularyTerm(
        names(term),
        tuple(Said(names(by_name[name]), _values(said[by_name[name]], names)) for name in shown),
        tuple(sorted(map(names, shapes), key=lambda each: each.label)),
        term.value.startswith(f"{ONTOLOGY.value}#"),
        is_deprecated,
    )


def _values(values: Iterable[Term], names: Names) -> tuple[Value, ...]:
    named: list[Value] = [names(each) if isinstance(each, Iri) else each for each in values]
    return tuple(sorted(named, key=_text))


def _text(value: Value) -> str:
    return value.value if isinstance(value, Literal | BlankNode) else value.label


def _shapes(project: Project) -> dict[Iri, list[Iri]]:
    """Gives, by property, the classes whose shapes say something of it."""
    store = pyoxigraph.Store()
    store.bulk_extend(read_turtle(project.shapes_files()))
    found: dict[Iri, list[Iri]] = {}
    for path, class_ in select(OxigraphEngine(store), _SHAPES).rows:
        if isinstance(path, Iri) and isinstance(class_, Iri):
            found.setdefault(path, []).append(class_)
    return found
