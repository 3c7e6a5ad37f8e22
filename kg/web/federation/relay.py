"""The relay: what the engine asks in the place of endpoints, on loopback.

Each endpoint has a path that nobody can guess, and each query a number after it, by which its
requests are counted and timed.
"""

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kg.errors import KgError
from kg.web.edge.bodies import read_body
from kg.web.federation.forwarding import BeyondLimit, Forwarder, Resolver, Results, failed, resolve
from kg.web.replies import Problem
from kg.web.settings import Limits

MOST_REQUESTS: Final = 8
"""How many requests one query may make; a SERVICE within OPTIONAL or EXISTS may make many."""
MOST_AT_ONCE: Final = 8
"""How many requests are relayed at once; others wait."""
_SHARE: Final = 0.8
"""How much of a query's time its endpoints may take, so that their lateness can be told."""
_SECRET: Final = 32


@dataclass
class _Query:
    """What a query has used: the moment until which it may be answered, and its requests.

    `beyond` says which limit it met, if any.
    """

    until: float
    requests: int = 0
    beyond: str = ""


class Relay:
    """Asks endpoints for the queries of the pool; `addresses` is there once it has started.

    `resolver` and `context` say how names are resolved and certificates checked.
    """

    def __init__(
        self,
        endpoints: Iterable[str],
        limits: Limits,
        *,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.seconds = limits.seconds * _SHARE
        self.body = limits.body << 20
        self.addresses: Mapping[str, str] = {}
        self._forwarder = Forwarder(limits.size << 20, resolver=resolver, context=context)
        self._endpoints = {secrets.token_urlsafe(_SECRET): each for each in endpoints}
        self._queries: dict[str, _Query] = {}
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def start(self) -> None:
        """Listens on a free port of loopback."""
        listener = socket.create_server(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.addresses = {each: f"{base}/{path}" for path, each in self._endpoints.items()}
        app = Starlette(routes=[Route("/{path}/{number}", self._answer, methods=["GET", "POST"])])
        self._server = _Server(
            uvicorn.Config(
                app,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._serving = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Stops listening; what is asked for then is given up."""
        self._server.should_exit = True
        await self._serving

    async def _answer(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.path_params["path"])
        if endpoint is None:
            return Response("There is nothing here.", 404, media_type="text/plain")
        number = request.path_params["number"]
        if request.method != "POST":
            return Response(self._state(number).beyond, media_type="text/plain")
        try:
            query = await read_body(
                request.scope, request.receive, most=self.body, seconds=self.seconds
            )
            asking = asyncio.ensure_future(self._relayed(endpoint, number, query))
            results = await _unless_gone(request, asking)
        except ClientDisconnect:
            return Response(status_code=499)
        except Problem as problem:
            return self._beyond(number, failed(endpoint, f"is not asked: {problem.detail}"))
        except BeyondLimit as error:
            return self._beyond(number, error)
        except KgError as error:
            return Response(str(error), 502, media_type="text/plain")
        return Response(memoryview(results.content), media_type=results.media_type)

    def _beyond(self, number: str, error: KgError) -> Response:
        self._state(number).beyond = str(error)
        return Response(str(error), 502, media_type="text/plain")

    async def _relayed(self, endpoint: str, number: str, query: bytes) -> Results:
        """Gives what an endpoint answers; raises EngineError."""
        if any(path.encode() in query for path in self._endpoints):
            raise failed(endpoint, "is not asked about this relay")
        state = self._state(number)
        if state.requests >= MOST_REQUESTS:
            reason = (
                f"would be asked more than {MOST_REQUESTS} times for one query; SERVICE stands "
                "best outside OPTIONAL, EXISTS and MINUS"
            )
            raise BeyondLimit(str(failed(endpoint, reason)))
        state.requests += 1
        try:
            async with asyncio.timeout_at(state.until), self._places:
                return await self._forwarder.ask(endpoint, query)
        except TimeoutError:
            raise failed(endpoint, f"gave no answer within {self.seconds:g} s") from None

    def _state(self, number: str) -> _Query:
        """Gives what a query has used, and forgets queries that have ended."""
        now = asyncio.get_running_loop().time()
        for each, state in list(self._queries.items()):
            if state.until + self.seconds < now:
                del self._queries[each]
        return self._queries.setdefault(number, _Query(now + self.seconds))


async def _unless_gone(request: Request, work: asyncio.Future[Results]) -> Results:
    """Waits for results; raises ClientDisconnect where the query was ended meanwhile."""
    leaving = asyncio.ensure_future(request.receive())
    leaving.add_done_callback(lambda _: work.cancel())
    try:
        return await work
    except asyncio.CancelledError:
        work.cancel()
        raise ClientDisconnect from None
    finally:
        leaving.cancel()


class _Server(uvicorn.Server):
    """A server within another, to which signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
