"""Exporting the graph: the same bytes for the same triples, in six formats."""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

import pyoxigraph

from kg.canonical import canonical_lines
from kg.engine import Engine, construct
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import EngineError, UnknownName, did_you_mean
from kg.prefixes import Prefixes
from kg.rules import DERIVED
from kg.terms import Iri, Node, Term, Triple
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

_WITH_NAMED_GRAPHS: Final = ("nquads", "trig")
_NOTHING: Final[Mapping[Iri, Iterable[str]]] = MappingProxyType({})
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
    view: Iri | None = None,
    held: Iterable[Triple] = (),
    held_in: Iri = DERIVED,
) -> str:
    """Gives the graph, or one subject's triples, in a format of GRAPH_FORMATS.

    Formats that know named graphs put what was derived by rules into graph:derived and what
    was asserted into the default graph, or all into the graph of a `view`; the others hold both
    together. With `asserted`, what was derived is left out. `held` are relations of a day, which
    have a graph of their own, `held_in`.
    """
    named = format in _WITH_NAMED_GRAPHS
    if asserted and view and not isinstance(engine, OxigraphEngine):
        raise EngineError(
            f"{engine.name} cannot tell what was derived in {view}. Answer from the embedded "
            "store by leaving --at out, or leave --asserted out."
        )
    lines = _lines(engine, subject)
    if not asserted and (view or not named):
        derived = set()
    else:
        derived = set(_lines(engine, subject, derived=True))
    kept = [line for line in lines if line not in derived]
    apart: dict[Iri, Iterable[str]] = {held_in: [_line(*triple) for triple in held]}
    if view and named:
        return write_lines([], prefixes, format=format, apart=apart | {view: canonical_lines(kept)})
    if not asserted:
        apart[DERIVED] = derived
    return write_lines(kept, prefixes, format=format, apart=apart)


def write_graph(triples: Iterable[Triple], prefixes: Prefixes, *, format: str) -> str:
    """Writes triples in a format of GRAPH_FORMATS; raises UnknownName for another format."""
    return write_lines((_line(*triple) for triple in triples), prefixes, format=format)


def write_lines(
    ntriples: Iterable[str],
    prefixes: Prefixes,
    *,
    format: str,
    apart: Mapping[Iri, Iterable[str]] = _NOTHING,
) -> str:
    """Writes lines of N-Triples in a format of GRAPH_FORMATS.

    What is to stand `apart` stands in the named graphs, if the format knows them.
    """
    if format not in GRAPH_FORMATS:
        raise UnknownName(
            f'No graph format is called "{format}".{did_you_mean(format, GRAPH_FORMATS)} '
            f"The formats are {', '.join(GRAPH_FORMATS)}."
        )
    lines = canonical_lines(ntriples)
    rdf_format = GRAPH_FORMATS[format]
    if rdf_format is None:
        return write_turtle([*lines, *chain.from_iterable(apart.values())], prefixes)
    in_graph = [f"{line[:-1]}{graph.n3()} ." for graph, some in apart.items() for line in some]
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
    if isinstance(engine, OxigraphEngine) and (subject is None or (derived and engine.derived)):
        lines = engine.ntriples(DERIVED if derived else None)
        return [line for line in lines if line.startswith(f"{subject.n3()} ")] if subject else lines
    values = f"VALUES ?subject {{ {subject.n3()} }}" if subject else ""
    query = _ALL.format(values=values, pattern=_DERIVED if derived else _ASSERTED)
    return [_line(*triple) for triple in construct(engine, query)]


def _line(subject: Node, predicate: Iri, object_: Term) -> str:
    return f"{subject.n3()} {predicate.n3()} {object_.n3()} ."


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
