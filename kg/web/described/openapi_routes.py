"""The paths of the OpenAPI document that are no stored questions."""

from collections.abc import Iterable, Sequence
from typing import Final

from kg.web.described.dataset import DUMPS
from kg.web.described.openapi_parts import (
    SHORTCUTS,
    Json,
    contents,
    format_parameter,
    parameter,
    references,
    responses,
)
from kg.web.described.openapi_sparql import graph_store_path, sparql_path
from kg.web.negotiation import GRAPHS, HTML, NTRIPLES, PLAIN_JSON, TEXT, Form

_OPENAPI: Final[Json] = {"type": "object", "required": ["openapi", "info", "paths"]}


def fixed_paths(kinds: Iterable[str], *, is_writable: bool = False) -> Json:
    """Gives the paths of the service that do not depend on the stored questions.

    `kinds` are the first steps of the paths of things.
    """
    writing: Json = {"/graph-store": graph_store_path()} if is_writable else {}
    return {
        "/query": {"get": _questions()},
        "/sparql": sparql_path(is_writable=is_writable),
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
