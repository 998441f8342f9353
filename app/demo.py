"""Demo merchants and their payments, loaded and kept alive through the ordinary ingest path.

Every payment is derived from its merchant and its day alone, so loading again adds nothing, and a load
on a later day adds just what has happened since.
"""

import heapq
import itertools
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog

from app import operations
from app.progress import Report

_log = structlog.stdlib.get_logger(__name__)

HISTORY = timedelta(days=400)
# No event of a payment is later than this after it.
LONGEST_PAYMENT = timedelta(days=24)
BATCH = 1000
# Live payments a second over all shops, each about two events: something moves while one looks, and a day of
# demonstration does not dwarf the year before.
LIVE_RATE = 0.25


@dataclass(frozen=True, slots=True)
class Product:
    """Something a shop sells; `price` is in minor units of the shop's currency."""

    id: str
    name: str
    price: int
    popularity: int


@dataclass(frozen=True, slots=True)
class Shop:
    """A demo merchant and the habits of its trade."""

    name: str
    currency: str
    decimals: int
    timezone: str
    # At START; growth, seasons, weekdays and chance move it.
    daily_payments: float
    first_customers: int
    # Popularity by method.
    methods: dict[str, int]
    # In hundredths of a percent, as fees are quoted.
    fee_rate: int
    # From Monday, 1 = an average day.
    weekdays: tuple[float, ...]
    products: tuple[Product, ...]

    @property
    def merchant_id(self) -> uuid.UUID:
        """The same on every machine, so that documentation and scripts can name it."""
        return uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name.lower().replace(' ', '-')}.demo.molam.example")

    def format_amount(self, minor: int) -> str:
        """Exact decimal text of an amount in minor units."""
        if not self.decimals:
            return str(minor)
        whole, fraction = divmod(minor, 10**self.decimals)
        return f"{whole}.{fraction:0{self.decimals}d}"


SHOPS = (
    Shop(
        name="Teranga Market",
        currency="XOF",
        decimals=0,
        timezone="Africa/Dakar",
        daily_payments=41,
        first_customers=260,
        methods={"wave": 44, "orange_money": 33, "card": 9, "free_money": 8, "bank_transfer": 6},
        fee_rate=150,
        weekdays=(0.90, 0.92, 0.95, 1.02, 1.12, 1.25, 0.84),
        products=(
            Product("riz-25kg", "Riz parfumé 25 kg", 15_500, 16),
            Product("huile-5l", "Huile d'arachide 5 L", 7_900, 18),
            Product("cafe-touba", "Café Touba 500 g", 2_400, 22),
            Product("bissap-1kg", "Fleurs de bissap 1 kg", 3_000, 14),
            Product("thieboudienne", "Panier thiéboudienne", 9_750, 12),
            Product("wax-6y", "Tissu wax 6 yards", 24_000, 6),
            Product("boubou", "Boubou brodé", 65_000, 2),
            Product("tel-credit", "Crédit téléphonique", 1_000, 25),
            Product("ventilateur", "Ventilateur sur pied", 32_500, 3),
        ),
    ),
    Shop(
        name="Atelier Lumen",
        currency="EUR",
        decimals=2,
        timezone="Europe/Paris",
        daily_payments=13,
        first_customers=150,
        methods={"card": 68, "paypal": 17, "bank_transfer": 10, "apple_pay": 12},
        fee_rate=140,
        weekdays=(0.95, 0.92, 0.98, 1.00, 1.05, 1.30, 0.80),
        products=(
            Product("lampe-arc", "Lampe à poser Arc", 8_990, 12),
            Product("suspension-opale", "Suspension Opale", 14_900, 8),
            Product("applique-duo", "Applique Duo", 6_450, 10),
            Product("ampoule-e27", "Ampoule E27 à filament", 790, 30),
            Product("lampadaire-ligne", "Lampadaire Ligne", 24_900, 4),
            Product("atelier-verre", "Stage verre soufflé", 12_000, 3),
        ),
    ),
    Shop(
        name="Eko Fresh Foods",
        currency="NGN",
        decimals=2,
        timezone="Africa/Lagos",
        daily_payments=19,
        first_customers=180,
        methods={"bank_transfer": 38, "card": 27, "mtn_momo": 18, "opay": 22, "ussd": 9},
        fee_rate=150,
        weekdays=(0.93, 0.90, 0.95, 1.00, 1.15, 1.27, 0.80),
        products=(
            Product("yam-5", "Yam tubers, 5", 950_000, 10),
            Product("ofada-5kg", "Ofada rice 5 kg", 1_250_000, 14),
            Product("palm-oil-4l", "Palm oil 4 L", 720_000, 13),
            Product("egusi-1kg", "Egusi 1 kg", 480_050, 12),
            Product("suya-spice", "Suya spice", 150_000, 18),
            Product("plantain", "Plantain, bunch", 350_000, 20),
            Product("goat-2kg", "Goat meat 2 kg", 1_400_000, 6),
        ),
    ),
    Shop(
        name="Bait Al Oud",
        currency="KWD",
        decimals=3,
        timezone="Asia/Kuwait",
        daily_payments=8,
        first_customers=90,
        methods={"knet": 61, "card": 28, "apple_pay": 18},
        fee_rate=120,
        # The weekend is Friday and Saturday.
        weekdays=(0.92, 0.92, 0.97, 1.15, 1.20, 1.05, 0.79),
        products=(
            Product("oud-12ml", "Oud oil 12 ml", 45_000, 6),
            Product("bakhoor", "Bakhoor, box", 6_750, 20),
            Product("musk-50ml", "White musk 50 ml", 12_500, 14),
            Product("amber-100ml", "Amber eau de parfum 100 ml", 27_250, 8),
            Product("mabkhara", "Brass mabkhara", 9_900, 7),
        ),
    ),
)

