"""Changes of a merchant at any time: each figure is right before, meanwhile and after; ingest never waits."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Flag
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import check_figures, check_reconciled, check_stored
from tests.db.ingestion import ingest
from tests.db.rollup.test_concurrency import aggregate
from tests.db.sessions import holding_a_row, wait_until_blocked
from tests.db.shop import run_once, sale, sell, shown
from tests.oracle import Json, identity

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]

UPDATE = "select ops.update_merchant(%(id)s, %(name)s, %(default_currency)s, %(timezone)s, %(status)s)"


def change(dba: Connection, merchant_id: UUID, **changes: str) -> None:
    nothing = dict.fromkeys(("name", "default_currency", "timezone", "status"))
    dba.execute(UPDATE, {**nothing, "id": merchant_id, **changes})


def test_only_what_is_given_changes(db: Connection, as_dba: Connection, shop: UUID) -> None:
    query = "select name, default_currency, timezone, status from ops.merchants"
    change(as_dba, shop)
    assert as_dba.execute(query).fetchone() == ("Boutique", "XOF", "Africa/Dakar", "active")
    change(as_dba, shop, name="Marché", status="suspended")
    assert as_dba.execute(query).fetchone() == ("Marché", "XOF", "Africa/Dakar", "suspended")
    change(as_dba, shop, default_currency="EUR", timezone="Europe/Paris", status="active")
    assert as_dba.execute(query).fetchone() == ("Marché", "EUR", "Europe/Paris", "active")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("name", "", "name"),
        ("default_currency", "XXX", "currency"),
        ("timezone", "Mars/Olympus", "timezone"),
        ("timezone", "posixrules", "timezone"),
        ("status", "gone", "status"),
    ],
)
def test_what_no_merchant_may_have(
    as_dba: Connection, shop: UUID, field: str, value: str, named: str
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        change(as_dba, shop, **{field: value})
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", named)
    with pytest.raises(psycopg.Error) as refusal:
        change(as_dba, UUID(int=0), name="x")
    assert refusal.value.sqlstate == "ML404"


def test_default_currency_is_that_of_the_next_answer(
    db: Connection, as_api: Connection, as_dba: Connection, shop: UUID
) -> None:
    ingest(as_api, shop, [sale("a"), sale("b", currency="EUR")])
    run_once(db)
    assert shown(as_api, shop) == {"a"}
    change(as_dba, shop, default_currency="EUR")
    assert shown(as_api, shop) == {"b"}
    check_reconciled(db)


def test_suspended_merchant_keeps_what_it_has(
    db: Connection, as_api: Connection, as_dba: Connection, drain: Drain, shop: UUID
) -> None:
    """What was accepted is aggregated all the same, also in a new zone; what comes next is refused."""
    sell(as_api, shop, "a")
    change(as_dba, shop, status="suspended", timezone="Asia/Kuwait")
    with pytest.raises(psycopg.Error) as refusal:
        sell(as_api, shop, "b")
    assert refusal.value.sqlstate == "ML403"
    drain(db)
    check_reconciled(db)
    change(as_dba, shop, status="active")
    sell(as_api, shop, "b")
    drain(db)
    assert shown(as_api, shop) == {"a", "b"}


def test_ingest_does_not_wait_for_a_rebuild(
    db: Connection, connect: Connect, as_api: Connection, as_dba: Connection, drain: Drain, shop: UUID
) -> None:
    """Nor do readers, who see the old zone's figures until the new ones are complete."""
    ingest(as_api, shop, [sale("a", occurred_at="2024-12-31T23:30:00Z")])
    run_once(db)
    change(as_dba, shop, timezone="Asia/Kuwait")
    zone_and_customers = """
        select a ->> 'timezone', a #>> '{totals,customers}'
        from api.dashboard_analytics(%s, '2024-12-30', '2024-12-31') as a
    """
    runner = connect("molam_rollup")
    with ThreadPoolExecutor() as pool:
        with holding_a_row(connect, "data.merchant_daily_aggregates"):
            rebuild = pool.submit(run_once, runner)
            wait_until_blocked(db, runner)
            as_api.execute("set lock_timeout = '1ms'")
            sell(as_api, shop, "b")
            assert as_api.execute(zone_and_customers, (shop,)).fetchone() == ("Africa/Dakar", "1")
        rebuild.result()
    drain(db)
    assert as_api.execute(zone_and_customers, (shop,)).fetchone() == ("Asia/Kuwait", "0")
    assert shown(as_api, shop) == {"a", "b"}
    check_reconciled(db)


