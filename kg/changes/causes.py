"""Finds what is behind a row that differs: statements that one of two graphs does not hold.

A row that is there rests on the statements of its witness. A row that is not there has lost these,
or is kept away: what keeps it away is looked for among the solutions that would give it, were it
not for the question's conditions. Where no statement is found, names and other descriptions that
the row takes in may have changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from kg.changes.changes import Cause, Said
from kg.changes.difference import CHANGED, GONE, NEW, Difference
from kg.explain.asked import record_of
from kg.explain.cited import Statement, read_statements
from kg.explain.lower import without_conditions
from kg.explain.solve import solutions_of
from kg.explain.witness import Witness, Witnesses
from kg.explain.words import Names, spaced
from kg.graph import Graph
from kg.sparql.patterns import Select
from kg.sparql.reader import read_query
from kg.sparql.scope import predicates
from kg.table import Row
from kg.terms import Iri, Term

_MOST_NEAR_MISSES: Final = 24


class Side:
    """One of the two graphs, with its record and the names of its things."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.record = record_of(graph)
        self.names = Names(graph.engine, graph.project.prefixes)


class Answering:
    """How one side answers a question, ready to be taken apart."""

    def __init__(self, side: Side, sparql: str) -> None:
        self.side = side
        self.query: Select = read_query(sparql).select
        self.witnesses = Witnesses(side.record, self.query)

    @cached_property
    def reads_from(self) -> frozenset[str]:
        """The properties that the question reads, and those of the rules behind it."""
        named = predicates(self.query.where)
        rules = self.side.record.needed(named)
        below = (predicates(rule.query.select.where) for rule in rules)
        return frozenset(each.value for some in (named, *below) for each in some)

    def makers(self) -> frozenset[str]:
        """The names of the rules that make what the question reads."""
        return frozenset(
            rule.name
            for rule in self.side.record.rules
            if self.reads_from & {each.value for each in rule.makes}
        )

    def near_misses(self, known: Mapping[str, Term]) -> frozenset[Iri]:
        """Gives the statements that would give a row but for conditions, or keep it away.

        `known` are the things that the row names. What counts has none: its witness tells.
        """
        plain = {each.variable.name for each in self.query.columns if each.variable}
        fixed = {name: term for name, term in known.items() if name in plain}
        if self.query.is_aggregate or not fixed:
            return frozenset()
        where = without_conditions(self.query.where)
        near = solutions_of(self.side.graph.engine, where, fixed)[:_MOST_NEAR_MISSES]
        if not near:
            return frozenset()
        traced = self.witnesses.tracer.solutions(near)
        return self.side.record.together(traced.statements)


class Behind:
    """Finds what is behind the rows of one question that differ."""

    def __init__(self, difference: Difference, then: Answering, now: Answering) -> None:
        self.things = difference.things
        self.then, self.now = then, now

    def of(self, was: Row | None, is_: Row | None, known: Mapping[str, Term]) -> list[Iri]:
        """Gives the statements that differ behind a row, as it was and as it is, if it was or is.

        `known` are the things that the row names, by columns. Raises CannotExplain.
        """
        old = self.then.witnesses.of(was) if was is not None else None
        new = self.now.witnesses.of(is_) if is_ is not None else None
        found = dict.fromkeys(self._differing(new.whole, NEW, CHANGED) if new else ())
        found |= dict.fromkeys(self._differing(old.cited, GONE, CHANGED) if old else ())
        if any(self.things[each] != CHANGED for each in found):
            return list(found)
        if is_ is None:
            found |= dict.fromkeys(self._differing(self.now.near_misses(known), NEW, CHANGED))
        if was is None:
            found |= dict.fromkeys(self._differing(self.then.near_misses(known), GONE, CHANGED))
        if not found and old and new:
            found |= dict.fromkeys(self._differing(old.whole, NEW, CHANGED))
            for side, kinds in ((self.now, (NEW, CHANGED)), (self.then, (GONE, CHANGED))):
                found |= dict.fromkeys(self._differing(side.near_misses(known), *kinds))
        if not found:
            named = [*known.values(), *_in_context(old), *_in_context(new)]
            found |= dict.fromkeys(self._differing(named, NEW, CHANGED, GONE))
        return list(found)

    def _differing(self, terms: Iterable[Term], *kinds: str) -> Iterator[Iri]:
        """Gives, in a stable order, those that are new, changed or gone."""
        wanted = {each for each in terms if isinstance(each, Iri)}
        yield from sorted((each for each in wanted if self.things.get(each) in kinds), key=str)


def causes_in_words(
    things: Iterable[Iri], difference: Difference, then: Side, now: Side
) -> dict[Iri, Cause]:
    """Gives what is behind rows in words: as it is now, or as it was where it is gone."""
    wanted = dict.fromkeys(things)
    found: dict[Iri, Cause] = {}
    for side, is_gone in ((now, False), (then, True)):
        own = [each for each in wanted if (difference.things[each] == GONE) == is_gone]
        statements = read_statements(side.graph.engine, own)
        side.names.learn(own)
        for each in own:
            how = difference.things[each]
            found[each] = Cause(
                how,
                statements.get(each) or Statement(each, side.names.of(each)),
                side.record.is_statement(each),
                _said(each, difference, then, now) if how == CHANGED else (),
            )
    return found


def _said(thing: Iri, difference: Difference, then: Side, now: Side) -> tuple[Said, ...]:
    return tuple(
        Said(
            spaced(now.names.of(each.property).partition(":")[2] or now.names.of(each.property)),
            tuple(map(then.names.of, each.then)),
            tuple(map(now.names.of, each.now)),
        )
        for each in difference.properties_of(thing)
    )


def _in_context(witness: Witness | None) -> Iterator[Term]:
    for subject, _, object_ in witness.context if witness else ():
        yield from (subject, object_)
