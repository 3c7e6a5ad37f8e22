"""What is told of changes: questions, their rows, and what is behind each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kg.changes.difference import CHANGED, GONE, NEW
from kg.errors import UnknownName
from kg.explain.cited import Statement
from kg.table import Row


@dataclass(frozen=True)
class Said:
    """What was said by one property then, and what is now, in words."""

    property: str
    then: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    """A statement behind a change, or a thing whose description changed.

    `how` is NEW, CHANGED or GONE; `statement` is as it is now, or was if it is gone; `said` is
    what changed of it.
    """

    how: str
    statement: Statement
    is_statement: bool
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class ChangedRow:
    """A row that is NEW, CHANGED or GONE, as it was and as it is.

    `causes` is None where they were not looked for, and empty where none was found; `note` says
    why.
    """

    how: str
    then: Row | None
    now: Row | None
    causes: tuple[Cause, ...] | None = None
    note: str = ""


@dataclass(frozen=True)
class ChangedQuestion:
    """A question that is answered differently: how it was asked, and its rows that differ.

    `columns_then` and `columns` are those of the answers then and now, `count_then` and `count`
    how many rows they have; `files` are the query and the rules behind it that changed.
    """

    name: str
    summary: str
    asked: str
    columns_then: tuple[str, ...]
    columns: tuple[str, ...]
    count_then: int
    count: int
    rows: tuple[ChangedRow, ...]
    files: tuple[str, ...] = ()

    def counted(self, how: str) -> int:
        """Gives how many rows are NEW, CHANGED or GONE."""
        return sum(row.how == how for row in self.rows)


@dataclass(frozen=True)
class Changes:
    """What changed from one moment to another: true where any question answers differently.

    `since` and `until` are the moments in words, `on` is the day that both were asked about.
    `asked` is the number of questions; `only_then` and `only_now` are those that exist at one
    moment only. `statements` counts the statements that are NEW, CHANGED and GONE.
    """

    since: str
    until: str
    on: str
    asked: int
    questions: tuple[ChangedQuestion, ...] = ()
    only_then: tuple[str, ...] = ()
    only_now: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    statements: Mapping[str, int] = field(default_factory=lambda: {NEW: 0, CHANGED: 0, GONE: 0})

    def __bool__(self) -> bool:
        return bool(self.questions or self.only_then or self.only_now)

    def __getitem__(self, name: str) -> ChangedQuestion:
        if name not in self._by_name:
            raise UnknownName(
                f"The question {name} was not asked, or is answered as before. These are answered "
                f"differently: {', '.join(self._by_name) or 'none'}."
            )
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, ChangedQuestion]:
        return {question.name: question for question in self.questions}
