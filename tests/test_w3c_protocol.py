"""The W3C's cases of both protocols, against a real service that can be written."""

from collections.abc import Iterator

import httpx
import pytest
from conftest import SHARED
from w3c_protocol import (
    GRAPH_STORE_CASES,
    PROTOCOL_CASES,
    Case,
    Exchange,
    manifest_cases,
    run_case,
)

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
