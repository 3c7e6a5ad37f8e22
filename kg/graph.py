"""The Python API: one object that answers, exports and validates.

import kg

graph = kg.open()
graph.query("members", organisation="NATO", on="2022-10-12").to_pandas()
graph.sparql("SELECT ?state { ?state a kg:State }")
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kg.ask import Asker
from kg.clocks import IN_FORCE, Clocks, Day, read_clocks
from kg.engine import Engine, Triples
from kg.errors import EngineError, InvalidQuery
from kg.project import Project
from kg.relations.named import are_named_in
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.table import Table
from kg.terms import Triple
from kg.things import Things

if TYPE_CHECKING:
    from kg.article.checked import CheckedArticle
    from kg.changes.changes import Changes
    from kg.coverage import Coverage
    from kg.explain.explanation import Explanation
    from kg.explain.why_not import WhyNot
    from kg.report import Report


class Graph:
    """A graph that can be asked, exported and validated; made by `kg.open`.

    `clocks` say as of when it answers, and `base` is the graph itself where it answers as of
    another time than now.
    """

    def __init__(
        self,
        project: Project,
        engine: Engine,
        further: Iterable[Path] = (),
        *,
        clocks: Clocks | None = None,
        base: Graph | None = None,
    ) -> None:
        self.project = project
        self.engine = engine
        self.further = tuple(further)
        self.clocks = clocks or Clocks()
        self.base = base or self

    @cached_property
    def queries(self) -> Mapping[str, SparqlFile]:
        """The stored queries by name."""
        return SparqlFolder(self.project.queries)

    @cached_property
    def things(self) -> Things:
        """Finds things by the names that people use, the same as of any time."""
        return Things(self.base.engine, self.project.prefixes)

    @cached_property
    def asker(self) -> Asker:
        """Answers the stored queries."""
        return Asker(self.engine, self.things, self.queries, on=self.clocks.on)

    def query(
        self, name: str, *, certainty: str | None = None, **parameters: str | datetime.date
    ) -> Table:
        """Answers a stored query; parameters are given as a person types them.

        A parameter that is not given keeps the file's example; `on` not given is the day of the
        graph's clocks, else today. With `certainty` "certain" or "possible" only those rows are
        given. Raises UnknownName, AmbiguousName or InvalidValue.
        """
        values = {key: str(value) for key, value in parameters.items()}
        return self.asker.ask(name, values, certainty=certainty)

    def as_of(self, *, on: Day = None, known_on: Day = None, joined_by: str = IN_FORCE) -> Graph:
        """Gives the graph as of other clocks, whatever this one's are.

        `on` is the day that questions are about unless they name one, `known_on` the day whose
        knowledge answers them, `joined_by` one of kg.clocks.STAGES. Raises InvalidValue for what
        is no day or a day before anything was known, UnknownName for another stage, EngineError
        at an endpoint that does not hold the view.
        """
        return self.base._as_of(read_clocks(on, known_on, joined_by))

    def _as_of(self, clocks: Clocks) -> Graph:
        from kg.views import engine_as_of  # most questions are asked as of now

        engine = engine_as_of(self.engine, self.project, self.further, clocks)
        return Graph(self.project, engine, self.further, clocks=clocks, base=self)

    def coverage(self, name: str, **parameters: str | datetime.date) -> list[Coverage]:
        """Gives what the graph claims to hold of what an answer rests on, most specific first.

        It is empty where no row rests on absence and nothing is counted; raises as `query` does.
        """
        from kg.coverage import coverage_of  # most answers rest on what is there

        terms = self.asker.terms(name, {key: str(value) for key, value in parameters.items()})
        return coverage_of(self.engine, self.asker.stored_query(name), terms)

    def explain(
        self,
        name: str,
        *,
        row: int | None = None,
        where: Mapping[str, str] | None = None,
        **parameters: str | datetime.date,
    ) -> Explanation:
        """Takes a stored question's answer apart into the statements that carry its rows.

        `row` is a row's number from 1, `where` gives values of columns; else all are explained.
        Raises InvalidValue for a row that is not there, CannotExplain where none can be given.
        """
        from kg.explain.asked import explain_question  # most answers are not taken apart

        values = {key: str(value) for key, value in parameters.items()}
        return explain_question(self, name, values, row=row, where=where)

    def explain_sparql(
        self, text: str, *, row: int | None = None, where: Mapping[str, str] | None = None
    ) -> Explanation:
        """Takes the answer of any SELECT apart, as `explain` does that of a stored question."""
        from kg.explain.asked import explain_sparql  # most answers are not taken apart

        return explain_sparql(self, text, row=row, where=where)

    def why_not(
        self, name: str, *, where: Mapping[str, str], **parameters: str | datetime.date
    ) -> WhyNot:
        """Says why no row of a stored question's answer has these values; raises as `explain`."""
        from kg.explain.asked import why_not_question  # most answers are not taken apart

        return why_not_question(self, name, {k: str(v) for k, v in parameters.items()}, where=where)

    def changed(
        self,
        since: Day,
        *,
        until: Day = None,
        on: Day = None,
        queries: Iterable[str] = (),
        values: Mapping[str, str] | None = None,
        most: int | None = 5,
    ) -> Changes:
        """Tells which stored questions are answered differently now than as of `since`, and why.

        `since` and `until` are days as known on, or revisions of the folder's Git repository. Of
        each question, all or `queries`, `most` rows of a kind are explained; `values` are the
        parameters of the one that is named.
        """
        from kg.changes.asked import Wanted, changed  # most answers are not compared

        return changed(self, since, until, on=on, wanted=Wanted(tuple(queries), values or {}, most))

    def sparql(self, text: str, *, certainty: str | None = None) -> Table | Triples | bool:
        """Answers any SPARQL query; project prefixes need no PREFIX line.

        Relations of a day (`?state org:memberOf ?organisation`) hold on the day of the clocks,
        else today; `certainty` "certain" or "possible" gives only the rows that are. Raises
        InvalidQuery, InvalidValue or EngineError.
        """
        declared = self.project.prefixes.declare(text)
        try:
            if self.clocks.on or certainty or are_named_in(text, self.project.relations):
                from kg.relations.asked import sparql_on  # a plain query is not read

                return sparql_on(self, declared, certainty=certainty)
            return self.engine.query(declared)
        except InvalidQuery as error:
            error.reason += self.project.prefixes.unknown_in(text)
            raise error.without_preamble(len(declared) - len(text)) from error

    def export(
        self, format: str = "turtle", *, subject: str | None = None, asserted: bool = False
    ) -> str:
        """Gives the graph, or what it says of one subject, in a format of GRAPH_FORMATS.

        With `asserted`, what rules derived is left out. As of other clocks, formats that know
        named graphs put all of it into the view's own graph.
        """
        from kg.export import export  # writers that most questions do not need

        thing = self.things.find(subject) if subject else None
        held: Iterable[Triple] = ()
        if self.clocks.on:
            from kg.relations.asked import held_of

            held = held_of(self, thing)
        return export(
            self.engine,
            self.project.prefixes,
            format=format,
            subject=thing,
            asserted=asserted,
            view=self.clocks.view,
            held=held,
            held_in=self.clocks.day_view,
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
        from kg.build import build_with  # only a store that is not in the cache is built

        if self.project.endpoint:
            raise EngineError("Files cannot be added to an endpoint's graph. Give --at a folder.")
        files = [Path(path) for path in paths]
        if self.base is not self:
            return self.base.with_files(files)._as_of(self.clocks)
        return Graph(self.project, build_with(self.project, files), files)

    def check_article(self, name: str) -> CheckedArticle:
        """Asks again what bears on each claim of an article, and gives the verdicts.

        The tests are asked about the day of the clocks, else about the article's own. Raises
        UnknownName for an article that the graph does not hold.
        """
        from kg.article.check import check_named  # most questions are about no article

        return check_named(self, name)

    def validate(self, paths: Iterable[str | Path] = ()) -> Report:
        """Validates the graph, or Turtle files against it, by SHACL and the checks."""
        from kg.validate import validate  # pySHACL and rdflib take longer to load than a query

        return validate(self.project, [Path(path) for path in paths])
