"""Finds which rules make a star of patterns, and on which statements a star rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from kg.engine import select
from kg.explain.lower import Binding
from kg.sparql.patterns import (
    Bind,
    Element,
    Group,
    Optional,
    Place,
    Select,
    TriplePattern,
    Values,
    Variable,
)
from kg.sparql.scope import visible
from kg.sparql.writer import write_group
from kg.terms import RDF_TYPE, Iri, Term

if TYPE_CHECKING:
    from kg.explain.record import Record, Rule

_DEEPEST: Final = 8


class Stars:
    """Looks stars up among the rules of one record."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def makers(
        self,
        star: Iterable[TriplePattern],
        found: Binding,
        beside: Iterable[TriplePattern] = (),
    ) -> list[tuple[Rule, Mapping[str, Term]]]:
        """Gives the rules that would make what a star lacks, with what their heads then know.

        A rule makes nodes, such as memberships, or adds to those that are there; one that adds
        is given where the node without its additions is there. `beside` are further
        patterns, of which those about the objects of the star, such as its type, are heeded.
        """
        patterns = tuple(star)
        rules = self._rules(patterns)
        making = {rule: covered for rule, covered in rules.items() if _makes_nodes(rule)}
        adding = {rule: covered for rule, covered in rules.items() if not _makes_nodes(rule)}
        added = {each for covered in adding.values() for each in covered}
        made = {each for covered in making.values() for each in covered}
        if not made >= set(patterns) - added:  # a part of it is only ever stated
            making = {}
        own = [each for each in patterns if each not in added]
        objects = {each.object for each in own}
        typed = [each for each in beside if each.subject in objects]
        nodes = self._there([*own, *typed], found) if own and adding else []
        if nodes:
            chosen, found = adding, {**found, **nodes[0]}
        elif making:
            chosen = making
        else:
            return []
        ordered = sorted(chosen, key=lambda rule: (len(rule.query.template), rule.name))
        return [(rule, _head(rule, patterns, found)) for rule in ordered]

    def _rules(self, patterns: tuple[TriplePattern, ...]) -> dict[Rule, list[TriplePattern]]:
        """Gives the rules that make patterns of a star, each with those that it makes."""
        rules = dict.fromkeys(
            rule
            for each in patterns
            if isinstance(each.predicate, Iri)
            for rule in self.record.joining.get(each.predicate, ())
        )
        found = {rule: [p for p in patterns if _heads(rule, p)] for rule in rules}
        return {
            rule: covered
            for rule, covered in found.items()
            if not any(_is_other_type(each) and each not in covered for each in patterns)
            and covered
        }

    def _there(self, patterns: Iterable[TriplePattern], found: Binding) -> list[Binding]:
        group = Group((*_inline(found, patterns), *patterns))
        table = select(self.record.engine, f"SELECT * WHERE {write_group(group)} LIMIT 20")
        return [
            {name: term for name, term in zip(table.columns, row, strict=True) if term is not None}
            for row in table.rows
        ]

    def statement_stars(
        self, elements: Iterable[Element], found: Binding, *, depth: int = 0
    ) -> Iterator[tuple[tuple[TriplePattern, ...], Binding]]:
        """Gives the stars of statements behind patterns, with what is known of their variables."""
        stars: dict[Place, tuple[TriplePattern, ...]] = {}
        for element in elements:
            if isinstance(element, TriplePattern):
                stars[element.subject] = (*stars.get(element.subject, ()), element)
            elif isinstance(element, Select):
                yield from self.statement_stars(element.where, found, depth=depth)
            elif isinstance(element, Group):
                yield from self.statement_stars(element, found, depth=depth)
            elif isinstance(element, Optional) and depth == 0:
                yield from self.statement_stars(element.group, found, depth=depth)
        for star in stars.values():
            rules = {rule: p for rule, p in self._rules(star).items() if _makes_nodes(rule)}
            whole = {rule for rule, covered in rules.items() if len(covered) * 2 > len(star)}
            if not whole or depth >= _DEEPEST:
                yield star, found
            for rule in sorted(whole, key=lambda each: (len(each.query.template), each.name))[:1]:
                known = _head(rule, star, found)
                yield from self.statement_stars(rule.query.select.where, known, depth=depth + 1)


def _makes_nodes(rule: Rule) -> bool:
    """Whether a rule names the nodes that it describes, and does not add to those there are."""
    bound = {each.variable for each in rule.query.select.where if isinstance(each, Bind)}
    return any(each.subject in bound for each in rule.query.template)


def _heads(rule: Rule, pattern: TriplePattern) -> list[TriplePattern]:
    return [
        head
        for head in rule.query.template
        if head.predicate == pattern.predicate
        and (
            isinstance(head.object, Variable)
            or isinstance(pattern.object, Variable)
            or head.object == pattern.object
        )
    ]


def _is_other_type(pattern: TriplePattern) -> bool:
    return pattern.predicate == Iri(RDF_TYPE) and not isinstance(pattern.object, Variable)


def _head(rule: Rule, star: Iterable[TriplePattern], found: Binding) -> dict[str, Term]:
    """Gives what a rule's variables are, where it makes a star of which some values are known."""
    known: dict[str, Term] = {}
    for pattern in star:
        for head in _heads(rule, pattern)[:1]:
            for own, place in ((head.subject, pattern.subject), (head.object, pattern.object)):
                term = found.get(place.name) if isinstance(place, Variable) else place
                if isinstance(own, Variable) and term is not None:
                    known[own.name] = term
    computed = {e.variable.name for e in rule.query.select.where if isinstance(e, Bind)}
    return {name: term for name, term in known.items() if name not in computed}


def _inline(found: Binding, patterns: Iterable[TriplePattern]) -> list[Values]:
    names = visible(Group(tuple(patterns)))
    return [Values((Variable(n),), ((t,),)) for n, t in found.items() if n in names]
