"""The service: its settings, the pool that answers, and what both are asked for everywhere."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kg.errors import KgError
from kg.project import Project
from kg.sparql_file import SparqlFolder
from kg.web.cache import Answers
from kg.web.metrics import Metrics
from kg.web.pool.pool import Pool
from kg.web.replies import Problem
from kg.web.settings import Settings
from kg.web.snapshot import Snapshot, take_snapshot

if TYPE_CHECKING:
    from kg.web.federation.relay import Relay

_LONGEST_STOP: Final = 20.0
"""Seconds that taking over a change may go on when the service stops."""


class Service:
    """What the handlers of requests share; `pool` is there once it has started."""

    def __init__(self, settings: Settings, project: Project, snapshot: Snapshot) -> None:
        self.settings = settings
        self.project = project
        self.snapshot = snapshot
        self.queries = SparqlFolder(snapshot.project.queries)
        """The stored queries of the present state, each read once."""
        self.answers = Answers(settings.limits.cache << 20)
        self.metrics = Metrics()
        self.failure: KgError | None = None
        """Why the service could not start."""
        self.pool: Pool
        self.relay: Relay | None = None
        """What asks the endpoints that SERVICE may name, if there are any."""

    async def start(self) -> None:
        """Starts the pool, and before it the relay that it knows; raises EngineError."""
        settings = self.settings
        if settings.services:
            from kg.web.federation.relay import Relay  # httpx is heavy, and only --service asks

            self.relay = Relay(settings.services, settings.limits)
            await self.relay.start()
        try:
            self.pool = await Pool.start(
                self.snapshot,
                settings.limits,
                is_writable=settings.writable,
                services=self.relay.addresses if self.relay else None,
            )
        except BaseException:
            await self._stop_relay()
            raise
        self.metrics.watch(self)
        if self.settings.reload:
            self._stopping = asyncio.Event()
            self._watching = asyncio.create_task(self._reload_on_change())

    async def stop(self) -> None:
        """Ends all processes."""
        if self.settings.reload:
            self._stopping.set()  # what has begun is finished, so that nothing of it is left
            with suppress(TimeoutError):
                await asyncio.wait_for(self._watching, _LONGEST_STOP)
        self.pool.close()
        await self._stop_relay()

    async def _stop_relay(self) -> None:
        if self.relay:
            await self.relay.stop()

    async def _reload_on_change(self) -> None:
        """Answers from the files as they are after each change of them."""
        from watchfiles import awatch  # only --reload watches

        folders = [self.project.ontology, self.project.graph, self.project.queries]
        async for _ in awatch(*folders, stop_event=self._stopping):
            try:
                taken = await asyncio.to_thread(take_snapshot, self.project)
                if taken.version == self.snapshot.version:
                    taken.discard()
                    continue
                await self.pool.reload(taken)
                self.snapshot = taken
                self.queries = SparqlFolder(taken.project.queries)
                self.answers.clear()
                self.say("The graph has changed and is answered from anew.")
            except KgError as error:
                self.say(f"The graph has changed but is not taken over: {error}")

    def refused(self, problem: Problem, client: str) -> None:
        """Counts and logs a request that was refused before it was one."""
        self.metrics.requests.labels("none", "other", str(problem.status)).inc()
        if self.settings.access_log:
            self.say(f"{client} was refused: {problem.status} {problem.detail}")

    def say(self, line: str) -> None:
        """Says a line on standard error, if anybody can hear it."""
        with suppress(OSError):
            print(f"kg: {line}", file=sys.stderr, flush=True)
