"""Follows conditions that fail into the rules that would have made what they look for.

It ends at conditions that keep a row away, and at stars of statements that are not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from kg.explain.conditions import GROUP, STAR, SUB_SELECT, UNION, Condition
from kg.explain.lower import Binding
from kg.explain.repairs import Repair, repairs
from kg.explain.stars import Stars
from kg.sparql.patterns import (
    Element,
    Group,
    Optional,
    Select,
    TriplePattern,
    Union,
    Variable,
)
from kg.sparql.scope import column_names, visible
from kg.terms import Term

if TYPE_CHECKING:
    from kg.explain.record import Record

_DEEPEST: Final = 8


@dataclass(frozen=True, eq=False)
class Finding:
    """A condition that fails.

    `known` are the values that it was tested with, `solutions` what was found beside it, and
    `hanging` the conditions that could not be tested; `around` are the patterns that
    what it reads comes from. `rule` is the one that would
    make what is looked for, and `below` are the conditions of that rule, or of the part, that
    fail in turn.
    """

    condition: Condition
    known: Binding
    solutions: tuple[Binding, ...]
    hanging: tuple[Condition, ...] = ()
    around: tuple[Element, ...] = ()
    rule: str = ""
    below: tuple[Finding, ...] = ()

    @property
    def leaves(self) -> tuple[tuple[Finding, tuple[str, ...]], ...]:
        """The findings at which the matter ends, each with the rules that lead there."""
        own = (self.rule,) if self.rule else ()
        if not self.below:
            return ((self, own),)
        return tuple((leaf, (*own, *rules)) for each in self.below for leaf, rules in each.leaves)


class Follower:
    """Follows findings through the rules of one record."""

    def __init__(self, record: Record) -> None:
        self.engine = record.engine
        self.stars = Stars(record)

    def findings(self, repair: Repair, *, depth: int = 0) -> tuple[Finding, ...]:
        """Gives the conditions that fail together, each followed as far as it goes."""
        return tuple(self._finding(each, repair, depth) for each in repair.failing)

    def _finding(self, condition: Condition, repair: Repair, depth: int) -> Finding:
        hanging = repair.not_reached
        patterns = around(condition, repair)
        plain = Finding(condition, repair.known, repair.solutions, hanging, patterns)
        if condition.is_soft or depth >= _DEEPEST:
            return plain
        found = {**(repair.solutions[0] if repair.solutions else {}), **repair.known}
        for rule, where, known in self._inside(condition, found, hanging):
            judged = repairs(self.engine, where, known)
            if judged and not judged[0].is_none:
                below = tuple(
                    each for one in judged[:1] for each in self.findings(one, depth=depth + 1)
                )
                return replace(plain, rule=rule, below=below)
        return plain

    def _inside(
        self, condition: Condition, found: Binding, hanging: Iterable[Condition]
    ) -> Iterator[tuple[str, Group, Mapping[str, Term]]]:
        """Gives the patterns that would make what a condition looks for, with what they know."""
        (first, *_) = condition.elements
        if condition.kind == STAR:
            beside = [each for other in hanging for each in other.patterns]
            for rule, known in self.stars.makers(condition.patterns, found, beside):
                yield rule.name, rule.query.select.where, known
        elif condition.kind == SUB_SELECT and isinstance(first, Select):
            yield "", first.where, _shared(found, _tied(first))
        elif condition.kind == GROUP and isinstance(first, Group):
            yield "", first, _shared(found, visible(first))
        elif condition.kind == UNION and isinstance(first, Union):
            for group in first.groups:
                yield "", group, _shared(found, visible(group))


def around(condition: Condition, repair: Repair) -> tuple[Element, ...]:
    """Gives the patterns that what a condition reads comes from.

    Of a star about a concept (a stage) these are also the patterns that name the concept.
    """
    if condition.looked_for is not None:
        return tuple(condition.looked_for)
    if condition.test is None:
        return condition.elements
    wanted = condition.test.variables - repair.known.keys()
    for _ in range(2):
        subjects = {
            each.subject
            for each in _patterns(repair.pattern)
            if isinstance(each.object, Variable) and each.object.name in wanted
        }
        wanted |= {each.name for each in subjects if isinstance(each, Variable)}
    return tuple(each for each in _patterns(repair.pattern) if each.subject in subjects)


def _patterns(elements: Iterable[Element]) -> Iterator[TriplePattern]:
    for element in elements:
        if isinstance(element, TriplePattern):
            yield element
        elif isinstance(element, Optional):
            yield from _patterns(element.group)


def _tied(query: Select) -> frozenset[str]:
    """Gives the columns of a sub-select whose values each of its solutions has."""
    if query.is_aggregate:
        return frozenset(key.variable.name for key in query.group_by if key.variable)
    return frozenset(column_names(query))


def _shared(found: Binding, names: frozenset[str]) -> dict[str, Term]:
    return {name: term for name, term in found.items() if name in names}
