"""The pool: jobs in, replies out, and nothing that a job does can last or spread."""

import asyncio
import contextlib
import math
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kg.clocks import IN_FORCE
from kg.errors import EngineError
from kg.web.pool.frames import Ended, Frame
from kg.web.pool.generation import Generation
from kg.web.pool.handle import Process, raise_told
from kg.web.pool.problems import not_at_hand, stopped
from kg.web.pool.process import Loading
from kg.web.pool.queue import Turns
from kg.web.pool.shares import Shares
from kg.web.pool.starting import start
from kg.web.replies import Problem, Reply
from kg.web.settings import Limits
from kg.web.snapshot import Snapshot

_READY = 2
_HEALTHY = 2.0
"""Seconds within which the graph is at hand."""
_TRUSTED = 1.0
"""Seconds for which it is not seen to again."""
_LONGEST_JOBS = 3
"""After how many times its limit no job goes on: to make a view and answer takes two at most."""


class Pool:
    """Processes over the present state of the graph; made by `Pool.start`."""

    def __init__(
        self, snapshot: Snapshot, limits: Limits, *, is_writable: bool, services: Mapping[str, str]
    ) -> None:
        self.limits = limits
        self.is_writable = is_writable
        self.services = services
        self.turns, self.shares = Turns(limits), Shares()
        self.snapshot = snapshot
        self.killed = 0
        """How many processes were ended at their limit, or ended themselves."""
        self.generation: Generation
        self._left: list[Snapshot] = []  # no longer answered from, but by jobs that go on
        self._updates = 0
        self._run = secrets.token_hex(4)
        self._replacing = asyncio.Lock()
        self._checking = asyncio.Lock()
        self._checked = -math.inf

    @classmethod
    async def start(
        cls,
        snapshot: Snapshot,
        limits: Limits,
        *,
        is_writable: bool,
        services: Mapping[str, str] | None = None,
    ) -> "Pool":
        """Starts a pool over a snapshot; raises EngineError.

        `services` are the endpoints that SERVICE may name, with their addresses at the relay.
        """
        pool = cls(snapshot, limits, is_writable=is_writable, services=services or {})
        pool.generation = await start(pool._loading(snapshot))
        for process in [await pool.generation.copy() for _ in range(_READY)]:
            pool.generation.give_back(process)
        return pool

    @property
    def version(self) -> str:
        """Names the present state of the graph."""
        return self.generation.version

    @property
    def modified(self) -> float:
        """When the present state came to be, in seconds since 1970."""
        return self.generation.modified

    async def run(
        self,
        job: str,
        request: Mapping[str, Any],
        body: bytes = b"",
        *,
        client: str = "",
        known_on: str | None = None,
        joined_by: str = IN_FORCE,
        coding: str | None = None,
    ) -> Reply:
        """Has a job done on the graph, or on a view of it; raises Problem.

        The reply tells the state of the graph that gave it; `coding` is its content coding.
        A job that takes longer than it may, or whose process ends, is a Problem 503. If nobody
        waits for the answer any more (the task is cancelled), the process is ended. A client that
        has had much more of the processors than others comes after them.
        """
        async with self.turns.turn(client):
            low = self.shares.yields(client)
            view, process = await self._taken(known_on, joined_by, low=low)
            try:
                seconds = self.limits.seconds
                return _reply(await process.do(job, request, body, seconds=seconds, coding=coding))
            except Ended as error:
                self.killed += 1
                raise stopped(self.limits, was_killed=process.was_killed) from error
            finally:
                self.shares.note(client, process.used)
                view.give_back(process)

    async def check(self) -> None:
        """Sees that the graph is at hand, however busy the pool is; raises Problem 503."""
        async with self._checking:
            if time.monotonic() - self._checked < _TRUSTED:
                return
            generation = self.generation
            try:
                async with asyncio.timeout(_HEALTHY):
                    process = await generation.copy()
                    try:
                        await process.do("ping", {}, b"", seconds=_HEALTHY)
                    finally:
                        process.close()
            except Ended as error:
                raise await self._recovered(generation) from error
            except TimeoutError as error:
                raise not_at_hand() from error
            self._checked = time.monotonic()

    async def update(
        self, job: str, request: Mapping[str, Any], body: bytes = b"", *, client: str = ""
    ) -> Reply:
        """Has a job change the graph: the process that did takes the place of the first.

        Nothing is changed if it fails or takes too long. Updates are done one after another.
        """
        async with self.turns.turn(client), self._replacing:
            seconds = self.limits.seconds
            try:
                process = await self.generation.copy()
            except Ended as error:
                raise Problem(503, "The graph that was written to is gone.") from error
            try:
                reply = _reply(await process.do(job, request, body, seconds=seconds, lower=False))
                version = f"{self.snapshot.version}-{self._run}-{self._updates + 1}"
                await process.become(version, seconds=seconds)
            except Ended as error:
                process.close()
                self.killed += 1
                raise stopped(self.limits, was_killed=process.was_killed) from error
            except BaseException:
                process.kill()
                process.close()
                raise
            self._updates += 1
            self._replace(Generation(process, version, time.time()))
            return reply

    async def reload(self, snapshot: Snapshot) -> None:
        """Answers from another snapshot from now on; raises EngineError, and nothing changes."""
        async with self._replacing:
            generation = await start(self._loading(snapshot))
            old, self.snapshot = self.snapshot, snapshot
            self._replace(generation)
            self._left.append(old)
            wait = _LONGEST_JOBS * self.limits.seconds
            asyncio.get_running_loop().call_later(wait, self._discard, old)

    def close(self) -> None:
        """Ends all processes."""
        self.generation.first.kill()
        self.generation.retire()
        for snapshot in (self.snapshot, *self._left):
            snapshot.discard()

    def _discard(self, snapshot: Snapshot) -> None:
        self._left.remove(snapshot)
        snapshot.discard()

    async def _taken(
        self, known_on: str | None, joined_by: str, *, low: bool
    ) -> tuple[Generation, Process]:
        """Gives a process with nothing to do, and those that it is one of; raises Problem."""
        self.snapshot.restore()
        while True:
            view = generation = self.generation
            try:
                view = await generation.as_of(known_on, joined_by, limits=self.limits)
                return view, await view.take(low=low)
            except Ended as error:
                if view is not generation:
                    generation.forget(view)  # its process is gone; it is made again
                elif generation is self.generation:
                    raise await self._recovered(generation) from error

    def _loading(self, snapshot: Snapshot) -> Loading:
        """Gives what the first process over a snapshot is told."""
        return Loading(
            str(snapshot.folder),
            snapshot.version,
            snapshot.modified,
            asdict(self.limits),
            self.is_writable,
            self.services,
        )

    def _replace(self, generation: Generation) -> None:
        old, self.generation = self.generation, generation
        old.retire()

    async def _recovered(self, generation: Generation) -> Problem:
        """Starts again where the first process is gone; gives the problem to tell."""
        async with self._replacing:
            if self.generation is generation:
                self.killed += 1
                with contextlib.suppress(OSError):  # a log that cannot be written
                    print(
                        "kg: the process that holds the graph has ended; starting it again.",
                        file=sys.stderr,
                    )
                with contextlib.suppress(EngineError):
                    self._replace(await start(self._loading(self.snapshot)))
        return not_at_hand()


def _reply(frame: Frame) -> Reply:
    head, content = frame
    raise_told(head)
    return Reply(content, **head)
