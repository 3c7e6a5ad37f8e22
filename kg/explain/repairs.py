"""Finds what keeps a row away: the smallest sets of conditions without which it would be there.

Conditions that keep rows away are tested on the solutions of all the others, with one query. Only
where there are no such solutions are parts that make rows left out: one, then two, then as many
as have to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kg.engine import Engine, ask, select
from kg.explain.comparison import gap
from kg.explain.conditions import Condition
from kg.explain.lower import Binding
from kg.explain.remainder import FLAG, Remainder
from kg.sparql.patterns import Group
from kg.sparql.writer import write_group
from kg.terms import Term

_MOST_SOLUTIONS: Final = 2000
_MOST_REPAIRS: Final = 3
_MOST_SHOWN: Final = 50


@dataclass(frozen=True)
class Repair:
    """Conditions that fail together, and what there is when they are left out.

    `not_reached` are conditions that could not be tested without them; `solutions` are the
    terms of the variables of what is left, nearest first, and `known` those that were given
    beforehand. `pattern` is the whole of it.
    """

    failing: tuple[Condition, ...]
    not_reached: tuple[Condition, ...]
    solutions: tuple[Binding, ...]
    known: Binding
    pattern: Group

    @property
    def is_none(self) -> bool:
        """Whether nothing fails: the row is there."""
        return not self.failing

    @property
    def cost(self) -> tuple[int, int]:
        """How much is left out."""
        return len(self.failing), len(self.not_reached)


def repairs(engine: Engine, where: Group, wanted: Mapping[str, Term]) -> tuple[Repair, ...]:
    """Gives the smallest repairs of a pattern; one of nothing where the row is there."""
    return repairs_of(Remainder(engine, where, wanted))


def repairs_of(rest: Remainder) -> tuple[Repair, ...]:
    """Gives the smallest repairs of what parts can be left out of."""
    if (row := rest.row()) is not None:
        return (Repair((), (), (row,), rest.known, rest.where),)
    for enforced in (True, False) if rest.wanted else (False,):
        if found := _smallest(rest, frozenset(), enforced=enforced):
            return found
    parts = [each for each in rest.hard if each not in rest.scheme] or list(rest.hard)
    for size in (1, 2):
        found = tuple(
            repair
            for dropped in combinations(parts, size)
            for repair in _smallest(rest, frozenset(dropped))
        )
        if found:
            fewest = min(each.cost for each in found)
            return tuple(each for each in found if each.cost == fewest)[:_MOST_REPAIRS]
    return _smallest(rest, _rejected(rest))


def _rejected(rest: Remainder) -> frozenset[Condition]:
    """Goes through the parts in order, and gives those that agree with none before."""
    kept: set[Condition] = set()
    for condition in sorted(rest.hard, key=lambda each: each in rest.scheme):
        elements = rest.elements(kept | {condition}, without_rest=True)
        if ask(rest.engine, f"ASK {write_group(Group((*rest.values(), *elements)))}"):
            kept.add(condition)
    return frozenset(set(rest.hard) - kept)


def _smallest(
    rest: Remainder, dropped: frozenset[Condition], *, enforced: bool = False
) -> tuple[Repair, ...]:
    """Gives the smallest sets of conditions that fail once some parts are left out.

    With `enforced`, solutions that lack what the asker named are left out.
    """
    kept = rest.reached(dropped)
    tested = rest.testable(kept)
    by_failing = _by_failing(rest, kept, tested, enforced=enforced)
    if not dropped:  # all conditions together do not hold
        by_failing.pop(frozenset(), None)
    fewest = min(map(len, by_failing), default=0)
    conditions = rest.parts.conditions
    lost = tuple(each for each in conditions if each not in kept | tested | dropped)
    return tuple(
        Repair(
            tuple(each for each in conditions if each in dropped | failing),
            lost,
            tuple(sorted(solutions, key=lambda each: _distance(failing, each))[:_MOST_SHOWN]),
            rest.known,
            rest.where,
        )
        for failing, solutions in by_failing.items()
        if len(failing) == fewest
    )[:_MOST_REPAIRS]


def _by_failing(
    rest: Remainder, kept: set[Condition], tested: set[Condition], *, enforced: bool
) -> dict[frozenset[Condition], list[Binding]]:
    """Gives the solutions of what is left, by the conditions that fail for them."""
    ordered = rest.ordered(tested)
    wanted = rest.wanted if enforced else ()
    elements = rest.elements(kept | tested)
    group = Group((*rest.values(), *elements, *rest.flags(tested), *wanted))
    table = select(rest.engine, f"SELECT * WHERE {write_group(group)} LIMIT {_MOST_SOLUTIONS}")
    found: dict[frozenset[Condition], list[Binding]] = {}
    for row in table.rows:
        terms = {n: t for n, t in zip(table.columns, row, strict=True) if t is not None}
        failing = frozenset(
            condition
            for number, condition in enumerate(ordered)
            if str(terms.get(f"{FLAG}{number}")) != "true"
        )
        binding = {name: term for name, term in terms.items() if not name.startswith(FLAG)}
        found.setdefault(failing, []).append(binding)
    return found


def _distance(failing: frozenset[Condition], solution: Binding) -> tuple[float, list[str]]:
    distance = sum(gap(each.test, solution) for each in failing if each.test)
    return distance, [f"{name} {solution[name]}" for name in sorted(solution)]
