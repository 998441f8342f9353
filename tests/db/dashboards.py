"""Asks the database every question of the dashboard and holds the answers against the oracle's figures."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any
from uuid import UUID

import psycopg

from tests.oracle import Event, Figures, Identity, Json, decides, group, transactions

Connection = psycopg.Connection[tuple]

ADDITIVE = ("transactions", "successful", "failed", "created", "refunded", "revenue", "refunds", "fees",
            "net_revenue", "new_customers")  # fmt: skip


def ask(api: Connection, function: str, *arguments: object) -> Json:
    """One answer of a dashboard function, without its as_of."""
    places = ", ".join(["%s"] * len(arguments))
    answer = api.execute(f"select api.dashboard_{function}({places})", arguments).fetchone()[0]
    as_of = answer.pop("as_of")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", as_of)
    return answer


def exact(answer: Any) -> Any:
    """For comparing: an amount of 1.0 is not one of 1.00, and a number is not a text."""
    match answer:
        case dict():
            return {key: exact(value) for key, value in answer.items()}
        case list():
            return [exact(value) for value in answer]
        case Decimal():
            return f"decimal {answer}"
        case _:
            return answer


def stored_events(db: Connection, merchant_id: UUID) -> dict[Identity, tuple[str, datetime, Event]]:
    """What lies in the table, by identity: event id, time of receipt, event."""
    rows = db.execute(
        """
        select
            transaction_id, event_type, coalesce(idempotency_key, ''), event_id::text, received_at,
            currency, amount, fee, occurred_at, payment_method, customer_id, product_id, product_name,
            transaction_id, failure_code
        from data.transaction_events where merchant_id = %s
        """,
        (merchant_id,),
    ).fetchall()
    events = {Identity(*row[:3]): (row[3], row[4], Event(row[3], row[1], *row[5:])) for row in rows}
    assert len(events) == len(rows), "an identity is stored twice"
    return events


def check_stored(db: Connection, merchant_id: UUID, accepted: dict[Identity, Json]) -> list[Event]:
    """The accepted events and nothing else are stored, as they were sent; returns them."""
    stored = stored_events(db, merchant_id)
    events = {i: Event.accepted(accepted[i], *stored[i][:2]) for i in accepted if i in stored}
    assert {i: event for i, (_, _, event) in stored.items()} == events
    assert events.keys() == accepted.keys()
    return list(events.values())


def check_figures(
    api: Connection, merchant_id: UUID, zone: str, default_currency: str, events: list[Event]
) -> None:
    """Every endpoint in every currency: now, and as it was an hour and a half after two of the events."""
    now = api.execute("select now()").fetchone()[0]
    later = sorted(e.occurred_at + timedelta(minutes=90) for e in events)
    moments = [now, *later[len(later) // 2 :][:1], *later[-1:]]
    for currency in {default_currency, *(e.currency for e in events)}:
        for moment, days, limit in zip(moments, (30, 366, 1), (10, 100, 1), strict=False):
            figures = Figures(events, currency, zone, moment.astimezone(UTC))
            check_answers(api, merchant_id, figures, days, limit)
        check_customers_of_ranges(api, merchant_id, Figures(events, currency, zone, now))


def check_answers(api: Connection, merchant_id: UUID, figures: Figures, days: int, limit: int) -> None:
    """Every endpoint at the figures' moment, and analytics of the days around it."""
    currency, now, today = figures.currency, figures.now, figures.today

    overview = ask(api, "overview", merchant_id, currency, now)
    assert exact(overview) == exact(figures.overview())
    check_period(api, merchant_id, figures, figures.ending_today(days), (days, None, None), limit)
    dates = today - timedelta(days=3), today - timedelta(days=1)
    check_period(api, merchant_id, figures, dates, (None, *dates), limit)
    customers = ask(api, "customers", merchant_id, limit, currency)
    assert exact(customers) == exact(figures.customers(limit))

    first, last = today - timedelta(days=2), today + timedelta(days=1)
    daily = ask(api, "analytics", merchant_id, first, last, "daily", currency)
    assert exact(daily) == exact(figures.analytics(first, last, "daily"))
    hourly = ask(api, "analytics", merchant_id, first, last, "hourly", currency)
    assert exact(hourly) == exact(figures.analytics(first, last, "hourly"))
    check_sums(daily["data"], hourly["data"], daily["totals"])


