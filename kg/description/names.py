"""The names of things in English, many with one query."""

from collections.abc import Iterable, Mapping
from typing import Final

from kg.description.described import Named
from kg.engine import select
from kg.graph import Graph
from kg.prefixes import Prefixes
from kg.terms import Iri

_LABELS: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?label
WHERE {{
  VALUES ?thing {{ {things} }}
  ?thing rdfs:label ?label .
}}
"""


class Names:
    """Names things: by the label that was looked up, else by the prefixed name."""

    def __init__(self, labels: Mapping[Iri, str], prefixes: Prefixes) -> None:
        self.labels = labels
        self.prefixes = prefixes

    def __call__(self, iri: Iri) -> Named:
        """Gives a thing with its name."""
        return Named(iri, self.labels.get(iri) or self.prefixes.shorten(iri.value))


def names_of(graph: Graph, things: Iterable[Iri]) -> Names:
    """Looks up the names of things, always those of the graph itself, whatever its clocks."""
    written = " ".join(sorted({thing.n3() for thing in things}))
    rows = select(graph.base.engine, _LABELS.format(things=written)).rows if written else ()
    labels = {thing: str(label) for thing, label in rows if isinstance(thing, Iri)}
    return Names(labels, graph.project.prefixes)
