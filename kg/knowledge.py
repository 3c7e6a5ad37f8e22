"""The triples of a graph in the order in which they could be known.

A triple can be known when its subject and its object can (kg:knownFrom), and a beginning or an end
in a description when it has come. So what was known on a day is the first part of one file, which
is read without looking at what follows. Triples of rules that join several statements are left
out, since they change with what is known.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import pyoxigraph

from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine, written_name
from kg.sparql_file import SparqlFile
from kg.terms import Iri

_FILE: Final = Iri("https://w3id.org/alliance-kg/graph/known")
_ALWAYS: Final = ""
_END_OF_HEAD: Final = b"#\n"

_KNOWN_FROM: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT ?thing ?day
WHERE { ?thing kg:knownFrom ?day . }
"""
_COMES_LATER: Final = """
PREFIX kg:     <https://w3id.org/alliance-kg/ontology#>
PREFIX schema: <https://schema.org/>
SELECT DISTINCT ?thing ?property ?day
WHERE {
  VALUES ?class { kg:Occurrence kg:Organisation kg:State }
  VALUES (?bound ?property) {
    (kg:startLatest schema:foundingDate)
    (kg:startLatest schema:startDate)
    (kg:startLatest kg:startEarliest)
    (kg:startLatest kg:startLatest)
    (kg:endLatest schema:dissolutionDate)
    (kg:endLatest schema:endDate)
    (kg:endLatest kg:endEarliest)
    (kg:endLatest kg:endLatest)
    (kg:endLatest kg:mergedInto)
  }
  ?thing a ?class ;
    ?bound ?day ;
    ?property ?value .
}
"""
_FIRST: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
SELECT (MIN(?day) AS ?first)
WHERE {
  ?statement dcterms:date ?date ;
    kg:knownFrom ?day .
}
"""


_read_already: WeakKeyDictionary[OxigraphEngine, "Knowledge"] = WeakKeyDictionary()


@dataclass(frozen=True)
class Knowledge:
    """Triples in the order in which they became known, in a file or in memory.

    `days` and `ends` say after how many bytes the triples known from each day end; `first` is
    the day from which the first dated statement is known.
    """

    first: str
    days: list[str]
    ends: list[int]
    start: int
    place: Path | bytes

    def until(self, day: str | None) -> bytes:
        """Gives what was known on a day, or all, as N-Triples."""
        count = len(self.days) if day is None else bisect_right(self.days, day)
        end = self.start + (self.ends[count - 1] if count else 0)
        if isinstance(self.place, bytes):
            return self.place[self.start : end]
        with self.place.open("rb") as file:
            file.seek(self.start)
            return file.read(end - self.start)


def knowledge_of(base: OxigraphEngine, joining: Iterable[SparqlFile]) -> Knowledge:
    """Gives the knowledge of a graph; `joining` are its rules that join several statements.

    It is written beside the store the first time, where the store is kept on disk.
    """
    if base not in _read_already:
        _read_already[base] = _opened_or_made(base, joining)
    return _read_already[base]


def _opened_or_made(base: OxigraphEngine, joining: Iterable[SparqlFile]) -> Knowledge:
    if base.written is None:
        return _read(_in_order(base, joining))
    for path in base.written.glob(written_name(_FILE, None)):
        if path.name == written_name(_FILE, path.stat().st_size):  # it is whole
            return _read(path)
    content = _in_order(base, joining)
    path = base.written / written_name(_FILE, len(content))
    try:
        fresh = path.with_suffix(f".{os.getpid()}-{id(content)}")
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError:  # the next process tries again
        return _read(content)
    return _read(path)


def _in_order(base: OxigraphEngine, joining: Iterable[SparqlFile]) -> bytes:
    known = {f"<{thing}>".encode(): str(day) for thing, day in select(base, _KNOWN_FROM).rows}
    later = {
        (f"<{thing}>".encode(), f"<{property_}>".encode()): str(day)
        for thing, property_, day in select(base, _COMES_LATER).rows
    }
    by_day: dict[str, list[bytes]] = {}
    for line in _kept(base, joining):
        subject, property_, rest = line.split(b" ", 2)
        day = known.get(subject, _ALWAYS)
        if rest.startswith(b"<"):
            day = max(day, known.get(rest[:-3], _ALWAYS))
        if own := later.get((subject, property_)):
            day = max(day, own)
        by_day.setdefault(day, []).append(line)
    head, body, end = [f"# first {_first(base)}\n".encode()], [], 0
    for day in sorted(by_day):
        body += sorted(by_day[day])
        end += sum(map(len, by_day[day]))
        head.append(f"# {day} {end}\n".encode())
    return b"".join([*head, _END_OF_HEAD, *body])


def _kept(base: OxigraphEngine, joining: Iterable[SparqlFile]) -> set[bytes]:
    """Gives the lines of a graph without those that joining rules derived."""
    lines = set(base.lines())
    for rule in joining:
        derived = base.store.query(rule.text)
        assert isinstance(derived, pyoxigraph.QueryTriples), "a rule is a CONSTRUCT"
        written = pyoxigraph.serialize(derived, format=pyoxigraph.RdfFormat.N_TRIPLES) or b""
        lines.difference_update(written.splitlines(keepends=True))
    return lines


def _first(base: OxigraphEngine) -> str:
    ((first,),) = select(base, _FIRST).rows
    return str(first or _ALWAYS)


def _read(place: Path | bytes) -> Knowledge:
    if isinstance(place, bytes):
        return _with_head(place, iter(place[: place.index(b"\n#\n") + 3].splitlines(True)))
    with place.open("rb") as file:
        return _with_head(place, file)


def _with_head(place: Path | bytes, lines: Iterator[bytes]) -> Knowledge:
    opening = next(lines)
    first, days, ends, start = opening.decode().split(" ")[2].strip(), [], [], len(opening)
    for line in lines:
        start += len(line)
        if line == _END_OF_HEAD:
            break
        _, day, end = line.decode().split(" ")
        days.append(day)
        ends.append(int(end))
    return Knowledge(first, days, ends, start, place)
