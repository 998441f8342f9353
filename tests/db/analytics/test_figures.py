"""The views against the oracle, over random histories."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from tests.db.dashboards import check_reconciled, exact
from tests.db.ingestion import ingest
from tests.db.test_properties import Play, Stage, distinct, shared_database
from tests.histories import CURRENCIES, ZONES, History, Merchant, fresh_events
from tests.oracle import Event, Figures, Json, decides, group, local_date, ratio, rounded, status, total

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]


class Views:
    """One merchant's rows of the views, as an analyst reads them."""

    def __init__(self, analyst: Connection, merchant_id: UUID, currency: str) -> None:
        self.analyst, self.merchant_id, self.currency = analyst, merchant_id, currency

    def rows(self, view: str, order: str, *without: str) -> list[Json]:
        query = sql.SQL("select * from analytics.{} where merchant_id = %s and currency = %s order by {}")
        names = sql.SQL(", ").join(sql.Identifier(name) for name in order.split())
        cursor = self.analyst.cursor(row_factory=dict_row)
        found = cursor.execute(
            query.format(sql.Identifier(view), names), (self.merchant_id, self.currency)
        ).fetchall()
        hidden = {"merchant_id", "merchant_name", "currency", *without}
        return [{key: value for key, value in row.items() if key not in hidden} for row in found]


def by_period(figures: Figures, start: Callable[[date], date]) -> dict[date, list[Event]]:
    groups = group(figures.events, lambda e: start(figures.day_of[id(e)]))
    return dict(sorted(groups.items()))


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def check_periods(views: Views, figures: Figures) -> None:
    for view, name, start in (
        ("daily_figures", "local_date", lambda day: day),
        ("weekly_figures", "week_start", monday),
        ("monthly_figures", "month_start", first_of_month),
    ):
        expected = [
            {name: day, **figures.measures(events)} for day, events in by_period(figures, start).items()
        ]
        check_same(views.rows(view, name, "iso_week"), expected)


def check_hours(views: Views, figures: Figures) -> None:
    expected = []
    for hour, events in group(figures.events, lambda e: figures.hour_of[id(e)]).items():
        expected.append({"local_hour": hour.wall, "local_date": hour.wall.date(), **figures.measures(events)})
    found = views.rows("hourly_figures", "hour_start", "hour_start")

    # an hour that the clocks repeat is two rows of one name
    def key(row: Json) -> Any:
        return (row["local_hour"], str(sorted(exact(row).items())))

    check_same(sorted(found, key=key), sorted(plain(expected), key=key))


def check_growth(views: Views, figures: Figures) -> None:
    expected = []
    for period, start in (("day", lambda day: day), ("month", first_of_month), ("week", monday)):
        starts = by_period(figures, start)
        for day, events in starts.items():
            now, before = (
                figures.measures(events),
                figures.measures(starts.get(start(day - timedelta(1)), [])),
            )
            row: Json = {"period": period, "period_start": day}
            for singular, measure in (
                ("transaction", "transactions"),
                ("revenue", "revenue"),
                ("customer", "customers"),
            ):
                row[measure] = now[measure]
                row[f"previous_{measure}"] = before[measure]
                row[f"{singular}_growth"] = percent(now[measure], before[measure])
            expected.append(row)
    check_same(views.rows("growth", "period period_start", "is_complete"), expected)


def percent(value: Decimal, earlier: Decimal) -> Decimal | None:
    return rounded(100 * (Decimal(value) - earlier), earlier, 2) if earlier else None


def check_breakdowns(views: Views, figures: Figures) -> None:
    outcomes = [e for e in figures.events if e.event_type in ("payment_succeeded", "payment_failed")]
    names = ("transactions", "successful", "failed", "revenue", "avg_transaction", "success_rate")
    expected = []
    for (day, method), events in grouped(outcomes, lambda e: (figures.day_of[id(e)], e.payment_method)):
        measures = figures.measures(events)
        row = {"local_date": day, "payment_method": method}
        expected.append({**row, **{name: measures[name] for name in names}})
    check_same(views.rows("payment_methods", "local_date payment_method"), expected)

    failures = [e for e in figures.events if e.event_type == "payment_failed"]
    expected = [
        {
            "local_date": day,
            "payment_method": method,
            "failure_code": code,
            "failed": len(events),
            "failed_amount": figures.money(total(e.amount for e in events)),
        }
        for (day, method, code), events in grouped(
            failures, lambda e: (figures.day_of[id(e)], e.payment_method, e.failure_code or "unknown")
        )
    ]
    found = views.rows("failure_codes", "local_date payment_method failure_code")
    check_same(sorted(found, key=by_failure), sorted(expected, key=by_failure))


