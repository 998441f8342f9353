"""Random histories: what merchants send, in which order and batches, and what happens in between.

A history is a list of steps that a test plays against a database. Ids, customers, products and amounts come
from small pools, so that repeats, conflicts and ties are common.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle import EVENT_TYPES, EXPONENTS, Json

# Offsets of every kind: none, quarters of an hour, daylight saving by an hour and by half an hour, a midnight
# that is left out (Cairo) or comes twice (Havana).
ZONES = (
    "Africa/Dakar",
    "Europe/Paris",
    "Africa/Lagos",
    "Asia/Kuwait",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
)
CURRENCIES = ("XOF", "EUR", "NGN", "KWD")


@dataclass(frozen=True)
class Merchant:
    currency: str
    timezone: str


@dataclass(frozen=True)
class Send:
    """A batch. The session "solo" commits at once, the others at their End."""

    merchant: int
    session: str
    is_lenient: bool
    events: list[Json]


@dataclass(frozen=True)
class End:
    """The end of a session's transaction."""

    session: str
    is_commit: bool


@dataclass(frozen=True)
class Run:
    """One pass of a runner of the rollup."""

    runner: str


@dataclass(frozen=True)
class Rebuild:
    merchant: int


@dataclass(frozen=True)
class Move:
    """The merchant moves to another time zone."""

    merchant: int
    timezone: str


Step = Send | End | Run | Rebuild | Move


@dataclass(frozen=True)
class History:
    merchants: list[Merchant]
    are_neighbours: bool  # in one bucket of the rollup
    steps: list[Step]


# --- events --------------------------------------------------------------------------------------


