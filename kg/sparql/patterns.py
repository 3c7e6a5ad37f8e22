"""What a SPARQL query is made of, as values.

The names are those of `SPARQL 1.1 <https://www.w3.org/TR/sparql11-query/>`_: a group holds triple
patterns, filters, optional parts, unions, what is taken away, bindings, inline data and
sub-selects. Expressions stay text, apart from the groups that EXISTS puts into them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from kg.terms import Iri, Term


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, by its name without the question mark."""

    name: str

    def n3(self) -> str:
        """Gives the variable as SPARQL writes it."""
        return f"?{self.name}"


Place: TypeAlias = "Variable | Term"
"""What can stand in a place of a triple pattern."""


@dataclass(frozen=True, slots=True)
class Path:
    """A property path: `operator` is one of `^ / | + * ? !`, `parts` what it is applied to.

    The parts of a negated set (`!`) are IRIs, or inverse paths of IRIs.
    """

    operator: str
    parts: tuple[Predicate, ...]


Predicate: TypeAlias = "Variable | Iri | Path"


@dataclass(frozen=True, slots=True)
class TriplePattern:
    """A triple pattern, whose predicate may be a path."""

    subject: Place
    predicate: Predicate
    object: Place


@dataclass(frozen=True, slots=True)
class Exists:
    """A group within an expression, which must, or must not, have a solution."""

    group: Group
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression: tokens with their names written out, and the groups of EXISTS."""

    tokens: tuple[str | Exists, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it reads outside the groups of EXISTS."""
        return frozenset(
            token[1:] for token in self.tokens if isinstance(token, str) and token[0] in "?$"
        )

    @property
    def exists(self) -> tuple[Exists, ...]:
        """The groups of EXISTS in it."""
        return tuple(token for token in self.tokens if isinstance(token, Exists))

    @property
    def is_aggregate(self) -> bool:
        """Whether it counts, adds up or picks from several solutions."""
        return any(isinstance(each, str) and each.upper() in AGGREGATES for each in self.tokens)


AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on the solutions of its group."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Bind:
    """A variable that is given the value of an expression."""

    expression: Expression
    variable: Variable


@dataclass(frozen=True, slots=True)
class Values:
    """Inline data; None is UNDEF."""

    variables: tuple[Variable, ...]
    rows: tuple[tuple[Term | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """A part that need not be there."""

    group: Group


@dataclass(frozen=True, slots=True)
class Minus:
    """A part that takes away the solutions that agree with it."""

    group: Group


@dataclass(frozen=True, slots=True)
class Union:
    """Alternatives."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class GraphPattern:
    """A part that is asked of a named graph (`GRAPH`)."""

    name: Place
    group: Group


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between braces."""

    elements: tuple[Element, ...]

    def __iter__(self) -> Iterator[Element]:
        return iter(self.elements)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a SELECT, or a key of GROUP BY: a variable, or an expression named by one."""

    variable: Variable | None
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT, also within a group; `columns` is empty for `*`.

    `after` is its ORDER BY, LIMIT and OFFSET as tokens.
    """

    columns: tuple[Column, ...]
    where: Group
    is_distinct: bool = False
    group_by: tuple[Column, ...] = ()
    having: Expression | None = None
    after: tuple[str, ...] = ()
    values: Values | None = None

    @property
    def is_aggregate(self) -> bool:
        """Whether a row stands for several solutions that are counted or compared."""
        computed = (column.expression for column in self.columns if column.expression)
        return bool(self.group_by) or any(each.is_aggregate for each in computed)

    @property
    def is_limited(self) -> bool:
        """Whether it gives only some of its rows."""
        return any(each.upper() in ("LIMIT", "OFFSET") for each in self.after)


Element: TypeAlias = (
    TriplePattern
    | Filter
    | Bind
    | Values
    | Optional
    | Minus
    | Union
    | GraphPattern
    | Group
    | Select
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its form, and what that form is made of.

    `template` are the triples of a CONSTRUCT, `described` the things of a DESCRIBE, `dataset` its
    FROM clauses. ASK, CONSTRUCT and DESCRIBE use the `where` and `after` of `select`.
    """

    form: str
    select: Select
    template: tuple[TriplePattern, ...] = ()
    described: tuple[Place, ...] = ()
    dataset: tuple[str, ...] = field(default=())
