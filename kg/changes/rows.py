"""The rows of two answers compared: which are new, which are gone, which are changed.

A row is known by the things that it names: its IRIs, without those of sources, which change as
soon as a better one is found. Rows that name the same things are one row that changed.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from kg.prefixes import Prefixes
from kg.table import Row, Table
from kg.terms import Iri

Identity = tuple[tuple[str, Iri], ...]
Key = Identity | Row | None


@dataclass(frozen=True)
class Compared:
    """The positions of rows: new ones now, gone ones then, and changed ones in both."""

    new: tuple[int, ...]
    changed: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def compare(then: Table, now: Table, prefixes: Prefixes) -> Compared:
    """Compares two answers as multisets of rows, by the columns that both have."""
    columns = tuple(name for name in now.columns if name in then.columns)
    before, after = _projected(then, columns), _projected(now, columns)
    gone, new = _without(before, after), _without(after, before)
    pairs: list[tuple[int, int]] = []
    for find in (_of_the_same_things(columns, prefixes), _called_the_same(before, after)):
        twins: dict[Key, list[int]] = {}
        for position in gone:
            twins.setdefault(find(before[position]), []).append(position)
        for position in list(new):
            known = find(after[position])
            candidates = twins.get(known, []) if known else []
            if candidates:
                best = _best(candidates, before, after[position])
                candidates.remove(best)
                gone.remove(best)
                new.remove(position)
                pairs.append((best, position))
    return Compared(tuple(new), tuple(sorted(pairs, key=lambda pair: pair[1])), tuple(gone))


def identity(row: Row, columns: tuple[str, ...], prefixes: Prefixes) -> Identity:
    """Gives the things that a row names, by their columns, without sources."""
    return tuple(
        (column, term)
        for column, term in zip(columns, row, strict=True)
        if isinstance(term, Iri) and prefixes.kind(term) != "source"
    )


def _projected(table: Table, columns: tuple[str, ...]) -> list[Row]:
    places = [table.columns.index(name) for name in columns]
    return [tuple(row[place] for place in places) for row in table.rows]


def _without(rows: list[Row], others: list[Row]) -> list[int]:
    """Gives the positions of rows that the others do not have, or not as often."""
    left = Counter(others)
    found = []
    for position, row in enumerate(rows):
        if left[row]:
            left[row] -= 1
        else:
            found.append(position)
    return found


def _of_the_same_things(columns: tuple[str, ...], prefixes: Prefixes) -> Callable[[Row], Key]:
    return lambda row: identity(row, columns, prefixes) or None


def _called_the_same(before: list[Row], after: list[Row]) -> Callable[[Row], Key]:
    """Gives what knows a row by its first column, where that names one row in each answer."""
    counts = [Counter(row[:1] for row in rows) for rows in (before, after)]

    def name(row: Row) -> Key:
        is_thing = bool(row) and isinstance(row[0], Iri)
        return row[:1] if is_thing and all(each[row[:1]] == 1 for each in counts) else None

    return name


def _best(candidates: list[int], before: list[Row], row: Row) -> int:
    """Gives the candidate that has most in common with a row."""
    return max(
        candidates,
        key=lambda each: sum(a == b for a, b in zip(before[each], row, strict=True)),
    )
