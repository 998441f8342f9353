"""Single events of many requests, committed together.

A commit takes as long for one event as for a hundred, and a call not much less. So while the database is at
work on some events, others gather, and go together in the next call. When it is at rest, an event goes at
once. When it is slow, events wait for a few milliseconds only, then go in a further call beside the first.
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

# How long events wait for calls under way, and how many of these there are at most.
_PATIENCE_SECONDS = 0.005
_MAX_CALLS = 4
# The loop's clock goes by milliseconds.
_TICK_SECONDS = 0.001
# What the database takes of one merchant in one call, and what is no burden to anyone.
_MAX_EVENTS = 1000
_MAX_BYTES = 4 * 1024 * 1024

# What became of an event (ingested, duplicate, conflict, rejected), and the answer or what is wrong with it.
Answer = tuple[str, bytes]


class _Event(NamedTuple):
    """An event whose request waits for its answer, since that moment of the loop's clock."""

    merchant_id: UUID
    text: bytes
    answer: asyncio.Future[Answer]
    since: float


class GroupCommit:
    """Stores single events, each with an outcome of its own and durable before its answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._max_waiting = settings.max_waiting_events
        self._max_seconds = settings.pool_timeout_seconds
        self._waiting: deque[_Event] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._next_look: asyncio.TimerHandle | None = None

    async def ingest(self, merchant_id: UUID, text: bytes) -> Answer:
        """Stores one event.

        Errors: Problem 503 when too many wait already or no call is to spare in time; psycopg.Error.
        """
        if len(self._waiting) >= self._max_waiting:
            raise unavailable("Too many events are waiting for the database.")
        loop = asyncio.get_running_loop()
        event = _Event(merchant_id, text, loop.create_future(), loop.time())
        self._waiting.append(event)
        if not self._calls:
            self._start_call()
        if not self._next_look:
            self._look_later()
        return await event.answer

    def _start_call(self) -> None:
        """A call for what waits; it begins after what else is ready to run, which may bring more events."""
        call = asyncio.create_task(self._call())
        self._calls.add(call)
        call.add_done_callback(self._end_call)

    def _end_call(self, call: asyncio.Task[None]) -> None:
        self._calls.remove(call)
        self._start_call_if_due()

    def _start_call_if_due(self) -> None:
        """Makes a call for what waits when none is under way, or when it has waited long enough for those."""
        if not self._waiting or len(self._calls) == _MAX_CALLS:
            return
        seconds = asyncio.get_running_loop().time() - self._waiting[0].since
        if not self._calls or seconds >= _PATIENCE_SECONDS:
            self._start_call()

    def _look_later(self) -> None:
        if self._waiting:
            loop = asyncio.get_running_loop()
            due_at = self._waiting[0].since + _PATIENCE_SECONDS + _TICK_SECONDS
            at = due_at if due_at > loop.time() else loop.time() + _PATIENCE_SECONDS
            self._next_look = loop.call_at(at, self._look)
        else:
            self._next_look = None

    def _look(self) -> None:
        """Gives up on what has waited too long, and sends what need not wait any longer."""
        too_old = asyncio.get_running_loop().time() - self._max_seconds
        while self._waiting and self._waiting[0].since < too_old:
            _settle(self._waiting.popleft().answer, unavailable("The database is busy with other events."))
        self._start_call_if_due()
        self._look_later()

    async def _call(self) -> None:
        if events := self._take():
            await self._store(events)

    def _take(self) -> list[_Event]:
        """The events that have waited longest, but those whose request is gone."""
        events: list[_Event] = []
        size = 0
        while self._waiting and len(events) < _MAX_EVENTS and size < _MAX_BYTES:
            event = self._waiting.popleft()
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
