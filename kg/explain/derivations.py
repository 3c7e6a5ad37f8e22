"""Finds which rule made a triple, and from which solution of its body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from kg.explain.lower import Binding
from kg.explain.solve import Solution, solutions_of
from kg.sparql.patterns import Bind, Group, Optional, TriplePattern, Values, Variable
from kg.sparql.scope import certainly_bound, visible
from kg.terms import Term, Triple

if TYPE_CHECKING:
    from kg.explain.record import Record, Rule

Bound: TypeAlias = frozenset[tuple[str, Term]]
Key: TypeAlias = tuple[str, Bound]
"""A rule, and the values of all variables of its head."""
WORTH_ASKING_AT_ONCE: Final = 6
"""Of fewer things than these, each is asked for alone."""


@dataclass(frozen=True)
class Derivation:
    """A rule that made a triple, and the solution of its body that it made it from."""

    rule: str
    key: Key
    solution: Solution


class Derivations:
    """Derivations of triples that rules join from several statements; each is looked up once."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._heads: dict[
            tuple[str, TriplePattern, frozenset[tuple[str, Term]]], list[Binding]
        ] = {}
        self._solutions: dict[Key, Solution | None] = {}

    def of(self, triple: Triple) -> Derivation | None:
        """Gives the derivation of a triple; None for one that no such rule made."""
        for rule in self.record.joining.get(triple[1], ()):
            for pattern, bound in rule.heads(triple):
                for head in self._completed(rule, pattern, bound):
                    key = (rule.name, frozenset(head.items()))
                    if key not in self._solutions:
                        found = solutions_of(self.record.engine, rule.query.select.where, head)
                        self._solutions[key] = found[0] if found else None
                    solution = self._solutions[key]
                    if solution:
                        return Derivation(rule.name, key, solution)
        return None

    def prepare(self, triples: Iterable[Triple]) -> list[Solution]:
        """Looks up many triples with few queries, and gives the solutions behind them."""
        waiting: dict[tuple[Rule, TriplePattern], list[Mapping[str, Term]]] = {}
        for triple in dict.fromkeys(triples):
            for rule in self.record.joining.get(triple[1], ()):
                for pattern, bound in rule.heads(triple):
                    waiting.setdefault((rule, pattern), []).append(bound)
        found: list[Solution] = []
        for (rule, pattern), bounds in waiting.items():
            if len(bounds) >= WORTH_ASKING_AT_ONCE:
                heads = self._complete(rule, pattern, bounds)
                found += self._solve(rule, heads)
        return found

    def _completed(self, rule: Rule, pattern: TriplePattern, bound: Binding) -> list[Binding]:
        """Gives the variables of a rule's head, completed from the triples that it made."""
        key = (rule.name, pattern, frozenset(bound.items()))
        if key not in self._heads:
            self._complete(rule, pattern, [bound])
        return self._heads[key]

    def _complete(
        self, rule: Rule, pattern: TriplePattern, bounds: Iterable[Binding]
    ) -> list[Binding]:
        certain = certainly_bound(rule.query.select.where) | {
            each.variable.name for each in rule.query.select.where if isinstance(each, Bind)
        }
        template = [
            each
            if not isinstance(each.object, Variable) or each.object.name in certain
            else Optional(Group((each,)))  # a triple without a value is not made
            for each in rule.query.template
            if each.subject == pattern.subject
        ]
        wanted = list(bounds)
        names = sorted(wanted[0])
        group = Group((inline(names, wanted), *template))
        shown = visible(Group(rule.query.template))
        heads: list[Binding] = [
            {name: term for name, term in each.binding.items() if name in shown}
            for each in solutions_of(self.record.engine, group, {})
        ]
        for bound in wanted:
            self._heads[rule.name, pattern, frozenset(bound.items())] = []
        for head in heads:
            bound = {name: head[name] for name in names}
            self._heads[rule.name, pattern, frozenset(bound.items())].append(head)
        return heads

    def _solve(self, rule: Rule, heads: list[Binding]) -> list[Solution]:
        """Finds solutions of a rule's body for several heads at once."""
        new = [
            each for each in heads if (rule.name, frozenset(each.items())) not in self._solutions
        ]
        where = rule.query.select.where
        if not new:
            return []
        names = sorted(certainly_bound(where) & new[0].keys())
        group = Group((inline(names, new), *where)) if names else where
        for head in new:
            self._solutions[rule.name, frozenset(head.items())] = None
        shown = {name for head in new for name in head}
        found: list[Solution] = []
        for solution in solutions_of(self.record.engine, group, {}):
            head = {name: solution.binding[name] for name in shown if name in solution.binding}
            key = (rule.name, frozenset(head.items()))
            if key in self._solutions and self._solutions[key] is None:
                self._solutions[key] = solution
                found.append(solution)
        return found


def inline(names: Iterable[str], bindings: Iterable[Binding]) -> Values:
    """Gives inline data with the values of variables in several solutions."""
    variables = tuple(map(Variable, names))
    rows = dict.fromkeys(tuple(each[name.name] for name in variables) for each in bindings)
    return Values(variables, tuple(rows))
