"""What clients know: which events were acknowledged, which were refused. The books that I2 is checked by."""

import threading
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple
from uuid import UUID

from tests.http.conftest import Tenant
from tests.oracle import EVENT_TYPES, EXPONENTS, Identity, Json, Outcome, differing_fields, identity

ACKNOWLEDGED = ("ingested", "duplicate")
CUSTOMERS, PRODUCTS = 12, 5
OTHER_CURRENCY = "KWD"


class Acknowledged(NamedTuple):
    """An event that is promised to be stored, the id under which, if it was told, and since when."""

    event: Json
    event_id: str | None
    at: datetime


class Ledger:
    """One merchant's events as its clients have heard of them. Safe for threads.

    Every outcome is checked against what was known before: nothing is stored twice, refused without a reason
    or acknowledged in two versions.
    """

    def __init__(self, tenant: Tenant, currency: str, zone: str) -> None:
        self.tenant = tenant
        self.currency = currency
        self.zone = zone
        # acknowledged, then dropped by retention: in the figures only
        self.retired: list[Json] = []
        self._lock = threading.Lock()
        self._acknowledged: dict[Identity, Acknowledged] = {}
        self._contested: set[Identity] = set()
        self._lost: set[Identity] = set()

    @property
    def merchant_id(self) -> UUID:
        return self.tenant.merchant_id

    def accepted(self) -> dict[Identity, Json]:
        """The acknowledged events, by identity."""
        with self._lock:
            return {identity: known.event for identity, known in self._acknowledged.items()}

    def event_ids(self) -> dict[Identity, str]:
        """The ids that clients were told."""
        with self._lock:
            return {i: known.event_id for i, known in self._acknowledged.items() if known.event_id}

    def customers_before(self, moment: datetime) -> int:
        """Successful payments of named customers, in its currency, acknowledged before that moment."""
        with self._lock:
            return sum(
                known.at < moment
                and known.event["event_type"] == "payment_succeeded"
                and known.event.get("customer_id") is not None
                and known.event["currency"] == self.currency
                for known in self._acknowledged.values()
            )

    def note(
        self, event: Json, outcome: Outcome, known: dict[Identity, Json], event_id: str | None = None
    ) -> None:
        """Notes what became of an event that was valid, given what was `known` before it was sent first."""
        who = identity(event)
        first = known.get(who)
        if outcome.name == "conflict":
            assert first is None or differing_fields(first, event), f"no conflict: {event}, {first}"
            assert first or who in self._contested, f"a conflict with what nobody has sent: {event}"
            with self._lock:
                self._lost.add(who)
            return
        assert outcome.name in ACKNOWLEDGED, f"{outcome} of a valid event: {event}"
        assert not first or outcome.name == "duplicate", f"stored twice: {event}"
        assert not first or not differing_fields(first, event), f"a conflict that was not told: {event}"
        with self._lock:
            before = self._acknowledged.get(who)
            if before is None:
                self._acknowledged[who] = Acknowledged(event, event_id, datetime.now(UTC))
                return
            assert not differing_fields(before.event, event), f"two versions: {event}, {before.event}"
            assert event_id is None or before.event_id in (None, event_id), f"two ids: {event}"

    def contest(self, event: Json) -> None:
        """Several clients will send versions of this event: one is to win."""
        with self._lock:
            self._contested.add(identity(event))

    def check_contests(self) -> None:
        """Where a version was refused for another, that other one was acknowledged to somebody."""
        with self._lock:
            winnerless = self._lost - self._acknowledged.keys()
        assert not winnerless, f"every version was refused: {winnerless}"


def new_event(dice: Random, ledger: Ledger, name: str, now: datetime) -> Json:
    """A valid event of a merchant: mostly of now, in its currency, or late by hours or days."""
    currency = dice.choice([ledger.currency] * 5 + [OTHER_CURRENCY])
    event: Json = {
        "transaction_id": name,
        "event_type": dice.choice(["payment_succeeded"] * 4 + list(EVENT_TYPES)),
        "amount": amount(dice, currency),
        "currency": currency,
    }
    if dice.random() < 0.4:
        event["occurred_at"] = late(dice, now)
    for field, value in {
        "fee": amount(dice, currency),
        "payment_method": dice.choice(["card", "wave", "cash"]),
        "customer_id": f"customer {dice.randrange(CUSTOMERS)}",
        "product_id": f"product {dice.randrange(PRODUCTS)}",
        "failure_code": dice.choice(["insufficient_funds", "expired_card"]),
    }.items():
        if dice.random() < 0.8:
            event[field] = value
    return event


def amount(dice: Random, currency: str) -> str:
    """With all the decimals that the currency has."""
    exponent = EXPONENTS[currency]
    units = f"{dice.randrange(100_000):0{exponent + 1}}"
    return f"{units[:-exponent]}.{units[-exponent:]}" if exponent else units


def late(dice: Random, now: datetime) -> str:
    """A time from a second to ten days ago."""
    seconds = dice.choice([dice.randrange(1, 3600), dice.randrange(1, 10 * 86_400)])
    return datetime.fromtimestamp(now.timestamp() - seconds, UTC).isoformat()


# What makes an event invalid, whatever else it holds.
SPOILED: list[Json] = [
    {"amount": "-1"},
    {"amount": "0.00001"},
    {"currency": "XXX"},
    {"event_type": "payment_lost"},
    {"fee": "1000000000000000"},
    {"transaction_id": "x" * 129},
    {"occurred_at": "1969-12-31T23:59:59Z"},
]
