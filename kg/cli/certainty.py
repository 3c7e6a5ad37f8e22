"""What `kg query` says and takes where dates are too coarse, or days too early, to tell."""

from collections.abc import Mapping
from typing import Any, Final

import click

from kg.ask import CERTAINTIES
from kg.engine import Engine, select
from kg.errors import InvalidValue
from kg.sparql_file import SparqlFile

_ABOUT_MEMBERSHIPS: Final = ("kg:Candidacy", "kg:eventType", "org:organization")
_FIRST: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
SELECT ?date ?earliest
WHERE {
  ?event a kg:MembershipEvent ;
    dcterms:date ?date ;
    kg:earliest ?earliest .
}
ORDER BY ?earliest ?event
LIMIT 1
"""
_HELP: Final = {
    "certain": "List only what is certain.",
    "possible": "List only what is merely possible, since a date is too coarse to tell.",
}


def certainty_options(query: SparqlFile | None = None) -> list[click.Option]:
    """Gives --certain and --possible, which help hides where a question's rows do not tell."""
    is_hidden = query is not None and not query.tells_certainty
    return [
        click.Option([f"--{name}"], is_flag=True, hidden=is_hidden, help=_HELP[name])
        for name in CERTAINTIES
    ]


def certainty_among(options: Mapping[str, Any]) -> str | None:
    """Gives the certainty that was asked for; raises InvalidValue where that makes no sense."""
    asked = [name for name in CERTAINTIES if options[name]]
    if len(asked) > 1:
        raise InvalidValue("No row is both --certain and --possible. Give one, or neither for all.")
    if asked and options.get("sparql"):
        raise InvalidValue(
            f"--sparql prints the question, and --{asked[0]} chooses among the rows of its answer. "
            "Give one of them."
        )
    return asked[0] if asked else None


def beginning_after(engine: Engine, query: SparqlFile, values: Mapping[str, str]) -> str | None:
    """Gives a line for an empty answer about memberships on a day before the first is recorded."""
    if not any(term in query.text for term in _ABOUT_MEMBERSHIPS):
        return None
    return beginning_of_memberships(engine, values.get("on", ""))


def beginning_of_memberships(engine: Engine, on: str) -> str | None:
    """Gives a line for a day before the first that the graph tells of memberships."""
    day = on.strip()
    if not day[:1].isdigit():
        return None
    for date, earliest in select(engine, _FIRST).rows:
        if day < str(earliest):
            return f"The graph's first dated statement about memberships is of {date}."
    return None
