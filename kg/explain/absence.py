"""What was looked for and not found."""

from dataclasses import dataclass

from kg.explain.lower import Binding
from kg.sparql.patterns import (
    Bind,
    Element,
    Exists,
    Expression,
    Filter,
    Group,
    Place,
    Variable,
)
from kg.sparql.rewrite import substitute
from kg.sparql.scope import visible
from kg.terms import Iri, Literal, Term


@dataclass(frozen=True)
class Absence:
    """What was looked for and not found: a pattern, with the values that it was looked for with.

    `how` is OPTIONAL, MINUS or NOT EXISTS; `rule` names the rule that looked, if a rule did.
    """

    pattern: Group
    binding: tuple[tuple[str, Term], ...]
    how: str
    rule: str = ""


def negations(element: Element) -> tuple[Exists, ...]:
    """Gives the groups that an element wants not to be there."""
    if isinstance(element, Filter):
        return tuple(each for each in element.expression.exists if each.is_negated)
    return ()


def with_values(group: Group, binding: Binding) -> Group:
    """Puts a solution's terms into a group of EXISTS, as the standard substitutes them."""
    terms: dict[str, Place] = {
        name: term for name, term in binding.items() if isinstance(term, Iri | Literal)
    }
    return substitute(group, terms)


def absence(group: Group, binding: Binding, how: str, rule: str) -> Absence:
    """Gives the absence of a group, with the values that it was looked for with."""
    names = visible(group) | _read(group)
    known = sorted(
        ((name, term) for name, term in binding.items() if name in names), key=lambda pair: pair[0]
    )
    return Absence(group, tuple(known), how, rule)


def _read(group: Group) -> frozenset[str]:
    """Gives the variables that the conditions of a group read."""
    expressions: list[Expression] = [
        each.expression for each in group if isinstance(each, Filter | Bind)
    ]
    return frozenset().union(*(each.variables for each in expressions))


def term_at(place: Place, binding: Binding) -> Term | None:
    """Gives the term in a place of a pattern, by a solution."""
    if isinstance(place, Variable):
        return binding.get(place.name)
    return place
