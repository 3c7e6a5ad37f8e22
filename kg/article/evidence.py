"""The statements behind the rows of an answer.

A stored query is asked for the subjects of its patterns beside its columns. Those that stand for
a statement (an event, a transfer, a figure …) are the evidence of the row that the solution gives;
a membership or a candidacy stands for the event that it began with. Where a candidacy could have
begun with another event as well, that event is an alternative: the row does not depend on either
of them alone. What was set aside goes with what it was set aside for: both are one act.

Rows can also be kept away, by `OPTIONAL { … } FILTER(!BOUND(?x))`: a state that has ratified is not
among those that have not. What keeps them away is found by asking for what must not be there.
A membership's end is not traced: a row that was kept away by it comes without evidence.

Only certain rows count: what is merely possible bears nothing out and contradicts nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.engine import Engine, select
from kg.prefixes import Prefixes
from kg.sparql.subjects import Pattern, read_pattern
from kg.table import Row, Table
from kg.terms import XSD, Iri, Literal, Term

STATEMENTS: Final = frozenset(
    ("declaration", "event", "figure", "occurrence", "reported-value", "transfer")
)
"""The kinds of things that are statements, by their prefix."""
_DERIVED: Final = frozenset(("candidacy", "membership"))
_DATES: Final = frozenset(f"{XSD}{name}" for name in ("date", "gYear", "gYearMonth"))

_PREFIXES: Final = """
PREFIX kg:                <https://w3id.org/alliance-kg/ontology#>
PREFIX membership-effect: <https://w3id.org/alliance-kg/membership-effect/>
"""
_MEMBERSHIPS: Final = (
    _PREFIXES
    + """
SELECT ?node ?event
WHERE {{
  VALUES ?node {{ {nodes} }}
  ?node kg:beganWith ?event .
}}
"""
)
_CANDIDACIES: Final = (
    _PREFIXES
    + """
