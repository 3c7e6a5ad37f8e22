"""Finds, for a row, the statements that keep it whatever else is there.

Candidates come from the solutions behind the row; then each is left out in a small world to see
whether the row stays. What is counted, compared or ruled out rests, too, on statements that keep
others from counting: without the withdrawal a state that left would be a member.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kg.explain.absence import Absence
from kg.explain.lower import Binding, without_conditions
from kg.explain.record import Record
from kg.explain.solve import Solution, solutions_of, solve
from kg.explain.trace import Trace, Tracer
from kg.explain.worlds import Worlds
from kg.sparql.patterns import Group, Minus, Select
from kg.sparql.scope import column_names, visible
from kg.table import Row
from kg.terms import Iri, Triple

MOST_TESTED: Final = 64
"""Of more statements than these, none is left out to see whether the row stays."""
_MOST_ALTERNATIVES: Final = 12


@dataclass(frozen=True)
class KeptOut:
    """A statement without which other statements would change the row."""

    statement: Iri
    others: tuple[Iri, ...]


@dataclass(frozen=True)
class Witness:
    """What carries a row.

    `statements` keep it; `alternatives` are further sets that each would do without them;
    `kept_out` are statements that keep others from changing it, and are part of the witness.
    `context` is what the row takes from names, types and schemes. `is_tested` is False where there
    were too many statements to leave each out.
    """

    statements: tuple[Iri, ...]
    alternatives: tuple[tuple[Iri, ...], ...]
    kept_out: tuple[KeptOut, ...]
    absences: tuple[Absence, ...]
    rules: tuple[str, ...]
    made: tuple[tuple[Triple, str], ...]
    context: tuple[Triple, ...]
    is_tested: bool = True

    @property
    def whole(self) -> tuple[Iri, ...]:
        """The statements with those that keep others out."""
        keepers = (kept.statement for kept in self.kept_out)
        return tuple(dict.fromkeys((*self.statements, *keepers)))

    @property
    def cited(self) -> tuple[Iri, ...]:
        """All statements that are named, alternatives included."""
        others = (each for alternative in self.alternatives for each in alternative)
        return tuple(dict.fromkeys((*self.whole, *others)))


class Witnesses:
    """Finds the witnesses of one question's rows."""

    def __init__(self, record: Record, query: Select) -> None:
        self.record = record
        self.query = query
        self.columns = column_names(query)
        self.tracer = Tracer(record)
        self.worlds = Worlds(record, query)

    def of(self, row: Row) -> Witness:
        """Gives the witness of a row; raises CannotExplain for a question that has none."""
        bound = {
            name: term for name, term in zip(self.columns, row, strict=True) if term is not None
        }
        solutions = solve(self.record.engine, self.query, bound)
        needed = self.tracer.solved(self.query, bound, solutions.needed)
        pool = Trace()
        pool.add(needed)
        for solution in solutions.others:
            pool.add(self.tracer.solution(solution))
        context = dict(pool.context)
        self.worlds.made |= pool.made.keys()
        candidates = sorted(self.record.together(needed.statements), key=str)
        is_tested = len(candidates) <= MOST_TESTED
        kept_out = tuple(self._kept_out(row, candidates, needed, context))
        keepers = {kept.statement for kept in kept_out}
        statements = candidates
        if is_tested:
            statements = self._minimal(row, candidates, keepers, context)
        alternatives = self._alternatives(row, {*statements, *keepers}, pool, context)
        return Witness(
            tuple(statements),
            tuple(alternatives),
            kept_out,
            tuple(needed.absences),
            tuple(needed.rules),
            tuple(needed.made.items()),
            tuple(needed.context),
            is_tested,
        )

    def _minimal(
        self, row: Row, candidates: Iterable[Iri], keepers: Iterable[Iri], context: Iterable[Triple]
    ) -> list[Iri]:
        """Leaves out, one after the other, each candidate without which the row stays."""
        kept = list(candidates)
        if len(kept) == 1:
            return kept
        for candidate in list(kept):
            if candidate in kept:
                gone = self.record.rivals([candidate])
                rest = [each for each in kept if each not in gone]
                if self.worlds.holds(row, {*rest, *keepers}, context):
                    kept = rest
        return kept

    def _alternatives(
        self, row: Row, cited: set[Iri], pool: Trace, context: Iterable[Triple]
    ) -> Iterator[tuple[Iri, ...]]:
        """Gives further witnesses among what other solutions rest on, apart from each other."""
        everything = self.record.together(pool.statements)
        if not cited and not everything:
            return
        for _ in range(_MOST_ALTERNATIVES):
            rest = sorted(everything - self.record.rivals(cited), key=str)
            if not rest or not self.worlds.holds(row, rest, context):
                return
            if len(rest) > MOST_TESTED:
                yield tuple(rest)
                return
            another = self._minimal(row, rest, (), context)
            yield tuple(another)
            cited |= set(another)

    # What is kept from counting

    def _kept_out(
        self, row: Row, candidates: list[Iri], trace: Trace, context: dict[Triple, None]
    ) -> Iterator[KeptOut]:
        """Gives what keeps near misses from changing the row."""
        world = set(candidates)
        for query, known, rule in trace.grouped:
            for counting, keeping in self._near_misses(query, known, rule):
                context |= counting.context | keeping.context
                near = set(self.record.together(counting.statements)) - world
                if len(candidates) > MOST_TESTED:
                    for each in sorted(keeping.statements.keys() - world - near, key=str):
                        world.add(each)
                        yield KeptOut(each, tuple(sorted(near, key=str)))
                    continue
                if self.worlds.holds(row, world | near, context):
                    continue
                keepers = set(self.record.together(keeping.statements)) - world - near
                if not self.worlds.holds(row, world | near | keepers, context):
                    continue
                for each in sorted(keepers, key=str):
                    rest = keepers - self.record.rivals([each])
                    if self.worlds.holds(row, world | near | rest, context):
                        keepers = rest
                world |= keepers
                for each in sorted(keepers, key=str):
                    yield KeptOut(each, tuple(sorted(near, key=str)))

    def _near_misses(
        self, query: Select, known: Binding, rule: str
    ) -> Iterator[tuple[Trace, Trace]]:
        """Gives what would count too, were it not for conditions, and what these rest on."""
        keys = {key.variable.name for key in query.group_by if key.variable}
        fixed = {name: term for name, term in known.items() if name in keys}
        engine = self.record.engine
        shown = visible(query.where)
        counted = {_key(each, shown) for each in solutions_of(engine, query.where, fixed)}
        for solution in solutions_of(engine, without_conditions(query.where), fixed):
            if _key(solution, shown) not in counted:
                counting = self.tracer.solution(solution.mandatory, rule=rule)
                keeping = self.tracer.solution(solution, rule=rule)
                keeping.add(self._taken_away(query.where, solution, rule))
                yield counting, keeping

    def _taken_away(self, where: Group, solution: Solution, rule: str) -> Trace:
        trace = Trace()
        for element in where:
            if isinstance(element, Minus):
                names = visible(element.group)
                known = {name: t for name, t in solution.binding.items() if name in names}
                for found in solutions_of(self.record.engine, element.group, known)[:1]:
                    trace.add(self.tracer.solution(found, rule=rule))
        return trace


def _key(solution: Solution, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{name} {solution.binding.get(name)}" for name in sorted(names))
