"""What every outcome and every figure must be, worked out once more in plain Python.

Shares nothing with the database's code: no SQL, sums are Decimal, local time comes from zoneinfo, and every
answer is computed from the whole list of accepted events at once, as a dictionary in the shape of the JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Json = dict[str, Any]

EXPONENTS = {"XOF": 0, "JPY": 0, "EUR": 2, "NGN": 2, "USD": 2, "KWD": 3, "TND": 3}
EVENT_TYPES = ("payment_created", "payment_succeeded", "payment_failed", "payment_refunded")
MAX_LENGTHS = {
    "transaction_id": 128,
    "payment_method": 64,
    "product_id": 128,
    "product_name": 256,
    "customer_id": 128,
    "failure_code": 64,
    "idempotency_key": 255,
}
# Digits enough for any sum or quotient here; only `rounded` rounds.
EXACT = Context(prec=100)


# --- ingest --------------------------------------------------------------------------------------


class Identity(NamedTuple):
    transaction_id: str
    event_type: str
    idempotency_key: str


class Outcome(NamedTuple):
    """Of one item of a batch; `fields` are those that its errors point at."""

    name: str
    fields: frozenset[str] = frozenset()


def identity(event: Json) -> Identity:
    return Identity(event["transaction_id"], event["event_type"], event.get("idempotency_key") or "")


def invalid_fields(event: Json, now: datetime) -> frozenset[str]:
    """The fields that break a rule of the contract, section 2. Null is the same as absent."""
    given = {field: value for field, value in event.items() if value is not None}
    wrong = {field for field in ("transaction_id", "event_type", "amount", "currency") if field not in given}
    wrong |= {field for field, most in MAX_LENGTHS.items() if not 1 <= len(given.get(field, "-")) <= most}
    if given.get("event_type") not in EVENT_TYPES:
        wrong.add("event_type")
    if given.get("currency") not in EXPONENTS:
        wrong.add("currency")
    for field in {"amount", "fee"} & given.keys():
        if not is_amount(Decimal(given[field]), EXPONENTS.get(given.get("currency", ""), 9)):
            wrong.add(field)
    if "occurred_at" in given:
        at = datetime.fromisoformat(given["occurred_at"])
        if not datetime(1970, 1, 1, tzinfo=UTC) <= at <= now + timedelta(minutes=5):
            wrong.add("occurred_at")
    return frozenset(wrong)


def is_amount(value: Decimal, exponent: int) -> bool:
    return 0 <= value < 10**15 and value == rounded(value, 1, exponent)


def judge(
    known: Mapping[Identity, Json], batch: list[Json], now: datetime, *, lenient: bool
) -> tuple[list[Outcome], dict[Identity, Json]]:
    """The outcome of each item of a batch, given what is stored already; and what it newly stores.

    A strict batch with anything invalid stores nothing, and only what is invalid has an outcome.
    """
    wrong = [invalid_fields(event, now) for event in batch]
    if any(wrong) and not lenient:
        return [Outcome("rejected", fields) if fields else Outcome("not stored") for fields in wrong], {}
    new: dict[Identity, Json] = {}
    outcomes: list[Outcome] = []
    for event, fields in zip(batch, wrong, strict=True):
        if fields:
            outcomes.append(Outcome("rejected", fields))
        elif first := known.get(identity(event)) or new.get(identity(event)):
            differing = differing_fields(first, event)
            outcomes.append(Outcome("conflict" if differing else "duplicate", differing))
        else:
            new[identity(event)] = event
            outcomes.append(Outcome("ingested"))
    return outcomes, new


def differing_fields(first: Json, repeated: Json) -> frozenset[str]:
    """The fields that make a repeated identity a conflict."""

    def compared(event: Json) -> Json:
        return {
            "amount": Decimal(event["amount"]),
            "fee": Decimal(event.get("fee") or 0),
            "currency": event["currency"],
            "customer_id": event.get("customer_id"),
            "product_id": event.get("product_id"),
            "payment_method": event.get("payment_method") or "unknown",
        }

    one, other = compared(first), compared(repeated)
    differing = {field for field in one if one[field] != other[field]}
    at, repeated_at = first.get("occurred_at"), repeated.get("occurred_at")
    if at and repeated_at and datetime.fromisoformat(at) != datetime.fromisoformat(repeated_at):
        differing.add("occurred_at")
    return frozenset(differing)


# --- numbers -------------------------------------------------------------------------------------


def rounded(numerator: Decimal | int, denominator: Decimal | int, decimals: int) -> Decimal:
    quotient = EXACT.divide(Decimal(numerator), Decimal(denominator))
    # plus zero: there is no -0.00
    return quotient.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, EXACT) + 0


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    return rounded(numerator, denominator, 4) if denominator else None


def growth(value: Decimal | int, earlier: Decimal | int) -> str | None:
    """Percent, as the brief has it: a string with two decimals."""
    return str(rounded(100 * (Decimal(value) - earlier), earlier, 2)) if earlier else None


def total(values: Iterable[Decimal]) -> Decimal:
    result = Decimal(0)
    for value in values:
        result = EXACT.add(result, value)
    return result


# --- local time ----------------------------------------------------------------------------------


class LocalHour(NamedTuple):
    """An hour of the wall clock together with its offset, so that an hour that comes twice is two."""

    wall: datetime
    offset: timedelta

    @property
    def end(self) -> datetime:
        """Also of an hour that a change of the clock cut short: such a change falls on its start."""
        return (self.wall + timedelta(hours=1)).replace(tzinfo=timezone(self.offset))

    def rfc3339(self) -> str:
        return self.wall.replace(tzinfo=timezone(self.offset)).isoformat()


def local_hour(at: datetime, zone: str) -> LocalHour:
    local = at.astimezone(ZoneInfo(zone))
    wall = local.replace(tzinfo=None, minute=0, second=0, microsecond=0)
    return LocalHour(wall, local.utcoffset() or timedelta(0))


def local_date(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=10_000)
def hours_of(day: date, zone: str) -> list[LocalHour]:
    """The local hours of a local day as they came, found by looking at the clock every quarter of an hour."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    hours = (local_hour(start + timedelta(minutes=15 * n), zone) for n in range(56 * 4))
    return list(dict.fromkeys(hour for hour in hours if hour.wall.date() == day))


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# --- figures -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """An accepted event, with its defaults filled in."""

    event_id: str
    event_type: str
    currency: str
    amount: Decimal
    fee: Decimal
    occurred_at: datetime
    payment_method: str
    customer_id: str | None
    product_id: str | None
    product_name: str | None
    transaction_id: str = ""
    failure_code: str | None = None

    @property
    def is_success(self) -> bool:
        return self.event_type == "payment_succeeded"

    @classmethod
    def accepted(cls, event: Json, event_id: str, received_at: datetime) -> "Event":
        given = event.get("occurred_at")
        return cls(
            event_id=event_id,
            event_type=event["event_type"],
            currency=event["currency"],
            amount=Decimal(event["amount"]),
            fee=Decimal(event.get("fee") or 0),
            occurred_at=datetime.fromisoformat(given) if given else received_at,
            payment_method=event.get("payment_method") or "unknown",
            customer_id=event.get("customer_id"),
            product_id=event.get("product_id"),
            product_name=event.get("product_name"),
            transaction_id=event["transaction_id"],
            failure_code=event.get("failure_code") if event["event_type"] == "payment_failed" else None,
        )


