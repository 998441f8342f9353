"""How fast the core is, against what it could be at best.

Prints ratios, and writes them to bench/results/core.json and into docs/benchmarks.md:
`make bench ARGS="--events 1000000 --rounds 5"`.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from rich.console import Console

from bench import (
    clickhouse,
    dashboard,
    endpoints,
    event_worker,
    freshness,
    idle,
    ingest,
    rollup,
    server,
    single_events,
    skew,
    space,
    turns,
)
from bench.figures import COLUMNS, PAGE, Figure, print_table, rates, ratios, write_page
from bench.workload import DAYS, MERCHANTS, Workload

RESULTS = Path(__file__).parent / "results" / "core.json"
CLIENTS = 4
# Ingest is compared in short turns: the speed of a shared machine changes from second to second.
SLICES = 4
# Requests a turn.
SINGLE_EVENTS = 5000
QUESTIONS = 2000
# It takes about a millisecond for each.
EVENTS_ONE_BY_ONE = 2000
# With fewer, not all batches would be full.
CLICKHOUSE_EVENTS = 200_000
# A second, for so many seconds.
STEADY_RATE = 10_000
STEADY_SECONDS = 60

notes = Console(stderr=True)


def main() -> None:
    """Measures everything and reports it."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--events", type=int, default=300_000, help="events to aggregate, to ask about")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of what is compared")
    parser.add_argument("--days", type=int, default=DAYS, help="how long a time they are of")
    options = parser.parse_args()
    started_at = time.monotonic()
    with server.database() as url:
        figures = measure(url, options.events, options.days, options.rounds)
        with psycopg.connect(url) as connection:
            machine = {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "postgres": connection.info.parameter_status("server_version"),
                "events": options.events,
                "days": options.days,
                "rounds": options.rounds,
            }
    figures += timed("freshness", measure_freshness)
    figures += timed("skew", skew.measure, options.events // 5, options.days, options.rounds)
    # the last, for its threads stay in this process
    figures += timed("ClickHouse", clickhouse.measure, CLICKHOUSE_EVENTS, options.days, options.rounds)
    report(figures, machine)
    notes.print(f"all took {time.monotonic() - started_at:.0f} s")


def timed(name: str, measure: Callable[..., list[Figure]], *arguments: object) -> list[Figure]:
    """What the part gives; says how long it took."""
    started_at = time.monotonic()
    figures = measure(*arguments)
    notes.print(f"{name} took {time.monotonic() - started_at:.0f} s")
    return figures


def measure(url: str, events: int, days: int, rounds: int) -> list[Figure]:
    """All figures, on one growing database."""
    workload = Workload("history", events, MERCHANTS, days)
    keys = ingest.create_merchants(url, workload.merchants)
    figures = timed("space", measure_space, url, workload, events)
    figures += timed("rollup", measure_rollup, url, events, rounds)
    figures += timed("dashboard", measure_dashboard, url, workload, rounds)
    figures += timed("endpoints", measure_endpoints, url, workload, keys, rounds)
    figures += timed("ingest", measure_ingest, url, keys, max(events // 10 // SLICES, 1), rounds)
    figures += timed("single events", measure_single_events, url, keys, rounds)
    figures += timed("idle", idle.measure, url)
    return figures


def measure_space(url: str, workload: Workload, events: int) -> list[Figure]:
    """Stores and aggregates the events; what was written for them."""
    notes.print(f"storing {events:,} events ...")
    started_at = space.wal_position(url)
    ingest.send_directly(url, workload.batches(), CLIENTS)
    rollup.catch_up(url)
    tables = sum(space.table_bytes(url))
    wal = space.wal_position(url) - started_at
    return [
        Figure("tables and indexes, an event", "bytes", [tables / events], at_most=450),
        Figure("write-ahead log, an event", "bytes", [wal / events], at_most=900),
    ]


def measure_rollup(url: str, events: int, rounds: int) -> list[Figure]:
    """The rollup against bulk statements, in turns."""
    ours: list[float] = []
    by_two: list[float] = []
    bulk: list[float] = []
    one_by_one: list[float] = []
    with (
        psycopg.connect(url, autocommit=True) as connection,
        psycopg.connect(url, autocommit=True) as another,
    ):
        connection.execute("vacuum analyze")
        for number in range(rounds):
            notes.print(f"aggregating, round {number + 1} of {rounds} ...")
            bulk.append(rollup.measure_bulk(connection))
            ours.append(rollup.measure_rollup(connection))
            by_two.append(rollup.measure_rollup(connection, another))
            one_by_one.append(event_worker.measure(url, EVENTS_ONE_BY_ONE) * events / EVENTS_ONE_BY_ONE)
        rollup.check_equal(connection)
        rollup.drop_bulk(connection)
        rollup.catch_up(url)
        return [
            Figure("rollup ÷ bulk statements", "", ratios(bulk, ours), at_least=0.75),
            Figure("rollup by two runners ÷ by one", "", ratios(ours, by_two), at_least=1.7),
            Figure("rollup ÷ a worker that takes event by event", "", ratios(one_by_one, ours), at_least=40),
            Figure("rollup", "events/s", rates(events, ours)),
            Figure("bulk statements", "events/s", rates(events, bulk)),
            Figure("rollup, size of a window", "events", [rollup.window_size(connection)]),
        ]


def measure_dashboard(url: str, workload: Workload, rounds: int) -> list[Figure]:
    """Medians and 99th percentiles of the dashboard's functions."""
    notes.print("asking the dashboard's questions ...")
    figures: list[Figure] = []
    for name, times in dashboard.measure_questions(url, workload.merchants, rounds).items():
        limit = 1.0 if name in dashboard.FIRST_PAGE else None
        figures += [
            Figure(f"{name}: median", "ms", times, at_most=limit),
            Figure(f"{name}: p99", "ms", [times[len(times) * 99 // 100]]),
        ]
    return figures


def measure_ingest(url: str, keys: dict[UUID, str], events: int, rounds: int) -> list[Figure]:
    """Batches over HTTP against calls of the function, in turns, and COPY for comparison."""
    direct: list[float] = []
    over_http: list[float] = []
    copy: list[float] = []
    with server.service(url) as service:
        for number in range(rounds * SLICES):
            if number % SLICES == 0:
                notes.print(f"ingesting, round {number // SLICES + 1} of {rounds} ...")
            batches = new_batches(f"direct-{number}", events)
            direct.append(ingest.send_directly(url, batches, CLIENTS))
            batches = new_batches(f"http-{number}", events)
            over_http.append(ingest.send_over_http(service.port, keys, batches, CLIENTS))
            copy.append(ingest.copy_into_bare_table(url, events))
        memory = service.peak_memory()
    return [
        Figure("HTTP batches ÷ function", "", ratios(direct, over_http), at_least=0.9),
        Figure("function ÷ COPY into a bare table", "", ratios(copy, direct), at_least=0.25),
        Figure(f"HTTP batches of 1000, {CLIENTS} clients", "events/s", rates(events, over_http)),
        Figure(f"function, batches of 1000, {CLIENTS} connections", "events/s", rates(events, direct)),
        Figure("COPY into a bare table", "events/s", rates(events, copy)),
        Figure("service, peak memory of its largest process", "MB", [memory[0] / 1e6], at_most=150),
        Figure("service, peak memory of all its processes", "MB", [sum(memory) / 1e6]),
    ]


def measure_single_events(url: str, keys: dict[UUID, str], rounds: int) -> list[Figure]:
    """Single events against an endpoint that asks the database for a 1."""
    notes.print("sending single events ...")
    taken = single_events.measure(url, keys, SINGLE_EVENTS, rounds)
    figures: list[Figure] = []
    for kind in taken:
        rate = Figure(f"HTTP, {kind}", "requests/s", [turn.rate for turn in taken[kind]])
        ratio = Figure(f"{kind} ÷ `select 1`", "", turns.ratios_of(taken, kind), at_least=1.2)
        figures += [rate] if kind == turns.SELECT_ONE else [ratio, rate]
    return figures


def measure_endpoints(url: str, workload: Workload, keys: dict[UUID, str], rounds: int) -> list[Figure]:
    """The dashboard's endpoints against one that asks the database for a 1."""
    notes.print("asking over HTTP ...")
    taken = endpoints.measure(url, workload.merchants, keys, QUESTIONS, rounds)
    return [
        Figure(f"HTTP, {name} ÷ `select 1`", "", turns.ratios_of(taken, name), at_least=0.7)
        for name in endpoints.PATHS
    ]


def measure_freshness() -> list[Figure]:
    """How soon an acknowledged event is in the figures, on a database of its own."""
    with server.database() as url:
        result = freshness.measure(url, STEADY_RATE, STEADY_SECONDS)
    return [
        Figure("acknowledged → visible, median", "s", [result.p50], at_most=0.3),
        Figure("acknowledged → visible, p99", "s", [result.p99], at_most=1.0),
        Figure("not aggregated at the end", "events", [result.backlog[1]], at_most=STEADY_RATE),
        Figure("worker, peak memory", "MB", [result.worker_bytes / 1e6], at_most=60),
    ]


def new_batches(name: str, events: int) -> ingest.Batches:
    """Events not sent before, of the largest merchants, so that nearly all batches are full."""
    return list(Workload(name, events, MERCHANTS // 5, DAYS).batches())


def report(figures: list[Figure], machine: dict[str, Any]) -> None:
    """A table to read, a file to keep, and the page of the documentation."""
    title = ", ".join(f"{name} {value}" for name, value in machine.items())
    table = [figure.row for figure in figures]
    print_table(COLUMNS, table, title)
    RESULTS.parent.mkdir(exist_ok=True)
    rows = [{**msgspec.to_builtins(figure), "median": figure.value} for figure in figures]
    RESULTS.write_text(json.dumps({"machine": machine, "figures": rows}, indent=2, ensure_ascii=False))
    write_page("figures", COLUMNS, table, title)
    notes.print(f"written to {RESULTS} and {PAGE}")


if __name__ == "__main__":
    main()
