"""Writing, where the service was started for it: updates and the graph store.

What is written goes to a scratch copy in memory; the files are never touched.
"""

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from kg.web.answering import client_of
from kg.web.edge.bodies import read_body
from kg.web.negotiation import RDF, content_type, wanted, whole_header
from kg.web.protocol import Update, read_graph_target
from kg.web.replies import Problem, Reply
from kg.web.routes.reading import address_of, one, service_of

_MEGABYTE: Final = 1 << 20


async def update(request: Request, operation: Update) -> Response:
    """What an update did to the scratch copy."""
    service = service_of(request)
    if not service.settings.writable:
        raise Problem(
            403,
            "This service only reads. An update is for a scratch copy, which kg serve --writable "
            "offers.",
        )
    allow(request)
    told = {
        "update": operation.text,
        "using": operation.using,
        "using_named": operation.using_named,
        "base": f"{address_of(request)}/sparql",
    }
    return _response(await service.pool.update("update", told, client=client_of(request)))


async def graph_store(request: Request) -> Response:
    """One graph of the scratch copy: read, put, added to, removed."""
    service = service_of(request)
    address = f"{address_of(request)}/graph-store"
    raw = request.scope.get("raw_path", request.scope["path"].encode()).decode("latin-1")
    path = raw.partition("?")[0].removeprefix("/graph-store")
    target = read_graph_target(path, request.scope["query_string"], store=address)
    told: dict[str, object] = {
        "method": request.method,
        "graph": target.graph,
        "is_store": target.is_store,
        "content_type": request.headers.get("content-type"),
        "base": address,
    }
    if request.method in ("GET", "HEAD"):
        form, media_type = wanted(
            whole_header(request.headers, "accept"), RDF, name=one(request, "format")
        )
        told |= {"form": form.name, "media_type": media_type}
        return _response(await service.pool.run("graph_store", told, client=client_of(request)))
    allow(request)
    limits = service.settings.limits
    body = await read_body(
        request.scope,
        request.receive,
        most=limits.body_of_graph * _MEGABYTE,
        seconds=limits.seconds_to_send_graph,
    )
    return _response(
        await service.pool.update("graph_store", told, body, client=client_of(request))
    )


def allow(request: Request) -> None:
    """Raises Problem 401 without the token that is asked for, 403 for a page of another site.

    A browser sends what any page tells it to, even to a service on its own machine; so a request
    that names another origin, or another host, is refused where no token protects the service.
    """
    settings = service_of(request).settings
    if settings.token is not None:
        given = request.headers.get("authorization", "")
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.strip().encode(), settings.token.encode()
        ):
            raise Problem(
                401,
                "Writing needs the token of this service. Send it as Authorization: Bearer TOKEN.",
                headers={"WWW-Authenticate": 'Bearer realm="alliance-kg"'},
            )
        return
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.url.netloc:
        raise Problem(
            403, f"A page of {origin} may not write here. Start the service with a token."
        )
    if origin == "null" or (request.url.hostname or "") not in _own_names(settings.host):
        raise Problem(
            403,
            f"Without a token only requests to {settings.host} itself may write. Start the service "
            "with a token.",
        )


def _own_names(host: str) -> tuple[str, ...]:
    return (host, "localhost", "127.0.0.1", "::1")


def _response(reply: Reply) -> Response:
    headers = {"Cache-Control": "no-store", **reply.headers}
    if reply.media_type:
        headers["Content-Type"] = content_type(reply.media_type)
    return Response(reply.body or None, reply.status, headers)
