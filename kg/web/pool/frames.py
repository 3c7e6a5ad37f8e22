"""How the service and its processes talk: a head in JSON and a body of bytes, with their sizes.

Nothing that a process sends can become code here, unlike with pickle: a process runs the queries
of strangers.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Frame: TypeAlias = "tuple[dict[str, Any], bytes]"

_SIZES: Final = struct.Struct("!IQ")
_AT_ONCE: Final = 1 << 20


class Ended(Exception):
    """The other side has closed its end, or is gone."""


def packed(head: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Gives a frame as bytes."""
    written = json.dumps(head, separators=(",", ":")).encode()
    return _SIZES.pack(len(written), len(body)) + written + body


def receive(end: socket.socket) -> tuple[Frame, list[int]]:
    """Waits for a frame, and gives it with the descriptors that came along; raises Ended."""
    try:
        first, descriptors, _, _ = socket.recv_fds(end, _SIZES.size, 1)
        if not first:
            raise Ended
        head, body = _SIZES.unpack(first + _exactly(end, _SIZES.size - len(first)))
        return (json.loads(_exactly(end, head)), _exactly(end, body)), list(descriptors)
    except OSError as error:
        raise Ended from error


def send(end: socket.socket, head: Mapping[str, Any], body: bytes = b"") -> None:
    """Sends a frame; raises Ended."""
    try:
        end.sendall(packed(head, body))
    except OSError as error:
        raise Ended from error


async def exchange(end: socket.socket, head: Mapping[str, Any], body: bytes = b"") -> Frame:
    """Sends a frame and waits for the one that answers it; raises Ended."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(end, packed(head, body))
        return await awaited(end)
    except OSError as error:
        raise Ended from error


async def awaited(end: socket.socket) -> Frame:
    """Waits for a frame; raises Ended."""
    loop = asyncio.get_running_loop()
    found = bytearray()
    wanted = _SIZES.size
    sized = False
    size = 0
    while len(found) < wanted or not sized:
        if len(found) >= _SIZES.size and not sized:
            size, rest = _SIZES.unpack_from(found)
            wanted, sized = _SIZES.size + size + rest, True
            continue
        try:
            piece = await loop.sock_recv(end, _AT_ONCE)
        except OSError as error:
            raise Ended from error
        if not piece:
            raise Ended
        found += piece
    start = _SIZES.size + size
    return json.loads(found[_SIZES.size : start]), bytes(memoryview(found)[start:])


def _exactly(end: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = end.recv(min(size - len(found), _AT_ONCE))
        if not piece:
            raise Ended
        found += piece
    return bytes(found)
