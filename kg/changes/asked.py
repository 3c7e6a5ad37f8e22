"""Asks stored questions of two graphs and tells which are answered differently, and why."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Final

from kg.changes.causes import Answering, Behind, Side, causes_in_words
from kg.changes.changes import Cause, ChangedQuestion, ChangedRow, Changes
from kg.changes.difference import CHANGED, GONE, NEW, Difference, changed_files, embedded
from kg.changes.moments import is_day, moment_of
from kg.changes.rows import Compared, compare, identity
from kg.clocks import Day, read_clocks
from kg.dates import today
from kg.engine import select
from kg.errors import CannotExplain, InvalidQuery, InvalidValue
from kg.graph import Graph
from kg.table import Table
from kg.terms import Iri, Term

MOST: Final = 5
"""How many rows of each kind, new, changed and gone, are explained unless all are wanted."""


@dataclass(frozen=True)
class Wanted:
    """What is compared: the names of stored questions, none for all, and one's parameters.

    `most` is how many new, changed and gone rows of a question are explained; None is all.
    """

    names: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    most: int | None = MOST


def changed(
    graph: Graph,
    since: Day,
    until: Day = None,
    *,
    on: Day = None,
    wanted: Wanted,
    tell: Callable[[str], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Changes:
    """Tells which stored questions are answered differently at two moments, and why.

    `since` and `until` are days as known on, or revisions of the Git repository that the graph's
    folder is in; `until` left out is the graph as it is. Both are asked about the day `on`, else
    that of the graph's clocks, else today, so that time itself shows no change. Raises
    InvalidValue for what is no moment, UnknownName for an unknown question, EngineError for an
    endpoint.
    """
    embedded(graph.base)
    first, last = str(since), str(until) if until else None
    if last and is_day(first) and is_day(last) and first > last:
        raise InvalidValue(
            f"--since {first} comes after --until {last}. Give the earlier day as --since."
        )
    day = str(read_clocks(on).on or graph.clocks.on or today())
    known_on = str(graph.clocks.known_on) if graph.clocks.known_on else None
    fixed = graph.as_of(on=day, known_on=known_on, joined_by=graph.clocks.joined_by)
    with ExitStack() as files:
        now = moment_of(fixed, last, where="--until", held_by=files, tell=tell)
        then = moment_of(fixed, first, where="--since", held_by=files, tell=tell)
        comparison = Comparison(then.graph, now.graph, wanted)
        both, only_then, only_now = comparison.names()
        questions = []
        for done, name in enumerate(both):
            progress(done, len(both))
            if question := comparison.question(name):
                questions.append(question)
        return Changes(
            then.name,
            now.name,
            day,
            len(both),
            tuple(questions),
            only_then,
            only_now,
            comparison.files_of(both),
            comparison.statements(),
        )


class Comparison:
    """Two graphs that are asked the same questions."""

    def __init__(self, then: Graph, now: Graph, wanted: Wanted) -> None:
        self.wanted = wanted
        self.difference = Difference(then, now)
        self.then, self.now = Side(then), Side(now)
        self.files = changed_files(then.project, now.project)

    def names(self) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
        """Gives the questions that are asked of both, those of then only, those of now only.

        Raises UnknownName for a question that neither has.
        """
        then, now = self.then.graph.queries, self.now.graph.queries
        for name in self.wanted.names:
            if name not in then:
                self.now.graph.asker.stored_query(name)
        if self.wanted.values and len(self.wanted.names) != 1:
            given = ", ".join(f"--{each}" for each in self.wanted.values)
            raise InvalidValue(
                f"{given} belongs to one question. Name the one that it is asked of, for example "
                "kg changed members --organisation NATO --since 2022-10-12."
            )
        names = list(dict.fromkeys(self.wanted.names)) or sorted({*then, *now})
        both = [each for each in names if each in then and each in now]
        only_then = tuple(each for each in names if each not in now)
        return both, only_then, tuple(each for each in names if each not in then)

    def statements(self) -> dict[str, int]:
        """Counts the statements that are new, changed and gone."""
        counts = dict.fromkeys((NEW, CHANGED, GONE), 0)
        things = self.difference.things
        for side, kinds in ((self.now, (NEW, CHANGED)), (self.then, (GONE,))):
            own = [each for each, how in things.items() if how in kinds]
            side.record.learn(own)
            for each in own:
                counts[things[each]] += side.record.is_statement(each)
        return counts

    def files_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Gives the rules that changed, and those of some questions that did."""
        asked = set(names)
        return tuple(
            each
            for each in self.files
            if not each.startswith("queries/") or Path(each).stem in asked
        )

    def question(self, name: str) -> ChangedQuestion | None:
        """Asks both a question; gives what differs, or None where nothing does."""
        if not self.difference.things and not self.files:
            return None
        file = self.now.graph.asker.stored_query(name)
        terms = self.now.graph.asker.terms(name, self.wanted.values)
        texts = [each.graph.queries[name].bind(terms) for each in (self.then, self.now)]
        then, now = (
            select(side.graph.engine, text)
            for side, text in zip((self.then, self.now), texts, strict=True)
        )
        compared = compare(then, now, self.now.graph.project.prefixes)
        if not compared:
            return None
        given = dict(self.wanted.values)
        if any(each.name == "on" for each in file.parameters):
            given.setdefault("on", str(terms["on"]))
        options = "".join(f" --{key} {quote(value)}" for key, value in given.items())
        rows, files = self._rows(name, (then, now), compared)
        return ChangedQuestion(
            name,
            file.summary,
            f"kg query {name}{options}",
            then.columns,
            now.columns,
            len(then),
            len(now),
            tuple(rows),
            files,
        )

    # What is behind the rows

    def _rows(
        self, name: str, tables: tuple[Table, Table], compared: Compared
    ) -> tuple[list[ChangedRow], tuple[str, ...]]:
        """Gives the rows that differ with what is behind the first of each kind, and the files."""
        then, now = tables
        rows = [
            *(ChangedRow(NEW, None, now.rows[each]) for each in compared.new),
            *(ChangedRow(CHANGED, then.rows[a], now.rows[b]) for a, b in compared.changed),
            *(ChangedRow(GONE, then.rows[each], None) for each in compared.gone),
        ]
        try:
            sides = (Answering(self.then, then.sparql), Answering(self.now, now.sparql))
        except InvalidQuery as error:
            note = f"The question cannot be explained: {error.reason}"
            return [replace(row, note=note) for row in rows], self._files(name, ())
        behind = Behind(self.difference, *sides)
        files = self._files(name, sides)
        seen = dict.fromkeys((NEW, CHANGED, GONE), 0)
        found: list[tuple[ChangedRow, list[Iri] | None, str]] = []
        for row in rows:
            seen[row.how] += 1
            if self.wanted.most is not None and seen[row.how] > self.wanted.most:
                found.append((row, None, ""))
                continue
            try:
                things = behind.of(row.then, row.now, self._known(row, tables))
                found.append((row, things, "" if things else _without_cause(files)))
            except CannotExplain as error:
                found.append((row, None, str(error)))
        every = [thing for _, things, _ in found for thing in things or ()]
        causes = causes_in_words(every, self.difference, self.then, self.now)
        return [
            replace(row, causes=_chosen(causes, things), note=note) for row, things, note in found
        ], files

    def _known(self, row: ChangedRow, tables: tuple[Table, Table]) -> dict[str, Term]:
        """Gives the things that a row names, by their columns."""
        terms, table = (row.then, tables[0]) if row.now is None else (row.now, tables[1])
        assert terms is not None, "a row was or is"
        return dict(identity(terms, table.columns, self.now.graph.project.prefixes))

    def _files(self, name: str, sides: Iterable[Answering]) -> tuple[str, ...]:
        """Gives the files that changed and that a question's answer depends on."""
        rules = {rule for side in sides for rule in side.makers()}
        return tuple(each for each in self.files_of([name]) if Path(each).stem in {name, *rules})


def _without_cause(files: Iterable[str]) -> str:
    named = ", ".join(files)
    if named:
        return f"No statement behind it changed, but the question or a rule did: {named}."
    return "No statement was found that changed and is behind it."


def _chosen(causes: Mapping[Iri, Cause], things: Iterable[Iri] | None) -> tuple[Cause, ...] | None:
    return None if things is None else tuple(causes[each] for each in things)
