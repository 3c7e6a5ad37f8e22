"""What is left of a pattern when some of its conditions are left out.

What hangs on a part that is left out goes with it: other parts that nothing else ties to what is
known, and conditions, optional parts and bindings that read its variables. Conditions that keep
rows away are not asked for but told: each becomes a binding that says whether it holds.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from kg.engine import Engine, ask, select
from kg.explain.conditions import STAR, Condition, Parts, take_apart, variables_of
from kg.explain.lower import Binding, pinned
from kg.sparql.patterns import (
    Bind,
    Element,
    Expression,
    Filter,
    Group,
    Minus,
    Optional,
    Select,
    Values,
    Variable,
)
from kg.sparql.scope import certainly_bound, visible
from kg.sparql.writer import write_group
from kg.terms import Iri, Literal, Term

FLAG: Final = "why_not_"
"""How the names of the variables begin that say whether a condition holds."""

_CONCEPT: Final = "<http://www.w3.org/2004/02/skos/core#Concept>"


class Remainder:
    """A pattern of which parts can be left out, and the values that some of its variables have.

    `pins` are put into it, `wanted` tested; `known` are all values that are known beforehand.
    """

    def __init__(self, engine: Engine, where: Group, wanted: Mapping[str, Term]) -> None:
        self.engine = engine
        self.where = where
        soft = _tested(where, wanted)
        self.wanted = tuple(_equals(name, term) for name, term in soft.items())
        self.pins = {name: term for name, term in wanted.items() if name not in soft}
        self.parts: Parts = take_apart(where, self.wanted)
        self.known: Binding = {**_given(where), **self.pins}

    @cached_property
    def hard(self) -> tuple[Condition, ...]:
        """The conditions that make rows."""
        return tuple(each for each in self.parts.conditions if not each.is_soft)

    @cached_property
    def scheme(self) -> frozenset[Condition]:
        """The stars that say something of concepts alone; they go with what is of that type."""
        return frozenset(each for each in self.hard if each.kind == STAR and self._is_scheme(each))

    def row(self) -> Binding | None:
        """Gives a solution with all conditions; None where the row is not there."""
        group = Group((*self.values(), *self.where, *self.wanted))
        table = select(self.engine, f"SELECT * WHERE {write_group(group)} LIMIT 1")
        for row in table.rows:
            return {n: t for n, t in zip(table.columns, row, strict=True) if t is not None}
        return None

    def when(self, name: str, terms: Iterable[Term]) -> frozenset[Term]:
        """Gives the values with which the row is there, each in the place of a given one."""
        values = Values((Variable(name),), tuple((term,) for term in terms))
        elements = [
            values if isinstance(each, Values) and each.variables == values.variables else each
            for each in self.where
        ]
        group = Group((*self.values(), *elements, *self.wanted))
        rows = select(self.engine, f"SELECT DISTINCT ?{name} WHERE {write_group(group)}").rows
        return frozenset(row[0] for row in rows if row[0] is not None)

    def reached(self, dropped: frozenset[Condition]) -> set[Condition]:
        """Gives the parts that make rows and are still tied to what is known."""
        anchored = set(self.hard) - self._tied(set(self.hard))
        rest = set(self.hard) - dropped
        return self._tied(rest) | (anchored & rest)

    def _tied(self, conditions: set[Condition]) -> set[Condition]:
        reached: set[Condition] = set()
        names = set(self.known) | self.parts.given
        while True:
            more = {
                each
                for each in conditions - reached
                if each.variables & names or not each.variables
            }
            if not more:
                return reached
            reached |= more
            for each in more:
                names |= visible(Group(each.elements))

    def testable(self, kept: set[Condition]) -> set[Condition]:
        """Gives the conditions that read nothing that was left out."""
        lost = self._bound(set(self.hard)) - self._bound(kept)
        soft = (each for each in self.parts.conditions if each.is_soft)
        return {each for each in soft if not each.variables & lost}

    def _bound(self, kept: set[Condition]) -> frozenset[str]:
        """Gives the variables that a choice of parts binds, with what hangs on them."""
        return visible(Group(tuple(self.elements(kept)))) | self.parts.given | self.known.keys()

    def elements(self, kept: set[Condition], *, without_rest: bool = False) -> list[Element]:
        """Gives the elements of chosen conditions in their order, with what hangs on them."""
        everything = visible(
            Group(tuple(each for each, condition in self.parts.items if condition in self.hard))
        )
        names = {*self.parts.given, *self.known}
        for each in kept:
            names |= visible(Group(each.elements)) if not each.is_soft else set()
        found: list[Element] = []
        for element, condition in self.parts.items:
            if condition is not None and condition not in kept:
                continue
            if isinstance(element, Filter | Minus):
                continue
            if isinstance(element, Optional | Bind):
                if without_rest or variables_of((element,)) & everything - names:
                    continue
                names |= visible(Group((element,)))
            found.append(pinned(element, self.known) if isinstance(element, Select) else element)
        return found

    def values(self) -> list[Element]:
        """Gives inline data for the values that are put in."""
        return [Values((Variable(name),), ((term,),)) for name, term in self.pins.items()]

    def ordered(self, tested: set[Condition]) -> list[Condition]:
        """Puts conditions into the order of the pattern."""
        return [each for each in self.parts.conditions if each in tested]

    def flags(self, tested: set[Condition]) -> list[Element]:
        """Gives a binding for each condition that says whether it holds."""
        flags: list[Element] = []
        for number, condition in enumerate(self.ordered(tested)):
            flag = Variable(f"{FLAG}{number}")
            if condition.test is not None:
                flags.append(Bind(condition.test, flag))
            elif group := condition.looked_for:
                found = Variable(f"{FLAG}found_{number}")
                inside = Group((group, Bind(Expression(("1",)), found)))
                words = (
                    "IF",
                    "(",
                    "BOUND",
                    "(",
                    found.n3(),
                    ")",
                    ",",
                    '"gone"',
                    ",",
                    '"kept"',
                    ")",
                )
                flags += [Optional(inside), Bind(Expression(words), flag)]
        return flags

    def _is_scheme(self, star: Condition) -> bool:
        subject = star.patterns[0].subject
        objects = {
            pattern.object
            for other in self.hard
            if other.kind == STAR and other != star
            for pattern in other.patterns
        }
        if not isinstance(subject, Variable) or subject not in objects:
            return False
        inside = write_group(star.patterns)
        outsider = f"ASK {{ {inside} FILTER NOT EXISTS {{ {subject.n3()} a {_CONCEPT} }} }}"
        return not ask(self.engine, outsider)


def _given(where: Group) -> dict[str, Term]:
    """Gives the values that inline data of one row gives."""
    return {
        variable.name: term
        for element in where
        if isinstance(element, Values) and len(element.rows) == 1
        for variable, term in zip(element.variables, element.rows[0], strict=True)
        if term is not None
    }


def _tested(where: Group, wanted: Mapping[str, Term]) -> dict[str, Term]:
    """Gives the values that are tested and not put in: those of literals beside things.

    So are values that no pattern is sure to bind.
    """
    certain = certainly_bound(where)
    named = any(isinstance(term, Iri) and name in certain for name, term in wanted.items())
    return {
        name: term
        for name, term in wanted.items()
        if name not in certain or (named and isinstance(term, Literal) and not term.language)
    }


def _equals(name: str, term: Term) -> Filter:
    return Filter(Expression((f"?{name}", "=", term.n3())))
