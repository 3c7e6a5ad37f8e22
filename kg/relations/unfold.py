"""Puts the bodies of relations in the place of the patterns that name them."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from kg.relations.relation import Relation
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
    Path,
    Place,
    Query,
    Select,
    TriplePattern,
    Union,
    Values,
    Variable,
)
from kg.sparql.writer import write_predicate
from kg.terms import Iri, Literal, Term, Triple

_ENDLESS: Final = "+*?"


class CannotUnfold(Exception):
    """A query asks for a relation in a way that no body can take the place of."""


def unfold(
    query: Query,
    relations: Mapping[Iri, Relation],
    on: Literal,
    *,
    anywhere: bool = False,
    assumed: Iterable[Triple] = (),
    even_possibly: bool = False,
    only_whether: bool = False,
) -> Query:
    """Puts the bodies of relations in the place of the patterns that name them.

    With `anywhere`, a pattern that asks for any property finds them too. `assumed` are triples
    that hold beside those that are certain; `even_possibly` takes for held whatever may have
    been; `only_whether` does not care how often a pair is found, and shows the nodes on the way.
    Raises CannotUnfold.
    """
    if query.form == "DESCRIBE":
        raise CannotUnfold
    unfolding = _Unfolding(relations, on, anywhere, tuple(assumed), even_possibly, only_whether)
    return replace(query, select=unfolding.select(query.select))


@dataclass(frozen=True)
class _Unfolding:
    relations: Mapping[Iri, Relation]
    on: Literal
    anywhere: bool
    assumed: tuple[Triple, ...]
    even_possibly: bool
    only_whether: bool = False

    @property
    def asking_only_whether(self) -> "_Unfolding":
        """For EXISTS and MINUS, where it does not matter how often a pair is found."""
        return replace(self, only_whether=True)

    def select(self, select: Select) -> Select:
        having = self.expression(select.having) if select.having else None
        return replace(select, where=self.group(select.where), having=having)

    def group(self, group: Iterable[Element]) -> Group:
        return Group(tuple(chain.from_iterable(map(self.element, group))))

    def element(self, element: Element) -> Iterator[Element]:
        if isinstance(element, TriplePattern):
            yield from self.pattern(element)
        elif isinstance(element, Filter):
            yield Filter(self.expression(element.expression))
        elif isinstance(element, Bind):
            yield replace(element, expression=self.expression(element.expression))
        elif isinstance(element, Optional):
            yield replace(element, group=self.group(element.group))
        elif isinstance(element, Minus):
            yield Minus(self.asking_only_whether.group(element.group))
        elif isinstance(element, Union):
            yield Union(tuple(map(self.group, element.groups)))
        elif isinstance(element, Select):
            yield self.select(element)
        elif isinstance(element, Group):
            yield self.group(element)
        elif isinstance(element, GraphPattern | Values):
            yield element

    def expression(self, expression: Expression) -> Expression:
        return Expression(
            tuple(
                Exists(self.asking_only_whether.group(token.group), token.is_negated)
                if isinstance(token, Exists)
                else token
                for token in expression.tokens
            )
        )

    def pattern(self, pattern: TriplePattern) -> Iterator[Element]:
        predicate = pattern.predicate
        if isinstance(predicate, Iri) and predicate in self.relations:
            yield from self.held(self.relations[predicate], pattern.subject, pattern.object)
        elif isinstance(predicate, Variable) and self.anywhere:
            branches = [
                Group((*self.held(each, pattern.subject, pattern.object), _named(each, predicate)))
                for each in self.relations.values()
            ]
            yield Union((Group((pattern,)), *branches))
        elif isinstance(predicate, Path) and self.is_concerned(predicate):
            yield from self.path(pattern.subject, predicate, pattern.object)
        else:
            yield pattern

    def is_concerned(self, path: Path) -> bool:
        if path.operator == "!":
            return self.anywhere
        return any(
            self.is_concerned(part) if isinstance(part, Path) else part in self.relations
            for part in path.parts
        )

    def path(self, subject: Place, path: Path, object_: Place) -> Iterator[Element]:
        if path.operator in _ENDLESS or path.operator == "!":
            raise CannotUnfold
        if path.operator == "^":
            yield from self.pattern(TriplePattern(object_, path.parts[0], subject))
        elif path.operator == "|":
            yield Union(
                tuple(
                    Group(tuple(self.pattern(TriplePattern(subject, part, object_))))
                    for part in path.parts
                )
            )
        else:
            places: list[Place] = [subject]
            text = " ".join((subject.n3(), write_predicate(path), object_.n3()))
            mark = zlib.crc32(text.encode())
            places += [Variable(f"step_{number}_{mark:x}") for number in range(1, len(path.parts))]
            places.append(object_)
            for number, part in enumerate(path.parts):
                yield from self.pattern(TriplePattern(places[number], part, places[number + 1]))

    def held(self, relation: Relation, subject: Place, object_: Place) -> Iterator[Element]:
        found = self.between(relation, "certain", subject, object_)
        if self.even_possibly:
            others = self.between(relation, "possible", subject, object_)
            found = Union((Group((found,)), Group((others,))))
        ends = (subject, object_)
        rows = [
            (first, second)
            for first, property_, second in self.assumed
            if property_ == relation.property and _agree(ends, (first, second))
        ]
        if not rows:
            yield found
            return
        names = tuple(dict.fromkeys(end for end in ends if isinstance(end, Variable)))
        data = Values(names, tuple(tuple(row[ends.index(name)] for name in names) for row in rows))
        yield Union((Group((found,)), Group((data,) if names else ())))

    def between(
        self, relation: Relation, certainty: str, subject: Place, object_: Place
    ) -> Element:
        if self.only_whether:
            return relation.between(self.on, certainty, subject, object_)
        return relation.held(self.on, certainty, subject, object_)


def _agree(ends: tuple[Place, Place], terms: tuple[Term, Term]) -> bool:
    """Whether terms can stand at the ends of a pattern."""
    if ends[0] == ends[1] and terms[0] != terms[1]:
        return False
    pairs = zip(ends, terms, strict=True)
    return all(isinstance(end, Variable) or end == term for end, term in pairs)


def _named(relation: Relation, predicate: Variable) -> Bind:
    return Bind(Expression((relation.property.n3(),)), predicate)
