"""Single events over HTTP against an endpoint that does one `select 1`: `python -m bench.single_events`."""

import argparse
from collections.abc import Callable, Iterator
from uuid import UUID

from rich.console import Console

from bench import http_load, ingest, select_one, server, turns
from bench.workload import Workload

CONNECTIONS = 32
# All from one shop; from a few; from a different one on nearly each connection.
MERCHANTS = (1, 10, 50)

notes = Console(stderr=True)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.single_events")
    parser.add_argument("--requests", type=int, default=5000, help="requests a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each kind")
    options = parser.parse_args()
    with server.database() as url:
        keys = ingest.create_merchants(url, Workload("", 0, max(MERCHANTS), 1).merchants)
        turns.print_table(measure(url, keys, options.requests, options.rounds))


def measure(url: str, keys: dict[UUID, str], requests: int, rounds: int) -> turns.Turns:
    """The turns of each kind of request, with the keys of the workload's merchants."""
    select = http_load.get(select_one.PATH)
    kinds: dict[str, Callable[[int], Iterator[bytes]]] = {
        turns.SELECT_ONE: lambda _: iter([select] * requests)
    }
    for merchants in MERCHANTS:
        kinds[name(merchants)] = lambda number, m=merchants: iter(new_events(keys, m, number, requests))
    taken: turns.Turns = {kind: [] for kind in kinds}
    with server.service(url, "bench.select_one:create_bench_app") as service:
        for number in range(rounds):
            notes.print(f"round {number + 1} of {rounds} ...")
            for kind, make in kinds.items():
                taken[kind].append(turns.take(url, service, make(number), requests, CONNECTIONS))
    return taken


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


if __name__ == "__main__":
    main()
