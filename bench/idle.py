"""What the processors do while nothing happens: `python -m bench.idle`.

PostgreSQL, `molam worker` and `molam serve`, on a database with events that are all aggregated.
"""

import argparse
import time

from rich.console import Console

from bench import ingest, rollup, server
from bench.figures import COLUMNS, Figure, print_table
from bench.workload import DAYS, MERCHANTS, Workload

# Autovacuum looks around once a minute: each measurement holds one such look.
SECONDS = 60
# What a start takes; rollup.catch_up has left no other work.
GRACE_SECONDS = 5

notes = Console(stderr=True)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events that are there (100000)")
    options = parser.parse_args()
    workload = Workload("history", options.events, MERCHANTS, DAYS)
    with server.database() as url:
        ingest.create_merchants(url, workload.merchants)
        ingest.send_directly(url, workload.batches(), 4)
        figures = measure(url)
    print_table(COLUMNS, [figure.row for figure in figures], f"{options.events:,} events")


def measure(url: str) -> list[Figure]:
    """Of one core, by what runs."""
    rollup.catch_up(url)
    with server.service(url) as service, server.worker(url) as worker_pid:
        notes.print(f"waiting for {GRACE_SECONDS} s, then doing nothing for {SECONDS} s ...")
        time.sleep(GRACE_SECONDS)
        before = _cpu_seconds(url, service, worker_pid)
        time.sleep(SECONDS)
        after = _cpu_seconds(url, service, worker_pid)
    percents = {name: (after[name] - before[name]) / SECONDS * 100 for name in before}
    return [
        Figure("idle: database, runner and service, of one core", "%", [sum(percents.values())], at_most=2),
        *(Figure(f"idle: {name}, of one core", "%", [percent]) for name, percent in percents.items()),
    ]


def _cpu_seconds(url: str, service: server.Service, worker_pid: int) -> dict[str, float]:
    return {
        "database": server.postgres_cpu_seconds(url),
        "runner": server.cpu_seconds(worker_pid),
        "service": service.cpu_seconds(),
    }


if __name__ == "__main__":
    main()
