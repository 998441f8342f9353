"""How fast merchants move from server to server: `python -m bench.moves`.

A router (PostgreSQL 15) and two servers (18), durable as in production, all on this machine. One large
merchant is moved there and back, and virtual partitions of small ones are moved there.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from app import shards
from app.local_postgres import LocalPostgres
from app.postgres_installations import find_installations
from app.shard_moves import Mover, Report
from bench import ingest, rollup, server
from bench.workload import DAYS, Workload, skewed_shares

CLIENTS = 2
# What the mover says that it is doing, in its order.
WAIT = "wait for late calls"
STEPS = "prepare", "copy events", "catch up", "switch", "verify", WAIT, "remove the old"
TOGETHER = "together, but for the wait"

notes = Console(stderr=True)

# Seconds of each step.
Steps = Counter[str]


class Merchants(NamedTuple):
    """Who is moved, and how many events that is."""

    number: int
    events: int


def main() -> None:
    """Stores, moves, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.moves")
    parser.add_argument("--events", type=int, default=400_000, help="80 %% are the large merchant's")
    parser.add_argument("--merchants", type=int, default=1000, help="merchants to whom they belong")
    parser.add_argument("--rounds", type=int, default=2, help="ways there and back, and as many partitions")
    options = parser.parse_args()
    workload = Workload("moves", options.events, options.merchants, DAYS, shares=skewed_shares)
    with cluster() as definition, ExitStack() as stack:
        url = definition.shards[0].url
        notes.print(f"storing and aggregating {options.events:,} events ...")
        ingest.create_merchants(url, workload.merchants)
        ingest.send_directly(url, workload.batches(), CLIENTS)
        rollup.catch_up(url)
        shards.init(definition, lambda _: None)
        events = {merchant.merchant_id: merchant.events for merchant in workload.merchants}
        mover = Mover(definition, stack)
        print_steps(
            move_large(mover, events, options.rounds),
            move_partitions(mover, definition.router, events, options.rounds),
        )


@contextmanager
def cluster() -> Generator[shards.Cluster]:
    """A router and two servers, which do not know of each other yet."""
    folder = Path(tempfile.mkdtemp(prefix="molam-bench-"))
    folder.chmod(0o755)  # the servers may run as another user
    found = find_installations()
    wheel = [installation for installation in found if installation.is_wheel]
    system = [installation for installation in found if not installation.is_wheel]
    try:
        with (
            server.database() as one,
            LocalPostgres(folder / "two", wheel).running() as two,
            LocalPostgres(folder / "router", system).running() as router,
        ):
            yield shards.Cluster(router, [shards.Shard("one", one), shards.Shard("two", two)])
    finally:
        shutil.rmtree(folder)


def move_large(mover: Mover, events: dict[UUID, int], rounds: int) -> list[tuple[Merchants, Steps]]:
    """The merchant with the most events, there and back."""
    merchant_id = max(events, key=events.__getitem__)
    moves: list[tuple[Merchants, Steps]] = []
    for to in ("two", "one") * rounds:
        notes.print(f"the large merchant to {to} ...")
        with timed() as (steps, report):
            mover.move_merchant(merchant_id, to, report)
        moves.append((Merchants(1, events[merchant_id]), steps))
    return moves


def move_partitions(
    mover: Mover, router: str, events: dict[UUID, int], rounds: int
) -> list[tuple[Merchants, Steps]]:
    """Virtual partitions without the large merchant, those first that have the most merchants."""
    large = max(events, key=events.__getitem__)
    query = """
        select internal.partition_of(m.merchant_id, cardinality(p.shards)) as partition,
            array_agg(m.merchant_id)
        from data.placement as p cross join unnest(%s) as m (merchant_id) group by partition
    """
    with psycopg.connect(router) as connection:
        members = dict(connection.execute(query, [[*events]]).fetchall())
    small = [partition for partition, merchants in members.items() if large not in merchants]
    small.sort(key=lambda partition: len(members[partition]), reverse=True)
    moves: list[tuple[Merchants, Steps]] = []
    for partition in small[: 2 * rounds]:
        merchants = members[partition]
        notes.print(f"partition {partition}, {len(merchants)} merchants ...")
        with timed() as (steps, report):
            mover.move_partition(partition, "two", report)
        moves.append((Merchants(len(merchants), sum(events[each] for each in merchants)), steps))
    return moves


@contextmanager
def timed() -> Generator[tuple[Steps, Report]]:
    """What to give to the mover, and the seconds of its steps, once it is done."""
    steps: Steps = Counter()
    now = "prepare", time.perf_counter()

    def report(_share: float, step: str) -> None:
        nonlocal now
        name, since = now
        now = step.rpartition(": ")[2], time.perf_counter()
        steps[name] += now[1] - since

    yield steps, report
    report(1.0, "done")


def print_steps(large: list[tuple[Merchants, Steps]], partitions: list[tuple[Merchants, Steps]]) -> None:
    """Medians of the seconds, and what comes of them."""
    table = Table("step", "large merchant: s", "events/s", "partition: s", "ms a merchant", "events/s")
    for _, steps in (*large, *partitions):
        steps[TOGETHER] = sum(steps[step] for step in STEPS if step != WAIT)
    for step in (*STEPS, TOGETHER):
        row = [step]
        for moves, each in ((large, False), (partitions, True)):
            seconds = median(steps[step] for _, steps in moves)
            row.append(f"{seconds:.2f}")
            if each:
                row.append(f"{1000 * median(steps[step] / moved.number for moved, steps in moves):.0f}")
            rate = median(moved.events / steps[step] if steps[step] else 0 for moved, steps in moves)
            row.append(f"{rate:,.0f}")
        table.add_row(*row)
    Console(width=110).print(table)
    for title, moves in (("large merchant", large), ("partitions", partitions)):
        sizes = ", ".join(f"{moved.events:,} events of {moved.number}" for moved, _ in moves)
        Console(width=110).print(f"{title}: {sizes}")


if __name__ == "__main__":
    main()