@lru_cache
def offset_changes(zone: str) -> list[datetime]:
    """The instants, to the hour, at which the zone's offset changed lately; one without gets none."""
    hours = [datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(4 * 366 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [
        hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after
    ]


@lru_cache
def moments(zone: str) -> st.SearchStrategy[str | timedelta | None]:
    """RFC 3339 in any offset, a distance from now, or none; often enough the same hour or day twice."""
    hours = [0, 0, 1, 23, 24, 24, 25, 47, 48, 49, 72, 30 * 24]
    long_ago = st.datetimes(datetime(1970, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
    recent = st.builds(ago, st.sampled_from(hours), st.integers(0, 90))
    old = st.builds(rfc3339, st.sampled_from(OLD_DAYS), st.sampled_from([-48, 0, 23, 56]))
    random_moment = st.builds(rfc3339, long_ago, st.integers(-12 * 4, 14 * 4))
    choices: list[st.SearchStrategy[Any]] = [st.none(), *[recent] * 6, old, random_moment]
    if changes := offset_changes(zone):
        minutes_off = st.sampled_from([-90, -61, -31, -1, 0, 29, 31, 59, 61, 90]).map(minutes)
        near_change = st.builds(datetime.__add__, st.sampled_from(changes[-2:]), minutes_off)
        choices += [st.builds(rfc3339, near_change, st.just(0))] * 3
    # not one_of, which knows no weights
    return st.sampled_from(choices).flatmap(lambda choice: choice)


OLD_DAYS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
]


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def ago(hours: int, seconds: int) -> timedelta:
    return -timedelta(hours=hours, seconds=seconds)


def rfc3339(at: datetime, quarter_hours: int) -> str:
    return at.astimezone(timezone(timedelta(minutes=15 * quarter_hours))).isoformat()


# Strategies are made once, for making one takes hypothesis longer than drawing from it.
@lru_cache
def amounts(currency: str) -> st.SearchStrategy[Decimal | str]:
    exponent = EXPONENTS[currency]
    few, any_number = st.integers(0, 5), st.integers(0, 10 ** (15 + exponent) - 1)
    units = st.one_of(few, st.sampled_from([100, 12_345]), any_number)
    return st.builds(amount_on_the_wire, units, st.just(exponent), st.integers(0, 2))


def amount_on_the_wire(units: int, exponent: int, form: int) -> Decimal | str:
    """All the same amount: a number, a string, with zeros behind."""
    amount = Decimal(units).scaleb(-exponent)
    return [amount, str(amount), Decimal(f"{amount:f}{'' if exponent else '.'}00")][form]


@lru_cache
def fresh_events(merchant: Merchant) -> st.SearchStrategy[Json]:
    events = {currency: events_in(currency, merchant.timezone) for currency in CURRENCIES}
    return st.sampled_from([merchant.currency] * 5 + [*CURRENCIES]).flatmap(events.__getitem__)


def events_in(currency: str, timezone: str) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "transaction_id": st.sampled_from(["t1", "t2", "t3", "t4", "T1", "täg", "2", "22"]),
            "event_type": st.sampled_from(["payment_succeeded"] * 4 + [*EVENT_TYPES]),
            "amount": amounts(currency),
            "currency": st.just(currency),
            "customer_id": st.sampled_from(["ana", "ana", "Ana", "山", None]),
            "product_id": st.sampled_from(["p", "P", "é", None]),
            "occurred_at": moments(timezone),
            "idempotency_key": st.sampled_from([None, *"abcdef"]),
        },
        optional={
            "fee": amounts(currency),
            "payment_method": st.sampled_from([None, "card", "Card", "unknown", "ñ"]),
            "product_name": st.sampled_from([None, "Tea", "Té 🍵", '"quoted\\"']),
            "failure_code": st.sampled_from([None, "insufficient_funds", "é", "Ab"]),
        },
    )


def changes_of(event: Json) -> st.SearchStrategy[Json]:
    """One more field for a copy of an event: mostly a conflict, but for what identity does not compare."""
    return st.one_of(
        st.just({}),
        st.just({"amount": str(event["amount"])}),
        st.just({"product_name": "renamed", "failure_code": "other"}),
        amounts(event["currency"]).map(lambda amount: {"amount": amount}),
        st.just({"fee": Decimal(1)}),
        st.sampled_from([None, "ana", "new"]).map(lambda customer: {"customer_id": customer}),
        st.sampled_from([None, "p", "new"]).map(lambda product: {"product_id": product}),
        st.sampled_from([None, "unknown", "new"]).map(lambda method: {"payment_method": method}),
        st.sampled_from([None, -timedelta(hours=1)]).map(lambda at: {"occurred_at": at}),
    )


# What turns an event into one to be rejected.
FAULTS = st.sampled_from(
    [
        {"transaction_id": None},
        {"transaction_id": "x" * 129},
        {"event_type": "payment_lost"},
        {"amount": None},
        {"amount": Decimal(-1)},
        {"amount": Decimal("0.00001")},
        {"amount": Decimal(10) ** 15},
        {"currency": "eur"},
        {"currency": "XXX"},
        {"fee": "-0.01"},
        {"payment_method": ""},
        {"product_name": "🍵" * 257},
        {"customer_id": "", "failure_code": "x" * 65},
        {"idempotency_key": "x" * 256},
        {"occurred_at": "1969-12-31T23:59:59.999999Z"},
        {"occurred_at": timedelta(minutes=20)},
    ]
)


# --- histories -----------------------------------------------------------------------------------


KINDS = st.lists(st.sampled_from(["fresh"] * 6 + ["repeat"] * 2 + ["faulty"]), min_size=1, max_size=20)


@st.composite
def batches(draw: st.DrawFn, merchant: Merchant, sent: list[Json]) -> list[Json]:
    """Some events, of which some repeat what was sent and some are faulty. Adds them to what was sent."""
    batch = []
    for kind in draw(KINDS):
        if kind == "repeat" and sent:
            event = draw(st.sampled_from(sent))
            event = {**event, **draw(changes_of(event))}
        else:
            event = draw(fresh_events(merchant))
            sent.append(event)
        batch.append({**event, **draw(FAULTS)} if kind == "faulty" else event)
    return batch


@st.composite
def histories(draw: st.DrawFn) -> History:
    some_merchant = st.builds(Merchant, st.sampled_from(CURRENCIES), st.sampled_from(ZONES))
    merchants = draw(st.lists(some_merchant, min_size=1, max_size=2))
    sent: list[list[Json]] = [[] for _ in merchants]
    numbers = st.sampled_from(range(len(merchants)))

    def send() -> Send:
        number = draw(numbers)
        session = draw(st.sampled_from(["solo", "first", "second"]))
        # Mostly lenient: a strict batch with one fault stores nothing.
        is_lenient = draw(st.sampled_from([True, True, False]))
        return Send(number, session, is_lenient, draw(batches(merchants[number], sent[number])))

    kinds: dict[str, Callable[[], Step]] = {
        "send": send,
        "end": lambda: End(
            draw(st.sampled_from(["first", "second"])), draw(st.sampled_from([True, True, False]))
        ),
        "run": lambda: Run(draw(st.sampled_from(["one", "other"]))),
        "rebuild": lambda: Rebuild(draw(numbers)),
        "move": lambda: Move(draw(numbers), draw(st.sampled_from(ZONES))),
    }
    chances = ["send"] * 8 + ["end"] * 2 + ["run"] * 4 + ["rebuild", "move"]
    steps = [kinds[kind]() for kind in draw(st.lists(st.sampled_from(chances), min_size=4, max_size=14))]
    return History(merchants, draw(st.booleans()), steps)


def resolve(events: list[Json], now: datetime) -> list[Json]:
    """The events as they are sent at this moment."""
    return [
        {**event, "occurred_at": (now + event["occurred_at"]).isoformat()}
        if isinstance(event.get("occurred_at"), timedelta)
        else event
        for event in events
    ]
