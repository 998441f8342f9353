"""Retention: raw events and their identities go, by whole partitions; no figure ever changes for it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import check_figures, check_reconciled, check_stored
from tests.db.ingestion import ingest
from tests.db.life.aging import age, keep, retire, states
from tests.db.shop import errors_of, run_once, sale, sell, shown
from tests.oracle import EVENT_TYPES, Event, Json, identity

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]


@pytest.fixture
def shop(merchant: Callable[..., UUID]) -> UUID:
    return merchant("XOF", "Europe/Paris")


def some_events(now: datetime, name: str = "t") -> list[Json]:
    """All types, days that customers come back to, and several in one quarter of an hour."""
    return [
        {
            "transaction_id": f"{name}{number}",
            "event_type": EVENT_TYPES[number % 4] if number % 3 else "payment_succeeded",
            "amount": f"{number}.25",
            "currency": "EUR" if number % 5 else "XOF",
            "fee": 1,
            "customer_id": "abc"[number % 3],
            "product_id": "pq"[number % 2],
            "payment_method": ("card", "cash")[number % 2],
            "product_name": f"name {number}",
            "occurred_at": (now - timedelta(hours=7 * (number // 12), seconds=number)).isoformat(),
        }
        for number in range(60)
        if number % 5 or number % 2 == 0
    ]


def whole(events: list[Json]) -> list[Json]:
    """XOF has no cents."""
    return [{**e, "amount": 7} if e["currency"] == "XOF" else e for e in events]


@pytest.fixture
def stored(db: Connection, as_api: Connection, drain: Drain, shop: UUID) -> list[Event]:
    """The shop's events, aggregated."""
    events = whole(some_events(db.execute("select now()").fetchone()[0]))
    ingest(as_api, shop, events)
    drain(db)
    return check_stored(db, shop, {identity(event): event for event in events})


def test_figures_survive_at_every_step(
    db: Connection, as_api: Connection, as_dba: Connection, drain: Drain, shop: UUID, stored: list[Event]
) -> None:
    old = age(db)
    keep(as_dba)
    assert states(as_dba)[old] == "past"
    step = as_dba.execute("select ops.apply_retention()").fetchone()[0]
    assert step == f"{old}: {len(stored)} events condensed"
    assert states(as_dba)[old] == "retired"
    assert db.execute("select count(*) from data.transaction_event_keys").fetchone() == (0,)
    check_reconciled(as_dba)
    assert as_dba.execute("select ops.rebuild(%s)", (shop,)).fetchone() == (len(stored),)
    check_reconciled(as_dba)
    check_figures(as_api, shop, "Europe/Paris", "XOF", stored)

    assert retire(as_dba) == [f"{old}: dropped"]
    assert old not in states(as_dba)
    condensed = db.execute("select count(*), sum(events) from data.retired_events").fetchone()
    assert condensed[0] < condensed[1] == len(stored)
    check_reconciled(as_dba)
    assert as_dba.execute("select ops.rebuild(%s)", (shop,)).fetchone() == (len(stored),)
    check_reconciled(as_dba)
    check_figures(as_api, shop, "Europe/Paris", "XOF", stored)

    for zone in ("Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"):
        as_dba.execute("select ops.update_merchant(%s, p_timezone => %s)", (shop, zone))
        drain(db)
        check_reconciled(as_dba)
        check_figures(as_api, shop, zone, "XOF", stored)


def test_new_events_join_retired_ones(
    db: Connection, as_api: Connection, drain: Drain, shop: UUID, stored: list[Event]
) -> None:
    """In the same slots, with the same customers and products: later partitions are added to the rows."""
    keep(db)
    now = db.execute("select now()").fetchone()[0]
    events = list(stored)
    for name in ("u", "v"):
        age(db)
        retire(db)
        more = whole(some_events(now, name))
        ingest(as_api, shop, more)
        drain(db)
        events += check_stored(db, shop, {identity(event): event for event in more})
        check_reconciled(db)
        check_figures(as_api, shop, "Europe/Paris", "XOF", events)
    age(db)
    retire(db)
    assert db.execute("select sum(events) from data.retired_events").fetchone() == (len(events),)
    db.execute("select ops.rebuild(%s)", (shop,))
    check_reconciled(db)
    check_figures(as_api, shop, "Europe/Paris", "XOF", events)


def test_an_event_that_comes_again_before_the_drop_counts_once(
    db: Connection, as_api: Connection, as_analyst: Connection, drain: Drain, shop: UUID
) -> None:
    """Its first row is condensed, and still there."""
    keep(db)
    at = {"occurred_at": "2026-01-01T10:00:00Z"}
    events = [sale("t", event_type="payment_created", **at), sale("t", **at)]
    ingest(as_api, shop, events)
    drain(db)
    age(db)
    db.execute("select ops.apply_retention()")
    _, answer = ingest(as_api, shop, events)
    assert answer["ingested"] == 2
    drain(db)
    check_reconciled(db)
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (4,)
    query = "select event_type, received_at > now() - interval '1 day' from analytics.events order by 1"
    assert as_analyst.execute(query).fetchall() == [("payment_created", True), ("payment_succeeded", True)]
    query = "select status, attempts, revenue from analytics.transactions"
    assert as_analyst.execute(query).fetchall() == [("succeeded", 1, 100)]
    assert as_analyst.execute("select created, succeeded from analytics.funnels").fetchall() == [(1, 1)]


