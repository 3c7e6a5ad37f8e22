"""Tests of claims, read from what the graph says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from kg.article.expectation import Expectation
from kg.terms import XSD, Iri, Literal, Term, name_among_kind

_BEARINGS: Final = ("bears-out", "contradicts", "differs")
_ONCE: Final = frozenset(
    (
        *("bearing", "expectedAtLeast", "expectedBelow", "expectedColumn", "expectedCount"),
        *("expectedCountAtLeast", "expectedOnly", "finding", "query", "tests"),
    )
)


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
    mistakes = [
        f"It has {len(terms)} values of kg:{name}, and may have one."
        for name, terms in values.items()
        if name in _ONCE and len(terms) > 1
    ]

    def text(name: str) -> str:
        return str(values[name][0]) if name in values else ""

    def number(name: str) -> Decimal | None:
        if name not in values:
            return None
        term = values[name][0]
        try:
            if isinstance(term, Literal) and term.datatype in (XSD + "integer", XSD + "decimal"):
                found = Decimal(term.value)
                if found.is_finite():
                    return found
        except InvalidOperation:
            pass
        mistakes.append(f'kg:{name} is "{term}", which is no number.')
        return None

    def whole(name: str) -> int | None:
        found = number(name)
        if found is not None and (found != int(found) or found < 0):
            mistakes.append(f'kg:{name} is "{found}", which is no number of rows.')
        return None if found is None else int(found)

    arguments: dict[str, str] = {}
    for argument in map(str, values.get("argument", [])):
        name, equals, written = argument.partition("=")
        if not equals or not written.strip():
            mistakes.append(f'The argument "{argument}" is not of the form name=value.')
        elif arguments.setdefault(name.strip(), written.strip()) != written.strip():
            mistakes.append(f'The argument "{name.strip()}" is given twice.')
    expectation = Expectation(
        count=whole("expectedCount"),
        count_at_least=whole("expectedCountAtLeast"),
        column=text("expectedColumn") or None,
        values=frozenset(map(str, values.get("expectedValue", []))),
        only=text("expectedOnly") in ("true", "1"),
        at_least=number("expectedAtLeast"),
        below=number("expectedBelow"),
    )
    if not mistakes and (wrong := expectation.mistake()):
        mistakes.append(wrong)
    if "query" not in values:
        mistakes.append("It names no stored query (kg:query).")
    bearing = name_among_kind(values.get("bearing", [None])[0])
    if bearing not in _BEARINGS:
        mistakes.append("It does not say what it means for the claim (kg:bearing).")
    return ClaimTest(
        test,
        bearing,
        text("query"),
        tuple(sorted(arguments.items())),
        expectation,
        text("finding"),
        " ".join(mistakes),
    )
