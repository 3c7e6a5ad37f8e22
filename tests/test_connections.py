"""Whatever a client sends, or fails to send, the connection is answered, bounded and closed."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malformed import BROKEN, CLOSED, GOOD, malformed_requests, statuses_in, statuses_of
from starlette.requests import ClientDisconnect
from starlette.types import Message

from kg.errors import KgError
from kg.web.edge.bodies import check_headers, read_body
from kg.web.replies import Problem
from kg.web.serving import address_of, listen

TINY = Path(__file__).with_name("tiny_service.py")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
KILOBYTE = 1024
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, sys.argv[2], "{}"])
"""


@dataclass(frozen=True)
class Service:
    process: subprocess.Popen[str]
    address: str

    @property
    def place(self) -> tuple[str, int]:
        url = httpx.URL(self.address)
        return url.host, url.port or 80

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(self.place, timeout=timeout)

    def sends_back(self, request: bytes) -> bytes:
        """Gives all that comes until the service closes the connection."""
        with self.connect() as line:
            line.sendall(request)
            return _rest(line)


@contextlib.contextmanager
def started(**options: object) -> Iterator[Service]:
    command = [sys.executable, str(TINY), json.dumps(options)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout
    try:
        yield Service(process, process.stdout.readline().strip())
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with started(seconds_to_send=0.4, seconds_to_read=1) as running:
        yield running


@pytest.fixture(scope="module")
def hasty_service() -> Iterator[Service]:
    """Waits so little that thousands of unfinished requests are over soon."""
    with started(seconds_to_send=0.15) as running:
        yield running


def _rest(line: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(1 << 20):
            received += part
    return received


def _take_hello(line: socket.socket) -> None:
    received = b""
    while not received.endswith(b"\r\n\r\nhello"):
        part = line.recv(1000)
        assert part, received
        received += part


def _problem(received: bytes) -> dict[str, object]:
    """Gives the problem document of an answer that is one and closes the connection."""
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert "content-type: application/problem+json" in lines
    assert "access-control-allow-origin: *" in lines
    assert "connection: close" in lines
    assert f"content-length: {len(body)}" in lines
    document: dict[str, object] = json.loads(body)
    assert lines[0].startswith(f"http/1.1 {document['status']} ")
    assert set(document) >= {"type", "title", "status", "detail"}
    return document


def _is_well(service: Service) -> bool:
    return httpx.get(service.address).text == "hello"


# What is malformed


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n\r\nnonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        GET + b"Host: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::::]\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a:70000\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        GET + b"X\r\n\r\n",
        GET + b": y\r\n\r\n",
        GET + b"X : y\r\n\r\n",
        GET + b" X: y\r\n\r\n",
        GET + b"X: y\r\n folded\r\n\r\n",
        GET + b"X: a\0b\r\n\r\n",
        GET + b"X: a\x01b\r\n\r\n",
        GET + b"X: a\rb\r\n\r\n",
        GET + b"X: a\nY: b\r\n\r\n",
        GET + b"X\0: a\r\n\r\n",
        GET + b"X\xe9: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xc3\xb4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET relative HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET / http/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        bytes(2000),
        b"\xff" * 2000,
    ],
)
def test_what_is_no_request_gets_400_and_is_cut_off(service: Service, request_: bytes) -> None:
    assert _problem(service.sends_back(request_ + GET + b"\r\n"))["status"] == 400


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"Content-Length: 5, 5\r\n\r\nhello",
        b"Content-Length: +5\r\n\r\nhello",
        b"Content-Length: -5\r\n\r\nhello",
        b"Content-Length: 0x5\r\n\r\nhello",
        b"Content-Length:\r\n\r\nhello",
        b"Content-Length: 99999999999999999999999\r\n\r\nhello",
        b"Transfer-Encoding: gzip\r\n\r\nhello",
        b"Transfer-Encoding: identity\r\n\r\nhello",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_no_request_is_smuggled_in_a_body(service: Service, rest: bytes) -> None:
    received = service.sends_back(POST + rest + GET + b"\r\n")
    assert statuses_in(received) == [400]
    _problem(received)


def test_http_1_0_has_no_chunks(service: Service) -> None:
    request = b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert _problem(service.sends_back(request))["status"] == 400


