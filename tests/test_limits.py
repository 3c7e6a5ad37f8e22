"""Limits that hold: what goes too far is ended, told as such, and harms nobody else."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from conftest import Served
from processes import busiest_of, comes, first_of, pids_of, resident, zombies_of

from kg.project import locate
from kg.web.pool.pool import Pool
from kg.web.pool.starting import start
from kg.web.replies import PROBLEM_TYPE, Problem
from kg.web.settings import Limits
from kg.web.snapshot import take_snapshot

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the table of processes")

ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GREEDY = "SELECT ?a ?d WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
WIDE = 'SELECT (CONCAT("0123456789", STR(?a), STR(?c)) AS ?text) WHERE { ?a ?b ?c }'
MEMBERS = "/query/members.csv?organisation=NATO&on=2022-10-12"
MEGABYTE = 1 << 20
T = TypeVar("T")


@pytest.fixture(scope="module")
def strict(start_service: Callable[..., Served]) -> Served:
    """A service with a second for a request, and little room for an answer."""
    return start_service(
        *("--timeout", "1", "--memory", "200", "--rows", "20000", "--size", "1"),
        *("--workers", "3", "--client", "1", "--waiting", "4"),
    )


@pytest.fixture(scope="module")
def patient(start_service: Callable[..., Served]) -> Served:
    """A service with much time for a request."""
    return start_service("--timeout", "60", "--client", "4")


@pytest.fixture
def asking() -> Iterator[Callable[..., "Future[httpx.Response]"]]:
    """Asks a query in the background, from another address of this machine where one is given."""
    with ThreadPoolExecutor(16) as threads:
        yield lambda served, query, source="127.0.0.1": threads.submit(ask, served, query, source)


def ask(served: Served, query: str, source: str = "127.0.0.1") -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source), timeout=30) as client:
        return client.get(f"{served.address}/sparql", params={"query": query})


def assert_problem(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_TYPE
    assert answer.json()["status"] == status
    assert all(word in answer.json()["detail"] for word in words), answer.text


def assert_serves(served: Served) -> None:
    answer = httpx.get(served.address + MEMBERS, headers={"Cache-Control": "no-cache"}, timeout=20)
    assert answer.status_code == 200, answer.text
    assert len(answer.text.splitlines()) == 31
    assert ask(served, f"ASK {{}} # {time.monotonic_ns()}").json()["boolean"] is True


async def in_pool(work: Callable[[Pool], Awaitable[T]], **limits: int) -> T:
    """Does some work with a pool of its own."""
    pool = await Pool.start(take_snapshot(locate()), Limits(**limits), is_writable=False)
    try:
        return await work(pool)
    finally:
        pool.close()


def works_on(served: Served) -> int:
    """Gives the process that works on a query, once it does."""
    found: list[int] = []

    def is_busy() -> bool:
        found[:] = [busiest_of(served.process.pid)]
        return bool(found) and found[0] != first_of(served.process.pid)

    assert comes(is_busy)
    return found[0]


# Processes that end


def test_a_query_whose_process_is_killed_gets_503_and_the_next_is_served(
    patient: Served, asking: Callable[..., "Future[httpx.Response]"]
) -> None:
    answer = asking(patient, ENDLESS)
    time.sleep(0.5)
    os.kill(works_on(patient), signal.SIGKILL)
    assert_problem(answer.result(), 503)
    assert_serves(patient)


def test_the_process_that_holds_the_graph_is_started_again(patient: Served) -> None:
    os.kill(first_of(patient.process.pid), signal.SIGKILL)
    began = time.monotonic()
    assert comes(lambda: ask(patient, f"ASK {{}} # {time.monotonic_ns()}").status_code == 200, 20)
    assert time.monotonic() - began < 15
    assert_serves(patient)
    assert_serves(patient)


def test_all_processes_may_be_killed_at_once(patient: Served) -> None:
    for pid in pids_of(patient.process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert comes(lambda: ask(patient, f"ASK {{}} # {time.monotonic_ns()}").status_code == 200, 20)
    assert_serves(patient)


def test_nobody_works_on_for_a_client_that_has_gone(patient: Served) -> None:
    line = socket.create_connection(("127.0.0.1", httpx.URL(patient.address).port or 80))
    query = str(httpx.QueryParams({"query": ENDLESS}))
    line.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    time.sleep(0.5)
    worker = works_on(patient)
    line.close()
    assert comes(lambda: worker not in pids_of(patient.process.pid), 2)
    assert_serves(patient)


def test_ended_processes_do_not_stay_in_the_table(strict: Served) -> None:
    deep = {"query": "ASK " + "{" * 20_000 + "}" * 20_000}
    answers = [httpx.post(f"{strict.address}/sparql", data=deep) for _ in range(12)]
    assert {each.status_code for each in answers} == {503}
    assert comes(lambda: len(zombies_of(strict.process.pid)) == 0)
    assert len(pids_of(strict.process.pid)) <= 6


# Limits of a request


def test_a_query_that_takes_too_long_is_ended_with_its_process(
    strict: Served, asking: Callable[..., "Future[httpx.Response]"]
) -> None:
    began = time.monotonic()
    answer = asking(strict, ENDLESS)
    worker = works_on(strict)
    assert_problem(answer.result(), 503, "longer than 1 s")
    assert time.monotonic() - began < 2
    assert comes(lambda: worker not in pids_of(strict.process.pid), 1)
    assert_serves(strict)


def test_a_query_that_needs_too_much_memory_is_ended(
    start_service: Callable[..., Served],
) -> None:
    served = start_service("--memory", "64", "--timeout", "20")
    assert_serves(served)
    before = resident(served.process.pid)
    for _ in range(3):
        assert_problem(ask(served, GREEDY), 503, "64 MB")
    assert_serves(served)
    assert resident(served.process.pid) - before < 8 * MEGABYTE
    served.stop()


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv", "html"])
@pytest.mark.parametrize("query", ["SELECT ?a ?c WHERE { ?a ?b ?c }", WIDE])
def test_an_answer_that_is_too_large_is_refused_whole(
    strict: Served, query: str, form: str
) -> None:
    answer = httpx.get(
        f"{strict.address}/sparql",
        params={"query": query, "format": form},
        headers={"Accept": PROBLEM_TYPE},
        timeout=20,
    )
    assert_problem(answer, 422, "20000 rows or 1 MB")


def test_a_graph_that_is_too_large_is_refused_whole(strict: Served) -> None:
    assert_problem(ask(strict, "CONSTRUCT WHERE { ?a ?b ?c }"), 422)


# Clients beside each other


def test_one_client_does_not_keep_another_waiting(
    strict: Served, asking: Callable[..., "Future[httpx.Response]"]
) -> None:
    stuck = [asking(strict, f"{ENDLESS} # {number}") for number in range(3)]
    time.sleep(0.3)
    for number in range(5):
        began = time.monotonic()
        assert ask(strict, f"ASK {{}} # {number}", "127.0.0.2").status_code == 200
        assert time.monotonic() - began < 0.7
    assert {each.result().status_code for each in stuck} == {503}


def test_more_requests_than_may_wait_are_told_when_to_come_again(
    strict: Served, asking: Callable[..., "Future[httpx.Response]"]
) -> None:
    stuck = [asking(strict, f"{ENDLESS} # {number}") for number in range(3)]
    time.sleep(0.3)
    answer = ask(strict, f"{ENDLESS} # one more")
    assert_problem(answer, 503, "waiting")
    assert int(answer.headers["retry-after"]) > 0
    assert {each.result().status_code for each in stuck} == {503}
    assert_serves(strict)


def test_views_that_give_way_to_others_do_not_fail_those_who_ask_them() -> None:
    """More views are asked at once than are held; none is taken from under a request."""

    async def asked(pool: Pool) -> set[int]:
        first = pool.generation
        days = [f"{year}-01-01" for year in (1960, 1980, 2000)]
        replies = await asyncio.gather(*(pool.run("ping", {}, known_on=day) for day in days * 3))
        assert pool.generation is first
        assert len(first._views) == 1
        return {each.status for each in replies}

    assert asyncio.run(in_pool(asked, workers=6, client=6, views=1, patience=60)) == {200}


def test_a_view_is_given_though_the_graph_is_replaced_meanwhile() -> None:
    async def asked(pool: Pool) -> list[int]:
        following = await start(pool._loading(pool.snapshot))
        work = [asyncio.ensure_future(pool.run("ping", {}, known_on="2000-01-01")) for _ in "ab"]
        await asyncio.sleep(0.05)  # one makes the view, the other waits for it
        pool._replace(following)
        return [(await each).status for each in work]

    assert asyncio.run(in_pool(asked)) == [200, 200]


def test_a_job_goes_on_with_the_files_of_its_state_when_that_is_replaced() -> None:
    async def asked(pool: Pool) -> int:
        words = {"values": {"organisation": "NATO"}, "on": None, "where": {}, "row": 1}
        told = {"name": "members", "form": "text", "media_type": "text/plain", **words}
        following = take_snapshot(locate())
        generation = await start(pool._loading(following))
        work = asyncio.ensure_future(pool.run("explain", told))
        await asyncio.sleep(0.02)
        old, pool.snapshot = pool.snapshot, following
        pool._replace(generation)
        pool._left.append(old)
        return (await work).status

    assert asyncio.run(in_pool(asked)) == 200


def test_a_view_whose_process_is_killed_is_made_again() -> None:
    async def asked(pool: Pool) -> int:
        for _ in range(2):
            assert (await pool.run("ping", {}, known_on="2000-01-01")).status == 200
            (view,) = pool.generation._views.values()
            assert view.generation
            for process in [view.generation.first, *view.generation.idle]:
                os.kill(process.pid, signal.SIGKILL)
            view.generation.idle.clear()
        return (await pool.run("ping", {})).status

    assert asyncio.run(in_pool(asked)) == 200


def test_days_that_are_no_views_take_no_place() -> None:
    async def asked(pool: Pool) -> int:
        for year in (1001, 1002, 1003):
            with pytest.raises(Problem):
                await pool.run("ping", {}, known_on=f"{year}-01-01")
        return len(pool.generation._views)

    assert asyncio.run(in_pool(asked)) <= 1


# Start and stop


def test_nothing_is_left_of_a_service_that_was_stopped(
    start_service: Callable[..., Served], asking: Callable[..., "Future[httpx.Response]"]
) -> None:
    served = start_service("--timeout", "1")
    assert serving_folders(served)
    answer = asking(served, ENDLESS)
    time.sleep(0.2)
    assert served.stop() == 0
    assert answer.result().status_code == 503
    assert comes(lambda: not pids_of(served.process.pid), 2)
    assert not serving_folders(served)


def test_what_is_left_of_a_service_that_was_killed_is_removed_by_the_next(
    start_service: Callable[..., Served],
) -> None:
    served = start_service("--timeout", "1")
    with contextlib.suppress(httpx.ReadTimeout):
        httpx.get(f"{served.address}/sparql", params={"query": ENDLESS}, timeout=0.2)
    served.process.kill()
    served.process.wait()
    assert comes(lambda: not pids_of(served.process.pid), 5)
    assert serving_folders(served)
    start_service().stop()
    assert not serving_folders(served)


def serving_folders(served: Served) -> list[Path]:
    return list(Path(os.environ["KG_CACHE"]).glob(f"serving-{served.process.pid}-*"))
