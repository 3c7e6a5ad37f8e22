"""Comparisons within conditions: which values they compare, and how far these are apart."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kg.explain.absence import term_at
from kg.explain.conditions import split
from kg.explain.lower import Binding
from kg.sparql.cursor import Cursor
from kg.sparql.patterns import Expression, Place, Variable
from kg.terms import Term, python_value

_SIGNS: Final = frozenset({"<", "<=", ">", ">=", "=", "!="})


@dataclass(frozen=True)
class Comparison:
    """Two variables or terms, and the sign between them."""

    left: Place
    sign: str
    right: Place

    def values(self, binding: Binding) -> tuple[Term | None, Term | None]:
        """Gives the terms of both sides."""
        return term_at(self.left, binding), term_at(self.right, binding)


def comparisons(expression: Expression) -> list[Comparison]:
    """Gives the comparisons that an expression is made of by && and ||; others are left out."""
    found: list[Comparison] = []
    for sign in ("||", "&&"):
        parts = split(expression, sign)
        if len(parts) > 1:
            return [each for part in parts for each in comparisons(part)]
    words = [each for each in expression.tokens if isinstance(each, str)]
    if len(words) >= 3 and words[1] in _SIGNS:
        sides = [_place(words[:1]), _place(words[2:])]
        if sides[0] is not None and sides[1] is not None:
            found.append(Comparison(sides[0], words[1], sides[1]))
    return found


def gap(expression: Expression, binding: Binding) -> float:
    """Gives how far the values are apart that an expression compares: days, or numbers."""
    total = 0.0
    for each in comparisons(expression):
        left, right = (python_value(term) for term in each.values(binding))
        if isinstance(left, datetime.date) and isinstance(right, datetime.date):
            total += abs((left - right).days)
        elif isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal):
            total += abs(float(left) - float(right))
    return total


def _place(words: list[str]) -> Place | None:
    text = "".join(words)
    if text.startswith("?") and len(words) == 1:
        return Variable(text[1:])
    if text[:1] in "\"'<+-.0123456789":
        return Cursor(text, {}).term()
    return None
