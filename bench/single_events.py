"""Single events over HTTP against an endpoint that does one `select 1`: `python -m bench.single_events`.

The same service in one process answers both, in turns. The client is one thread of this process. What each
part needs of a processor is told, too: where they share a few, that bounds the rates.
"""

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench import http_load, ingest, select_one, server
from bench.workload import Workload

CONNECTIONS = 32
# All from one shop; from a few; from a different one on nearly each connection.
MERCHANTS = (1, 10, 50)
SELECT_ONE = "select 1"

notes = Console(stderr=True)


class Turn(NamedTuple):
    """One turn of one kind of request: answers a second, and microseconds of a processor for each."""

    rate: float
    service_us: float
    database_us: float
    client_us: float


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.single_events")
    parser.add_argument("--requests", type=int, default=5000, help="requests a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each kind")
    options = parser.parse_args()
    with server.database() as url:
        keys = ingest.create_merchants(url, Workload("", 0, max(MERCHANTS), 1).merchants)
        turns = measure(url, keys, options.requests, options.rounds)
    table = Table("requests", "a second", "÷ select 1: median", "lowest", "highest")
    for part in ("service", "database", "client"):
        table.add_column(f"{part}, µs", justify="right")
    for kind, own in turns.items():
        ratios = ratios_of(turns, kind)
        numbers = [f"{number:.2f}" for number in (median(ratios), min(ratios), max(ratios))]
        rate, *microseconds = (median(samples) for samples in zip(*own, strict=True))
        table.add_row(kind, f"{rate:,.0f}", *numbers, *(f"{each:.0f}" for each in microseconds))
    Console(width=120).print(table)


def measure(url: str, keys: dict[UUID, str], requests: int, rounds: int) -> dict[str, list[Turn]]:
    """The turns of each kind of request, round by round, with the keys of the workload's merchants."""
    select = http_load.get(select_one.PATH)
    kinds: dict[str, Callable[[int], Iterator[bytes]]] = {SELECT_ONE: lambda _: iter([select] * requests)}
    for merchants in MERCHANTS:
        kinds[name(merchants)] = lambda number, m=merchants: iter(new_events(keys, m, number, requests))
    turns: dict[str, list[Turn]] = {kind: [] for kind in kinds}
    with server.service(url, "bench.select_one:create_bench_app") as service:
        for number in range(rounds):
            notes.print(f"round {number + 1} of {rounds} ...")
            for kind, make in kinds.items():
                turns[kind].append(take_turn(url, service, make(number), requests))
    return turns


def ratios_of(turns: dict[str, list[Turn]], kind: str) -> list[float]:
    """How many times as many requests of the kind are answered as of `select 1`, round by round."""
    return [ours.rate / one.rate for ours, one in zip(turns[kind], turns[SELECT_ONE], strict=True)]


def name(merchants: int) -> str:
    """How such requests are called in the results."""
    return f"single events of {merchants} merchant{'s' if merchants > 1 else ''}"


def new_events(keys: dict[UUID, str], merchants: int, number: int, count: int) -> list[bytes]:
    """Requests with events not sent before."""
    workload = Workload(f"single-{merchants}-{number}", 0, merchants, 1)
    return [
        http_load.post("/api/events/transaction", body, X_API_Key=keys[merchant.merchant_id])
        for merchant, body in workload.single_events(count)
    ]


def take_turn(url: str, service: server.Service, requests: Iterator[bytes], count: int) -> Turn:
    """Sends the requests; every one must succeed."""
    service_seconds, database_seconds = service.cpu_seconds(), server.postgres_cpu_seconds(url)
    load = http_load.send(service.port, requests, CONNECTIONS)
    service_seconds = service.cpu_seconds() - service_seconds
    database_seconds = server.postgres_cpu_seconds(url) - database_seconds
    assert load.statuses.total() == count
    assert load.statuses.keys() <= {b"200", b"202"}, load.statuses
    seconds = (service_seconds, database_seconds, load.own_seconds)
    return Turn(load.rate, *(each / count * 1e6 for each in seconds))


if __name__ == "__main__":
    main()
