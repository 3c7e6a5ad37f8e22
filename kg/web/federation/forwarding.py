"""Asks an endpoint on the public internet, at an address that was looked at first.

The name is resolved once, all its addresses have to be public, and the connection goes to one of
them by its number, so that a name that resolves to something else a moment later changes nothing.
Redirects, cookies, credentials and proxies are unknown here: only httpx's transport is used.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

import httpx

from kg.engine.remote_engine import USER_AGENT
from kg.errors import EngineError
from kg.web.federation.addresses import is_public

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host and a port; raises OSError where there are none."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "application/sparql-results+json",
    "application/json": "application/sparql-results+json",
    "application/sparql-results+xml": "application/sparql-results+xml",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
"""What the engine reads, by what endpoints call it."""

_HEADERS: Final = {
    "User-Agent": USER_AGENT,
    "Accept": "application/sparql-results+json, application/sparql-results+xml;q=0.8",
    "Accept-Encoding": "identity",
    "Content-Type": "application/sparql-query",
    "Connection": "close",
}
_MOST_ADDRESSES: Final = 4
_SECONDS_TO_CONNECT: Final = 3.0
_WORDS: Final = 2000
_NO_REUSE: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Gives the addresses that the system's resolver knows."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class BeyondLimit(EngineError):
    """A limit of this service stands against an answer; SILENT does not pass over that."""


@dataclass(frozen=True)
class Results:
    """What an endpoint answered: SPARQL results."""

    media_type: str
    content: bytearray


class Forwarder:
    """Asks endpoints; none of its answers has more than `size` bytes."""

    def __init__(
        self, size: int, *, resolver: Resolver = resolve, context: ssl.SSLContext | None = None
    ) -> None:
        self.size = size
        self.resolver = resolver
        self.context = context or httpx.create_ssl_context(trust_env=False)

    async def ask(self, endpoint: str, query: bytes) -> Results:
        """Gives the results of a query; raises EngineError that names the endpoint and why."""
        try:
            url = httpx.URL(endpoint)
        except httpx.InvalidURL as error:
            raise failed(endpoint, f"has an address that cannot be read: {error}") from error
        addresses = await self._addresses(endpoint, url)
        async with httpx.AsyncHTTPTransport(
            verify=self.context, trust_env=False, limits=_NO_REUSE
        ) as transport:
            try:
                response = await _first(transport, url, addresses, query)
                try:
                    return await self._results(endpoint, response)
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.StreamError) as error:
                reason = str(error) or type(error).__name__
                raise failed(endpoint, f"cannot be reached: {reason}") from error

    async def _addresses(self, endpoint: str, url: httpx.URL) -> Sequence[str]:
        """Gives the addresses of an endpoint, which are all public; raises EngineError."""
        host = url.raw_host.decode("ascii").strip("[]")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = list(dict.fromkeys(await self.resolver(host, port)))
        except (OSError, UnicodeError) as error:
            raise failed(endpoint, f"has no address that can be found: {error}") from error
        if not found or not all(map(is_public, found)):
            raise failed(endpoint, "resolves to an address that is not on the public internet")
        return found[:_MOST_ADDRESSES]

    async def _results(self, endpoint: str, response: httpx.Response) -> Results:
        status = response.status_code
        if 300 <= status < 400:
            target = _plain(response.headers.get("location", "").encode())
            raise failed(endpoint, f'redirects to "{target}", and redirects are not followed')
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity":
            raise failed(endpoint, f"answered in a coding that was not asked for ({coding[:20]})")
        if status != 200:
            words = _plain(await _beginning(response))
            raise failed(endpoint, f'answered with status {_named(status)}: "{words}"')
        said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if said not in MEDIA_TYPES:
            raise failed(endpoint, f'answered with "{said[:80]}", which is no table of results')
        return Results(MEDIA_TYPES[said], await self._whole(endpoint, response))

    async def _whole(self, endpoint: str, response: httpx.Response) -> bytearray:
        content = bytearray()
        async for part in response.aiter_raw():
            if len(content) + len(part) > self.size:
                reason = f"answered with more than {self.size >> 20} MB"
                raise BeyondLimit(str(failed(endpoint, reason)))
            content += part
        return content


def failed(endpoint: str, reason: str) -> EngineError:
    """Gives the error that an endpoint, named by SERVICE, failed for a reason."""
    return EngineError(f"The endpoint <{endpoint}>, named by SERVICE, {reason}.")


async def _first(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[str], query: bytes
) -> httpx.Response:
    """Asks the first address that can be connected to; certificates are those of the name."""
    for position, address in enumerate(addresses, 1):
        request = httpx.Request(
            "POST",
            url.copy_with(host=address),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            content=query,
            extensions={
                "sni_hostname": url.raw_host.decode("ascii").strip("[]"),
                "timeout": {"connect": _SECONDS_TO_CONNECT},
            },
        )
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if position == len(addresses):
                raise
    raise AssertionError("the last address returns or raises")


async def _beginning(response: httpx.Response) -> bytes:
    found = b""
    async for part in response.aiter_raw():
        found += part
        if len(found) > _WORDS:
            break
    return found[:_WORDS]


def _plain(content: bytes) -> str:
    """Gives the first words of what a stranger sent, as text that can be shown."""
    text = " ".join(content.decode("utf-8", "replace").split())
    return "".join(each for each in text if each.isprintable())[:200]


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
