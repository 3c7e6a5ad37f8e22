"""Takes the answer to a stored question apart into the statements that carry its rows.

A request has the `name`, `values` and `on` of the question; `row` or `where`, which choose among
its rows; and the `form` and `media_type`.
"""

from collections.abc import Mapping
from typing import Any

from kg.explain.formats import FORMATS
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.jobs.question import asked_again, asked_of, complete
from kg.web.replies import Reply, on_the_web


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the explanation; raises InvalidValue for a row that is not there."""
    graph = asked_of(held, request)
    query = graph.asker.stored_query(request["name"])
    complete(query, graph, request["values"])
    explanation = graph.explain(
        query.name, row=request["row"], where=request["where"] or None, **request["values"]
    )
    prefixes = graph.project.prefixes
    if request["form"] == "html":
        text = FORMATS["text"](explanation, prefixes)
        page = render(
            "explanation.html",
            query=query,
            heading="What the answer rests on",
            text=on_the_web(text),
            asked=asked_again(request),
        )
        return Reply(page.encode(), request["media_type"])
    return Reply(FORMATS[request["form"]](explanation, prefixes).encode(), request["media_type"])
