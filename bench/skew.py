"""The rollup of one merchant that has most of all events, against evenly spread ones: `python -m bench.skew`.

A bucket of merchants is worked by one runner at a time, so the large merchant's events wait for one: with two
runners it is another figure than with one.
"""

import argparse

import psycopg
from rich.console import Console

from bench import ingest, rollup, server
from bench.figures import COLUMNS, Figure, print_table, ratios
from bench.workload import DAYS, MERCHANTS, Workload, even_shares, skewed_shares

CLIENTS = 4

notes = Console(stderr=True)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.skew", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events of each kind (200000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (3)")
    options = parser.parse_args()
    figures = measure(options.events, DAYS, options.rounds)
    print_table(COLUMNS, [figure.row for figure in figures], f"{options.events:,} events")


def measure(events: int, days: int, rounds: int) -> list[Figure]:
    """In turns, on a database of its own each."""
    even: dict[int, list[float]] = {1: [], 2: []}
    skewed: dict[int, list[float]] = {1: [], 2: []}
    with server.database() as even_url, server.database() as skewed_url:
        _store(even_url, Workload("even", events, MERCHANTS, days, shares=even_shares))
        _store(skewed_url, Workload("skewed", events, MERCHANTS, days, shares=skewed_shares))
        for number in range(rounds):
            notes.print(f"aggregating, evenly spread and not, round {number + 1} of {rounds} ...")
            for runners in (1, 2):
                even[runners].append(_aggregate(even_url, runners))
                skewed[runners].append(_aggregate(skewed_url, runners))
    name = "rollup, one merchant has 80 % ÷ evenly spread"
    return [
        Figure(f"{name}, one runner", "", ratios(even[1], skewed[1]), at_least=0.8),
        Figure(f"{name}, two runners", "", ratios(even[2], skewed[2])),
    ]


def _store(url: str, workload: Workload) -> None:
    ingest.create_merchants(url, workload.merchants)
    ingest.send_directly(url, workload.batches(), CLIENTS)
    rollup.catch_up(url)


def _aggregate(url: str, runners: int) -> float:
    connections = [psycopg.connect(url, autocommit=True) for _ in range(runners)]
    try:
        return rollup.measure_rollup(*connections)
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    main()
