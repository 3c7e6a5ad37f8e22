"""The paths of the OpenAPI document where SPARQL is spoken."""

from typing import Final

from kg.web.described.openapi_parts import (
    Json,
    contents,
    format_parameter,
    parameter,
    references,
    responses,
    shared,
)
from kg.web.negotiation import GRAPHS, TABLES

_RESULTS: Final = tuple(dict.fromkeys([*TABLES, *GRAPHS]))
_DATASET: Final = {
    "default-graph-uri": "A graph that the default graph is made of, such as a view.",
    "named-graph-uri": "A graph that GRAPH can name.",
}
_TEXT_OF_QUERY: Final[Json] = {"type": "string", "format": "sparql-query"}
_FORM: Final = "application/x-www-form-urlencoded"
_TOKEN: Final[list[Json]] = [{}, {"token": []}]
_IRIS: Final[Json] = {"type": "array", "items": {"type": "string", "format": "iri"}}


_OF_QUERIES: Final = (403, 422, 502)
"""SERVICE for what may not be asked, too large an answer, and an endpoint that failed."""


def sparql_path(*, is_writable: bool) -> Json:
    """Gives the path item of the endpoint."""
    common = [
        *(
            parameter(name, words, _IRIS, style="form", explode=True)
            for name, words in _DATASET.items()
        ),
        *shared("on", "known-on"),
        format_parameter(dict.fromkeys(form.name for form in _RESULTS)),
    ]
    query = parameter(
        "query",
        "The query; without one the service describes itself.",
        _TEXT_OF_QUERY,
        allowEmptyValue=False,
        example="SELECT ?state WHERE { ?state a kg:State } ORDER BY ?state LIMIT 3",
    )
    answer = responses(
        "The answer: a table, a truth or a graph.", contents(_RESULTS), problems=_OF_QUERIES
    )
    read: Json = {
        "operationId": "sparql_get",
        "tags": ["SPARQL"],
        "summary": "Answers a SPARQL 1.1 query.",
        "description": "Prefixes of the graph need no PREFIX line. Parameters that are not "
        "listed are passed over, as the protocol asks.",
        "parameters": [query, *common],
        "responses": answer,
    }
    posted: Json = {
        **read,
        "operationId": "sparql_post",
        "parameters": common,
        "requestBody": {"required": True, "content": _bodies(is_writable=is_writable)},
        "responses": responses(
            "The answer: a table, a truth or a graph.",
            contents(_RESULTS),
            problems=[*_OF_QUERIES, 415, *([401] if is_writable else [])],
            is_cached=False,
        ),
    }
    if is_writable:
        posted["summary"] = "Answers a SPARQL 1.1 query, or carries out an update."
        posted["security"] = _TOKEN
    return {"get": read, "post": posted}


def _bodies(*, is_writable: bool) -> Json:
    properties: Json = {"query": _TEXT_OF_QUERY, **dict.fromkeys(_DATASET, _IRIS)}
    form: Json = {"type": "object", "required": ["query"], "properties": properties}
    bodies: Json = {"application/sparql-query": {"schema": _TEXT_OF_QUERY}}
    if is_writable:
        properties["update"] = {"type": "string"}
        properties |= dict.fromkeys(("using-graph-uri", "using-named-graph-uri"), _IRIS)
        form = {
            "type": "object",
            "properties": properties,
            "oneOf": [{"required": ["query"]}, {"required": ["update"]}],
        }
        bodies["application/sparql-update"] = {"schema": {"type": "string"}}
    return {_FORM: {"schema": form}, **bodies}


def graph_store_path() -> Json:
    """Gives the path item of the graph store."""
    """Gives the SPARQL 1.1 Graph Store HTTP Protocol, which is open with --writable."""
    graph = [
        parameter("default", "The default graph.", {"type": "string", "const": ""}),
        parameter("graph", "The graph's IRI.", {"type": "string", "format": "iri"}),
    ]
    body = {"required": True, "content": contents(GRAPHS[:-1])}
    done: Json = {
        status: {"description": words, "headers": references(["X-Request-Id"])}
        for status, words in (("201", "The graph is new."), ("204", "It is done."))
    }
    common = {"tags": ["SPARQL"], "parameters": graph}
    wrong = {
        status: {"$ref": f"#/components/responses/{status}"}
        for status in ("400", "401", "403", "404", "413", "415", "503")
    }
    read = responses("The graph.", contents(GRAPHS[:-1]), problems=[404], is_cached=False)
    operations: Json = {"get": {"operationId": "graph_get", **common, "responses": read}}
    for method in ("put", "post", "delete"):
        operations[method] = {
            "operationId": f"graph_{method}",
            **common,
            **({} if method == "delete" else {"requestBody": body}),
            "security": _TOKEN,
            "responses": {**done, **wrong},
        }
    return operations
