"""Every block of docs/cookbook.md, run upon the demo's year."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from app.demo import FAILURES, SHOPS, load_demo
from bench.cookbook import questions
from tests.conftest import Server, create_database
from tests.db.dashboards import check_reconciled
from tests.oracle import Event, Figures, Json, group, ratio, total

Connection = psycopg.Connection[tuple]

SHOP = SHOPS[0]
QUESTIONS = {question.title: question for question in questions()}


class Year(NamedTuple):
    """The demo's shops in a database, and what the oracle makes of the first one's events."""

    url: str
    figures: Figures


@pytest.fixture(scope="module")
def year(server: Server, people: None) -> Iterator[Year]:
    for url in create_database(server, "migrated"):
        load_demo(url, lambda _share, _events: None)
        with psycopg.connect(url, autocommit=True) as db:
            while db.execute("select rollup.pending_buckets()").fetchone() != ([],):
                db.execute("call rollup.run('test', 0)")
            db.execute("vacuum analyze")
            db.execute("select ops.grant_analyst('ana', %s)", (SHOP.merchant_id,))
            query = """
                select
                    event_id::text, event_type, currency, amount, fee, occurred_at, payment_method,
                    customer_id, product_id, product_name
                from data.transaction_events where merchant_id = %s
            """
            events = [Event(*row) for row in db.execute(query, (SHOP.merchant_id,))]
            now = datetime.datetime.now(datetime.UTC)
            yield Year(url, Figures(events, SHOP.currency, SHOP.timezone, now))
            check_reconciled(db)


def ask(year: Year, title: str, role: str = "molam_analyst") -> list[Json]:
    """The answer's rows, in a session whose day is the shop's."""
    url = make_conninfo(year.url, options=f"-c role={role} -c timezone={SHOP.timezone}")
    with psycopg.connect(url, row_factory=dict_row) as session:
        return session.execute(QUESTIONS[title].sql.encode()).fetchall()


def test_there_are_twenty_five_questions() -> None:
    assert len(QUESTIONS) == len(questions()) == 25


@pytest.mark.parametrize("role", ["molam_analyst", "ana"])
def test_every_question_has_an_answer(year: Year, role: str) -> None:
    """In one test, for the year takes long to make: each process that gets one of these tests makes it."""
    answers = {title: ask(year, title, role) for title in QUESTIONS}
    assert [title for title, rows in answers.items() if not rows] == []
    if role == "ana":
        named = {
            title: {row.get("merchant_name", SHOP.name) for row in rows} for title, rows in answers.items()
        }
        assert {title: names for title, names in named.items() if names != {SHOP.name}} == {}


# --- the answers -----------------------------------------------------------------------------------


def test_yesterday(year: Year) -> None:
    yesterday = year.figures.today - datetime.timedelta(days=1)
    measures = year.figures.measures(year.figures.between(yesterday, yesterday))
    row = only(ask(year, "How did each merchant do yesterday?"), merchant_name=SHOP.name)
    check_measures(row, measures)


def test_months(year: Year) -> None:
    title = "How many customers does a merchant have each month, and how many are new?"
    months = group(year.figures.events, lambda e: year.figures.day_of[id(e)].replace(day=1))
    rows = ask(year, title)
    assert [row["month_start"] for row in rows] == sorted(months)
    for row in rows:
        check_measures(row, year.figures.measures(months[row["month_start"]]))


def test_weeks(year: Year) -> None:
    rows = ask(year, "How has revenue changed from week to week?")
    assert len(rows) == 12
    for row in rows:
        week = datetime.timedelta(days=7)
        last_day = row["week_start"] + week - datetime.timedelta(days=1)
        check_measures(row, year.figures.measures(year.figures.between(row["week_start"], last_day)))
        before = year.figures.measures(year.figures.between(row["week_start"] - week, last_day - week))
        assert row["previous_revenue"] == before["revenue"]


def test_thirty_days(year: Year) -> None:
    rows = ask(year, "How were the last 30 days, those without a sale included?")
    assert len(rows) == 30
    assert rows[-1]["local_date"] == year.figures.today
    for row in rows:
        check_measures(row, year.figures.measures(year.figures.between(row["local_date"], row["local_date"])))


def test_payment_methods(year: Year) -> None:
    rows = ask(year, "Which payment methods bring the money?")
    expected = year.figures.payment_methods(*year.figures.ending_today(30))["payment_methods"]
    renamed = [
        {
            "payment_method": row["method"],
            "successful": row["count"],
            "revenue": row["amount"],
            "share": row["share"],
            "success_rate": row["success_rate"],
        }
        for row in expected
    ]
    assert rows == renamed


def test_products(year: Year) -> None:
    rows = ask(year, "What sells best?")
    expected = year.figures.top_products(*year.figures.ending_today(30), 10)["products"]
    found = [(row["product_id"], row["product_name"], row["successful"], row["revenue"]) for row in rows]
    assert found == [tuple(row.values()) for row in expected]


def test_customers(year: Year) -> None:
    rows = ask(year, "Who are the best customers?")
    expected = year.figures.customers(20)["top_customers"]
    found = [(row["customer_id"], row["successful"], row["total_spent"]) for row in rows]
    assert found == [tuple(row.values())[:3] for row in expected]


def test_failures(year: Year) -> None:
    rows = ask(year, "Why do payments fail?")
    failed = [e for e in year.figures.last_days(30) if e.event_type == "payment_failed"]
    assert sum(row["failed"] for row in rows) == len(failed)
    assert sum(row["failed_amount"] for row in rows) == total(e.amount for e in failed)
    assert {row["failure_code"] for row in rows} <= FAILURES.keys()


def test_retention(year: Year) -> None:
    visits = group([e for e in year.figures.successes if e.customer_id], lambda e: e.customer_id)
    months = [{year.figures.day_of[id(e)].replace(day=1) for e in events} for events in visits.values()]
    for row in ask(year, "How many customers of each month stay?"):
        cohort = [seen for seen in months if min(seen) == row["cohort_month"]]
        assert row["customers"] == len(cohort)
        for later in (1, 2, 3, 6):
            active = sum(months_after(row["cohort_month"], later) in seen for seen in cohort)
            assert row[f"after_{later}"] == (ratio(active, len(cohort)) if active else None)


def months_after(month: datetime.date, number: int) -> datetime.date:
    years, index = divmod(month.month - 1 + number, 12)
    return month.replace(year=month.year + years, month=index + 1)


def test_funnel(year: Year) -> None:
    for row in ask(year, "How far do payments get, and how fast?"):
        day = year.figures.between(row["local_date"], row["local_date"])
        assert row["created"] == sum(e.event_type == "payment_created" for e in day)
        # the demo's payments take two seconds to some minutes
        assert row["succeeded"] <= row["created"]
        assert datetime.timedelta(seconds=2) <= row["median_created_to_succeeded"]
        assert row["median_created_to_succeeded"] <= row["p95_created_to_succeeded"]
        assert row["p95_created_to_succeeded"] <= datetime.timedelta(minutes=11)


def only(rows: list[Json], **fields: Any) -> Json:
    (row,) = [row for row in rows if fields.items() <= row.items()]
    return row


def check_measures(row: Json, measures: Json) -> None:
    """Every measure that the row has is the oracle's."""
    both = row.keys() & measures.keys()
    assert both
    assert {name: row[name] for name in both} == {name: Decimal(measures[name]) for name in both}
