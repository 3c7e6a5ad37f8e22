"""What can go wrong, as one tree of errors.

    KgError                  exit code 2: the request was wrong
    ├── UnknownName          no such query, parameter, thing, format or prefix
    ├── AmbiguousName        a name that several things share
    ├── InvalidValue         a value that is not of its parameter's type
    │   └── NotThere         a row, or a day, that is well named and that there is not
    ├── InvalidDocument      a file that cannot be read as what it should be
    ├── InvalidQuery         SPARQL that an engine refuses
    ├── CannotExplain        an answer that cannot be taken apart
    ├── EngineError          a store or endpoint that does not answer
    └── OutputError          a place that cannot be written to

A message says what is wrong, where, and what to do about it.
"""

from collections.abc import Iterable, Mapping

EXIT_DONE = 0
"""The command did what was asked."""
EXIT_NO = 1
"""The answer is no: violations were found, or an ASK query is false."""
EXIT_WRONG_REQUEST = 2
"""The request, or what it was made on, was wrong; standard error says how."""


class KgError(Exception):
    """A mistake that a person can mend; its text is the whole message."""


class UnknownName(KgError):
    """A query, parameter, thing, format or prefix of that name does not exist."""


class AmbiguousName(KgError):
    """Several things share the name."""


class InvalidValue(KgError):
    """A value is not of the type that its parameter asks for."""


class NotThere(InvalidValue):
    """A row that is not in an answer, or a day before anything was known."""


class InvalidDocument(KgError):
    """A file cannot be read as what it should be."""


class InvalidQuery(KgError):
    """An engine refuses the SPARQL text; `line` and `column` say where, from 1, if known."""

    def __init__(self, reason: str, *, line: int = 0, column: int = 0) -> None:
        self.reason, self.line, self.column = reason, line, column
        where = f" at line {line}, column {column}" if line else ""
        super().__init__(f"The query is no SPARQL that can be answered{where}: {reason}")

    def without_preamble(self, characters: int) -> "InvalidQuery":
        """Gives the error as it stands in the text without what was put before its first line."""
        column = self.column - characters if self.line == 1 else self.column
        return InvalidQuery(self.reason, line=self.line, column=column)


class CannotExplain(KgError):
    """An answer cannot be taken apart; the message names what stands in the way."""


class EngineError(KgError):
    """A store or an endpoint does not answer as it should."""


class OutputError(KgError):
    """The output cannot be written."""


def did_you_mean(
    name: str, candidates: Iterable[str], written: Mapping[str, str] | None = None
) -> str:
    """Gives ' Did you mean …?' for the candidates nearest to a name, or nothing.

    `written` says how a candidate is printed, where that is not the candidate itself.

    >>> did_you_mean("membrs", ["members", "states"])
    ' Did you mean members?'
    >>> did_you_mean("zzz", ["members"])
    ''
    """
    import difflib  # only a mistake needs it, and it takes as long to load as a query to run

    nearest = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.6)
    words = list(dict.fromkeys((written or {}).get(each, each) for each in nearest))
    return f" Did you mean {' or '.join(words)}?" if words else ""