class Figures:
    """One merchant's figures in one currency, at one moment."""

    def __init__(self, events: Iterable[Event], currency: str, zone: str, now: datetime) -> None:
        self.currency, self.zone, self.now = currency, zone, now
        self.today = local_date(now, zone)
        self.events = [e for e in events if e.currency == currency]
        self.day_of = {id(e): local_date(e.occurred_at, zone) for e in self.events}
        self.hour_of = {id(e): local_hour(e.occurred_at, zone) for e in self.events}
        self.successes = [e for e in self.events if e.is_success]
        self.first_success: dict[str, datetime] = {}
        for e in self.successes:
            if e.customer_id is not None:
                first = self.first_success.get(e.customer_id, e.occurred_at)
                self.first_success[e.customer_id] = min(first, e.occurred_at)

    def money(self, value: Decimal) -> Decimal | int:
        """Exactly the currency's decimals, so a whole number where it has none."""
        exponent = EXPONENTS[self.currency]
        return rounded(value, 1, exponent) if exponent else int(value)

    def between(self, first: date, last: date) -> list[Event]:
        return [e for e in self.events if first <= self.day_of[id(e)] <= last]

    def last_days(self, days: int) -> list[Event]:
        return self.between(*self.ending_today(days))

    def ending_today(self, days: int) -> tuple[date, date]:
        return self.today - timedelta(days=days - 1), self.today

    def about(self, first: date, last: date) -> Json:
        """What an answer says of its period."""
        return {
            "period_days": (last - first).days + 1,
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "currency": self.currency,
            "timezone": self.zone,
        }

    def measures(self, events: list[Event]) -> Json:
        """All measures of contract section 1 over events that are a whole period's."""
        # most hours and days
        return self.measures_of_some(events) if events else dict(self.nothing)

    @cached_property
    def nothing(self) -> Json:
        return self.measures_of_some([])

    def measures_of_some(self, events: list[Event]) -> Json:
        by_type = {t: [e for e in events if e.event_type == t] for t in EVENT_TYPES}
        created, succeeded, failed, refunded = by_type.values()
        revenue, refunds = total(e.amount for e in succeeded), total(e.amount for e in refunded)
        fees = total(e.fee for e in succeeded + refunded)
        customers = {e.customer_id for e in succeeded} - {None}
        return {
            "transactions": len(succeeded) + len(failed),
            "successful": len(succeeded),
            "failed": len(failed),
            "created": len(created),
            "refunded": len(refunded),
            "revenue": self.money(revenue),
            "refunds": self.money(refunds),
            "fees": self.money(fees),
            "net_revenue": self.money(EXACT.subtract(EXACT.subtract(revenue, refunds), fees)),
            "avg_transaction": rounded(revenue, len(succeeded) or 1, 2),
            "success_rate": ratio(len(succeeded), len(succeeded) + len(failed)),
            "customers": len(customers),
            "new_customers": sum(
                any(e.customer_id == c and e.occurred_at == self.first_success[c] for e in succeeded)
                for c in customers
            ),
        }

    def overview(self) -> Json:
        today = self.measures(self.between(self.today, self.today))
        month = self.measures(self.between(self.today.replace(day=1), self.today))
        return {
            "currency": self.currency,
            "timezone": self.zone,
            "today": {
                "date": self.today.isoformat(),
                **overview_measures(today),
                **self.growths(),
            },
            "month": {
                "start_date": self.today.replace(day=1).isoformat(),
                **overview_measures(month),
            },
        }

    def growths(self) -> Json:
        """Today's completed local hours against the same hours of the clock yesterday."""
        completed = [hour for hour in hours_of(self.today, self.zone) if hour.end <= self.now]
        clock = {hour.wall.hour for hour in completed}
        day_before = self.today - timedelta(days=1)
        today = self.measures([e for e in self.events if self.hour_of[id(e)] in completed])
        yesterday = self.measures(
            [e for e in self.between(day_before, day_before) if self.hour_of[id(e)].wall.hour in clock]
        )
        return {
            "transaction_growth": growth(today["transactions"], yesterday["transactions"]),
            "revenue_growth": growth(today["revenue"], yesterday["revenue"]),
        }

    def analytics(self, first: date, last: date, granularity: str) -> Json:
        events = self.between(first, last)
        days = days_from(first, last)
        if granularity == "daily":
            data = [
                {"date": day.isoformat(), **self.measures([e for e in events if self.day_of[id(e)] == day])}
                for day in days
            ]
        else:
            data = [
                {"hour": hour.rfc3339(), **self.measures([e for e in events if self.hour_of[id(e)] == hour])}
                for day in days
                for hour in hours_of(day, self.zone)
            ]
        return {
            "granularity": granularity,
            "currency": self.currency,
            "timezone": self.zone,
            "data": data,
            "totals": {"period": f"{first}/{last}", **self.measures(events)},
        }

    def payment_methods(self, first: date, last: date) -> Json:
        rows = []
        for method, events in group(self.between(first, last), lambda e: e.payment_method).items():
            m = self.measures(events)
            if m["transactions"]:
                row = {"method": method, "count": m["successful"], "amount": m["revenue"]}
                rows.append({**row, "success_rate": m["success_rate"]})
        amount = total(Decimal(row["amount"]) for row in rows)
        for row in rows:
            row["share"] = ratio(row["amount"], amount)
        rows.sort(key=lambda row: (-row["amount"], row["method"]))
        return {**self.about(first, last), "payment_methods": rows}

    def failures(self, first: date, last: date, limit: int) -> Json:
        failed = [e for e in self.between(first, last) if e.event_type == "payment_failed"]
        rows = [
            {"failure_code": code, "count": len(events), "share": ratio(len(events), len(failed))}
            for code, events in group(failed, lambda e: e.failure_code).items()
        ]
        rows.sort(key=lambda row: (-row["count"], row["failure_code"] is None, row["failure_code"]))
        return {**self.about(first, last), "failed": len(failed), "failures": rows[:limit]}

    def top_products(self, first: date, last: date, limit: int) -> Json:
        sold = [e for e in self.between(first, last) if e.is_success and e.product_id is not None]
        rows = [
            {
                "product_id": product_id,
                "product_name": self.product_name(product_id),
                "transactions": len(events),
                "amount": self.money(total(e.amount for e in events)),
            }
            for product_id, events in group(sold, lambda e: e.product_id).items()
        ]
        rows.sort(key=lambda row: (-row["amount"], row["product_id"]))
        return {**self.about(first, last), "products": rows[:limit]}

    def product_name(self, product_id: str | None) -> str | None:
        """The name on its latest success, whenever that was; ties go to the greater event id."""
        sold = [e for e in self.successes if e.product_id == product_id is not None]
        return max(sold, key=lambda e: (e.occurred_at, e.event_id)).product_name if sold else None

    def customers(self, limit: int) -> Json:
        spent = [e for e in self.successes if e.customer_id is not None]
        rows = [
            {
                "customer_id": customer_id,
                "transactions": len(events),
                "total_spent": self.money(total(e.amount for e in events)),
                "first_transaction": utc(min(e.occurred_at for e in events)),
                "last_transaction": utc(max(e.occurred_at for e in events)),
            }
            for customer_id, events in group(spent, lambda e: e.customer_id).items()
        ]
        rows.sort(key=lambda row: (-row["total_spent"], row["customer_id"]))
        return {
            "currency": self.currency,
            "timezone": self.zone,
            "summary": {
                "total_customers": len(rows),
                "avg_transactions": str(rounded(len(spent), len(rows) or 1, 2)),
                "avg_spend": str(rounded(total(e.amount for e in spent), len(rows) or 1, 2)),
            },
            "top_customers": rows[:limit],
        }


