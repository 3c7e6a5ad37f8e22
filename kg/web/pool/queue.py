"""Whose turn it is: clients take turns, and none has more than its share at once."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from kg.web.replies import Problem
from kg.web.settings import Limits

_RETRY_AFTER: Final = "5"


@dataclass
class _Client:
    active: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Lets so many requests work at once, of each client so many, and the others wait."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.active = 0
        self.waiting = 0
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Waits for a client's turn; raises Problem 503 where it would wait too long."""
        own = self._clients.setdefault(client, _Client())
        if self.active < self.limits.workers and own.active < self.limits.client:
            self._begin(client)
        else:
            await self._wait(client, own)
        try:
            yield
        finally:
            self.active -= 1
            own.active -= 1
            self._next()
            self._forget(client)

    def _begin(self, name: str) -> None:
        """Counts a turn; it is that of the others before it is this client's again."""
        self.active += 1
        self._clients[name].active += 1
        self._clients.move_to_end(name)

    async def _wait(self, name: str, client: _Client) -> None:
        if self.waiting >= self.limits.waiting or len(client.waiting) >= self._share:
            self._forget(name)
            raise _busy(f"{self.waiting} requests are waiting already.")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        client.waiting.append(turn)
        self.waiting += 1
        timer = loop.call_later(self.limits.patience, _give_up, turn)
        try:
            await turn
        except TimeoutError as error:
            self._leave(client, turn)
            self._forget(name)
            seconds = f"{self.limits.patience:g}"
            raise _busy(f"It was not the request's turn within {seconds} seconds.") from error
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.active -= 1  # it was its turn, and it is gone
                client.active -= 1
                self._next()
            else:
                self._leave(client, turn)
            self._forget(name)
            raise
        finally:
            timer.cancel()

    def _leave(self, client: _Client, turn: asyncio.Future[None]) -> None:
        if turn in client.waiting:
            client.waiting.remove(turn)
            self.waiting -= 1

    def _next(self) -> None:
        """Gives the free place to the client that has waited longest for a turn of its own."""
        for name, client in list(self._clients.items()):
            if self.active >= self.limits.workers:
                return
            while client.waiting and client.active < self.limits.client:
                turn = client.waiting.popleft()
                self.waiting -= 1
                if not turn.done():
                    self._begin(name)
                    turn.set_result(None)
                    break

    def _forget(self, name: str) -> None:
        client = self._clients.get(name)
        if client and not client.active and not client.waiting:
            del self._clients[name]

    @property
    def _share(self) -> int:
        """How many requests of one client may wait: half of all, so that others find room."""
        return max(1, self.limits.waiting // 2)


def _busy(why: str) -> Problem:
    return Problem(503, f"{why} Try again in a few seconds.", headers={"Retry-After": _RETRY_AFTER})


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())
