"""What the operations of the OpenAPI document share: schemas, headers, responses, parameters."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from kg.ask import CERTAINTIES
from kg.clocks import IN_FORCE, STAGES
from kg.web.negotiation import JSONLD, PLAIN_JSON, RESULTS_JSON, Form
from kg.web.replies import PROBLEM_TYPE, TITLES

Json: TypeAlias = dict[str, object]
"""An object of JSON."""

SHORTCUTS: Final = ("coverage", "disagreements")
"""The stored questions that have an address of their own too, without /query."""
NOT_BLANK: Final = r"[^\s\u001c-\u001f\u0085]"
"""The pattern of a text that has something to read, in any dialect of regular expressions."""
_CELL: Final[Json] = {"type": ["string", "number", "boolean", "null"]}
_DAY: Final[Json] = {"type": "string", "format": "date"}

SCHEMAS: Final[Json] = {
    "Answer": {
        "description": "The answer to a stored question, with what it was asked and as of when.",
        "type": "object",
        "required": [
            *("query", "parameters", "clocks", "columns", "rows", "count", "coverage"),
            "disputed",
        ],
        "properties": {
            "query": {"type": "string", "description": "The question's name."},
            "parameters": {
                "type": "object",
                "description": "What was asked for, by parameter, defaults included.",
            },
            "clocks": {
                "type": "object",
                "description": "The day that is asked about, the day whose knowledge answers, "
                "and the step that counts as joining.",
            },
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {
                "type": "array",
                "description": "One object a row: numbers are numbers, dates and IRIs are text, "
                "a column without a value is null.",
                "items": {"type": "object", "additionalProperties": _CELL},
            },
            "count": {"type": "integer", "minimum": 0},
            "coverage": {
                "type": "array",
                "description": "What the graph claims to know completely, as far as the answer "
                "rests on it.",
                "items": {"type": "string"},
            },
            "disputed": {
                "type": ["string", "null"],
                "description": "Where sources differ about a row, a sentence that says so.",
            },
        },
    },
    "Results": {
        "description": "SPARQL 1.1 Query Results JSON.",
        "type": "object",
        "required": ["head"],
        "properties": {
            "head": {
                "type": "object",
                "properties": {"vars": {"type": "array", "items": {"type": "string"}}},
            },
            "results": {
                "type": "object",
                "required": ["bindings"],
                "properties": {"bindings": {"type": "array", "items": {"type": "object"}}},
            },
            "boolean": {"type": "boolean"},
        },
    },
    "Problem": {
        "description": "What is wrong and what to do about it (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "line": {"type": "integer", "minimum": 1},
            "column": {"type": "integer", "minimum": 1},
            "acceptable": {"type": "array", "items": {"type": "string"}},
        },
    },
}
"""The schemas of what is sent as JSON."""


def _header(description: str, **schema: object) -> Json:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: Final[Json] = {
    "ETag": _header(
        "Names the answer; sent back as If-None-Match it gets 304 while nothing has changed."
    ),
    "Last-Modified": _header("When the graph was last changed."),
    "Link": _header("Other forms of the answer, its licence, and what describes it."),
    "X-Request-Id": _header("Names the request in the service's log."),
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Location": _header("Where the thing is.", format="uri-reference"),
}
"""The headers of responses, by name."""

_ALWAYS: Final = ("X-Request-Id",)
_OF_ANSWERS: Final = ("ETag", "Last-Modified", "Link", "X-Request-Id")
_PROBLEMS: Final = (400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 422, 429, 431, 500, 502, 503)
OF_ALL: Final = (400, 406, 408, 413, 414, 429, 431, 503)
"""The problems that every request can meet."""


def references(names: Iterable[str]) -> Json:
    """Gives headers by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem(status: int) -> Json:
    headers = [*_ALWAYS, *(["Retry-After"] if status in (429, 503) else [])]
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": f"{TITLES[status]}.",
        "headers": references(headers),
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }


RESPONSES: Final[Json] = {
    "304": {
        "description": "The answer is the one that If-None-Match names.",
        "headers": references(_OF_ANSWERS),
    },
    **{str(status): _problem(status) for status in _PROBLEMS},
}
"""The responses that operations share, by status."""


def responses(
    description: str, content: Json, *, problems: Iterable[int] = (), is_cached: bool = True
) -> Json:
    """Gives an operation's responses: the answer, 304 where it is cached, and the problems."""
    headers = _OF_ANSWERS if is_cached else _ALWAYS
    shared = [*(["304"] if is_cached else []), *map(str, sorted({*OF_ALL, *problems}))]
    return {
        "200": {"description": description, "headers": references(headers), "content": content},
        **{status: {"$ref": f"#/components/responses/{status}"} for status in shared},
    }


def contents(forms: Iterable[Form], schemas: Mapping[Form, Json] | None = None) -> Json:
    """Gives the media types of an answer; those without a schema are text."""
    known: Mapping[str, Json] = {
        RESULTS_JSON.media_type: {"$ref": "#/components/schemas/Results"},
        PLAIN_JSON.media_type: {"type": "object"},
        JSONLD.media_type: {"type": ["array", "object"]},
        **{form.media_type: schema for form, schema in (schemas or {}).items()},
    }
    media_types = [form.media_type for form in forms]
    return {each: {"schema": known.get(each, {"type": "string"})} for each in media_types}


def parameter(
    name: str, description: str, schema: Json, *, is_required: bool = False, **more: object
) -> Json:
    """Gives a parameter of the address's query; left empty it counts as left out, as in forms."""
    is_one = schema.get("type") != "array"
    may_be_empty = {"allowEmptyValue": True} if is_one and not is_required else {}
    return {
        **may_be_empty,
        "name": name,
        "in": "query",
        "description": description,
        "required": is_required,
        "schema": schema,
        **more,
    }


def format_parameter(names: Iterable[str], *, default: str | None = None) -> Json:
    """Gives the parameter that chooses a form of the answer and outweighs Accept."""
    schema: Json = {"type": "string", "enum": list(names)}
    if default:
        schema["default"] = default
    return parameter("format", "The form of the answer; without it Accept decides.", schema)


PARAMETERS: Final[Json] = {
    "on": parameter(
        "on", "The day on which plain relations such as org:memberOf hold; today if left out.", _DAY
    ),
    "known-on": parameter(
        "known-on",
        "The day whose knowledge answers; all that is known if left out. A day before anything "
        "was known is refused.",
        _DAY,
        example="2022-10-12",
    ),
    "joined-by": parameter(
        "joined-by",
        "The step that counts as joining.",
        {"type": "string", "enum": list(STAGES), "default": IN_FORCE},
    ),
    "certainty": parameter(
        "certainty",
        "Gives the rows alone that are certain, or those that are possible, where dates are too "
        "coarse to tell.",
        {"type": "string", "enum": list(CERTAINTIES)},
    ),
}
"""The parameters that operations share, by name."""


def shared(*names: str) -> list[Json]:
    """Gives shared parameters by reference."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
