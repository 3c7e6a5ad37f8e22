"""Takes a pattern apart into the conditions that a row has to meet.

A condition is a star (the patterns of one subject), a filter, an absence (`MINUS`, or an
`OPTIONAL` with a filter that its variable is not bound), a `UNION`, a group or a sub-select. Stars,
unions, groups and sub-selects are what a row is made of; the others keep rows away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.errors import CannotExplain
from kg.sparql.patterns import (
    Bind,
    Element,
    Exists,
    Expression,
    Filter,
    GraphPattern,
    Group,
    Minus,
    Optional,
    Place,
    Select,
    TriplePattern,
    Union,
    Values,
)
from kg.sparql.scope import visible
from kg.sparql.writer import write_element

STAR: Final = "star"
FILTER: Final = "filter"
WANTED: Final = "wanted"
ABSENCE: Final = "absence"
MINUS: Final = "minus"
UNION: Final = "union"
GROUP: Final = "group"
SUB_SELECT: Final = "sub-select"

SOFT: Final = frozenset({FILTER, WANTED, ABSENCE, MINUS})
"""The kinds of condition that keep rows away and make none."""


@dataclass(frozen=True)
class Condition:
    """A condition: its kind, and the elements of the pattern that it is made of."""

    kind: str
    elements: tuple[Element, ...]

    @property
    def is_soft(self) -> bool:
        """Whether it keeps rows away and makes none."""
        return self.kind in SOFT

    @property
    def sparql(self) -> str:
        """The condition as SPARQL."""
        return " ".join(map(write_element, self.elements))

    @property
    def patterns(self) -> tuple[TriplePattern, ...]:
        """The patterns of a star."""
        return tuple(each for each in self.elements if isinstance(each, TriplePattern))

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it binds or reads."""
        return variables_of(self.elements)

    @property
    def test(self) -> Expression | None:
        """The expression that has to be true; None for what is no filter."""
        last = self.elements[-1]
        return last.expression if isinstance(last, Filter) else None

    @property
    def looked_for(self) -> Group | None:
        """What must not be there, for an absence; None for any other condition."""
        first = self.elements[0]
        if isinstance(first, Minus | Optional) and self.is_soft:
            return first.group
        if isinstance(first, Filter) and (exists := _lone_negation(first.expression)):
            return exists.group
        return None


def variables_of(elements: Iterable[Element]) -> frozenset[str]:
    """Gives the variables that elements bind or read, also in conditions inside of them."""
    found: set[str] = set()
    for element in elements:
        if isinstance(element, Filter | Bind):
            found |= element.expression.variables
            for each in element.expression.exists:
                found |= variables_of(each.group)
        if isinstance(element, Optional | Minus):
            found |= variables_of(element.group)
        elif isinstance(element, Group):
            found |= variables_of(element)
        elif isinstance(element, Union):
            found |= frozenset().union(*map(variables_of, element.groups))
        else:
            found |= visible(Group((element,)))
    return frozenset(found)


@dataclass(frozen=True)
class Parts:
    """A pattern taken apart.

    `items` are its elements in their order, each with the condition that it is part of, None for
    inline data, bindings and parts that need not be there.
    """

    items: tuple[tuple[Element, Condition | None], ...]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions in the order of the pattern, each once."""
        return tuple(dict.fromkeys(each for _, each in self.items if each))

    @property
    def given(self) -> frozenset[str]:
        """The variables that inline data give values to, without gaps."""
        return frozenset(
            variable.name
            for each, _ in self.items
            if isinstance(each, Values)
            for position, variable in enumerate(each.variables)
            if all(row[position] is not None for row in each.rows)
        )


def take_apart(where: Group, wanted: Iterable[Filter] = ()) -> Parts:
    """Takes a pattern apart; `wanted` are further filters, for what the asker named."""
    elements = _split_filters(where)
    absences = _absences(elements)
    stars: dict[Place, Condition] = {}
    for element in elements:
        if isinstance(element, TriplePattern):
            known = stars[element.subject].elements if element.subject in stars else ()
            stars[element.subject] = Condition(STAR, (*known, element))
    items: list[tuple[Element, Condition | None]] = []
    for position, element in enumerate(elements):
        if isinstance(element, TriplePattern):
            items.append((element, stars[element.subject]))
        else:
            items.append((element, absences.get(position) or _condition(element)))
    items += [(each, Condition(WANTED, (each,))) for each in wanted]
    return Parts(tuple(items))


def _condition(element: Element) -> Condition | None:
    if isinstance(element, GraphPattern):
        raise CannotExplain(
            "GRAPH cannot be taken apart: a row rests on the default graph only. Leave it out."
        )
    kinds: tuple[tuple[type, str], ...] = (
        (Filter, FILTER),
        (Minus, MINUS),
        (Union, UNION),
        (Select, SUB_SELECT),
        (Group, GROUP),
    )
    for kind, name in kinds:
        if isinstance(element, kind):
            return Condition(name, (element,))
    return None


def _absences(elements: list[Element]) -> dict[int, Condition]:
    """Finds the pairs of OPTIONAL and a filter that its variable is not bound, by position."""
    found: dict[int, Condition] = {}
    optional = [
        (position, each) for position, each in enumerate(elements) if isinstance(each, Optional)
    ]
    for position, element in enumerate(elements):
        name = unbound(element.expression) if isinstance(element, Filter) else ""
        for before, part in optional:
            if name and before < position and name in visible(part.group):
                pair = Condition(ABSENCE, (part, element))
                found[before] = found[position] = pair
                break
    return found


def unbound(expression: Expression) -> str:
    """Gives the variable that an expression wants not to be bound, and wants nothing else."""
    words = [each for each in expression.tokens if isinstance(each, str) and each not in "()"]
    if len(words) == 3 and words[0] == "!" and words[1].upper() == "BOUND":
        return words[2][1:]
    return ""


def _lone_negation(expression: Expression) -> Exists | None:
    if len(expression.tokens) == 1 and isinstance(only := expression.tokens[0], Exists):
        return only if only.is_negated else None
    return None


def _split_filters(where: Group) -> list[Element]:
    """Makes of a filter for two things at once a filter for each."""
    found: list[Element] = []
    for element in where:
        if isinstance(element, Filter):
            found += [Filter(each) for each in split(element.expression, "&&")]
        else:
            found.append(element)
    return found


def split(expression: Expression, sign: str) -> list[Expression]:
    """Splits an expression where a sign joins its parts."""
    tokens = _without_parentheses(expression.tokens)
    parts: list[list[str | Exists]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0) if isinstance(token, str) else 0
        if token == sign and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    if sign == "&&" and any("||" in _outside(part) for part in parts):
        return [Expression(tokens)]
    return [Expression(_without_parentheses(tuple(part))) for part in parts]


def _outside(tokens: Iterable[str | Exists]) -> list[str | Exists]:
    """Gives the tokens of an expression that stand in no parentheses."""
    found: list[str | Exists] = []
    depth = 0
    for token in tokens:
        depth += 1 if token == "(" else 0  # a sign of SPARQL
        if depth == 0:
            found.append(token)
        depth -= 1 if token == ")" else 0  # a sign of SPARQL
    return found


def _without_parentheses(tokens: tuple[str | Exists, ...]) -> tuple[str | Exists, ...]:
    while len(tokens) > 2 and tokens[0] == "(" and not _outside(tokens):
        tokens = tokens[1:-1]
    return tokens
