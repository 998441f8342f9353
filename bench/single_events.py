"""Single events over HTTP against an endpoint that does one `select 1`: `python -m bench.single_events`.

The same service in one process answers both, in turns. The client is one thread of this process; what it and
the service need of a processor is told, too: where they share it, that bounds the rates.
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
    """One turn of one kind of request: answers a second, and microseconds of processor time for each."""

    rate: float
    service_us: float
    client_us: float


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.single_events")
    parser.add_argument("--requests", type=int, default=5000, help="requests a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each kind")
    options = parser.parse_args()
    with server.database() as url:
        turns = measure(url, options.requests, options.rounds)
    table = Table(
        "requests", "a second", "÷ select 1: median", "lowest", "highest", "service, µs", "client, µs"
    )
    for kind, own in turns.items():
        ratios = [ours.rate / one.rate for ours, one in zip(own, turns[SELECT_ONE], strict=True)]
        numbers = [f"{number:.2f}" for number in (median(ratios), min(ratios), max(ratios))]
        rate, service_us, client_us = (median(samples) for samples in zip(*own, strict=True))
        table.add_row(kind, f"{rate:,.0f}", *numbers, f"{service_us:.0f}", f"{client_us:.0f}")
    Console(width=120).print(table)


def measure(url: str, requests: int, rounds: int) -> dict[str, list[Turn]]:
    """The turns of each kind of request, round by round."""
    keys = ingest.create_merchants(url, Workload("", 0, max(MERCHANTS), 1).merchants)
    select = http_load.get(select_one.PATH)
    kinds: dict[str, Callable[[int], Iterator[bytes]]] = {SELECT_ONE: lambda _: iter([select] * requests)}
    for merchants in MERCHANTS:
        kinds[name(merchants)] = lambda number, m=merchants: iter(new_events(keys, m, number, requests))
    turns: dict[str, list[Turn]] = {kind: [] for kind in kinds}
    with server.service(url, "bench.select_one:create_bench_app") as service:
        for number in range(rounds):
            notes.print(f"round {number + 1} of {rounds} ...")
            for kind, make in kinds.items():
                turns[kind].append(take_turn(service, make(number), requests))
    return turns


def name(merchants: int) -> str:
    """How such requests are called in the results."""
    return f"single events of {merchants} merchant{'s' if merchants > 1 else ''}"


def new_events(keys: dict[UUID, str], merchants: int, number: int, count: int) -> list[bytes]:
    """Requests with events not sent before."""
    workload = Workload(f"single-{merchants}-{number}", 0, merchants, 1)
    return [
        http_load.post("/api/events/transaction", body, X_API_Key=keys[merchant.merchant_id])
        for merchant, body in workload.events(count)
    ]


def take_turn(service: server.Service, requests: Iterator[bytes], count: int) -> Turn:
    """Sends the requests; every one must succeed."""
    cpu_seconds = service.cpu_seconds()
    load = http_load.send(service.port, requests, CONNECTIONS)
    cpu_seconds = service.cpu_seconds() - cpu_seconds
    assert load.statuses.total() == count
    assert load.statuses.keys() <= {b"200", b"202"}, load.statuses
    return Turn(load.rate, cpu_seconds / count * 1e6, load.own_seconds / count * 1e6)


if __name__ == "__main__":
    main()
