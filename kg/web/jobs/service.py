"""The job that gives what the service says of itself.

A request names `what` is asked for (service-description, void, examples, openapi), the `form` (a
name of a form of graphs, or json for openapi), the `address` at which the service is known, and
the `services` that SERVICE may name, if any.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kg.export import write_graph
from kg.terms import Triple
from kg.web.described.dataset import dataset_description
from kg.web.described.examples import example_queries
from kg.web.described.openapi import openapi
from kg.web.described.service import service_description
from kg.web.described.statements import with_descriptions
from kg.web.described.statistics import count, read_header
from kg.web.jobs import Held
from kg.web.negotiation import GRAPHS, HTML, PLAIN_JSON, named
from kg.web.replies import Problem, Reply

FORMS: Final = tuple(form for form in GRAPHS if form is not HTML)
"""The forms of all but the OpenAPI document."""
WHAT: Final = ("service-description", "void", "examples", "openapi")
"""What can be asked for."""


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives a description; raises Problem 404 for an unknown one, 406 for a form it has not."""
    what, address = str(request["what"]), str(request["address"]).rstrip("/")
    if what not in WHAT:
        raise Problem(404, f'No description is called "{what}". There are {", ".join(WHAT)}.')
    if what == "openapi":
        form = named(str(request.get("form", PLAIN_JSON.name)), (PLAIN_JSON,))
        return Reply(_openapi(held, address), form.media_type)
    form = named(str(request.get("form", FORMS[0].name)), FORMS)
    prefixes = with_descriptions(held.graph.project.prefixes)
    services = tuple(map(str, request.get("services", ())))
    triples = _triples(held, what, address, services)
    return Reply(write_graph(triples, prefixes, format=form.name).encode(), form.media_type)


def _openapi(held: Held, address: str) -> bytes:
    graph = held.graph
    document = openapi(
        graph, address, read_header(graph), count(graph), is_writable=held.is_writable
    )
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _triples(held: Held, what: str, address: str, services: tuple[str, ...]) -> Iterable[Triple]:
    graph = held.graph
    if what == "examples":
        return example_queries(graph, address)
    header, counted = read_header(graph), count(graph)
    if what == "void":
        return dataset_description(graph, address, header, counted, version=held.version)
    return service_description(
        graph, address, header, counted, is_writable=held.is_writable, services=services
    )
