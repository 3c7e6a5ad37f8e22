"""The tokens of SPARQL, with their places.

They are those of `SPARQL 1.1, section 19.8 <https://www.w3.org/TR/sparql11-query/#sparqlGrammar>`_.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.errors import InvalidQuery

_TOKEN: Final = re.compile(
    r'''
      (?P<space>\s+|\#[^\n\r]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<variable>[?$]\w+)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<blank>_:[\w](?:[\w.-]*[\w-])?)
    | (?P<name>(?:[A-Za-z\u00C0-\uFFFD](?:[\w.-]*[\w-])?)?
        :(?:(?:[\w:%]|\\.)(?:(?:[\w.:%-]|\\.)*(?:[\w:%-]|\\.))?)?)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>\^\^|&&|\|\||!=|<=|>=|[{}()\[\];,.=<>!+\-*/|^?])
    ''',
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its text, and where it begins."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Gives the tokens of a query in order; raises InvalidQuery where none can begin."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise refusal(text, position, f'"{text[position]}" begins nothing that SPARQL knows.')
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0], position)
        position = match.end()


def refusal(text: str, position: int, reason: str) -> InvalidQuery:
    """Gives the error that something at a position cannot be read."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return InvalidQuery(reason, line=line, column=column)
