"""A real file end to end: loaded by `molam import`, and all endpoints hold against sums made outside."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import psycopg

from tests.cdnow import FIRST_DAY, LAST_DAY, ZONE, Expected, Json, read_purchases, write_csv
from tests.http.conftest import Tenant, create_tenant
from tests.processes import molam_environment, molam_json

Connection = psycopg.Connection[tuple]

# Both ends of daylight saving time, the busiest and the quietest months.
HOURLY_RANGES = [
    (date(1997, 3, 20), date(1997, 4, 19)),
    (date(1997, 10, 20), date(1997, 11, 1)),
    (date(1998, 6, 1), date(1998, 6, 30)),
]
MOMENTS = [
    datetime(1997, 1, 1, 12, 30, tzinfo=ZONE),
    datetime(1997, 3, 15, 15, 0, tzinfo=ZONE),
    datetime(1997, 12, 31, 23, 59, tzinfo=ZONE),
    datetime(1998, 6, 30, 13, 0, tzinfo=ZONE),
]


def molam_import(url: str, merchant_id: UUID, path: Path) -> Any:
    environment = molam_environment(url) | {"XDG_STATE_HOME": str(path.parent)}
    return molam_json(environment, "import", str(path), "--merchant", str(merchant_id))


def test_the_file_as_it_is(
    database_url: str,
    client: httpx.Client,
    db: Connection,
    as_api: Connection,
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
    tmp_path: Path,
) -> None:
    purchases = read_purchases()
    assert len(purchases) == 69_659
    shop = create_tenant(db, merchant("USD", "America/New_York", "CDNOW"))
    path = tmp_path / "cdnow.csv"
    write_csv(purchases, path)

    first = molam_import(database_url, shop.merchant_id, path)
    again = molam_import(database_url, shop.merchant_id, path)
    drain(db)

    nothing = {"total": len(purchases), "ingested": 0, "duplicates": 0, "conflicts": 0, "rejected": 0}
    assert first == nothing | {"ingested": len(purchases)}
    assert again == nothing | {"duplicates": len(purchases)}
    check_ranges(client, shop, Expected(purchases))
    check_moments(as_api, shop.merchant_id, Expected(purchases))
    assert db.execute("select * from ops.reconcile(%s)", [shop.merchant_id]).fetchall() == []


def test_the_file_as_if_it_ended_yesterday(
    database_url: str,
    client: httpx.Client,
    db: Connection,
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
    tmp_path: Path,
) -> None:
    age = datetime.now(ZONE).date() - timedelta(days=1) - LAST_DAY
    purchases = [purchase._replace(day=purchase.day + age) for purchase in read_purchases()]
    shop = create_tenant(db, merchant("USD", "America/New_York", "CDNOW"))
    path = tmp_path / "cdnow.csv"
    write_csv(purchases, path)
    molam_import(database_url, shop.merchant_id, path)
    drain(db)
    check_today(client, shop, Expected(purchases))


def ask(client: httpx.Client, shop: Tenant, question: str, **parameters: object) -> Json:
    response = client.get(f"/api/dashboard/{question}", params=parameters, headers=shop.headers)
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal)


def check_ranges(client: httpx.Client, shop: Tenant, expected: Expected) -> None:
    """The endpoints that can look at any time, over HTTP."""
    answer = ask(client, shop, "analytics", start_date=FIRST_DAY, end_date=LAST_DAY)
    assert answer["data"] == expected.daily(FIRST_DAY, LAST_DAY)
    totals = {"period": f"{FIRST_DAY}/{LAST_DAY}", **expected.measures(FIRST_DAY, LAST_DAY)}
    assert answer["totals"] == totals
    for first, last in HOURLY_RANGES:
        answer = ask(client, shop, "analytics", start_date=first, end_date=last, granularity="hourly")
        assert answer["data"] == expected.hourly(first, last)
    summary, customers = expected.customers(500)
    answer = ask(client, shop, "customers", limit=500)
    assert answer["summary"] == summary
    assert answer["top_customers"] == customers


def check_moments(api: Connection, merchant_id: UUID, expected: Expected) -> None:
    """The endpoints that look back from now, at moments of the past: only their functions know how."""

    def call(function: LiteralString, *arguments: object) -> Json:
        query = f"select api.dashboard_{function}(%s{', %s' * len(arguments)})"
        return api.execute(query, (merchant_id, *arguments)).fetchall()[0][0]

    for now in MOMENTS:
        today, month = expected.overview(now)
        answer = call("overview", None, now)
        assert answer["today"] == today
        assert answer["month"] == month
        for period in (1, 30, 366):
            answer = call("payment_methods", period, None, now)
            assert answer["payment_methods"] == expected.payment_methods(now, period)
            answer = call("top_products", period, 100, None, now)
            assert answer["products"] == expected.top_products(now, period, 100)


def check_today(client: httpx.Client, shop: Tenant, expected: Expected) -> None:
    """The endpoints that look back from now, over HTTP."""
    now = datetime.now(ZONE)
    answer = ask(client, shop, "overview")
    if datetime.now(ZONE).hour != now.hour:  # an hour was completed meanwhile: ask again
        now = datetime.now(ZONE)
        answer = ask(client, shop, "overview")
    today, month = expected.overview(now)
    assert answer["today"] == today
    assert answer["month"] == month
    for period in (1, 2, 30, 366):
        answer = ask(client, shop, "payment-methods", days=period)
        assert answer["payment_methods"] == expected.payment_methods(now, period)
        answer = ask(client, shop, "top-products", days=period, limit=100)
        assert answer["products"] == expected.top_products(now, period, 100)