# The shops' figures are true on this day and grow by GROWTH of it a year; it must never move, or payments
# that are already stored would be generated anew with other contents.
START = date(2025, 9, 1)
GROWTH = 0.40

HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 13, 17, 20, 22, 24, 21, 18, 18, 20, 24, 28, 27, 21, 14, 7, 3)
FAILURES = {"insufficient_funds": 46, "timeout": 20, "declined": 15, "limit_exceeded": 11, "wrong_pin": 8}


class DemoEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a demo payment, with the field names of the API."""

    transaction_id: str
    event_type: str
    amount: str
    currency: str
    occurred_at: datetime
    payment_method: str
    product_id: str
    product_name: str
    customer_id: str | None = None
    fee: str | None = None
    failure_code: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a load found and did."""

    # Name by merchant.
    merchants: dict[uuid.UUID, str]
    total: int
    ingested: int


def load_demo(connection_url: str, report: Report) -> DemoReport:
    """Creates the demo merchants where they are missing and brings their history up to now."""
    now = datetime.now(UTC)
    total = ingested = 0
    with psycopg.connect(connection_url, autocommit=True) as connection:
        for position, shop in enumerate(SHOPS):
            if not operations.merchant_exists(connection, shop.merchant_id):
                operations.create_merchant(
                    connection, shop.name, shop.currency, shop.timezone, shop.merchant_id
                )
            for batch, share in history(shop, now, operations.last_date(connection, shop.merchant_id)):
                answer = _send(connection, shop, batch)
                total += answer["total"]
                ingested += answer["ingested"]
                report((position + share) / len(SHOPS), total)
    return DemoReport({shop.merchant_id: shop.name for shop in SHOPS}, total, ingested)


def trickle(connection_url: str, stop_event: threading.Event) -> None:
    """Makes live payments in all shops until it is told to stop; outlives the database's absence."""
    while not stop_event.is_set():
        try:
            with psycopg.connect(connection_url, autocommit=True) as connection:
                _make_live_payments(connection, stop_event)
        except psycopg.OperationalError as error:
            _log.warning("demo payments interrupted", error=str(error).strip())
            stop_event.wait(1)


def _make_live_payments(connection: psycopg.Connection[Any], stop_event: threading.Event) -> None:
    rng = random.Random()
    order = itertools.count()
    coming: list[tuple[datetime, int, Shop, DemoEvent]] = []
    while not stop_event.wait(rng.expovariate(LIVE_RATE)):
        now = datetime.now(UTC)
        shop = rng.choices(SHOPS, [shop.daily_payments for shop in SHOPS])[0]
        for event in _payment(rng, shop, f"live-{uuid.uuid4()}", now):
            heapq.heappush(coming, (event.occurred_at, next(order), shop, event))
        while coming and coming[0][0] <= now:
            _, _, shop, event = heapq.heappop(coming)
            _send(connection, shop, [event])


def _send(connection: psycopg.Connection[Any], shop: Shop, events: list[DemoEvent]) -> dict[str, Any]:
    return operations.ingest_events(connection, shop.merchant_id, msgspec.json.encode(events))


def events_of_day(shop: Shop, day: date) -> Iterator[DemoEvent]:
    """All events of the payments started on a local day, later refunds included."""
    rng = random.Random(f"{shop.merchant_id} {day}")
    zone = ZoneInfo(shop.timezone)
    for number in range(_payments_on(rng, shop, day)):
        hour = rng.choices(range(24), HOURS)[0]
        moment = time(hour, rng.randrange(60), rng.randrange(60))
        started_at = datetime.combine(day, moment, zone).astimezone(UTC)
        yield from _payment(rng, shop, f"{day:%Y%m%d}-{number:04d}", started_at)


