"""Follows a solution back to the triples that make it one, through rules, to statements.

What is met on the way: statements, triples of context, rules, and absences: what was looked for
and not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kg.errors import CannotExplain
from kg.explain.absence import Absence, absence, negations, term_at, with_values
from kg.explain.chains import chain
from kg.explain.derivations import (
    WORTH_ASKING_AT_ONCE,
    Derivation,
    Derivations,
    Key,
    inline,
)
from kg.explain.lower import Binding, tag_of
from kg.explain.solve import Solution, solutions_of, solve
from kg.sparql.patterns import (
    Bind,
    Element,
    Exists,
    Filter,
    GraphPattern,
    Group,
    Minus,
    Optional,
    Path,
    Select,
    TriplePattern,
    Union,
)
from kg.sparql.scope import column_names
from kg.terms import Iri, Literal, Term, Triple

if TYPE_CHECKING:
    from kg.explain.record import Record


@dataclass
class Trace:
    """What a row rests on. Rules are given with the triples of their heads that were used."""

    statements: dict[Iri, None] = field(default_factory=dict)
    context: dict[Triple, None] = field(default_factory=dict)
    absences: dict[Absence, None] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)
    made: dict[Triple, str] = field(default_factory=dict)
    grouped: list[tuple[Select, Binding, str]] = field(default_factory=list)

    def add(self, other: Trace) -> None:
        """Adds what another trace met."""
        self.statements |= other.statements
        self.context |= other.context
        self.rules |= other.rules
        self.made |= other.made
        self.absences |= other.absences
        self.grouped += [each for each in other.grouped if each not in self.grouped]


class Tracer:
    """Traces rows of one engine's answers; what was followed once is remembered."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.engine = record.engine
        self.derivations = Derivations(record)
        self._traced: dict[Key, Trace] = {}
        self._made: dict[Triple, Trace | None] = {}

    def select(self, query: Select, row: Binding, *, rule: str = "") -> Trace:
        """Traces a row of a SELECT, by the solutions that it needs.

        Raises CannotExplain for what cannot be traced.
        """
        return self.solved(query, row, solve(self.engine, query, row).needed, rule=rule)

    def solved(
        self, query: Select, row: Binding, needed: Iterable[Solution], *, rule: str = ""
    ) -> Trace:
        """Traces a row of which the solutions that it needs are known."""
        trace = self.solutions(needed, rule=rule)
        if query.is_aggregate:
            trace.grouped.append((query, row, rule))
        return trace

    def solution(self, solution: Solution, *, rule: str = "") -> Trace:
        """Traces one solution."""
        return self.solutions([solution], rule=rule)

    def solutions(self, solutions: Iterable[Solution], *, rule: str = "") -> Trace:
        """Traces several solutions of one pattern at once."""
        trace = Trace()
        triples = [
            triple
            for solution in self._with_sub_selects_traced(list(solutions), trace, rule)
            for triple in self._group(solution.pattern, solution.binding, trace, rule)
        ]
        self.record.learn(subject for subject, _, _ in triples)
        self._prepare(triples)
        for triple in triples:
            self._triple(triple, trace)
        return trace

    def _with_sub_selects_traced(
        self, solutions: list[Solution], trace: Trace, rule: str
    ) -> list[Solution]:
        """Traces what many solutions take from a sub-select with one query, and leaves it out."""
        if len(solutions) < WORTH_ASKING_AT_ONCE:
            return solutions
        pattern = solutions[0].pattern
        done = [
            each for each in pattern if isinstance(each, Select) and not _is_traced_by_row(each)
        ]
        for query in done:
            names = [name for name in column_names(query) if name in solutions[0].binding]
            rows = [each.binding for each in solutions]
            where = Group((inline(names, rows), *query.where))
            found: dict[tuple[Term, ...], Solution] = {}
            for each in solutions_of(self.engine, where, {}):
                found.setdefault(tuple(each.binding[name] for name in names), each)
            trace.add(self.solutions(found.values(), rule=rule))
        rest = Group(tuple(each for each in pattern if each not in done))
        return [Solution(rest, each.binding) for each in solutions]

    def _prepare(self, triples: Iterable[Triple]) -> None:
        """Finds what many triples were derived from, and these in turn, with few queries."""
        solutions = self.derivations.prepare(each for each in triples if each not in self._made)
        if solutions:
            aside = Trace()
            below = [
                triple
                for each in solutions
                for triple in self._group(each.pattern, each.binding, aside, "")
            ]
            self.record.learn(subject for subject, _, _ in below)
            self._prepare(below)

    # From a solution to its triples

    def _group(self, group: Group, binding: Binding, trace: Trace, rule: str) -> Iterator[Triple]:
        for element in group:
            yield from self._element(element, binding, trace, rule)

    def _element(
        self, element: Element, binding: Binding, trace: Trace, rule: str
    ) -> Iterator[Triple]:
        if isinstance(element, TriplePattern):
            yield from self._pattern(element, binding)
        elif isinstance(element, Optional):
            if tag_of(element.group) in binding:
                yield from self._group(element.group, binding, trace, rule)
            else:
                trace.absences[absence(element.group, binding, "OPTIONAL", rule)] = None
        elif isinstance(element, Union):
            for group in element.groups:
                if tag_of(group) in binding:
                    yield from self._group(group, binding, trace, rule)
        elif isinstance(element, Group):
            yield from self._group(element, binding, trace, rule)
        elif isinstance(element, Minus):
            trace.absences[absence(element.group, binding, "MINUS", rule)] = None
        elif isinstance(element, Filter | Bind):
            for exists in element.expression.exists:
                self._exists(exists, binding, trace, rule)
        elif isinstance(element, Select):
            row = {name: binding[name] for name in column_names(element) if name in binding}
            trace.add(self.select(element, row, rule=rule))
        elif isinstance(element, GraphPattern):
            raise CannotExplain("GRAPH cannot be explained: a row rests on the default graph only.")

    def _pattern(self, pattern: TriplePattern, binding: Binding) -> Iterator[Triple]:
        subject, object_ = term_at(pattern.subject, binding), term_at(pattern.object, binding)
        predicate = pattern.predicate
        if subject is None or object_ is None or isinstance(subject, Literal):
            return
        if isinstance(predicate, Path):
            for step in chain(self.engine, subject, predicate, object_):
                for found in solutions_of(self.engine, Group((step,)), {})[:1]:
                    yield from self._group(found.pattern, found.binding, Trace(), "")
            return
        property_ = term_at(predicate, binding)
        if isinstance(property_, Iri):
            yield subject, property_, object_

    def _exists(self, exists: Exists, binding: Binding, trace: Trace, rule: str) -> None:
        """Traces what was found by EXISTS; for NOT EXISTS, what keeps all cases away."""
        group = with_values(exists.group, binding)
        if not exists.is_negated:
            for solution in solutions_of(self.engine, group, {})[:1]:
                trace.add(self.solution(solution, rule=rule))
            return
        trace.absences[absence(exists.group, binding, "NOT EXISTS", rule)] = None
        inner = [each for element in group for each in negations(element)]
        if not inner:
            return
        without = Group(tuple(each for each in group if not any(negations(each))))
        for case in solutions_of(self.engine, without, {}):
            trace.add(self.solution(case, rule=rule))
            for blocked in inner:
                blocker = with_values(blocked.group, {**binding, **case.binding})
                for solution in solutions_of(self.engine, blocker, {})[:1]:
                    trace.add(self.solution(solution, rule=rule))

    # From a triple to statements

    def _triple(self, triple: Triple, trace: Trace) -> None:
        if made := self._through_rules(triple):
            trace.add(made)
            return
        carrier = self.record.carrier(triple)
        if carrier is None:
            trace.context[triple] = None
        else:
            trace.statements[carrier] = None

    def _through_rules(self, triple: Triple) -> Trace | None:
        """Traces a triple that a rule joined from several statements; None for any other."""
        if triple not in self._made:
            self._made[triple] = None
            derivation = self.derivations.of(triple)
            if derivation:
                trace = self._derivation(derivation)
                trace.made[triple] = derivation.rule
                self._made[triple] = trace
        return self._made[triple]

    def _derivation(self, derivation: Derivation) -> Trace:
        found = Trace()
        if derivation.key not in self._traced:
            trace = self.solution(derivation.solution, rule=derivation.rule)
            trace.rules[derivation.rule] = None
            self._traced[derivation.key] = trace
        found.add(self._traced[derivation.key])
        return found


def _is_traced_by_row(query: Select) -> bool:
    """Whether a sub-select has to be traced row by row: it counts, or computes its columns."""
    return query.is_aggregate or query.is_limited or any(c.expression for c in query.columns)
