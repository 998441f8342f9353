"""Figures that are wrong: found by range, and mended row by row while payments go on."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Event
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.sessions import wait_until_blocked
from tests.db.shop import bucket_of, run_once, sale, sell
from tests.db.test_marts import history

Connect = Callable[..., Connection]

# Ways to spoil each table, with the number of rows that are wrong afterwards.
SPOILED = {
    "hours": ("update data.merchant_hourly_aggregates set revenue = revenue + 0.01", 10),
    "days": ("delete from data.merchant_daily_aggregates where local_date = '2024-03-02'", 1),
    "a day too many": (
        "insert into data.merchant_daily_aggregates (merchant_id, currency, local_date, created)"
        " select merchant_id, currency, '2024-03-03', 1 from data.merchant_customer_totals",
        1,
    ),
    "returning": ("update data.merchant_returning_customers set customers = 0", 2),
    "methods": ("update data.merchant_payment_method_stats set failed = 7", 3),
    "failures": ("update data.merchant_failure_stats set amount = 7", 1),
    "a failure too many": (
        "insert into data.merchant_failure_stats select merchant_id, currency, '2024-03-02',"
        " 'it''s \"quoted\"', 'a, b', 1, 1 from data.merchant_customer_totals",
        1,
    ),
    "products by day": ("delete from data.merchant_product_stats", 6),
    "products": ("delete from data.merchant_products", 2),
    "customers": (
        "update data.merchant_customer_stats set active_dates = active_dates[2:], first_at = last_at"
        " where customer_id = 'bob'",
        1,
    ),
    "a customer too many": (
        "insert into data.merchant_customer_stats select merchant_id, currency, 'nobody', 1, 1, now(), now(),"
        " array[current_date], array[now()] from data.merchant_customer_totals",
        1,
    ),
    "totals": ("delete from data.merchant_customer_totals", 1),
}


@pytest.mark.parametrize("how", SPOILED)
def test_repair_rewrites_only_what_differs(
    db: Connection, as_dba: Connection, as_api: Connection, shop: UUID, how: str
) -> None:
    statement, rows = SPOILED[how]
    before = tables(db)
    versions = row_versions(db)
    db.execute(statement)
    differences = as_dba.execute(
        "select count(distinct (relation, key)) from ops.reconcile(%s)", (shop,)
    ).fetchone()
    assert differences == (rows,)

    assert as_dba.execute("select ops.repair(%s)", (shop,)).fetchone() == (rows,)
    check_reconciled(db)
    assert tables(db) == before
    untouched = versions.keys() & row_versions(db).keys()
    assert len(untouched) >= len(versions) - rows, "rows that were right were written again"
    query = "select rows, note is not null, error from ops.job_runs where job = %s"
    assert as_dba.execute(query, (f"repair {shop}",)).fetchall() == [(rows, True, None)]
    assert as_dba.execute("select ops.repair(%s)", (shop,)).fetchone() == (0,)


DATED = {
    "merchant_hourly_aggregates": "new_customers",
    "merchant_daily_aggregates": "customers",
    "merchant_returning_customers": "customers",
    "merchant_payment_method_stats": "failed",
    "merchant_failure_stats": "failed",
    "merchant_product_stats": "amount",
}
AGGREGATES = (
    "merchant_hourly_aggregates", "merchant_daily_aggregates", "merchant_returning_customers",
    "merchant_payment_method_stats", "merchant_failure_stats", "merchant_product_stats", "merchant_products",
    "merchant_customer_stats", "merchant_customer_totals",
)  # fmt: skip


def tables(db: Connection) -> dict[str, list[tuple]]:
    return {t: sorted(db.execute(f"select {t}::text from data.{t}").fetchall()) for t in AGGREGATES}


def row_versions(db: Connection) -> dict[tuple, str]:
    rows = (
        ((t, ctid), xmin) for t in AGGREGATES for ctid, xmin in db.execute(f"select ctid, xmin from data.{t}")
    )
    return dict(rows)


def test_range_of_days(db: Connection, as_dba: Connection, shop: UUID) -> None:
    db.execute("update data.merchant_daily_aggregates set created = 5")
    db.execute("update data.merchant_hourly_aggregates set created = 5")
    db.execute("update data.merchant_customer_totals set customers = 5")
    query = "select relation, left(key, 13) from ops.reconcile(%s, %s, %s) order by 1, 2"

    def found(first: str | None, last: str | None) -> list[tuple[str, str]]:
        return as_dba.execute(query, (shop, first, last)).fetchall()

    hours = [("merchant_hourly_aggregates", f"2024-03-02T0{hour}") for hour in range(4)]
    assert found("2024-03-02", "2024-03-02") == [("merchant_daily_aggregates", "2024-03-02"), *hours]
    assert len(found("2024-03-02", None)) == 2 + 4 + 3
    assert len(found(None, "2024-03-01")) == 1 + 3
    assert found("2024-03-03", "2024-03-04") == []
    assert len(found(None, None)) == 3 + 10 + 1

    assert as_dba.execute("select ops.repair(%s, '2024-03-02', '2024-03-02')", (shop,)).fetchone() == (5,)
    assert found("2024-03-02", "2024-03-02") == []
    assert len(found(None, None)) == 2 + 6 + 1
    as_dba.execute("select ops.repair(%s)", (shop,))
    check_reconciled(db)


def test_ranges_find_what_the_whole_finds(
    db: Connection, as_dba: Connection, as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    """Customers who came before a range, in it, and after it are told apart as if all days were compared."""
    zone = "Pacific/Kiritimati"
    shop = merchant(timezone=zone)
    dice = random.Random(5)
    ingest(as_api, shop, history(dice, days=40))
    run_once(db)
    for table, figure in DATED.items():
        db.execute(f"update data.{table} set {figure} = {figure} + 1 where random() < 0.7")
        db.execute(f"delete from data.{table} where random() < 0.2")
    query = "select relation, key, measure, expected, actual from ops.reconcile(%s, %s, %s)"

    def day_of(relation: str, key: str) -> date:
        if relation == "merchant_hourly_aggregates":
            return datetime.fromisoformat(key).astimezone(ZoneInfo(zone)).date()
        return date.fromisoformat(key[:10])

    whole = as_dba.execute(query, (shop, None, None)).fetchall()
    assert {row[0] for row in whole} == DATED.keys()
    today = datetime.now(ZoneInfo(zone)).date()
    for _ in range(12):
        first, last = sorted(today - timedelta(days=dice.randrange(45)) for _ in range(2))
        for start, end in ((first, last), (first, None), (None, last)):
            expected = [row for row in whole if (start or date.min) <= day_of(*row[:2]) <= (end or date.max)]
            assert sorted(as_dba.execute(query, (shop, start, end))) == sorted(expected)


def test_hours_lie_in_local_days(
    db: Connection, as_dba: Connection, as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    karachi = merchant(timezone="Asia/Karachi")
    ingest(as_api, karachi, [sale("late", occurred_at="2024-03-01T20:00:00Z")])
    run_once(db)
    db.execute("update data.merchant_hourly_aggregates set created = 5")
    query = "select count(*) from ops.reconcile(%s, %s, %s)"
    assert as_dba.execute(query, (karachi, "2024-03-01", "2024-03-01")).fetchone() == (0,)
    assert as_dba.execute(query, (karachi, "2024-03-02", "2024-03-02")).fetchone() == (1,)


def test_repair_touches_no_other_merchant(
    db: Connection, as_dba: Connection, as_api: Connection, shop: UUID, merchant: Callable[..., UUID]
) -> None:
    other = merchant()
    sell(as_api, other, "a")
    run_once(db)
    db.execute("update data.merchant_daily_aggregates set created = 5")
    as_dba.execute("select ops.repair(%s)", (shop,))
    check_reconciled(db, shop)
    query = "select count(*) from ops.reconcile(%s)"
    assert as_dba.execute(query, (other,)).fetchone() == (1,)


@pytest.mark.parametrize("call", ["repair(%s)", "replay(%s, '-infinity', 'infinity')"])
def test_unknown_merchant(as_dba: Connection, call: str) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        as_dba.execute(f"select ops.{call}", (uuid4(),))
    assert refusal.value.sqlstate == "ML404"


@contextmanager
def window_at_work(connect: Connect, db: Connection, shop: UUID) -> Iterator[Connection]:
    with connect("molam_rollup", autocommit=False) as runner:
        runner.execute("select rollup.process_window(%s::smallint)", (bucket_of(db, shop),))
        yield runner


def test_repair_waits_for_the_window_and_sees_what_it_did(
    db: Connection, connect: Connect, as_dba: Connection, as_api: Connection, shop: UUID
) -> None:
    """Events that come in, a window that is open, and a repair: each event counts once."""
    db.execute("update data.merchant_daily_aggregates set revenue = 0")
    sell(as_api, shop, "in the window")
    with window_at_work(connect, db, shop) as runner, ThreadPoolExecutor() as pool:
        sell(as_api, shop, "after the window")
        repair = pool.submit(as_dba.execute, "select ops.repair(%s)", (shop,))
        wait_until_blocked(db, as_dba)
        runner.commit()
        assert repair.result().fetchone() == (3,)
    check_reconciled(db)
    run_once(db)
    check_reconciled(db)
    total = as_api.execute("select api.dashboard_customers(%s) -> 'summary'", (shop,)).fetchone()[0]
    assert total["total_customers"] == 5


def test_repair_while_payments_come_in_and_runners_run(
    db: Connection, connect: Connect, as_dba: Connection, drain: Callable[[Connection], None], shop: UUID
) -> None:
    """What is spoiled is mended, and what comes in meanwhile counts once."""
    stop = Event()

    def write(writer: int) -> None:
        with connect("molam_api") as api:
            for number in range(30):
                sell(api, shop, f"{writer} {number} a", f"{writer} {number} b")

    def aggregate(runner: str) -> None:
        with connect("molam_rollup") as session:
            while not stop.is_set():
                run_once(session, runner)

    with ThreadPoolExecutor() as pool:
        runners = [pool.submit(aggregate, name) for name in ("one", "other")]
        writers = [pool.submit(write, number) for number in range(2)]
        try:
            while not all(writer.done() for writer in writers):
                db.execute("update data.merchant_daily_aggregates set revenue = revenue + 1")
                db.execute("delete from data.merchant_customer_stats where customer_id like '%0 a'")
                as_dba.execute("select ops.repair(%s)", (shop,))
                as_dba.execute("select ops.replay(%s, '-infinity', 'infinity')", (shop,))
        finally:
            stop.set()
        for worker in (*writers, *runners):
            worker.result()
    drain(db)
    as_dba.execute("select ops.repair(%s)", (shop,))  # of what was spoiled last
    check_reconciled(db)
    query = "select customers, transactions from data.merchant_customer_totals"
    assert db.execute(query).fetchone() == (3 + 120, 9 + 120)


# --- replay --------------------------------------------------------------------------------------


def test_replay_restores_what_was_received_in_a_range(
    db: Connection, as_dba: Connection, as_api: Connection, shop: UUID
) -> None:
    before = db.execute("select clock_timestamp()").fetchone()[0]
    ingest(as_api, shop, [sale("ann later", customer_id="ann", occurred_at="2024-03-02T10:00:00Z")])
    after = db.execute("select clock_timestamp()").fetchone()[0]
    run_once(db)
    contents = tables(db)
    # lost: the day, the customer; and, of other days, what was not received then
    db.execute("delete from data.merchant_daily_aggregates where local_date = '2024-03-02'")
    db.execute("delete from data.merchant_hourly_aggregates where hour_start >= '2024-03-05'")
    db.execute("update data.merchant_customer_stats set transactions = 0, total_spent = 0")

    for _ in range(2):
        replayed = as_dba.execute("select ops.replay(%s, %s, %s)", (shop, before, after)).fetchone()
        assert replayed == (1,)
    relations = as_dba.execute("select distinct relation, left(key, 10) from ops.reconcile()").fetchall()
    assert relations == [("merchant_hourly_aggregates", "2024-03-05")]
    assert as_dba.execute("select ops.replay(%s, '-infinity', 'infinity')", (shop,)).fetchone() == (12,)
    assert tables(db) == contents
    check_reconciled(db)


def test_replay_counts_nothing_that_no_window_has_taken(
    db: Connection, as_dba: Connection, as_api: Connection, shop: UUID
) -> None:
    sell(as_api, shop, "waiting")
    assert as_dba.execute(
        "select ops.replay(%s, now() - interval '1 day', 'infinity')", (shop,)
    ).fetchone() == (11,)
    check_reconciled(db)
    run_once(db)
    check_reconciled(db)


def test_replay_of_an_empty_range_is_refused(as_dba: Connection, shop: UUID) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        as_dba.execute("select ops.replay(%s, now(), now())", (shop,))
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", "p_to")
