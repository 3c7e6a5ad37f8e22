"""What the head of a request has to be, and how one that is not so is refused.

The parser (llhttp) refuses by itself two Content-Lengths, Content-Length beside Transfer-Encoding,
folded lines, control characters, white space before the colon and bare line feeds. Here is what
it lets pass. See `RFC 9112 <https://www.rfc-editor.org/rfc/rfc9112>`_, sections 3, 6 and 11.2.
"""

import functools
import ipaddress
import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import httptools

from kg.web.replies import PROBLEM_TYPE, Problem
from kg.web.settings import Limits

KILOBYTE: Final = 1024
MOST_HEADERS: Final = 100
"""How many headers a request may have."""

_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_HOST: Final = re.compile(r"([\w.-]+|\[[\da-f:.]+\])(?::(\d{0,5}))?", re.ASCII | re.IGNORECASE)
_TLS: Final = b"\x16\x03"
_HTTP_2: Final = b"PRI * HTTP/2.0"


def check_head(
    target: bytes, headers: list[tuple[bytes, bytes]], *, method: bytes, version: str
) -> bytes:
    """Gives the path and query that a request asks for; raises Problem 400 or 431.

    A target with a host (`GET http://host/path`) replaces the header Host, and `OPTIONS *` asks
    about the root.
    """
    if version not in ("1.1", "1.0"):
        raise Problem(400, f"HTTP/{version} is not spoken here. Send the request in HTTP/1.1.")
    if len(headers) > MOST_HEADERS:
        raise Problem(431, f"The request has {len(headers)} headers. Send at most {MOST_HEADERS}.")
    if not target.startswith(b"/") or method == b"CONNECT":
        target, authority = _path_and_authority(target, method)
        if authority is not None:
            headers[:] = [pair for pair in headers if pair[0] != b"host"] + [(b"host", authority)]
    last = dict(headers)
    host = last.get(b"host")
    if host is None or len(last) != len(headers):
        _check_one_host(headers, version)
    if host is not None and not _is_host(host):
        raise Problem(400, "The header Host names no host. Send one such as example.org:80.")
    if b"transfer-encoding" in last:
        _check_coding(last[b"transfer-encoding"], version)
    return target


def check_size(target: bytes, size: int, *, limits: Limits) -> None:
    """Raises Problem 414 for a target that is too long, 431 for a head of too many bytes."""
    if len(target) > limits.address * KILOBYTE:
        raise Problem(
            414,
            f"The address has more than {limits.address} kilobytes. "
            "Send a long query in the body of a POST.",
        )
    if size > limits.headers * KILOBYTE:
        raise Problem(
            431,
            f"The request's line and headers have more than {limits.headers} kilobytes. "
            "Send fewer or shorter headers.",
        )


def late(seconds: float) -> Problem:
    """Gives the problem of a client that takes too long to send a request's head."""
    return Problem(408, f"No whole request came within {seconds:g} seconds. Send it faster.")


def busy(detail: str) -> Problem:
    """Gives the problem of a client that comes when there is no place for it."""
    return Problem(503, detail, headers={"Retry-After": "1"})


def problem_of_parser(error: httptools.HttpParserError, data: bytes) -> Problem:
    """Gives the problem that the parser has with the bytes; raises what is a mistake of ours."""
    cause = error.__context__
    if isinstance(cause, Problem):
        return cause
    if isinstance(error, httptools.HttpParserCallbackError) and cause is not None:
        if not isinstance(cause, httptools.HttpParserError):
            raise cause
        error = cause
    if data.startswith(_TLS):
        return Problem(400, "This port speaks HTTP. Write http:// instead of https://.")
    if data.startswith(_HTTP_2):
        return Problem(400, "This port speaks HTTP/1.1. Send the request without HTTP/2.")
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return Problem(
            400,
            "The address has characters that an address cannot have. "
            "Write spaces, control characters and all that is not ASCII as %XX.",
        )
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return Problem(400, "The request begins with no method of HTTP. Send GET or POST.")
    return Problem(400, f"The bytes are no request of HTTP/1.1: {error}.")


def problem_answer(problem: Problem) -> tuple[dict[str, str], bytes]:
    """Gives the headers and the body of the answer that tells a problem."""
    body = json.dumps(problem.document, ensure_ascii=False).encode()
    headers = {
        "Content-Type": PROBLEM_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Access-Control-Allow-Origin": "*",
    }
    return headers | problem.headers, body


def refusal(
    problem: Problem, *, defaults: Iterable[tuple[bytes, bytes]] = (), has_body: bool = True
) -> bytes:
    """Gives the bytes of an answer that tells a problem and that the connection is closed."""
    headers, body = problem_answer(problem)
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
    lines += [name + b": " + value for name, value in defaults]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
    return b"\r\n".join([*lines, b"Connection: close", b"", body if has_body else b""])


def _path_and_authority(target: bytes, method: bytes) -> tuple[bytes, bytes | None]:
    if method == b"CONNECT":
        raise Problem(400, "This is no proxy: CONNECT leads nowhere. Send GET or POST.")
    if target == b"*" and method == b"OPTIONS":
        return b"/", None
    absolute = _ABSOLUTE.fullmatch(target)
    if not absolute:
        raise Problem(400, "The request asks for no path. Send one that begins with /.")
    path = absolute[2]
    return path if path.startswith(b"/") else b"/" + path, absolute[1]


def _check_one_host(headers: list[tuple[bytes, bytes]], version: str) -> None:
    hosts = sum(name == b"host" for name, _ in headers)
    if hosts != 1 and not (version == "1.0" and hosts == 0):
        raise Problem(400, f"The request has {hosts} headers Host. Send one.")


@functools.lru_cache(maxsize=1024)
def _is_host(value: bytes) -> bool:
    match = _HOST.fullmatch(value.decode("latin-1"))
    if not match or int(match[2] or 0) > 65535:
        return False
    if not match[1].startswith("["):
        return True
    try:
        ipaddress.IPv6Address(match[1][1:-1])
    except ValueError:
        return False
    return True


def _check_coding(coding: bytes, version: str) -> None:
    if version == "1.0":
        raise Problem(400, "HTTP/1.0 has no Transfer-Encoding. Send Content-Length, or HTTP/1.1.")
    if coding.strip().lower() != b"chunked":
        raise Problem(400, "The body has a Transfer-Encoding other than chunked. Send it plain.")