SELECT DISTINCT ?node ?event
WHERE {{
  VALUES ?node {{ {nodes} }}
  {{
    ?node kg:endedWith ?end .
    ?event kg:candidacyEndedWith ?end .
  }}
  UNION
  {{
    ?node kg:state ?state ;
      kg:organisation ?organisation .
    OPTIONAL {{ ?node kg:endedWith ?ownEnd . }}
    FILTER(!BOUND(?ownEnd))
    ?event kg:state ?state ;
      kg:organisation ?organisation ;
      kg:eventType ?type ;
      kg:effectEarliest ?earliest .
    ?type kg:effect membership-effect:begins-candidacy .
    OPTIONAL {{ ?event kg:candidacyEndedWith ?anyEnd . }}
    FILTER(!BOUND(?anyEnd))
  }}
}}
"""
)

Alternatives = frozenset[Iri]
"""Statements of which any one is enough."""


@dataclass(frozen=True)
class Solution:
    """A row of an answer, and what it rests on: one of each set of alternatives.

    `kept_away_by` are the statements that keep the row out of the answer, if any do.
    """

    row: Row
    rests_on: tuple[Alternatives, ...]
    kept_away_by: frozenset[Iri] = frozenset()

    def without(self, removed: Iri) -> Row | None:
        """Gives the row as it would be without a statement, or None if it would not be given.

        Where an alternative takes the statement's place, the row's dates may be others: they
        are left open.
        """
        touched = [alternatives for alternatives in self.rests_on if removed in alternatives]
        if any(len(alternatives) == 1 for alternatives in touched):
            return None
        return tuple(map(_undated, self.row)) if touched else self.row


@dataclass(frozen=True)
class Answer:
    """The rows of a stored query, each once, and the solutions that give them.

    `kept_away` are solutions that would give a row but for a statement; `is_traced` tells
    whether the statements behind the rows could be found at all.
    """

    columns: tuple[str, ...]
    solutions: tuple[Solution, ...]
    kept_away: tuple[Solution, ...] = ()
    is_traced: bool = True

    def rows(self, without: Iri | None = None) -> list[Row]:
        """Gives the rows, sorted, or those that there would be without a statement."""
        if without is None:
            return list(dict.fromkeys(solution.row for solution in self.solutions))
        left = [solution.without(without) for solution in self.solutions]
        let_in = [row for row, keepers in self._keepers.items() if keepers == {without}]
        return list(dict.fromkeys(row for row in (*left, *let_in) if row is not None))

    def leaving_out(self, statements: frozenset[Iri]) -> "Answer":
        """Gives the answer without what rests on nothing but some of the statements."""
        left = tuple(
            solution
            for solution in self.solutions
            if all(alternatives - statements for alternatives in solution.rests_on)
        )
        return Answer(self.columns, left, self.kept_away, self.is_traced)

    def behind(self, rows: Iterable[Row]) -> list[Iri]:
        """Gives the statements behind some of the rows, and those that keep others away."""
        wanted = set(rows)
        found: dict[Iri, None] = {}
        for solution in self.solutions:
            if solution.row in wanted:
                for alternatives in solution.rests_on:
                    found.update(dict.fromkeys(sorted(alternatives, key=str)))
        for keepers in self._keepers.values():
            found.update(dict.fromkeys(sorted(keepers, key=str)))
        return list(found)

    @cached_property
    def _keepers(self) -> dict[Row, set[Iri]]:
        given = {solution.row for solution in self.solutions}
        keepers: dict[Row, set[Iri]] = {}
        for solution in self.kept_away:
            if solution.row not in given:
                keepers.setdefault(solution.row, set()).update(solution.kept_away_by)
        return keepers


def answer_with_evidence(
    engine: Engine, sparql: str, prefixes: Prefixes, *, with_absences: bool = True
) -> Answer:
    """Answers a stored query and gives the statements behind each row.

    And, `with_absences`, those that keep other rows away.

    A query that counts, groups or limits is answered without them.
    """
    pattern = read_pattern(sparql)
    if pattern is None:
        table = _certain(engine, sparql)
        solutions = tuple(Solution(row, ()) for row in table.rows)
        return Answer(table.columns, solutions, is_traced=False)
    given = _solutions(engine, pattern, pattern.sparql(), prefixes)
    kept_away = []
    for absence in pattern.absences if with_absences else ():
        for solution, keepers in _kept_away(engine, pattern, absence, prefixes):
            kept_away.append(Solution(solution.row, solution.rests_on, keepers))
    return Answer(pattern.columns, tuple(given), tuple(kept_away))


def _certain(engine: Engine, sparql: str) -> Table:
    table = select(engine, sparql)
    return table.having("certainty", "certain") if "certainty" in table.columns else table


def _solutions(engine: Engine, pattern: Pattern, sparql: str, prefixes: Prefixes) -> list[Solution]:
    table = _certain(engine, sparql)
    kinds = {prefixes.namespaces.get(kind, "-"): kind for kind in STATEMENTS | _DERIVED}
    bearing = [position for position, name in enumerate(table.columns) if name in pattern.subjects]
    behind = [
        [
            (term, kind)
            for term in (row[position] for position in bearing)
            if isinstance(term, Iri) and (kind := kinds.get(_namespace(term)))
        ]
        for row in table.rows
    ]
    began = _beginnings(engine, {pair for pairs in behind for pair in pairs})
    width = len(pattern.columns)
    solutions = [
        Solution(row[:width], _rests_on([term for term, _ in pairs], began))
        for row, pairs in zip(table.rows, behind, strict=True)
    ]
    return sorted(solutions, key=lambda solution: str(solution.row))


def _kept_away(
    engine: Engine, pattern: Pattern, absence: str, prefixes: Prefixes
) -> list[tuple[Solution, frozenset[Iri]]]:
    """Gives the solutions that something keeps away, and the statements that do."""
    table = _certain(engine, pattern.sparql(present=absence))
    namespaces = {prefixes.namespaces.get(kind, "-") for kind in STATEMENTS}
    keeping = [
        position
        for position, name in enumerate(table.columns)
        if name in pattern.absences[absence].subjects
    ]
    width = len(pattern.columns)
    return [
        (
            Solution(row[:width], ()),
            frozenset(
                term
                for term in (row[position] for position in keeping)
                if isinstance(term, Iri) and _namespace(term) in namespaces
            ),
        )
        for row in table.rows
    ]


def _rests_on(terms: Iterable[Iri], began: Mapping[Iri, Alternatives]) -> tuple[Alternatives, ...]:
    """Gives the sets of alternatives behind a solution, without those that another implies."""
    sets = dict.fromkeys(began.get(term, frozenset((term,))) for term in terms)
    return tuple(each for each in sets if not any(each < other for other in sets))


def _namespace(term: Iri) -> str:
    return term.value[: term.value.rfind("/") + 1]


def _undated(term: Term | None) -> Term | None:
    return None if isinstance(term, Literal) and term.datatype in _DATES else term


def _beginnings(engine: Engine, pairs: Iterable[tuple[Iri, str]]) -> Mapping[Iri, Alternatives]:
    found: dict[Iri, set[Iri]] = {}
    for kind, query in (("membership", _MEMBERSHIPS), ("candidacy", _CANDIDACIES)):
        nodes = sorted(term.n3() for term, each in pairs if each == kind)
        if nodes:
            for node, event in select(engine, query.format(nodes=" ".join(nodes))).rows:
                if isinstance(node, Iri) and isinstance(event, Iri):
                    found.setdefault(node, set()).add(event)
    return {node: frozenset(events) for node, events in found.items()}