def test_trailers_do_not_become_headers(service: Service) -> None:
    request = b"POST /scope HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    request += b"0\r\nAuthorization: Bearer x\r\n\r\n"
    assert b"200 OK" in (received := service.sends_back(request))
    assert b"authorization" not in received.lower()


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "http:// instead of https://"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "without HTTP/2"),
        (b"GET /C\xc3\xb4te HTTP/1.1\r\nHost: a\r\n\r\n", "%XX"),
        (b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", "Send GET or POST"),
    ],
)
def test_a_refusal_says_what_to_do(service: Service, request_: bytes, hint: str) -> None:
    assert hint in str(_problem(service.sends_back(request_))["detail"])


def test_a_refusal_comes_after_the_answers_to_earlier_requests(service: Service) -> None:
    earlier = b"GET /sleep?0.2 HTTP/1.1\r\nHost: a\r\n\r\n" + GET + b"\r\n"
    received = service.sends_back(earlier + b"nonsense\r\n\r\n")
    assert statuses_in(received) == [200, 200, 400]


def test_a_refused_request_with_head_gets_no_body(service: Service) -> None:
    received = service.sends_back(b"HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b"\r\n\r\n")


# What is well-formed, if rare


@pytest.mark.parametrize(
    ("request_", "path", "host"),
    [
        (b"GET http://b:81/scope?x HTTP/1.1\r\nHost: a\r\n\r\n", "/scope", "b:81"),
        (b"GET HTTP://[::1]:81/scope HTTP/1.1\r\nHost: a\r\n\r\n", "/scope", "[::1]:81"),
        (b"\r\nGET /scope HTTP/1.1\r\nHost: a_b.c\r\n\r\n", "/scope", "a_b.c"),
        (b"GET /scope#part HTTP/1.1\r\nHost: a\r\n\r\n", "/scope", "a"),
    ],
)
def test_a_rare_form_is_served(service: Service, request_: bytes, path: str, host: str) -> None:
    scope = json.loads(service.sends_back(request_).partition(b"\r\n\r\n")[2])
    assert scope["path"] == path
    assert [value for name, value in scope["headers"] if name == "host"] == [host]


@pytest.mark.parametrize(
    "request_",
    [
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a?x=y HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"GET //a:b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_another_rare_form_is_served(service: Service, request_: bytes) -> None:
    assert statuses_in(service.sends_back(request_)) == [200]


def test_pipelined_requests_are_answered_in_their_order(service: Service) -> None:
    bodies = [b"%03d" % number for number in range(50)]
    requests = [POST + b"Content-Length: 3\r\n\r\n" + body for body in bodies]
    received = service.sends_back(b"".join(requests))
    assert statuses_in(received) == [200] * 50
    places = [received.index(b"\r\n\r\n" + body) for body in bodies]
    assert places == sorted(places)


def test_a_connection_cannot_pile_up_requests(service: Service) -> None:
    received = service.sends_back(b"GET /sleep?0.01 HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
    assert statuses_in(received) == [200] * 100 + [503]


def test_an_upgrade_is_passed_over_and_its_body_is_read(service: Service) -> None:
    upgrade = b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    body = b"Content-Length: 5\r\n\r\nGET /"
    received = service.sends_back(POST + upgrade + body + GET + b"\r\n")
    assert statuses_in(received) == [200, 200]
    assert b"GET /" in received
    assert b"hello" in received


def test_expect_continue_is_told_to_go_on(service: Service) -> None:
    with service.connect() as line:
        line.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert line.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"hello")
        assert _rest(line).endswith(b"hello")


def test_a_request_in_single_bytes_is_read(service: Service) -> None:
    with service.connect() as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in POST + b"Transfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n":
            line.sendall(bytes([byte]))
        assert statuses_in(received := _rest(line)) == [200]
        assert received.endswith(b"hello")


# Sizes


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * (16 * KILOBYTE) + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /?" + b"a" * (40 * KILOBYTE) + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /?" + b"a" * 3_000_000, 414),
        (GET + b"X: " + b"a" * (32 * KILOBYTE) + b"\r\n\r\n", 431),
        (GET + b"X: " + b"a" * 3_000_000, 431),
        (GET + b"X" * 3_000_000, 431),
        (GET + b"X: y\r\n" * 100 + b"\r\n", 431),
        (GET + b"X: y\r\n" * 500_000, 431),
        (GET + (b"X: " + b"a" * 3900 + b"\r\n") * 9 + b"\r\n", 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 3_000_000, 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 3_000_000, 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 500_000, 431),
    ],
)
def test_what_is_too_large_is_refused_as_it_comes(
    service: Service, request_: bytes, status: int
) -> None:
    with service.connect() as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(request_)
        assert _problem(_rest(line))["status"] == status


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * (16 * KILOBYTE - 1) + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        GET + b"X: " + b"a" * (31 * KILOBYTE) + b"\r\n\r\n",
        GET + b"X: y\r\n" * 99 + b"\r\n",
    ],
)
def test_what_is_as_large_as_may_be_is_served(service: Service, request_: bytes) -> None:
    assert statuses_in(service.sends_back(request_)) == [200]


