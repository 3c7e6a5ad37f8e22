"""Connections that hold: what uvicorn leaves open about time, size and number is closed here.

A refused request gets a problem document in its turn, after the answers to those before it; what
follows it on the connection is passed over, so that nobody can disagree where a request begins.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from kg.web.edge.heads import busy, late, refusal
from kg.web.edge.intake import BETWEEN, BODY, HEAD, Intake, Part
from kg.web.edge.lines import Line
from kg.web.replies import Problem
from kg.web.settings import Limits

_MOST_TURNED_AWAY: Final = 200
_TICK: Final = 0.005

Refused: TypeAlias = Callable[[Problem, str], None]
"""Is told each refusal and the address of its client, which the application never sees."""


def protocol_for(limits: Limits, *, on_refused: Refused | None = None) -> type[asyncio.Protocol]:
    """Gives the protocol for `uvicorn.Config(http=…)` that holds its connections to the limits."""

    class Bound(_Connection):
        edge = _Edge(on_refused)

    Bound.limits = limits
    return Bound


@dataclass(frozen=True)
class _Edge:
    """What the connections of a server share, besides the limits."""

    on_refused: Refused | None
    turned_away: set[object] = field(default_factory=set)


class _Connection(Intake):
    """A connection."""

    edge: ClassVar[_Edge]

    _refusal: Problem | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._line = Line(
            transport, self.loop, is_read=self._is_read, seconds=self.limits.seconds_to_read
        )
        super().connection_made(self._line)
        # When it became the client's turn; None while it is ours.
        self._since: float | None = self.loop.time()
        self._watch = self.loop.call_later(self.limits.seconds_to_send, self._look)
        if len(self.connections) > self.limits.connections:
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        self._line.lost()
        self.edge.turned_away.discard(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._line.hold()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._line.release()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None or self._line.is_lingering:
            return
        before = self.part
        try:
            self.feed(data)
        except Problem as problem:
            self._refuse(problem)
            return
        if self.unanswered and self.part is not HEAD:
            self._since = None
        else:
            self._note_turn(before)

    def on_response_complete(self) -> None:
        self.unanswered -= 1
        if self.pipeline:
            super().on_response_complete()
            if self.pipeline:
                self.flow.pause_reading()  # uvicorn would read more than it answers, without end
            return
        # As uvicorn does, but for the timer of a connection that rests: that is _look.
        self.server_state.total_requests += 1
        if self._line.is_closing():
            return
        self.flow.resume_reading()
        if self._refusal is not None:
            self._tell(self._refusal)
        elif self.part is not HEAD:
            self._since = self.loop.time()

    def _note_turn(self, before: Part) -> None:
        """Notes since when it is the client's turn."""
        if self.part is HEAD:
            if self.begun:
                self._since = self.loop.time()
        elif before is BODY and self.part is BETWEEN:
            self._since = self.loop.time()  # the rest of a body that was answered before its end

    def _look(self) -> None:
        """Ends a connection whose client is late."""
        if self._refusal is not None or self._line.is_closing():
            return
        now = self.loop.time()
        if self._since is not None and self.flow.read_paused:
            self._since = now  # the client may have sent what is not yet read
        seconds = self.limits.seconds_to_send
        due = (now if self._since is None else self._since) + seconds
        if due > now + _TICK:
            self._watch = self.loop.call_later(due - now, self._look)
        elif self.is_fresh or self.part is HEAD:
            self._refuse(late(seconds))
        else:
            self._line.close()

    def _turn_away(self) -> None:
        self.connections.discard(self)
        self.edge.turned_away.add(self)
        if len(self.edge.turned_away) > _MOST_TURNED_AWAY:
            self._line.abort()
            return
        many = self.limits.connections
        self._refuse(busy(f"{many} connections are open, as many as may be. Try again later."))

    def _refuse(self, problem: Problem) -> None:
        """Answers by a problem, after the requests before, and reads nothing more."""
        self._refusal = problem
        if self.edge.on_refused is not None:
            self.edge.on_refused(problem, self.client[0] if self.client else "")
        if self.part is BODY and self.cycle.response_complete:
            self._line.close()
        elif self.part is BODY and self.cycle.response_started:
            self._line.abort()
        else:
            if self.part is BODY:
                self._drop_request()
            if not self.unanswered:
                self._tell(problem)

    def _drop_request(self) -> None:
        """Takes back the request whose body is broken."""
        if self.pipeline and self.pipeline[0][0] is self.cycle:
            self.pipeline.popleft()
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.unanswered -= 1

    def _tell(self, problem: Problem) -> None:
        method = b"" if self.part is BETWEEN else self.parser.get_method()
        self._line.write(
            refusal(problem, defaults=self.server_state.default_headers, has_body=method != b"HEAD")
        )
        self._line.close()

    def _is_read(self) -> bool:
        return self.part is BETWEEN and self._refusal is None
