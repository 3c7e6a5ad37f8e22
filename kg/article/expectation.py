"""What the answer of a test must be, and whether it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from kg.prefixes import Prefixes
from kg.table import Row
from kg.terms import Iri, Literal, Term


@dataclass(frozen=True)
class Expectation:
    """One way in which an answer can be as expected.

    Either a number of rows (`count`, or at the least `count_at_least`), or what a `column` must
    hold: each of `values` (and with `only` nothing else), or one number from `at_least` on and
    `below` a limit.
    """

    count: int | None = None
    count_at_least: int | None = None
    column: str | None = None
    values: frozenset[str] = frozenset()
    only: bool = False
    at_least: Decimal | None = None
    below: Decimal | None = None

    @property
    def is_broken_by_more(self) -> bool:
        """Whether further rows could make the answer unexpected."""
        return self.count is not None or self.only

    def mistake(self) -> str:
        """Says what is wrong with the expectation itself, or nothing."""
        limits = self.at_least is not None or self.below is not None
        by_column = self.column is not None
        ways = (self.count is not None, self.count_at_least is not None, by_column)
        if sum(ways) != 1 or by_column != (bool(self.values) or limits):
            return "It expects nothing, or several things at once, or values of no column."
        if self.values and limits:
            return "It expects values and limits; a test expects one or the other."
        if self.only and not self.values:
            return "It expects nothing else (kg:expectedOnly), and names no values."
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            return f"No number is {self.at_least} or more and below {self.below}."
        if "" in self.values:
            return "An expected value is empty."
        return ""

    def matching(
        self, columns: Sequence[str], rows: Sequence[Row], prefixes: Prefixes
    ) -> list[Row]:
        """Gives the rows that carry the expectation: all that are counted, or that hold a value."""
        if self.column is None:
            return list(rows)
        position = columns.index(self.column)
        if self.values:
            return [row for row in rows if self._among(row[position], prefixes)]
        return [row for row in rows if self._within(row[position])]

    def holds(self, columns: Sequence[str], rows: Sequence[Row], prefixes: Prefixes) -> bool:
        """Whether the rows of an answer are as expected."""
        if self.count is not None:
            return len(rows) == self.count
        if self.count_at_least is not None:
            return len(rows) >= self.count_at_least
        matching = self.matching(columns, rows, prefixes)
        if not self.values:
            return bool(matching)
        position = columns.index(self.column or "")
        held = {value for row in matching for value in self._among(row[position], prefixes)}
        return held == self.values and not (self.only and len(matching) < len(rows))

    def in_words(self) -> str:
        """Gives the expectation as the end of a sentence that begins with the question."""
        if self.count is not None:
            return f"{self.count} row{'' if self.count == 1 else 's'}"
        if self.count_at_least is not None:
            return f"at least {self.count_at_least} row{'' if self.count_at_least == 1 else 's'}"
        if self.values:
            only = "only " if self.only else ""
            return f"{only}{', '.join(sorted(self.values))} under {self.column}"
        limits = [
            f"of {self.at_least} or more" if self.at_least is not None else "",
            f"below {self.below}" if self.below is not None else "",
        ]
        return f"a number {' and '.join(filter(None, limits))} under {self.column}"

    def _among(self, term: Term | None, prefixes: Prefixes) -> frozenset[str]:
        """Gives those of the expected values that a term is, numbers by their value."""
        if isinstance(term, Iri):
            return self.values & {term.value, prefixes.shorten(term.value)}
        number = _number(term)
        return frozenset(
            value
            for value in self.values
            if value == str(term) or (number is not None and number == _number(Literal(value)))
        )

    def _within(self, term: Term | None) -> bool:
        number = _number(term)
        return (
            number is not None
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
        )


def _number(term: Term | None) -> Decimal | None:
    try:
        number = Decimal(term.value) if isinstance(term, Literal) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
