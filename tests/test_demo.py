"""The demo merchants: their payments are always the same, valid, and up to now."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from app import demo
from app.demo import SHOPS, Shop, load_demo, trickle

Connection = psycopg.Connection[tuple]

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def a_short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "HISTORY", timedelta(days=20))


def history(shop: Shop, now: datetime, loaded_until: date | None = None) -> list[demo.DemoEvent]:
    return [event for batch, _ in demo.history(shop, now, loaded_until) for event in batch]


def identity(event: demo.DemoEvent) -> tuple[str, str, str | None]:
    return event.transaction_id, event.event_type, event.idempotency_key


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.currency)
def test_a_later_history_holds_the_earlier_one(shop: Shop, a_short_history: None) -> None:
    earlier = {identity(event): event for event in history(shop, NOON)}
    later = {identity(event): event for event in history(shop, NOON + timedelta(hours=30))}
    assert later.keys() - earlier.keys()
    first_day = NOON.astimezone(ZoneInfo(shop.timezone)).date() - timedelta(days=18)
    # the earliest payments have left the window, refunds of theirs included
    kept = {key: event for key, event in earlier.items() if key[0] >= f"{first_day:%Y%m%d}"}
    assert kept
    assert kept.items() <= later.items()


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.currency)
def test_a_year_looks_like_trade(shop: Shop) -> None:
    events = history(shop, NOON)
    types = Counter(event.event_type for event in events)
    assert len({identity(event) for event in events}) == len(events)
    assert max(event.occurred_at for event in events) <= NOON
    assert 0.04 < types["payment_failed"] / types["payment_succeeded"] < 0.2
    assert 0.01 < types["payment_refunded"] / types["payment_succeeded"] < 0.1
    assert len({event.failure_code for event in events}) > 4
    assert {event.payment_method for event in events} == shop.methods.keys()
    assert {event.product_name for event in events} == {product.name for product in shop.products}
    by_customer = Counter(e.customer_id for e in events if e.event_type == "payment_succeeded")
    del by_customer[None]
    assert max(by_customer.values()) > 50
    assert Counter(by_customer.values())[1] > 50


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.currency)
def test_nothing_is_missing_after_a_history_in_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second part begins late, and yet has the refunds of payments before its first day."""
    monkeypatch.setattr(demo, "HISTORY", timedelta(days=60))
    monday, friday = NOON, NOON + timedelta(days=4)
    parts = history(shop, monday) + history(shop, friday, monday.astimezone(ZoneInfo(shop.timezone)).date())
    assert {identity(event) for event in parts} >= {identity(event) for event in history(shop, friday)}


def test_a_history_loaded_before_is_not_sent_again() -> None:
    shop = SHOPS[0]
    assert len(history(shop, NOON, NOON.date())) < len(history(shop, NOON)) / 10


def test_all_events_are_stored_once(db: Connection, database_url: str, a_short_history: None) -> None:
    shares: list[float] = []
    report = load_demo(database_url, lambda share, events: shares.append(share))
    again = load_demo(database_url, lambda share, events: None)

    assert report.ingested == report.total > 2000
    assert shares == sorted(shares)
    assert shares[-1] == 1
    # between the two loads a payment may have happened
    assert again.total - report.total == again.ingested < 5
    assert db.execute("select count(*) from data.transaction_events").fetchall() == [(again.total,)]
    merchants = db.execute("select merchant_id, name, default_currency, timezone from data.merchants")
    assert set(merchants.fetchall()) == {(s.merchant_id, s.name, s.currency, s.timezone) for s in SHOPS}
    assert report.merchants == {shop.merchant_id: shop.name for shop in SHOPS}


def test_live_payments_flow_until_stopped_also_over_a_lost_connection(
    db: Connection, database_url: str, a_short_history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "LIVE_RATE", 500.0)
    load_demo(database_url, lambda share, events: None)
    stop = threading.Event()
    thread = threading.Thread(target=trickle, args=(database_url, stop))
    thread.start()
    try:
        wait_until(lambda: live_payments(db)[1] == len(SHOPS))
        others = "where datname = current_database() and pid <> pg_backend_pid()"
        db.execute(f"select pg_terminate_backend(pid) from pg_stat_activity {others}")
        before, _ = live_payments(db)
        wait_until(lambda: live_payments(db)[0] > before)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def live_payments(db: Connection) -> tuple[int, int]:
    """How many events, and of how many merchants."""
    query = "select count(*), count(distinct merchant_id) from data.transaction_events"
    return db.execute(f"{query} where transaction_id like 'live-%'").fetchall()[0]


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
