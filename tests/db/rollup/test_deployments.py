"""Code is deployed while sessions of the rollup go on: they keep temporary tables, and are amid a window."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app import old_code
from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.sessions import wait_until_blocked
from tests.db.shop import run_once, sell, shown
from tests.projects import copy_of_ours

# Two sums of money change their places.
COLUMNS = r"(    case .* as revenue,\n)(    case .* as refunds,\n)"


@pytest.fixture
def deploy_other_columns(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    monkeypatch.setattr(old_code, "_SECONDS_FOR_CALLS", 0.1)
    monkeypatch.setattr(old_code, "_PAUSES", ())

    def deploy() -> None:
        project = copy_of_ours(tmp_path, database_url)
        for name in ("sql/30_rollup.sql", "sql/83_data_life.sql"):
            project.change(name, COLUMNS, r"\2\1")
        assert project.migrate().reloaded == ["code"]

    return deploy


@pytest.fixture
def shop(merchant: Callable[..., UUID], as_api: Connection) -> UUID:
    shop = merchant()
    sell(as_api, shop, "before")
    return shop


def test_a_session_goes_on_with_other_columns(
    db: Connection,
    connect: Callable[..., Connection],
    as_api: Connection,
    shop: UUID,
    deploy_other_columns: Callable[[], None],
) -> None:
    runner = connect("molam_rollup")
    run_once(runner)
    db.execute("select ops.repair(%s)", (shop,))
    deploy_other_columns()
    sell(as_api, shop, "after")
    run_once(runner)
    assert shown(as_api, shop) == {"before", "after"}
    check_reconciled(db)
    db.execute("delete from data.merchant_daily_aggregates")
    db.execute("select ops.repair(%s)", (shop,))
    check_reconciled(db)


def test_a_window_is_not_worked_half_by_other_code(
    db: Connection,
    connect: Callable[..., Connection],
    as_api: Connection,
    shop: UUID,
    deploy_other_columns: Callable[[], None],
) -> None:
    """A statement finds the functions that are in force when it begins: here, each in turn."""
    runner = connect(autocommit=False)
    runner.execute("select internal.prepare_window()")
    deploy_other_columns()
    runner.execute("select internal.load_merchant(%s, pg_current_snapshot())", (shop,))
    with pytest.raises(psycopg.errors.SerializationFailure, match="code was deployed"):
        runner.execute("select internal.apply_window()")
    runner.rollback()
    run_once(db)
    assert shown(as_api, shop) == {"before"}
    check_reconciled(db)


def test_temporary_tables_are_made_while_code_is_deployed(
    db: Connection,
    connect: Callable[..., Connection],
    as_api: Connection,
    shop: UUID,
    deploy_other_columns: Callable[[], None],
) -> None:
    """They have the columns of the old code then, and the new must not take them for its own."""
    db.execute(
        """
        create function public.wait() returns event_trigger language plpgsql as $$
        begin
            if current_setting('application_name') = 'slow' then
                perform pg_advisory_lock(4711);
            end if;
        end $$;
        create event trigger wait on ddl_command_end when tag in ('CREATE TABLE AS')
        execute function public.wait();
        """
    )
    runner = connect("molam_rollup", application_name="slow")
    with ThreadPoolExecutor() as pool:
        db.execute("select pg_advisory_lock(4711)")
        window = pool.submit(run_once, runner)
        wait_until_blocked(db, runner)
        deploy_other_columns()
        db.execute("select pg_advisory_unlock(4711)")
        window.result()
    run_once(runner)
    assert shown(as_api, shop) == {"before"}
    check_reconciled(db)
