"""One state of the graph, and the processes that answer from it."""

import asyncio
import socket
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from kg.clocks import IN_FORCE, read_clocks
from kg.web.pool.frames import Ended, awaited, packed
from kg.web.pool.handle import Process
from kg.web.replies import Problem
from kg.web.settings import Limits

_LONGEST_COPYING: Final = 10.0
"""Seconds after which the first process, which makes no copy, is taken for stuck and killed."""


@dataclass
class _View:
    """A view that is ready, or being made."""

    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    generation: "Generation | None" = None


class Generation:
    """The processes over one state of the graph; `first` holds it and makes the others."""

    def __init__(self, first: Process, version: str, modified: float) -> None:
        self.first = first
        self.version = version
        self.modified = modified
        self.idle: list[Process] = []
        self.is_retired = False
        self._views: OrderedDict[str, _View] = OrderedDict()

    async def take(self, *, low: bool = False) -> Process:
        """Gives a process with nothing to do, a new one if there is none; raises Ended.

        With `low` it is one that others come before at the processor.
        """
        for process in reversed([each for each in self.idle if each.is_low == low]):
            self.idle.remove(process)
            if not process.is_spent:
                return process
            process.close()
        process = await self.copy()
        if low:
            process.lower()
        return process

    def give_back(self, process: Process) -> None:
        """Takes a process back that has done its job."""
        if process.is_spent or self.is_retired:
            process.is_spent = process.is_spent or self.is_retired
            process.close()
        else:
            self.idle.append(process)

    async def copy(self) -> Process:
        """Has the first process make a copy of itself; raises Ended if it makes none."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            socket.send_fds(self.first.end, [packed({"do": "copy"})], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise Ended from error
        finally:
            theirs.close()
        timer = asyncio.get_running_loop().call_later(_LONGEST_COPYING, self.first.kill)
        try:
            head, _ = await awaited(ours)
        except BaseException:
            ours.close()
            raise
        finally:
            timer.cancel()
        return Process(ours, head["pid"])

    async def as_of(self, known_on: str | None, joined_by: str, *, limits: Limits) -> "Generation":
        """Gives the processes over a view of this state, which is made where it is not ready.

        Raises Ended, or Problem for what is no view.
        """
        if not known_on and joined_by == IN_FORCE:
            return self
        path = read_clocks(None, known_on, joined_by).path
        while True:
            view = self._views.setdefault(path, _View())
            async with view.making:
                if self._views.get(path) is not view:
                    continue  # it was let go while it was waited for
                if view.generation is None:
                    view.generation = await self._made(path, known_on, joined_by, limits)
                self._views.move_to_end(path)
                self._let_go(limits.views)
                return view.generation

    async def _made(
        self, path: str, known_on: str | None, joined_by: str, limits: Limits
    ) -> "Generation":
        """Makes a view; raises Ended, or Problem, and then nothing of it is left."""
        process: Process | None = None
        try:
            process = await self.copy()
            try:
                await process.become(self.version, known_on, joined_by, seconds=limits.seconds)
            except Ended as error:
                raise Problem(503, f"The view {path} could not be made in time.") from error
            if self.is_retired:
                raise Ended
        except BaseException:
            self._views.pop(path, None)
            if process:
                process.kill()
                process.close()
            raise
        return Generation(process, self.version, self.modified)

    def forget(self, view: "Generation") -> None:
        """Lets go of a view, which is made again when it is asked for."""
        for path, each in list(self._views.items()):
            if each.generation is view:
                del self._views[path]
                view.retire()

    def _let_go(self, most: int) -> None:
        for view in list(self._views.values()):
            if len(self._views) > most and view.generation and not view.making.locked():
                self.forget(view.generation)

    def retire(self) -> None:
        """Ends the processes that have nothing to do; the others end when they are given back.

        The first one makes the copies that it was asked for before, and ends then.
        """
        self.is_retired = True
        for view in self._views.values():
            if view.generation:
                view.generation.retire()
        self._views.clear()
        while self.idle:
            process = self.idle.pop()
            process.is_spent = True
            process.close()
        self.first.close()
