"""What every answer carries: a request's id, who may read it, what a browser may do with it.

An ASGI application around another; it also writes the access log and counts.
"""

import re
import secrets
import sys
import time
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.service import Service

_EVERYWHERE: Final = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"ETag, Last-Modified, Link, Location, Content-Location, Retry-After, X-Request-Id",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
)
_READING: Final = "GET, HEAD, OPTIONS"
_PREFLIGHT: Final = (
    (
        b"access-control-allow-headers",
        b"*, Accept, Authorization, Content-Type, If-Modified-Since, If-None-Match, X-Request-Id",
    ),
    (b"access-control-max-age", b"86400"),
)
_OWN_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LONGEST_LOGGED: Final = 600


class Manners:
    """Adds the headers, answers OPTIONS, logs and counts."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the application does, with manners."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        id_ = _id_of(scope)
        scope.setdefault("state", {})["id"] = id_.decode()
        status, size = 500, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *_EVERYWHERE,
                    (b"x-request-id", id_),
                ]
            elif scope["method"] != "HEAD":
                size += len(message.get("body", b""))
            await send(message)

        try:
            if scope["method"] == "OPTIONS":
                await self._say_what_is_allowed(scope["path"], sending)
            else:
                await self.app(scope, receive, sending)
        finally:
            self._count(scope, status, size, time.perf_counter() - began)

    async def _say_what_is_allowed(self, path: str, send: Send) -> None:
        allowed = methods_of(path, is_writable=self.service.settings.writable).encode()
        headers = [(b"allow", allowed), (b"access-control-allow-methods", allowed), *_PREFLIGHT]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _count(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        endpoint = scope.get("endpoint")
        route = getattr(endpoint, "__name__", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.service.metrics.requests.labels(route, method, str(status)).inc()
        self.service.metrics.seconds.labels(route).observe(seconds)
        if self.service.settings.access_log:
            with suppress(OSError, ValueError):
                sys.stderr.write(logged(scope, status, size, seconds))


_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


def methods_of(path: str, *, is_writable: bool) -> str:
    """Gives the methods that an address answers, as the header Allow lists them."""
    if path.rstrip("/") == "/sparql":
        return f"{_READING}, POST"
    if is_writable and (path == "/graph-store" or path.startswith("/graph-store/")):
        return f"{_READING}, POST, PUT, PATCH, DELETE"
    return _READING


def logged(scope: Scope, status: int, size: int, seconds: float) -> str:
    """Gives a line of the access log: client, request, status, bytes, seconds, id, agent."""
    target = scope.get("raw_path", b"") + (b"?" if scope["query_string"] else b"")
    asked = (scope["method"].encode() + b" " + target + scope["query_string"])[:_LONGEST_LOGGED]
    agent = dict(scope["headers"]).get(b"user-agent", b"-")[:_LONGEST_LOGGED]
    client = _printable(scope["client"][0].encode() if scope.get("client") else b"-")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    id_ = scope["state"]["id"]
    return (
        f'{when} {client} "{_printable(asked)}" {status} {size} {seconds:.4f} {id_} '
        f'"{_printable(agent)}"\n'
    )


def _printable(text: bytes) -> str:
    """Gives text that can break out of no line and no quotation."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in text
    )


def _id_of(scope: Scope) -> bytes:
    """Gives the id that the client, or a proxy, gave the request, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _OWN_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()
