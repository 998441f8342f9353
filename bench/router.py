"""A router before a server against the server itself, in turns: `python -m bench.router`.

The router is a PostgreSQL 15 with PL/Proxy, the server one of version 18, both durable as in production, on
this machine: so the router takes processors from the server that it leads to.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from rich.console import Console
from rich.table import Table

from app import deploy, shards
from app.database import Database
from app.local_postgres import LocalPostgres
from app.postgres_installations import find_installations
from app.settings import Settings
from bench import http_load, ingest, rollup, server, single_events
from bench.dashboard import TODAY
from bench.workload import DAYS, MERCHANTS, Workload

CLIENTS = 2
CONNECTIONS = 16
# Calls of one kind after one another in each turn, as on a server that is in use.
IN_A_ROW = 25
WARM_UP_TURNS = 10

notes = Console(stderr=True)

# Of each kind, round by round: what it took or did without the router, and with it.
Pairs = dict[str, list[tuple[float, float]]]


def main() -> None:
    """Measures and prints two tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.router")
    parser.add_argument("--events", type=int, default=100_000, help="events to ask about")
    parser.add_argument("--batch-events", type=int, default=40_000, help="events in batches a turn")
    parser.add_argument("--requests", type=int, default=2000, help="single events a turn")
    parser.add_argument("--calls", type=int, default=1000, help="calls of each kind for figures")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each kind")
    options = parser.parse_args()
    with server.database() as url, router_of(url) as router_url:
        workload = Workload("history", options.events, MERCHANTS, DAYS)
        notes.print(f"storing and aggregating {options.events:,} events ...")
        keys = ingest.create_merchants(url, workload.merchants)
        ingest.send_directly(url, workload.batches(), CLIENTS)
        rollup.catch_up(url)
        print_calls(asyncio.run(measure_calls(url, router_url, [*keys], options.calls)))
        rates = measure_batches(url, router_url, options.batch_events, options.rounds)
        rates |= measure_single_events(url, router_url, keys, options.requests, options.rounds)
        print_rates(rates)


@contextmanager
def router_of(url: str) -> Generator[str]:
    """A router that leads to this one database."""
    folder = Path(tempfile.mkdtemp(prefix="molam-bench-"))
    folder.chmod(0o755)  # the server may run as another user
    system = [installation for installation in find_installations() if not installation.is_wheel]
    try:
        with LocalPostgres(folder / "data", system).running() as router_url:
            deploy.migrate(router_url)
            shards.init(shards.Cluster(router_url, [shards.Shard("one", url)]), lambda _: None)
            with psycopg.connect(router_url) as connection:
                connection.execute(Path(__file__).with_name("router.sql").read_text(encoding="utf-8"))
            yield router_url
    finally:
        shutil.rmtree(folder)


Call = Callable[[Database, UUID], Awaitable[Any]]
Ask = Callable[[UUID], Awaitable[Any]]
MERCHANT = "the merchant"
CALLS: dict[str, Call] = {
    MERCHANT: lambda database, merchant: database.get_merchant(merchant),
    "overview": lambda database, merchant: database.dashboard_overview([(merchant, None)]),
    "analytics, 30 days": lambda database, merchant: database.dashboard_analytics(
        [(merchant, TODAY - timedelta(29), TODAY, "daily", None)]
    ),
    "payment methods, 30 days": lambda database, merchant: database.dashboard_payment_methods(
        [(merchant, 30, None, None, None)]
    ),
    "top products, 30 days": lambda database, merchant: database.dashboard_top_products(
        [(merchant, 30, None, None, 10, None)]
    ),
    "failure codes, 30 days": lambda database, merchant: database.dashboard_failures(
        [(merchant, 30, None, None, 10, None)]
    ),
    "customers, best 50": lambda database, merchant: database.dashboard_customers([(merchant, 50, None)]),
}
PLPROXY_ALONE = "overview by PL/Proxy alone"


