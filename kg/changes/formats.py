"""What changed for people, for programs, and as a brief to paste."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kg.article.page_formats import in_markdown, plain
from kg.changes.changes import Cause, ChangedQuestion, ChangedRow, Changes
from kg.changes.difference import CHANGED, GONE, NEW
from kg.explain.formats import json_statement, statement_lines
from kg.prefixes import Prefixes
from kg.table import Row
from kg.terms import Iri, Term, python_value

_SIGNS: Final = {NEW: "+", CHANGED: "~", GONE: "-"}
_BECAUSE: Final = {NEW: "this is new", CHANGED: "this changed", GONE: "this is gone"}
_LONGEST: Final = 200
_LISTED: Final = 6


def write_text(changes: Changes, prefixes: Prefixes) -> str:
    """Gives each question with its rows that differ and the statements behind them."""
    lines = [*_opening(changes), ""]
    for question in changes.questions:
        lines += [f"{question.name}: {question.summary}", f"  {question.asked}"]
        lines += [f"  {_in_numbers(question)}", *(f"  {each}" for each in _files(question.files))]
        for row in _told(question):
            lines.append(f"  {_SIGNS[row.how]} {_in_words(question, row, prefixes)}")
            lines += [f"    {each}" for each in _cause_lines(row, prefixes)]
        lines += [*(f"  {each}" for each in _untold(question)), ""]
    return "\n".join(lines).rstrip() + "\n"


def write_markdown(changes: Changes, prefixes: Prefixes) -> str:
    """Gives a brief: a section a question, an entry a row, its statements with their sources."""
    first, *others = _opening(changes)
    lines = [f"# {plain(first.rstrip('.'))}", "", " ".join(map(plain, others)), ""]
    for question in changes.questions:
        lines += [f"## {plain(question.summary.rstrip('.'))}", ""]
        lines += [f"`{question.asked}`: {_in_numbers(question)}", ""]
        lines += [f"{plain(each)}\n" for each in _files(question.files)]
        for row in _told(question):
            words = plain(_in_words(question, row, prefixes))
            lines.append(f"- **{row.how}**: {words}")
            if row.note:
                lines.append(f"  - {plain(row.note)}")
            for cause in row.causes or ():
                said = "".join(f"; {plain(each)}" for each in _said(cause))
                lines.append(f"  - {cause.how}: {_statement(cause, prefixes)}{said}")
        lines += [*(f"\n{each}" for each in _untold(question)), ""]
    return "\n".join(lines).rstrip() + "\n"


def write_json(changes: Changes, prefixes: Prefixes) -> str:
    """Gives everything that is known of the changes, as JSON; rows not explained have no causes."""
    document = {
        "since": changes.since,
        "until": changes.until,
        "on": changes.on,
        "asked": changes.asked,
        "statements": dict(changes.statements),
        "files": list(changes.files),
        "onlyThen": list(changes.only_then),
        "onlyNow": list(changes.only_now),
        "questions": [
            {
                "name": question.name,
                "summary": question.summary,
                "asked": question.asked,
                "rowsThen": question.count_then,
                "rowsNow": question.count,
                "files": list(question.files),
                "rows": [_json_row(question, row, prefixes) for row in question.rows],
            }
            for question in changes.questions
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


# In words


def _opening(changes: Changes) -> Iterator[str]:
    yield f"Changes from {changes.since} to {changes.until}, both asked about {changes.on}."
    counts = changes.statements
    yield (
        f"Statements: {counts[NEW]:,} new, {counts[CHANGED]:,} changed, {counts[GONE]:,} gone. "
        f"Questions answered differently: {len(changes.questions)} of {changes.asked}."
    )
    if changes.only_now:
        yield f"Questions that are new: {', '.join(changes.only_now)}."
    if changes.only_then:
        yield f"Questions that are gone: {', '.join(changes.only_then)}."
    yield from _files(changes.files)


def _files(files: tuple[str, ...]) -> Iterator[str]:
    more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
    if files:
        yield f"Rules and questions that changed: {', '.join(files[:_LISTED])}{more}."


def _in_numbers(question: ChangedQuestion) -> str:
    counts = ", ".join(f"{question.counted(how)} {how}" for how in _SIGNS if question.counted(how))
    return f"{question.count_then} rows then, {question.count} now: {counts}."


def _told(question: ChangedQuestion) -> Iterator[ChangedRow]:
    """Gives the rows that were looked behind."""
    yield from (row for row in question.rows if row.causes is not None or row.note)


def _untold(question: ChangedQuestion) -> Iterator[str]:
    rest = [row for row in question.rows if row.causes is None and not row.note]
    counts = ((how, sum(row.how == how for row in rest)) for how in _SIGNS)
    told = ", ".join(f"{count} {how}" for how, count in counts if count)
    if told:
        yield f"And {told}; --all tells of every row."


def _in_words(question: ChangedQuestion, row: ChangedRow, prefixes: Prefixes) -> str:
    if row.then is None or row.now is None:
        known = _values(question, row)
        return ", ".join(
            f"{column} {_shown(term, prefixes)}" for column, term in known.items() if term
        )
    then, now = _as_mapping(question.columns_then, row.then), _as_mapping(question.columns, row.now)
    name = ", ".join(_shown(term, prefixes) for term in _naming(now))
    said = "; ".join(
        f"{column} {_shown(then.get(column), prefixes)} → {_shown(now.get(column), prefixes)}"
        for column in dict.fromkeys((*now, *then))
        if then.get(column) != now.get(column)
    )
    return f"{name}: {said}"


def _naming(row: Mapping[str, Term | None]) -> list[Term]:
    """Gives the terms by which people know a row: its first, and its name."""
    first = next(iter(row.values()), None)
    return [term for term in dict.fromkeys((first, row.get("name"))) if term]


def _values(question: ChangedQuestion, row: ChangedRow) -> dict[str, Term | None]:
    if row.now is not None:
        return _as_mapping(question.columns, row.now)
    return _as_mapping(question.columns_then, row.then or ())


def _as_mapping(columns: tuple[str, ...], row: Row) -> dict[str, Term | None]:
    return dict(zip(columns, row, strict=True))


def _shown(term: Term | None, prefixes: Prefixes) -> str:
    text = prefixes.shorten(term.value) if isinstance(term, Iri) else str(term or "nothing")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _cause_lines(row: ChangedRow, prefixes: Prefixes) -> Iterator[str]:
    if row.note:
        yield row.note
    for how, because in _BECAUSE.items():
        causes = [cause for cause in row.causes or () if cause.how == how]
        if causes:
            yield f"because {because}:"
        for cause in causes:
            yield from statement_lines(cause.statement, prefixes)
            yield from (f"  {each}" for each in _said(cause))


def _said(cause: Cause) -> Iterator[str]:
    for each in cause.said:
        then, now = (", ".join(values) or "nothing" for values in (each.then, each.now))
        line = f"{each.property}: {then} → {now}"
        yield line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} …"


def _statement(cause: Cause, prefixes: Prefixes) -> str:
    if cause.is_statement:
        return in_markdown(cause.statement, prefixes)
    iri = prefixes.shorten(cause.statement.iri.value)
    return f"`{iri}` {plain(cause.statement.name)}"


# For programs


def _json_row(question: ChangedQuestion, row: ChangedRow, prefixes: Prefixes) -> dict[str, Any]:
    causes = row.causes
    return {
        "how": row.how,
        "then": row.then and _json_values(question.columns_then, row.then),
        "now": row.now and _json_values(question.columns, row.now),
        "note": row.note or None,
        "causes": None if causes is None else [_json_cause(each, prefixes) for each in causes],
    }


def _json_values(columns: tuple[str, ...], row: Row) -> dict[str, Any]:
    values = zip(columns, map(python_value, row), strict=True)
    return {
        column: value if isinstance(value, str | int | bool | None) else str(value)
        for column, value in values
    }


def _json_cause(cause: Cause, prefixes: Prefixes) -> dict[str, Any]:
    return {
        "how": cause.how,
        "name": prefixes.shorten(cause.statement.iri.value),
        "isStatement": cause.is_statement,
        **json_statement(cause.statement),
        "changes": [
            {"property": each.property, "then": list(each.then), "now": list(each.now)}
            for each in cause.said
        ],
    }


FORMATS: Final[dict[str, Callable[[Changes, Prefixes], str]]] = {
    "text": write_text,
    "json": write_json,
    "markdown": write_markdown,
}
"""The formats of changes, by name."""
