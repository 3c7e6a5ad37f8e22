"""Exporting the graph: the same bytes for the same triples, in six formats."""

import json
from collections.abc import Iterable
from typing import Final

import pyoxigraph

from kg.canonical import canonical_lines
from kg.engine import Engine, construct
from kg.engine.oxigraph_engine import OxigraphEngine
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

_ALL: Final = "CONSTRUCT {{ ?subject ?predicate ?object }} WHERE {{ {values} {pattern} }}"
_ASSERTED: Final = "?subject ?predicate ?object"
_DERIVED: Final = f"GRAPH {DERIVED.n3()} {{ {_ASSERTED} }}"


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
    lines = _lines(engine, subject)
    if not asserted and format not in ("nquads", "trig"):
        return write_lines(lines, prefixes, format=format)
    derived = set(_lines(engine, subject, derived=True))
    kept = [line for line in lines if line not in derived]
    return write_lines(kept, prefixes, format=format, derived=() if asserted else derived)


def write_graph(triples: Iterable[Triple], prefixes: Prefixes, *, format: str) -> str:
    """Writes triples in a format of GRAPH_FORMATS; raises UnknownName for another format."""
    lines = (
        f"{subject.n3()} {predicate.n3()} {object_.n3()} ."
        for subject, predicate, object_ in triples
    )
    return write_lines(lines, prefixes, format=format)


def write_lines(
    ntriples: Iterable[str], prefixes: Prefixes, *, format: str, derived: Iterable[str] = ()
) -> str:
    """Writes lines of N-Triples in a format of GRAPH_FORMATS, what was derived in its graph."""
    if format not in GRAPH_FORMATS:
        raise UnknownName(
            f'No graph format is called "{format}".{did_you_mean(format, GRAPH_FORMATS)} '
            f"The formats are {', '.join(GRAPH_FORMATS)}."
        )
    lines = canonical_lines(ntriples)
    rdf_format = GRAPH_FORMATS[format]
    if rdf_format is None:
        return write_turtle([*lines, *derived], prefixes)
    in_graph = [f"{line[:-1]}{DERIVED.n3()} ." for line in derived]
    in_order = sorted([*lines, *in_graph])
    if format in ("ntriples", "nquads"):
        return "".join(f"{line}\n" for line in in_order)
    quads = list(pyoxigraph.parse("\n".join(in_order), format=pyoxigraph.RdfFormat.N_QUADS))
    written = pyoxigraph.serialize(  # type: ignore[union-attr]  # bytes, as no output is named
        quads if rdf_format.supports_datasets else (quad.triple for quad in quads),
        format=rdf_format,
        prefixes=_used(prefixes, quads),
    ).decode("utf-8")
    if format == "jsonld":  # one line as it comes, which no diff could show
        return json.dumps(json.loads(written), ensure_ascii=False, indent=1) + "\n"
    return written


def _lines(engine: Engine, subject: Iri | None, *, derived: bool = False) -> list[str]:
    if subject is None and isinstance(engine, OxigraphEngine):
        return engine.ntriples(DERIVED if derived else None)
    values = f"VALUES ?subject {{ {subject.n3()} }}" if subject else ""
    query = _ALL.format(values=values, pattern=_DERIVED if derived else _ASSERTED)
    return [f"{s.n3()} {p.n3()} {o.n3()} ." for s, p, o in construct(engine, query)]


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
