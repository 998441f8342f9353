"""The dashboard functions by example: figures worked out by hand, bounds, and who is refused.

Random histories hold every figure against the oracle (tests/db/test_properties.py); this is to be read.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.db.dashboards import ask, exact
from tests.db.ingestion import ingest
from tests.db.shop import run_once, sale, sell, shown
from tests.oracle import Json

pytestmark = pytest.mark.shared_database

Connection = psycopg.Connection[tuple]


@pytest.fixture
def shop(merchant: Callable[..., UUID]) -> UUID:
    return merchant("EUR", "Europe/Paris")


@pytest.fixture
def book(db: Connection, as_api: Connection, shop: UUID) -> Callable[..., None]:
    """Ingests and aggregates."""

    def ingest_and_run(*events: Json) -> None:
        _, answer = ingest(as_api, shop, [{"currency": "EUR"} | event for event in events])
        assert answer["ingested"] == len(events)
        run_once(db)

    return ingest_and_run


def payment(name: str, kind: str, amount: str, at: str, **fields: object) -> Json:
    return sale(name, event_type=f"payment_{kind}", amount=amount, occurred_at=at, currency="EUR", **fields)


# A winter's day in Paris, an hour ahead of UTC.
NOW = datetime(2025, 1, 15, 9, 30, tzinfo=UTC)


def test_overview(as_api: Connection, book: Callable[..., None], shop: UUID) -> None:
    book(
        # yesterday, before and after the hours that today has completed (00 to 09 in Paris)
        payment("y1", "succeeded", "80.00", "2025-01-14T08:59:59Z"),
        payment("y2", "succeeded", "999.00", "2025-01-14T09:00:00Z"),
        # today, the last one in an hour that is still going on
        payment("t1", "created", "50.00", "2025-01-14T23:00:00Z"),
        payment("t1", "succeeded", "50.00", "2025-01-14T23:00:01Z", fee="1.50"),
        payment("t2", "succeeded", "33.33", "2025-01-15T08:59:59.999999Z", fee="0.10"),
        payment("t3", "failed", "70.00", "2025-01-15T09:00:00Z", fee="9.99"),
        payment("t1", "refunded", "20.00", "2025-01-15T09:15:00Z", fee="0.25"),
        # this month, of a customer who came again
        payment("m1", "succeeded", "1.00", "2024-12-31T23:00:00Z", customer_id="t1"),
        payment("m0", "succeeded", "7.00", "2024-12-31T22:59:59Z"),
    )
    assert exact(ask(as_api, "overview", shop, None, NOW)) == exact(
        {
            "currency": "EUR",
            "timezone": "Europe/Paris",
            "today": {
                "date": "2025-01-15",
                "transactions": 3,
                "successful_transactions": 2,
                "failed_transactions": 1,
                "revenue": Decimal("83.33"),
                "refunds": Decimal("20.00"),
                "fees": Decimal("1.85"),
                "net_revenue": Decimal("61.48"),
                "avg_transaction": Decimal("41.67"),
                "success_rate": Decimal("0.6667"),
                "customers": 2,
                "new_customers": 1,
                "transaction_growth": "100.00",
                "revenue_growth": "4.16",
            },
            "month": {
                "start_date": "2025-01-01",
                "transactions": 6,
                "successful_transactions": 5,
                "failed_transactions": 1,
                "revenue": Decimal("1163.33"),
                "refunds": Decimal("20.00"),
                "fees": Decimal("1.85"),
                "net_revenue": Decimal("1141.48"),
                "avg_transaction": Decimal("232.67"),
                "success_rate": Decimal("0.8333"),
                "customers": 4,
                "new_customers": 4,
            },
        }
    )


def test_failures(as_api: Connection, book: Callable[..., None], shop: UUID) -> None:
    def failed(name: str, at: str, code: str | None, **fields: object) -> Json:
        return payment(name, "failed", "5.00", at, failure_code=code, **fields)

    book(
        # the days before and after are other ones, in Paris
        failed("before", "2025-01-12T22:59:59Z", "no_funds"),
        failed("after", "2025-01-14T23:00:00Z", "no_funds"),
        failed("a", "2025-01-12T23:00:00Z", "no_funds", payment_method="card"),
        failed("b", "2025-01-14T22:59:59Z", "no_funds", payment_method="wave"),
        failed("b", "2025-01-14T12:00:00Z", None, idempotency_key="again"),
        failed("c", "2025-01-14T12:00:00Z", "expired"),
        payment("d", "succeeded", "5.00", "2025-01-14T12:00:00Z", failure_code="none of these"),
    )
    dates = (date(2025, 1, 13), date(2025, 1, 14))
    assert exact(ask(as_api, "failures", shop, None, 2, None, NOW, *dates)) == exact(
        {
            "period_days": 2,
            "start_date": "2025-01-13",
            "end_date": "2025-01-14",
            "currency": "EUR",
            "timezone": "Europe/Paris",
            "failed": 4,
            "failures": [
                {"failure_code": "no_funds", "count": 2, "share": Decimal("0.5000")},
                {"failure_code": "expired", "count": 1, "share": Decimal("0.2500")},
            ],
        }
    )
    whole = ask(as_api, "failures", shop, 4, 10, None, NOW)
    assert (whole["start_date"], whole["end_date"], whole["failed"]) == ("2025-01-12", "2025-01-15", 6)
    assert whole["failures"][-1] == {"failure_code": None, "count": 1, "share": Decimal("0.1667")}


def test_failures_that_are_as_frequent(as_api: Connection, book: Callable[..., None], shop: UUID) -> None:
    """They are in the order of their characters, whatever the server's own order is."""
    at = "2025-01-14T12:00:00Z"
    book(*(payment(code, "failed", "5.00", at, failure_code=code) for code in ("b", "_", "A", "a", "B")))
    answer = ask(as_api, "failures", shop, 4, 4, None, NOW)
    assert [failure["failure_code"] for failure in answer["failures"]] == ["A", "B", "_", "a"]