def check_period(
    api: Connection,
    merchant_id: UUID,
    figures: Figures,
    period: tuple[date, date],
    asked: tuple[int | None, date | None, date | None],
    limit: int,
) -> None:
    """The breakdowns of a period, for which is asked by the last days or by the first and the last one."""
    days, start_date, end_date = asked
    given = (figures.currency, figures.now, start_date, end_date)
    methods = ask(api, "payment_methods", merchant_id, days, *given)
    assert exact(methods) == exact(figures.payment_methods(*period))
    products = ask(api, "top_products", merchant_id, days, limit, *given)
    assert exact(products) == exact(figures.top_products(*period, limit))
    failures = ask(api, "failures", merchant_id, days, limit, *given)
    assert exact(failures) == exact(figures.failures(*period, limit))


def check_customers_of_ranges(api: Connection, merchant_id: UUID, figures: Figures) -> None:
    """Distinct customers from each day with a sale to each later one: the figure that no sum gives."""
    days = sorted({figures.day_of[id(e)] for e in figures.successes})[-6:]
    for first, last in combinations_with_replacement(days, 2):
        if (last - first).days <= 70:
            totals = ask(api, "analytics", merchant_id, first, last, "daily", figures.currency)["totals"]
            assert totals["customers"] == figures.measures(figures.between(first, last))["customers"]


def check_sums(days: list[Json], hours: list[Json], totals: Json) -> None:
    """Whatever the events are, a day is the sum of its hours, and the totals are the sum of the days."""
    for day in days:
        its_hours = [hour for hour in hours if hour["hour"].startswith(day["date"])]
        check_sum(its_hours, day)
    check_sum(days, totals)


def check_sum(parts: list[Json], whole: Json) -> None:
    for measure in ADDITIVE:
        assert sum(part[measure] for part in parts) == whole[measure], measure
    customers = [part["customers"] for part in parts]
    assert max(customers, default=0) <= whole["customers"] <= sum(customers)
    assert whole["new_customers"] <= whole["customers"]


def check_reconciled(db: Connection, merchant_id: UUID | None = None) -> None:
    """The database's own recomputation from the raw events finds no difference."""
    differences = db.execute("select * from ops.reconcile(%s)", (merchant_id,)).fetchall()
    assert differences == []


# --- transactions --------------------------------------------------------------------------------


def page(api: Connection, merchant_id: UUID, **parameters: object) -> Json:
    """A page of the list, as it is answered."""
    given = "".join(f", p_{name} => %s" for name in parameters)
    query = f"select api.list_transactions(%s{given})"
    return api.execute(query, (merchant_id, *parameters.values())).fetchone()[0]


def walk(api: Connection, merchant_id: UUID, **parameters: object) -> list[Json]:
    """All entries, page by page, the newest first."""
    entries: list[Json] = []
    answer = page(api, merchant_id, **parameters)
    while answer["has_more"]:
        entries += answer["data"]
        answer = page(api, merchant_id, **{**parameters, "starting_after": answer["next_cursor"]})
    assert answer["next_cursor"] is None
    return entries + answer["data"]


def transaction(api: Connection, merchant_id: UUID, transaction_id: str) -> Json | None:
    """One transaction, as it is answered."""
    query = "select api.get_transaction(%s, %s)"
    return api.execute(query, (merchant_id, transaction_id)).fetchone()[0]


def check_transactions(
    api: Connection, merchant_id: UUID, events: list[Event], retired: list[Event] | None = None
) -> None:
    """The list, in pages of two sizes and back again, and each transaction; `retired` ones are in none."""
    expected = transactions(events, retired)
    for limit in (2, 100):
        assert exact(walk(api, merchant_id, limit=limit)) == exact(expected)
    for transaction_id, its in group(events, lambda e: e.transaction_id).items():
        answer = transaction(api, merchant_id, transaction_id)
        assert answer
        told, others = answer.pop("events"), answer.pop("other_currencies")
        decisive = max(its, key=decides)
        entries = [entry for entry in expected if entry["transaction_id"] == transaction_id]
        assert exact([answer]) == exact([e for e in entries if e["currency"] == decisive.currency])
        assert exact(others) == exact([e for e in entries if e["currency"] != decisive.currency])
        assert {event["event_id"] for event in told} == {e.event_id for e in its}
        times = [datetime.fromisoformat(event["occurred_at"]) for event in told]
        assert times == sorted(times)
