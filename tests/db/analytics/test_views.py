"""The views as a manual, and what the oracle does not know."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from app.deploy import PROJECT_DIR
from tests.db.ingestion import ingest
from tests.db.shop import sale

Connection = psycopg.Connection[tuple]
Drain = Callable[[Connection], None]


def test_every_view_is_in_the_documentation(db: Connection) -> None:
    query = "select relname from pg_class where relnamespace = 'analytics'::regnamespace"
    page = (PROJECT_DIR / "docs" / "analytics.md").read_text()
    assert [name for (name,) in db.execute(query).fetchall() if f"`{name}`" not in page] == []


def test_weeks_have_their_iso_names(
    as_api: Connection, as_analyst: Connection, db: Connection, merchant: Callable[..., UUID], drain: Drain
) -> None:
    days = ["2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06", "2026-01-01"]
    events = [sale(day, occurred_at=f"{day}T12:00:00Z") for day in days]
    ingest(as_api, merchant(), events)
    drain(db)
    query = "select week_start::text, iso_week, successful from analytics.weekly_figures order by 1"
    assert as_analyst.execute(query).fetchall() == [
        ("2024-12-23", "2024-W52", 1),
        ("2024-12-30", "2025-W01", 2),
        ("2025-01-06", "2025-W02", 1),
        ("2025-12-29", "2026-W01", 1),
    ]


def test_growth_knows_what_is_over(
    as_api: Connection, as_analyst: Connection, db: Connection, merchant: Callable[..., UUID], drain: Drain
) -> None:
    """By the merchant's clock, which is hours ahead of or behind the session's."""
    for timezone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        merchant_id = merchant(timezone=timezone, name=timezone)
        ingest(as_api, merchant_id, [sale("now"), sale("old", occurred_at="2025-03-31T12:00:00Z")])
    drain(db)
    query = """
        select g.period, g.is_complete, count(*)
        from analytics.growth as g inner join analytics.merchants as m using (merchant_id)
        where g.is_complete = (g.period_start < date '2025-06-01')
        group by g.period, g.is_complete order by g.period, g.is_complete
    """
    assert as_analyst.execute(query).fetchall() == [
        (period, is_complete, 2) for period in ("day", "month", "week") for is_complete in (False, True)
    ]


def test_a_payment_that_failed_first(
    as_api: Connection, as_analyst: Connection, db: Connection, merchant: Callable[..., UUID], drain: Drain
) -> None:
    """Sent in the wrong order: what it tells is what happened."""
    steps = [
        ("refunded", 50, {"amount": 40, "idempotency_key": "part"}),
        ("succeeded", 30, {"payment_method": "wave"}),
        ("failed", 20, {"failure_code": "timeout", "payment_method": "card", "idempotency_key": "second"}),
        ("failed", 10, {"failure_code": "declined", "payment_method": "card"}),
        ("created", 0, {}),
    ]
    merchant_id = merchant()
    for kind, minute, fields in steps:
        at = f"2026-03-31T23:{minute:02}:00Z"
        ingest(as_api, merchant_id, [sale("one", event_type=f"payment_{kind}", occurred_at=at, **fields)])
    drain(db)
    cursor = as_analyst.cursor(row_factory=dict_row)
    row = cursor.execute("select * from analytics.transactions").fetchone()
    assert row["status"] == "partially_refunded"
    assert (row["payment_method"], row["failure_code"], row["attempts"]) == ("wave", "timeout", 3)
    assert (row["revenue"], row["refunds"], row["local_date"]) == (100, 40, date(2026, 3, 31))
    assert row["created_to_succeeded"] == timedelta(minutes=30)
    assert row["succeeded_to_refunded"] == timedelta(minutes=20)

    funnel = cursor.execute("select * from analytics.funnels").fetchone()
    assert (funnel["created"], funnel["succeeded"], funnel["refunded"]) == (1, 1, 1)
    assert funnel["median_created_to_succeeded"] == timedelta(minutes=30)
    assert funnel["p95_created_to_succeeded"] == timedelta(minutes=30)
    assert funnel["median_succeeded_to_refunded"] == timedelta(minutes=20)

    query = "select failure_code, failed, failed_amount from analytics.failure_codes order by failure_code"
    failures = as_analyst.execute(query).fetchall()
    assert failures == [("declined", 1, 100), ("timeout", 1, 100)]
