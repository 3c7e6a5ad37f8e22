"""Finds the shortest chain of a property path between two nodes, step by step."""

from collections.abc import Iterator

from kg.engine import Engine, select
from kg.sparql.patterns import Group, Path, TriplePattern, Values, Variable
from kg.sparql.writer import write_group
from kg.terms import Iri, Node, Term


def chain(engine: Engine, subject: Node, path: Path, object_: Term) -> Iterator[TriplePattern]:
    """Gives the steps of the shortest chain of a path, each a pattern of what is repeated.

    A path that may be repeated no times, or a negated set, gives one step at the most.
    """
    if path.operator == "!":
        yield from _matching(engine, subject, path, object_)
        return
    inner = path.parts[0]
    if path.operator in "*?" and subject == object_:
        return
    came_from: dict[Term, Term] = {}
    edge: list[Term] = [subject]
    seen: set[Term] = set() if path.operator == "+" else {subject}
    while edge and object_ not in came_from:
        here, there = Variable("here"), Variable("there")
        values = Values((here,), tuple((term,) for term in edge))
        group = Group((values, TriplePattern(here, inner, there)))
        found = sorted(select(engine, f"SELECT * WHERE {write_group(group)}").rows, key=str)
        edge = []
        for start, end in found:
            if start is not None and end is not None and end not in came_from and end not in seen:
                came_from[end] = start
                edge.append(end)
    steps: list[TriplePattern] = []
    reached: Term = object_
    while reached in came_from:
        steps.append(TriplePattern(came_from[reached], inner, reached))
        reached = came_from[reached]
        if reached == subject:
            break
    yield from reversed(steps)


def _matching(engine: Engine, subject: Node, path: Path, object_: Term) -> Iterator[TriplePattern]:
    """Gives the triple that a negated set of properties matched."""
    forward = {part for part in path.parts if isinstance(part, Iri)}
    backward = {part.parts[0] for part in path.parts if isinstance(part, Path)}
    for start, end, excluded in ((subject, object_, forward), (object_, subject, backward)):
        if not excluded:
            continue
        group = Group((TriplePattern(start, Variable("property"), end),))
        for row in sorted(select(engine, f"SELECT * WHERE {write_group(group)}").rows, key=str):
            (property_,) = row
            if isinstance(property_, Iri) and property_ not in excluded:
                yield TriplePattern(start, property_, end)
                return
