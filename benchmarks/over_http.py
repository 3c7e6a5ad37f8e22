"""Measures the service against its peers over HTTP, and its p95 beside the worst queries."""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pyoxigraph
from load import Load, another_client, load, median
from servers import Server, oxigraph, rdflib_endpoint, service

import kg

DAY = "2022-10-12"
NATO = "https://w3id.org/alliance-kg/organisation/nato"
ABOUT = (
    f"CONSTRUCT {{ <{NATO}> ?property ?value . ?thing ?refers <{NATO}> }} "
    f"WHERE {{ {{ <{NATO}> ?property ?value }} UNION {{ ?thing ?refers <{NATO}> }} }}"
)
"""The triples that the service gives of a thing: its own, and those that refer to it."""
CONSTRUCT = (
    "CONSTRUCT { ?membership ?property ?value } "
    f"WHERE {{ ?membership <http://www.w3.org/ns/org#organization> <{NATO}> ; ?property ?value }}"
)
JSON = {"Accept": "application/sparql-results+json"}
TURTLE = {"Accept": "text/turtle"}
WORST = {
    "a count of a cross join": "SELECT (COUNT(*) AS ?many) { ?a ?b ?c . ?d ?e ?f }",
    "a cross join in order": "SELECT ?a ?f { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?a",
    "a path through everything": "SELECT (COUNT(*) AS ?many) { ?a (!<a:b>|^(!<a:b>))* ?b }",
    "a short one again and again": "SELECT (COUNT(*) AS ?many) { "
    "{ SELECT * { ?a ?b ?c } LIMIT 900 } { SELECT * { ?d ?e ?f } LIMIT 900 } }",
}
"""The worst queries that the limits allow; the last ends before its process gets less time."""
MIX = ("/query/members.srj?organisation=NATO&on={day}", "/organisation/nato.html")
SHARE = 0.4
"""Which part of the quiet throughput the mix is asked at, for it to be below saturation."""


@dataclass(frozen=True)
class Case:
    """What is asked: of the service by its own address, of the peers by SPARQL."""

    name: str
    path: str
    sparql: str
    accept: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    is_remembered: bool = True
    """Whether the service may answer from memory; else one is asked that remembers nothing."""


def main() -> int:
    """Prints one line for each case and server, then the p95 beside each of the worst queries."""
    options = _options()
    if not shutil.which("wrk"):
        print("wrk is needed. Install it with: apt-get install wrk", file=sys.stderr)
        return 2
    os.environ.pop("KG_AT", None)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        os.environ["KG_CACHE"] = str(Path(scratch) / "cache")
        graph = kg.open()
        triples = Path(scratch) / "graph.nt"
        triples.write_text(graph.export("ntriples"), encoding="utf-8")
        members = graph.asker.bind("members", {"organisation": "NATO", "on": DAY})
        limits = ("--client", options.client) if options.client else ()
        own = stack.enter_context(service(*limits))
        if "cases" in options.parts:
            forgetful = stack.enter_context(service("--cache", "0", *limits))
            peers = [
                stack.enter_context(oxigraph(triples)),
                stack.enter_context(rdflib_endpoint(triples, options.rdflib_endpoint)),
            ]
            same_answers([own, *peers], members)
            for case in cases(own, members):
                compare(case, own if case.is_remembered else forgetful, peers, options)
        if "isolation" in options.parts:
            isolation(own, options)
    return 0


def cases(own: Server, members: str) -> list[Case]:
    """Gives what is compared; `members` is the stored question as SPARQL, about one day."""
    varied = members.replace(DAY, "{day}")
    asked, same = "/query/members{}?organisation=NATO&on={}", f"organisation=NATO&on={DAY}"
    sparql = "/sparql?query=" + _quoted(members)
    varied_sparql = "/sparql?query=" + _quoted(varied)
    construct = "/sparql?query=" + _quoted(CONSTRUCT)
    again = f"/query/members?{same}"
    known = {"If-None-Match": _tag(own.address + again)}
    page = "/organisation/nato.html"
    return [
        Case("members, other days", asked.format(".srj", "{day}"), varied, JSON),
        Case("the same, with coverage", asked.format(".json", "{day}"), varied, JSON),
        Case("members again", again, members, JSON),
        Case("members, not modified", again, members, JSON, known),
        Case("SELECT, other days", varied_sparql, varied, JSON, JSON),
        Case("SELECT again", sparql, members, JSON, JSON),
        Case("NATO as Turtle", "/organisation/nato.ttl", ABOUT, TURTLE, is_remembered=False),
        Case("page of NATO", page, ABOUT, TURTLE, is_remembered=False),
        Case("page of NATO again", page, ABOUT, TURTLE),
        Case("CONSTRUCT", construct, CONSTRUCT, TURTLE, TURTLE, is_remembered=False),
        Case("CONSTRUCT again", construct, CONSTRUCT, TURTLE, TURTLE),
    ]


