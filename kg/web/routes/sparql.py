"""The SPARQL 1.1 endpoint: `/sparql`."""

import re
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from kg.clocks import IN_FORCE, VIEWS
from kg.engine.network_guard import may_reach_network
from kg.relations.named import are_named_in
from kg.web.answering import Asked, answer
from kg.web.clocks import clocks_asked, clocks_of_view
from kg.web.edge.bodies import read_body
from kg.web.negotiation import GRAPHS, HTML, RDF, TABLES, TRUTHS, Form, wanted, whole_header
from kg.web.protocol import Describe, Query, Update, read_operation
from kg.web.replies import Problem
from kg.web.routes.reading import address_of, one, service_of
from kg.web.routes.writing import update

_MEGABYTE: Final = 1 << 20
_QUERY_FORM: Final = re.compile(
    r"""(?>\s++|\#[^\n\r]*+|<[^>]*+>|"[^"]*+"|'[^']*+'|[^\s<>"'\#:(){}?$*]*+:
        |(?:BASE|PREFIX|VERSION)\b)*+
        (SELECT|ASK|CONSTRUCT|DESCRIBE)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""The prologue of a query, whatever its names and comments hold, and what it begins with."""
_OWN_DEFAULT: Final = ("urn:x-rdflib:default",)
"""What rdflib's Dataset calls the default graph, which it names in every query."""


async def sparql(request: Request) -> Response:
    """The answer to a query, what an update did, or the service description."""
    service = service_of(request)
    limits = service.settings.limits
    body = b""
    if request.method == "POST":
        megabytes = limits.body_of_graph if service.settings.writable else limits.body
        body = await read_body(
            request.scope,
            request.receive,
            most=megabytes * _MEGABYTE,
            seconds=limits.seconds_to_send,
        )
    operation = read_operation(
        request.method, request.scope["query_string"], request.headers.get("content-type"), body
    )
    if isinstance(operation, Describe):
        return await _describe(request, operation)
    if isinstance(operation, Update):
        return await update(request, operation)
    return await answer(service, request, _asked(request, operation))


async def _describe(request: Request, operation: Describe) -> Response:
    """Gives the service description, or to a browser the page with a form for queries."""
    clocks_asked(one(request, "on"), one(request, "known-on"), one(request, "joined-by"))
    accept = whole_header(request.headers, "accept")
    form, media_type = wanted(accept, (*RDF, HTML), name=operation.format)
    told = {"form": form.name, "media_type": media_type, "address": address_of(request)}
    if form is HTML:
        return await answer(service_of(request), request, Asked("sparql_page", told))
    service = service_of(request)
    described = {**told, "what": "service-description", "services": service.settings.services}
    return await answer(service, request, Asked("service", described, is_of_today=False))


def _asked(request: Request, query: Query) -> Asked:
    """Gives what a query asks for; raises Problem or InvalidValue."""
    writable = service_of(request).settings.writable
    clocks = clocks_asked(query.on, query.known_on, query.joined_by)
    if writable and (clocks.on or not clocks.are_plain):
        raise Problem(
            400,
            "on, known-on and joined-by are answered from the graph itself, not from a scratch "
            "copy that is written to. Leave them out, or ask a service without --writable.",
        )
    is_own = query.default_graphs == _OWN_DEFAULT and not query.named_graphs
    default = () if is_own else query.default_graphs
    if (view := _whole_view(query)) and not writable:
        clocks, default = replace(clocks_of_view(view), on=clocks.on), ()
    on, known_on = (None if day is None else day.value for day in (clocks.on, clocks.known_on))
    form, media_type = wanted(
        whole_header(request.headers, "accept"), _forms(query.text), name=query.format
    )
    told = {
        "query": query.text,
        "base": f"{address_of(request)}/sparql",
        "default": default,
        "named": query.named_graphs,
        "on": on,
        "form": form.name,
        "media_type": media_type,
        "known-on": known_on,
        "joined-by": None if clocks.joined_by == IN_FORCE else clocks.joined_by,
    }
    relations = service_of(request).snapshot.project.relations
    is_of_today = not on and are_named_in(query.text, relations)
    is_own = not (service_of(request).settings.services and may_reach_network(query.text))
    headers = {"Link": f'<{address_of(request)}/sparql>; rel="service-desc"'}
    return Asked(
        "sparql",
        told,
        known_on,
        clocks.joined_by,
        headers=headers,
        is_of_today=is_of_today,
        is_own=is_own,
    )


def _whole_view(query: Query) -> str | None:
    """Gives the one view that is the whole dataset of a query, if it is one as known on a day."""
    graphs = query.default_graphs
    if query.known_on or query.joined_by or query.named_graphs or len(graphs) != 1:
        return None
    return graphs[0] if graphs[0].startswith(VIEWS) and "/on/" not in graphs[0] else None


def _forms(sparql: str) -> tuple[Form, ...]:
    """Gives the forms that the answer can have; what is no query is refused in any form."""
    match = _QUERY_FORM.match(sparql)
    if not match:
        return (*TABLES, *RDF)
    kind = match[1].upper()
    if kind in ("CONSTRUCT", "DESCRIBE"):
        return GRAPHS
    return TRUTHS if kind == "ASK" else TABLES
