"""Requests that are not as they should be, and what a service says to them.

`malformed_requests(seed, count)` gives the same bytes for the same seed; `statuses_of` sends
requests to any address and counts what comes back.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

CLOSED = 0
"""Counts the connections that were closed without an answer."""
BROKEN = -1
"""Counts the answers that are no HTTP."""

_HOST = b"Host: localhost\r\n"
GOOD = [
    b"GET / HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /organisation/nato?on=2022-10-12&format=csv HTTP/1.1\r\n" + _HOST
    + b"Accept: text/csv;q=0.5, */*;q=0.1\r\nUser-Agent: test\r\nConnection: keep-alive\r\n\r\n",
    b"HEAD /query/members.csv HTTP/1.1\r\n" + _HOST + b"If-None-Match: \"a\", W/\"b\"\r\n\r\n",
    b"POST /sparql HTTP/1.1\r\n" + _HOST
    + b"Content-Type: application/sparql-query\r\nContent-Length: 6\r\n\r\nASK {}",
    b"POST /sparql HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n"
    + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    + b"6\r\nquery=\r\n8;a=b\r\nASK%20{}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"Origin: https://example.org\r\n\r\n",
    b"GET http://localhost/source/x HTTP/1.0\r\nConnection: close\r\n\r\n",
]  # fmt: skip
_TOKENS = [
    b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\x7f", b"\xff", b"\xc3\xb4", b" ", b"\t", b":",
    b"%", b"%00", b"%0d%0a", b"%zz", b"../", b"%2e%2e%2f", b"//", b"\\", b"#", b"?", b"&", b"=",
    b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: " + b"9" * 20 + b"\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Expect: 100-continue\r\n",
    b"Host: evil.example\r\n", b"Host: [::1\r\n", b"Host: a:99999\r\n", b" folded\r\n", b"X :\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n", b"Connection: close\r\n", b"HTTP/2.0", b"HTTP/0.9",
    b"CONNECT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"Range: bytes=0-\r\n", b"Accept: " + b"*/*," * 500 + b"\r\n", b"a" * 20_000, b"b: c\r\n" * 120,
    b"If-Modified-Since: yesterday\r\n", b"Accept: ;;q=2,/,*\r\n", b"Cookie: \xfe\r\n", b"\0" * 64,
]  # fmt: skip


def malformed_requests(seed: int, count: int) -> Iterator[bytes]:
    """Gives requests that were mutated between one and four times, and some random bytes."""
    chance = random.Random(seed)
    for _ in range(count):
        if chance.random() < 0.05:
            yield chance.randbytes(chance.randrange(1, 400))
            continue
        request = chance.choice(GOOD)
        for _ in range(chance.randint(1, 4)):
            request = chance.choice(_MUTATIONS)(request, chance)
        yield request


def _insert(request: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(request))
    return request[:at] + chance.choice(_TOKENS) + request[at:]


def _insert_line(request: bytes, chance: random.Random) -> bytes:
    ends = [found.end() for found in re.finditer(rb"\r\n", request)] or [0]
    at = chance.choice(ends)
    return request[:at] + chance.choice(_TOKENS) + request[at:]


def _flip(request: bytes, chance: random.Random) -> bytes:
    if not request:
        return request
    at = chance.randrange(len(request))
    return request[:at] + bytes([chance.randrange(256)]) + request[at + 1 :]


def _delete(request: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(request))
    return request[:start] + request[start + chance.randint(1, 12) :]


def _repeat(request: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(request))
    part = request[start : start + chance.randint(1, 40)]
    return request[:start] + part * chance.randint(2, 4) + request[start:]


def _cut(request: bytes, chance: random.Random) -> bytes:
    return request[: chance.randint(0, len(request))]


def _join(request: bytes, chance: random.Random) -> bytes:
    return request + chance.choice(GOOD)


_MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    _insert, _insert, _insert_line, _insert_line, _flip, _flip, _delete, _repeat, _cut, _join,
]  # fmt: skip


def statuses_of(
    host: str,
    port: int,
    requests: Iterable[bytes],
    *,
    at_once: int = 64,
    patience: float = 5.0,
    may_rest: bool = False,
) -> Counter[int]:
    """Counts the statuses of the answers to requests, each on a connection of its own.

    With `may_rest`, a service may wait for more than was sent; else that is a TimeoutError.
    """
    return asyncio.run(_statuses_of(host, port, iter(requests), at_once, patience, may_rest))


async def _statuses_of(
    host: str,
    port: int,
    requests: Iterator[bytes],
    at_once: int,
    patience: float,
    may_rest: bool,
) -> Counter[int]:
    found: Counter[int] = Counter()

    async def work() -> None:
        for request in requests:
            received = await _answer(host, port, request, patience, may_rest)
            found.update(statuses_in(received))

    await asyncio.gather(*(work() for _ in range(at_once)))
    return found


async def _answer(host: str, port: int, request: bytes, patience: float, may_rest: bool) -> bytes:
    """Gives what comes back until the connection is closed, or rests after a whole answer."""
    reader, writer = await asyncio.open_connection(host, port)
    received = b""
    try:
        writer.write(request)
        async with asyncio.timeout(patience):
            while part := await reader.read(65536):
                received += part
                if may_rest and received.endswith(_WHOLE):
                    break
    except TimeoutError:
        if not may_rest:
            raise
    except ConnectionError:
        pass
    finally:
        writer.close()
    return received


_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [\w -]*\r\n((?:[\w-]+: [^\r\n\0]*\r\n)*)\r\n")
_WHOLE = (b"}\n", b"}", b"</html>\n", b"</html>")
"""How answers end with which a service may rest."""
_LENGTH = re.compile(rb"^content-length: (\d+)\r$", re.IGNORECASE | re.MULTILINE)


def statuses_in(received: bytes) -> list[int]:
    """Gives the statuses of the answers in some bytes; CLOSED for none, BROKEN for no HTTP.

    An answer to HEAD, which has a length and no body, may stand before another answer or last.
    """
    found: list[int] = []
    while received:
        head = _STATUS.match(received)
        if not head:
            return [*found, BROKEN]
        status, received = int(head[1]), received[head.end() :]
        if status != 100:
            found.append(status)
        length = _LENGTH.search(head[2])
        if length and received and not _STATUS.match(received):
            if len(received) < int(length[1]):
                return [*found, BROKEN]
            received = received[int(length[1]) :]
        elif b"chunked" in head[2].lower():
            end = received.find(b"0\r\n\r\n")
            received = received[end + 5 :] if end >= 0 else received
    return found or [CLOSED]