def by_failure(row: Json) -> Any:
    """Not as the database sorts what it has put together: that is by its own collation."""
    return row["local_date"], row["payment_method"], row["failure_code"]


def check_products(views: Views, figures: Figures) -> None:
    sold = [e for e in figures.successes if e.product_id is not None]
    expected = [
        {
            "local_date": day,
            "product_id": product_id,
            "product_name": figures.product_name(product_id),
            "successful": len(events),
            "revenue": figures.money(total(e.amount for e in events)),
        }
        for (day, product_id), events in grouped(sold, lambda e: (figures.day_of[id(e)], e.product_id))
    ]
    check_same(views.rows("products", "local_date product_id"), expected)
    expected = []
    for product_id, events in grouped(sold, lambda e: e.product_id):
        days = {figures.day_of[id(e)] for e in events}
        measures = figures.measures(events)
        expected.append(
            {
                "product_id": product_id,
                "product_name": figures.product_name(product_id),
                "successful": len(events),
                "revenue": measures["revenue"],
                "avg_transaction": measures["avg_transaction"],
                "active_days": len(days),
                "first_date": min(days),
                "last_date": max(days),
            }
        )
    check_same(views.rows("product_totals", "product_id"), expected)


def check_customers(views: Views, figures: Figures) -> None:
    spent = [e for e in figures.successes if e.customer_id is not None]
    customers, visits = [], []
    for customer_id, events in grouped(spent, lambda e: e.customer_id):
        days = sorted({figures.day_of[id(e)] for e in events})
        measures = figures.measures(events)
        who = {"customer_id": customer_id, "cohort_month": first_of_month(days[0])}
        customers.append(
            {
                **who,
                "successful": len(events),
                "total_spent": measures["revenue"],
                "avg_transaction": measures["avg_transaction"],
                "active_days": len(days),
                "first_date": days[0],
                "last_date": days[-1],
                "first_at": min(e.occurred_at for e in events),
                "last_at": max(e.occurred_at for e in events),
            }
        )
        gaps = [(None, None), *((one, (other - one).days) for one, other in pairwise(days))]
        for number, (day, (before, gap)) in enumerate(zip(days, gaps, strict=True), 1):
            visit = {"local_date": day, "visit_number": number}
            visits.append({**who, **visit, "previous_date": before, "days_since_previous": gap})
    check_same(views.rows("customers", "customer_id"), customers)
    check_same(views.rows("customer_days", "customer_id local_date"), visits)
    check_cohorts(views, figures, customers, visits)


def check_cohorts(views: Views, figures: Figures, customers: list[Json], visits: list[Json]) -> None:
    cohorts, months = [], []
    for month, members in grouped(customers, lambda c: c["cohort_month"]):
        returned = sum(c["active_days"] > 1 for c in members)
        spent = total(Decimal(c["total_spent"]) for c in members)
        cohorts.append(
            {
                "cohort_month": month,
                "customers": len(members),
                "returned": returned,
                "return_rate": ratio(returned, len(members)),
                "successful": sum(c["successful"] for c in members),
                "total_spent": figures.money(spent),
                "avg_spent": rounded(spent, len(members), 2),
            }
        )
        theirs = [visit for visit in visits if visit["cohort_month"] == month]
        for later, seen in grouped(theirs, lambda visit: first_of_month(visit["local_date"])):
            active = len({visit["customer_id"] for visit in seen})
            months.append(
                {
                    "cohort_month": month,
                    "month_start": later,
                    "months_since": (later.year - month.year) * 12 + later.month - month.month,
                    "customers": active,
                    "cohort_size": len(members),
                    "retention_rate": ratio(active, len(members)),
                }
            )
    check_same(views.rows("cohorts", "cohort_month"), cohorts)
    check_same(views.rows("retention", "cohort_month month_start"), months)


