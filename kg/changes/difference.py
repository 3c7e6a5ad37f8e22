"""The difference of two graphs: what else is asserted of each thing, and which files changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine, read_ntriples
from kg.errors import EngineError
from kg.graph import Graph
from kg.project import Project
from kg.rules import DERIVED
from kg.terms import Iri, Term

NEW: Final = "new"
CHANGED: Final = "changed"
GONE: Final = "gone"

_THERE: Final = "SELECT DISTINCT ?thing WHERE {{ VALUES ?thing {{ {things} }} ?thing a ?class . }}"


@dataclass(frozen=True)
class PropertyChange:
    """What one graph says by a property of a thing and the other does not, then and now."""

    property: Iri
    then: tuple[Term, ...]
    now: tuple[Term, ...]


class Difference:
    """What is asserted in one graph and not in the other, thing by thing.

    What rules derive is no difference of its own. Raises EngineError for graphs that the embedded
    engine does not answer for, since others cannot give all that they hold.
    """

    def __init__(self, then: Graph, now: Graph) -> None:
        self.engines = (embedded(then), embedded(now))
        before, after = (set(engine.lines()) for engine in self.engines)
        self._then = _by_subject(_asserted(before - after, then))
        self._now = _by_subject(_asserted(after - before, now))

    @cached_property
    def things(self) -> Mapping[Iri, str]:
        """The things of which something else is asserted: NEW, CHANGED or GONE."""
        touched = sorted({*self._then, *self._now})
        was_there, is_there = (_there(engine, touched) for engine in self.engines)
        found: dict[Iri, str] = {}
        for written in touched:
            thing = Iri(written[1:-1].decode("utf-8"))
            if thing not in was_there:
                found[thing] = NEW
            else:
                found[thing] = CHANGED if thing in is_there else GONE
        return found

    def properties_of(self, thing: Iri) -> tuple[PropertyChange, ...]:
        """Gives the properties of a thing that differ, with the values that the other lacks."""
        then, now = (_values(lines, thing) for lines in (self._then, self._now))
        return tuple(
            PropertyChange(each, tuple(then.get(each, ())), tuple(now.get(each, ())))
            for each in sorted({*then, *now}, key=str)
        )


def changed_files(then: Project, now: Project) -> tuple[str, ...]:
    """Gives the rules and stored queries that differ, by their paths."""
    if then == now:
        return ()
    before, after = (
        {project.short_path(path): path.read_bytes() for path in _what_thinks(project)}
        for project in (then, now)
    )
    both = {*before, *after}
    return tuple(sorted(each for each in both if before.get(each) != after.get(each)))


def _what_thinks(project: Project) -> list[Path]:
    return [*project.rules.rglob("*.rq"), *project.queries.glob("*.rq")]


def embedded(graph: Graph) -> OxigraphEngine:
    """Gives a graph's embedded engine; raises EngineError for any other."""
    if isinstance(graph.engine, OxigraphEngine):
        return graph.engine
    raise EngineError(
        f"What changed cannot be told from {graph.engine.name}, since all statements have to be "
        "compared. Answer from the embedded store: leave --at out, or give it a folder; kg query "
        "NAME --known-on DATE asks an endpoint as of a day."
    )


def _asserted(lines: set[bytes], graph: Graph) -> set[bytes]:
    """Leaves out of lines of a graph those that were derived."""
    base = embedded(graph.base)
    if graph.engine is not base:  # a world, whose derived triples are told from its base's
        lines &= set(base.lines())
    derived = set(base.ntriples(DERIVED)) if lines else set()
    return {each for each in lines if each[:-1].decode("utf-8") not in derived}


def _by_subject(lines: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Puts lines under their subjects, without blank nodes, which have no lasting names."""
    found: dict[bytes, list[bytes]] = {}
    for line in lines:
        subject, _, value = line.split(b" ", 2)
        if not subject.startswith(b"_:") and not value.startswith(b"_:"):
            found.setdefault(subject, []).append(line)
    return found


def _there(engine: OxigraphEngine, written: Iterable[bytes]) -> set[Term | None]:
    things = b" ".join(written).decode("utf-8")
    return {row[0] for row in select(engine, _THERE.format(things=things)).rows}


def _values(lines: Mapping[bytes, list[bytes]], thing: Iri) -> dict[Iri, list[Term]]:
    found: dict[Iri, list[Term]] = {}
    of_thing = lines.get(f"<{thing}>".encode(), [])
    for _, property_, value in read_ntriples(b"".join(sorted(of_thing))):
        found.setdefault(property_, []).append(value)
    return found
