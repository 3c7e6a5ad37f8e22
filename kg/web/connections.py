"""Connections that hold: what uvicorn leaves open about time, size and number is closed here.

A refused request gets a problem document in its turn, after the answers to those before it; what
follows it on the connection is passed over, so that nobody can disagree where a request begins.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Final, TypeAlias

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.web.heads import busy, check_head, check_size, late, problem_of_parser, refusal
from kg.web.lines import Line
from kg.web.replies import Problem
from kg.web.settings import Limits

MOST_PIPELINED: Final = 100
"""How many requests of a connection may wait for their answers."""
SECONDS_TO_READ: Final = 30.0
"""Seconds without progress after which a client that does not read its answer is cut off."""
_MOST_TURNED_AWAY: Final = 200
_TICK: Final = 0.005

Refused: TypeAlias = Callable[[Problem, str], None]
"""Is told each refusal and the address of its client, which the application never sees."""


@dataclass(frozen=True)
class _Edge:
    """What the connections of a server share."""

    limits: Limits
    seconds_to_read: float
    on_refused: Refused | None
    turned_away: set[object] = field(default_factory=set)


class _Part(Enum):
    """Where in a message the client is."""

    BETWEEN = "between"
    HEAD = "head"
    BODY = "body"


def protocol_for(
    limits: Limits, *, on_refused: Refused | None = None, seconds_to_read: float = SECONDS_TO_READ
) -> type[asyncio.Protocol]:
    """Gives the protocol for `uvicorn.Config(http=…)` that holds its connections to the limits."""

    class Bound(_Connection):
        edge = _Edge(limits, seconds_to_read, on_refused)

    return Bound


class _Connection(HttpToolsProtocol):
    """A connection; uvicorn can be told its protocol only as a class derived from its own."""

    edge: ClassVar[_Edge]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._part = _Part.BETWEEN
        self._is_fresh = True
        self._unanswered = 0  # requests whose heads are read
        self._begun = 0  # messages that the last bytes began
        self._has_moved = False  # whether the last bytes ended a head or brought some body
        self._unfruitful = 0  # bytes in which neither came
        self._refusal: Problem | None = None
        self._seconds = self.edge.limits.seconds_to_send
        self._line = Line(
            transport, self.loop, is_read=self._is_read, seconds=self.edge.seconds_to_read
        )
        super().connection_made(self._line)
        # When it became the client's turn; None while it is ours.
        self._since: float | None = self.loop.time()
        self._watch = self.loop.call_later(self._seconds, self._look)
        if len(self.connections) > self.edge.limits.connections:
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
        if self._refusal is not None or self._line.is_closing():
            return
        before, self._begun, self._has_moved = self._part, 0, False
        try:
            self._feed(data)
            if self._part is not _Part.BETWEEN:
                self._weigh(len(data), before=before)
        except Problem as problem:
            self._refuse(problem)
            return
        self._note_turn(before)

    def on_message_begin(self) -> None:
        self._part, self._is_fresh = _Part.HEAD, False
        self._begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        method = self.parser.get_method()
        self.url = check_head(
            self.url,
            self.headers,
            method=method,
            version=self.parser.get_http_version(),
            limits=self.edge.limits,
        )
        if self.parser.should_upgrade():
            return  # read again, as a plain request
        if self._unanswered >= MOST_PIPELINED:
            raise busy(
                f"More than {MOST_PIPELINED} requests of this connection wait for their answers. "
                "Read those first."
            )
        self._unanswered += 1
        self._part, self._has_moved = _Part.BODY, True
        super().on_headers_complete()
        self.headers = []  # trailers are no headers of a request that has begun

    def on_body(self, body: bytes) -> None:
        self._has_moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self._part = _Part.BETWEEN
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()
        if self._line.is_closing():
            return
        if self.pipeline:
            self.flow.pause_reading()  # uvicorn would read without end what it cannot yet answer
        if self._unanswered:
            return
        if self._refusal is not None:
            self._tell(self._refusal)
        elif self._part is not _Part.HEAD:
            self._since = self.loop.time()

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                raise problem_of_parser(error, data) from error

    def _without_upgrade(self) -> bytes:
        """Gives the head again without Upgrade, for a parser of its own.

        The parser takes what follows such a head for another protocol, a body too.
        """
        version = self.parser.get_http_version().encode()
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        kept = [b"%s: %s\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"".join([line, *kept, b"\r\n"])

    def _weigh(self, size: int, *, before: _Part) -> None:
        """Refuses bytes of which the parser keeps, or passes over, more than a message needs."""
        if self._begun == 1 and before is _Part.BETWEEN and not self._has_moved:
            self._unfruitful = size
        elif self._begun or self._has_moved:
            self._unfruitful = 0
        else:
            self._unfruitful += size
        target = self.url if self._part is _Part.HEAD else b""
        check_size(target, self._unfruitful - len(target), limits=self.edge.limits)

    def _note_turn(self, before: _Part) -> None:
        """Notes whether it is the client's turn now, and since when."""
        if self._part is _Part.HEAD:
            if self._begun:
                self._since = self.loop.time()
        elif self._unanswered:
            self._since = None
        elif before is _Part.BODY and self._part is _Part.BETWEEN:
            self._since = self.loop.time()  # the rest of a body that was answered before its end

    def _look(self) -> None:
        """Ends a connection whose client is late."""
        if self._line.is_closing() or self._refusal is not None:
            return
        now = self.loop.time()
        if self._since is not None and self.flow.read_paused:
            self._since = now  # the client may have sent what is not yet read
        due = (now if self._since is None else self._since) + self._seconds
        if due > now + _TICK:
            self._watch = self.loop.call_later(due - now, self._look)
        elif self._is_fresh or self._part is _Part.HEAD:
            self._refuse(late(self._seconds))
        else:
            self._line.close()

    def _turn_away(self) -> None:
        self.connections.discard(self)
        self.edge.turned_away.add(self)
        if len(self.edge.turned_away) > _MOST_TURNED_AWAY:
            self._line.abort()
            return
        many = self.edge.limits.connections
        self._refuse(busy(f"{many} connections are open, as many as may be. Try again later."))

    def _refuse(self, problem: Problem) -> None:
        """Answers by a problem, after the requests before, and reads nothing more."""
        self._refusal = problem
        self._unset_keepalive_if_required()
        if self.edge.on_refused is not None:
            self.edge.on_refused(problem, self.client[0] if self.client else "")
        if self._part is _Part.BODY and self.cycle.response_complete:
            self._line.close()
        elif self._part is _Part.BODY and self.cycle.response_started:
            self._line.abort()
        else:
            if self._part is _Part.BODY:
                self._drop_request()
            if not self._unanswered:
                self._tell(problem)

    def _drop_request(self) -> None:
        """Takes back the request whose body is broken."""
        cycle = self.cycle
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        cycle.disconnected = True
        cycle.message_event.set()
        self._unanswered -= 1

    def _tell(self, problem: Problem) -> None:
        method = self.parser.get_method() if self._part is not _Part.BETWEEN else b""
        answer = refusal(
            problem, defaults=self.server_state.default_headers, has_body=method != b"HEAD"
        )
        self._line.write(answer)
        self._line.close()

    def _is_read(self) -> bool:
        return self._part is _Part.BETWEEN and self._refusal is None