def test_one_of_several_retired_events_is_not_taken_for_all(
    db: Connection, as_api: Connection, drain: Drain, shop: UUID
) -> None:
    """Set aside by a rebuild is what was condensed together, of which one row is still there."""
    keep(db)
    ingest(as_api, shop, [sale("a", customer_id="c"), sale("b", customer_id="c")])
    drain(db)
    age(db)
    with db.transaction():
        db.execute("set local session_replication_role = replica")  # no trigger: events are append-only
        db.execute("update data.transaction_events set occurred_at = received_at")
    db.execute("select ops.apply_retention()")
    db.execute(
        "alter table data.merchant_daily_aggregates add constraint no_poison check (revenue = 0) not valid"
    )
    db.execute("select ops.rebuild(%s)", (shop,))
    db.execute("alter table data.merchant_daily_aggregates drop constraint no_poison")
    assert db.execute("select ops.retry_set_aside_events(%s)", (shop,)).fetchone() == (0,)
    assert db.execute("select relation from ops.reconcile()").fetchall() == [("set_aside_events",)]
    db.execute("select ops.rebuild(%s)", (shop,))
    check_reconciled(db)


# --- what a slot of time may hold ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/St_Johns", datetime(2010, 3, 14, 3, 31, tzinfo=UTC)),  # a minute past midnight
        ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),  # back to the day before
        ("Africa/Monrovia", datetime(1971, 5, 1, 0, 44, 30, tzinfo=UTC)),  # midnight in a zone of seconds
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 0, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 6, 1, 18, 15, tzinfo=UTC)),
    ],
)
def test_hours_of_any_zone_are_found_again(
    db: Connection, as_api: Connection, drain: Drain, shop: UUID, zone: str, change: datetime
) -> None:
    """Also of those that changed at odd minutes."""
    moments = [change + timedelta(seconds=10 * n) for n in range(-12, 12)]
    events = [sale(f"t{n}", customer_id="c", occurred_at=at.isoformat()) for n, at in enumerate(moments)]
    ingest(as_api, shop, events)

    def figures_in(timezone: str) -> set[str]:
        db.execute("select ops.update_merchant(%s, p_timezone => %s)", (shop, timezone))
        drain(db)
        check_reconciled(db)
        query = """
            select a::text from internal.actual_aggregates(null, null, null) as a
            where a.relation <> 'merchant_transactions'  -- those end with their events
        """
        return {row[0] for row in db.execute(query)}

    before = figures_in(zone)
    age(db)
    keep(db)
    figures_in("Europe/Paris")
    retire(db)
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (0,)
    assert figures_in(zone) == before


# --- what must not be dropped ----------------------------------------------------------------------


@pytest.mark.usefixtures("stored")
def test_nothing_is_dropped_by_default_or_before_its_time(db: Connection, as_dba: Connection) -> None:
    age(db)
    assert retire(as_dba) == []
    keep(as_dba, 3001)
    assert retire(as_dba) == []
    with pytest.raises(psycopg.errors.CheckViolation):
        keep(as_dba, 1)
    keep(as_dba, 2)
    assert len(retire(as_dba)) == 2
    assert set(states(as_dba).values()) == {"current", "ahead", "default"}


def test_waiting_events_are_not_dropped(db: Connection, as_api: Connection, shop: UUID) -> None:
    """The job says why, and goes on when they are aggregated."""
    sell(as_api, shop, "a")
    old = age(db)
    keep(db)
    with pytest.raises(psycopg.errors.RaiseException, match=f"{old} has 1 events that the rollup has not"):
        db.execute("select ops.apply_retention()")
    for _ in range(2):
        db.execute("select rollup.run_due_jobs()")
    assert "has not aggregated" in errors_of(db, "retention")
    run_once(db)
    retire(db)
    assert old not in states(db)
    assert shown(as_api, shop) == {"a"}
    check_reconciled(db)


def test_events_set_aside_are_not_dropped(db: Connection, as_api: Connection, shop: UUID) -> None:
    db.execute("alter table data.merchant_daily_aggregates add constraint no_poison check (revenue <> 666)")
    ingest(as_api, shop, [sale("poison", amount=666)])
    run_once(db)
    age(db)
    keep(db)
    with pytest.raises(psycopg.errors.RaiseException, match="1 events that are set aside"):
        retire(db)
    db.execute("alter table data.merchant_daily_aggregates drop constraint no_poison")
    db.execute("select ops.rebuild(%s)", (shop,))
    assert len(retire(db)) == 2
    check_reconciled(db)