def test_zone_changed_again_while_it_is_rebuilt(
    db: Connection, connect: Connect, as_api: Connection, as_dba: Connection, drain: Drain, shop: UUID
) -> None:
    sell(as_api, shop, "a")
    drain(db)
    change(as_dba, shop, timezone="Asia/Kuwait")
    rebuild = connect("molam_dba", autocommit=False)
    rebuild.execute("select ops.rebuild(%s)", (shop,))
    with ThreadPoolExecutor() as pool:
        again = pool.submit(change, as_dba, shop, timezone="Asia/Kathmandu")
        wait_until_blocked(db, as_dba)
        rebuild.commit()
        again.result()
    drain(db)
    assert db.execute("select timezone, aggregated_timezone from data.merchants").fetchone() == (
        "Asia/Kathmandu",
        "Asia/Kathmandu",
    )
    check_reconciled(db)


ZONES = ("Europe/Paris", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe")


def send(connect: Connect, merchant_id: UUID, events: list[Json]) -> None:
    with connect("molam_api") as api:
        for start in range(0, len(events), 3):
            _, answer = ingest(api, merchant_id, events[start : start + 3])
            assert answer["conflicts"] == answer["rejected"] == 0


def keep_moving(connect: Connect, merchant_id: UUID, stop: Flag) -> int:
    moves = 0
    with connect("molam_dba") as dba:
        while not stop.is_set() or moves < len(ZONES):
            change(dba, merchant_id, timezone=ZONES[moves % len(ZONES)])
            moves += 1
            time.sleep(0.05)
    return moves


def keep_reading(connect: Connect, merchant_id: UUID, stop: Flag) -> None:
    """Whatever the zone is at that moment, one answer holds together: a day is the sum of its hours."""
    query = """
        select api.dashboard_analytics(%(id)s, d.date, d.date) -> 'totals',
            api.dashboard_analytics(%(id)s, d.date, d.date, 'hourly') -> 'totals'
        from (select current_date - 2 as date) as d
    """
    with connect("molam_api") as api:
        while not stop.is_set():
            days, hours = api.execute(query, {"id": merchant_id}).fetchone()
            assert days == hours


def test_zone_changes_under_load(
    db: Connection, connect: Connect, merchant: Callable[..., UUID], drain: Drain
) -> None:
    merchant_id = merchant("EUR", "Africa/Dakar")
    now = db.execute("select now()").fetchone()[0]
    events = [
        sale(
            f"t{n}",
            currency="EUR",
            customer_id="abcdefg"[n % 7],
            product_id="pq"[n % 2],
            occurred_at=(now - timedelta(minutes=37 * n)).isoformat(),
        )
        for n in range(240)
    ]
    stop = Flag()
    with ThreadPoolExecutor(6) as pool:
        others = [
            *(pool.submit(aggregate, connect, name, stop) for name in ("one", "other")),
            pool.submit(keep_moving, connect, merchant_id, stop),
            pool.submit(keep_reading, connect, merchant_id, stop),
        ]
        try:
            parts = (events[::2], events[1::2])
            for writer in [pool.submit(send, connect, merchant_id, part) for part in parts]:
                writer.result()
        finally:
            stop.set()
        for other in others:
            other.result()
    drain(db)
    assert db.execute("select job, last_error from ops.jobs where last_error is not null").fetchall() == []
    assert db.execute("select count(*) from ops.jobs where job like 'rebuild %'").fetchone() == (1,)
    zone = db.execute("select aggregated_timezone from data.merchants").fetchone()[0]
    stored = check_stored(db, merchant_id, {identity(event): event for event in events})
    with connect("molam_api") as api:
        check_figures(api, merchant_id, zone, "EUR", stored)
    check_reconciled(db)
