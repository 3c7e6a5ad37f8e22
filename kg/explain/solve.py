"""Finds the solutions behind a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.engine import Engine, select
from kg.errors import CannotExplain
from kg.explain.lower import Binding, lowered, mandatory
from kg.sparql.patterns import Bind, Column, Exists, Expression, Group, Select
from kg.sparql.scope import column_names
from kg.sparql.writer import write_group
from kg.terms import Literal, Term


@dataclass(frozen=True)
class Solution:
    """One solution: the pattern that it solves, lowered, and the terms of its variables."""

    pattern: Group
    binding: Binding

    @property
    def mandatory(self) -> Solution:
        """The solution without what need not be there."""
        return Solution(mandatory(self.pattern), self.binding)


@dataclass(frozen=True)
class Solutions:
    """The solutions behind a row: those that it needs, and those that could take their place."""

    needed: tuple[Solution, ...]
    others: tuple[Solution, ...] = ()


def solve(engine: Engine, query: Select, row: Binding) -> Solutions:
    """Finds the solutions behind a row of a SELECT.

    `row` holds the terms of its bound columns. Raises CannotExplain where they cannot be found.
    """
    if query.values:
        raise CannotExplain("VALUES after the query cannot be explained. Put it into the pattern.")
    keys = _keys(query)
    known = {name: row[name] for name in keys if name in row}
    unbound = {name for name in keys if name not in row}
    solutions = solutions_of(engine, query.where, known, computed=_computed(query), unbound=unbound)
    if not query.is_aggregate:
        return Solutions(solutions[:1], solutions[1:])
    return _chosen(query, row, solutions)


def solutions_of(
    engine: Engine,
    where: Group,
    known: Binding,
    *,
    computed: Iterable[Bind] = (),
    unbound: Iterable[str] = (),
) -> tuple[Solution, ...]:
    """Gives the solutions of a pattern in a stable order.

    `known` are the values that some variables have, `unbound` those that have none; `computed`
    are columns that expressions give.
    """
    pattern = lowered(where, known)
    text = f"SELECT * WHERE {write_group(Group((*pattern, *computed)))}"
    table = select(engine, text)
    missing = set(unbound)
    found = []
    for row in table.rows:
        binding = {
            name: term for name, term in zip(table.columns, row, strict=True) if term is not None
        }
        if missing & binding.keys():
            continue
        if all(binding.get(name) == term for name, term in known.items()):
            found.append(Solution(pattern, binding))
    return tuple(sorted(found, key=_order))


def _order(solution: Solution) -> list[str]:
    return [f"{name} {solution.binding[name]}" for name in sorted(solution.binding)]


def _keys(query: Select) -> list[str]:
    """Gives the columns of a row whose values each solution behind it has."""
    if not query.is_aggregate:
        return list(column_names(query))
    shown = set(_names(query.columns))
    for key in query.group_by:
        if key.variable is None or key.variable.name not in shown:
            raise CannotExplain(
                "GROUP BY something that is no column cannot be explained: several groups may "
                "give the same row. Make it a column."
            )
    return _names(query.group_by)


def _names(columns: Iterable[Column]) -> list[str]:
    return [column.variable.name for column in columns if column.variable]


def _computed(query: Select) -> list[Bind]:
    """Gives the columns, or keys, that are computed from one solution, as bindings."""
    columns = query.group_by if query.is_aggregate else query.columns
    return [
        Bind(column.expression, column.variable)
        for column in columns
        if column.expression and column.variable
    ]


def _chosen(query: Select, row: Binding, solutions: Sequence[Solution]) -> Solutions:
    """Chooses, of the solutions of a group, those that its aggregates rest on."""
    needed: dict[int, None] = {}
    everything = dict.fromkeys(range(len(solutions)))
    if query.having:
        needed |= everything
    for column in query.columns:
        if column.expression and column.variable and column.expression.is_aggregate:
            value = row.get(column.variable.name)
            needed |= dict.fromkeys(_carrying(column.expression, value, solutions))
    if not needed:
        needed = dict.fromkeys(range(min(1, len(solutions))))
    others = tuple(solutions[each] for each in everything if each not in needed)
    return Solutions(tuple(solutions[each] for each in sorted(needed)), others)


def _carrying(
    expression: Expression, value: Term | None, solutions: Sequence[Solution]
) -> Iterable[int]:
    words = [token for token in expression.tokens if not isinstance(token, Exists)]
    function = words[0].upper()
    variables = expression.variables
    everything = range(len(solutions))
    if len(variables) != 1 or function not in ("COUNT", "MIN", "MAX", "SAMPLE"):
        return everything
    (name,) = variables
    if function == "COUNT":
        return _one_for_each(name, solutions) if "DISTINCT" in map(str.upper, words) else everything
    attaining = [
        position
        for position, solution in enumerate(solutions)
        if _same(solution.binding.get(name), value)
    ]
    return attaining[:1] or everything


def _one_for_each(name: str, solutions: Sequence[Solution]) -> Iterable[int]:
    first: dict[Term, int] = {}
    for position, solution in enumerate(solutions):
        if name in solution.binding:
            first.setdefault(solution.binding[name], position)
    return first.values()


def _same(term: Term | None, value: Term | None) -> bool:
    """Whether a term is a value, or the value is its text (MIN of STR)."""
    if term == value:
        return True
    return isinstance(value, Literal) and term is not None and str(term) == value.value
