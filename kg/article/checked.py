"""A checked article: what came out of its claims' tests, and the verdicts that follow.

A verdict is about what the graph holds and not about truth:

- *opinion or forecast*: the claim is of such a kind; what bears on it is shown all the same;
- *disputed*: a test that contradicts it comes out as expected, so a source says otherwise;
- *not decidable*: it has no test that bears it out, or one that does not come out;
- *supported with a difference*: every test bears it out, and one shows a difference;
- *supported*: every test bears it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.article.read import Article, Claim
from kg.article.reading_tests import ClaimTest
from kg.explain.cited import Statement
from kg.table import Row
from kg.terms import Iri

NOT_CHECKED: Final = "not-checked"
"""In the place of a verdict where a claim cannot be checked as it is written."""
VERDICTS: Final = (
    "supported",
    "supported-with-a-difference",
    "disputed",
    "not-decidable",
    "opinion-or-forecast",
)
"""The verdicts, in the order in which they are counted."""
_NO_MATTER_OF_FACT: Final = ("forecast", "opinion")


@dataclass(frozen=True)
class Outcome:
    """How a test came out: whether as expected, the rows that carry it and their statements.

    `needed` are those of the statements without any one of which it would come out otherwise.
    """

    test: ClaimTest
    command: str
    holds: bool = False
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    statements: tuple[Iri, ...] = ()
    needed: frozenset[Iri] = frozenset()
    mistake: str = ""


@dataclass(frozen=True)
class CheckedClaim:
    """A claim with its verdict and how its tests came out."""

    claim: Claim
    outcomes: tuple[Outcome, ...]
    mistake: str = ""

    @cached_property
    def verdict(self) -> str:
        """One of VERDICTS, or NOT_CHECKED where the claim or a test of it is mistaken."""
        if self.mistakes:
            return NOT_CHECKED
        return verdict_of(
            self.claim.kind, [(outcome.test.bearing, outcome.holds) for outcome in self.outcomes]
        )

    @property
    def still_holds(self) -> bool:
        """Whether the verdict is the one that was published with the graph, if one was."""
        return self.claim.recorded in (None, self.verdict) or bool(self.mistakes)

    @property
    def mistakes(self) -> list[str]:
        """What keeps the claim from being checked as a whole."""
        own = [self.mistake] if self.mistake else []
        return own + [
            f"{_name(outcome.test.iri)}: {outcome.mistake}"
            for outcome in self.outcomes
            if outcome.mistake
        ]

    @property
    def reasons(self) -> list[str]:
        """Why the verdict is what it is, in sentences."""
        if self.mistakes:
            return []
        said = [
            outcome.test.finding
            for outcome in self.outcomes
            if outcome.holds and outcome.test.finding
        ]
        failed = [
            f"{outcome.command} does not give {outcome.test.expectation.in_words()}."
            for outcome in self.outcomes
            if outcome.test.bearing == "bears-out" and not outcome.holds
        ]
        absent = [
            f"{outcome.command} gives nothing; no statement stands behind that."
            for outcome in self.outcomes
            if outcome.holds and not outcome.statements
        ]
        return list(filter(None, [*said, *failed, *absent, self.claim.because]))

    @property
    def statements(self) -> list[Iri]:
        """The statements behind the tests that came out as expected."""
        found = [each for outcome in self.outcomes if outcome.holds for each in outcome.statements]
        return list(dict.fromkeys(found))

    def verdict_without(self, statement: Iri) -> str:
        """Gives the verdict that there would be without a statement.

        What was set aside for the statement goes with it: it is another version of one act.
        """
        if self.mistakes:
            return NOT_CHECKED
        return verdict_of(
            self.claim.kind,
            [
                (outcome.test.bearing, outcome.holds and statement not in outcome.needed)
                for outcome in self.outcomes
            ],
        )


@dataclass(frozen=True)
class CheckedArticle:
    """An article, its claims with their verdicts, and the evidence that they name."""

    article: Article
    claims: tuple[CheckedClaim, ...]
    evidence: Mapping[Iri, Statement]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict, in the order of VERDICTS."""
        verdicts = [checked.verdict for checked in self.claims]
        unchecked = [NOT_CHECKED] if NOT_CHECKED in verdicts else []
        return {verdict: verdicts.count(verdict) for verdict in (*VERDICTS, *unchecked)}

    def reasons(self, claim: CheckedClaim) -> list[str]:
        """Why a claim's verdict is what it is, with a caution where no page confirms it."""
        levels = {self.evidence[each].assurance for each in claim.statements}
        if levels == {"unverified"}:
            return [*claim.reasons, "No page at hand confirms all that the evidence says."]
        return claim.reasons

    @property
    def changed(self) -> list[CheckedClaim]:
        """The claims whose verdict is no longer the published one."""
        return [checked for checked in self.claims if not checked.still_holds]

    @property
    def mistaken(self) -> list[CheckedClaim]:
        """The claims that cannot be checked as they are written."""
        return [checked for checked in self.claims if checked.mistakes]


def _name(iri: Iri) -> str:
    """Gives the last two steps of an IRI's path as a prefixed name: test:example-01-1."""
    return ":".join(iri.value.rsplit("/", 2)[1:])


def verdict_of(kind: str, outcomes: Sequence[tuple[str, bool]]) -> str:
    """Gives the verdict that follows from a claim's kind and how its tests came out.

    >>> verdict_of("count", [("bears-out", True), ("contradicts", False)])
    'supported'
    >>> verdict_of("count", [("bears-out", True), ("contradicts", True)])
    'disputed'
    """
    if kind in _NO_MATTER_OF_FACT:
        return "opinion-or-forecast"
    came_out: dict[str, list[bool]] = {}
    for bearing, holds in outcomes:
        came_out.setdefault(bearing, []).append(holds)
    if any(came_out.get("contradicts", [])):
        return "disputed"
    if not came_out.get("bears-out") or not all(came_out["bears-out"]):
        return "not-decidable"
    return "supported-with-a-difference" if any(came_out.get("differs", [])) else "supported"
