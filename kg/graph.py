"""The Python API: one object that answers, exports and validates.

import kg

graph = kg.open()
graph.query("members", organisation="NATO", on="2022-10-12").to_pandas()
graph.sparql("SELECT ?state { ?state a kg:State }")
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kg.ask import Asker
from kg.documents import ARTICLE, described
from kg.engine import Engine, Triples
from kg.errors import EngineError, InvalidQuery, UnknownName
from kg.project import Project, locate
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.stores import open_embedded
from kg.table import Table
from kg.things import Things

if TYPE_CHECKING:
    from kg.article.checked import CheckedArticle
    from kg.report import Report

ENGINES = ("embedded", "memory", "rdflib")
"""The engines that can answer for a folder; an endpoint answers for itself."""


class Graph:
    """A graph that can be asked, exported and validated; made by `kg.open`."""

    def __init__(self, project: Project, engine: Engine, further: Iterable[Path] = ()) -> None:
        self.project = project
        self.engine = engine
        self.further = tuple(further)

    @cached_property
    def queries(self) -> Mapping[str, SparqlFile]:
        """The stored queries by name."""
        return SparqlFolder(self.project.queries)

    @cached_property
    def things(self) -> Things:
        """Finds things by the names that people use."""
        return Things(self.engine, self.project.prefixes)

    @cached_property
    def asker(self) -> Asker:
        """Answers the stored queries."""
        return Asker(self.engine, self.things, self.queries)

    def query(self, name: str, **parameters: str | datetime.date) -> Table:
        """Answers a stored query; parameters are given as a person types them.

        A parameter that is not given keeps the file's example; `on` not given is today. Raises
        UnknownName, AmbiguousName or InvalidValue.
        """
        return self.asker.ask(name, {key: str(value) for key, value in parameters.items()})

    def sparql(self, text: str) -> Table | Triples | bool:
        """Answers any SPARQL query; project prefixes need no PREFIX line.

        Raises InvalidQuery or EngineError.
        """
        declared = self.project.prefixes.declare(text)
        try:
            return self.engine.query(declared)
        except InvalidQuery as error:
            error.reason += self.project.prefixes.unknown_in(text)
            raise error.without_preamble(len(declared) - len(text)) from error

    def export(
        self, format: str = "turtle", *, subject: str | None = None, asserted: bool = False
    ) -> str:
        """Gives the graph, or what it says of one subject, in a format of GRAPH_FORMATS.

        With `asserted`, what rules derived is left out.
        """
        from kg.export import export  # writers that most questions do not need

        thing = self.things.find(subject) if subject else None
        return export(
            self.engine, self.project.prefixes, format=format, subject=thing, asserted=asserted
        )

    def write(self, triples: Triples, format: str = "turtle") -> str:
        """Writes the triples of a CONSTRUCT or DESCRIBE query in a format of GRAPH_FORMATS."""
        from kg.export import write_graph  # writers that most questions do not need

        return write_graph(triples.triples, self.project.prefixes, format=format)

    def with_files(self, paths: Iterable[str | Path]) -> Graph:
        """Gives the graph with what further Turtle files say, in memory.

        A file that describes an article takes the place of the graph's own file about it.
        Raises InvalidDocument for a file that is no Turtle, EngineError at an endpoint.
        """
        from kg.build import build_in_memory  # only a store that is not in the cache is built

        if self.project.endpoint:
            raise EngineError("Files cannot be added to an endpoint's graph. Give --at a folder.")
        files = [Path(path) for path in paths]
        own = {article for path in files for article in described(path, ARTICLE)}
        replaced = [
            path
            for path in sorted((self.project.graph / "claims").glob("*.ttl"))
            if own.intersection(described(path, ARTICLE))
        ]
        return Graph(self.project, build_in_memory(self.project, files, replaced), files)

    def check_article(self, name: str) -> CheckedArticle:
        """Asks again what bears on each claim of an article, and gives the verdicts.

        Raises UnknownName for an article that the graph does not hold.
        """
        from kg.article.check import check_article  # most questions are about no article
        from kg.article.read import read_article

        article = read_article(self.engine, self.things.find(name, kind="article"))
        return check_article(article, self.asker)

    def validate(self, paths: Iterable[str | Path] = ()) -> Report:
        """Validates the graph, or Turtle files against it, by SHACL and the checks."""
        from kg.validate import validate  # pySHACL and rdflib take longer to load than a query

        return validate(self.project, [Path(path) for path in paths])


def open_graph(
    at: str | Path | None = None,
    *,
    engine: str = "embedded",
    timeout: int = 60,
    tell: Callable[[str], None] = lambda _: None,
) -> Graph:
    """Opens the packaged graph, a folder, or a SPARQL endpoint.

    `at` is a folder or an address; without it KG_AT, else the packaged graph. `engine` is one of
    ENGINES: `embedded` keeps a store in the user's cache, `memory` builds one that is gone with
    the process, `rdflib` is the slow second opinion. `timeout` is in seconds and for endpoints.
    """
    project = locate(at)
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
