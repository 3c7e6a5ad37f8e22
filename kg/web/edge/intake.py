"""Bytes become requests: uvicorn's use of the parser, with the sizes counted as they come."""

from enum import Enum
from typing import ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.web.edge.heads import KILOBYTE, busy, check_head, check_size, problem_of_parser
from kg.web.settings import Limits

MOST_PIPELINED: Final = 100
"""How many requests of a connection may wait for their answers."""


class Part(Enum):
    """Where in a message the client is."""

    BETWEEN = "between"
    HEAD = "head"
    BODY = "body"


BETWEEN, HEAD, BODY = Part


class Intake(HttpToolsProtocol):
    """Reads requests; uvicorn is told how only by a class derived from its own."""

    limits: ClassVar[Limits]

    part = BETWEEN
    is_fresh = True
    """Whether nothing has come yet."""
    unanswered = 0
    """How many requests, of those whose heads are read, have no whole answer yet."""
    begun = 0
    """How many messages began in the bytes that came last."""

    _size = 0  # of the bytes that came last
    _has_moved = False  # whether they ended a head or brought some body
    _unfruitful = 0  # bytes since either
    _is_upgrade = False

    def feed(self, data: bytes) -> None:
        """Reads bytes; raises Problem for what is no request, or is too large."""
        before, self.begun, self._has_moved = self.part, 0, False
        self._size = len(data)
        while data:
            try:
                self.parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                raise problem_of_parser(error, data) from error
        if self.part is not BETWEEN:
            self._weigh(before)

    def on_message_begin(self) -> None:
        """Is called by the parser at the first byte of a request."""
        self.part, self.is_fresh = HEAD, False
        self.begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Is called by the parser at the end of a head; raises Problem for a bad one."""
        parser = self.parser
        self._check_size()
        self.url = check_head(
            self.url,
            self.headers,
            method=parser.get_method(),
            version=parser.get_http_version(),
        )
        self._is_upgrade = parser.should_upgrade()
        if self._is_upgrade:
            return  # read again, as a plain request
        if self.unanswered >= MOST_PIPELINED:
            raise busy(
                f"More than {MOST_PIPELINED} requests of this connection wait for their answers. "
                "Read those first."
            )
        self.unanswered += 1
        self.part, self._has_moved = BODY, True
        super().on_headers_complete()
        self.headers = []  # trailers are no headers of a request that has begun

    def on_body(self, body: bytes) -> None:
        """Is called by the parser with some of a body."""
        self._has_moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Is called by the parser at the end of a request."""
        if not self._is_upgrade:
            self.part = BETWEEN
            super().on_message_complete()

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

    def _weigh(self, before: Part) -> None:
        """Refuses bytes of which the parser keeps, or passes over, more than a message needs."""
        if self.begun == 1 and before is BETWEEN and not self._has_moved:
            self._unfruitful = self._size
        elif self.begun or self._has_moved:
            self._unfruitful = 0
        else:
            self._unfruitful += self._size
        target = self.url if self.part is HEAD else b""
        check_size(target, self._unfruitful, limits=self.limits)

    def _check_size(self) -> None:
        """Refuses a head that is too long; it is added up only where it could be."""
        least = min(self.limits.address, self.limits.headers) * KILOBYTE
        if self._size > least or self.begun == 0:
            rest = sum(len(name) + len(value) + 4 for name, value in self.headers)
            check_size(self.url, len(self.url) + rest, limits=self.limits)
