"""Answers a query of the SPARQL 1.1 Protocol.

A request has the `query`; `default` and `named`, the graphs of its dataset, where the protocol
names them; `base`, against which relative IRIs are read; `on`, the day of the plain relations; and
the `form` and `media_type` of the answer.
"""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

import pyoxigraph

from kg.engine import Answer, Triples
from kg.engine.oxigraph_engine import OxigraphEngine, from_term, from_triple, located, to_quads
from kg.errors import EngineError, InvalidQuery
from kg.graph import Graph
from kg.prefixes import Prefixes
from kg.relations.named import are_named_in
from kg.table import Table
from kg.table_formats import TABLE_FORMATS, write_boolean
from kg.terms import Iri
from kg.views import on_day
from kg.web.federation.rewriting import Federated, federated
from kg.web.jobs import Held
from kg.web.jobs.composed import composed, views_in
from kg.web.jobs.limited import (
    GRAPH_FORMATS,
    graph_bytes,
    table_bytes,
    too_large,
    well_formed,
    within,
)
from kg.web.jobs.limited import TABLE_FORMATS as ENGINE_FORMATS
from kg.web.jobs.sparql_page import query_page
from kg.web.replies import Problem, Reply
from kg.web.settings import Limits

_EACH_TIME_ANOTHER: Final = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
_NAMES_GRAPHS: Final = re.compile(r"\b(?:FROM|GRAPH)\b", re.IGNORECASE)

_Answer: TypeAlias = (
    "Answer | pyoxigraph.QueryBoolean | pyoxigraph.QuerySolutions | pyoxigraph.QueryTriples"
)
_GraphName: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.DefaultGraph
_GRAPHS: Final = (Triples, pyoxigraph.QueryTriples)


@dataclass(frozen=True)
class _Form:
    name: str
    media_type: str

    def reply(self, body: bytes | str, *, is_lasting: bool = True) -> Reply:
        content = body.encode() if isinstance(body, str) else body
        return Reply(content, self.media_type, is_lasting=is_lasting)


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the answer in the form that was asked for.

    Raises InvalidQuery with line and column, Problem 422 for an answer that is too large.
    """
    form = _Form(request["form"], request["media_type"])
    text: str = request["query"]
    default, named = request.get("default") or (), request.get("named") or ()
    graph = on_day(held.graph, request.get("on")) if request.get("on") else held.graph
    views = [] if held.is_writable else views_in(text, [*default, *named])
    asked = _Asked(graph, text, held.services, request.get("base"))
    with asked.failures():
        if not _needs_relations(held, graph, text, default, named):
            answer = _from_store(asked, _Dataset.of(default, named, views))
        elif asked.query.endpoints:
            answer = _from_store(asked, _Dataset.of_day(graph))
        else:
            answer = graph.sparql(text)
        lasting = not (_EACH_TIME_ANOTHER.search(text) or asked.query.endpoints)
        if form.name == "html":
            clocks = {name: request.get(name) for name in ("on", "known-on", "joined-by")}
            read = _read(answer, text, held.limits)
            page = query_page(graph, text, read, clocks=clocks)
            return form.reply(page, is_lasting=lasting)
        reply = _written(answer, form, graph.project.prefixes, held.limits)
        return reply if lasting else replace(reply, is_lasting=False)


@dataclass(frozen=True)
class _Asked:
    """A query of a graph, as people wrote it and as the store is asked."""

    graph: Graph
    text: str
    services: Mapping[str, str]
    base: str | None

    @cached_property
    def declared(self) -> str:
        """The query with all its prefixes."""
        return self.graph.project.prefixes.declare(self.text)

    @cached_property
    def query(self) -> Federated:
        """The query whose SERVICE goes nowhere else than it may."""
        number = secrets.token_urlsafe(12)
        return federated(self.declared, self.services, number=number, base=self.base)

    def refused(self, error: SyntaxError) -> InvalidQuery:
        """Gives the error of the store with its place in the text as people wrote it."""
        found = self.query.placed(located(error))
        found.reason += self.graph.project.prefixes.unknown_in(self.text)
        return found.without_preamble(len(self.declared) - len(self.text))

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Tells what fails while the store answers, and which endpoint did."""
        try:
            yield
            self.query.check()
        except RecursionError:
            raise
        except (OSError, RuntimeError, ValueError) as error:
            if failure := self.query.failure(error):
                raise failure from error
            if isinstance(error, RuntimeError):  # what the engine has not, such as a function
                raise InvalidQuery(f"{error}.") from error
            raise EngineError(f"The store cannot answer: {error}.") from error


