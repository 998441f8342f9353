"""Single events of many requests, committed together.

A commit takes as long for one event as for a hundred. So while the database is at work on some, others gather
and go together in the next call. No event waits for company: while there is a call to spare, it goes at once.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from app.database import Database
from app.errors import UNAVAILABLE, as_problem, unavailable
from app.settings import Settings

# While one waits for the disk the other works; more of them would make smaller groups.
_MAX_CALLS = 2
# What the database takes of one merchant in one call, and what is no burden to anyone.
_MAX_EVENTS = 1000
_MAX_BYTES = 4 * 1024 * 1024


# What became of an event (ingested, duplicate, conflict, rejected), and the answer or what is wrong with it.
Answer = tuple[str, bytes]


class _Event(NamedTuple):
    """An event whose request waits for its answer, and the timer that ends its wait for a call."""

    merchant_id: UUID
    text: bytes
    answer: asyncio.Future[Answer]
    timer: asyncio.TimerHandle


class GroupCommit:
    """Stores single events, each with an outcome of its own and durable before its answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._max_waiting = settings.max_waiting_events
        self._max_seconds = settings.pool_timeout_seconds
        self._waiting: deque[_Event] = deque()
        self._calls: set[asyncio.Task[None]] = set()

    async def ingest(self, merchant_id: UUID, text: bytes) -> Answer:
        """Stores one event.

        Errors: Problem 503 when too many wait already or no call is to spare in time; psycopg.Error.
        """
        if len(self._waiting) >= self._max_waiting:
            raise unavailable("Too many events are waiting for the database.")
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        timer = loop.call_later(self._max_seconds, _give_up, answer)
        self._waiting.append(_Event(merchant_id, text, answer, timer))
        self._start_call()
        return await answer

    def _start_call(self) -> None:
        """Sends what waits, when a call is to spare; the call begins after what else is ready to run now."""
        if self._waiting and len(self._calls) < _MAX_CALLS:
            call = asyncio.create_task(self._call())
            self._calls.add(call)
            call.add_done_callback(self._end_call)

    def _end_call(self, call: asyncio.Task[None]) -> None:
        self._calls.remove(call)
        self._start_call()

    async def _call(self) -> None:
        if events := self._take():
            await self._store(events)

    def _take(self) -> list[_Event]:
        """The events that have waited longest, but those whose request is gone."""
        events: list[_Event] = []
        size = 0
        while self._waiting and len(events) < _MAX_EVENTS and size < _MAX_BYTES:
            event = self._waiting.popleft()
            event.timer.cancel()
            if not event.answer.done():
                events.append(event)
                size += len(event.text)
        return events

    async def _store(self, events: list[_Event]) -> None:
        """Stores events in one transaction, or, when one stands in the others' way, in smaller ones."""
        merchants: dict[UUID, list[_Event]] = {}
        for event in events:
            merchants.setdefault(event.merchant_id, []).append(event)
        # In one order everywhere, so that calls at the same time cannot deadlock.
        batches = [merchants[merchant_id] for merchant_id in sorted(merchants)]
        results: Sequence[Answer | Exception]
        try:
            results = await self._database.ingest_single_events(
                [(batch[0].merchant_id, [event.text for event in batch]) for batch in batches]
            )
        except Exception as error:  # noqa: BLE001  # whatever it is, the requests must hear of it
            if len(events) > 1 and as_problem(error).kind is not UNAVAILABLE:
                for part in batches if len(batches) > 1 else [[event] for event in events]:
                    await self._store(part)
                return
            results = [error] * len(events)
        for event, result in zip(chain.from_iterable(batches), results, strict=True):
            _settle(event.answer, result)


def _settle(answer: asyncio.Future[Answer], result: Answer | Exception) -> None:
    if answer.done():  # the request is gone
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def _give_up(answer: asyncio.Future[Answer]) -> None:
    _settle(answer, unavailable("The database is busy with other events."))
