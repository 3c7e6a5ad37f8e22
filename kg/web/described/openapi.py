"""The service as an `OpenAPI 3.1 <https://spec.openapis.org/oas/v3.1.1.html>`_ document.

Everything about a stored question comes from its file: its words, its parameters with their
types, defaults and examples; what a parameter may be comes from the graph.
"""

from typing import Final

from kg.graph import Graph
from kg.version import VERSION
from kg.web.described.openapi_parts import HEADERS, PARAMETERS, RESPONSES, SCHEMAS, Json
from kg.web.described.openapi_questions import question_parameters, question_paths
from kg.web.described.openapi_routes import fixed_paths
from kg.web.described.statistics import Header, Statistics

_TAGS: Final = {
    "Questions": "The stored questions, each with the parameters of its file.",
    "Explanations": "Why a row is there, and why another is not.",
    "Things": "What the graph says of a thing, under the path of its IRI.",
    "SPARQL": "Any other question, by the SPARQL 1.1 Protocol.",
    "Service": "What the service says of itself.",
}
_DESCRIPTION: Final = (
    "{description}\n\nThe form of an answer is chosen by Accept, by `format` or by a suffix of "
    "the path. HEAD is answered wherever GET is, OPTIONS everywhere. Every problem is told as "
    "`application/problem+json`."
)
_TOKEN: Final[Json] = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token that the service was started with; none where it was given none.",
}


def openapi(
    graph: Graph, address: str, header: Header, counted: Statistics, *, is_writable: bool = False
) -> Json:
    """Gives the document of a service at an address."""
    components: Json = {
        "schemas": SCHEMAS,
        "headers": HEADERS,
        "responses": RESPONSES,
        "parameters": {**PARAMETERS, **question_parameters(graph)},
    }
    if is_writable:
        components["securitySchemes"] = {"token": _TOKEN}
    kinds = [kind for kind, _ in counted.kinds if kind]
    return {
        "openapi": "3.1.1",
        "info": _info(header),
        "servers": [{"url": address}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": {**fixed_paths(kinds, is_writable=is_writable), **question_paths(graph)},
        "components": components,
    }


def _info(header: Header) -> Json:
    licence: Json = {"name": header.rights, "url": header.licence}
    return {
        "title": header.title,
        "version": VERSION,
        "description": _DESCRIPTION.format(description=header.description),
        **({"license": licence} if header.licence else {}),
    }
