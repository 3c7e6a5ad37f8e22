"""Datasets in which views stand as named graphs beside the graph's own.

A view is not stored: it is made when a query names it.
"""

import re
from collections.abc import Iterable
from typing import Final

import pyoxigraph

from kg.clocks import VIEWS
from kg.engine.oxigraph_engine import OxigraphEngine, to_quads
from kg.errors import EngineError, InvalidQuery
from kg.graph import Graph
from kg.prefixes import Prefixes, declared_prefixes
from kg.relations.asked import held_of
from kg.rules import DERIVED
from kg.sparql.tokens import tokens
from kg.terms import Iri
from kg.web.clocks import clocks_of_view
from kg.web.replies import Problem

_MOST_VIEWS: Final = 3


def views_in(sparql: str, graphs: Iterable[str]) -> list[Iri]:
    """Gives the views that a query or its dataset names, each once."""
    named = dict.fromkeys(graph for graph in graphs if graph.startswith(VIEWS))
    if VIEWS.rstrip("/") in sparql:
        named.update(dict.fromkeys(_views_written(sparql)))
    if len(named) > _MOST_VIEWS:
        raise Problem(
            400, f"The query names {len(named)} views; {_MOST_VIEWS} can be asked at once."
        )
    return [Iri(view) for view in named]


def composed(graph: Graph, views: Iterable[Iri]) -> pyoxigraph.Store:
    """Gives a store in memory that holds the graph, what was derived, and views, each in its graph.

    Raises Problem 400 for a view that is none, InvalidValue for a day before anything was known.
    """
    asked = {view: clocks_of_view(view.value) for view in views}
    store = pyoxigraph.Store()
    for name in (None, DERIVED):
        _load(store, graph.engine, name, name)
    for view, clocks in asked.items():
        as_of = graph.as_of(
            on=_text(clocks.on), known_on=_text(clocks.known_on), joined_by=clocks.joined_by
        )
        if clocks.on:
            store.extend(to_quads(held_of(as_of, None), view))
        else:
            _load(store, as_of.engine, None, view)
    return store


def _text(day: object) -> str | None:
    return None if day is None else str(day)


def _load(store: pyoxigraph.Store, engine: object, graph: Iri | None, into: Iri | None) -> None:
    if not isinstance(engine, OxigraphEngine):
        raise EngineError("Views are made from the embedded store only.")
    store.bulk_load(
        b"\n".join(line.encode() for line in engine.ntriples(graph)),
        format=pyoxigraph.RdfFormat.N_TRIPLES,
        to_graph=pyoxigraph.NamedNode(into.value) if into else None,
        lenient=True,
    )


def _views_written(sparql: str) -> list[str]:
    """Gives the IRIs of views in the text of a query, prefixed or not."""
    prefixes: Prefixes = declared_prefixes(sparql)
    found: list[str] = []
    try:
        for token in tokens(sparql):
            iri = token.text[1:-1] if token.kind == "iri" else ""
            if token.kind == "name":
                prefix, _, local = token.text.partition(":")
                iri = prefixes.namespaces.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)
            if iri.startswith(VIEWS) and iri not in prefixes.namespaces.values():
                found.append(iri)
    except InvalidQuery:  # the engine says it better
        return []
    return found
