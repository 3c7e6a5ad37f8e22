"""The embedded engine: pyoxigraph over a store on disk or in memory."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph

from kg.engine import Answer, Triples
from kg.engine.network_guard import refuse_service
from kg.errors import EngineError, InvalidQuery, KgError
from kg.sparql.updates import refuse_load
from kg.table import Table
from kg.terms import BlankNode, Iri, Literal, Node, Term, Triple, name_among_kind


class OxigraphEngine:
    """Answers from a pyoxigraph store's default graph; queries cannot reach the network."""

    def __init__(
        self,
        store: pyoxigraph.Store,
        name: str = "the embedded store",
        written: Path | None = None,
        derived: Callable[[], list[str]] | None = None,
    ) -> None:
        self.store = store
        self.name = name
        self.written = written
        self.derived = derived
        self.at_once = _processors()  # pyoxigraph lets other threads run while it works

    def query(self, sparql: str) -> Answer:
        """Answers a query; raises InvalidQuery with the line and column of a syntax error."""
        refuse_service(sparql)
        try:
            answer = self.store.query(sparql)
        except SyntaxError as error:
            raise located(error) from error
        except RuntimeError as error:  # what it has not, as a function of another engine
            raise InvalidQuery(f"{error}.") from error
        except (OSError, ValueError) as error:
            raise EngineError(f"{self.name} cannot answer: {error}.") from error
        if isinstance(answer, pyoxigraph.QueryBoolean):
            return bool(answer)
        try:
            if isinstance(answer, pyoxigraph.QueryTriples):
                return Triples([from_triple(triple) for triple in answer])
            columns = tuple(variable.value for variable in answer.variables)
            rows = [tuple(map(from_term, solution)) for solution in answer]
        except (OSError, RuntimeError, ValueError) as error:
            raise EngineError(f"{self.name} cannot answer: {error}.") from error
        return Table(columns, rows, sparql)

    def update(
        self, sparql: str, *, base: str | None = None, prefixes: Mapping[str, str] | None = None
    ) -> None:
        """Changes the store as SPARQL Update says, all of it or nothing.

        `prefixes` are known beside those that it declares. Raises InvalidQuery with the line and
        column of a syntax error, KgError where a graph has to be there and is not.
        """
        refuse_service(sparql)
        refuse_load(sparql)
        try:
            self.store.update(sparql, base_iri=base, prefixes=dict(prefixes or {}))
        except SyntaxError as error:
            raise located(error) from error
        except (OSError, RuntimeError, ValueError) as error:
            if re.search(r"does not exist|already exists", str(error)):
                raise KgError(
                    f"Nothing was changed: {error}. Write SILENT where that does not matter."
                ) from error
            raise EngineError(f"{self.name} cannot be changed: {error}.") from error

    def insert(self, rule: str, graph: Iri | None = None) -> None:
        """Adds what a CONSTRUCT query gives to the default graph, and to a named one too.

        As an INSERT the triples never leave the store; raises InvalidQuery.
        """
        refuse_service(rule)
        found = re.search(r"^\s*CONSTRUCT\b", rule, re.MULTILINE)  # at the beginning of a line
        start = found.end() - len("CONSTRUCT") if found else -1
        opening = rule.find("{", start)
        closing = rule.find("}", opening)  # the head of a rule has no braces of its own
        if min(start, opening, closing) < 0:
            raise InvalidQuery("A CONSTRUCT query is asked for here.")
        head = rule[opening + 1 : closing]
        named = f"GRAPH {graph.n3()} {{{head}}}" if graph else ""
        try:
            self.store.update(f"{rule[:start]}INSERT {{{head} {named} }}{rule[closing + 1 :]}")
        except SyntaxError as error:
            raise located(error) from error

    def ntriples(self, graph: Iri | None = None) -> list[str]:
        """Gives a named graph, or the default graph, as lines of N-Triples in no order.

        `derived`, where it is set, gives the named graph: a view tells it only when asked.
        """
        if graph and self.derived:
            return self.derived()
        return self._written_lines(graph).decode("utf-8").split("\n")[:-1]

    def lines(self) -> list[bytes]:
        """Gives the default graph as lines of N-Triples in no order, as bytes with their ends."""
        return self._written_lines(None).splitlines(keepends=True)

    def _written_lines(self, graph: Iri | None) -> bytes:
        """Reads the file that was written with the store, where there is one.

        A store on disk takes ten times as long to give its triples.
        """
        for file in self.written.glob(written_name(graph, None)) if self.written else ():
            if file.name == written_name(graph, file.stat().st_size):  # it is whole
                return file.read_bytes()
        return self.dump(graph)

    def dump(self, graph: Iri | None = None) -> bytes:
        """Gives a named graph, or the default graph, as N-Triples from the store itself."""
        name = pyoxigraph.NamedNode(graph.value) if graph else pyoxigraph.DefaultGraph()
        return self.store.dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=name) or b""


