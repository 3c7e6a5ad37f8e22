"""Answers a query of the SPARQL 1.1 Protocol.

A request has the `query`; `default` and `named`, the graphs of its dataset, where the protocol
names them; `base`, against which relative IRIs are read; `on`, the day of the plain relations; and
the `form` and `media_type` of the answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import pyoxigraph

from kg.engine import Answer, Triples
from kg.engine.network_guard import refuse_service
from kg.engine.oxigraph_engine import OxigraphEngine, from_term, from_triple, located, to_quads
from kg.errors import EngineError
from kg.graph import Graph
from kg.prefixes import Prefixes
from kg.relations.named import are_named_in
from kg.table import Table
from kg.table_formats import TABLE_FORMATS, write_boolean
from kg.terms import Iri
from kg.views import on_day
from kg.web.jobs import Held
from kg.web.jobs.composed import composed, views_in
from kg.web.jobs.limited import graph_bytes, table_bytes, too_large, within
from kg.web.jobs.sparql_page import query_page
from kg.web.replies import Reply
from kg.web.settings import Limits

_EACH_TIME_ANOTHER: Final = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
_NAMES_GRAPHS: Final = re.compile(r"\b(?:FROM|GRAPH)\b", re.IGNORECASE)

_Answer: TypeAlias = (
    "Answer | pyoxigraph.QueryBoolean | pyoxigraph.QuerySolutions | pyoxigraph.QueryTriples"
)


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
    lasting = not _EACH_TIME_ANOTHER.search(text)
    views = [] if held.is_writable else views_in(text, [*default, *named])
    if not _needs_relations(held, graph, text, default, named):
        base = request.get("base")
        answer = _from_store(graph, text, default, named, views, base=base)
    else:
        answer = graph.sparql(text)
    if form.name == "html":
        on, known_on = request.get("on"), request.get("known-on")
        page = query_page(graph, text, _read(answer, text, held.limits), on=on, known_on=known_on)
        return form.reply(page, is_lasting=lasting)
    reply = _written(answer, form, graph.project.prefixes, held.limits)
    return reply if lasting else replace(reply, is_lasting=False)


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


def _from_store(
    graph: Graph,
    text: str,
    default: Sequence[str],
    named: Sequence[str],
    views: Sequence[Iri],
    *,
    base: str | None,
) -> _Answer:
    """Asks the store itself, which writes what it answers; of a dataset, if one is named."""
    prefixes = graph.project.prefixes
    declared = prefixes.declare(text)
    refuse_service(declared)
    assert isinstance(graph.engine, OxigraphEngine), "the service holds its own store"
    store = composed(graph, views) if views else graph.engine.store
    is_named = bool(default or named)
    try:
        return store.query(
            declared,
            base_iri=base,
            default_graph=[pyoxigraph.NamedNode(each) for each in default] if is_named else None,
            named_graphs=[pyoxigraph.NamedNode(each) for each in named] if is_named else None,
        )
    except SyntaxError as error:
        found = located(error)
        found.reason += prefixes.unknown_in(text)
        raise found.without_preamble(len(declared) - len(text)) from error


def _written(answer: _Answer, form: _Form, prefixes: Prefixes, limits: Limits) -> Reply:
    """Gives an answer in a form; raises Problem 422 where it is too large."""
    try:
        if isinstance(answer, bool | pyoxigraph.QueryBoolean):
            return form.reply(write_boolean(bool(answer), form.name))
        if isinstance(answer, Table):
            if len(answer) > limits.rows:
                raise too_large(limits)
            return form.reply(TABLE_FORMATS[form.name](answer, prefixes))
        if isinstance(answer, pyoxigraph.QuerySolutions):
            return form.reply(table_bytes(answer, form.name, limits))
        triples = (
            (quad.triple for quad in to_quads(answer.triples))
            if isinstance(answer, Triples)
            else answer
        )
        written, lasting = graph_bytes(triples, form.name, prefixes, limits)
        return form.reply(written, is_lasting=lasting)
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The store cannot answer: {error}.") from error


def _read(answer: _Answer, text: str, limits: Limits) -> Answer:
    """Gives what the store answered as terms of our own; or Problem 422 where it is too much."""
    if isinstance(answer, bool | Table | Triples):
        return answer
    if isinstance(answer, pyoxigraph.QueryBoolean):
        return bool(answer)
    try:
        if isinstance(answer, pyoxigraph.QueryTriples):
            return Triples([from_triple(each) for each in within(answer, limits)])
        columns = tuple(variable.value for variable in answer.variables)
        rows = [
            tuple(from_term(each[column]) for column in columns) for each in within(answer, limits)
        ]
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The store cannot answer: {error}.") from error
    return Table(columns, rows, text)
