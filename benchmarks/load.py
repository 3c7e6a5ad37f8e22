"""Puts load on a server with wrk, and reads what wrk has measured."""

import json
import statistics
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What a load has shown: requests in a second, milliseconds, and answers that were none."""

    rate: float
    requests: int
    p50: float
    p95: float
    p99: float
    refused: int
    broken: int


def load(
    address: str,
    paths: Sequence[str],
    *,
    seconds: float,
    connections: int = 8,
    first: int = 0,
    rate: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Load:
    """Asks a server for paths in turn, as fast as it answers, or by `rate` in a second.

    `{day}` in a path is another day each time, from the day of number `first` on; load.lua has
    25,200.
    """
    pause = connections * 1000 / rate if rate else 0
    written = [f"-H{name}: {value}" for name, value in (headers or {}).items()]
    size = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s"]
    script = ["-s", str(SCRIPT), address, "--", str(first), str(pause), *paths]
    ran = subprocess.run(["wrk", *size, *written, *script], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return Load(**json.loads(ran.stdout.splitlines()[-1]))


def median(loads: Sequence[Load]) -> Load:
    """Gives the median of each measure; what was refused or broken is counted in all."""
    measures = [statistics.median(getattr(each, name) for each in loads) for name in _MEASURES]
    refused, broken = (sum(getattr(each, name) for each in loads) for name in _FAILURES)
    return Load(measures[0], sum(each.requests for each in loads), *measures[1:], refused, broken)


_MEASURES = ("rate", "p50", "p95", "p99")
_FAILURES = ("refused", "broken")


@contextmanager
def another_client(address: str, query: str, *, connections: int = 4) -> Iterator[None]:
    """Asks a query again and again from another address, with some connections at once.

    A number in a comment makes each another query, so that none is answered from memory.
    """
    ended = threading.Event()
    numbers = count()

    def ask() -> None:
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=transport, timeout=60) as client:
            while not ended.is_set():
                client.get(f"{address}/sparql?query={quote(f'{query} #{next(numbers)}')}")

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
