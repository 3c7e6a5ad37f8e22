"""Parts of sentences about conditions: signs, properties and lists in words."""

import re
from collections.abc import Sequence
from typing import Final

from kg.explain.words import Names, spaced
from kg.sparql.patterns import Path, Predicate, Variable

DAYS: Final = {
    "<=": ("no later than", "after"),
    "<": ("before", "not before"),
    ">": ("after", "not after"),
    ">=": ("no earlier than", "before"),
    "=": ("the same as", "not"),
    "!=": ("not", "the same as"),
}
"""How a sign between days, or other values, is said where it holds, and where it fails."""

NUMBERS: Final = {
    **DAYS,
    "<=": ("at most", "more than"),
    "<": ("less than", "not less than"),
    ">": ("more than", "not more than"),
    ">=": ("at least", "less than"),
}
"""How a sign between numbers is said where it holds, and where it fails."""


def plain(name: str) -> str:
    """Gives the words of a name in camel case, without a prefix.

    >>> plain("schema:startDate")
    'start date'
    """
    return re.sub(r"^\w+:", "", spaced(name))


def with_article(noun: str) -> str:
    """Gives a noun with its article.

    >>> with_article("occurrence")
    'an occurrence'
    """
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def listing(words: Sequence[str], last: str) -> str:
    """Joins words by commas, and the last by a word.

    >>> listing(["one", "two", "three"], "or")
    'one, two or three'
    """
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def predicate_in_words(predicate: Predicate, names: Names) -> str:
    """Gives a property or a path in words."""
    if isinstance(predicate, Variable):
        return "any property"
    if not isinstance(predicate, Path):
        return plain(names.of(predicate))
    parts = [predicate_in_words(part, names) for part in predicate.parts]
    if predicate.operator == "|":
        return listing(parts, "or")
    if predicate.operator == "/":
        return " of the ".join(reversed(parts))
    if predicate.operator == "^":
        return f"role as {parts[0]} of"
    return f"any property but {listing(parts, 'or')}" if predicate.operator == "!" else parts[0]
