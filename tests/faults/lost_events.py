"""Events that were acknowledged and are gone, after a disaster that only an older copy outlives."""

from tests.db.dashboards import stored_events
from tests.faults.direct_ingest import ingest_surely
from tests.faults.ledger import Ledger
from tests.faults.world import World
from tests.oracle import Identity

BATCH = 100


def lost(world: World, ledger: Ledger) -> set[Identity]:
    """The acknowledged events that are not there any more; nothing is there that was not acknowledged."""
    with world.connect() as db:
        stored = stored_events(db, ledger.merchant_id).keys()
    accepted = ledger.accepted().keys()
    assert stored <= accepted, f"I2: nobody was told of {stored - accepted}"
    return accepted - stored


def send_again(world: World, ledger: Ledger) -> set[Identity]:
    """Sends all that was ever acknowledged, which is safe; gives those that were not there."""
    accepted = list(ledger.accepted().items())
    stored_now: set[Identity] = set()
    for start in range(0, len(accepted), BATCH):
        batch = accepted[start : start + BATCH]
        outcomes = ingest_surely(world, ledger, [event for _, event in batch])
        stored_now |= {
            who for (who, _), outcome in zip(batch, outcomes, strict=True) if outcome.name == "ingested"
        }
    return stored_now