# --- transactions --------------------------------------------------------------------------------


def decides(event: Event) -> Any:
    """The event with the greatest of these says who paid what and how."""
    rank = {"payment_succeeded": 2, "payment_failed": 1}.get(event.event_type, 0)
    return rank, event.occurred_at, event.event_id


def status(measures: Json) -> str:
    """Of a transaction with these measures in its currency."""
    if measures["refunded"]:
        return "refunded" if measures["refunds"] >= measures["revenue"] else "partially_refunded"
    return "succeeded" if measures["successful"] else "failed" if measures["failed"] else "created"


def transactions(events: list[Event], retired: list[Event] | None = None) -> list[Json]:
    """The list of transactions: an entry per currency in which one has events, the newest first.

    Retired events are in none, and still name products.
    """
    entries = []
    for (transaction_id, currency), its in group(events, lambda e: (e.transaction_id, e.currency)).items():
        figures = Figures(its, currency, "UTC", datetime.now(UTC))
        sold = Figures([*events, *(retired or [])], currency, "UTC", datetime.now(UTC))
        measures, decisive = figures.measures(its), max(its, key=decides)
        started_at = min(e.occurred_at for e in its)
        entry = {
            "transaction_id": transaction_id,
            "status": status(measures),
            "currency": currency,
            "amount": figures.money(decisive.amount),
            **{name: measures[name] for name in ("revenue", "refunds", "fees", "net_revenue")},
            "payment_method": decisive.payment_method,
            "customer_id": decisive.customer_id,
            "product_id": decisive.product_id,
            "product_name": sold.product_name(decisive.product_id),
            "failure_code": decisive.failure_code,
            "started_at": utc(started_at),
        }
        entries.append(((started_at, transaction_id.encode(), currency), entry))
    return [entry for _, entry in sorted(entries, key=lambda item: item[0], reverse=True)]


def overview_measures(measures: Json) -> Json:
    """Those that today and the month have in common, by the names of the brief."""
    same = ("transactions", "revenue", "refunds", "fees", "net_revenue", "avg_transaction", "success_rate",
            "customers", "new_customers")  # fmt: skip
    return {
        "successful_transactions": measures["successful"],
        "failed_transactions": measures["failed"],
        **{name: measures[name] for name in same},
    }


def group(events: Iterable[Event], key: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    groups: dict[Any, list[Event]] = {}
    for event in events:
        groups.setdefault(key(event), []).append(event)
    return groups


def utc(at: datetime) -> str:
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if at.microsecond else text) + "Z"