def test_nothing_has_happened_yet(as_api: Connection, shop: UUID) -> None:
    overview = ask(as_api, "overview", shop)
    assert overview["today"]["revenue"] == overview["month"]["revenue"] == 0
    assert overview["today"]["avg_transaction"] == 0
    for nothing in ("success_rate", "transaction_growth", "revenue_growth"):
        assert overview["today"][nothing] is None
    assert ask(as_api, "payment_methods", shop)["payment_methods"] == []
    assert ask(as_api, "top_products", shop)["products"] == []
    failures = ask(as_api, "failures", shop)
    assert (failures["failed"], failures["failures"]) == (0, [])
    customers = ask(as_api, "customers", shop)
    assert customers["summary"] == {"total_customers": 0, "avg_transactions": "0.00", "avg_spend": "0.00"}
    assert customers["top_customers"] == []


def test_no_growth_before_an_hour_is_completed(
    as_api: Connection, book: Callable[..., None], shop: UUID
) -> None:
    book(
        payment("y", "succeeded", "1", "2025-01-13T23:30:00Z"),
        payment("t", "succeeded", "2", "2025-01-14T23:30:00Z"),
    )

    def growth(now: datetime) -> str | None:
        return ask(as_api, "overview", shop, None, now)["today"]["revenue_growth"]

    midnight = datetime(2025, 1, 14, 23, 0, tzinfo=UTC)
    assert growth(midnight + timedelta(minutes=59, seconds=59)) is None
    assert growth(midnight + timedelta(minutes=60)) == "100.00"


@pytest.mark.parametrize(
    ("zone", "day", "count", "repeated"),
    [
        ("Europe/Paris", date(2025, 10, 26), 25, "T02:00:00+02:00 T02:00:00+01:00"),
        ("Europe/Paris", date(2025, 3, 30), 23, ""),
        ("Africa/Cairo", date(2025, 10, 30), 25, "T23:00:00+03:00 T23:00:00+02:00"),
        ("Africa/Cairo", date(2025, 4, 25), 23, ""),
        ("America/Havana", date(2025, 11, 2), 25, "T00:00:00-04:00 T00:00:00-05:00"),
        ("Australia/Lord_Howe", date(2025, 4, 6), 25, "T01:00:00+11:00 T01:00:00+10:30"),
        ("Australia/Lord_Howe", date(2025, 10, 5), 24, ""),
        ("Pacific/Apia", date(2011, 12, 30), 0, ""),  # a day that Samoa left out
    ],
    ids=str,
)
def test_hours_of_days_on_which_clocks_change(
    as_api: Connection, merchant: Callable[..., UUID], zone: str, day: date, count: int, repeated: str
) -> None:
    answer = ask(as_api, "analytics", merchant("EUR", zone), day, day, "hourly")
    hours = [bucket["hour"].removeprefix(day.isoformat()) for bucket in answer["data"]]
    assert len(set(hours)) == len(hours) == count
    walls = [hour[:9] for hour in hours]
    assert [hour for hour in hours if walls.count(hour[:9]) > 1] == repeated.split()


