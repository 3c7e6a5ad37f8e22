"""Takes the answer to a stored question apart into the statements that carry its rows.

A request has the `name`, `values` and `on` of the question; `row` or `where`, which choose among
its rows; and the `form` and `media_type`.
"""

from collections.abc import Mapping
from typing import Any, Final

from kg.explain.formats import FORMATS
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.jobs.question import address_of, asked_of, complete, pairs_of
from kg.web.negotiation import PLAIN_JSON, TEXT, TURTLE
from kg.web.replies import Reply, on_the_web

FORMS_BESIDE: Final = (PLAIN_JSON, TEXT, TURTLE)
"""The forms that the page offers beside itself."""


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
        pairs = pairs_of(request)
        where = [f"{column}={value}" for column, value in request["where"].items()]
        asked = {"row": request["row"], "where": where or None}
        chosen = {"row": request["row"], "where": ", ".join(where)}
        page = render(
            "explanation.html",
            query=query,
            heading="What the answer rests on",
            text=on_the_web(text),
            asked=address_of(f"/query/{query.name}", pairs),
            pairs={**pairs, **{name: each for name, each in chosen.items() if each}},
            alternates=[
                (form, address_of(f"/explain/{query.name}.{form.suffix}", pairs, asked))
                for form in FORMS_BESIDE
            ],
        )
        return Reply(page.encode(), request["media_type"])
    return Reply(FORMATS[request["form"]](explanation, prefixes).encode(), request["media_type"])
