"""Exporting the graph: the same bytes for the same triples, in six formats."""

import json
from collections.abc import Iterable
from typing import Final

import pyoxigraph

from kg.canonical import canonical
from kg.engine import Engine, construct
from kg.engine.oxigraph_engine import to_quads
from kg.errors import UnknownName, did_you_mean
from kg.prefixes import Prefixes
from kg.rules import DERIVED
from kg.terms import Iri, Triple
from kg.turtle_writer import write_turtle

GRAPH_FORMATS: Final = {
    "turtle": None,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "nquads": pyoxigraph.RdfFormat.N_QUADS,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}
"""The formats of graphs, by name; Turtle has a writer of our own."""

_ALL: Final = (
    "CONSTRUCT {{ ?subject ?predicate ?object }} WHERE {{ {values} ?subject ?predicate ?object }}"
)
_DERIVED: Final = (
    "CONSTRUCT {{ ?subject ?predicate ?object }} "
    "WHERE {{ {values} GRAPH {graph} {{ ?subject ?predicate ?object }} }}"
)


def export(
    engine: Engine,
    prefixes: Prefixes,
    *,
    format: str = "turtle",
    subject: Iri | None = None,
    asserted: bool = False,
) -> str:
    """Gives the graph, or one subject's triples, in a format of GRAPH_FORMATS.

    Formats that know named graphs put what was derived by rules into graph:derived and what
    was asserted into the default graph; the others hold both together. With `asserted`, what
    was derived is left out.
    """
    values = f"VALUES ?subject {{ {subject.n3()} }}" if subject else ""
    triples = set(construct(engine, _ALL.format(values=values)))
    derived: set[Triple] = set()
    if asserted or format in ("nquads", "trig"):
        derived_query = _DERIVED.format(values=values, graph=DERIVED.n3())
        derived = set(construct(engine, derived_query))
    if asserted:
        return write_graph(triples - derived, prefixes, format=format)
    return write_graph(triples - derived, prefixes, format=format, derived=derived)


def write_graph(
    triples: Iterable[Triple], prefixes: Prefixes, *, format: str, derived: Iterable[Triple] = ()
) -> str:
    """Writes triples in a format of GRAPH_FORMATS; raises UnknownName for another format."""
    if format not in GRAPH_FORMATS:
        raise UnknownName(
            f'No graph format is called "{format}".{did_you_mean(format, GRAPH_FORMATS)} '
            f"The formats are {', '.join(GRAPH_FORMATS)}."
        )
    rdf_format = GRAPH_FORMATS[format]
    if rdf_format is None:
        return write_turtle([*triples, *derived], prefixes)
    quads = [*to_quads(canonical(triples)), *to_quads(canonical(derived), DERIVED)]
    quads.sort(key=str)
    written = pyoxigraph.serialize(  # type: ignore[union-attr]  # bytes, as no output is named
        quads if rdf_format.supports_datasets else (quad.triple for quad in quads),
        format=rdf_format,
        prefixes=_used(prefixes, quads),
    ).decode("utf-8")
    if format == "jsonld":  # one line as it comes, which no diff could show
        return json.dumps(json.loads(written), ensure_ascii=False, indent=1) + "\n"
    return written


def _used(prefixes: Prefixes, quads: Iterable[pyoxigraph.Quad]) -> dict[str, str]:
    iris = {quad.predicate.value for quad in quads}
    for quad in quads:
        for term in (quad.subject, quad.object, quad.graph_name):
            if isinstance(term, pyoxigraph.NamedNode):
                iris.add(term.value)
            elif isinstance(term, pyoxigraph.Literal):
                iris.add(term.datatype.value)
    names = (prefixes.compact(iri) for iri in iris)
    used = {name.partition(":")[0] for name in names if name}
    return {prefix: prefixes.namespaces[prefix] for prefix in sorted(used)}
