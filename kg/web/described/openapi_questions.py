"""The stored questions in the OpenAPI document: asking, explaining, saying why not."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from kg.graph import Graph
from kg.parameters import CONCEPT, DATE, THING, DescribedParameter, described
from kg.sparql.reader import read_query
from kg.sparql.scope import column_names
from kg.sparql_file import SparqlFile
from kg.web.described.openapi_parts import (
    NOT_BLANK,
    SHORTCUTS,
    Json,
    contents,
    format_parameter,
    parameter,
    responses,
    shared,
)
from kg.web.negotiation import EXPLANATIONS, PLAIN_JSON, QUESTIONS, REFUSALS, Form

_NAMED: Final = "A name in any of forty languages, a code, a Wikidata item or an IRI."
_UNKNOWN: Final = "A parameter that is not listed here is refused."


def question_paths(graph: Graph) -> Json:
    """Gives the path items of all stored questions."""
    paths: Json = {}
    for query in graph.queries.values():
        own = described(query, graph)
        paths[f"/query/{query.name}"] = {"get": _asked(query, own)}
        paths[f"/explain/{query.name}"] = {"get": _explained(query, own)}
        paths[f"/why-not/{query.name}"] = {"get": _why_not(query, own)}
        if query.name in SHORTCUTS:
            paths[f"/{query.name}"] = {"get": {**_asked(query, own), "operationId": query.name}}
    return paths


def question_parameters(graph: Graph) -> Json:
    """Gives the parameters of all stored questions, by question and name."""
    return {
        _key(query, each): _parameter(each)
        for query in graph.queries.values()
        for each in described(query, graph)
    }


def schema_of(described: DescribedParameter) -> Json:
    """Gives the schema of a parameter's values."""
    schemas: Mapping[str, Json] = {
        THING: {"type": "string", "minLength": 1, "pattern": NOT_BLANK},
        CONCEPT: {"type": "string", "enum": [choice.value for choice in described.allowed]},
        DATE: {"type": "string", "format": "date"},
        "integer": {"type": "integer"},
        "decimal": {"type": "number"},
        "boolean": {"type": "boolean"},
    }
    schema = schemas.get(described.type, {"type": "string"})
    if described.default is not None and described.default != "today":
        schema["default"] = _value(described.type, described.default)
    return schema


def _asked(query: SparqlFile, own: Iterable[DescribedParameter]) -> Json:
    certainty = shared("certainty") if query.tells_certainty else []
    answer: Mapping[Form, Json] = {PLAIN_JSON: {"$ref": "#/components/schemas/Answer"}}
    columns = ", ".join(_columns(query))
    words = f"{query.head.get('description', '')} The columns are {columns}. {_UNKNOWN}"
    return {
        "operationId": _identifier("query", query),
        "tags": ["Questions"],
        "summary": query.head.get("question", query.summary),
        "description": words.strip(),
        "parameters": [
            *_own(query, own),
            *shared("known-on", "joined-by"),
            *certainty,
            format_parameter(form.name for form in QUESTIONS),
        ],
        "responses": responses(query.summary, contents(QUESTIONS, answer), problems=[404]),
    }


def _explained(query: SparqlFile, own: Iterable[DescribedParameter]) -> Json:
    row = parameter(
        "row", "The number of the row to explain; all if left out.", _whole(), example=1
    )
    return {
        "operationId": _identifier("explain", query),
        "tags": ["Explanations"],
        "summary": f"What carries the rows of: {query.summary}",
        "description": "Takes each row apart into the statements and sources that it rests on. "
        + _UNKNOWN,
        "parameters": [
            *_own(query, own),
            row,
            _where(query, is_required=False),
            *shared("known-on", "joined-by"),
            format_parameter(form.name for form in EXPLANATIONS),
        ],
        "responses": responses(
            "The rows with their statements, sources and rules.",
            contents(EXPLANATIONS),
            problems=[404],
        ),
    }


def _why_not(query: SparqlFile, own: Iterable[DescribedParameter]) -> Json:
    return {
        "operationId": _identifier("why_not", query),
        "tags": ["Explanations"],
        "summary": f"What keeps a row away from: {query.summary}",
        "description": "Says which conditions fail, which statements are missing, and when it "
        "is otherwise. " + _UNKNOWN,
        "parameters": [
            *_own(query, own),
            _where(query, is_required=True),
            *shared("known-on", "joined-by"),
            format_parameter(form.name for form in REFUSALS),
        ],
        "responses": responses("Why the row is not there.", contents(REFUSALS), problems=[404]),
    }


def _own(query: SparqlFile, own: Iterable[DescribedParameter]) -> list[Json]:
    return shared(*(_key(query, each) for each in own))


def _key(query: SparqlFile, described: DescribedParameter) -> str:
    return f"{query.name}.{described.name}"


def _parameter(described: DescribedParameter) -> Json:
    more: Json = {}
    if described.example is not None:
        more["example"] = _value(described.type, described.example)
    return parameter(
        described.name,
        _description(described),
        schema_of(described),
        is_required=described.is_required,
        **more,
    )


def _description(described: DescribedParameter) -> str:
    words = [described.meaning]
    if described.type == THING:
        words.append(_NAMED)
    if described.default == "today":
        words.append("Today if left out.")
    return " ".join(words)


def _value(type_: str, text: str) -> object:
    if type_ == "integer":
        return int(text)
    if type_ == "decimal":
        return float(text)
    return text == "true" if type_ == "boolean" else text


def _whole() -> Json:
    return {"type": "integer", "minimum": 1, "maximum": 999_999_999}


def _where(query: SparqlFile, *, is_required: bool) -> Json:
    columns = _columns(query)
    pattern = f"^({'|'.join(map(re.escape, columns))})=[\\s\\S]*{NOT_BLANK}"
    schema: Json = {"type": "array", "items": {"type": "string", "pattern": pattern}}
    return parameter(
        "where",
        f"A value that the row has, as column=value; may be repeated. The columns are "
        f"{', '.join(columns)}.",
        {**schema, "minItems": 1} if is_required else schema,
        is_required=is_required,
        style="form",
        explode=True,
    )


def _columns(query: SparqlFile) -> tuple[str, ...]:
    return column_names(read_query(query.text).select)


def _identifier(verb: str, query: SparqlFile) -> str:
    return f"{verb}_{query.name.replace('-', '_')}"