class Router(Database):
    """A router's database."""

    async def bare_overview(self, merchant: UUID) -> object:
        """As of `dashboard_overview`, for one merchant, past the router's own functions (router.sql)."""
        query = (
            "select bench.overview(q.merchant_id, q.currency)"
            " from unnest(%b::uuid[], %s::text[]) with ordinality as q (merchant_id, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, [(merchant, None)])


async def measure_calls(url: str, router_url: str, merchants: list[UUID], count: int) -> Pairs:
    """Milliseconds of each call, by the service's own code, one at a time, without the router and with it.

    A pair is the medians of a turn each.
    """
    direct, routed = Database(_settings(url)), Router(_settings(router_url))
    for database in (direct, routed):
        await database.open()
    asks = {name: (partial(call, direct), partial(call, routed)) for name, call in CALLS.items()}
    asks[PLPROXY_ALONE] = (asks["overview"][0], routed.bare_overview)
    taken: Pairs = {name: [] for name in asks}
    for turn in range(WARM_UP_TURNS + count // IN_A_ROW):
        asked = [merchants[(turn * IN_A_ROW + number) % len(merchants)] for number in range(IN_A_ROW)]
        for name, (ask_directly, ask_router) in asks.items():
            pair = await _milliseconds(ask_directly, asked), await _milliseconds(ask_router, asked)
            if turn >= WARM_UP_TURNS:
                taken[name].append(pair)
    for database in (direct, routed):
        await database.close()
    return taken


def _settings(url: str) -> Settings:
    settings = Settings.from_environment({"MOLAM_DATABASE_URL": url})
    return msgspec.structs.replace(settings, pool_min=1, pool_max=1)


async def _milliseconds(ask: Ask, merchants: list[UUID]) -> float:
    taken: list[float] = []
    for merchant in merchants:
        started_at = time.perf_counter()
        await ask(merchant)
        taken.append(time.perf_counter() - started_at)
    return median(taken) * 1000


def measure_batches(url: str, router_url: str, events: int, rounds: int) -> Pairs:
    """Events a second in batches of up to 1000, straight into the function."""
    rates = []
    for number in range(rounds):
        notes.print(f"batches, round {number + 1} of {rounds} ...")
        pair = []
        for place, address in enumerate((url, router_url)):
            batches = list(Workload(f"router-{number}-{place}", events, MERCHANTS // 5, DAYS).batches())
            pair.append(events / ingest.send_directly(address, batches, CLIENTS))
        rates.append(tuple(pair))
    return {"events in batches of 1000": rates}


def measure_single_events(
    url: str, router_url: str, keys: dict[UUID, str], requests: int, rounds: int
) -> Pairs:
    """Requests a second, each with one event, of 1, 10 and 50 merchants, through the service."""
    rates: Pairs = {single_events.name(merchants): [] for merchants in (1, 10, 50)}
    with server.service(url) as direct, server.service(router_url) as routed:
        for number in range(rounds):
            notes.print(f"single events, round {number + 1} of {rounds} ...")
            for merchants in (1, 10, 50):
                pair = []
                for place, service in enumerate((direct, routed)):
                    asked = single_events.new_events(keys, merchants, 2 * number + place, requests)
                    load = http_load.send(service.port, iter(asked), CONNECTIONS)
                    assert load.statuses.keys() == {b"202"}, load.statuses
                    pair.append(load.rate)
                rates[single_events.name(merchants)].append(tuple(pair))
    return rates


def print_calls(taken: Pairs) -> None:
    """Medians; of what the router adds, the median and the quarters of the differences turn by turn."""
    table = Table("call", "ms without the router", "with it", "more: median", "a quarter below", "above")
    dashboard = [pair for name in CALLS if name != MERCHANT for pair in taken[name]]
    for name, pairs in (*taken.items(), ("all of the dashboard", dashboard)):
        quarters = quantiles((routed - direct for direct, routed in pairs), n=4)
        direct, routed = (median(each) for each in zip(*pairs, strict=True))
        numbers = [f"{number:.3f}" for number in (direct, routed, quarters[1], quarters[0], quarters[2])]
        table.add_row(name, *numbers)
    Console(width=110).print(table)


def print_rates(taken: Pairs) -> None:
    """Medians, and the spread of the ratios."""
    table = Table("", "a second without the router", "with it", "ratio: median", "lowest", "highest")
    for name, pairs in taken.items():
        ratios = [routed / direct for direct, routed in pairs]
        direct, routed = (median(each) for each in zip(*pairs, strict=True))
        numbers = [f"{number:.2f}" for number in (median(ratios), min(ratios), max(ratios))]
        table.add_row(name, f"{direct:,.0f}", f"{routed:,.0f}", *numbers)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
