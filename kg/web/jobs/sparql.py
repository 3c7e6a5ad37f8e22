"""Answers a query of the SPARQL 1.1 Protocol.

A request has the `query`; `default` and `named`, the graphs of its dataset, where the protocol
names them; `on`, the day of the plain relations; and the `form` and `media_type` of the answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph

from kg.engine import Triples
from kg.engine.network_guard import refuse_service
from kg.engine.oxigraph_engine import OxigraphEngine, located, to_quads
from kg.errors import EngineError
from kg.graph import Graph
from kg.relations.named import are_named_in
from kg.table import Table
from kg.table_formats import TABLE_FORMATS, write_boolean
from kg.views import on_day
from kg.web.jobs import Held
from kg.web.jobs.composed import composed, views_in
from kg.web.jobs.limited import graph_bytes, table_bytes, too_large
from kg.web.replies import Reply
from kg.web.settings import Limits

_EACH_TIME_ANOTHER: Final = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
_NAMES_GRAPHS: Final = re.compile(r"\b(?:FROM|GRAPH)\b", re.IGNORECASE)


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
    if form.name != "html" and not _needs_relations(held, graph, text, default, named):
        views = [] if held.is_writable else views_in(text, [*default, *named])
        reply = _from_engine(graph, text, default, named, views, form, held.limits)
    else:
        reply = _from_graph(graph, text, form, held.limits)
    return reply if lasting else Reply(reply.body, reply.media_type, is_lasting=False)


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


def _from_engine(
    graph: Graph,
    text: str,
    default: Sequence[str],
    named: Sequence[str],
    views: Sequence[Any],
    form: _Form,
    limits: Limits,
) -> Reply:
    """Answers from a store, which writes tables itself."""
    prefixes = graph.project.prefixes
    declared = prefixes.declare(text)
    refuse_service(declared)
    assert isinstance(graph.engine, OxigraphEngine), "the service holds its own store"
    store = composed(graph, views) if views else graph.engine.store
    is_named = bool(default or named)
    try:
        answer = store.query(
            declared,
            default_graph=[pyoxigraph.NamedNode(each) for each in default] if is_named else None,
            named_graphs=[pyoxigraph.NamedNode(each) for each in named] if is_named else None,
        )
        if isinstance(answer, pyoxigraph.QueryBoolean):
            return form.reply(write_boolean(bool(answer), form.name))
        if isinstance(answer, pyoxigraph.QueryTriples):
            written, lasting = graph_bytes(answer, form.name, prefixes, limits)
            return form.reply(written, is_lasting=lasting)
        return form.reply(table_bytes(answer, form.name, limits))
    except SyntaxError as error:
        found = located(error)
        found.reason += prefixes.unknown_in(text)
        raise found.without_preamble(len(declared) - len(text)) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The store cannot answer: {error}.") from error


def _from_graph(graph: Graph, text: str, form: _Form, limits: Limits) -> Reply:
    """Answers with the plain relations of a day."""
    answer = graph.sparql(text)
    if isinstance(answer, bool):
        return form.reply(write_boolean(answer, form.name))
    if isinstance(answer, Table):
        if len(answer) > limits.rows:
            raise too_large(limits)
        return form.reply(TABLE_FORMATS[form.name](answer, graph.project.prefixes))
    assert isinstance(answer, Triples)
    triples = (quad.triple for quad in to_quads(answer.triples))
    written, lasting = graph_bytes(triples, form.name, graph.project.prefixes, limits)
    return form.reply(written, is_lasting=lasting)
