"""Tables: the columns and rows that a SELECT query answers with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kg.errors import KgError
from kg.terms import XSD, Literal, PythonValue, Term, python_value

if TYPE_CHECKING:
    import pandas

Row = tuple["Term | None", ...]

_PANDAS_TYPES: Final = {
    XSD + "integer": "Int64",
    XSD + "decimal": "Float64",
    XSD + "double": "Float64",
    XSD + "boolean": "boolean",
    XSD + "date": "datetime64[s]",
}


@dataclass(frozen=True)
class Table:
    """The solutions of a query: `columns`, `rows` of terms, and the `sparql` they answer.

    Iterating gives one dictionary a row, with Python values: text for IRIs and labels, a
    `datetime.date` for a day, an int for a count, None where a column is unbound.
    """

    columns: tuple[str, ...]
    rows: Sequence[Row]
    sparql: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, PythonValue]]:
        for row in self.rows:
            yield dict(zip(self.columns, map(python_value, row), strict=True))

    def column(self, name: str) -> list[PythonValue]:
        """Gives one column's Python values, top to bottom."""
        position = self.columns.index(name)
        return [python_value(row[position]) for row in self.rows]

    def having(self, column: str, value: str) -> Table:
        """Gives the table of those rows that have a text in a column."""
        position = self.columns.index(column)
        rows = [row for row in self.rows if row[position] == Literal(value)]
        return Table(self.columns, rows, self.sparql)

    def to_pandas(self) -> pandas.DataFrame:
        """Gives a data frame with typed columns; needs the extra `alliance-kg[pandas]`.

        A column whose values all have one data type gets pandas' own type for it: a date
        becomes a datetime64, an integer a nullable Int64. Anything else is text.
        """
        try:
            import pandas  # an extra that not everyone needs
        except ImportError as error:
            raise KgError(
                "pandas is not installed. Install it with: pip install 'alliance-kg[pandas]'"
            ) from error
        series: dict[str, Any] = {}
        for position, name in enumerate(self.columns):
            terms = [row[position] for row in self.rows]
            text = [_text(term) for term in terms]
            series[name] = pandas.Series(text, dtype="string")
            if datatype := _typed(terms):
                with contextlib.suppress(ValueError, TypeError, OverflowError):  # ill-typed: text
                    series[name] = pandas.Series(list(map(python_value, terms)), dtype=datatype)
        return pandas.DataFrame(series, columns=list(self.columns))


def _typed(terms: Sequence[Term | None]) -> str | None:
    datatypes = {
        term.datatype if isinstance(term, Literal) else None for term in terms if term is not None
    }
    (only,) = datatypes if len(datatypes) == 1 else (None,)
    return _PANDAS_TYPES.get(only or "")


def _text(term: Term | None) -> str | None:
    return None if term is None else str(term)