def test_many_small_requests_at_once_are_not_one_large_head(service: Service) -> None:
    requests = (GET + b"X: " + b"a" * 2000 + b"\r\n\r\n") * 60
    with service.connect() as line:
        line.sendall(requests + GET)
        time.sleep(0.1)
        line.sendall(b"\r\n")
        assert statuses_in(_rest(line)) == [200] * 61


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 102401\r\n\r\n",
        b"Expect: 100-continue\r\nContent-Length: 102401\r\n\r\n",
        b"Content-Length: 5000000\r\n\r\n" + bytes(5_000_000),
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + bytes(65535) + b"\r\n") * 30,
    ],
)
def test_a_body_that_is_too_large_gets_413(service: Service, rest: bytes) -> None:
    with service.connect() as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(POST + rest)
        document = _problem(_rest(line))
    assert document["status"] == 413
    assert "100 kilobytes" in str(document["detail"])


def test_the_rest_of_a_body_that_was_answered_is_passed_over(service: Service) -> None:
    with service.connect() as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + bytes(100))
        _take_hello(line)
        line.sendall(bytes(499_900) + GET + b"\r\n")
        assert statuses_in(_rest(line)) == [200]


def test_the_rest_of_a_body_that_was_answered_has_to_come_in_time(service: Service) -> None:
    with service.connect() as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        _take_hello(line)
        assert _rest(line) == b""


# Time


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"G", b"GET / HTTP/1.1\r\nHos", GET])
def test_a_head_that_does_not_come_in_time_gets_408(service: Service, begun: bytes) -> None:
    before = time.monotonic()
    assert _problem(service.sends_back(begun))["status"] == 408
    assert 0.3 < time.monotonic() - before < 3


def test_a_head_that_trickles_in_gets_408(service: Service) -> None:
    with service.connect() as line:
        before = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in GET * 10:
                line.sendall(bytes([byte]))
                time.sleep(0.03)
        assert 0.3 < time.monotonic() - before < 5
        assert _problem(_rest(line))["status"] == 408


def test_line_ends_do_not_keep_a_connection_open(service: Service) -> None:
    with service.connect() as line:
        line.sendall(GET + b"\r\n")
        _take_hello(line)
        with pytest.raises(ConnectionError):
            for _ in range(100):
                line.sendall(b"\r\n")
                time.sleep(0.05)


def test_a_connection_that_rests_is_closed_without_a_word(service: Service) -> None:
    before = time.monotonic()
    assert statuses_in(service.sends_back(GET + b"\r\n")) == [200]
    assert 0.3 < time.monotonic() - before < 3


def test_a_late_second_head_gets_408_after_the_first_answer(service: Service) -> None:
    request = b"GET /sleep?0.8 HTTP/1.1\r\nHost: a\r\n\r\n"
    assert statuses_in(service.sends_back(request + b"GET /")) == [200, 408]


def test_an_answer_may_take_longer_than_a_request(service: Service) -> None:
    with contextlib.closing(HTTPConnection(*service.place, timeout=10)) as connection:
        for _ in range(2):
            connection.request("GET", "/sleep?0.9")
            assert connection.getresponse().read() == b"hello"


