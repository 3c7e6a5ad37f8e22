"""The pool of processes, the queue before it, the frames between, and what it answers from."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import kg
from kg.project import Project
from kg.web.cache import Answers
from kg.web.pool import generation, handle
from kg.web.pool.frames import Ended, awaited, exchange, packed, receive, send
from kg.web.pool.pool import Pool
from kg.web.pool.queue import Turns
from kg.web.replies import Problem, Reply
from kg.web.settings import Limits
from kg.web.snapshot import take_snapshot

CSV = {"form": "csv", "media_type": "text/csv"}
COUNT = {"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c }", **CSV}
NEVER_DONE = {"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", **CSV}
NAME = {"query": "SELECT ?name { state:finland rdfs:label ?name }", **CSV}
BUSY = {"Retry-After": "5"}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The one event loop of these tests, as a service has one."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def shared(graph: kg.Graph, runner: asyncio.Runner) -> Iterator[Pool]:
    pool = runner.run(_started(graph.project, Limits(seconds=5, client=4, views=2)))
    yield pool
    pool.close()


@pytest.fixture
def pool(shared: Pool) -> Iterator[Pool]:
    """A pool over the shipped graph, whose limits a test can set, and which it leaves idle."""
    limits = shared.limits
    yield shared
    assert (shared.turns.active, shared.turns.waiting) == (0, 0)
    hold_to(shared, limits)


async def _started(project: Project, limits: Limits, *, is_writable: bool = False) -> Pool:
    return await Pool.start(take_snapshot(project), limits, is_writable=is_writable)


def hold_to(pool: Pool, limits: Limits) -> None:
    pool.limits = limits
    pool.turns = Turns(limits)


def is_there(pid: int) -> bool:
    """Whether a process lives; one that has ended and waits to be noticed does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


# Frames

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
HEADS = st.dictionaries(st.text(), JSON, max_size=4)
BODIES = st.binary(max_size=300) | st.integers(0, 70_000).map(lambda size: b"\0\xff" * size)


