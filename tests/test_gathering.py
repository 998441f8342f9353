"""When questions that wait go to the database, and how many in a call."""

import asyncio
from collections.abc import Sequence

import pytest

from app import gathering
from app.gathering import Bounds, Gathering
from tests import loops

BOUNDS = Bounds(calls=3, weight=4, waiting=100, seconds=60)


class Database:
    """Answers each number by its double, when it is let."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.go_on = asyncio.Event()

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        await self.go_on.wait()
        return [number * 2 for number in numbers]


async def let_run() -> None:
    """Until nothing is left that could run by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_PATIENCE_SECONDS", 3600)


def test_what_fills_a_call_does_not_wait_for_another() -> None:
    async def run() -> None:
        database = Database()
        doubles = Gathering(database.double, BOUNDS)
        asked = [asyncio.create_task(doubles.ask(number)) for number in range(5)]
        await let_run()
        assert database.calls == [[0, 1, 2, 3]]
        asked += [asyncio.create_task(doubles.ask(number)) for number in range(5, 7)]
        await let_run()
        assert len(database.calls) == 1
        asked.append(asyncio.create_task(doubles.ask(7)))
        await let_run()
        assert database.calls[1:] == [[4, 5, 6, 7]]
        database.go_on.set()
        assert await asyncio.gather(*asked) == [number * 2 for number in range(8)]

    loops.run(run())


def test_a_burst_goes_in_as_many_calls_as_it_fills() -> None:
    async def run() -> None:
        database = Database()
        doubles = Gathering(database.double, BOUNDS)
        asked = [asyncio.create_task(doubles.ask(number)) for number in range(18)]
        await let_run()
        assert [len(call) for call in database.calls] == [4, 4, 4]
        database.go_on.set()
        assert await asyncio.gather(*asked) == [number * 2 for number in range(18)]
        assert [len(call) for call in database.calls] == [4, 4, 4, 4, 2]

    loops.run(run())


def test_a_question_at_rest_goes_at_once() -> None:
    async def run() -> None:
        database = Database()
        doubles = Gathering(database.double, BOUNDS)
        database.go_on.set()
        assert [await doubles.ask(number) for number in range(3)] == [0, 2, 4]
        assert database.calls == [[0], [1], [2]]

    loops.run(run())


def test_nobody_waits_for_a_request_that_is_gone() -> None:
    """Nor does what it weighed fill a call."""

    async def run() -> None:
        database = Database()
        doubles = Gathering(database.double, BOUNDS)
        first = asyncio.create_task(doubles.ask(0))
        await let_run()
        gone = [asyncio.create_task(doubles.ask(number)) for number in range(1, 3)]
        await let_run()
        for task in gone:
            task.cancel()
        last = asyncio.create_task(doubles.ask(3))
        database.go_on.set()
        assert await asyncio.gather(first, last) == [0, 6]
        assert database.calls == [[0], [3]]
        assert doubles._waiting_weight == 0

    loops.run(run())