def compare(case: Case, own: Server, peers: Sequence[Server], options: argparse.Namespace) -> None:
    """Asks the servers in turn, several times, and prints the medians and ratios."""
    loads: dict[Server, list[Load]] = {server: [] for server in (own, *peers)}
    for _ in range(options.rounds):
        for server, found in loads.items():
            is_own = server is own
            found.append(
                load(
                    server.address,
                    [case.path if is_own else f"{server.endpoint}?query={_quoted(case.sparql)}"],
                    seconds=options.seconds,
                    connections=options.connections,
                    first=sum(each.requests for each in found),
                    headers=case.headers if is_own else case.accept,
                )
            )
    mine = median(loads[own])
    print(f"\n{case.name}")
    show(own.name, mine)
    for server in peers:
        theirs = median(loads[server])
        show(server.name, theirs, f"{mine.rate / (theirs.rate or math.nan):8.2f} times its rate")


def show(name: str, found: Load, ratio: str = "") -> None:
    """Prints what a load has shown, and loudly what was refused or broken."""
    failed = f" {found.refused} REFUSED" * bool(found.refused)
    failed += f" {found.broken} BROKEN" * bool(found.broken)
    times = f"{found.p50:8.2f} {found.p95:8.2f} {found.p99:8.2f} ms"
    print(f"  {name:28} {found.rate:9.1f} / s {times} {ratio}{failed}", flush=True)


def isolation(own: Server, options: argparse.Namespace) -> None:
    """Compares the p95 of 50 connections while another client asks the worst with quiet ones.

    All 50 come from one address: they work on as much at once as the other client does.
    """
    quick = load(own.address, MIX, seconds=options.seconds, connections=50)
    rate, used = quick.rate * SHARE, quick.requests

    def measure() -> Load:
        nonlocal used
        found = load(
            own.address, MIX, seconds=options.seconds, connections=50, first=used, rate=rate
        )
        used += found.requests
        return found

    print(f"\n50 connections ask for members on other days and a page, {rate:.0f} times a second")
    for name, query in WORST.items():
        quiet, beside = [], []
        for _ in range(options.rounds):
            quiet.append(measure())
            with another_client(own.address, query):
                time.sleep(1)
                beside.append(measure())
            time.sleep(1)
        mine, other = median(quiet), median(beside)
        show("quiet", mine)
        show(f"beside {name}", other, f"{other.p95 / mine.p95:8.2f} times the p95")


def same_answers(servers: Sequence[Server], members: str) -> None:
    """Makes sure that all servers give the same rows and triples."""
    rows, graphs = set(), set()
    for server in servers:
        table = json.loads(_read(server, members, JSON))
        rows.add(frozenset(json.dumps(row, sort_keys=True) for row in table["results"]["bindings"]))
        parsed = pyoxigraph.parse(_read(server, CONSTRUCT, TURTLE), pyoxigraph.RdfFormat.TURTLE)
        graphs.add(frozenset(str(quad.triple) for quad in parsed))
    assert len(rows) == len(graphs) == 1, "the servers do not give the same answers"
    print(f"All give the same {len(*rows)} members and {len(*graphs)} triples.")


def _read(server: Server, query: str, headers: Mapping[str, str]) -> bytes:
    address = f"{server.address}{server.endpoint}?query={_quoted(query)}"
    with urllib.request.urlopen(urllib.request.Request(address, headers=dict(headers))) as answer:
        content: bytes = answer.read()
    return content


def _tag(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return str(answer.headers["ETag"])


def _quoted(query: str) -> str:
    return quote(query, safe="").replace(quote("{day}"), "{day}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["cases", "isolation"])
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is asked")
    parser.add_argument("--seconds", type=float, default=5, help="how long each time")
    parser.add_argument("--connections", type=int, default=8, help="how many at once")
    parser.add_argument("--client", help="as for kg serve: how much of one client is worked on")
    parser.add_argument("--rdflib-endpoint", metavar="PYTHON", help="an interpreter that has it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
