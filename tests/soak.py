"""A service under a mix of all kinds of requests: its memory and its files have to stay flat.

    python tests/soak.py [MINUTES]

starts `kg serve`, asks it from several clients at once, mistakes included, and tells what it held.
"""

import random
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from conftest import Served
from malformed import malformed_requests
from processes import descriptors, pids_of, resident, zombies_of

OPTIONS = ("--timeout", "1", "--memory", "200", "--rows", "20000", "--cache", "4", "--client", "2")
MEGABYTE = 1 << 20
CLIENTS = 4
EVERY = 0.5
"""Seconds between two looks at the table of processes."""
TOLERANCE = 0.10

_ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_GREEDY = "SELECT ?a ?d WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
_KINDS = ("organisation/nato", "state/finland", "organisation", "ontology", "no-such/thing", "")
_FORMS = ("text/html", "text/turtle", "application/ld+json", "application/n-triples", "*/*")

PAUSE = 0.1
"""Seconds that a client rests between requests, so that other tests get on."""


@dataclass
class Soaked:
    """What was seen of a service; memory and files are of each look, in bytes and in number."""

    statuses: Counter[int] = field(default_factory=Counter)
    service: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    zombies: int = 0

    def growth(self, looks: list[int]) -> float:
        """Gives by what part the median of the last third is above that of the middle third."""
        third = len(looks) // 3
        return statistics.median(looks[-third:]) / statistics.median(looks[third : 2 * third]) - 1

    @property
    def mistakes(self) -> list[str]:
        """Says what is not as it should be."""
        found = [f"{self.statuses[500]} answers were 500."] if self.statuses[500] else []
        for name in ("service", "first"):
            growth = self.growth(getattr(self, name))
            if growth > TOLERANCE:
                found.append(f"The memory of the {name} has grown by {growth:.0%}.")
        third = len(self.files) // 3
        if max(self.files[-third:]) > max(self.files[:-third]) + CLIENTS:
            found.append("The service has more and more files open.")
        if max(self.processes) > 3 * CLIENTS:
            found.append(f"There were {max(self.processes)} processes.")
        if self.zombies:
            found.append(f"{self.zombies} ended processes were left.")
        return found

    def __str__(self) -> str:
        total = sum(self.statuses.values())
        held = f"{self.service[-1] / MEGABYTE:.0f} MB, {self.growth(self.service):+.1%}"
        first = f"{self.first[-1] / MEGABYTE:.0f} MB, {self.growth(self.first):+.1%}"
        return (
            f"{total} requests: {dict(sorted(self.statuses.items()))}\n"
            f"service {held}; process with the graph {first}\n"
            f"files {min(self.files)} to {max(self.files)}, processes up to {max(self.processes)}"
        )


def soak(served: Served, seconds: float) -> Soaked:
    """Asks a service for some seconds, and gives what was seen."""
    found, is_over = Soaked(), threading.Event()
    workers = [
        threading.Thread(target=_ask, args=(served, number, found.statuses, is_over))
        for number in range(CLIENTS)
    ]
    for worker in workers:
        worker.start()
    service, end = served.process.pid, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(EVERY)
        pids = pids_of(service)
        found.service.append(resident(service))
        found.first.append(resident(min(pids)))
        found.processes.append(len(pids))
        found.files.append(descriptors(service))
    is_over.set()
    for worker in workers:
        worker.join()
    time.sleep(2)
    found.zombies = len(zombies_of(service))
    return found


def _ask(served: Served, number: int, statuses: Counter[int], is_over: threading.Event) -> None:
    chance = random.Random(number)
    transport = httpx.HTTPTransport(local_address=f"127.0.0.{number + 1}")
    with httpx.Client(base_url=served.address, transport=transport, timeout=60) as client:
        while not is_over.is_set():
            status = chance.choice(_WAYS)(client, chance)
            statuses[status] += 1
            is_over.wait(PAUSE)


def _read(client: httpx.Client, chance: random.Random) -> int:
    headers = {"Accept": chance.choice(_FORMS)}
    return client.get(f"/{chance.choice(_KINDS)}", headers=headers).status_code


def _question(client: httpx.Client, chance: random.Random) -> int:
    day = f"{chance.randrange(1950, 2026)}-0{chance.randrange(1, 10)}-11"
    form = chance.choice(["csv", "json", "html", "md", "exe"])
    params = {"organisation": chance.choice(["NATO", "EU", "no such"]), "on": day}
    return client.get(f"/query/members.{form}", params=params).status_code


def _view(client: httpx.Client, chance: random.Random) -> int:
    params = {"organisation": "NATO", "known-on": f"20{chance.randrange(10, 20)}-01-01"}
    return client.get("/query/members", params=params).status_code


def _explained(client: httpx.Client, chance: random.Random) -> int:
    params = {"organisation": "NATO", "row": str(chance.randrange(1, 40))}
    return client.get("/explain/members", params=params).status_code


def _same(client: httpx.Client, chance: random.Random) -> int:
    answer = client.get("/organisation/nato.ttl")
    headers = {"If-None-Match": answer.headers.get("etag", "")}
    return client.get("/organisation/nato.ttl", headers=headers).status_code


def _query(client: httpx.Client, chance: random.Random) -> int:
    limit = chance.randrange(1, 3000)
    form = chance.choice(["json", "xml", "csv", "html"])
    params = {"query": f"SELECT * WHERE {{ ?s ?p ?o }} LIMIT {limit}", "format": form}
    return client.get("/sparql", params=params).status_code


def _too_much(client: httpx.Client, chance: random.Random) -> int:
    deep = "ASK " + "{" * 20_000 + "}" * 20_000
    wide = "SELECT ?p WHERE { ?s ?p ?o } LIMIT 20001"
    texts = [_ENDLESS, _GREEDY, deep, wide, wide, deep, "SELEKT", "SELEKT", "SELEKT"]
    return client.post("/sparql", data={"query": chance.choice(texts)}).status_code


def _said(client: httpx.Client, chance: random.Random) -> int:
    pages = ["/openapi.json", "/sparql", "/.well-known/void", "/health", "/metrics"]
    return client.get(chance.choice(pages)).status_code


def _left(client: httpx.Client, chance: random.Random) -> int:
    """Leaves before the answer comes."""
    url = client.base_url
    with socket.create_connection((url.host, url.port or 80)) as line:
        line.sendall(b"GET /sparql?query=SELECT*%7B?a?b?c.?d?e?f%7D HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.05)
    return 499


def _malformed(client: httpx.Client, chance: random.Random) -> int:
    url = client.base_url
    with socket.create_connection((url.host, url.port or 80)) as line:
        line.sendall(next(malformed_requests(chance.randrange(1 << 30), 1)))
    return 400


_WAYS: list[Callable[[httpx.Client, random.Random], int]] = [
    _read, _read, _question, _question, _view, _explained, _same, _same, _query, _query,
    _too_much, _said, _left, _malformed,
]  # fmt: skip


def main(minutes: float) -> int:
    served = Served(*OPTIONS, "-q")
    try:
        found = soak(served, 60 * minutes)
    finally:
        served.stop()
    print(found, *found.mistakes, sep="\n")
    return 1 if found.mistakes else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
