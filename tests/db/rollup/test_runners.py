"""Several runners at once, and runners that die in the middle of a window."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import check_reconciled
from tests.db.sessions import holding_a_row, reconnect, wait_for_crash, wait_until_blocked
from tests.db.shop import bucket_of, errors_of, run_once, sell, shown

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]


@pytest.fixture
def busy_runner(connect: Connect, db: Connection, as_api: Connection, shop: UUID) -> Connection:
    """A runner in the middle of a window that holds the sales "a" and "b": all written, nothing committed."""
    sell(as_api, shop, "a", "b")
    runner = connect("molam_rollup", autocommit=False)
    events = runner.execute("select rollup.process_window(%s::smallint)", (bucket_of(db, shop),)).fetchone()
    assert events == (2,)
    return runner


def test_second_runner_skips_a_busy_bucket(
    db: Connection, as_api: Connection, busy_runner: Connection, shop: UUID, merchant: Callable[..., UUID]
) -> None:
    elsewhere = merchant()
    while bucket_of(db, elsewhere) == bucket_of(db, shop):
        elsewhere = merchant()
    sell(as_api, shop, "c")
    sell(as_api, elsewhere, "d")
    db.execute("set lock_timeout = '1ms'")  # the second runner waits for nothing
    run_once(db, "second")
    assert errors_of(db, "second") is None
    assert shown(as_api, shop) == set()
    assert shown(as_api, elsewhere) == {"d"}

    busy_runner.commit()
    assert shown(as_api, shop) == {"a", "b"}
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b", "c"}
    check_reconciled(db)


def test_window_that_is_rolled_back_is_done_again(
    db: Connection, as_api: Connection, busy_runner: Connection, shop: UUID
) -> None:
    busy_runner.rollback()
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b"}
    check_reconciled(db)


def test_terminated_runner_leaves_nothing(
    db: Connection, as_api: Connection, busy_runner: Connection, shop: UUID
) -> None:
    db.execute("select pg_terminate_backend(%s, 10000)", (busy_runner.info.backend_pid,))
    assert shown(as_api, shop) == set()
    check_reconciled(db)
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b"}
    check_reconciled(db)


def test_runner_terminated_while_it_runs(
    db: Connection, connect: Connect, as_api: Connection, shop: UUID
) -> None:
    """Between two windows: those before are kept, the one at work is lost, another runner does it."""
    sell(as_api, shop, "a")
    run_once(db)
    sell(as_api, shop, "b")
    runner = connect("molam_rollup")
    with holding_a_row(connect, "data.merchant_daily_aggregates"), ThreadPoolExecutor() as pool:
        call = pool.submit(run_once, runner)
        wait_until_blocked(db, runner)
        db.execute("select pg_terminate_backend(%s, 10000)", (runner.info.backend_pid,))
        with pytest.raises(psycopg.errors.AdminShutdown):
            call.result()
    assert shown(as_api, shop) == {"a"}
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b"}
    check_reconciled(db)


def test_killed_server(
    db: Connection, connect: Connect, as_api: Connection, busy_runner: Connection, shop: UUID
) -> None:
    """SIGKILL of one server process makes PostgreSQL recover from its log; the window is done again."""
    os.kill(busy_runner.info.backend_pid, signal.SIGKILL)
    wait_for_crash(db)
    db, as_api = reconnect(connect), reconnect(connect, "molam_api")
    assert shown(as_api, shop) == set()
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b"}
    sell(as_api, shop, "c")
    run_once(db, "second")
    assert shown(as_api, shop) == {"a", "b", "c"}
    check_reconciled(db)