async def _sent_in_pieces(end: socket.socket, data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    for start, stop in pairwise(places):
        await asyncio.get_running_loop().sock_sendall(end, data[start:stop])
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@settings(deadline=None, max_examples=60)
@given(
    frames=st.lists(st.tuples(HEADS, BODIES), min_size=1, max_size=3),
    cuts=st.lists(st.integers(0, 10**6)),
)
def test_frames_arrive_whole_however_they_are_cut(
    frames: list[tuple[dict[str, Any], bytes]], cuts: list[int]
) -> None:
    async def by_the_loop() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.setblocking(False)
            for head, body in frames:  # one at a time, as both sides speak in turns
                sending = asyncio.create_task(_sent_in_pieces(ours, packed(head, body), cuts))
                assert await awaited(theirs) == (head, body)
                await sending

    async def by_a_process() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            data = b"".join(packed(head, body) for head, body in frames)
            sending = asyncio.create_task(_sent_in_pieces(ours, data, cuts))
            for frame in frames:
                assert await asyncio.to_thread(receive, theirs) == (frame, [])
            await sending

    asyncio.run(by_the_loop())
    asyncio.run(by_a_process())


@settings(deadline=None, max_examples=40)
@given(head=HEADS, body=st.binary(max_size=50), kept=st.integers(0, 10**6))
def test_a_frame_that_ends_too_early_is_an_end(
    head: dict[str, Any], body: bytes, kept: int
) -> None:
    data = packed(head, body)
    for read in (receive, _awaited):
        ours, theirs = socket.socketpair()
        with theirs:
            ours.sendall(data[: kept % len(data)])
            ours.close()
            with pytest.raises(Ended):
                read(theirs)


def test_a_large_frame_goes_there_and_back() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    body = os.urandom(3 << 20)

    def answer() -> None:
        (head, got), _ = receive(theirs)
        send(theirs, head, got[::-1])

    with ours, theirs:
        other = threading.Thread(target=answer)
        other.start()
        assert asyncio.run(exchange(ours, {"é": [1]}, body)) == ({"é": [1]}, body[::-1])
        other.join()


def test_an_end_that_is_gone_is_told_as_such() -> None:
    for use in (receive, lambda end: send(end, {}, bytes(1 << 20)), _awaited):
        ours, theirs = socket.socketpair()
        ours.send(b"something that nobody reads")
        theirs.close()
        with ours, pytest.raises(Ended):
            use(ours)


def _awaited(end: socket.socket) -> object:
    end.setblocking(False)
    return asyncio.run(awaited(end))


# Turns


def test_clients_take_turns() -> None:
    """One client's seven requests do not go before those that came after them from others."""

    async def served() -> list[str]:
        turns = Turns(Limits(workers=1, client=1))
        order: list[str] = []

        async def one(client: str) -> None:
            async with turns.turn(client):
                order.append(client)
                await asyncio.sleep(0)

        await asyncio.gather(*map(one, "aaaaaaabbc"))
        return order

    assert "".join(asyncio.run(served())) == "aabcabaaaa"


def test_a_client_has_no_more_than_its_share() -> None:
    async def most_at_once() -> tuple[int, int]:
        turns = Turns(Limits(workers=4, client=2))
        now, most = {"a": 0, "b": 0}, {"a": 0, "b": 0}

        async def one(client: str) -> None:
            async with turns.turn(client):
                now[client] += 1
                most[client] = max(most[client], now[client])
                await asyncio.sleep(0.001)
                now[client] -= 1

        await asyncio.gather(*map(one, "aaaaaaab"))
        return most["a"], most["b"]

    assert asyncio.run(most_at_once()) == (2, 1)


def test_who_finds_the_queue_full_is_told_at_once() -> None:
    async def told() -> tuple[list[str], list[Problem]]:
        turns = Turns(Limits(workers=1, client=1, waiting=4))
        done, problems = [], []

        async def one(client: str) -> None:
            try:
                async with turns.turn(client):
                    await asyncio.sleep(0.02)
                    done.append(client)
            except Problem as problem:
                problems.append(problem)

        # Of a, one works, two wait (half of the places), two are told; of the others two wait.
        await asyncio.gather(*map(one, "aaaaabcd"))
        return done, problems

    done, problems = asyncio.run(told())
    assert sorted(done) == ["a", "a", "a", "b", "c"]
    assert [(each.status, each.headers) for each in problems] == [(503, BUSY)] * 3


def test_who_waits_too_long_is_told_so() -> None:
    async def told() -> Problem:
        turns = Turns(Limits(workers=1, client=1, patience=0.05))
        async with turns.turn("a"):
            with pytest.raises(Problem) as problem:
                async with turns.turn("b"):
                    raise AssertionError("it is not its turn")
            assert (turns.active, turns.waiting) == (1, 0)
        assert (turns.active, turns.waiting) == (0, 0)
        return problem.value

    problem = asyncio.run(told())
    assert (problem.status, problem.headers) == (503, BUSY)
    assert "0.05 seconds" in problem.detail


REQUESTS = st.tuples(
    st.sampled_from("abc"),  # whose it is
    st.integers(0, 6),  # when it comes
    st.integers(0, 6),  # how long it works
    st.none() | st.integers(0, 12),  # when its client goes
)


@settings(deadline=None, max_examples=150)
@given(
    requests=st.lists(REQUESTS, max_size=14),
    workers=st.integers(1, 3),
    client=st.integers(1, 2),
    waiting=st.integers(0, 6),
    patience=st.sampled_from((0.0, 0.0005, 10.0)),
)
def test_counters_return_to_zero_whatever_happens(
    requests: list[tuple[str, int, int, int | None]],
    workers: int,
    client: int,
    waiting: int,
    patience: float,
) -> None:
    limits = Limits(workers=workers, client=client, waiting=waiting, patience=patience)

    async def run() -> Turns:
        turns = Turns(limits)
        active = dict.fromkeys("abc", 0)

        async def one(name: str, comes: int, works: int) -> None:
            await _steps(comes)
            async with turns.turn(name):
                active[name] += 1
                try:
                    assert sum(active.values()) <= turns.active <= workers
                    assert active[name] <= client
                    assert turns.waiting <= waiting
                    await _steps(works)
                finally:
                    active[name] -= 1

        async def leaving(task: asyncio.Task[None], goes: int | None) -> None:
            if goes is not None:
                await _steps(goes)
                task.cancel()

        tasks = [asyncio.create_task(one(*each[:3])) for each in requests]
        leave = [leaving(task, each[3]) for task, each in zip(tasks, requests, strict=True)]
        async with asyncio.timeout(5):
            ended = await asyncio.gather(*tasks, *leave, return_exceptions=True)
        known = (type(None), Problem, asyncio.CancelledError)
        assert all(isinstance(each, known) for each in ended), ended
        return turns

    turns = asyncio.run(run())
    assert (turns.active, turns.waiting, len(turns._clients)) == (0, 0, 0)


async def _steps(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


# Processes


def test_a_job_that_takes_too_long_is_stopped(pool: Pool, runner: asyncio.Runner) -> None:
    hold_to(pool, replace(pool.limits, seconds=0.5))
    killed = pool.killed

    async def run() -> tuple[Problem, float, Reply]:
        began = time.monotonic()
        with pytest.raises(Problem) as problem:
            await pool.run("sparql", NEVER_DONE)
        return problem.value, time.monotonic() - began, await pool.run("sparql", COUNT)

    problem, seconds, next_one = runner.run(run())
    assert problem.status == 503 and "0.5 s" in problem.detail
    assert 0.4 < seconds < 2
    assert pool.killed == killed + 1
    assert next_one.status == 200


def test_a_process_that_is_killed_harms_no_other(pool: Pool, runner: asyncio.Runner) -> None:
    async def run() -> tuple[Problem, list[Reply]]:
        slow = asyncio.create_task(pool.run("sparql", NEVER_DONE, client="a"))
        await asyncio.sleep(0.2)
        (busy,) = [each for each in children_of(pool.generation.first.pid) if works(each)]
        others = [asyncio.create_task(pool.run("sparql", COUNT, client="b")) for _ in range(3)]
        os.kill(busy, 9)
        with pytest.raises(Problem) as problem:
            await slow
        return problem.value, await asyncio.gather(*others)

    problem, others = runner.run(run())
    assert problem.status == 503
    assert len({each.body for each in others}) == 1


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found if is_there(int(each))]


def works(pid: int) -> bool:
    return "\nState:\tR" in Path(f"/proc/{pid}/status").read_text()


def test_nobody_works_for_a_client_that_is_gone(pool: Pool, runner: asyncio.Runner) -> None:
    async def run() -> None:
        slow = asyncio.create_task(pool.run("sparql", NEVER_DONE))
        await asyncio.sleep(0.2)
        (busy,) = [each for each in children_of(pool.generation.first.pid) if works(each)]
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        await until(lambda: not is_there(busy))

    killed = pool.killed
    runner.run(run())
    assert pool.killed == killed, "nothing was stopped at a limit"


def test_a_process_gives_way_after_many_jobs(
    pool: Pool, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "_MOST_JOBS", 3)

    async def run() -> list[int]:
        pool.generation.idle.clear()
        pids = []
        for _ in range(7):
            process = await pool.generation.take()
            await process.do("ping", {}, b"", seconds=5)
            pool.generation.give_back(process)
            pids.append(process.pid)
        await until(lambda: sum(map(is_there, set(pids))) == 1)
        return pids

    pids = runner.run(run())
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_a_job_that_takes_long_goes_on_with_less(pool: Pool, runner: asyncio.Runner) -> None:
    async def run() -> tuple[int, int, bool, bool]:
        process = await pool.generation.take()
        job = asyncio.create_task(process.do("sparql", NEVER_DONE, b"", seconds=0.6))
        await asyncio.sleep(0.05)
        before = os.getpriority(os.PRIO_PROCESS, process.pid)
        await asyncio.sleep(0.4)
        after = os.getpriority(os.PRIO_PROCESS, process.pid)
        with pytest.raises(Ended):
            await job
        pool.generation.give_back(process)
        quick = await pool.generation.take()
        await quick.do("ping", {}, b"", seconds=5)
        pool.generation.give_back(quick)
        return before, after, process.is_spent, quick.is_spent

    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert runner.run(run()) == (own, min(19, own + 15), True, False)


def test_the_process_that_holds_the_graph_is_started_again(
    pool: Pool, runner: asyncio.Runner, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run() -> tuple[Problem, Reply]:
        os.kill(pool.generation.first.pid, 9)
        pool.generation.idle.clear()
        with pytest.raises(Problem) as problem:
            await pool.run("sparql", COUNT)
        return problem.value, await pool.run("sparql", COUNT)

    problem, after = runner.run(run())
    assert (problem.status, problem.headers) == (503, {"Retry-After": "1"})
    assert after.status == 200
    assert "starting it again" in capfd.readouterr().err


def test_a_process_that_makes_no_copies_is_started_again(
    pool: Pool, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "_LONGEST_COPYING", 0.3)

    async def run() -> tuple[Problem, Reply]:
        os.kill(pool.generation.first.pid, signal.SIGSTOP)
        pool.generation.idle.clear()
        with pytest.raises(Problem) as problem:
            await pool.run("sparql", COUNT)
        return problem.value, await pool.run("sparql", COUNT)

    problem, after = runner.run(run())
    assert (problem.status, after.status) == (503, 200)


# Views


def test_a_view_is_made_once_for_all_who_ask_at_once(pool: Pool, runner: asyncio.Runner) -> None:
    async def run() -> set[int]:
        views = [
            pool.generation.as_of("2001-02-03", "in-force", limits=pool.limits) for _ in range(4)
        ]
        return {view.first.pid for view in await asyncio.gather(*views)}

    before = len(children_of(pool.generation.first.pid))
    assert len(runner.run(run())) == 1
    assert len(children_of(pool.generation.first.pid)) <= before + 1


def test_the_view_that_was_asked_least_recently_is_let_go(
    pool: Pool, runner: asyncio.Runner
) -> None:
    async def run() -> list[int]:
        days = ("1999-04-01", "2022-10-12", "1999-04-01", "2004-04-01", "1999-04-01", "2022-10-12")
        views = [await pool.generation.as_of(day, "in-force", limits=pool.limits) for day in days]
        pids = [view.first.pid for view in views]
        await until(lambda: sum(map(is_there, set(pids))) == pool.limits.views)
        return pids

    first, second, again, third, once_more, anew = runner.run(run())
    assert first == again == once_more
    assert len({first, second, third, anew}) == 4


def test_many_views_at_once_are_all_answered(pool: Pool, runner: asyncio.Runner) -> None:
    """More days than are held, each asked by several at once: nobody gets another's answer."""
    days = [f"{year}-06-01" for year in (1996, 2000, 2008, 2015)]

    async def run() -> list[bytes]:
        asked = [
            pool.run("sparql", COUNT, client=f"{day} {number}", known_on=day)
            for number in range(3)
            for day in days
        ]
        return [reply.body for reply in await asyncio.gather(*asked)]

    hold_to(pool, replace(pool.limits, workers=12, patience=30))
    bodies = runner.run(run())
    assert len(set(bodies)) == len(days)
    assert bodies == bodies[: len(days)] * 3
    runner.run(until(lambda: len(children_of(pool.generation.first.pid)) < 12))


def test_a_view_that_cannot_be_is_told_and_leaves_nothing(
    pool: Pool, runner: asyncio.Runner
) -> None:
    async def run() -> Problem:
        with pytest.raises(Problem) as problem:
            await pool.run("sparql", COUNT, known_on="1066-10-14")
        return problem.value

    held = dict(pool.generation._views)
    problem = runner.run(run())
    assert problem.status == 404
    assert "--" not in problem.detail and "kg query" not in problem.detail
    assert pool.generation._views == held


def test_a_view_that_takes_too_long_leaves_nothing(pool: Pool, runner: asyncio.Runner) -> None:
    hold_to(pool, replace(pool.limits, seconds=0.05))
    held = dict(pool.generation._views)

    async def run() -> Problem:
        with pytest.raises(Problem) as problem:
            await pool.run("sparql", COUNT, known_on="2011-11-11")
        return problem.value

    assert runner.run(run()).status == 503
    assert pool.generation._views == held


def test_a_view_whose_process_is_gone_is_made_again(pool: Pool, runner: asyncio.Runner) -> None:
    """And the graph itself, which is at hand, is not loaded again."""

    async def run() -> tuple[Reply, Reply]:
        before = await pool.run("sparql", COUNT, known_on="2010-01-01")
        view = await pool.generation.as_of("2010-01-01", "in-force", limits=pool.limits)
        for process in (view.first, *view.idle):
            os.kill(process.pid, 9)
        view.idle.clear()
        return before, await pool.run("sparql", COUNT, known_on="2010-01-01")

    whole = pool.generation
    before, after = runner.run(run())
    assert before.body == after.body
    assert pool.generation is whole


# Updates


@pytest.fixture(scope="module")
def scratch(graph: kg.Graph, runner: asyncio.Runner) -> Iterator[Pool]:
    """A pool over a scratch copy that is written to."""
    limits = Limits(seconds=2, client=8)
    pool = runner.run(_started(graph.project, limits, is_writable=True))
    yield pool
    pool.close()


async def _count(pool: Pool) -> int:
    return int((await pool.run("sparql", COUNT)).body.split()[1])


async def _update(pool: Pool, text: str) -> Reply:
    return await pool.update("update", {"update": text})


def test_an_update_is_there_for_all_who_ask_then(scratch: Pool, runner: asyncio.Runner) -> None:
    async def run() -> tuple[int, int, bool]:
        before, version = await _count(scratch), scratch.version
        await _update(scratch, "INSERT DATA { <urn:a> <urn:b> 1 , 2 }")
        return before, await _count(scratch), version == scratch.version

    before, after, is_same = runner.run(run())
    assert after == before + 2 and not is_same


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("INSERT DATA { <urn:a> <urn:b> 3 } ; INSERT NONSENSE", 400),
        ("INSERT DATA { <urn:a> <urn:b> 3 } ; LOAD <http://192.0.2.1/>", 400),
        (
            "INSERT DATA { <urn:a> <urn:b> 3 } ; INSERT { <urn:a> <urn:b> ?n } WHERE "
            "{ SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } }",
            503,
        ),
    ],
    ids=["malformed", "refused", "too slow"],
)
def test_an_update_that_fails_changes_nothing(
    scratch: Pool, runner: asyncio.Runner, text: str, status: int
) -> None:
    async def run() -> tuple[tuple[int, str], Problem, tuple[int, str]]:
        before = await _count(scratch), scratch.version
        with pytest.raises(Problem) as problem:
            await _update(scratch, text)
        return before, problem.value, (await _count(scratch), scratch.version)

    hold_to(scratch, replace(scratch.limits, seconds=0.8))
    before, problem, after = runner.run(run())
    assert problem.status == status
    assert before == after


