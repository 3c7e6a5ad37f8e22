"""Tests of claims, read from what the graph says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from kg.article.expectation import Expectation
from kg.terms import XSD, Iri, Literal, Term

_BEARINGS: Final = ("bears-out", "contradicts", "differs")


@dataclass(frozen=True)
class ClaimTest:
    """A stored query with arguments, and what its answer means for a claim if it is as expected.

    `mistake` says why the test cannot be run, where it cannot.
    """

    iri: Iri
    bearing: str
    query: str
    arguments: tuple[tuple[str, str], ...]
    expectation: Expectation
    finding: str = ""
    mistake: str = ""


def read_test(test: Iri, given: Sequence[tuple[str, Term]]) -> ClaimTest:
    """Gives a test of the properties and values that the graph has of it."""
    values: dict[str, list[Term]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    mistakes: list[str] = []

    def text(name: str) -> str:
        return str(values[name][0]) if name in values else ""

    def number(name: str) -> Decimal | None:
        if name not in values:
            return None
        term = values[name][0]
        try:
            if isinstance(term, Literal) and term.datatype in (XSD + "integer", XSD + "decimal"):
                return Decimal(term.value)
        except InvalidOperation:
            pass
        mistakes.append(f'kg:{name} is "{term}", which is no number.')
        return None

    def whole(name: str) -> int | None:
        found = number(name)
        if found is not None and found != int(found):
            mistakes.append(f'kg:{name} is "{found}", which is no whole number.')
        return None if found is None else int(found)

    arguments = []
    for argument in map(str, values.get("argument", [])):
        name, equals, written = argument.partition("=")
        if not equals:
            mistakes.append(f'The argument "{argument}" is not of the form name=value.')
        arguments.append((name.strip(), written.strip()))
    expectation = Expectation(
        count=whole("expectedCount"),
        count_at_least=whole("expectedCountAtLeast"),
        column=text("expectedColumn") or None,
        values=frozenset(map(str, values.get("expectedValue", []))),
        only=text("expectedOnly") in ("true", "1"),
        at_least=number("expectedAtLeast"),
        below=number("expectedBelow"),
    )
    if not mistakes and not _is_whole(expectation):
        mistakes.append("It expects nothing, or several things at once, or values of no column.")
    if "query" not in values:
        mistakes.append("It names no stored query (kg:query).")
    if text("bearing").rpartition("/")[2] not in _BEARINGS:
        mistakes.append("It does not say what it means for the claim (kg:bearing).")
    return ClaimTest(
        test,
        text("bearing").rpartition("/")[2],
        text("query"),
        tuple(sorted(arguments)),
        expectation,
        text("finding"),
        " ".join(mistakes),
    )


def _is_whole(expectation: Expectation) -> bool:
    by_column = expectation.column is not None
    looked_for = (
        bool(expectation.values)
        or expectation.at_least is not None
        or expectation.below is not None
    )
    ways = (expectation.count is not None, expectation.count_at_least is not None, by_column)
    return sum(ways) == 1 and by_column == looked_for
