"""Reads requests to /sparql and /graph-store, by what the standards say and nothing else.

`SPARQL 1.1 Protocol, section 2 <https://www.w3.org/TR/sparql11-protocol/#protocol>`_ and
`SPARQL 1.1 Graph Store HTTP Protocol, section 4
<https://www.w3.org/TR/sparql11-http-rdf-update/#graph-identification>`_.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl

import pyoxigraph

from kg.web.replies import Problem

FORM: Final = "application/x-www-form-urlencoded"
SPARQL_QUERY: Final = "application/sparql-query"
SPARQL_UPDATE: Final = "application/sparql-update"
_MOST_PARAMETERS: Final = 1000
_WAYS: Final = (
    f"Send GET with query=, or POST with the text as {SPARQL_QUERY} or {SPARQL_UPDATE}, or with "
    f"query= or update= as {FORM}."
)

Parameters: TypeAlias = Mapping[str, list[str]]


@dataclass(frozen=True)
class Query:
    """A query, the graphs that are its dataset, and as of when and in which form it is asked."""

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    on: str | None = None
    known_on: str | None = None
    joined_by: str | None = None


@dataclass(frozen=True)
class Update:
    """An update, and the graphs that its operations match their WHERE against."""

    text: str
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Describe:
    """A request for the service description."""

    format: str | None = None


Operation: TypeAlias = Query | Update | Describe


@dataclass(frozen=True)
class GraphTarget:
    """What a request to the graph store is about.

    That is the graph of an IRI, or the default graph, or with `is_store` the store itself, to
    which a graph can be added.
    """

    graph: str | None = None
    is_store: bool = False


def read_operation(
    method: str, query_string: bytes, content_type: str | None, body: bytes
) -> Operation:
    """Reads what a request to /sparql asks for; raises Problem that says what to send instead."""
    address = read_parameters(query_string)
    if method in ("GET", "HEAD"):
        if "update" in address:
            raise Problem(
                400,
                f"An update is sent by POST: as {SPARQL_UPDATE}, or as update= in {FORM}.",
            )
        if "query" not in address:
            return Describe(_form(address))
        return _operation(address)
    if method != "POST":
        raise Problem(
            405,
            f"{method} is no way to ask. {_WAYS}",
            headers={"Allow": "GET, HEAD, POST, OPTIONS"},
        )
    media_type = read_media_type(content_type, _WAYS)
    if "query" in address or "update" in address:
        raise Problem(400, f"In a POST the query or update stands in the body. {_WAYS}")
    if media_type == FORM:
        return _operation(_joined(address, read_parameters(body)))
    if media_type in (SPARQL_QUERY, SPARQL_UPDATE):
        name = "query" if media_type == SPARQL_QUERY else "update"
        return _operation(_joined(address, {name: [decoded(body, "The body")]}))
    raise Problem(415, f'"{media_type}" is not read here. {_WAYS}')


def read_graph_target(path: str, query_string: bytes, *, store: str) -> GraphTarget:
    """Reads which graph a request to the graph store is about.

    `path` is what follows /graph-store in the address as it was sent, percent-encoded, and
    `store` the address of /graph-store itself: a graph may be named by its own address there.
    """
    parameters = read_parameters(query_string)
    graphs = parameters.get("graph", [])
    named = len(graphs) + len(parameters.get("default", []))
    direct = path.strip("/")
    if named + bool(direct) > 1:
        raise Problem(
            400,
            "A request is about one graph: name it once, by ?graph=IRI or ?default or its own "
            "address.",
        )
    if direct:
        graph = f"{store.rstrip('/')}/{path.removeprefix('/')}"
        return GraphTarget(_absolute("The address", graph))
    if graphs:
        return GraphTarget(_absolute("graph", graphs[0]))
    return GraphTarget(is_store=not named)


def read_media_type(content_type: str | None, instead: str) -> str:
    """Gives the media type of a body; raises Problem 415 where none is given or text is no UTF-8.

    `instead` says what to send.
    """
    media_type, *parameters = (content_type or "").split(";")
    if not media_type.strip():
        raise Problem(415, f"The body has no Content-Type. {instead}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "Text is read as UTF-8 only. Send charset=utf-8.")
    return media_type.strip().lower()


def read_parameters(encoded: bytes) -> Parameters:
    """Reads the parameters of an address or a form; raises Problem 400 for what is no UTF-8."""
    try:  # each byte as one character, so that what is percent-encoded joins what is not
        pairs = parse_qsl(
            encoded.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise Problem(400, f"At most {_MOST_PARAMETERS} parameters are read.") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        known = decoded(name.encode("latin-1"), "A parameter's name")
        found.setdefault(known, []).append(decoded(value.encode("latin-1"), f"{known}="))
    return found


def decoded(text: bytes, what: str) -> str:
    """Gives text that was sent as UTF-8; raises Problem 400 for what is none."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, f"{what} is no UTF-8 at byte {error.start + 1}. Send UTF-8.") from error


def _operation(parameters: Parameters) -> Operation:
    queries, updates = parameters.get("query", []), parameters.get("update", [])
    if len(queries) + len(updates) != 1:
        _refuse_number(len(queries), len(updates))
    if updates:
        _refuse_query_dataset(parameters)
        return Update(
            updates[0],
            _graphs(parameters, "using-graph-uri"),
            _graphs(parameters, "using-named-graph-uri"),
        )
    return Query(
        queries[0],
        _graphs(parameters, "default-graph-uri"),
        _graphs(parameters, "named-graph-uri"),
        format=_form(parameters),
        on=_only(parameters, "on"),
        known_on=_only(parameters, "known-on"),
        joined_by=_only(parameters, "joined-by"),
    )


def _refuse_number(queries: int, updates: int) -> NoReturn:
    if queries and updates:
        raise Problem(400, "A request holds a query or an update, not both. Send two requests.")
    if queries or updates:
        raise Problem(400, "A request holds one query or one update. Send several requests.")
    raise Problem(400, f"The request holds no query and no update. {_WAYS}")


def _refuse_query_dataset(parameters: Parameters) -> None:
    """Raises Problem for graphs that an update would silently not be about."""
    for name in ("default-graph-uri", "named-graph-uri"):
        if name in parameters:
            instead = name.removeprefix("default-")
            raise Problem(400, f"{name} is for queries. With an update send using-{instead}.")


def _graphs(parameters: Parameters, name: str) -> tuple[str, ...]:
    found = (_absolute(name, value) for value in parameters.get(name, []))
    return tuple(dict.fromkeys(found))


def _absolute(what: str, iri: str) -> str:
    try:
        return pyoxigraph.NamedNode(iri).value
    except ValueError as error:
        raise Problem(
            400,
            f'{what} names a graph by an absolute IRI, and "{iri[:200]}" is none: {error}. Send '
            "one such as https://w3id.org/alliance-kg/graph/derived, percent-encoded.",
        ) from error


def _form(parameters: Parameters) -> str | None:
    for name in ("format", "output"):
        if given := next(filter(str.strip, parameters.get(name, [])), None):
            return given
    return None


def _only(parameters: Parameters, name: str) -> str | None:
    values = list(dict.fromkeys(filter(str.strip, parameters.get(name, []))))
    if len(values) > 1:
        raise Problem(400, f"{name} is given several times. Send it once.")
    return values[0] if values else None


def _joined(first: Parameters, second: Parameters) -> Parameters:
    return {
        name: [*first.get(name, []), *second.get(name, [])]
        for name in dict.fromkeys([*first, *second])
    }