@pytest.mark.parametrize("body", [b"", b"hel"])
def test_a_body_that_does_not_come_in_time_gets_408(service: Service, body: bytes) -> None:
    request = POST + b"Content-Length: 5\r\n\r\n" + body
    assert _problem(service.sends_back(request))["status"] == 408


def test_a_hundred_slow_clients_do_not_keep_one_from_its_answer(service: Service) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(service.connect()) for _ in range(100)]
        is_over = threading.Event()

        def trickle() -> None:
            for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 1000:
                for line in slow:
                    with contextlib.suppress(OSError):
                        line.sendall(bytes([byte]))
                if is_over.wait(0.02):
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        took = []
        for _ in range(20):
            before = time.monotonic()
            assert _is_well(service)
            took.append(time.monotonic() - before)
        is_over.set()
        thread.join()
        assert sorted(took)[10] < 0.5
        assert [statuses_in(_rest(line)) for line in slow] == [[408]] * 100


def test_a_client_that_does_not_read_is_cut_off(service: Service) -> None:
    with service.connect() as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(2.5)
        assert len(_rest(line)) < 50_000_000


def test_a_client_that_reads_slowly_but_steadily_gets_all(service: Service) -> None:
    with service.connect() as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = 0
        for _ in range(6):
            received += len(line.recv(1_000_000, socket.MSG_WAITALL))
            time.sleep(0.4)
        while part := line.recv(1 << 20):
            received += len(part)
    assert received > 50_000_000


# Number


def test_more_connections_than_may_be_get_503() -> None:
    with started(connections=5) as service, contextlib.ExitStack() as stack:
        for _ in range(5):
            line = stack.enter_context(service.connect())
            line.sendall(GET + b"\r\n")
            _take_hello(line)
        received = service.sends_back(GET + b"\r\n")
        assert _problem(received)["status"] == 503
        assert b"\r\nRetry-After: 1\r\n" in received
        line.close()
        _eventually(lambda: _is_well(service))