@dataclass(frozen=True)
class _Dataset:
    """The graphs that a query is asked of, the store's own where none are named; and its views."""

    default: list[_GraphName] | None
    named: list[pyoxigraph.NamedNode | pyoxigraph.BlankNode] | None
    views: Sequence[Iri]

    @classmethod
    def of(cls, default: Sequence[str], named: Sequence[str], views: Sequence[Iri]) -> "_Dataset":
        """Gives the dataset that a request names."""
        if not (default or named):
            return cls(None, None, views)
        node = pyoxigraph.NamedNode
        return cls([node(each) for each in default], [node(each) for each in named], views)

    @classmethod
    def of_day(cls, graph: Graph) -> "_Dataset":
        """Gives the graph with the plain relations that certainly hold on its day."""
        view = graph.clocks.day_view
        default: list[_GraphName] = [pyoxigraph.DefaultGraph(), pyoxigraph.NamedNode(view.value)]
        return cls(default, None, [view])


def _needs_relations(
    held: Held, graph: Graph, text: str, default: Sequence[str], named: Sequence[str]
) -> bool:
    """Whether the plain relations of a day have a part in the answer.

    They have where a query names them, or a day is asked about; not in the graphs of a dataset,
    where they stand in the views of days.
    """
    if held.is_writable or default or named or _NAMES_GRAPHS.search(text):
        return False
    return bool(graph.clocks.on) or are_named_in(text, graph.project.relations)


def _from_store(asked: _Asked, dataset: _Dataset) -> _Answer:
    """Asks the store itself, which writes what it answers."""
    query, graph = asked.query.text, asked.graph
    assert isinstance(graph.engine, OxigraphEngine), "the service holds its own store"
    store = composed(graph, dataset.views) if dataset.views else graph.engine.store
    try:
        return store.query(
            query, base_iri=asked.base, default_graph=dataset.default, named_graphs=dataset.named
        )
    except SyntaxError as error:
        raise asked.refused(error) from error


def _written(answer: _Answer, form: _Form, prefixes: Prefixes, limits: Limits) -> Reply:
    """Gives an answer in a form; raises Problem 422 where it is too large, 406 for another form."""
    forms = GRAPH_FORMATS if isinstance(answer, _GRAPHS) else ENGINE_FORMATS
    if form.name not in forms:
        raise Problem(
            406, f"The answer has no form called {form.name}. Ask for {', '.join(forms)}."
        )
    if isinstance(answer, bool | pyoxigraph.QueryBoolean):
        return form.reply(write_boolean(bool(answer), form.name))
    if isinstance(answer, Table):
        if len(answer) > limits.rows:
            raise too_large(limits)
        table = TABLE_FORMATS[form.name](answer, prefixes).encode()
        return form.reply(well_formed(table) if form.name == "xml" else table)
    if isinstance(answer, pyoxigraph.QuerySolutions):
        return form.reply(table_bytes(answer, form.name, limits))
    triples = (
        (quad.triple for quad in to_quads(answer.triples))
        if isinstance(answer, Triples)
        else answer
    )
    written, lasting = graph_bytes(triples, form.name, prefixes, limits)
    return form.reply(written, is_lasting=lasting)


def _read(answer: _Answer, text: str, limits: Limits) -> Answer:
    """Gives what the store answered as terms of our own; or Problem 422 where it is too much."""
    if isinstance(answer, bool | Table | Triples):
        return answer
    if isinstance(answer, pyoxigraph.QueryBoolean):
        return bool(answer)
    if isinstance(answer, pyoxigraph.QueryTriples):
        return Triples([from_triple(each) for each in within(answer, limits)])
    columns = tuple(variable.value for variable in answer.variables)
    rows = [tuple(from_term(each[column]) for column in columns) for each in within(answer, limits)]
    return Table(columns, rows, text)
