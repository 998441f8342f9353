"""The dashboard reads: the database's answer as it is, and every wrong parameter named."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.conftest import Tenant, assert_problem, event
from tests.http.test_protocol import DASHBOARD

RANGE = "start_date=2026-01-01&end_date=2026-01-31"


def path_of(name: str, query: str = "") -> str:
    required = RANGE if name == "analytics" and "_date" not in query else ""
    return f"/api/dashboard/{name}?{'&'.join(part for part in (required, query) if part)}"


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("overview", "api.dashboard_overview(%(m)s, %(c)s)"),
        ("analytics", "api.dashboard_analytics(%(m)s, '2026-01-01', '2026-01-31', 'daily', %(c)s)"),
        ("payment-methods", "api.dashboard_payment_methods(%(m)s, 30, %(c)s)"),
        ("top-products", "api.dashboard_top_products(%(m)s, 30, 10, %(c)s)"),
        ("failures", "api.dashboard_failures(%(m)s, 30, 10, %(c)s)"),
        ("customers", "api.dashboard_customers(%(m)s, 50, %(c)s)"),
    ],
)
@pytest.mark.parametrize("currency", [None, "EUR"])
def test_answers_are_the_functions_own(
    client: httpx.Client,
    tenant: Tenant,
    db: psycopg.Connection[Any],
    drain: Callable[[psycopg.Connection[Any]], None],
    name: str,
    call: str,
    currency: str | None,
) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(days=days) for days in (0, 1, 40)] + [datetime(2026, 1, 15, tzinfo=UTC)]
    amounts = [(event_currency, at) for event_currency in ("XOF", "EUR") for at in times]
    body = [
        event(
            currency=event_currency,
            amount=amount,
            occurred_at=at.isoformat(),
            customer_id="c",
            product_id="p",
            event_type=event_type,
            failure_code="no_funds",
        )
        for amount, (event_currency, at) in enumerate(amounts, start=1)
        for event_type in ("payment_succeeded", "payment_failed")
    ]
    assert client.post("/api/events/transaction/batch", json=body, headers=tenant.headers).status_code == 202
    drain(db)
    query = f"currency={currency}" if currency else ""
    response = client.get(path_of(name, query), headers=tenant.headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    arguments = {"m": tenant.merchant_id, "c": currency}
    row = db.execute(f"select {call}::text", arguments).fetchone()  # type: ignore[arg-type]
    assert row
    expected, actual = (json.loads(text, parse_float=Decimal) for text in (row[0], response.text))
    assert actual.pop("as_of") <= expected.pop("as_of")
    assert actual == expected


# --- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("overview", "currency=EUR"),
        ("analytics", "start_date=2024-02-29&end_date=2024-02-29"),
        ("analytics", "start_date=2024-01-01&end_date=2025-12-31"),
        ("analytics", "start_date=2026-01-01&end_date=2026-01-31&granularity=hourly"),
        ("analytics", "granularity=daily&currency=KWD"),
        ("payment-methods", "days=1"),
        ("payment-methods", "days=366"),
        ("payment-methods", "start_date=2024-01-01&end_date=2025-12-31"),
        ("top-products", "start_date=0001-01-01&end_date=0001-01-01&limit=100"),
        ("failures", "start_date=9999-12-31&end_date=9999-12-31"),
        ("failures", "days=366&limit=100&currency=KWD"),
        ("top-products", "days=366&limit=100&currency=EUR"),
        ("top-products", "limit=1"),
        ("customers", "limit=500"),
        ("customers", ""),
    ],
)
def test_parameters_at_their_bounds(client: httpx.Client, tenant: Tenant, name: str, query: str) -> None:
    assert client.get(path_of(name, query), headers=tenant.headers).status_code == 200


NOT_WHOLE_NUMBERS = (
    "",
    "a",
    "1.5",
    "-1",
    "0",
    "+1",
    "%201",
    "1_0",
    "0x1",
    "null",
    "true",
    "%D9%A3",
    "9" * 400,
)
BAD_DATES = (
    "",
    "today",
    "2026-02-30",
    "2026-1-1",
    "20260101",
    "2026-01-01T00:00:00Z",
    "1767225600",
    "2026-01-01%00",
)

WITH_DAYS = ("payment-methods", "top-products", "failures")
WITH_LIMIT = ("customers", "top-products", "failures")

WRONG: list[tuple[str, str, str]] = [
    *(
        (path.rsplit("/", 1)[1], f"currency={value}", "/currency")
        for path in DASHBOARD
        for value in ("", "eur", "EU", "EURO", "ZZZ", "EUR%0A", "%00", "%FF", "null", "EUR,XOF")
    ),
    *(
        (path.rsplit("/", 1)[1], query, pointer)
        for path in DASHBOARD
        for query, pointer in (
            ("currency=EUR&currency=EUR", "/currency"),
            ("colour=1", "/colour"),
            ("merchant_id=x", "/merchant_id"),
            ("Currency=EUR", "/Currency"),
            ("p_now=2020-01-01", "/p_now"),
            ("=", "/"),
        )
    ),
    *((name, f"days={value}", "/days") for name in WITH_DAYS for value in (*NOT_WHOLE_NUMBERS, "367")),
    *(
        (name, query, pointer)
        for name in WITH_DAYS
        for query, pointer in (
            ("start_date=2026-01-01", "/end_date"),
            ("end_date=2026-01-01", "/start_date"),
            ("days=30&start_date=2026-01-01&end_date=2026-01-31", "/days"),
            ("days=30&end_date=2026-01-31", "/days"),
            ("start_date=2026-01-02&end_date=2026-01-01", "/end_date"),
            ("start_date=2024-01-01&end_date=2026-01-01", "/end_date"),
            ("start_date=2026-02-30&end_date=2026-03-01", "/start_date"),
            ("start_date=&end_date=2026-03-01", "/start_date"),
            ("start_date=2026-01-01&end_date=null", "/end_date"),
        )
    ),
    *((name, f"limit={value}", "/limit") for name in WITH_LIMIT for value in NOT_WHOLE_NUMBERS),
    ("top-products", "limit=101", "/limit"),
    ("failures", "limit=101", "/limit"),
    ("customers", "limit=501", "/limit"),
    ("customers", "days=5", "/days"),
    *(("analytics", f"start_date={value}&end_date=2026-01-31", "/start_date") for value in BAD_DATES),
    *(("analytics", f"start_date=2026-01-01&end_date={value}", "/end_date") for value in BAD_DATES),
    ("analytics", "start_date=2026-01-01", "/end_date"),
    ("analytics", "end_date=2026-01-01", "/start_date"),
    ("analytics", "start_date=2026-01-02&end_date=2026-01-01", "/end_date"),
    ("analytics", "start_date=2024-01-01&end_date=2026-01-01", "/end_date"),
    ("analytics", "start_date=2026-01-01&end_date=2026-02-01&granularity=hourly", "/end_date"),
    ("analytics", "start_date=0001-01-01&end_date=9999-12-31", "/end_date"),
    *(("analytics", f"granularity={value}", "/granularity") for value in ("", "weekly", "DAILY", "daily%00")),
]  # fmt: skip


def test_a_wrong_parameter_is_named(client: httpx.Client, tenant: Tenant) -> None:
    for name, query, pointer in WRONG:
        response = client.get(path_of(name, query), headers=tenant.headers)
        assert_problem(response, 422, "validation-failed", [pointer])


def test_a_query_without_end(client: httpx.Client, tenant: Tenant) -> None:
    query = "&".join(f"a{number}=1" for number in range(1000))
    assert_problem(client.get(path_of("overview", query), headers=tenant.headers), 400, "malformed-request")


def test_dates_at_the_ends_of_time(client: httpx.Client, tenant: Tenant) -> None:
    """An event of 1970-01-01 UTC is on the day before in New York; every date is a good question."""
    for day in ("0001-01-01", "1969-12-31", "9999-12-31"):
        for granularity in ("daily", "hourly"):
            query = f"start_date={day}&end_date={day}&granularity={granularity}"
            response = client.get(path_of("analytics", query), headers=tenant.headers)
            assert response.status_code == 200
            assert response.json()["totals"]["transactions"] == 0
