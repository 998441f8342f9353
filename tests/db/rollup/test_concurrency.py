"""Writers, runners and a reader at once: nothing is lost, nothing counts twice, and as_of tells the truth."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event as Flag
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.dashboards import check_figures, check_reconciled, check_stored
from tests.db.ingestion import ingest
from tests.oracle import EVENT_TYPES, Json, identity

Connection = psycopg.Connection[tuple]
Reading = tuple[datetime, int]  # a moment and a number of events


def make_events(dice: random.Random, now: datetime) -> list[Json]:
    return [
        {
            "transaction_id": f"t{number // 2}",
            "event_type": EVENT_TYPES[number % 4],
            "amount": dice.randrange(1000),
            "currency": "EUR",
            "customer_id": dice.choice("abcdefg"),
            "product_id": dice.choice("pq"),
            "occurred_at": (now - timedelta(minutes=dice.randrange(3000))).isoformat(),
        }
        for number in range(60)
    ]


def write(connect: Callable[..., Connection], merchant_id: UUID, events: list[Json]) -> list[Reading]:
    """Sends in small batches; returns how many events each stored, and a moment by which it had."""
    readings = []
    with connect("molam_api") as api:
        for start in range(0, len(events), 4):
            _, answer = ingest(api, merchant_id, events[start : start + 4])
            assert answer["conflicts"] == answer["rejected"] == 0
            acknowledged_by = api.execute("select clock_timestamp()").fetchone()[0]
            readings.append((acknowledged_by, answer["ingested"]))
    return readings


def aggregate(connect: Callable[..., Connection], runner: str, stop: Flag) -> None:
    with connect("molam_rollup") as session:
        while not stop.is_set():
            session.execute("call rollup.run(%s, 0)", (runner,))


def read(api: Connection, merchant_id: UUID) -> Reading:
    """As of when, and how many events, the answer for the last days shows."""
    query = "select api.dashboard_analytics(%s, current_date - 5, current_date + 1)"
    answer = api.execute(query, (merchant_id,)).fetchone()[0]
    events = sum(answer["totals"][measure] for measure in ("created", "successful", "failed", "refunded"))
    return datetime.fromisoformat(answer["as_of"]), events


def keep_reading(connect: Callable[..., Connection], merchant_id: UUID, stop: Flag) -> list[Reading]:
    readings = []
    with connect("molam_api") as api:
        while not stop.is_set():
            readings.append(read(api, merchant_id))
    return readings


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_everything_at_once(
    db: Connection,
    connect: Callable[..., Connection],
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
    seed: int,
) -> None:
    dice = random.Random(seed)
    merchant_id = merchant("EUR", "Europe/Paris")
    db.execute("update ops.settings set value = 3 where name = 'window_events'")
    events = make_events(dice, db.execute("select now()").fetchone()[0])
    orders = [dice.sample(events, len(events)) for _ in range(2)]
    stop = Flag()

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(write, connect, merchant_id, order) for order in orders]
        runners = [pool.submit(aggregate, connect, name, stop) for name in ("one", "other")]
        reader = pool.submit(keep_reading, connect, merchant_id, stop)
        try:
            stored = [reading for writer in writers for reading in writer.result()]
        finally:
            stop.set()
        for runner in runners:
            runner.result()
        readings = reader.result()

    assert sum(new for _, new in stored) == len(events)
    drain(db)
    with connect("molam_api") as api:
        readings.append(read(api, merchant_id))
        accepted = check_stored(db, merchant_id, {identity(event): event for event in events})
        check_figures(api, merchant_id, "Europe/Paris", "EUR", accepted)
    check_reconciled(db)
    for as_of, shown in readings:
        assert shown >= sum(new for acknowledged_by, new in stored if acknowledged_by < as_of)
    assert readings[-1][0] > max(acknowledged_by for acknowledged_by, _ in stored)
