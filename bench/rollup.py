"""The rollup in windows against one bulk statement per aggregate table."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

TABLES: tuple[LiteralString, ...] = (
    "merchant_hourly_aggregates",
    "merchant_daily_aggregates",
    "merchant_returning_customers",
    "merchant_payment_method_stats",
    "merchant_failure_stats",
    "merchant_product_stats",
    "merchant_products",
    "merchant_customer_stats",
    "merchant_customer_totals",
    "merchant_transactions",
)
FOLDER = Path(__file__).parent

Connection = psycopg.Connection[tuple]


def measure_rollup(connection: Connection, *others: Connection) -> float:
    """Seconds that the rollup takes for all events, from nothing, with a runner on each connection."""
    tables = sql.SQL(", ").join(sql.Identifier("data", table) for table in TABLES)
    connection.execute(sql.SQL("truncate {}").format(tables))
    connection.execute("update data.rollup_progress set snapshot = '3:3:', windows = 0, events = 0")
    connection.execute("checkpoint")
    return aggregate(connection, *others)


def aggregate(*connections: Connection) -> float:
    """Seconds that the rollup takes for what is pending, with a runner on each connection."""
    started_at = time.perf_counter()
    with ThreadPoolExecutor(len(connections)) as pool:
        list(pool.map(_run, connections, range(len(connections))))
    return time.perf_counter() - started_at


def _run(connection: Connection, number: int) -> None:
    while connection.execute("select rollup.pending_buckets()").fetchone() != ([],):
        connection.execute(sql.SQL("call rollup.run({}, 0)").format(f"bench-{number}"))


def pending(database_url: str) -> int:
    """Events that are stored and not aggregated yet."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select sum(pending_events)::bigint from ops.lag").fetchone()
    assert row is not None
    return row[0]


def catch_up(database_url: str) -> None:
    """Aggregates what is there, refreshes the views, and leaves the server with nothing to do."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        _run(connection, 0)
        connection.execute("select ops.refresh_marts()")
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def measure_bulk(connection: Connection) -> float:
    """Seconds that the bulk statements take."""
    connection.execute((FOLDER / "bulk_tables.sql").read_bytes())
    connection.execute("checkpoint")
    started_at = time.perf_counter()
    connection.execute((FOLDER / "bulk_aggregates.sql").read_bytes())
    return time.perf_counter() - started_at


def drop_bulk(connection: Connection) -> None:
    """Removes what measure_bulk made, or its vacuuming would slow down what is measured next."""
    connection.execute("drop schema bulk cascade")


def check_equal(connection: Connection) -> None:
    """Both ways have made the same tables: what is compared is the same work, and the figures are right."""
    for table in TABLES:
        query = sql.SQL(
            "select count(*) from (select * from {ours} except select * from {bulk}) as more"
            " full join (select * from {bulk} except select * from {ours}) as fewer on false"
        ).format(ours=sql.Identifier("data", table), bulk=sql.Identifier("bulk", table))
        if (differences := connection.execute(query).fetchall()) != [(0,)]:
            raise AssertionError(f"{table} differs in {differences[0][0]} rows from a recomputation")


def window_size(connection: Connection) -> float:
    """Events a window, on average."""
    row = connection.execute("select sum(events) / sum(windows) from data.rollup_progress").fetchone()
    assert row is not None
    return float(row[0])