def test_updates_at_once_are_done_one_after_another(scratch: Pool, runner: asyncio.Runner) -> None:
    """None is lost, and each reader sees the graph between two of them."""
    text = (
        "DELETE { <urn:n> <urn:is> ?n } INSERT { <urn:n> <urn:is> ?next ; <urn:was> ?next } "
        "WHERE { <urn:n> <urn:is> ?n BIND(?n + 1 AS ?next) }"
    )
    ask = {
        "query": "SELECT (MAX(?was) AS ?m) (COUNT(?was) AS ?n) (SAMPLE(?is) AS ?i) "
        "{ <urn:n> <urn:is> ?is ; <urn:was> ?was }",
        **CSV,
    }

    async def run() -> list[list[bytes]]:
        await _update(scratch, "INSERT DATA { <urn:n> <urn:is> 1 ; <urn:was> 1 }")
        writing = [_update(scratch, text) for _ in range(6)]
        reading = [scratch.run("sparql", ask, client="b") for _ in range(12)]
        replies = await asyncio.gather(*writing, *reading)
        last = await scratch.run("sparql", ask)
        return [each.body.split()[1].split(b",") for each in [*replies[6:], last]]

    hold_to(scratch, replace(scratch.limits, seconds=10, workers=4, client=3))
    seen = runner.run(run())
    assert all(len(set(each)) == 1 for each in seen), seen
    assert seen[-1][0] == b"7"


