"""How costs grow with events, merchants, products and customers: `python -m bench.growth`.

Each column of the table is a database of its own that is sent a year of events in order of time. In one that
grew from size to size, later events would fall on days that were aggregated long ago.
"""

import argparse
import json
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bench import endpoints, http_load, ingest, marts, rollup, server, space
from bench.figures import print_table, readable, write_page
from bench.workload import EVENTS_PER_CUSTOMER, PRODUCTS, Merchant, Workload, size

RESULTS = Path(__file__).parent / "results" / "growth.jsonl"
DAYS = 365
CLIENTS = 4
RUNNERS = 2
# So many times as many products, and customers, in one column each.
FACTOR = 10
# Stored, then aggregated: about a window of each bucket.
CHUNK = 200_000
# Of a question, in each of so many rounds.
REQUESTS = 1000
ROUNDS = 3
# As on a server for so many events: else a checkpoint comes twice a minute, and whole pages after each.
SETTINGS = {"max_wal_size": "16GB", "checkpoint_timeout": "15min"}

notes = Console(stderr=True)


class Case(NamedTuple):
    """A column of the table."""

    name: str
    events: int
    merchants: int
    products: int = PRODUCTS
    events_per_customer: float = EVENTS_PER_CUSTOMER

    def workload(self) -> Workload:
        """A year of events, made as they are sent."""
        return Workload(
            "growth",
            self.events,
            self.merchants,
            DAYS,
            products=self.products,
            events_per_customer=self.events_per_customer,
        )


def main() -> None:
    """Measures all cases, prints a table and writes it into the documentation."""
    parser = argparse.ArgumentParser(
        prog="make bench-growth",
        description="Measures how costs grow. At the default sizes it takes an hour and 30 GB of disk.",
    )
    parser.add_argument(
        "--events", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000], help="sizes, ascending"
    )
    parser.add_argument(
        "--merchants",
        type=int,
        nargs="+",
        default=[100, 10_000, 100_000],
        help="numbers of merchants: all sizes with the first, the smallest size with the others",
    )
    options = parser.parse_args()
    cases = make_cases(options.events, options.merchants)
    bar = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %")
    with Progress(*bar, TimeElapsedColumn(), console=notes) as progress:
        results: list[dict[str, float]] = []
        for case in cases:
            results.append(measure(case, progress))
            keep(case, results[-1])
    report(cases, results, len(options.events))


def make_cases(sizes: list[int], merchants: list[int]) -> list[Case]:
    """More events; as many of more merchants; as many of more products; as many of more customers."""
    smallest, fewest = sizes[0], merchants[0]
    return [
        *(Case(f"{events / 1e6:g} M events", events, fewest) for events in sizes),
        *(Case(f"{number:,} merchants", smallest, number) for number in merchants[1:]),
        Case(f"{FACTOR} times the products", smallest, fewest, products=FACTOR * PRODUCTS),
        Case(
            f"{FACTOR} times the customers",
            smallest,
            fewest,
            events_per_customer=EVENTS_PER_CUSTOMER / FACTOR,
        ),
    ]


def keep(case: Case, result: dict[str, float]) -> None:
    """Adds the case to the file of results: a run that is ended after half an hour has told something."""
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        print(json.dumps({"case": case.name, **result}, ensure_ascii=False), file=file)


def measure(case: Case, progress: Progress) -> dict[str, float]:
    """All figures of a case, by name."""
    workload = case.workload()
    task = progress.add_task(case.name, total=workload.events)
    with server.database() as url:
        server.change_settings(url, SETTINGS)
        ingest.add_merchants(url, workload.merchants)
        figures = measure_loading(url, workload, progress, task)
        progress.update(task, description=f"{case.name}: resting")
        rollup.catch_up(url)
        with psycopg.connect(url, autocommit=True) as connection:
            figures["refresh of the views, s"] = marts.refresh(connection)
        progress.update(task, description=f"{case.name}: asking")
        figures |= measure_questions(url, workload.merchants)
    progress.update(task, description=case.name)
    return figures


def measure_loading(url: str, workload: Workload, progress: Progress, task: TaskID) -> dict[str, float]:
    """What storing and aggregating takes; rates are those of the last tenth of the events."""
    wal_started_at = space.wal_position(url)
    stored: list[float] = []
    aggregated: list[float] = []
    with ExitStack() as stack:
        runners = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(RUNNERS)]
        for batches in chunks(workload):
            events = sum(size(body) for _, body in batches)
            stored.append(events / ingest.send_directly(url, batches, CLIENTS))
            aggregated.append(events / rollup.aggregate(*runners))
            progress.advance(task, events)
    raw, others = space.table_bytes(url)
    last = max(len(stored) // 10, 1)
    return {
        "function, events/s": median(stored[-last:]),
        "rollup, events/s": median(aggregated[-last:]),
        "tables and indexes, bytes/event": (raw + others) / workload.events,
        "of it events and keys, bytes/event": raw / workload.events,
        "write-ahead log, bytes/event": (space.wal_position(url) - wal_started_at) / workload.events,
    }


def chunks(workload: Workload) -> Iterator[list[tuple[Merchant, bytes]]]:
    """Batches of about CHUNK events, all about equal; making them is in nobody's time."""
    wanted = workload.events / max(round(workload.events / CHUNK), 1)
    batches: list[tuple[Merchant, bytes]] = []
    gathered = 0
    for merchant, body in workload.batches():
        batches.append((merchant, body))
        gathered += size(body)
        if gathered >= wanted:
            yield batches
            batches, gathered = [], 0
    if batches:
        yield batches


def measure_questions(url: str, merchants: list[Merchant]) -> dict[str, float]:
    """Milliseconds of one client's requests; merchants are asked for as often as they have events."""
    asked = random.Random(1).choices(merchants, [merchant.events for merchant in merchants], k=REQUESTS)
    keys = ingest.add_keys(url, set(asked))
    figures: dict[str, float] = {}
    with server.service(url) as service:
        for name, path in (endpoints.PATHS | endpoints.LARGER).items():
            requests = [http_load.get(path, X_API_Key=keys[merchant.merchant_id]) for merchant in asked]
            rounds = [http_load.time_each(service.port, requests) for _ in range(ROUNDS)]
            percents = [quantiles(times, n=100, method="inclusive") for times in rounds]
            figures[f"{name}: p50, ms"] = median(each[49] for each in percents)
            figures[f"{name}: p99, ms"] = median(each[98] for each in percents)
    return figures


def report(cases: list[Case], results: list[dict[str, float]], sizes: int) -> None:
    """The table, with how many times the cost of the smallest size that of the largest is."""
    smallest, largest = cases[0].name, cases[sizes - 1].name
    columns = ["figure", *(case.name for case in cases), f"{largest} ÷ {smallest}"]
    rows = [
        [
            name,
            *(readable(result[name]) for result in results),
            readable(results[sizes - 1][name] / results[0][name]),
        ]
        for name in results[0]
    ]
    first = cases[0]
    title = (
        f"cores {os.cpu_count()}; if not said otherwise {smallest}, {first.merchants:,} merchants, each with"
        f" {first.products} products and a customer for {first.events_per_customer} events"
    )
    print_table(columns, rows, title)
    write_page("growth", columns, rows, title)


if __name__ == "__main__":
    main()
