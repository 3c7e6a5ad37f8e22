"""Tests who yields: a client that has had much more of the processors than others of late."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from kg.project import locate
from kg.web.pool.pool import Pool
from kg.web.pool.shares import Shares
from kg.web.settings import Limits
from kg.web.snapshot import take_snapshot


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shares(clock: Clock) -> Shares:
    return Shares(clock)


def test_a_client_that_is_alone_never_yields(shares: Shares) -> None:
    shares.note("alone", 100)
    assert not shares.yields("alone")


def test_who_has_had_much_more_than_others_yields_and_they_do_not(shares: Shares) -> None:
    shares.note("greedy", 8)
    shares.note("modest", 2)
    assert (shares.yields("greedy"), shares.yields("modest")) == (True, False)


def test_clients_that_have_had_the_same_do_not_yield(shares: Shares) -> None:
    for client in ("one", "other"):
        shares.note(client, 8)
    assert not (shares.yields("one") or shares.yields("other"))


def test_a_little_work_makes_nobody_yield(shares: Shares) -> None:
    shares.note("quick", 0.4)
    shares.note("quicker", 0.001)
    assert not shares.yields("quick")


def test_what_a_client_has_had_is_forgotten(shares: Shares, clock: Clock) -> None:
    shares.note("greedy", 8)
    shares.note("modest", 2)
    clock.now += 60
    assert not shares.yields("greedy")


def test_years_and_many_clients_change_nothing(shares: Shares, clock: Clock) -> None:
    clock.now += 5 * 365 * 86400 / 100_000
    for number in range(5000):
        shares.note(f"client {number}", 0.01)
        clock.now += 10
    shares.note("greedy", 8)
    assert shares.yields("greedy")
    assert not shares.yields("client 4999")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


def test_who_yields_is_worked_for_by_processes_that_others_come_before(
    runner: asyncio.Runner,
) -> None:
    async def run() -> tuple[list[int], list[int]]:
        pool = await Pool.start(
            take_snapshot(locate()), Limits(seconds=1, workers=2), is_writable=False
        )
        try:
            await pool.run("ping", {}, client="modest")
            for _ in range(2):
                pool.shares.note("greedy", 5)
                await pool.run("ping", {}, client="greedy")
            low = [each for each in pool.generation.idle if each.is_low]
            others = [each for each in pool.generation.idle if not each.is_low]
            return _priorities(low), _priorities(others)
        finally:
            pool.close()

    own = os.getpriority(os.PRIO_PROCESS, 0)
    low, others = runner.run(run())
    assert low == [min(19, own + 15)]
    assert others and set(others) == {own}


def _priorities(processes: list) -> list[int]:
    return [os.getpriority(os.PRIO_PROCESS, process.pid) for process in processes]
