"""Keeps queries off the network: SERVICE is refused before an engine sees it.

pyoxigraph has an HTTP client compiled in and no switch for it, so the word is looked for in the
text itself, outside strings, IRIs, names and comments
(`SPARQL 1.1, section 19 <https://www.w3.org/TR/sparql11-query/#grammar>`_).
"""

import re
from typing import Final

from kg.errors import InvalidQuery
from kg.sparql.keywords import may_hold

_CODE_POINT: Final = r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})"


def refuse_service(sparql: str) -> None:
    """Raises InvalidQuery if a query would reach the network by SERVICE."""
    if may_reach_network(sparql):
        raise InvalidQuery(
            "SERVICE is off: queries do not reach the network. Ask the other endpoint itself "
            "with --at, and join the answers."
        )


def may_reach_network(sparql: str) -> bool:
    """Whether SERVICE may stand in a query, whichever way it is read.

    Engines want no space around the word, so it counts wherever it is not a part of a variable
    or of a name after its colon; and rdflib reads escaped letters as letters.
    """
    decoded = re.sub(_CODE_POINT, _decoded, sparql)
    return any(may_hold("service", text) for text in {sparql, decoded})


def _decoded(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number <= 0x10FFFF else match[0]