def test_retired_events_that_cannot_be_rebuilt_are_set_aside(
    db: Connection, as_api: Connection, shop: UUID
) -> None:
    sell(as_api, shop, "good")
    ingest(as_api, shop, [sale("poison", amount=666, occurred_at="2025-01-01T00:00:00Z")])
    run_once(db)
    age(db)
    keep(db)
    retire(db)
    refusal = "check (revenue <> 666) not valid"
    db.execute(f"alter table data.merchant_daily_aggregates add constraint no_poison {refusal}")
    db.execute("select ops.rebuild(%s)", (shop,))
    assert shown(as_api, shop) == {"good"}
    assert db.execute("select relation from ops.reconcile()").fetchall() == [("set_aside_events",)]
    db.execute("alter table data.merchant_daily_aggregates drop constraint no_poison")
    db.execute("select ops.rebuild(%s)", (shop,))
    assert shown(as_api, shop) == {"good", "poison"}
    check_reconciled(db)


@pytest.mark.parametrize("is_prepared", [False, True], ids=["open", "prepared"])
def test_events_of_open_transactions_are_not_dropped(
    db: Connection, connect: Connect, as_api: Connection, shop: UUID, is_prepared: bool
) -> None:
    """One that has been open since the partition was the current one."""
    sell(as_api, shop, "a")
    run_once(db)
    old = age(db)
    keep(db)
    slow = connect(autocommit=False)
    same = "merchant_id, received_at, occurred_at, bucket_id, is_occurred_at_given, event_type, currency"
    slow.execute(
        f"""
        insert into data.transaction_events
            ({same}, amount, fee, payment_method, event_id, transaction_id, customer_id)
        select {same}, amount, fee, payment_method, gen_random_uuid(), 'slow', 'slow' from data.{old}
        """
    )
    if is_prepared:
        slow.execute("prepare transaction 'slow'")
    started_at = time.monotonic()
    with pytest.raises(psycopg.errors.LockNotAvailable):
        db.execute("select ops.apply_retention()")
    assert time.monotonic() - started_at < 5
    sell(as_api, shop, "b")
    if is_prepared:
        db.execute("commit prepared 'slow'")
    else:
        slow.commit()
    run_once(db)
    retire(db)
    assert old not in states(db)
    assert shown(as_api, shop) == {"a", "b", "slow"}
    check_reconciled(db)


def test_retention_must_see_what_commits_while_it_waits(db: Connection, connect: Connect) -> None:
    session = connect(autocommit=False)
    session.execute("set transaction isolation level repeatable read")
    with pytest.raises(psycopg.errors.RaiseException, match="read committed"):
        session.execute("select ops.apply_retention()")


# --- beside others ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("stored")
def test_a_reader_delays_the_drop_and_nobody_else(
    db: Connection, connect: Connect, as_api: Connection, shop: UUID
) -> None:
    """A dump, say, that reads all tables for hours: the drop gives up and is made later."""
    old = age(db)
    keep(db)
    db.execute("select ops.apply_retention()")
    dump = connect(autocommit=False)
    dump.execute(f"select from data.{old}")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        retire(db)
    assert states(db)[old] == "retired"
    sell(as_api, shop, "meanwhile")
    check_reconciled(db)
    dump.commit()
    assert retire(db) == [f"{old}: dropped"]
    check_reconciled(db)


@pytest.mark.usefixtures("stored")
def test_the_scheduled_job_does_it(db: Connection) -> None:
    old = age(db)
    keep(db)
    for _ in range(3):
        run_once(db)
    assert states(db)[old] == "retired"
    db.execute("delete from data.job_runs where job = 'retention'")  # minutes later
    run_once(db)
    assert old not in states(db)
    query = "select job, last_error from ops.jobs where job in ('retention', 'maintenance') order by job"
    assert db.execute(query).fetchall() == [("maintenance", None), ("retention", None)]
    check_reconciled(db)


# --- identity --------------------------------------------------------------------------------------


def test_identity_lasts_as_long_as_the_event(
    db: Connection, as_api: Connection, drain: Drain, shop: UUID
) -> None:
    """Then the same event is a new one. Even with another name for its product all figures are definite."""
    keep(db)
    first = sale("t", product_id="p", product_name="Tea", occurred_at="2026-01-01T00:00:00Z")
    ingest(as_api, shop, [first])
    drain(db)
    age(db)
    _, answer = ingest(as_api, shop, [first])
    assert answer["duplicates"] == 1

    for name in ("Zest", "Coffee"):
        retire(db)
        _, answer = ingest(as_api, shop, [{**first, "product_name": name}])
        assert answer["ingested"] == 1
        drain(db)
        check_reconciled(db)
        db.execute("select ops.rebuild(%s)", (shop,))
        check_reconciled(db)
        age(db)
    retire(db)
    check_reconciled(db)
    query = "select api.dashboard_customers(%s) -> 'top_customers' -> 0 ->> 'transactions'"
    assert as_api.execute(query, (shop,)).fetchone() == ("3",)


def test_a_clock_that_is_far_behind_stops_ingest(db: Connection, as_api: Connection, shop: UUID) -> None:
    """What is received in retired time would be dropped without having been condensed."""
    db.execute("update data.retention set retired_until = now() + interval '1 day'")
    with pytest.raises(psycopg.Error, match="clock") as refusal:
        sell(as_api, shop, "a")
    assert refusal.value.sqlstate == "ML503"
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (0,)
