"""The statements behind the rows of an answer.

A stored query is asked for the subjects of its patterns beside its columns. Those that stand for
a statement (an event, a transfer, a figure …) are the evidence of the row that the solution gives;
a membership or a candidacy stands for the event that it began with. Where a candidacy could
have begun with another event as well, that event is an alternative: the row does not depend on
either of them alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kg.engine import Engine, select
from kg.prefixes import Prefixes
from kg.table import Row
from kg.terms import Iri, Term

STATEMENTS: Final = frozenset(
    ("declaration", "event", "figure", "occurrence", "reported-value", "transfer")
)
"""The kinds of things that are statements, by their prefix."""
_DERIVED: Final = frozenset(("candidacy", "membership"))

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
_SELECT: Final = re.compile(r"^SELECT\b(?P<columns>[^{]*?)\s*^WHERE \{", re.MULTILINE)

Alternatives = frozenset[Iri]
"""Statements of which any one is enough."""


@dataclass(frozen=True)
class Solution:
    """A row of an answer, and what it rests on: one of each set of alternatives."""

    row: Row
    rests_on: tuple[Alternatives, ...]

    def survives(self, removed: Iri) -> bool:
        """Whether the row would still be given by this solution without a statement."""
        return all(alternatives - {removed} for alternatives in self.rests_on)


@dataclass(frozen=True)
class Answer:
    """The rows of a stored query, each once, and the solutions that give them."""

    columns: tuple[str, ...]
    solutions: tuple[Solution, ...]

    def rows(self, without: Iri | None = None) -> list[Row]:
        """Gives the rows in order, or those that would be left without a statement."""
        given = (
            solution.row
            for solution in self.solutions
            if without is None or solution.survives(without)
        )
        return list(dict.fromkeys(given))

    def leaving_out(self, statements: frozenset[Iri]) -> "Answer":
        """Gives the answer without what rests on nothing but some of the statements."""
        left = tuple(
            solution
            for solution in self.solutions
            if all(alternatives - statements for alternatives in solution.rests_on)
        )
        return Answer(self.columns, left)

    def behind(self, rows: Iterable[Row]) -> list[Iri]:
        """Gives the statements behind some of the rows, in the order of the rows."""
        wanted = set(rows)
        found: dict[Iri, None] = {}
        for solution in self.solutions:
            if solution.row in wanted:
                for alternatives in solution.rests_on:
                    found.update(dict.fromkeys(sorted(alternatives, key=str)))
        return list(found)


def answer_with_evidence(engine: Engine, sparql: str, prefixes: Prefixes) -> Answer:
    """Answers a stored query and gives the statements behind each row.

    A query that counts, or whose text does not begin a line with SELECT and the next with
    WHERE, is answered without evidence.
    """
    match = _SELECT.search(sparql)
    if match is None or "(" in match["columns"] or (end := sparql.rfind("\n}")) < 0:
        table = select(engine, sparql)
        return Answer(table.columns, tuple(Solution(row, ()) for row in table.rows))
    columns = tuple(re.findall(r"\?(\w+)", match["columns"]))
    body = sparql[match.end() : end]
    mandatory = _subjects(body)
    asked = " ".join(f"?{name}" for name in (*columns, *sorted(mandatory - set(columns))))
    # Without ORDER BY: a store on disk takes longer to sort a solution than to find it.
    table = select(engine, f"{sparql[: match.start()]}SELECT {asked}\nWHERE {{{body}\n}}\n")
    bearing = [position for position, name in enumerate(table.columns) if name in mandatory]
    kinds = {prefixes.namespaces.get(kind, ""): kind for kind in STATEMENTS | _DERIVED}
    behind = [
        [(term, kind) for position in bearing if (kind := _kind(term := row[position], kinds))]
        for row in table.rows
    ]
    beginnings = _beginnings(engine, {pair for pairs in behind for pair in pairs})
    solutions = [
        Solution(
            row[: len(columns)],
            tuple(
                dict.fromkeys(
                    beginnings.get(term, frozenset((term,)))
                    for term, _ in pairs
                    if isinstance(term, Iri)
                )
            ),
        )
        for row, pairs in zip(table.rows, behind, strict=True)
    ]
    return Answer(columns, tuple(sorted(solutions, key=lambda solution: str(solution.row))))


def _kind(term: Term | None, kinds: Mapping[str, str]) -> str | None:
    """Gives the kind of a term if it is one of those that matter, by the IRI's path."""
    if not isinstance(term, Iri):
        return None
    return kinds.get(term.value[: term.value.rfind("/") + 1])


def _beginnings(
    engine: Engine, pairs: Iterable[tuple[Term | None, str]]
) -> Mapping[Term | None, Alternatives]:
    found: dict[Term | None, set[Iri]] = {}
    for kind, query in (("membership", _MEMBERSHIPS), ("candidacy", _CANDIDACIES)):
        nodes = sorted(term.n3() for term, each in pairs if each == kind and term is not None)
        if nodes:
            for node, event in select(engine, query.format(nodes=" ".join(nodes))).rows:
                if isinstance(event, Iri):
                    found.setdefault(node, set()).add(event)
    return {node: frozenset(events) for node, events in found.items()}


def _subjects(body: str) -> set[str]:
    """Gives the variables that begin a line of a pattern outside every OPTIONAL."""
    text = re.sub(r"#[^\n]*|\"[^\"\n]*\"", "", body)
    while "OPTIONAL" in text:
        start = text.index("OPTIONAL")
        text = text[:start] + text[_closing(text, text.index("{", start)) :]
    return set(re.findall(r"^\s*\?(\w+)\s", text, re.MULTILINE))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return len(text)
