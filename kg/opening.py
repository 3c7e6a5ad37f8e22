"""Opening a graph: the packaged one, a folder or an endpoint, as of some clocks."""

from collections.abc import Callable
from pathlib import Path

from kg.clocks import IN_FORCE, Clocks, Day, read_clocks
from kg.errors import UnknownName
from kg.graph import Graph
from kg.project import Project, locate
from kg.stores import open_embedded

ENGINES = ("embedded", "memory", "rdflib")
"""The engines that can answer for a folder; an endpoint answers for itself."""


def open_graph(
    at: str | Path | None = None,
    *,
    engine: str = "embedded",
    timeout: int = 60,
    tell: Callable[[str], None] = lambda _: None,
    on: Day = None,
    known_on: Day = None,
    joined_by: str = IN_FORCE,
) -> Graph:
    """Opens the packaged graph, a folder, or a SPARQL endpoint, as of some clocks.

    `at` is a folder or an address; without it KG_AT, else the packaged graph. `engine` is one of
    ENGINES: `embedded` keeps a store in the user's cache, `memory` builds one that is gone with
    the process, `rdflib` is the slow second opinion. `timeout` is in seconds and for endpoints.
    `on`, `known_on` and `joined_by` are those of Graph.as_of.
    """
    clocks = read_clocks(on, known_on, joined_by)
    graph = _open_plain(locate(at), engine, timeout, tell)
    return graph if clocks == Clocks() else graph._as_of(clocks)


def _open_plain(project: Project, engine: str, timeout: int, tell: Callable[[str], None]) -> Graph:
    if project.endpoint:
        from kg.engine.remote_engine import RemoteEngine  # SPARQLWrapper brings all of rdflib

        return Graph(project, RemoteEngine(project.endpoint, timeout))
    if engine == "embedded":
        return Graph(project, open_embedded(project, tell=tell))
    if engine == "memory":
        from kg.build import build_in_memory  # only a store that is not in the cache is built

        return Graph(project, build_in_memory(project))
    if engine == "rdflib":
        from kg.build import build_in_memory
        from kg.engine import construct
        from kg.engine.rdflib_engine import RdflibEngine, to_rdflib  # rdflib loads slowly

        everything = construct(build_in_memory(project), "CONSTRUCT WHERE { ?s ?p ?o }")
        return Graph(project, RdflibEngine(to_rdflib(everything)))
    raise UnknownName(f'No engine is called "{engine}". The engines are {", ".join(ENGINES)}.')
