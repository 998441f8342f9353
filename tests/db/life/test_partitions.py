"""Partitions are made ahead; what none was made for is caught, told, and moved to where it belongs."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import check_reconciled
from tests.db.life.aging import follow_receipt, states
from tests.db.shop import errors_of, run_once, sell, shown

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

IN_DEFAULT = "select count(*) from data.transaction_events_default"
IS_ALARM = "select bool_or(is_alarm) from ops.partitions"


def drop_partitions(db: Connection) -> None:
    """As when nobody has made any for months."""
    for partition, state in states(db).items():
        if state in ("current", "ahead"):
            db.execute(f"drop table data.{partition}")


def move_receipt(db: Connection, by: str) -> None:
    """As if all had been received at another time; no trigger, for events are append-only."""
    db.execute(
        "alter table data.transaction_events drop constraint transaction_events_occurred_at_is_in_bounds"
    )
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        for table in ("transaction_events", "transaction_event_keys"):
            db.execute(f"update data.{table} set received_at = received_at + interval '{by}'")
        follow_receipt(db)


def test_scheduled_job_keeps_partitions_ahead(db: Connection, as_dba: Connection) -> None:
    db.execute("update ops.settings set value = 5 where name = 'partitions_ahead'")
    run_once(db)
    assert sorted(states(as_dba).values()) == ["ahead"] * 5 + ["current", "default"]
    query = "select distinct covered_until - now() between '150 days' and '181 days' from ops.partitions"
    assert as_dba.execute(query).fetchall() == [(True,)]


def test_what_the_default_partition_caught_moves_on(db: Connection, as_api: Connection, shop: UUID) -> None:
    """Aggregated, waiting or repeated, an event counts once."""
    drop_partitions(db)
    sell(as_api, shop, "aggregated")
    db.execute("select rollup.process_window(bucket_id) from data.merchants")
    sell(as_api, shop, "waiting")
    assert db.execute(IN_DEFAULT).fetchone() == (2,)
    assert db.execute(IS_ALARM).fetchone() == (True,)

    assert db.execute("select ops.create_partitions()").fetchone() == (4,)
    assert db.execute(IN_DEFAULT).fetchone() == (0,)
    assert db.execute(IS_ALARM).fetchone() == (False,)
    run_once(db)
    assert shown(as_api, shop) == {"aggregated", "waiting"}
    with pytest.raises(AssertionError):
        sell(as_api, shop, "waiting")
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.execute("delete from data.transaction_events")
    check_reconciled(db)


def test_what_came_before_the_first_partition_gets_one(
    db: Connection, as_api: Connection, shop: UUID
) -> None:
    sell(as_api, shop, "a")
    run_once(db)
    move_receipt(db, "-100 days")
    assert db.execute(IN_DEFAULT).fetchone() == (1,)
    assert db.execute("select ops.create_partitions()").fetchone() == (1,)
    assert db.execute(IN_DEFAULT).fetchone() == (0,)
    assert sorted(states(db).values()) == ["ahead", "ahead", "ahead", "current", "default", "past"]
    check_reconciled(db)


def test_what_stays_in_the_default_partition_is_an_alarm(
    db: Connection, as_api: Connection, as_dba: Connection, shop: UUID
) -> None:
    """From a clock that was years ahead: it counts like any other, and its time will come."""
    sell(as_api, shop, "a")
    move_receipt(db, "9 years")
    run_once(db)
    assert "clock" in errors_of(as_dba, "maintenance")
    assert as_dba.execute(IS_ALARM).fetchone() == (True,)
    assert db.execute("select internal.default_partition_has_rows()").fetchone() == (True,)
    assert shown(as_api, shop) == {"a"}
    check_reconciled(db)


def test_making_partitions_waits_for_nobody_for_long(
    db: Connection, connect: Connect, as_api: Connection, shop: UUID
) -> None:
    """Of those who write into the default partition: it gives up and is tried again."""
    drop_partitions(db)
    slow = connect("molam_api", autocommit=False)
    sell(slow, shop, "slow")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        db.execute("select ops.create_partitions()")
    sell(as_api, shop, "quick")
    slow.commit()
    db.execute("select ops.create_partitions()")
    run_once(db)
    assert db.execute(IN_DEFAULT).fetchone() == (0,)
    assert shown(as_api, shop) == {"slow", "quick"}
    check_reconciled(db)
