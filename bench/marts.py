"""What a refresh of the materialized views costs as merchants and products grow: `python -m bench.marts`."""

import argparse
import time

import psycopg
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import server

# Merchants, and products of each; every product sells on each of the last 90 days.
SIZES = ((10, 100), (100, 100), (100, 1000), (1000, 100))
DAYS = 90

FILL = """
    truncate data.merchant_daily_aggregates, data.merchant_product_stats, data.merchant_payment_method_stats;
    select ops.create_merchant('bench ' || n, 'XOF', 'Africa/Dakar')
    from generate_series((select count(*) from data.merchants) + 1, {merchants}) as n;

    create temporary table days as
    select m.merchant_id, 'XOF' as currency, current_date - age as local_date
    from data.merchants as m cross join generate_series(1, {days}) as age;

    insert into data.merchant_daily_aggregates (merchant_id, currency, local_date, successful, revenue)
    select d.*, 1, 1 from days as d;
    insert into data.merchant_payment_method_stats
        (merchant_id, currency, local_date, payment_method, successful, amount)
    select d.*, m.method, 1, 1 from days as d cross join (values ('wave'), ('card')) as m (method);
    insert into data.merchant_product_stats
        (merchant_id, currency, local_date, product_id, successful, amount)
    select d.*, 'product-' || n, 1, n from days as d cross join generate_series(1, {products}) as n;

    drop table days;
    analyze;
"""
CHANGE = "update data.merchant_product_stats set amount = amount + 1 where ctid = '(0,1)'"
SIZE = "select sum(pg_total_relation_size(oid)) / 1e6 from pg_class where relkind = 'm'"


def main() -> None:
    """Prints the seconds and the size of the views at each size."""
    parser = argparse.ArgumentParser(prog="python -m bench.marts", description=__doc__)
    parser.parse_args()
    table = Table(
        "merchants", "products each", "rows read", "first fill, s", "one row changed, s", "views, MB"
    )
    with server.database() as url, psycopg.connect(url, autocommit=True) as connection:
        for merchants, products in track(SIZES, console=Console(stderr=True)):
            connection.execute(FILL.format(merchants=merchants, products=products, days=DAYS).encode())
            first = refresh(connection)
            connection.execute(CHANGE)
            again = refresh(connection)
            size = connection.execute(SIZE).fetchone()
            assert size is not None
            rows = merchants * DAYS * (products + 3)
            numbers = (f"{merchants:,}", f"{products:,}", f"{rows:,}")
            table.add_row(*numbers, f"{first:.2f}", f"{again:.2f}", f"{size[0]:,.1f}")
    Console(width=120).print(table)


def refresh(connection: psycopg.Connection[tuple]) -> float:
    """Seconds that a refresh takes."""
    started_at = time.perf_counter()
    connection.execute("select ops.refresh_marts()")
    return time.perf_counter() - started_at


if __name__ == "__main__":
    main()
