"""Events that come in beside the service, straight into the database, and their place in the ledger."""

from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from tests.db.ingestion import encode, outcomes
from tests.faults.ledger import Ledger, new_event
from tests.faults.world import World
from tests.oracle import Json, Outcome


def some_events(dice: Random, ledger: Ledger) -> list[Json]:
    name = uuid4()
    return [new_event(dice, ledger, f"{name} {number}", datetime.now(UTC)) for number in range(5)]


def send_until_acknowledged(world: World, ledger: Ledger, events: list[Json]) -> None:
    """Whatever became of them before, now they are stored."""
    for event, outcome in zip(events, ingest_surely(world, ledger, events), strict=True):
        ledger.note(event, outcome, known={})


def ingest_surely(world: World, ledger: Ledger, events: list[Json]) -> list[Outcome]:
    query = "select is_stored, body from api.ingest_events(%s, %s, true)"
    answer = world.execute(query, (ledger.merchant_id, encode(events).decode()))[0]
    return outcomes(*answer, len(events))
