"""How long each question of docs/cookbook.md takes: `python -m bench.cookbook --events 5000000`.

Stores a year of payments of shops like the demo's in a server of its own, or asks the database of `--url`.
"""

import argparse
import dataclasses
import heapq
import re
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
from rich.console import Console
from rich.table import Table

from app import operations
from app.demo import HISTORY, SHOPS, Shop, history
from bench import ingest, server
from bench.workload import Merchant

COOKBOOK = Path(__file__).parent.parent / "docs" / "cookbook.md"
MERCHANTS = 50
# A merchant's further products, beside those of the demo.
VARIANTS = 8
# Events a day for each daily payment that a shop is described with: it has grown since.
EVENTS_PER_DAILY_PAYMENT = 2.85
ROUNDS = 3

notes = Console(stderr=True)


class Question(NamedTuple):
    """A heading of the cookbook and the SQL below it."""

    title: str
    sql: str


def questions() -> list[Question]:
    """All of the cookbook, in its order."""
    sections = re.findall(r"^## (.+?)$(.+?)(?=^## |\Z)", COOKBOOK.read_text(), re.MULTILINE | re.DOTALL)
    return [
        Question(title, block)
        for title, text in sections
        for block in re.findall(r"^```sql\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def main() -> None:
    """Measures every question and prints its median."""
    parser = argparse.ArgumentParser(prog="python -m bench.cookbook")
    parser.add_argument("--events", type=int, default=1_000_000, help="events to store")
    parser.add_argument("--url", help="ask this database instead of a new one")
    options = parser.parse_args()
    with nullcontext(options.url) if options.url else server.database() as url:
        if not options.url:
            store(url, options.events)
        report(measure(url))


def shops(events: int) -> list[Shop]:
    """Shops with about so many events, some far larger than others; the first have the demo's names."""
    weights = [1 / (rank + 5) ** 0.9 for rank in range(MERCHANTS)]
    daily_payments = events / EVENTS_PER_DAILY_PAYMENT / HISTORY.days / sum(weights)
    return [_shop(rank, daily_payments * weight) for rank, weight in enumerate(weights)]


def _shop(rank: int, daily_payments: float) -> Shop:
    shop = SHOPS[rank % len(SHOPS)]
    variants = [
        dataclasses.replace(product, id=f"{product.id}-{number}", name=f"{product.name}, variant {number}")
        for product in shop.products
        for number in range(1, VARIANTS)
    ]
    return dataclasses.replace(
        shop,
        name=shop.name if rank < len(SHOPS) else f"{shop.name} {rank // len(SHOPS) + 1}",
        daily_payments=daily_payments,
        products=(*shop.products, *variants),
    )


def store(url: str, events: int) -> None:
    """A year of the shops' payments in order of time, aggregated."""
    merchants = shops(events)
    with psycopg.connect(url, autocommit=True) as connection:
        for shop in merchants:
            operations.create_merchant(connection, shop.name, shop.currency, shop.timezone, shop.merchant_id)
        notes.print(f"storing about {events:,} events ...")
        ingest.send_directly(url, _batches(merchants), clients=2)
        notes.print("aggregating ...")
        while connection.execute("select rollup.pending_buckets()").fetchone() != ([],):
            connection.execute("call rollup.run('bench', 0)")
        connection.execute("vacuum analyze")


def _batches(merchants: list[Shop]) -> Iterator[tuple[Merchant, bytes]]:
    def batches_of(shop: Shop) -> Iterator[tuple[float, UUID, Merchant, bytes]]:
        merchant = Merchant(shop.merchant_id, shop.currency, shop.timezone, shop.decimals, events=0)
        for batch, share in history(shop, now):
            yield share, shop.merchant_id, merchant, msgspec.json.encode(batch)

    now = datetime.now(UTC)
    for _, _, merchant, batch in heapq.merge(*map(batches_of, merchants), key=lambda item: item[:2]):
        yield merchant, batch


def measure(url: str) -> dict[str, list[float]]:
    """Milliseconds of each round by question, asked by an analyst whose session planned nothing before."""
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with psycopg.connect(url, autocommit=True, options="-c role=molam_analyst") as connection:
            for question in questions():
                started_at = time.perf_counter()
                connection.execute(question.sql.encode()).fetchall()
                seconds = time.perf_counter() - started_at
                times.setdefault(question.title, []).append(seconds * 1000)
    return times


def report(times: dict[str, list[float]]) -> None:
    """Prints the median and the slowest round of each question."""
    table = Table("question", "median ms", "slowest ms")
    for title, samples in times.items():
        table.add_row(title, f"{median(samples):.0f}", f"{max(samples):.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