def _processors() -> int:
    """Gives how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def written_name(graph: Iri | None, size: int | None) -> str:
    """Gives the name of the file that repeats a graph of a store as N-Triples.

    It tells the size in bytes, so that a damaged file is seen; None gives a pattern for any.
    """
    name = name_among_kind(graph) if graph else "default"
    return f"{name}.{'*' if size is None else size}.nt"


def open_read_only(path: Path) -> OxigraphEngine:
    """Opens a folder that `kg.build` made, for reading; many processes can do so at once."""
    try:
        return OxigraphEngine(pyoxigraph.Store.read_only(str(path / "store")), written=path)
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The store cannot be opened: {path}: {error}.") from error


def located(error: SyntaxError) -> InvalidQuery:
    """Gives the error of a text that pyoxigraph refuses.

    Reads the place off pyoxigraph's message and keeps the tokens that people type.
    """
    match = re.match(r"error at (\d+):(\d+): (.*)", str(error.msg), re.DOTALL)
    if match is None:
        return InvalidQuery(f"{error.msg}.")
    expected = re.findall(r'(?:, |of |or |expected )("[^"\s]+"|[A-Z]{2,})(?=,|$)', match[3])
    words = f"expected {' or '.join(dict.fromkeys(expected))}" if expected else "not expected here"
    return InvalidQuery(f"{words}.", line=int(match[1]), column=int(match[2]))


def from_term(term: object) -> Term | None:
    """Gives our term for one of pyoxigraph's; None for an unbound variable."""
    if isinstance(term, pyoxigraph.NamedNode):
        return Iri(term.value)
    if isinstance(term, pyoxigraph.Literal):
        return Literal(term.value, term.datatype.value, term.language)
    if isinstance(term, pyoxigraph.BlankNode):
        return BlankNode(term.value)
    if isinstance(term, pyoxigraph.Triple):
        raise EngineError("Triple terms of RDF 1.2 are not supported; name the statement instead.")
    return None


def read_ntriples(lines: bytes) -> Iterator[Triple]:
    """Reads triples from lines of N-Triples that an engine gave."""
    for quad in pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_TRIPLES, lenient=True):
        yield from_triple(quad.triple)


def from_triple(triple: pyoxigraph.Triple) -> Triple:
    """Gives our triple for one of pyoxigraph's."""
    return from_term(triple.subject), Iri(triple.predicate.value), from_term(triple.object)  # type: ignore[return-value]  # an RDF 1.1 triple has no unbound places


def to_term(term: Term) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal:
    """Gives pyoxigraph's term for one of ours."""
    if isinstance(term, Literal):
        if term.language:
            return pyoxigraph.Literal(term.value, language=term.language)
        return pyoxigraph.Literal(term.value, datatype=pyoxigraph.NamedNode(term.datatype))
    return to_node(term)


def to_node(node: Node) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode:
    """Gives pyoxigraph's node for one of ours."""
    if isinstance(node, Iri):
        return pyoxigraph.NamedNode(node.value)
    return pyoxigraph.BlankNode(node.value)


def to_quads(triples: Iterable[Triple], graph: Iri | None = None) -> Iterator[pyoxigraph.Quad]:
    """Gives pyoxigraph's quads for triples, in a named graph or in the default graph."""
    name = pyoxigraph.NamedNode(graph.value) if graph else pyoxigraph.DefaultGraph()
    for subject, predicate, object_ in triples:
        yield pyoxigraph.Quad(
            to_node(subject), pyoxigraph.NamedNode(predicate.value), to_term(object_), name
        )
