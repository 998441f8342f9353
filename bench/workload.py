"""Events for measuring: some merchants far larger than others, in order of time."""

import heapq
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BATCH = 1000
MERCHANTS = 50
# A quarter: of 300,000 events a merchant has 67 a day.
DAYS = 90
PLACES = (
    ("XOF", "Africa/Dakar", 0),
    ("EUR", "Europe/Paris", 2),
    ("NGN", "Africa/Lagos", 2),
    ("KWD", "Asia/Kuwait", 3),
    ("INR", "Asia/Kolkata", 2),
)
METHODS = ("orange_money", "wave", "mtn_momo", "card", "bank_transfer", "ussd", "paypal", "cash")
FAILURES = ("insufficient_funds", "timeout", "declined", "expired", "limit_exceeded")
PRODUCTS = 200
# A customer comes back this often on average, a few of them very often.
EVENTS_PER_CUSTOMER = 12


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant of the workload and its share of it."""

    merchant_id: uuid.UUID
    currency: str
    timezone: str
    decimals: int
    events: int


def zipf_shares(merchants: int) -> list[float]:
    """Zipf's law, softened: of 50 merchants the first has a tenth of all events, the last a hundredth."""
    weights = [1 / (rank + 5) ** 0.9 for rank in range(merchants)]
    total = sum(weights)
    return [weight / total for weight in weights]


def even_shares(merchants: int) -> list[float]:
    """Each merchant as many as any other."""
    return [1 / merchants] * merchants


def skewed_shares(merchants: int) -> list[float]:
    """One merchant has 80 % of all events, the others share what is left."""
    return [0.8] + [0.2 / (merchants - 1)] * (merchants - 1)


class Workload:
    """Reproducible batches; another `name` gives other transactions of the same merchants."""

    def __init__(
        self,
        name: str,
        events: int,
        merchants: int,
        days: int,
        *,
        shares: Callable[[int], list[float]] = zipf_shares,
        products: int = PRODUCTS,
        events_per_customer: float = EVENTS_PER_CUSTOMER,
    ) -> None:
        self._name = name
        self._days = days
        self._products = products
        self._events_per_customer = events_per_customer
        self._end = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
        self.merchants = [
            _merchant(rank, round(events * share)) for rank, share in enumerate(shares(merchants))
        ]

    @property
    def events(self) -> int:
        """How many they are, after rounding."""
        return sum(merchant.events for merchant in self.merchants)

    def batches(self) -> Iterator[tuple[Merchant, bytes]]:
        """Request bodies of up to 1000 events of one merchant, oldest first over all merchants."""
        for _, _, start, merchant in heapq.merge(*map(_batch_starts, self.merchants)):
            yield merchant, self._batch(merchant, start)

    def single_events(self, count: int) -> Iterator[tuple[Merchant, bytes]]:
        """So many request bodies of one event each, the merchants in turns."""
        rng = random.Random(self._name)
        for number in range(count):
            merchant = self.merchants[number % len(self.merchants)]
            yield merchant, self._event(rng, merchant, number, self._end).encode()

    def _batch(self, merchant: Merchant, start: int) -> bytes:
        rng = random.Random(f"{self._name} {merchant.merchant_id} {start}")
        count = min(BATCH, merchant.events - start)
        step = timedelta(days=self._days) / merchant.events
        first_at = self._end - timedelta(days=self._days) + step * start
        events = [self._event(rng, merchant, start + n, first_at + step * n) for n in range(count)]
        return f"[{','.join(events)}]".encode()

    def _event(self, rng: random.Random, merchant: Merchant, number: int, occurred_at: datetime) -> str:
        """Every second event is a payment's creation, the one after it its outcome or a refund."""
        amount = f"{rng.randrange(100, 99_000)}"
        if merchant.decimals:
            amount += f".{rng.randrange(10**merchant.decimals):0{merchant.decimals}d}"
        customers = max(merchant.events // self._events_per_customer, 1)
        customer = int(customers * rng.random() ** 2)
        product = int(self._products * rng.random() ** 2)
        outcomes = ("payment_succeeded", "payment_failed", "payment_refunded")
        event_type = rng.choices(outcomes, (90, 6, 4))[0] if number % 2 else "payment_created"
        why = f'"failure_code":"{rng.choice(FAILURES)}",' if event_type == "payment_failed" else ""
        return (
            f'{{"transaction_id":"{self._name}-{number // 2}","event_type":"{event_type}","amount":{amount},'
            f'"currency":"{merchant.currency}","fee":1,"payment_method":"{rng.choice(METHODS)}",'
            f'"customer_id":"customer-{customer}","product_id":"product-{product}",'
            f'"product_name":"Product number {product}",{why}"occurred_at":"{occurred_at.isoformat()}"}}'
        )


def size(batch: bytes) -> int:
    """Events of a request body."""
    return batch.count(b'"transaction_id"')


def _batch_starts(merchant: Merchant) -> Iterator[tuple[float, str, int, Merchant]]:
    """A merchant's batches, sortable by when in the year they are sent.

    At some time between its first and its last event: or small merchants would all come first.
    """
    phase = merchant.merchant_id.int % 1000 / 1000
    for start in range(0, merchant.events, BATCH):
        sent_at = (start + phase * min(BATCH, merchant.events - start)) / merchant.events
        yield sent_at, str(merchant.merchant_id), start, merchant


def _merchant(rank: int, events: int) -> Merchant:
    currency, timezone, decimals = PLACES[rank % len(PLACES)]
    merchant_id = uuid.uuid5(uuid.NAMESPACE_DNS, f"merchant-{rank}.bench.molam.example")
    return Merchant(merchant_id, currency, timezone, decimals, events)
