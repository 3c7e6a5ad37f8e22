"""The W3C's cases of both protocols, against a real service that can be written."""

import json
from collections.abc import Iterator

import httpx
import pyoxigraph
import pytest
from conftest import SHARED, Served
from w3c_protocol import (
    GRAPH_STORE_CASES,
    PROTOCOL_CASES,
    Case,
    Exchange,
    manifest_cases,
    run_case,
)

import kg
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.project import locate
from kg.web.jobs import Held, sparql
from kg.web.protocol import Query, read_operation

SUITE = SHARED / "suites" / "w3c-sparql11"
FOLDERS = {"protocol": PROTOCOL_CASES, "graph-store-protocol": GRAPH_STORE_CASES}
MANIFESTS = {name: list(manifest_cases(SUITE / name)) for name in FOLDERS}
THEIRS = [case for cases in MANIFESTS.values() for case in cases]
OURS = [case for cases in FOLDERS.values() for case in cases]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.name)
def test_a_case_told_anew_passes(client: httpx.Client, writable_service: str, case: Case) -> None:
    run_case(client, writable_service, case)


@pytest.mark.parametrize("case", THEIRS, ids=lambda case: case.name)
def test_a_case_of_the_w3c_passes(client: httpx.Client, writable_service: str, case: Case) -> None:
    run_case(client, writable_service, case)


READING = [
    case
    for case in PROTOCOL_CASES + tuple(MANIFESTS["protocol"])
    if case.name.startswith(("query_", "bad_query_", "bad_multiple_queries"))
]


@pytest.mark.parametrize("case", READING, ids=lambda case: case.name)
def test_a_case_of_reading_passes_where_nothing_can_be_written(
    client: httpx.Client, service: Served, case: Case
) -> None:
    """The graphs that a case needs cannot be put there: those are asked of a read-only store."""
    if not case.graphs:
        run_case(client, service.address, case)
        return
    store = pyoxigraph.Store()
    for graph, ntriples in case.graphs:
        name = pyoxigraph.NamedNode(graph)
        store.load(ntriples, format=pyoxigraph.RdfFormat.N_TRIPLES, to_graph=name)
    held = Held(kg.Graph(locate(), OxigraphEngine(store)))
    (each,) = case.exchanges
    query = each.path.partition("?")[2].encode()
    operation = read_operation(each.method, query, each.content_type, each.body or b"")
    assert isinstance(operation, Query)
    request = {
        "query": operation.text,
        "default": operation.default_graphs,
        "named": operation.named_graphs,
        "form": "json",
        "media_type": "application/sparql-results+json",
    }
    assert json.loads(sparql.run(held, request, b"").body)["boolean"] is each.truth


@pytest.mark.skipif(not THEIRS, reason="the W3C's manifests are absent")
@pytest.mark.parametrize("folder", FOLDERS)
def test_each_case_of_the_w3c_is_told_anew(folder: str) -> None:
    ours = {case.name: [_expected(each) for each in case.exchanges] for case in FOLDERS[folder]}
    theirs = {case.name: [_expected(each) for each in case.exchanges] for case in MANIFESTS[folder]}
    assert ours == theirs


def test_there_are_34_cases_of_the_protocol() -> None:
    assert len(PROTOCOL_CASES) == 34
    assert len(GRAPH_STORE_CASES) == 13


def _expected(each: Exchange) -> tuple[object, ...]:
    return (
        each.method,
        each.statuses,
        (each.content_type or "").partition(";")[0],
        each.accept,
        each.truth,
        each.form,
        each.graph is None,
        each.is_located,
    )
