"""Why a row is kept away: the conditions that fail, followed to their ends and told in words."""

import re
from dataclasses import dataclass
from typing import Final

from kg.explain.comparison import comparisons
from kg.explain.conditions import Condition
from kg.explain.follow import Finding, Follower, around
from kg.explain.nearest import Things, things_of
from kg.explain.record import Record
from kg.explain.remainder import Remainder
from kg.explain.repairs import Repair
from kg.explain.solve import Solution
from kg.explain.stars import Stars
from kg.explain.telling import Teller
from kg.explain.trace import Tracer
from kg.explain.words import Names
from kg.sparql.patterns import Element, Group, TriplePattern, Variable
from kg.terms import Iri, Literal

HOLDS: Final = "holds"
FAILS: Final = "fails"
NOT_REACHED: Final = "not reached"
THE_DAY: Final = "on"
"""The parameter that is the day a question is asked about."""

_MOST_CITED: Final = 6


@dataclass(frozen=True)
class Judgement:
    """A condition of the question, in words and in SPARQL, and its outcome.

    The outcome is HOLDS, FAILS or NOT_REACHED.
    """

    words: str
    sparql: str
    outcome: str


@dataclass(frozen=True)
class End:
    """Where a condition that fails ends when it is followed through the rules.

    `rules` are those that led there, and `statements` make it fail; there are none where one is
    missing.
    """

    words: str
    sparql: str
    rules: tuple[str, ...]
    statements: tuple[Iri, ...]


@dataclass(frozen=True)
class Reason:
    """Conditions that fail together: where they end, and all conditions of the question."""

    ends: tuple[End, ...]
    judgements: tuple[Judgement, ...]


class Inquiry:
    """Follows repairs of one question; `things` are those that it came upon statements about."""

    def __init__(self, record: Record, names: Names, rest: Remainder, on: Literal | None) -> None:
        self.rest, self.on = rest, on
        self.prefixes = names.prefixes
        self.teller = Teller(record.engine, names)
        self.follower, self.stars, self.tracer = Follower(record), Stars(record), Tracer(record)
        self.things: dict[Things, Iri | None] = {}

    def reason(self, repair: Repair) -> Reason:
        """Gives the ends of the conditions that fail, each thing that is missing once."""
        leaves = [leaf for each in self.follower.findings(repair) for leaf in each.leaves]
        until = self._until(repair)
        ends: dict[str, End] = {}
        parts = {leaf: frozenset(self.teller.parts(leaf)) for leaf, _ in leaves}
        for leaf, rules in leaves:
            self.things |= _things(self.stars, leaf)
            is_soft = leaf.condition.is_soft
            if not is_soft and any(parts[leaf] < other for other in parts.values()):
                continue
            words = self.teller.failing(leaf, until=until)
            cited = _cited(leaf, self.tracer) if is_soft else ()
            ends.setdefault(words, End(words, self._short(leaf.condition), rules, cited))
        return Reason(tuple(ends.values()), self._judgements(repair))

    def _judgements(self, repair: Repair) -> tuple[Judgement, ...]:
        outcome = dict.fromkeys(repair.failing, FAILS)
        outcome |= dict.fromkeys(repair.not_reached, NOT_REACHED)
        return tuple(
            Judgement(self._told(each, repair), self._short(each), outcome.get(each, HOLDS))
            for each in self.rest.parts.conditions
        )

    def _told(self, condition: Condition, repair: Repair) -> str:
        patterns = around(condition, repair)
        return self.teller.condition(
            Finding(condition, repair.known, repair.solutions, (), patterns)
        )

    def _until(self, repair: Repair) -> str:
        """Gives the day by which what is missing would have to be, if there is such a condition."""
        day = Variable(THE_DAY)
        tests = [each.test for each in repair.not_reached if each.test]
        compared = [each for test in tests for each in comparisons(test)]
        is_until = any(each.right == day and each.sign in ("<", "<=") for each in compared)
        return self.on.value if self.on and is_until else ""

    def _short(self, condition: Condition) -> str:
        return re.sub(
            r"<([^<>\s]*)>",
            lambda found: self.prefixes.compact(found[1]) or found[0],
            condition.sparql,
        )


def _cited(leaf: Finding, tracer: Tracer) -> tuple[Iri, ...]:
    """Gives the statements that what was found rests on."""
    found: dict[Iri, None] = {}
    for solution in leaf.solutions[:_MOST_CITED]:
        patterns = [each for each in leaf.around if isinstance(each, TriplePattern)]
        trace = tracer.solution(Solution(Group(tuple(patterns)), solution))
        found |= trace.statements
    return tuple(found)


def _things(stars: Stars, leaf: Finding) -> dict[Things, Iri | None]:
    """Gives what the statements behind a finding are about, where that is two things or more."""
    patterns: tuple[Element, ...] = leaf.around
    found: dict[Things, Iri | None] = {}
    for star, known in stars.statement_stars(patterns, leaf.known):
        things, typing = things_of(stars.record.engine, star, known)
        if len(things) > 1:
            found[things] = typing
    return found
