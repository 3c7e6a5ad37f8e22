"""Bodies that are read within limits, and headers that are checked before they are sent."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.edge.heads import KILOBYTE, busy, problem_answer
from kg.web.replies import Problem

_UNSAFE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_CLOSE: Final = {"Connection": "close"}


async def read_body(scope: Scope, receive: Receive, *, most: int, seconds: float) -> bytes:
    """Gives the whole body of a request of at most `most` bytes.

    Raises Problem 413 for a longer one, without reading it where Content-Length tells; Problem 408
    where it has not come within the seconds; ClientDisconnect where the client has gone.
    """
    announced = [value for name, value in scope["headers"] if name == b"content-length"]
    if announced and int(announced[0]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part: bytes = message.get("body", b"")
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Problem(
            408,
            f"The body did not come within {seconds:g} seconds. Send a shorter one, or faster.",
            headers=_CLOSE,
        ) from None


def check_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raises Problem 500 for a header of an answer that could be read as more than one header."""
    if _UNSAFE.search(b"".join([part for pair in headers for part in pair])):
        names = b", ".join(name for name, value in headers if _UNSAFE.search(name + value))
        raise Problem(
            500,
            f"A header of the answer has a control character: {names.decode('latin-1')!r}. "
            "So the answer was not sent. Report the address as a mistake of the service.",
        )


class SafeAnswers:
    """Passes on an application's answers, whose headers are checked.

    A request that is cancelled, as when the service stops before it is done, gets 503.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request by the application, or by the problem that it raises."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_checked(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                check_headers(list(message.get("headers", ())))
                has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_checked)
        except asyncio.CancelledError:
            if has_begun:
                raise
            await _send_problem(busy("The service is stopping. Try again later."), send)
        except Problem as problem:
            if has_begun:
                raise
            await _send_problem(problem, send)


async def _send_problem(problem: Problem, send: Send) -> None:
    headers, body = problem_answer(problem)
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _too_large(most: int) -> Problem:
    kilobytes = most / KILOBYTE
    size = (
        f"{kilobytes:g} kilobytes"
        if kilobytes < KILOBYTE
        else f"{kilobytes / KILOBYTE:g} megabytes"
    )
    return Problem(413, f"The body has more than {size}. Send a shorter one.", headers=_CLOSE)
