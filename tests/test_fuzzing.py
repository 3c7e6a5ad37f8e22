"""Whatever is asked, the answer is well-formed, and none is a failure of the service."""

import csv
import io
import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pyoxigraph
import pytest
from conftest import ROOT, Served
from fuzz_sparql import ACCEPTS, FORMATS, mutated, odd_queries

from kg.web.replies import PROBLEM_TYPE

ODD = odd_queries()
STORED = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "queries").glob("*.rq"))]
STATUSES = {200, 400, 404, 406, 413, 422, 503}
GRAPHS = {
    "text/turtle": pyoxigraph.RdfFormat.TURTLE,
    "application/n-triples": pyoxigraph.RdfFormat.N_TRIPLES,
    "application/ld+json": pyoxigraph.RdfFormat.JSON_LD,
    "application/rdf+xml": pyoxigraph.RdfFormat.RDF_XML,
}


@pytest.fixture(scope="module")
def fuzzed(start_service: Callable[..., Served]) -> Iterator[httpx.Client]:
    """A service that gives each query a second, and nothing is remembered of its answers."""
    options = ("--timeout", "1", "--memory", "300", "--client", "4", "--cache", "0")
    served = start_service(*options)
    with httpx.Client(base_url=served.address, timeout=30) as client:
        yield client
        assert client.get("/health").json()["status"] == "ok"
        counted = client.get("/metrics").text
    served.stop()
    assert 'status="500"' not in counted
    assert not [line for line in served.words if line.startswith("Traceback")]


def assert_well_formed(answer: httpx.Response) -> None:
    """Checks that an answer is what its Content-Type says; whoever reads it need not guess."""
    media_type = answer.headers["content-type"].partition(";")[0]
    if answer.status_code == 200 and media_type in GRAPHS:
        list(pyoxigraph.parse(answer.content, format=GRAPHS[media_type]))
    elif media_type.endswith("json"):
        document = json.loads(answer.content)
        if answer.status_code != 200:
            assert media_type == PROBLEM_TYPE
            assert document["status"] == answer.status_code
            assert document["detail"]
    elif media_type.endswith("xml"):
        ET.fromstring(answer.content)
    elif media_type in ("text/csv", "text/tab-separated-values"):
        delimiter = "," if media_type == "text/csv" else "\t"
        rows = list(csv.reader(io.StringIO(answer.text, newline=""), delimiter=delimiter))
        assert media_type != "text/csv" or len({len(row) for row in rows if row}) <= 1
    else:
        assert media_type == "text/html"
        assert answer.text.startswith("<!doctype html>")
        assert answer.text.rstrip().endswith("</html>")


def asked(client: httpx.Client, text: str, chance: random.Random) -> httpx.Response:
    """Asks a query in one of the three ways of the protocol, and wants any form of its answer."""
    given = {"format": chance.choice(FORMATS)} if chance.random() < 0.3 else {}
    headers = [(b"accept", chance.choice(ACCEPTS).encode("latin-1"))]
    if chance.random() < 0.5:
        headers.append((b"accept-encoding", chance.choice([b"gzip", b"*;q=0", b"br", b";;"])))
    form = {name: value for name, value in given.items() if value is not None}
    way = chance.random()
    if way < 0.3 and len(text) < 2000:
        return client.get("/sparql", params={"query": text, **form}, headers=headers)
    if way < 0.6:
        return client.post("/sparql", data={"query": text, **form}, headers=headers)
    headers.append((b"content-type", b"application/sparql-query"))
    return client.post("/sparql", content=text.encode(), params=form, headers=headers)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_query_is_answered_or_refused(fuzzed: httpx.Client, name: str) -> None:
    form = ("json", "html", "turtle")[sorted(ODD).index(name) % 3]
    data = {"query": ODD[name], "format": form}
    answer = fuzzed.post("/sparql", data=data, headers={"Accept": PROBLEM_TYPE})
    assert answer.status_code in STATUSES, answer.text
    assert_well_formed(answer)
    assert "root:x:" not in answer.text


@pytest.mark.parametrize("seed", range(4))
def test_mutated_queries_are_answered_or_refused(fuzzed: httpx.Client, seed: int) -> None:
    chance = random.Random(seed)
    texts = list(mutated([*STORED, *(text for text in ODD.values() if len(text) < 500)], seed, 100))
    with ThreadPoolExecutor(4) as threads:
        for answer in threads.map(lambda text: asked(fuzzed, text, chance), texts):
            assert answer.status_code in STATUSES, answer.text
            assert_well_formed(answer)


def test_any_wish_for_a_form_is_answered_or_refused(fuzzed: httpx.Client) -> None:
    chance = random.Random(2022)
    paths = [
        "/",
        "/query",
        "/query/members?organisation=NATO",
        "/organisation/nato",
        "/search?name=a",
    ]
    paths += ["/ontology", "/.well-known/void", "/sparql", "/organisation", "/explain/members"]
    for path in paths:
        for accept in ACCEPTS:
            headers = [(b"accept", accept.encode("latin-1"))]
            answer = fuzzed.get(path, headers=headers)
            assert answer.status_code in {200, 303, 400, 406}, answer.text
            assert_well_formed(answer) if answer.status_code != 303 else None
        form = chance.choice(FORMATS)
        answer = fuzzed.get(path, params={"format": form or ""})
        assert answer.status_code in {200, 303, 400, 406}, answer.text


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"a{number}=1" for number in range(1500)),
        "&".join(f"default-graph-uri=x:{number}" for number in range(900)) + "&query=ASK{}",
        "&".join(f"named-graph-uri=x:{number}" for number in range(900)) + "&query=ASK{}",
        "query=ASK{}&query=ASK{}",
        "query=%ff%fe",
        "query=%ED%A0%80",
        "query",
        "&&&=&=&",
        "query=ASK{}&default-graph-uri=%00",
        "query=ASK{}&on=%00&known-on=9999-99-99",
        "query=ASK{}&joined-by=" + "a" * 5000,
        "query=ASK%7B%7D;query=ASK%7B%7D",
    ],
)
def test_any_parameters_are_read_or_refused(fuzzed: httpx.Client, query: str) -> None:
    body = query.encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [fuzzed.post("/sparql", content=body, headers=form)]
    if len(query) < 15_000:
        answers.append(fuzzed.get(f"/sparql?{query}", headers={"Accept": "application/json"}))
    for answer in answers:
        assert answer.status_code in STATUSES, answer.text
