"""A small application behind the service's own connections, as a process of its own.

`python tiny_service.py '{"port": 0, "seconds_to_send": 0.5}'` prints its address when it is ready.
"""

import asyncio
import json
import os
import sys
import time
import urllib.parse
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from kg.errors import KgError
from kg.web.edge.bodies import read_body
from kg.web.replies import Problem
from kg.web.serving import serve
from kg.web.settings import Limits, Settings

MOST = 100 * 1024
LARGE = 50_000_000
refused: list[int] = []


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain")]
    query = urllib.parse.unquote_to_bytes(scope["query_string"])
    body = b"hello"
    match scope["path"]:
        case "/echo" | "/sparql":
            try:
                body = await read_body(scope, receive, most=MOST, seconds=0.5)
            except ClientDisconnect:
                return
        case "/scope":
            names = ("method", "path", "http_version", "client", "headers")
            body = json.dumps({name: _plain(scope[name]) for name in names}).encode()
        case "/sleep":
            await asyncio.sleep(float(query))
        case "/header":
            headers.append((b"x-value", query))
        case "/large":
            body = bytes(LARGE)
        case "/refused":
            body = json.dumps(refused).encode()
        case "/fork":
            if os.fork() == 0:
                time.sleep(4)
                os._exit(0)
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def note(problem: Problem, client: str) -> None:
    refused.append(problem.status)


def main() -> None:
    options = json.loads(sys.argv[1])
    host, port = options.pop("host", "127.0.0.1"), options.pop("port", 0)
    finish = options.pop("finish", 5)
    settings = Settings(host=host, port=port, limits=Limits(**options))
    try:
        serve(
            application,
            settings,
            lambda address: print(address, flush=True),
            on_refused=note,
            seconds_to_finish=finish,
        )
    except KgError as error:
        sys.exit(f"kg: {error}")


if __name__ == "__main__":
    main()