def test_figures_are_the_merchant_s_own(
    db: Connection, as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    one, other = merchant(), merchant()
    sell(as_api, one, "a")
    sell(as_api, other, "b")
    run_once(db)
    assert (shown(as_api, one), shown(as_api, other)) == ({"a"}, {"b"})


def test_currencies_are_never_added(as_api: Connection, book: Callable[..., None], shop: UUID) -> None:
    at = "2025-01-15T09:00:00Z"
    book(payment("e", "succeeded", "1.25", at), payment("x", "succeeded", "7", at) | {"currency": "XOF"})
    for currency, revenue in (("EUR", Decimal("1.25")), ("XOF", 7), ("KWD", Decimal("0.000"))):
        answer = ask(as_api, "overview", shop, currency, NOW)
        assert exact(answer["today"]["revenue"]) == exact(revenue)


def test_now_is_now(as_api: Connection, book: Callable[..., None], shop: UUID) -> None:
    book(sale("a", currency="EUR"))
    with as_api.transaction():
        now = as_api.execute("select now()").fetchone()[0]
        assert ask(as_api, "overview", shop) == ask(as_api, "overview", shop, None, now)
        assert ask(as_api, "payment_methods", shop) == ask(as_api, "payment_methods", shop, 30, None, now)
        assert ask(as_api, "top_products", shop) == ask(as_api, "top_products", shop, 30, 10, None, now)
        assert ask(as_api, "failures", shop) == ask(as_api, "failures", shop, 30, 10, None, now)
    assert ask(as_api, "customers", shop) == ask(as_api, "customers", shop, 50, None)


JANUARY_1 = date(2025, 1, 1)
WRONG_PERIODS = [
    ((30, JANUARY_1, JANUARY_1), "days"),
    ((30, None, JANUARY_1), "days"),
    ((None, JANUARY_1, None), "end_date"),
    ((None, None, JANUARY_1), "start_date"),
    ((None, JANUARY_1, JANUARY_1 - timedelta(days=1)), "end_date"),
    ((None, JANUARY_1, JANUARY_1 + timedelta(days=731)), "end_date"),
]
WRONG = {
    "overview": [(("xof",), "currency"), (("ZZZ",), "currency")],
    "analytics": [
        ((None, JANUARY_1), "start_date"),
        ((JANUARY_1, None), "end_date"),
        ((JANUARY_1, JANUARY_1 - timedelta(days=1)), "end_date"),
        ((JANUARY_1, JANUARY_1 + timedelta(days=731)), "end_date"),
        ((JANUARY_1, JANUARY_1 + timedelta(days=31), "hourly"), "end_date"),
        ((JANUARY_1, JANUARY_1, "weekly"), "granularity"),
        ((JANUARY_1, JANUARY_1, None), "granularity"),
        ((JANUARY_1, JANUARY_1, "daily", "EURO"), "currency"),
    ],
    "payment_methods": [
        ((0,), "days"),
        ((367,), "days"),
        ((30, "eur"), "currency"),
        *(((days, None, NOW, *dates), name) for (days, *dates), name in WRONG_PERIODS),
    ],
    **{
        function: [
            ((0,), "days"),
            ((30, 0), "limit"),
            ((30, 101), "limit"),
            ((30, 10, ""), "currency"),
            *(((days, 10, None, NOW, *dates), name) for (days, *dates), name in WRONG_PERIODS),
        ]
        for function in ("top_products", "failures")
    },
    "customers": [((0,), "limit"), ((501,), "limit"), ((50, "E"), "currency")],
}


@pytest.mark.parametrize("function", WRONG)
def test_wrong_arguments_are_named(as_api: Connection, shop: UUID, function: str) -> None:
    for arguments, name in WRONG[function]:
        with pytest.raises(psycopg.Error) as refusal:
            ask(as_api, function, shop, *arguments)
        assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", name)
    with pytest.raises(psycopg.Error) as refusal:
        ask(as_api, function, uuid4(), *((JANUARY_1, JANUARY_1) if function == "analytics" else ()))
    assert refusal.value.sqlstate == "ML404"


def test_largest_ranges(as_api: Connection, shop: UUID) -> None:
    daily = ask(as_api, "analytics", shop, JANUARY_1, JANUARY_1 + timedelta(days=730), "daily")
    assert len(daily["data"]) == 731
    hourly = ask(as_api, "analytics", shop, JANUARY_1, JANUARY_1 + timedelta(days=30), "hourly")
    assert len(hourly["data"]) == 31 * 24


def test_as_of_waits_for_what_is_pending(db: Connection, as_api: Connection, shop: UUID) -> None:
    """As of no later than an acknowledged event that is not in the figures; as of now when there is none."""

    def as_of() -> datetime:
        answer = as_api.execute("select api.dashboard_overview(%s)", (shop,)).fetchone()[0]
        return datetime.fromisoformat(answer["as_of"])

    def clock() -> datetime:
        return db.execute("select clock_timestamp()").fetchone()[0]

    started = clock()
    assert as_of() > started
    sell(as_api, shop, "a")
    acknowledged = clock()
    assert as_of() < acknowledged
    assert as_of() < acknowledged
    run_once(db)
    assert as_of() > acknowledged