def history(
    shop: Shop, now: datetime, loaded_until: date | None = None
) -> Iterator[tuple[list[DemoEvent], float]]:
    """Batches of what has happened by now, each with the share of the whole that it completes.

    With `loaded_until`, a day that was loaded before, from the first payment that may have events missing.
    """
    last_day = now.astimezone(ZoneInfo(shop.timezone)).date()
    first_day = last_day - HISTORY
    if loaded_until:
        first_day = max(first_day, min(loaded_until, last_day) - LONGEST_PAYMENT)
    length = (last_day - first_day).days
    batch: list[DemoEvent] = []
    for age in range(length, -1, -1):
        day = last_day - timedelta(days=age)
        batch += (event for event in events_of_day(shop, day) if event.occurred_at <= now)
        while len(batch) >= BATCH or (batch and not age):
            yield batch[:BATCH], 1 - age / length
            batch = batch[BATCH:]


def _payments_on(rng: random.Random, shop: Shop, day: date) -> int:
    trend = 1 + GROWTH * (day - START).days / 365
    payday = 1.35 if day.day >= 27 or day.day <= 3 else 1.0
    season = 1.25 if day.month == 12 else 1.0
    noise = max(0.5, rng.gauss(1, 0.08))
    expected = shop.daily_payments * max(trend, 0.2) * shop.weekdays[day.weekday()] * payday * season
    return round(expected * noise)


def _payment(
    rng: random.Random, shop: Shop, transaction_id: str, started_at: datetime
) -> Iterator[DemoEvent]:
    """One payment's life: created, its outcome, perhaps another try, perhaps refunds."""
    product = rng.choices(shop.products, [product.popularity for product in shop.products])[0]
    amount = product.price * rng.choices((1, 2, 3, 5), (78, 15, 5, 2))[0]
    created = DemoEvent(
        transaction_id=transaction_id,
        event_type="payment_created",
        amount=shop.format_amount(amount),
        currency=shop.currency,
        occurred_at=started_at,
        payment_method=_pick(rng, shop.methods),
        product_id=product.id,
        product_name=product.name,
        customer_id=_customer(rng, shop, started_at.date()),
    )
    yield created
    if rng.random() < 0.03:  # abandoned
        return
    settled_at = started_at + timedelta(seconds=rng.randint(2, 45))
    if rng.random() < 0.09:
        yield _follow(created, "payment_failed", settled_at, failure_code=_pick(rng, FAILURES))
        if rng.random() < 0.6:
            return
        settled_at += timedelta(seconds=rng.randint(60, 600))
    fee = shop.format_amount((amount * shop.fee_rate + 5_000) // 10_000)
    yield _follow(created, "payment_succeeded", settled_at, fee=fee)
    yield from _refunds(rng, shop, created, amount, settled_at)


def _refunds(
    rng: random.Random, shop: Shop, created: DemoEvent, amount: int, settled_at: datetime
) -> Iterator[DemoEvent]:
    """Nothing for most; the whole amount for some; a part, then perhaps a second one, for a few."""
    fate = rng.random()
    refunded_at = settled_at + timedelta(minutes=rng.randint(30, 20 * 24 * 60))
    if fate < 0.022:
        yield _follow(created, "payment_refunded", refunded_at)
    elif fate < 0.034:
        part = shop.format_amount(amount * rng.randint(10, 45) // 100)
        for number in range(1, rng.choices((2, 3), (7, 3))[0]):
            at = refunded_at + timedelta(days=number - 1)
            yield _follow(created, "payment_refunded", at, amount=part, idempotency_key=f"refund-{number}")


def _follow(event: DemoEvent, event_type: str, occurred_at: datetime, **changes: str) -> DemoEvent:
    return msgspec.structs.replace(event, event_type=event_type, occurred_at=occurred_at, **changes)


def _pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _customer(rng: random.Random, shop: Shop, day: date) -> str | None:
    """Few customers buy often and many seldom; the shop gains new ones every day."""
    if rng.random() < 0.06:  # paid as a guest
        return None
    known = shop.first_customers + (day - START).days * shop.daily_payments / 5
    rank = int(max(known, 10) * rng.random() ** 1.7)
    # A prime step spreads the numbers, so that the best customers are not simply the lowest.
    return f"cust-{(rank + 1) * 7919 % 100_003:05d}"
