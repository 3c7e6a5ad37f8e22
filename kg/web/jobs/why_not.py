"""Says why a row is not in the answer to a stored question.

A request has the `name`, `values` and `on` of the question; `where`, what the row would have in
its columns; and the `form` and `media_type`.
"""

from collections.abc import Mapping
from typing import Any, Final

from kg.explain.why_not_formats import FORMATS
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.jobs.question import address_of, asked_of, complete, pairs_of
from kg.web.negotiation import PLAIN_JSON, TEXT
from kg.web.replies import Problem, Reply, on_the_web

FORMS_BESIDE: Final = (PLAIN_JSON, TEXT)
"""The forms that the page offers beside itself."""


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives what keeps the row away; raises Problem 400 where it is not said which row."""
    if not request["where"]:
        raise Problem(
            400,
            "It is not said which row is meant. Give where=column=value, for example "
            "where=name=Sweden.",
        )
    graph = asked_of(held, request)
    query = graph.asker.stored_query(request["name"])
    complete(query, graph, request["values"])
    found = graph.why_not(query.name, where=request["where"], **request["values"])
    prefixes = graph.project.prefixes
    if request["form"] == "html":
        text = FORMATS["text"](found, prefixes)
        pairs = pairs_of(request)
        where = [f"{column}={value}" for column, value in request["where"].items()]
        page = render(
            "explanation.html",
            query=query,
            heading="Why there is no such row",
            text=on_the_web(text),
            asked=address_of(f"/query/{query.name}", pairs),
            pairs={**pairs, "where": ", ".join(where)},
            alternates=[
                (form, address_of(f"/why-not/{query.name}.{form.suffix}", pairs, {"where": where}))
                for form in FORMS_BESIDE
            ],
        )
        return Reply(page.encode(), request["media_type"])
    return Reply(FORMATS[request["form"]](found, prefixes).encode(), request["media_type"])
