"""Reading a stored query far enough to ask it for more than its columns.

What is read are the columns, the pattern between the outer braces, the variables that are
subjects in it, and its absences: each `OPTIONAL { … }` that a `FILTER(!BOUND(?x))` follows.
Strings, IRIs and comments are passed over, as SPARQL 1.1, section 19
<https://www.w3.org/TR/sparql11-query/#grammar> writes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_PASSED_OVER: Final = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\''''
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>"{}|^`\s]*>|\#[^\n]*""",
    re.DOTALL,
)
_SELECT: Final = re.compile(r"\bSELECT\b\s*(?:DISTINCT\b|REDUCED\b)?([^{]*?)\bWHERE\s*\{", re.I)
_OPTIONAL: Final = re.compile(r"\bOPTIONAL\s*\{", re.I)
_UNBOUND: Final = re.compile(r"\s*FILTER\s*\(\s*!\s*BOUND\s*\(\s*\?(\w+)\s*\)\s*\)", re.I)
_SUBJECT: Final = re.compile(r"(?:^|[.{}])\s*\?(\w+)\s+[\w:?(<^!]", re.MULTILINE)


@dataclass(frozen=True)
class Absence:
    """What must not be there: where it stands in a query, and the subjects in it."""

    start: int
    opening: int
    closing: int
    end: int
    subjects: frozenset[str]


@dataclass(frozen=True)
class Pattern:
    """A SELECT query, read: `before` its SELECT, `columns`, `body`, and what it is about."""

    before: str
    columns: tuple[str, ...]
    body: str
    subjects: frozenset[str]
    absences: Mapping[str, Absence] = field(default_factory=dict)

    def sparql(self, *, present: str | None = None) -> str:
        """Gives the query that asks for the subjects too, in no order.

        A store on disk takes longer to sort a solution than to find it. With `present`, what
        must not be there, named by its variable, must be there.
        """
        body, subjects = self.body, self.subjects
        if present is not None:
            absence = self.absences[present]
            body = (
                body[: absence.start]
                + body[absence.opening : absence.closing]
                + body[absence.end :]
            )
            subjects |= absence.subjects
        names = (*self.columns, *sorted(subjects - set(self.columns)))
        asked = " ".join(f"?{name}" for name in names)
        return f"{self.before}SELECT {asked}\nWHERE {{{body}}}\n"


def read_pattern(sparql: str) -> Pattern | None:
    """Reads a SELECT query; None if it counts, groups or limits, or has no WHERE."""
    plain = _PASSED_OVER.sub(lambda match: " " * len(match[0]), sparql)
    match = _SELECT.search(plain)
    if match is None or "(" in match[1] or "*" in match[1]:
        return None
    opening = match.end() - 1
    closing = _closing(plain, opening)
    after = plain[closing:].strip().upper()
    if closing < 0 or not (after == "" or after.startswith("ORDER BY")) or "LIMIT" in after:
        return None
    body, plain_body = sparql[opening + 1 : closing - 1], plain[opening + 1 : closing - 1]
    mandatory, absences = plain_body, {}
    position = 0
    while found := _OPTIONAL.search(mandatory, position):
        end = _closing(mandatory, found.end() - 1)
        if end < 0:
            return None
        inside = mandatory[found.end() : end - 1]
        if unbound := _UNBOUND.match(mandatory, end):
            absences[unbound[1]] = Absence(
                found.start(),
                found.end(),
                end - 1,
                unbound.end(),
                frozenset(_SUBJECT.findall(inside)),
            )
        blank = " " * (end - found.start())
        mandatory = mandatory[: found.start()] + blank + mandatory[end:]
        position = end
    return Pattern(
        sparql[: match.start()],
        tuple(re.findall(r"\?(\w+)", match[1])),
        body,
        frozenset(_SUBJECT.findall(_without_sub_selects(mandatory))),
        absences,
    )


def _without_sub_selects(text: str) -> str:
    """Leaves out groups that are queries of their own: their variables are not seen outside."""
    while match := re.search(r"\{\s*SELECT\b", text, re.I):
        end = _closing(text, match.start())
        if end < 0:
            return text
        text = text[: match.start()] + " " * (end - match.start()) + text[end:]
    return text


def _closing(text: str, opening: int) -> int:
    """Gives the position after the brace that closes the one at a position, or -1."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, opening):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return -1
