"""The materialized views: whatever state they are in, every answer is what the aggregates say."""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.shop import bucket_of, run_once, sale
from tests.oracle import EVENT_TYPES, Json

Connection = psycopg.Connection[tuple]
Drain = Callable[[Connection], None]

# Two of the zones are a day ahead of or behind each other at any time.
ZONES = ["Africa/Dakar", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


def history(dice: random.Random, days: int = 95) -> list[Json]:
    """Up to ten events a day, also today, of few products, methods and customers, so that ranks are close."""
    now = datetime.now(UTC)
    events = []
    for age in range(days):
        for number in range(dice.randrange(11)):
            at = now - timedelta(days=age, minutes=dice.randrange(1440))
            events.append(
                {
                    "transaction_id": f"{age}-{number}",
                    "event_type": dice.choice(EVENT_TYPES),
                    "amount": dice.randrange(5) * 100,
                    "currency": "XOF",
                    "payment_method": dice.choice(["wave", "Card", "cash", "\u00f1"]),
                    "customer_id": f"customer {dice.randrange(40)}",
                    "product_id": f"{dice.choice('pP')}roduct {dice.randrange(6)}",
                    "occurred_at": min(at, now).isoformat(),
                }
            )
    return events


@pytest.fixture(params=ZONES)
def shop(
    request: pytest.FixtureRequest,
    merchant: Callable[..., UUID],
    as_api: Connection,
    db: Connection,
    drain: Drain,
) -> UUID:
    """A merchant with a history that is aggregated and in no view."""
    shop = merchant(timezone=request.param)
    ingest(as_api, shop, history(random.Random(request.param)))
    drain(db)
    return shop


def refresh(db: Connection) -> None:
    assert db.execute("select ops.refresh_marts()").fetchone() == (3,)


def answers(api: Connection, shop: UUID, days_later: int = 0) -> list[Any]:
    """What the endpoints say whose closed days the views hold, and around them; without when."""
    now = datetime.now(UTC) + timedelta(days=days_later)
    calls = [("overview", "null, %s", ())]
    for days in (1, 7, 30, 31, 90):
        calls.append(("payment_methods", "%s, null, %s", (days,)))
        calls += [("top_products", "%s, %s, null, %s", (days, limit)) for limit in (1, 3, 100)]
    result = []
    for name, arguments, values in calls:
        query = f"select api.dashboard_{name}(%s, {arguments})"
        answer = api.execute(query, (shop, *values, now)).fetchone()[0]
        result.append({key: value for key, value in answer.items() if key != "as_of"})
    return result


@contextmanager
def nothing_but_aggregates(db: Connection) -> Iterator[None]:
    with db.transaction(force_rollback=True):
        db.execute("insert into data.mart_marks values (null)")
        yield


def check(db: Connection, shop: UUID, *, fresh: bool, days_later: int = 0) -> list[Any]:
    """The answers, which are the aggregates', from the views or not."""
    query = """
        select internal.is_mart_fresh(merchant_id, (now() at time zone timezone)::date + %s)
        from data.merchants where merchant_id = %s
    """
    assert db.execute(query, (days_later, shop)).fetchone() == (fresh,)
    seen = answers(db, shop, days_later)
    with nothing_but_aggregates(db):
        assert seen == answers(db, shop, days_later)
    check_reconciled(db)
    return seen


def late(name: str, **fields: object) -> Json:
    return sale(
        name, occurred_at=(datetime.now(UTC) - timedelta(days=3)).isoformat(), product_id="late", **fields
    )


def test_never_refreshed(db: Connection, shop: UUID) -> None:
    check(db, shop, fresh=False)


def test_fresh(db: Connection, shop: UUID) -> None:
    before = answers(db, shop)
    refresh(db)
    assert check(db, shop, fresh=True) == before


def test_answers_come_from_a_fresh_view(db: Connection, shop: UUID) -> None:
    refresh(db)
    before = answers(db, shop)
    db.execute("set session_replication_role = replica")  # no trigger marks this
    for table in ("merchant_daily_aggregates", "merchant_product_stats", "merchant_payment_method_stats"):
        query = f"delete from data.{table} where merchant_id = %s and local_date < current_date - 2"
        db.execute(query, (shop,))
    after = answers(db, shop)
    changed = {answer["period_days"] for answer in before if answer not in after}
    assert changed == {31}  # no view is made for that


def test_today_goes_on(db: Connection, as_api: Connection, shop: UUID, drain: Drain) -> None:
    refresh(db)
    before = answers(db, shop)
    products = [f"{'pP'[number % 2]}roduct {number % 9}" for number in range(40)]
    events = [sale(f"new {number}", product_id=product) for number, product in enumerate(products)]
    ingest(as_api, shop, events)
    drain(db)
    assert check(db, shop, fresh=True) != before


def test_a_late_event(db: Connection, as_api: Connection, shop: UUID, drain: Drain) -> None:
    refresh(db)
    before = answers(db, shop)
    ingest(as_api, shop, [late("late", amount=10_000)])
    drain(db)
    assert check(db, shop, fresh=False) != before
    refresh(db)
    check(db, shop, fresh=True)


def test_a_late_event_of_another_merchant(
    db: Connection, as_api: Connection, shop: UUID, merchant: Callable[..., UUID], drain: Drain
) -> None:
    other = merchant()
    refresh(db)
    ingest(as_api, other, [late("late")])
    drain(db)
    check(db, shop, fresh=True)
    check(db, other, fresh=False)


def test_the_day_after(db: Connection, shop: UUID) -> None:
    refresh(db)
    check(db, shop, fresh=False, days_later=1)
    check(db, shop, fresh=False, days_later=-1)


def test_nothing_sold_yet(db: Connection, merchant: Callable[..., UUID]) -> None:
    shop = merchant()
    refresh(db)
    check(db, shop, fresh=True)


def test_before_there_is_a_merchant(db: Connection) -> None:
    refresh(db)
    assert db.execute("select marts_due_seconds from ops.health").fetchone() == (None,)


def test_a_rebuild_and_another_time_zone(db: Connection, shop: UUID, drain: Drain) -> None:
    refresh(db)
    db.execute("select ops.rebuild(%s)", (shop,))
    check(db, shop, fresh=False)
    refresh(db)
    db.execute("update data.merchants set timezone = 'Asia/Kolkata' where merchant_id = %s", (shop,))
    drain(db)
    assert_not_fresh = "select internal.is_mart_fresh(%s, (now() at time zone 'Asia/Kolkata')::date)"
    assert db.execute(assert_not_fresh, (shop,)).fetchone() == (False,)
    refresh(db)
    check(db, shop, fresh=True)


def test_a_window_open_while_views_are_refreshed(
    db: Connection, as_api: Connection, connect: Callable[..., Connection], shop: UUID
) -> None:
    """Its late event is in no view, and its mark outlives the refresh that it was not seen by."""
    refresh(db)
    ingest(as_api, shop, [late("late")])
    runner = connect("molam_rollup", autocommit=False)
    runner.execute("select rollup.process_window(%s::smallint)", (bucket_of(db, shop),))
    refresh(db)
    before = answers(db, shop)
    runner.commit()
    assert check(db, shop, fresh=False) != before
    refresh(db)
    check(db, shop, fresh=True)


def test_a_day_is_not_closed_before_its_last_window(
    db: Connection, connect: Callable[..., Connection], shop: UUID
) -> None:
    """A window that began before midnight may still write to that day without marking it."""
    bucket = bucket_of(db, shop)
    query = "update data.rollup_progress set as_of = now() - interval '1 day' where bucket_id = %s"
    db.execute(query, (bucket,))
    runner = connect("molam_rollup", autocommit=False)
    runner.execute("select rollup.process_window(%s::smallint)", (bucket,))
    refresh(db)
    check(db, shop, fresh=False)
    check(db, shop, fresh=True, days_later=-1)
    runner.commit()
    refresh(db)
    check(db, shop, fresh=True)


def test_what_is_not_fresh_is_not_touched(
    db: Connection, as_api: Connection, connect: Callable[..., Connection], shop: UUID
) -> None:
    """Somebody may have locked the views, or emptied them."""
    refresh(db)
    before = answers(db, shop)
    db.execute("insert into data.mart_marks values (null)")
    locking = connect(autocommit=False)
    for (view,) in db.execute("select matviewname from pg_matviews where schemaname = 'mart'").fetchall():
        locking.execute(
            sql.SQL("refresh materialized view mart.{} with no data").format(sql.Identifier(view))
        )
    as_api.execute("set lock_timeout = '1s'")
    assert answers(as_api, shop) == before
    locking.commit()
    assert answers(as_api, shop) == before


# --- the scheduled job ---------------------------------------------------------------------------


def refreshes(db: Connection) -> int:
    return db.execute(
        "select count(*) from data.job_runs where job = 'refresh marts' and error is null"
    ).fetchone()[0]


@pytest.fixture
def due_at_once(db: Connection) -> None:
    db.execute("update data.settings set minimum = 0, value = 0 where name = 'mart_refresh_seconds'")


def test_the_job_refreshes_when_it_is_worth_it(
    db: Connection, as_api: Connection, shop: UUID, due_at_once: None, drain: Drain
) -> None:
    run_once(db)
    run_once(db)
    check(db, shop, fresh=True)
    done = refreshes(db)
    ingest(as_api, shop, [sale("today")])
    drain(db)
    assert refreshes(db) == done  # nothing closed has changed
    ingest(as_api, shop, [late("late")])
    drain(db)
    run_once(db)
    assert refreshes(db) == done + 1
    check(db, shop, fresh=True)
    db.execute("update data.mart_refreshes set next_close_at = clock_timestamp()")
    run_once(db)
    assert refreshes(db) == done + 2


def test_not_too_often(db: Connection, shop: UUID) -> None:
    refresh(db)
    done = refreshes(db)
    db.execute("insert into data.mart_marks values (null)")
    run_once(db)
    assert refreshes(db) == done


def test_a_failing_refresh_leaves_the_last_good_data(
    db: Connection, as_api: Connection, shop: UUID, due_at_once: None, drain: Drain
) -> None:
    refresh(db)
    db.execute("drop index mart.month_totals_key")
    ingest(as_api, shop, [late("late")])
    drain(db)
    run_once(db)
    run_once(db)
    query = "select last_error from ops.jobs where job = 'refresh marts'"
    assert "concurrently" in db.execute(query).fetchone()[0]
    check(db, shop, fresh=False)
    db.execute("create unique index month_totals_key on mart.month_totals (merchant_id, currency)")
    run_once(db)
    check(db, shop, fresh=True)


def test_the_ranking_of_customers_needs_no_view(
    as_api: Connection, as_dba: Connection, db: Connection, merchant: Callable[..., UUID], drain: Drain
) -> None:
    shop = merchant()
    for start in range(0, 3000, 1000):
        names = range(start, start + 1000)
        ingest(as_api, shop, [sale(f"customer {name}", amount=name) for name in names])
    drain(db)
    notices: list[str] = []
    as_dba.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    query = "select ops.explain_api('dashboard_customers', %s, '{\"p_limit\": 5}')"
    as_dba.execute(query, (shop,))
    plan = next(notice for notice in notices if "merchant_customer_stats" in notice)
    scans = re.findall(r"(\w+) on merchant_customer_stats .*?actual time=\S+ rows=(\d+)", plan)
    assert [int(rows) for _, rows in scans] == [5], plan
    assert "merchant_customer_stats_by_total_spent" in plan
