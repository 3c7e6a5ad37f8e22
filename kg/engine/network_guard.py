"""Keeps queries off the network: SERVICE is refused before an engine sees it.

pyoxigraph has an HTTP client compiled in and no switch for it, so the word is looked for in the
text itself, outside strings, IRIs, escapes and comments
(`SPARQL 1.1, section 19 <https://www.w3.org/TR/sparql11-query/#grammar>`_).
"""

import re
from typing import Final

from kg.errors import InvalidQuery

_QUOTED: Final = r'''
      \\.                                        # an escape in a local name: ex:a\#b
    | \#[^\n\r]*                                 # a comment
    | <[^<>"{}|^`\s]*>                           # an IRI, escapes and all
    | """(?:[^"\\]|\\.|"(?!""))*"""              # the four forms of string
    | \'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
    | "(?:[^"\\\n\r]|\\.)*"
    | '(?:[^'\\\n\r]|\\.)*'
'''
_SERVICE: Final = r"(?<![\w:?$-])SERVICE(?![\w:-])"


def refuse_service(sparql: str) -> None:
    """Raises InvalidQuery if a query would reach the network by SERVICE."""
    if "service" not in sparql.lower():
        return
    unquoted = re.sub(_QUOTED, " ", sparql, flags=re.VERBOSE | re.DOTALL)
    if re.search(_SERVICE, unquoted, re.IGNORECASE):
        raise InvalidQuery(
            "SERVICE is off: queries do not reach the network. Ask the other endpoint itself "
            "with --at, and join the answers."
        )
