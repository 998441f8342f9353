"""What a window holds: its bounds, what cannot be aggregated, changed time zones, restored databases."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import ask, check_reconciled
from tests.db.ingestion import ingest
from tests.db.shop import bucket_of, errors_of, run_once, sale, sell, shown

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]


# --- bounds --------------------------------------------------------------------------------------


def test_backlog_is_cut_into_windows(
    db: Connection, as_api: Connection, connect: Connect, drain: Drain, shop: UUID
) -> None:
    """Of whole transactions, with one open all the while and one that commits between two windows."""
    db.execute("update ops.settings set value = 4 where name = 'window_events'")
    still_open = connect("molam_api", autocommit=False)
    commits_later = connect("molam_api", autocommit=False)
    for number in range(6):
        sell(as_api, shop, f"a{number}")
        if number == 2:
            sell(still_open, shop, "open")
            sell(commits_later, shop, "later")
    sell(as_api, shop, *(f"b{number}" for number in range(10)))

    window = "select rollup.process_window(%s::smallint)"
    bucket_id = bucket_of(db, shop)
    assert db.execute(window, (bucket_id,)).fetchone() == (4,)
    assert shown(as_api, shop) == {"a0", "a1", "a2", "a3"}
    commits_later.commit()
    check_reconciled(db)
    # the transaction that was left behind, the rest of the single ones, and the large one uncut
    assert db.execute(window, (bucket_id,)).fetchone() == (13,)
    assert db.execute(window, (bucket_id,)).fetchone() == (0,)
    everything = {f"a{n}" for n in range(6)} | {f"b{n}" for n in range(10)} | {"later"}
    assert shown(as_api, shop) == everything

    still_open.commit()
    drain(db)
    assert shown(as_api, shop) == everything | {"open"}
    check_reconciled(db)


# --- events that cannot be aggregated ------------------------------------------------------------

REFUSALS = {
    "merchant_hourly_aggregates": "revenue <> 666",
    "merchant_products": "product_name <> 'poison'",
    "merchant_customer_stats": "customer_id not like 'poison%'",
}


@pytest.fixture(params=REFUSALS)
def refusing_table(request: pytest.FixtureRequest, db: Connection) -> str:
    """An aggregate table that does not take the events named poison."""
    table = request.param
    db.execute(f"alter table data.{table} add constraint no_poison check ({REFUSALS[table]})")
    return table


def test_poison_is_set_aside_and_its_neighbours_go_on(
    db: Connection, as_api: Connection, refusing_table: str, shop: UUID
) -> None:
    poison = [
        sale(
            f"poison {n}",
            amount=666,
            product_id=f"p{n}",
            product_name="poison",
            occurred_at=f"2020-01-0{n}T00:00:00Z",
        )
        for n in (1, 2)
    ]
    good = [sale(f"good {n}", product_id="p", product_name="Tea") for n in range(9)]
    ingest(as_api, shop, [*good[:2], poison[0], *good[2:7], poison[1], *good[7:]])
    run_once(db)

    names = {event["transaction_id"] for event in good}
    assert shown(as_api, shop) == names
    query = """
        select e.transaction_id, s.error_code, s.reason like '%%no_poison%%'
        from ops.set_aside_events as s inner join data.transaction_events as e using (merchant_id, event_id)
        order by 1
    """
    assert db.execute(query).fetchall() == [("poison 1", "23514", True), ("poison 2", "23514", True)]
    set_aside = db.execute("select relation from ops.reconcile(%s)", (shop,)).fetchall()
    assert set_aside == [("set_aside_events",)] * 2

    sell(as_api, shop, "next")
    run_once(db)
    assert shown(as_api, shop) == names | {"next"}

    db.execute(f"alter table data.{refusing_table} drop constraint no_poison")
    db.execute("select ops.rebuild(%s)", (shop,))
    assert shown(as_api, shop) == names | {"next", "poison 1", "poison 2"}
    check_reconciled(db)


def test_as_of_does_not_pass_a_poison(db: Connection, as_api: Connection, shop: UUID) -> None:
    """An acknowledged event is missing in the figures, so they cannot claim to be as of later."""
    db.execute("alter table data.merchant_daily_aggregates add constraint no_poison check (revenue <> 666)")
    before = db.execute("select clock_timestamp()").fetchone()[0]
    ingest(as_api, shop, [sale("poison", amount=666)])
    after = db.execute("select clock_timestamp()").fetchone()[0]
    run_once(db)
    answer = as_api.execute("select api.dashboard_overview(%s) ->> 'as_of'", (shop,)).fetchone()[0]
    as_of = db.execute("select %s::timestamptz", (answer,)).fetchone()[0]
    assert before <= as_of <= after


def test_trouble_that_is_no_event_s_fault_sets_nothing_aside(
    db: Connection, as_api: Connection, drain: Drain, shop: UUID
) -> None:
    """The window fails as a whole, is told in ops.jobs, and is tried again."""
    sell(as_api, shop, "a")
    db.execute("alter table data.merchant_products rename to mislaid")
    run_once(db, "unlucky")
    assert shown(as_api, shop) == set()
    assert db.execute("select count(*) from ops.set_aside_events").fetchone() == (0,)
    error = errors_of(db, "unlucky")
    assert "42P01" in error
    assert "merchant_products" in error

    db.execute("alter table data.mislaid rename to merchant_products")
    drain(db)
    assert shown(as_api, shop) == {"a"}
    check_reconciled(db)


# --- time zones ----------------------------------------------------------------------------------


def test_changed_time_zone_rebuilds(db: Connection, as_api: Connection, drain: Drain, shop: UUID) -> None:
    """Until the rebuild all figures are in the old zone, and say so."""
    new_year = sale("late", occurred_at="2024-12-31T23:30:00Z")
    ingest(as_api, shop, [new_year])
    drain(db)

    def days_with_sales() -> tuple[str, list[str]]:
        answer = ask(as_api, "analytics", shop, date(2024, 12, 30), date(2025, 1, 2))
        return answer["timezone"], [day["date"] for day in answer["data"] if day["successful"]]

    db.execute("update data.merchants set timezone = 'Asia/Kuwait' where merchant_id = %s", (shop,))
    assert days_with_sales() == ("Africa/Dakar", ["2024-12-31"])
    check_reconciled(db)
    drain(db)
    assert days_with_sales() == ("Asia/Kuwait", ["2025-01-01"])
    check_reconciled(db)


# --- restored databases --------------------------------------------------------------------------


@pytest.fixture
def restored(db: Connection, as_api: Connection, shop: UUID) -> UUID:
    """A merchant in a database that was restored into a server with younger transaction ids.

    One sale was aggregated before the dump, one was still waiting.
    """
    sell(as_api, shop, "aggregated")
    run_once(db)
    sell(as_api, shop, "waiting")
    future = 4_000_000_000
    db.execute(
        "set session_replication_role = replica"
    )  # no triggers: the restore writes what the dump holds
    db.execute("update data.transaction_events set xid = (xid::text::bigint + %s)::text::xid8", (future,))
    db.execute("reset session_replication_role")
    db.execute(
        """
        update data.rollup_progress set snapshot = format(
            '%%s:%%s:', pg_snapshot_xmin(snapshot)::text::bigint + %(future)s,
            pg_snapshot_xmax(snapshot)::text::bigint + %(future)s
        )::pg_snapshot
        """,
        {"future": future},
    )
    return shop


def test_restored_database_refuses_to_lose_events(db: Connection, as_api: Connection, restored: UUID) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        sell(as_api, restored, "new")
    assert refusal.value.sqlstate == "ML503"
    with pytest.raises(psycopg.Error) as refusal:
        db.execute("select rollup.process_window(%s::smallint)", (bucket_of(db, restored),))
    assert refusal.value.sqlstate == "ML503"
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (2,)


def test_adopted_database_goes_on(
    db: Connection, as_api: Connection, as_dba: Connection, drain: Drain, restored: UUID
) -> None:
    as_dba.execute("select ops.adopt_restored_database()")
    sell(as_api, restored, "new")
    drain(db)
    assert shown(as_api, restored) == {"aggregated", "waiting", "new"}
    check_reconciled(db)