# Reloading


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, graph: kg.Graph) -> Project:
    """A small graph of states alone, in which Finland has another name."""
    folder = tmp_path_factory.mktemp("changed")
    return kg.open(_small(folder)).project


def _small(folder: Path) -> Path:
    for name in ("ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    file = folder / "graph" / "states.ttl"
    file.parent.mkdir()
    shutil.copy(ROOT / "graph" / "states.ttl", file)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Finland"@en', '"Suomi"@en'), encoding="utf-8")
    return folder


def test_a_reload_is_noticed_by_nobody_but_in_the_answers(
    graph: kg.Graph, changed: Project, runner: asyncio.Runner
) -> None:
    """Every answer is that of the state whose version it names; none is refused."""

    async def run() -> tuple[list[Reply], str, str, int]:
        pool = await _started(graph.project, Limits(seconds=10, workers=4, client=4))
        folder = pool.snapshot.folder
        try:
            before, replies = pool.version, []
            old = pool.generation.first.pid
            done = asyncio.Event()

            async def ask() -> None:
                while not done.is_set():
                    replies.append(await pool.run("sparql", NAME))
                    pool.generation.idle.clear()  # each asks for a new process

            asking = [asyncio.create_task(ask()) for _ in range(3)]
            await asyncio.sleep(0.2)
            await pool.reload(await asyncio.to_thread(take_snapshot, changed))
            await asyncio.sleep(0.2)
            done.set()
            await asyncio.gather(*asking)
            await until(lambda: not is_there(old))
            return replies, before, pool.version, pool.killed
        finally:
            pool.close()
            assert not folder.exists() and not pool.snapshot.folder.exists()

    replies, before, after, killed = runner.run(run())
    seen = list(dict.fromkeys((reply.version, reply.body) for reply in replies))
    assert seen == [(before, b"name\r\nFinland\r\n"), (after, b"name\r\nSuomi\r\n")]
    assert killed == 0


# Snapshots


def test_a_snapshot_outlives_the_cache_and_the_files(
    graph: kg.Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small(tmp_path)
    cache = tmp_path / "cache"
    monkeypatch.setenv("KG_CACHE", str(cache))
    project = kg.open(tmp_path).project
    snapshot = take_snapshot(project)
    assert kg.open(tmp_path).project  # the cache has the store too
    for folder in (*cache.iterdir(), *map(tmp_path.joinpath, ("graph", "ontology", "queries"))):
        if folder != snapshot.folder:
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    assert snapshot.size > 1 << 17
    assert snapshot.project.prefixes.namespaces == graph.project.prefixes.namespaces
    assert list(snapshot.project.queries.iterdir())
    snapshot.discard()
    assert not snapshot.folder.exists()


def test_a_snapshot_names_its_content(graph: kg.Graph, changed: Project) -> None:
    snapshots = [take_snapshot(graph.project), take_snapshot(graph.project), take_snapshot(changed)]
    one, same, other = [snapshot.version for snapshot in snapshots]
    for snapshot in snapshots:
        snapshot.discard()
    assert one == same != other


def test_a_query_that_changes_makes_another_version(changed: Project) -> None:
    query = changed.queries / "members.rq"
    text = query.read_bytes()
    before = take_snapshot(changed)
    query.write_bytes(text + b"# One more comment.\n")
    after = take_snapshot(changed)
    query.write_bytes(text)
    try:
        assert before.version != after.version
        assert before.project.queries.joinpath("members.rq").read_bytes() == text
    finally:
        before.discard()
        after.discard()


def test_files_that_change_meanwhile_are_taken_as_they_are_in_the_end(changed: Project) -> None:
    """While it is told that a store is built, a file changes: then the new one is taken."""
    file = changed.graph / "states.ttl"
    before = file.read_text(encoding="utf-8")
    after = before + "# This is newer.\n"
    told: list[str] = []

    def change(line: str) -> None:
        told.append(line)
        file.write_text(after, encoding="utf-8")

    file.write_text(before + "# This is new.\n", encoding="utf-8")
    snapshot = take_snapshot(changed, tell=change)
    again = take_snapshot(changed)
    file.write_text(before, encoding="utf-8")
    snapshot.discard()
    again.discard()
    assert len(told) == 2 and snapshot.version == again.version


def test_folders_of_services_that_ended_are_removed(
    graph: kg.Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KG_CACHE", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    ended, lives = tmp_path / f"serving-{process.pid}-1", tmp_path / f"serving-{os.getppid()}-1"
    ended.mkdir()
    lives.mkdir()
    (ended / "file").write_text("left over")
    take_snapshot(graph.project).discard()
    assert not ended.exists()
    assert lives.exists()


# Answers that are remembered

ACTIONS = st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 700)), max_size=60)


@given(actions=ACTIONS, size=st.integers(0, 6000))
def test_answers_are_remembered_as_long_as_there_is_room(
    actions: list[tuple[bool, int, int]], size: int
) -> None:
    """The same as a plain list, the least recently asked first, whose costs are added up."""
    answers = Answers(size)
    plain: OrderedDict[str, Reply] = OrderedDict()

    def cost(reply: Reply) -> int:
        return len(reply.body) + 512

    for is_put, number, length in actions:
        key = str(number)
        if is_put:
            reply = Reply(bytes(length), "text/plain")
            answers.put(key, reply)
            if key not in plain and cost(reply) <= size // 4:
                plain[key] = reply
            while sum(map(cost, plain.values())) > size:
                plain.popitem(last=False)
        else:
            assert answers.get(key) is plain.get(key)
            if key in plain:
                plain.move_to_end(key)
        assert answers.used == sum(map(cost, plain.values())) <= size
    answers.clear()
    assert answers.used == 0 and answers.get("0") is None
