"""One row that says whether all is well, and what to do when it is not."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.shop import run_once, sale, sell

Connect = Callable[..., Connection]


def reasons(dba: Connection) -> list[str]:
    is_healthy, found = dba.execute("select is_healthy, reasons from ops.health").fetchone()
    assert is_healthy == (not found)
    return found


@pytest.fixture
def well(db: Connection, shop: UUID) -> None:
    """A runner has just been at work."""
    run_once(db)


@pytest.mark.usefixtures("well")
def test_all_is_well(as_dba: Connection) -> None:
    assert reasons(as_dba) == []
    (row,) = as_dba.execute("select to_jsonb(h) from ops.health as h").fetchone()
    assert row["lag_seconds"] == row["pending_events"] == row["default_partition_rows"] == 0
    assert row["failing_jobs"] == row["held_back_by"] == []
    assert row["marts_refreshed_at"] > "2026"
    assert row["runner_seconds_ago"] < 60
    assert row["code_versions"].keys() >= {"code", "triggers", "mart.product_rankings"}
    assert row["partition_horizon"] > "2026"
    assert row["xid_age"] > 0
    assert row["database_bytes"] > 0


TROUBLE = {
    "no runner": (
        "update data.runners set heartbeat_at = now() - interval '1 minute'",
        "no runner is alive: start molam worker",
    ),
    "set aside": (
        "insert into data.set_aside_events select merchant_id, event_id, received_at, '23514', 'poison'"
        " from data.transaction_events limit 1",
        "1 events are not in the figures",
    ),
    "failing job": (
        "insert into data.job_runs (job, started_at, error) values ('rebuild x', now(), '53100 disk full')",
        "rebuild x failed: see last_error in ops.jobs",
    ),
    "partitions": (
        "update data.settings set value = 366 where name = 'partition_days'",
        "less than one partition is left ahead: select ops.create_partitions()",
    ),
    "views of a day that has closed": (
        "update data.merchants set created_at = now() - interval '1 day';"
        "update data.mart_refreshes set next_close_at = now() - interval '61 minutes'",
        "the materialized views have been due for a refresh for 36",
    ),
    "views never refreshed": (
        "update data.merchants set created_at = now() - interval '61 minutes';"
        "update data.mart_refreshes set refreshed_at = '-infinity', next_close_at = '-infinity'",
        "the materialized views have been due for a refresh for 36",
    ),
    "views without a late event": (
        "insert into data.mart_marks select merchant_id, now() - interval '61 minutes' from data.merchants",
        "the materialized views have been due for a refresh for 36",
    ),
    "restored": (
        "update data.rollup_progress set snapshot = '4000000000:4000000000:' where bucket_id = 3",
        "the database was restored from another server: select ops.adopt_restored_database()",
    ),
}


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_is_told_with_what_to_do(db: Connection, as_dba: Connection, what: str) -> None:
    statement, reason = TROUBLE[what]
    db.execute(statement)
    (found,) = reasons(as_dba)
    assert found.startswith(reason)


@pytest.mark.usefixtures("well")
def test_what_it_says_helps(db: Connection, as_dba: Connection) -> None:
    """A job that has failed is well again when it runs to its end; partitions are made as told."""
    db.execute(TROUBLE["failing job"][0])
    db.execute(TROUBLE["partitions"][0])
    assert len(reasons(as_dba)) == 2
    db.execute("insert into data.job_runs (job, started_at, rows) values ('rebuild x', now(), 1)")
    as_dba.execute("select ops.create_partitions()")
    assert reasons(as_dba) == []


@pytest.mark.usefixtures("well")
def test_events_without_a_partition(db: Connection, as_dba: Connection, shop: UUID) -> None:
    """Of a time for which nobody has made one; they are counted, and still once when it was made."""
    db.execute(
        """
        insert into data.transaction_events (
            merchant_id, event_id, received_at, occurred_at, bucket_id, is_occurred_at_given, event_type,
            currency, amount, fee, transaction_id, payment_method
        )
        select
            merchant_id, gen_random_uuid(), '2000-01-01', '2000-01-01', bucket_id, true, event_type,
            currency, amount, fee, transaction_id, payment_method
        from data.transaction_events limit 1
        """
    )
    run_once(db)
    (found,) = reasons(as_dba)
    assert found.startswith("1 events lie in transaction_events_default")

    as_dba.execute("select ops.create_partitions()")
    assert reasons(as_dba) == []
    run_once(db)
    check_reconciled(db)


@pytest.mark.usefixtures("well")
def test_lag(db: Connection, as_dba: Connection, as_api: Connection, shop: UUID) -> None:
    db.execute("update data.settings set minimum = 0.001 where name = 'alarm_lag_seconds'")
    as_dba.execute("update ops.settings set value = 0.001 where name = 'alarm_lag_seconds'")
    sell(as_api, shop, "a")
    (found,) = reasons(as_dba)
    assert found.startswith("an event has waited for 0.")
    run_once(db)
    assert reasons(as_dba) == []


@pytest.mark.usefixtures("well")
def test_long_transaction(db: Connection, as_dba: Connection, connect: Connect) -> None:
    old = connect(autocommit=False)
    old.execute("select")
    assert as_dba.execute("select oldest_transaction_seconds > 0 from ops.health").fetchone() == (True,)
    db.execute("update data.settings set minimum = 0 where name = 'alarm_transaction_minutes'")
    as_dba.execute("update ops.settings set value = 0 where name = 'alarm_transaction_minutes'")
    (found,) = reasons(as_dba)
    assert found.startswith("a transaction has been open for 0.")
    old.rollback()
    assert reasons(as_dba) == []


def test_status_holds_all_of_it(db: Connection, as_dba: Connection, as_api: Connection, shop: UUID) -> None:
    as_dba.execute("update ops.settings set value = 20 where name = 'window_events'")
    db.execute("alter table data.merchant_hourly_aggregates add constraint no_poison check (revenue <> 666)")
    ingest(as_api, shop, [sale("poison", amount=666, occurred_at="2020-01-01T00:00:00Z")])
    run_once(db)
    status = as_dba.execute("select ops.status()").fetchone()[0]
    assert status["health"]["is_healthy"] is False
    assert [bucket["bucket_id"] for bucket in status["lag"]] == list(range(16))
    assert {"one", "test", "maintenance", "refresh marts"} == {job["job"] for job in status["jobs"]}
    assert status["partitions"][-1]["partition"] == "transaction_events_default"
    (setting,) = status["changed_settings"]
    assert (setting["name"], setting["value"], setting["default_value"]) == ("window_events", 20, 10000)
    (event,) = status["set_aside_events"]
    assert event["merchant_id"] == str(shop)