def _eventually(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        with contextlib.suppress(httpx.HTTPError):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError("It has not come to hold.")


# Answers


@pytest.mark.parametrize("value", ["a%0d%0aSet-Cookie:%20x=y", "a%0ab", "a%00b", "a%7fb"])
def test_no_header_is_made_out_of_a_value(service: Service, value: str) -> None:
    answer = httpx.get(f"{service.address}/header?{value}")
    assert answer.status_code == 500
    assert "control character" in answer.json()["detail"]
    assert "set-cookie" not in answer.headers
    assert "x-value" not in answer.headers


def test_a_header_of_harmless_characters_is_sent(service: Service) -> None:
    answer = httpx.get(f"{service.address}/header?T%fcrkiye%09%28x%29")
    assert answer.headers["x-value"] == "Türkiye\t(x)"


def test_a_name_of_a_header_is_checked_too() -> None:
    check_headers([(b"link", b"</a>; rel=x"), (b"vary", b"")])
    with pytest.raises(Problem, match="control character"):
        check_headers([(b"x\r\ny", b"z")])


# Bodies, without a connection


def _messages(*parts: bytes, more: bool = False, gone: bool = False) -> list[Message]:
    last = len(parts) - 1
    found: list[Message] = [
        {"type": "http.request", "body": part, "more_body": more or number < last}
        for number, part in enumerate(parts)
    ]
    return [*found, {"type": "http.disconnect"}] if gone else found


async def _read(messages: list[Message], *, most: int = 10, length: int | None = None) -> bytes:
    waiting = iter(messages)

    async def receive() -> Message:
        for message in waiting:
            return message
        return await asyncio.Future()

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return await read_body({"headers": headers}, receive, most=most, seconds=0.05)


def test_a_body_is_put_together() -> None:
    assert asyncio.run(_read(_messages(b"hello", b"", b"there"))) == b"hellothere"


@pytest.mark.parametrize(
    ("messages", "length", "status"),
    [
        (_messages(b"hello", b"there", b"!"), None, 413),
        ([], 11, 413),
        (_messages(b"hello", more=True), 10, 408),
        ([], 10, 408),
    ],
)
def test_a_body_is_refused(messages: list[Message], length: int | None, status: int) -> None:
    with pytest.raises(Problem) as caught:
        asyncio.run(_read(messages, length=length))
    assert caught.value.status == status


def test_a_client_that_goes_is_no_body() -> None:
    with pytest.raises(ClientDisconnect):
        asyncio.run(_read(_messages(b"hello", more=True, gone=True)))


# Anything


@given(
    st.one_of(
        st.binary(max_size=300),
        st.integers(0, 2**32).map(lambda seed: next(malformed_requests(seed, 1))),
        st.lists(
            st.one_of(st.sampled_from(GOOD), st.binary(max_size=40)), min_size=1, max_size=5
        ).map(b"".join),
    )
)
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_closed_or_answered(hasty_service: Service, request_: bytes) -> None:
    statuses = statuses_in(hasty_service.sends_back(request_))
    assert BROKEN not in statuses
    assert all(status in (CLOSED, 503) or status // 100 in (2, 4) for status in statuses)
    assert _is_well(hasty_service)


def test_ten_thousand_malformed_requests_meet_no_failure(hasty_service: Service) -> None:
    found = statuses_of(*hasty_service.place, malformed_requests(2022, 10_000))
    assert sum(found.values()) >= 10_000
    assert found[400] > 1000
    assert set(found) <= {200, 400, 408, 413, 414, 431, 503}
    assert _is_well(hasty_service)


def test_refusals_are_told_to_the_service(service: Service) -> None:
    service.sends_back(b"nonsense\r\n\r\n")
    assert httpx.get(f"{service.address}/refused").json()[-1] == 400


# Start and stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_is_finished_before_the_service_stops(number: signal.Signals) -> None:
    with started() as service:
        resting = service.connect()
        resting.sendall(GET + b"\r\n")
        _take_hello(resting)
        connection = HTTPConnection(*service.place, timeout=10)
        connection.request("GET", "/sleep?1.5")
        time.sleep(0.3)
        service.process.send_signal(number)
        time.sleep(0.5)
        assert _rest(resting) == b""
        with pytest.raises(ConnectionError):
            service.connect()
        answer: HTTPResponse = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        assert service.process.wait(5) == 0
        assert service.process.stderr and service.process.stderr.read() == ""


def test_a_request_that_takes_too_long_to_finish_gets_503() -> None:
    with started(finish=1) as service:
        connection = HTTPConnection(*service.place, timeout=10)
        connection.request("GET", "/sleep?60")
        time.sleep(0.3)
        service.process.terminate()
        assert connection.getresponse().status == 503
        assert service.process.wait(5) == 0


def test_a_process_forked_meanwhile_keeps_nothing_open() -> None:
    with started(seconds_to_send=0.4) as service:
        before = time.monotonic()
        received = service.sends_back(b"GET /fork HTTP/1.1\r\nHost: a\r\n\r\n")
        assert statuses_in(received) == [200]
        assert time.monotonic() - before < 3
        service.process.terminate()
        service.process.wait(5)
        listen(*service.place).close()
        assert time.monotonic() - before < 4


def test_a_port_in_use_is_one_clear_message() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with started(port=port) as service:
            assert service.address == ""
            _, words = service.process.communicate(timeout=10)
        assert words == (
            f"kg: Port {port} is in use. Choose another with --port, or 0 for any free one.\n"
        )


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("no-such-host.invalid", 0, 'The host "no-such-host.invalid" has no address.'),
        ("a" * 300, 0, "has no address"),
        ("192.0.2.1", 0, '"192.0.2.1" is no address of this machine.'),
        ("127.0.0.1", 65536, "65536 is no port."),
    ],
)
def test_an_address_that_cannot_be_had_is_one_clear_message(
    host: str, port: int, words: str
) -> None:
    with pytest.raises(KgError, match="Choose") as caught:
        listen(host, port)
    assert words in str(caught.value)


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="there is no IPv6 here")
def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    with listen("::1", 0) as listener:
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_systemd_is_told_that_the_service_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with started():
            assert listener.recv(100) == b"READY=1"
        assert listener.recv(100) == b"STOPPING=1"


def test_a_socket_of_systemd_is_served() -> None:
    with listen("127.0.0.1", 0) as listener:
        address = address_of(listener)
        process = subprocess.Popen(
            [sys.executable, "-c", AS_SYSTEMD, str(listener.fileno()), str(TINY)],
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline().strip() == address
    assert httpx.get(address).text == "hello"
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0