def check_transactions(views: Views, figures: Figures, transaction_of: dict[str, str]) -> None:
    transactions, created = [], []
    for transaction_id, events in grouped(figures.events, lambda e: transaction_of[e.event_id]):
        times = {
            t: sorted(e.occurred_at for e in events if e.event_type == f"payment_{t}")
            for t in ("created", "succeeded", "failed", "refunded")
        }
        measures = figures.measures(events)
        first = min(events, key=lambda e: (e.occurred_at, e.event_id))
        decisive = max(events, key=decides)
        row = {
            "transaction_id": transaction_id,
            "status": status(measures),
            "payment_method": decisive.payment_method,
            "customer_id": decisive.customer_id,
            "product_id": decisive.product_id,
            "amount": figures.money(decisive.amount),
            **{name: measures[name] for name in ("revenue", "refunds", "fees")},
            "attempts": measures["transactions"],
            "started_at": first.occurred_at,
            "local_date": local_date(first.occurred_at, figures.zone),
            "created_at": min(times["created"], default=None),
            "succeeded_at": min(times["succeeded"], default=None),
            "failed_at": max(times["failed"], default=None),
            "refunded_at": min(times["refunded"], default=None),
            "last_event_at": max(e.occurred_at for e in events),
        }
        row["created_to_succeeded"] = distance(row["created_at"], row["succeeded_at"])
        row["succeeded_to_refunded"] = distance(row["succeeded_at"], row["refunded_at"])
        transactions.append(row)
        if row["created_at"]:
            created.append(row)
    check_same(views.rows("transactions", "transaction_id", "failure_code"), transactions)
    check_funnels(views, figures, created)


def check_funnels(views: Views, figures: Figures, created: list[Json]) -> None:
    expected = []
    for day, payments in grouped(created, lambda row: local_date(row["created_at"], figures.zone)):
        succeeded = [row for row in payments if row["succeeded_at"]]
        refunded = [row for row in succeeded if row["refunded_at"]]
        expected.append(
            {
                "local_date": day,
                "created": len(payments),
                "succeeded": len(succeeded),
                "refunded": len(refunded),
                "created_to_succeeded_rate": ratio(len(succeeded), len(payments)),
                "succeeded_to_refunded_rate": ratio(len(refunded), len(succeeded)),
            }
        )
    times = ("median_created_to_succeeded", "p95_created_to_succeeded", "median_succeeded_to_refunded")
    check_same(views.rows("funnels", "local_date", *times), expected)


def distance(start: datetime | None, end: datetime | None) -> timedelta | None:
    return end - start if start and end else None


def grouped(items: list[Any], key: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
    return sorted(group(items, key).items())


def plain(rows: list[Json]) -> list[Json]:
    """An amount without decimals is a whole number to the oracle, to psycopg it is a Decimal."""
    return [{key: Decimal(v) if is_amount(key, v) else v for key, v in row.items()} for row in rows]


AMOUNTS = {
    "revenue",
    "refunds",
    "fees",
    "net_revenue",
    "failed_amount",
    "total_spent",
    "amount",
    "previous_revenue",
}


def is_amount(name: str, value: Any) -> bool:
    return name in AMOUNTS and isinstance(value, int)


def check_same(found: list[Json], expected: list[Json]) -> None:
    assert exact(found) == exact(plain(expected))


@pytest.fixture
def stage(connect: Connect, drain: Callable[[Connection], None]) -> Stage:
    return Stage(connect, drain)


@settings(shared_database, max_examples=40)
@given(data=st.data())
def test_every_view_has_the_figures_of_the_oracle(
    stage: Stage, as_analyst: Connection, data: st.DataObject
) -> None:
    sender = data.draw(st.builds(Merchant, st.sampled_from(CURRENCIES), st.sampled_from(ZONES)))
    play = Play(stage, History([sender], are_neighbours=False, steps=[]))
    sent = distinct(data.draw(st.lists(fresh_events(sender), min_size=1, max_size=40)), play.now)
    merchant_id = play.ids[0]
    ingest(stage.api["solo"], merchant_id, data.draw(st.permutations(sent)))
    stage.drain(stage.db)

    rows = stage.db.execute(
        "select event_id::text, transaction_id, event_type, coalesce(idempotency_key, ''), received_at"
        " from data.transaction_events where merchant_id = %s",
        (merchant_id,),
    ).fetchall()
    by_identity = {(e["transaction_id"], e["event_type"], e.get("idempotency_key") or ""): e for e in sent}
    events = [Event.accepted(by_identity[row[1:4]], row[0], row[4]) for row in rows]
    transaction_of = {row[0]: row[1] for row in rows}
    assert len(events) == len(sent)
    for currency in {e.currency for e in events}:
        figures = Figures(events, currency, sender.timezone, play.now)
        views = Views(as_analyst, merchant_id, currency)
        check_periods(views, figures)
        check_hours(views, figures)
        check_growth(views, figures)
        check_breakdowns(views, figures)
        check_products(views, figures)
        check_customers(views, figures)
        check_transactions(views, figures, transaction_of)
    check_reconciled(stage.db, merchant_id)
