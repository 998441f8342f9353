"""What it costs to read over all servers from a router: `python -m bench.platform`.

A router and four servers, all databases of one PostgreSQL, and beside them one database with the same
events: all have the same processors, so the ratios say what the way over the router costs, and not what more
machines would bring. `--options` measures other options of postgres_fdw, too. Needs PL/Proxy on the system's
PostgreSQL.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console

from app import deploy, operations, shards
from app.local_postgres import LocalPostgres
from app.postgres_installations import find_installations
from bench import ingest, rollup
from bench.workload import DAYS, Workload

SHARDS = 4
CLIENTS = 2

notes = Console(stderr=True)


class Question(NamedTuple):
    """What is asked of the router, and in one database for the same answer."""

    title: str
    router: str
    single: str
    role: str = "molam_analyst"


class Databases(NamedTuple):
    """Where the same events are: behind a router, and in one database."""

    router: str
    servers: list[str]
    single: str


# Options of the foreign tables, in the place of those that they are made with.
OPTIONS = {
    "fetch_size 100": {"fetch_size": "100"},
    "fetch_size 10000": {"fetch_size": "10000"},
    "one after the other": {"async_capable": "false"},
    "use_remote_estimate": {"use_remote_estimate": "true"},
}


def questions(merchant_id: object, shard: str) -> list[Question]:
    """All that is measured, in the order of the page; the merchant's is one of the middle."""
    days = f"select * from analytics.daily_figures where merchant_id = '{merchant_id}'"
    figures = "analytics.daily_figures"
    sums = "sum(revenue) as revenue, sum(transactions) as transactions"
    by_shard = f"select shard, currency, {sums} from {figures} group by shard, currency"
    top = (
        f"sum(revenue) from {figures} where currency = 'XOF' "
        "group by {} merchant_id order by sum(revenue) desc limit 10"
    )
    last = "select {} sum(revenue) from analytics.daily_figures where local_date > {} group by {} currency"
    by_currency = "select currency, sum(revenue), sum(transactions) from {} group by currency"
    return [
        Question(
            "all figures, by server and currency",
            by_shard,
            by_currency.format(figures),
        ),
        Question(
            "all figures by currency: servers' sums, added",
            by_currency.format(f"({by_shard}) as s"),
            by_currency.format(figures),
        ),
        Question(
            "the same, grouped without the server",
            by_currency.format(figures),
            by_currency.format(figures),
        ),
        Question("one merchant's days", days, days),
        Question(
            "the same, of its server alone",
            f"{days} and shard = '{shard}'",
            days,
        ),
        Question(
            "best merchants of a currency, by server",
            "select shard, merchant_id, " + top.format("shard,"),
            "select merchant_id, " + top.format(""),
        ),
        Question(
            "best merchants of a currency",
            "select merchant_id, " + top.format(""),
            "select merchant_id, " + top.format(""),
        ),
        Question(
            "last 30 days, (select current_date - 30)",
            last.format("shard, currency,", "(select current_date - 30)", "shard,"),
            last.format("currency,", "current_date - 30", ""),
        ),
        Question(
            "last 30 days, current_date - 30",
            last.format("shard, currency,", "current_date - 30", "shard,"),
            last.format("currency,", "current_date - 30", ""),
        ),
        Question(
            "a join: figures by the merchants' time zone",
            f"select shard, m.timezone, sum(f.revenue) from {figures} as f "
            "inner join analytics.merchants as m using (shard, merchant_id) group by shard, m.timezone",
            f"select m.timezone, sum(f.revenue) from {figures} as f "
            "inner join analytics.merchants as m using (merchant_id) group by m.timezone",
        ),
        Question("ops.lag", *["select count(*), max(lag_seconds) from ops.lag"] * 2, "molam_dba"),
        Question("ops.merchants", *["select * from ops.merchants"] * 2, "molam_dba"),
        Question("ops.jobs", *["select * from ops.jobs"] * 2, "molam_dba"),
        Question("ops.health", *["select * from ops.health"] * 2, "molam_dba"),
    ]


