"""The line to a client: closed so that it gets the answer, cut where it does not read it.

A socket that is closed while bytes of the client lie unread resets the connection, and the client
may lose the answer. So the line says that nothing more is sent, and passes over for a while what
still comes (`RFC 9112, section 9.6 <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>`_).
"""

import asyncio
from collections.abc import Callable
from typing import Final

LINGER: Final = 2.0
"""Seconds in which a client may take an answer to a request that was not read to its end."""
LEAST_READ: Final = 16 * 1024
"""Bytes that a client has to take within the time, so that a trickle does not hold the line."""
_TICK: Final = 0.005
"""Seconds by which a timer of the loop may come early."""
MOST_GATHERED: Final = 16 * 1024
"""Bytes of a part of an answer above which it is sent by itself."""
_MOST_PARTS: Final = 4


class Line(asyncio.Transport):
    """A transport that uvicorn writes to as to the one that it wraps.

    `is_read` tells whether the client has nothing left to send that was announced. A client that
    has not taken `LEAST_READ` bytes of an answer in `seconds` is cut off.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        *,
        is_read: Callable[[], bool],
        seconds: float,
    ) -> None:
        super().__init__()
        self._transport, self._loop = transport, loop
        self._is_read, self._seconds = is_read, seconds
        self._is_closing = self._is_held = False
        self.is_lingering = False
        self._unsent, self._held_at = 0, 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._gathered: list[bytes | bytearray | memoryview] = []
        # Handed through as they are.
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.abort = transport.abort  # type: ignore[method-assign]

    def is_closing(self) -> bool:
        """Tells whether nothing more can be written."""
        return self._is_closing or self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends bytes: a head and a small body together, since each sending costs as much.

        Nothing if the client has gone: of several requests uvicorn tells the last alone.
        """
        if self.is_closing():
            return
        if len(data) > MOST_GATHERED:
            self._send()
            self._transport.write(data)
            return
        self._gathered.append(data)
        if len(self._gathered) == 1:
            self._loop.call_soon(self._send)
        elif len(self._gathered) > _MOST_PARTS:
            self._send()

    def close(self) -> None:
        """Closes the line once what was written is sent."""
        if self.is_closing():
            return
        self._send()
        self._is_closing = True
        unsent = self._transport.get_write_buffer_size()
        if unsent:
            self._begin_watch()
        # Not close alone: a process that was forked meanwhile would keep the socket open.
        self._transport.write_eof()
        if self._is_read() and not unsent:
            self._transport.close()
        else:
            self.is_lingering = True
            self._transport.resume_reading()
            self._loop.call_later(LINGER, self._end)

    def hold(self) -> None:
        """Notes that much is unsent, and begins to see whether the client takes it."""
        self._is_held = True
        self._begin_watch()

    def release(self) -> None:
        """Notes that the client has taken most of what was unsent."""
        self._is_held = False

    def lost(self) -> None:
        """Ends what was begun, when the line is no more."""
        self._gathered.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _send(self) -> None:
        if self._gathered:
            data = b"".join(self._gathered)
            self._gathered.clear()
            self._transport.write(data)

    def _begin_watch(self) -> None:
        self._unsent = self._transport.get_write_buffer_size()
        self._held_at = self._loop.time()
        if self._watch is None:
            self._watch = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        """Cuts the line if the client took too little since it was held, or since the last look."""
        self._watch = None
        unsent = self._transport.get_write_buffer_size()
        if not unsent or not (self._is_held or self._is_closing):
            return
        rest = self._held_at + self._seconds - self._loop.time()
        if rest > _TICK:
            self._watch = self._loop.call_later(rest, self._look)
        elif self._unsent - unsent < min(LEAST_READ, self._unsent):
            self._transport.abort()
        else:
            self._begin_watch()

    def _end(self) -> None:
        """Ends the lingering, but for an answer that is still being taken."""
        if self._transport.get_write_buffer_size():
            self._loop.call_later(LINGER, self._end)
        else:
            self._transport.close()
