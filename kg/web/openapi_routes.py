"""The paths of the OpenAPI document that are no stored questions."""

from collections.abc import Iterable, Sequence
from typing import Final

from kg.web.description_of_dataset import DUMPS
from kg.web.negotiation import GRAPHS, HTML, NTRIPLES, PLAIN_JSON, TABLES, TEXT, Form
from kg.web.openapi_parts import (
    SHORTCUTS,
    Json,
    contents,
    format_parameter,
    parameter,
    references,
    responses,
    shared,
)

_RESULTS: Final = tuple(dict.fromkeys([*TABLES, *GRAPHS]))
_IRIS: Final[Json] = {"type": "array", "items": {"type": "string", "format": "iri"}}
_DATASET: Final = {
    "default-graph-uri": "A graph that the default graph is made of, such as a view.",
    "named-graph-uri": "A graph that GRAPH can name.",
}
_TEXT_OF_QUERY: Final[Json] = {"type": "string", "format": "sparql-query"}
_FORM: Final = "application/x-www-form-urlencoded"
_TOKEN: Final[list[Json]] = [{}, {"token": []}]
_OPENAPI: Final[Json] = {"type": "object", "required": ["openapi", "info", "paths"]}


def fixed_paths(kinds: Iterable[str], *, is_writable: bool = False) -> Json:
    """Gives the paths of the service that do not depend on the stored questions.

    `kinds` are the first steps of the paths of things.
    """
    writing: Json = {"/graph-store": _graph_store()} if is_writable else {}
    return {
        "/query": {"get": _questions()},
        "/sparql": _sparql(is_writable=is_writable),
        **writing,
        "/{kind}": {"get": _kind(set(kinds) - set(SHORTCUTS))},
        "/{kind}/{slug}": {"get": _thing(kinds)},
        "/ontology": {"get": _read("ontology", "Things", "The ontology.", GRAPHS)},
        "/search": {"get": _search()},
        "/export.{suffix}": {"get": _export()},
        "/.well-known/void": {
            "get": _read("void", "Service", "The graph as a dataset (VoID and DCAT).", GRAPHS[:-1])
        },
        "/.well-known/sparql-examples": {
            "get": _read("examples", "Service", "The stored questions as SPARQL.", GRAPHS[:-1])
        },
        "/openapi.json": {"get": _openapi()},
        "/health": {"get": _health()},
        "/metrics": {"get": _plain("metrics", "The figures of the service, for Prometheus.", TEXT)},
    }


def _read(name: str, tag: str, summary: str, forms: Sequence[Form]) -> Json:
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "responses": responses(summary, contents(forms)),
    }


def _plain(name: str, summary: str, form: Form) -> Json:
    return {
        "operationId": name,
        "tags": ["Service"],
        "summary": summary,
        "responses": responses(summary, contents([form]), is_cached=False),
    }


def _questions() -> Json:
    anything = {PLAIN_JSON: Json()}
    forms = (PLAIN_JSON, HTML)
    return {
        **_read("questions", "Questions", "The stored questions.", forms),
        "parameters": [format_parameter(form.name for form in forms)],
        "responses": responses("Their names and summaries.", contents(forms, anything)),
    }


_OF_QUERIES: Final = (403, 422, 502)
"""SERVICE for what may not be asked, too large an answer, and an endpoint that failed."""


def _sparql(*, is_writable: bool) -> Json:
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


def _graph_store() -> Json:
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


def _kind(kinds: Iterable[str]) -> Json:
    return {
        **_read("kind", "Things", "All things of a kind.", GRAPHS),
        "parameters": [_step_of(kinds)],
        "responses": responses("Their names.", contents(GRAPHS), problems=[404]),
    }


def _step_of(kinds: Iterable[str]) -> Json:
    schema: Json = {"type": "string", "enum": sorted(kinds)}
    return _step("kind", "The kind of thing.", schema, "organisation")


def _thing(kinds: Iterable[str]) -> Json:
    slug: Json = {"type": "string", "pattern": "^[a-z0-9-]+$"}
    return {
        **_read("thing", "Things", "What the graph says of a thing.", GRAPHS),
        "description": "The path is that of the thing's IRI; with .ttl, .nt, .jsonld, .rdf or "
        ".html after it, the form is that one.",
        "parameters": [_step_of(kinds), _step("slug", "The thing's name.", slug, "nato")],
        "responses": {
            **responses("What is said of it.", contents(GRAPHS), problems=[404]),
            "303": _elsewhere("The document about the thing is elsewhere."),
        },
    }


def _step(name: str, description: str, schema: Json, example: str) -> Json:
    return {**parameter(name, description, schema, is_required=True, example=example), "in": "path"}


def _search() -> Json:
    name = parameter(
        "name",
        "A name in any of forty languages, a code, a Wikidata item or an IRI; without one there "
        "is a form.",
        {"type": "string"},
        example="Türkiye",
    )
    found = responses("The things that come nearest.", contents((HTML, PLAIN_JSON)), problems=[404])
    found["303"] = _elsewhere("One thing is called so.")
    return {
        "operationId": "search",
        "tags": ["Things"],
        "summary": "Finds a thing by its name.",
        "parameters": [name],
        "responses": found,
    }


def _elsewhere(description: str) -> Json:
    headers = references(["Location", "Link", "X-Request-Id"])
    return {"description": description, "headers": headers}


def _export() -> Json:
    suffixes: Json = {"type": "string", "enum": [form.suffix for form in DUMPS]}
    return {
        **_read("export", "Things", "The whole graph.", DUMPS),
        "parameters": [_step("suffix", "The form.", suffixes, NTRIPLES.suffix)],
        "responses": responses("The whole graph.", contents(DUMPS), problems=[404]),
    }


def _openapi() -> Json:
    return {
        **_read("openapi", "Service", "This document.", [PLAIN_JSON]),
        "responses": responses("This document.", contents([PLAIN_JSON], {PLAIN_JSON: _OPENAPI})),
    }


def _health() -> Json:
    return _plain("health", "Whether the service answers.", PLAIN_JSON)
