"""The page with a form for queries.

A request has the `media_type`.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from kg.clocks import IN_FORCE, STAGES
from kg.engine import Triples
from kg.graph import Graph
from kg.table import Table
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.negotiation import GRAPHS, HTML, TABLES, TRUTHS, Form
from kg.web.replies import Reply

_EXAMPLE: Final = """SELECT ?state ?name
WHERE {
  ?state org:memberOf organisation:nato ;
    rdfs:label ?name .
}
ORDER BY ?name"""
_MOST_SHOWN: Final = 1000
_LONGEST_GRAPH: Final = 5000


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the page with an example in the form."""
    return Reply(query_page(held.graph, _EXAMPLE, None).encode(), request["media_type"])


def query_page(
    graph: Graph,
    text: str,
    answer: Table | Triples | bool | None,
    *,
    clocks: Mapping[str, str | None] | None = None,
) -> str:
    """Gives the page of a query with its answer, of which a thousand rows are shown.

    `clocks` are `on`, `known-on` and `joined-by` as they were asked.
    """
    given = {name: value for name, value in (clocks or {}).items() if value}
    asked = {"query": text, **given}
    table = answer if isinstance(answer, Table) else None
    triples = list(answer.triples) if isinstance(answer, Triples) else None
    written = None
    if triples is not None:
        written = graph.write(Triples(triples[:_LONGEST_GRAPH]))
        if len(triples) > _LONGEST_GRAPH:
            written += f"\n# The first {_LONGEST_GRAPH} of {len(triples)} triples.\n"
    return render(
        "sparql.html",
        text=text,
        on=given.get("on", ""),
        known_on=given.get("known-on", ""),
        joined_by=given.get("joined-by", IN_FORCE),
        stages=STAGES,
        alternates=[
            (form, f"/sparql?{urlencode({**asked, 'format': form.name})}")
            for form in _forms(answer)
            if form is not HTML
        ],
        table=Table(table.columns, table.rows[:_MOST_SHOWN]) if table else None,
        count=len(table) if table else 0,
        truth=answer if isinstance(answer, bool) else None,
        graph=written,
        prefixes=graph.project.prefixes,
    )


def _forms(answer: Table | Triples | bool | None) -> tuple[Form, ...]:
    """Gives the forms that an answer has; none where there is no answer."""
    if answer is None:
        return ()
    if isinstance(answer, bool):
        return TRUTHS
    return TABLES if isinstance(answer, Table) else GRAPHS
