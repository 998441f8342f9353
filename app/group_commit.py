"""Single events of many requests, committed together: a commit takes as long for one as for a hundred."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import psycopg

from app.database import Database
from app.gathering import Bounds, Gathering
from app.settings import Settings

_MAX_CALLS = 4
# What is no burden to anyone in one call, and so much an event weighs at least, for no more than 1000 of one
# merchant are taken.
_MAX_BYTES = 4_000_000
_LEAST_WEIGHT = _MAX_BYTES // 1000

# What became of an event (ingested, duplicate, conflict, rejected), and the answer or what is wrong with it.
Answer = tuple[str, bytes]

# Whose event, and its text.
_Event = tuple[UUID, bytes]


class GroupCommit:
    """Stores single events, each with an outcome of its own and durable before its answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        bounds = Bounds(_MAX_CALLS, _MAX_BYTES, settings.max_waiting_events, settings.pool_timeout_seconds)
        self._gathering = Gathering[_Event, Answer](self._store, bounds)

    async def ingest(self, merchant_id: UUID, text: bytes) -> Answer:
        """Stores one event.

        Errors: Problem 503 when too many wait already or no call is to spare in time; psycopg.Error.
        """
        weight = max(len(text), _LEAST_WEIGHT)
        return await self._gathering.ask((merchant_id, text), weight)

    async def _store(self, events: Sequence[_Event]) -> list[Answer | psycopg.Error]:
        """Stores events together, and gives their answers, or errors, in their order."""
        order = sorted(range(len(events)), key=lambda number: events[number][0])
        batches = [
            (merchant_id, [events[number][1] for number in numbers])
            for merchant_id, numbers in groupby(order, key=lambda number: events[number][0])
        ]
        stored = await self._database.ingest_single_events(batches)
        answers = dict(zip(order, stored, strict=True))
        return [answers[number] for number in range(len(events))]
