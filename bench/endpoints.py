"""Requests for figures against an endpoint that does one `select 1`: `python -m bench.endpoints`.

The same service in one process answers both, in turns, over 16 connections.
"""

import argparse
import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench import http_load, ingest, rollup, select_one, server
from bench.dashboard import TODAY
from bench.workload import Merchant, Workload

CONNECTIONS = 16
MERCHANTS = 50
DAYS = 365
SELECT_ONE = "select 1"
PATHS = {
    "overview": "/api/dashboard/overview",
    "analytics, 30 days": f"/api/dashboard/analytics?start_date={TODAY - timedelta(29)}&end_date={TODAY}",
    "payment methods, 30 days": "/api/dashboard/payment-methods",
    "top products, 30 days": "/api/dashboard/top-products",
    "failure codes, 30 days": "/api/dashboard/failures",
    "customers, best 50": "/api/dashboard/customers",
}
# By the names of dashboard.LARGER.
LARGER = {
    "analytics, 48 hours": "/api/dashboard/analytics?granularity=hourly"
    f"&start_date={TODAY - timedelta(1)}&end_date={TODAY}",
    "analytics, 366 days": f"/api/dashboard/analytics?start_date={TODAY - timedelta(365)}&end_date={TODAY}",
    "top products, 366 days": "/api/dashboard/top-products?days=366&limit=100",
}

notes = Console(stderr=True)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.endpoints")
    parser.add_argument("--events", type=int, default=300_000, help="events to ask about")
    parser.add_argument("--requests", type=int, default=3000, help="requests a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each kind")
    options = parser.parse_args()
    workload = Workload("history", options.events, MERCHANTS, DAYS)
    with server.database() as url:
        notes.print(f"storing and aggregating {options.events:,} events ...")
        keys = ingest.create_merchants(url, workload.merchants)
        ingest.send_directly(url, workload.batches(), 4)
        rollup.catch_up(url)
        rates = measure(url, workload.merchants, keys, options.requests, options.rounds)
    table = Table("requests", "a second", "÷ select 1: median", "lowest", "highest")
    for name, own in rates.items():
        ratios = ratios_of(rates, name)
        numbers = [f"{number:.2f}" for number in (median(ratios), min(ratios), max(ratios))]
        table.add_row(name, f"{median(own):,.0f}", *numbers)
    Console(width=120).print(table)


def measure(
    url: str, merchants: list[Merchant], keys: dict[UUID, str], requests: int, rounds: int
) -> dict[str, list[float]]:
    """Answers a second of each kind of request, round by round; merchants as often as they have events."""
    rng = random.Random(1)
    asking = rng.choices(merchants, [merchant.events for merchant in merchants], k=requests)
    rates: dict[str, list[float]] = {name: [] for name in (SELECT_ONE, *PATHS)}
    with server.service(url, "bench.select_one:create_bench_app") as service:
        for number in range(rounds):
            notes.print(f"round {number + 1} of {rounds} ...")
            one = itertools.repeat(http_load.get(select_one.PATH), requests)
            rates[SELECT_ONE].append(_rate(service, one, requests))
            for name, path in PATHS.items():
                ours = (http_load.get(path, X_API_Key=keys[merchant.merchant_id]) for merchant in asking)
                rates[name].append(_rate(service, iter(list(ours)), requests))
    return rates


def ratios_of(rates: dict[str, list[float]], name: str) -> list[float]:
    """How many times as many requests of the kind are answered as of `select 1`, round by round."""
    return [ours / one for ours, one in zip(rates[name], rates[SELECT_ONE], strict=True)]


def _rate(service: server.Service, requests: Iterator[bytes], count: int) -> float:
    load = http_load.send(service.port, requests, CONNECTIONS)
    assert load.statuses == {b"200": count}, load.statuses
    return load.rate


if __name__ == "__main__":
    main()
