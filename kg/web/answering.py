"""From what was asked to the response: validators, remembered answers, one job, its form."""

import asyncio
import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from kg.clocks import IN_FORCE
from kg.dates import today
from kg.web.negotiation import coding, content_type, whole_header
from kg.web.replies import GONE, Reply
from kg.web.service import Service

_SOON: Final = 0.2
"""Seconds after which it is watched whether the client still waits."""
MAX_AGE: Final = 60
"""Seconds for which an answer need not be asked for again."""


@dataclass(frozen=True)
class Asked:
    """A request as it is understood: the job, what the job is told, and of which view.

    `headers` go with every answer.
    """

    job: str
    request: Mapping[str, Any]
    known_on: str | None = None
    joined_by: str = IN_FORCE
    headers: Mapping[str, str] = field(default_factory=dict)
    varies: bool = True
    """Whether the form was chosen by the Accept header."""
    is_of_today: bool = True
    """Whether the answer may change with the day."""
    is_own: bool = True
    """Whether it comes from the graph alone, so that it can be known that nothing has changed."""


async def answer(service: Service, request: Request, asked: Asked) -> Response:
    """Answers a request that reads; raises Problem.

    The entity tag is strong: it stands for the state of the graph and what was asked, and so for
    the bytes (`RFC 9110, section 8.8 <https://www.rfc-editor.org/rfc/rfc9110#section-8.8>`_).
    """
    encoding = coding(whole_header(request.headers, "accept-encoding"))
    day = today().value if asked.is_of_today else ""
    reads = request.method in ("GET", "HEAD") and asked.is_own
    key = _key(service.pool.version, day, encoding, asked)
    modified = _modified(service.pool.modified, day)
    if reads and f'"{key}"' in _known_tags(request):
        service.metrics.remembered.labels("not modified").inc()
        return Response(None, 304, _headers(service, asked, key, day, modified))
    reply = service.answers.get(key)
    service.metrics.remembered.labels("remembered" if reply else "worked out").inc()
    if reply is None:
        reply = await watched(request, _worked_out(service, request, asked, encoding))
        key = _key(reply.version, day, encoding, asked)
        if reply.is_lasting and reply.status == 200:
            service.answers.put(key, reply)
    if reply.is_lasting and reads and reply.status == 200:
        headers = _headers(service, asked, key, day, modified)
        if _is_known(request, f'"{key}"', modified):
            return Response(None, 304, headers)
    else:
        headers = {**asked.headers, "Cache-Control": "no-store", "Vary": _vary(asked)}
    if "Link" in asked.headers and "Link" in reply.headers:
        headers["Link"] = f"{reply.headers['Link']}, {headers['Link']}"
    if reply.coding:
        headers["Content-Encoding"] = reply.coding
    return Response(
        reply.body,
        reply.status,
        {**reply.headers, **headers, "Content-Type": content_type(reply.media_type)},
    )


def unchanging(request: Request, content: bytes, media_type: str) -> Response:
    """Answers by what is the same as long as the service is."""
    tag = f'"{hashlib.blake2b(content, digest_size=15).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={MAX_AGE}"}
    tags = _known_tags(request)
    if tag in tags or tags == ["*"]:
        return Response(None, 304, headers)
    return Response(content, 200, {**headers, "Content-Type": content_type(media_type)})


def client_of(request: Request) -> str:
    """Gives the address of the client, by which turns are taken."""
    return request.client.host if request.client else ""


async def _worked_out(
    service: Service, request: Request, asked: Asked, encoding: str | None
) -> Reply:
    return await service.pool.run(
        asked.job,
        asked.request,
        client=client_of(request),
        known_on=asked.known_on,
        joined_by=asked.joined_by,
        coding=encoding,
    )


async def watched(request: Request, work: Any) -> Reply:
    """Waits for a reply; nobody works on for a client that is gone."""
    task: asyncio.Task[Reply] = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=_SOON)
        if not task.done():
            leaving = asyncio.ensure_future(_gone(request))
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
    finally:
        if not task.done():
            task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        if await request.is_disconnected():
            return Reply(b"", "text/plain", GONE, is_lasting=False)  # nobody will read it
        raise


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _key(version: str, day: str, encoding: str | None, asked: Asked) -> str:
    told = [version, day, encoding, asked.job, asked.request, asked.known_on, asked.joined_by]
    written = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.blake2b(written, digest_size=15).hexdigest()


def _known_tags(request: Request) -> list[str]:
    known = whole_header(request.headers, "if-none-match") or ""
    return [each.strip().removeprefix("W/") for each in known.split(",")]


def _is_known(request: Request, tag: str, modified: datetime.datetime) -> bool:
    """Whether the client holds an answer that could be given (RFC 9110, section 13.1)."""
    if "if-none-match" in request.headers:
        tags = _known_tags(request)
        return tag in tags or tags == ["*"]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return since.astimezone(datetime.UTC) >= modified
    except (TypeError, ValueError, OverflowError):
        return False


def _modified(modified: float, day: str) -> datetime.datetime:
    """Gives when an answer last changed: with the graph, or where it is of today at midnight."""
    changed = datetime.datetime.fromtimestamp(int(modified), datetime.UTC)
    if day:
        midnight = datetime.datetime.fromisoformat(day).astimezone()
        changed = max(changed, midnight.astimezone(datetime.UTC))
    return min(changed, datetime.datetime.now(datetime.UTC).replace(microsecond=0))


def max_age(day: str, now: datetime.datetime) -> int:
    """Gives the seconds for which an answer is fresh, which one of today is not tomorrow.

    >>> max_age("2022-10-12", datetime.datetime(2022, 10, 12, 23, 59, 50))
    10
    """
    if not day:
        return MAX_AGE
    ends = datetime.datetime.fromisoformat(day) + datetime.timedelta(days=1)
    return max(0, min(MAX_AGE, int((ends - now).total_seconds())))


def freshness(service: Service, day: str = "") -> str:
    """Gives the value of Cache-Control for an answer that is the same until the graph changes."""
    if service.settings.reload or service.settings.writable:
        return "no-cache"
    return f"public, max-age={max_age(day, datetime.datetime.now())}"


def _headers(
    service: Service, asked: Asked, key: str, day: str, modified: datetime.datetime
) -> dict[str, str]:
    return {
        **asked.headers,
        "ETag": f'"{key}"',
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": freshness(service, day),
        "Vary": _vary(asked),
    }


def _vary(asked: Asked) -> str:
    return "Accept, Accept-Encoding" if asked.varies else "Accept-Encoding"