def main() -> None:
    """Stores, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.platform")
    parser.add_argument("--events", type=int, default=200_000, help="events to store")
    parser.add_argument("--merchants", type=int, default=200, help="merchants to whom they belong")
    parser.add_argument("--rounds", type=int, default=15, help="rounds, each with all questions")
    parser.add_argument("--options", action="store_true", help="measure other options of postgres_fdw, too")
    options = parser.parse_args()
    workload = Workload("platform", options.events, options.merchants, DAYS)
    with databases() as places:
        store(places, workload)
        merchant_id = workload.merchants[options.merchants // 2].merchant_id
        with psycopg.connect(places.router) as connection:
            row = connection.execute("select analytics.shard_of(%s)", [merchant_id]).fetchone()
        assert row is not None
        asked = questions(merchant_id, row[0])
        report(asked, measure(places, asked, options.rounds))
        if options.options:
            for name, changes in OPTIONS.items():
                change_options(places.router, changes)
                Console().print(f"\nwith {name}")
                report(asked, measure(places, asked, options.rounds))
                make_tables_anew(places.router)


@contextmanager
def databases() -> Generator[Databases]:
    """A router, its servers and one database more, on a server of the system's PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="molam-bench-"))
    folder.chmod(0o755)  # the server may run as another user
    system = [installation for installation in find_installations() if not installation.is_wheel]
    try:
        with LocalPostgres(folder / "data", system).running() as url:
            names = [f"s{number}" for number in range(SHARDS)]
            with psycopg.connect(url, autocommit=True) as connection:
                for name in ("router", "single", *names):
                    statement = sql.SQL("create database {} template template0")
                    connection.execute(statement.format(sql.Identifier(name)))
            places = {name: make_conninfo(url, dbname=name) for name in ("router", "single", *names)}
            definition = shards.Cluster(
                router=places["router"], shards=[shards.Shard(name, places[name]) for name in names]
            )
            notes.print("making a router and its servers ...")
            shards.init(definition, lambda _: None)
            deploy.migrate(places["single"])
            yield Databases(places["router"], [places[name] for name in names], places["single"])
    finally:
        shutil.rmtree(folder)


def store(places: Databases, workload: Workload) -> None:
    """The same events behind the router and in the one database, aggregated."""
    for url in (places.router, places.single):
        with psycopg.connect(url, autocommit=True) as connection:
            for m in workload.merchants:
                operations.create_merchant(connection, "bench", m.currency, m.timezone, m.merchant_id)
        notes.print(f"storing {workload.events:,} events ...")
        ingest.send_directly(url, workload.batches(), CLIENTS)
    for url in (*places.servers, places.single):
        rollup.catch_up(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")


def change_options(url: str, changes: dict[str, str]) -> None:
    """Of all foreign tables of the router."""
    query = """
        select t.ftrelid::regclass::text, o.option_name
        from pg_foreign_table as t
        left join lateral pg_options_to_table(t.ftoptions) as o on o.option_name = any(%s)
    """
    with psycopg.connect(url) as connection:
        has: dict[str, set[str]] = {}
        for table, option in connection.execute(query, [list(changes)]).fetchall():
            has.setdefault(table, set()).add(option)
        for table, names in has.items():
            wanted = ", ".join(
                f"{'set' if name in names else 'add'} {name} '{value}'" for name, value in changes.items()
            )
            connection.execute(f"alter foreign table {table} options ({wanted})".encode())


def make_tables_anew(url: str) -> None:
    """The foreign tables with the options that they have by default."""
    with psycopg.connect(url) as connection:
        for removed_at in ("now()", "null"):
            connection.execute(f"update data.shards set removed_at = {removed_at}".encode())
            connection.execute("select internal.connect_platform()")


def measure(places: Databases, asked: list[Question], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds at the router and in the one database, round by round, after a round to warm up."""
    notes.print("asking ...")
    times: dict[str, list[tuple[float, float]]] = {}
    with (
        psycopg.connect(places.router, autocommit=True) as router,
        psycopg.connect(places.single, autocommit=True) as single,
    ):
        for number in range(rounds + 1):
            for question in asked:
                pair = (
                    ask(router, question.role, question.router),
                    ask(single, question.role, question.single),
                )
                if number:
                    times.setdefault(question.title, []).append(pair)
    return times


def ask(connection: psycopg.Connection, role: str, query: str) -> float:
    """Milliseconds until all rows are there."""
    connection.execute(f"set role {role}".encode())
    started_at = time.perf_counter()
    connection.execute(query.encode()).fetchall()
    return (time.perf_counter() - started_at) * 1000


def report(asked: list[Question], times: dict[str, list[tuple[float, float]]]) -> None:
    """Medians and the ratio's median, as Markdown."""
    lines = ["| question | router, ms | one database, ms | ratio |", "|---|---|---|---|"]
    for question in asked:
        pairs = times[question.title]
        router, single = (median(samples) for samples in zip(*pairs, strict=True))
        ratio = median(ours / theirs for ours, theirs in pairs)
        lines.append(f"| {question.title} | {router:.1f} | {single:.1f} | {ratio:.1f} |")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
