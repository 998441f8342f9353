"""What DBAs see of a rollup that is behind, and why it is."""

import re
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.shop import bucket_of, run_once, sell

Connect = Callable[..., Connection]


@pytest.fixture
def slow(connect: Connect, as_api: Connection, shop: UUID) -> Connection:
    """A session whose transaction has written an event and stays open."""
    session = connect("molam_api", autocommit=False, application_name="slow import")
    sell(session, shop, "slow")
    return session


def held_back_by(dba: Connection, bucket_id: int) -> list[str]:
    return dba.execute("select held_back_by from ops.lag where bucket_id = %s", (bucket_id,)).fetchone()[0]


def test_how_far_behind(db: Connection, as_dba: Connection, as_api: Connection, shop: UUID) -> None:
    query = "select pending_events, lag_seconds > 0, held_back_by from ops.lag where bucket_id = %s"
    bucket_id = bucket_of(db, shop)
    assert as_dba.execute(query, (bucket_id,)).fetchone() == (0, False, [])
    sell(as_api, shop, "a", "b")
    assert as_dba.execute(query, (bucket_id,)).fetchone() == (2, True, [])
    waiting = as_dba.execute(
        "select merchant_id, transaction_id from ops.pending_events order by 2"
    ).fetchall()
    assert waiting == [(shop, "a"), (shop, "b")]
    run_once(db)
    assert as_dba.execute(query, (bucket_id,)).fetchone() == (0, False, [])
    assert as_dba.execute("select from ops.pending_events").fetchall() == []


def test_open_transaction_that_has_written_events(
    db: Connection, as_dba: Connection, as_api: Connection, connect: Connect, slow: Connection, shop: UUID
) -> None:
    pid = slow.info.backend_pid
    reader = connect(autocommit=False)
    reader.execute("select pg_current_xact_id() from data.transaction_events")  # has written no event
    for number in range(2):
        (writer,) = as_dba.execute(
            "select pid, prepared_as, user_name, application_name, state, started_at < clock_timestamp()"
            " from ops.open_writers()"
        ).fetchall()
        assert writer == (pid, None, "postgres", "slow import", "idle in transaction", True)
        (reason,) = held_back_by(as_dba, bucket_of(db, shop))
        assert re.match(rf"transaction \d+ of session {pid} \(slow import\) has been open for 00:", reason)
        sell(as_api, shop, f"passes by {number}")
        run_once(db)  # windows go on
    slow.rollback()
    assert held_back_by(as_dba, bucket_of(db, shop)) == []


def test_prepared_transaction(db: Connection, as_dba: Connection, slow: Connection, shop: UUID) -> None:
    slow.execute(f"prepare transaction 'prepared {shop}'")
    try:
        query = "select pid, prepared_as, user_name from ops.open_writers()"
        assert as_dba.execute(query).fetchall() == [(None, f"prepared {shop}", "molam_api")]
        (reason,) = held_back_by(as_dba, bucket_of(db, shop))
        assert f"nobody, prepared as prepared {shop}" in reason
    finally:
        db.execute(f"commit prepared 'prepared {shop}'")
    assert held_back_by(as_dba, bucket_of(db, shop)) == []
    run_once(db)
    check_reconciled(db)


@pytest.mark.parametrize("in_subtransaction", [False, True], ids=["", "in a subtransaction"])
def test_bucket_that_somebody_works_on(
    db: Connection,
    as_dba: Connection,
    as_api: Connection,
    connect: Connect,
    shop: UUID,
    in_subtransaction: bool,
) -> None:
    """rollup.run catches a window's errors, so its row lock belongs to a subtransaction."""
    sell(as_api, shop, "a")
    runner = connect("molam_rollup", autocommit=False, application_name="molam worker")
    runner.execute("select")
    if in_subtransaction:
        runner.execute("savepoint here")
    bucket_id = bucket_of(db, shop)
    runner.execute("select rollup.process_window(%s::smallint)", (bucket_id,))
    (reason,) = held_back_by(as_dba, bucket_id)
    pid = runner.info.backend_pid
    assert reason.startswith(f"session {pid} (molam worker) has been working on the bucket for 00:")
    elsewhere = (bucket_id + 1) % 16
    assert held_back_by(as_dba, elsewhere) == []
    runner.commit()
    assert held_back_by(as_dba, bucket_id) == []


def test_window_that_fails(db: Connection, as_dba: Connection, as_api: Connection, shop: UUID) -> None:
    sell(as_api, shop, "a")
    db.execute("alter table data.merchant_products rename to mislaid")
    run_once(db, "unlucky")
    (reason,) = held_back_by(as_dba, bucket_of(db, shop))
    assert re.match(r"unlucky failed at .*: bucket \d+: 42P01 .*merchant_products", reason)
    query = "select is_failing, last_error is not null from ops.jobs where job = 'unlucky'"
    assert as_dba.execute(query).fetchone() == (True, True)

    db.execute("alter table data.mislaid rename to merchant_products")
    run_once(db, "unlucky")
    assert held_back_by(as_dba, bucket_of(db, shop)) == []
    check_reconciled(db)


def test_what_a_writer_of_another_database_does_is_its_own_affair(
    as_dba: Connection, db: Connection, server
) -> None:
    with psycopg.connect(server.url("postgres")) as elsewhere:
        elsewhere.execute("create temporary table transaction_events (n integer)")
        elsewhere.execute("insert into transaction_events values (1)")
        assert as_dba.execute("select from ops.open_writers()").fetchall() == []
