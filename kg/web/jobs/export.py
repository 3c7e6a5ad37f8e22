"""Gives the whole graph, or a view of it, in one of its formats.

A request has the `form` and `media_type`; `on`, the day of the plain relations; `asserted`, to
leave out what rules derived; or `graph`, the IRI of a view of a day or of graph:derived alone.
"""

from collections.abc import Mapping
from typing import Any

from kg.clocks import clocks_of
from kg.engine import Triples
from kg.export import write_lines
from kg.relations.asked import held_of
from kg.rules import DERIVED
from kg.terms import Iri
from kg.views import on_day
from kg.web.jobs import Held
from kg.web.replies import Reply


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the graph; raises InvalidValue or UnknownName for a view that there is not."""
    form, media_type = request["form"], request["media_type"]
    graph = held.graph
    if name := request.get("graph"):
        if name == DERIVED.value:
            prefixes = graph.project.prefixes
            written = write_lines(graph.engine.ntriples(DERIVED), prefixes, format=form)  # type: ignore[attr-defined]  # the service holds an embedded store
            return Reply(written.encode(), media_type)
        clocks = clocks_of(Iri(name))
        if clocks.on:
            day = on_day(graph, clocks.on.value)
            return Reply(graph.write(Triples(held_of(day, None)), form).encode(), media_type)
    if request.get("on"):
        graph = on_day(graph, request["on"])
    return Reply(graph.export(form, asserted=request.get("asserted", False)).encode(), media_type)
