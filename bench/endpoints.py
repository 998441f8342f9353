"""Requests for figures against an endpoint that does one `select 1`: `python -m bench.endpoints`."""

import argparse
import random
from datetime import timedelta
from uuid import UUID

from rich.console import Console

from bench import http_load, ingest, rollup, select_one, server, turns
from bench.dashboard import TODAY
from bench.workload import DAYS, MERCHANTS, Merchant, Workload

CONNECTIONS = 16
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
        turns.print_table(measure(url, workload.merchants, keys, options.requests, options.rounds))


def measure(
    url: str, merchants: list[Merchant], keys: dict[UUID, str], requests: int, rounds: int
) -> turns.Turns:
    """The turns of each kind of request; merchants ask as often as they have events."""
    rng = random.Random(1)
    asking = rng.choices(merchants, [merchant.events for merchant in merchants], k=requests)
    kinds = {turns.SELECT_ONE: [http_load.get(select_one.PATH)] * requests}
    for name, path in PATHS.items():
        kinds[name] = [http_load.get(path, X_API_Key=keys[merchant.merchant_id]) for merchant in asking]
    taken: turns.Turns = {kind: [] for kind in kinds}
    with server.service(url, "bench.select_one:create_bench_app") as service:
        for number in range(rounds):
            notes.print(f"round {number + 1} of {rounds} ...")
            for kind, asked in kinds.items():
                taken[kind].append(turns.take(url, service, iter(asked), requests, CONNECTIONS))
    return taken


if __name__ == "__main__":
    main()
