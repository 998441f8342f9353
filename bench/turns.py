"""Kinds of requests against an endpoint that does one `select 1`: the same service answers all, in turns.

The client is one thread of this process. What each part needs of a processor is told, too: where they share a
few, that bounds the rates.
"""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import http_load, server

SELECT_ONE = "select 1"


class Turn(NamedTuple):
    """One turn of one kind of request: answers a second, and microseconds of a processor for each."""

    rate: float
    service_us: float
    database_us: float
    client_us: float


# The turns of each kind of request, round by round; `SELECT_ONE` is among them.
Turns = dict[str, list[Turn]]


def take(url: str, service: server.Service, requests: Iterator[bytes], count: int, connections: int) -> Turn:
    """Sends so many requests; every one must succeed."""
    service_seconds, database_seconds = service.cpu_seconds(), server.postgres_cpu_seconds(url)
    load = http_load.send(service.port, requests, connections)
    service_seconds = service.cpu_seconds() - service_seconds
    database_seconds = server.postgres_cpu_seconds(url) - database_seconds
    assert load.statuses.total() == count
    assert load.statuses.keys() <= {b"200", b"202"}, load.statuses
    seconds = (service_seconds, database_seconds, load.own_seconds)
    return Turn(load.rate, *(each / count * 1e6 for each in seconds))


def ratios_of(turns: Turns, kind: str) -> list[float]:
    """How many times as many requests of the kind are answered as of `select 1`, round by round."""
    return [ours.rate / one.rate for ours, one in zip(turns[kind], turns[SELECT_ONE], strict=True)]


def print_table(turns: Turns) -> None:
    """Medians, and the spread of the ratios."""
    table = Table("requests", "a second", "÷ select 1: median", "lowest", "highest")
    for part in ("service", "database", "client"):
        table.add_column(f"{part}, µs", justify="right")
    for kind, own in turns.items():
        ratios = ratios_of(turns, kind)
        numbers = [f"{number:.2f}" for number in (median(ratios), min(ratios), max(ratios))]
        rate, *microseconds = (median(samples) for samples in zip(*own, strict=True))
        table.add_row(kind, f"{rate:,.0f}", *numbers, *(f"{each:.0f}" for each in microseconds))
    Console(width=120).print(table)
