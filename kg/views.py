"""Views: whatever answers for a graph, as of other clocks.

A store of this process gets a world (kg.worlds). An endpoint has to hold the world as a named
graph; rdflib, the second opinion, is given the triples of one made in memory.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kg.clocks import Clocks, Day, read_clocks
from kg.engine import Engine, ask, construct
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import EngineError
from kg.graph import Graph
from kg.project import Project
from kg.worlds import open_world

_EVERYTHING = "CONSTRUCT WHERE { ?subject ?predicate ?object }"


def engine_as_of(base: Engine, project: Project, further: Iterable[Path], clocks: Clocks) -> Engine:
    """Gives an engine that answers as of some clocks, for a graph and its engine.

    Raises InvalidValue for a day before anything was known, EngineError for an endpoint that
    does not hold the view.
    """
    if clocks.are_plain:
        return base
    if isinstance(base, OxigraphEngine):
        return open_world(base, project.rules, clocks)
    if project.endpoint:
        return _at_endpoint(base, clocks)
    from kg.build import build_in_memory  # for the second opinion only
    from kg.engine.rdflib_engine import RdflibEngine, to_rdflib

    world = open_world(build_in_memory(project, further), project.rules, clocks)
    return RdflibEngine(to_rdflib(construct(world, _EVERYTHING)))


def on_day(graph: Graph, on: Day) -> Graph:
    """Gives a graph, or a view of it, whose questions are about a day; raises InvalidValue."""
    clocks = replace(graph.clocks, on=read_clocks(on).on)
    return Graph(graph.project, graph.engine, graph.further, clocks=clocks, base=graph.base)


def _at_endpoint(base: Engine, clocks: Clocks) -> Engine:
    from kg.engine.remote_engine import RemoteEngine  # SPARQLWrapper brings all of rdflib

    assert isinstance(base, RemoteEngine), "an endpoint is asked by the remote engine"
    view = clocks.view
    assert view is not None, "other clocks than the plain ones have a view"
    if not ask(base, f"ASK {{ GRAPH {view.n3()} {{ ?subject ?predicate ?object }} }}"):
        raise EngineError(
            f"{base.endpoint} does not hold the graph {view}, which {clocks.options} needs. "
            f"Publish it there (kg export {clocks.options} --format nquads writes it), or answer "
            "from the embedded store by leaving --at out."
        )
    return replace(base, default_graph=view)
