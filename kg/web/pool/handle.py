"""A process as the service sees it: it is given a job, and can be lowered, killed, let go."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping
from typing import Any, Final

from kg.clocks import IN_FORCE
from kg.web.pool.frames import Frame, exchange
from kg.web.replies import Problem

_LOW: Final = 15
"""How far the priority is lowered of a process whose job takes long."""
_TAKES_LONG: Final = 0.25
"""Seconds after which that is done, so that short jobs do not wait for the processor."""
_MOST_JOBS: Final = 2000
"""After how many jobs a process gives way to a new one, so that no memory is held for ever."""


def raise_told(head: Mapping[str, Any]) -> None:
    """Raises the Problem that a process has told, if it has."""
    if problem := head.get("problem"):
        raise Problem(
            problem["status"],
            problem["detail"],
            headers=problem["headers"],
            **problem["members"],
        )


class Process:
    """A process that does one job at a time."""

    def __init__(self, end: socket.socket, pid: int) -> None:
        self.end = end
        self.pid = pid
        self.jobs = 0
        self.used = 0.0
        """Seconds of the processor that the last job took; all that passed if it was ended."""
        self.is_low = False
        """Whether it comes after others at the processor."""
        self.is_spent = False
        self.was_killed = False

    async def do(
        self,
        job: str,
        request: Mapping[str, Any],
        body: bytes,
        *,
        seconds: float,
        coding: str | None = None,
        lower: bool = True,
    ) -> Frame:
        """Has a job done; raises Ended if the process ends or is killed after some seconds.

        With `lower`, a job that takes long goes on with less of the processor.
        """
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(seconds, self.kill)]
        if lower:
            timers.append(loop.call_later(_TAKES_LONG, self._takes_long))
        head = {"do": "job", "job": job, "request": request, "seconds": seconds, "coding": coding}
        began = loop.time()
        try:
            answer = await exchange(self.end, head, body)
        except BaseException:
            self.is_spent = True
            self.used = loop.time() - began
            raise
        finally:
            for timer in timers:
                timer.cancel()
        self.jobs += 1
        self.used = answer[0].pop("used")
        self.is_spent = self.is_spent or self.jobs >= _MOST_JOBS
        return answer

    async def become(
        self,
        version: str,
        known_on: str | None = None,
        joined_by: str = IN_FORCE,
        *,
        seconds: float,
    ) -> None:
        """Makes it one that copies are made of, of a new state or of a view.

        Raises Ended, or Problem where there is no such view.
        """
        timer = asyncio.get_running_loop().call_later(seconds, self.kill)
        head = {"do": "become", "version": version, "known_on": known_on, "joined_by": joined_by}
        try:
            answer, _ = await exchange(self.end, head)
        finally:
            timer.cancel()
        raise_told(answer)

    def kill(self) -> None:
        """Ends the process at once, whatever it is doing."""
        self.is_spent = self.was_killed = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Lets go of the process: it ends as soon as it sees that."""
        if self.is_spent and not self.was_killed:
            self.kill()
        self.end.close()

    def lower(self) -> None:
        """Lets others come before it at the processor, for good: it cannot be raised again."""
        self.is_low = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _LOW)

    def _takes_long(self) -> None:
        if not self.is_low:
            self.is_spent = True  # one for others is made anew
            self.lower()
