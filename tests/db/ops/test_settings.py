"""Tunables: changed by the DBA through the view, within bounds, at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.shop import bucket_of, sell
from tests.processes import wait_until

Connect = Callable[..., Connection]


def change(dba: Connection, name: str, value: object) -> None:
    dba.execute("update ops.settings set value = %s where name = %s", (value, name))


def test_each_has_a_unit_bounds_and_an_effect(as_dba: Connection) -> None:
    query = """
        select count(*) from ops.settings
        where unit = '' or description = '' or not minimum < maximum or value <> default_value
    """
    assert as_dba.execute(query).fetchone() == (0,)
    names = {name for (name,) in as_dba.execute("select name from ops.settings")}
    assert {"window_events", "poll_milliseconds", "alarm_lag_seconds", "alarm_transaction_minutes"} <= names


@pytest.mark.parametrize("value", [0, 10001, "NaN", None])
def test_bounds_are_told(as_dba: Connection, value: object) -> None:
    with pytest.raises(psycopg.Error, match="poll_milliseconds must be from 1 to 10000 ms") as refusal:
        change(as_dba, "poll_milliseconds", value)
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", "poll_milliseconds")


def test_only_the_value_can_be_changed(as_dba: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_dba.execute("update ops.settings set maximum = 1e9")


def test_default_is_remembered(as_dba: Connection) -> None:
    query = "select value, default_value from ops.settings where name = 'window_events'"
    for value in (20, 30):
        change(as_dba, "window_events", value)
        assert as_dba.execute(query).fetchone() == (value, 10000)


def test_change_takes_effect_on_a_runner_that_is_running(
    db: Connection, as_dba: Connection, as_api: Connection, connect: Connect, shop: UUID
) -> None:
    """One call of the procedure: its sleep becomes a hundredth of a second, its windows of one sale."""
    change(as_dba, "poll_milliseconds", 10000)
    runner = connect("molam_rollup")
    windows = "select windows from ops.lag where bucket_id = %s"
    bucket_id = bucket_of(db, shop)
    with ThreadPoolExecutor() as pool:
        call = pool.submit(runner.execute, "call rollup.run('long', 25)")
        begun = "select 1 from ops.jobs where job = 'long'"
        wait_until(lambda: db.execute(begun).fetchone(), "the runner begins")
        change(as_dba, "poll_milliseconds", 10)
        change(as_dba, "window_events", 1)
        before = db.execute(windows, (bucket_id,)).fetchone()[0]
        for number in range(8):
            sell(as_api, shop, f"sale {number}")
        wait_until(lambda: "sale 7" in names_shown(as_api, shop), "the last one is in the figures")
        assert db.execute(windows, (bucket_id,)).fetchone()[0] >= before + 8
        db.execute("select pg_cancel_backend(%s)", (runner.info.backend_pid,))
        with pytest.raises(psycopg.errors.QueryCanceled):
            call.result()


def names_shown(api: Connection, shop: UUID) -> set[str]:
    answer = api.execute("select api.dashboard_customers(%s, 500)", (shop,)).fetchone()[0]
    return {customer["customer_id"] for customer in answer["top_customers"]}
