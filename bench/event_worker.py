"""The worker of the first design: 100 events a poll, for each a transaction with an upsert into each table.

Written fairly: one connection, prepared statements, an index for what is not done yet, local times worked out
by the server, and no sleep between the polls. A statement goes after the other, for a day's row needs to know
whether its customer has been there.
"""

import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import psycopg

Connection = psycopg.Connection[tuple]

POLL = 100

_FILL = """
    insert into per_event.events (
        merchant_id, occurred_at, event_type, currency, amount, fee, payment_method, customer_id, product_id,
        product_name
    )
    select
        merchant_id, occurred_at, event_type, currency, amount, fee, payment_method, customer_id, product_id,
        product_name
    from data.transaction_events
    order by received_at
    limit %s
"""
_TAKE = """
    select
        e.id, e.merchant_id, e.currency, e.occurred_at, e.event_type, e.amount, e.fee,
        e.payment_method, e.customer_id, e.product_id, e.product_name,
        (e.occurred_at at time zone m.timezone)::date as local_date,
        date_trunc('hour', e.occurred_at, m.timezone) as hour_start
    from per_event.events as e
    inner join data.merchants as m using (merchant_id)
    where not e.processed
    order by e.id
    limit %s
"""
_ADD: LiteralString = """
    created = t.created + excluded.created, successful = t.successful + excluded.successful,
    failed = t.failed + excluded.failed, refunded = t.refunded + excluded.refunded,
    revenue = t.revenue + excluded.revenue, refunds = t.refunds + excluded.refunds,
    fees = t.fees + excluded.fees
"""
_DAY: LiteralString = f"""
    insert into per_event.daily as t values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (merchant_id, currency, local_date) do update set {_ADD},
    customers = t.customers + excluded.customers, new_customers = t.new_customers + excluded.new_customers
"""
_HOUR: LiteralString = f"""
    insert into per_event.hourly as t values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (merchant_id, currency, hour_start) do update set {_ADD}
"""
_METHOD = """
    insert into per_event.payment_methods as t values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (merchant_id, currency, payment_method, local_date) do update set
    successful = t.successful + excluded.successful, failed = t.failed + excluded.failed,
    amount = t.amount + excluded.amount
"""
_PRODUCT = """
    insert into per_event.products as t values (%s, %s, %s, %s, %s, 1, %s)
    on conflict (merchant_id, currency, product_id, local_date) do update set
    transactions = t.transactions + 1, amount = t.amount + excluded.amount,
    product_name = excluded.product_name
"""
_CUSTOMER = """
    insert into per_event.customers as t values (%s, %s, %s, 1, %s, %s, %s)
    on conflict (merchant_id, currency, customer_id) do update set
    transactions = t.transactions + 1, total_spent = t.total_spent + excluded.total_spent,
    first_at = least(t.first_at, excluded.first_at), last_at = greatest(t.last_at, excluded.last_at)
    returning transactions
"""
_CUSTOMER_DAY = "insert into per_event.customer_days values (%s, %s, %s, %s) on conflict do nothing"
_DONE = "update per_event.events set processed = true where id = %s"
_TYPES = ("payment_created", "payment_succeeded", "payment_failed", "payment_refunded")


def measure(database_url: str, events: int) -> float:
    """Seconds that it takes for so many of the events that are stored."""
    with psycopg.connect(database_url) as connection:
        connection.execute(Path(__file__).with_name("event_worker.sql").read_bytes())
        connection.execute(_FILL, [events])
        connection.commit()
        connection.prepare_threshold = 0
        started_at = time.perf_counter()
        while batch := connection.execute(_TAKE, [POLL]).fetchall():
            connection.commit()
            for event in batch:
                _process(connection, event)
        seconds = time.perf_counter() - started_at
        row = connection.execute("select sum(created + successful + failed + refunded) from per_event.daily")
        assert row.fetchone() == (events,)
        connection.execute("drop schema per_event cascade")
    return seconds


def _process(connection: Connection, event: tuple) -> None:
    number, merchant_id, currency, occurred_at, event_type, amount, fee = event[:7]
    method, customer_id, product_id, product_name, local_date, hour_start = event[7:]
    is_success, is_failure, is_refund = (event_type == each for each in _TYPES[1:])
    counts = [int(event_type == each) for each in _TYPES]
    money = [amount if is_success else 0, amount if is_refund else 0, fee if is_success or is_refund else 0]
    customers = (0, 0)
    if is_success and customer_id:
        customers = _add_customer(
            connection, (merchant_id, currency, customer_id), local_date, amount, occurred_at
        )
    connection.execute(_DAY, [merchant_id, currency, local_date, *counts, *money, *customers])
    connection.execute(_HOUR, [merchant_id, currency, hour_start, *counts, *money])
    if is_success or is_failure:
        outcome = [int(is_success), int(is_failure), money[0]]
        connection.execute(_METHOD, [merchant_id, currency, method, local_date, *outcome])
    if is_success and product_id:
        connection.execute(_PRODUCT, [merchant_id, currency, product_id, local_date, product_name, amount])
    connection.execute(_DONE, [number])
    connection.commit()


def _add_customer(
    connection: Connection, key: tuple[UUID, str, str], local_date: date, amount: Decimal, paid_at: datetime
) -> tuple[int, int]:
    """How many customers more the day has, and how many that are new at all."""
    payments = connection.execute(_CUSTOMER, [*key, amount, paid_at, paid_at]).fetchone()
    day = connection.execute(_CUSTOMER_DAY, [*key, local_date])
    return day.rowcount, int(payments == (1,))
