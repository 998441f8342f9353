"""A real file: 69,659 purchases at a music shop, 1997 and 1998, and what every endpoint must say about them.

The answers are made here from the file itself.
"""

import csv
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

Json = dict[str, Any]

WHEEL = Path(__file__).parent.parent / ".cache" / "Lifetimes-0.11.3-py3-none-any.whl"
MEMBER = "lifetimes/datasets/CDNOW_master.txt"
ZONE = ZoneInfo("America/New_York")
FIRST_DAY, LAST_DAY = date(1997, 1, 1), date(1998, 6, 30)

PURCHASE_COLUMNS = ("customer_id", "product_id", "amount")


class Purchase(NamedTuple):
    customer_id: str
    day: date
    product_id: str
    amount: Decimal


def read_purchases() -> list[Purchase]:
    """The columns are customer, day, number of CDs and dollars, with blanks between them."""
    if not WHEEL.exists():
        pytest.skip("the data set is not there; `make dataset` fetches it")
    with zipfile.ZipFile(WHEEL) as wheel:
        lines = wheel.read(MEMBER).decode().splitlines()[1:]
    rows = [line.split() for line in lines if line.strip()]
    return [Purchase(c, datetime.strptime(d, "%Y%m%d").date(), f"{n}-cds", Decimal(a)) for c, d, n, a in rows]


def write_csv(purchases: Iterable[Purchase], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("occurred_at", "transaction_id", "event_type", "currency", *PURCHASE_COLUMNS))
        for number, purchase in enumerate(purchases):
            noon = datetime.combine(purchase.day, time(12), ZONE).isoformat()
            cells = (purchase.customer_id, purchase.product_id, purchase.amount)
            writer.writerow((noon, f"cdnow-{number}", "payment_succeeded", "USD", *cells))


class Expected:
    """The answers, from the purchases."""

    def __init__(self, purchases: list[Purchase]) -> None:
        self.by_day: dict[date, list[Purchase]] = defaultdict(list)
        self.by_customer: dict[str, list[Purchase]] = defaultdict(list)
        for purchase in purchases:
            self.by_day[purchase.day].append(purchase)
            self.by_customer[purchase.customer_id].append(purchase)
        self.first_day = {c: min(p.day for p in own) for c, own in self.by_customer.items()}

    def between(self, first: date, last: date) -> list[Purchase]:
        return [purchase for day in days(first, last) for purchase in self.by_day.get(day, [])]

    def measures(self, first: date, last: date) -> Json:
        purchases = self.between(first, last)
        customers = {p.customer_id for p in purchases}
        revenue = amount_of(purchases)
        return {
            "transactions": len(purchases),
            "successful": len(purchases),
            "failed": 0,
            "created": 0,
            "refunded": 0,
            "revenue": revenue,
            "refunds": Decimal(0),
            "fees": Decimal(0),
            "net_revenue": revenue,
            "avg_transaction": divide(revenue, len(purchases) or 1),
            "success_rate": Decimal(1) if purchases else None,
            "customers": len(customers),
            "new_customers": sum(first <= self.first_day[c] <= last for c in customers),
        }

    def daily(self, first: date, last: date) -> list[Json]:
        return [{"date": day.isoformat(), **self.measures(day, day)} for day in days(first, last)]

    def hourly(self, first: date, last: date) -> list[Json]:
        """All purchases are at noon; the other hours of the day are there and empty."""
        nothing = Expected([]).measures(first, last)
        buckets = []
        for day in days(first, last):
            hour = datetime.combine(day, time(0), ZONE).astimezone(UTC)
            while (local := hour.astimezone(ZONE)).date() == day:
                measures = self.measures(day, day) if local.hour == 12 else nothing
                buckets.append({"hour": local.isoformat(), **measures})
                hour += timedelta(hours=1)
        return buckets

    def overview(self, now: datetime) -> tuple[Json, Json]:
        """The hour of noon is completed at 13:00, and only then does it count for the growth."""
        today, month = now.date(), now.date().replace(day=1)
        measures, yesterday = self.measures(today, today), self.measures(*[today - timedelta(days=1)] * 2)
        is_completed = now.hour >= 13
        transactions = (measures["transactions"], yesterday["transactions"])
        return (
            {
                **overview_names(measures),
                "date": today.isoformat(),
                "transaction_growth": growth(*transactions, is_completed),
                "revenue_growth": growth(measures["revenue"], yesterday["revenue"], is_completed),
            },
            {
                **overview_names(self.measures(month, today)),
                "start_date": month.isoformat(),
            },
        )

    def payment_methods(self, now: datetime, period: int) -> list[Json]:
        """The file names no method."""
        purchases = self.between(now.date() - timedelta(days=period - 1), now.date())
        amount = amount_of(purchases)
        row = {"method": "unknown", "count": len(purchases), "amount": amount}
        return [{**row, "share": Decimal(1), "success_rate": Decimal(1)}] if purchases else []

    def top_products(self, now: datetime, period: int, limit: int) -> list[Json]:
        sold: dict[str, list[Purchase]] = defaultdict(list)
        for purchase in self.between(now.date() - timedelta(days=period - 1), now.date()):
            sold[purchase.product_id].append(purchase)
        rows = [
            {"product_id": p, "product_name": None, "transactions": len(own), "amount": amount_of(own)}
            for p, own in sold.items()
        ]
        return sorted(rows, key=lambda row: (-row["amount"], row["product_id"]))[:limit]

    def customers(self, limit: int) -> tuple[Json, list[Json]]:
        rows = [
            {
                "customer_id": customer_id,
                "transactions": len(own),
                "total_spent": amount_of(own),
                "first_transaction": noon_utc(min(p.day for p in own)),
                "last_transaction": noon_utc(max(p.day for p in own)),
            }
            for customer_id, own in self.by_customer.items()
        ]
        rows.sort(key=lambda row: (-row["total_spent"], row["customer_id"]))
        summary = {
            "total_customers": len(rows),
            "avg_transactions": str(divide(Decimal(sum(row["transactions"] for row in rows)), len(rows))),
            "avg_spend": str(divide(sum((row["total_spent"] for row in rows), Decimal(0)), len(rows))),
        }
        return summary, rows[:limit]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def amount_of(purchases: Iterable[Purchase]) -> Decimal:
    return sum((purchase.amount for purchase in purchases), Decimal(0))


def divide(numerator: Decimal, denominator: int) -> Decimal:
    return (numerator / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)


def growth(value: Decimal, before: Decimal, is_completed: bool) -> str | None:
    if not is_completed or not before:
        return None
    return str((100 * (Decimal(value) - before) / before).quantize(Decimal("0.01"), ROUND_HALF_UP))


def overview_names(measures: Json) -> Json:
    same = ("transactions", "revenue", "refunds", "fees", "net_revenue", "avg_transaction", "success_rate",
            "customers", "new_customers")  # fmt: skip
    return {
        "successful_transactions": measures["successful"],
        "failed_transactions": measures["failed"],
        **{name: measures[name] for name in same},
    }


def noon_utc(day: date) -> str:
    return datetime.combine(day, time(12), ZONE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
