"""Batches of events into the database: by its function, over HTTP, and by COPY into a bare table."""

import http.client
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from app import operations
from app.api_keys import new_api_key
from bench.workload import Merchant

Batches = Iterable[tuple[Merchant, bytes]]
Send = Callable[[Merchant, bytes], None]

QUERY = "select is_stored from api.ingest_events(%s, %s, false)"
COLUMNS: LiteralString = (
    "merchant_id, event_id, received_at, occurred_at, event_type, currency, amount, fee, transaction_id, "
    "payment_method, customer_id, product_id, product_name"
)


def create_merchants(database_url: str, merchants: Iterable[Merchant]) -> dict[UUID, str]:
    """Creates the merchants, each with a key for sending and reading; returns the keys."""
    merchants = list(merchants)
    add_merchants(database_url, merchants)
    return add_keys(database_url, merchants)


def add_merchants(database_url: str, merchants: Iterable[Merchant]) -> None:
    """Creates the merchants, all at once: ops.create_merchant takes 20 ms for its check of the time zone."""
    columns = "merchant_id, name, default_currency, timezone, aggregated_timezone"
    with (
        psycopg.connect(database_url) as connection,
        connection.cursor().copy(f"copy data.merchants ({columns}) from stdin") as copy,
    ):
        for m in merchants:
            copy.write_row((m.merchant_id, "bench", m.currency, m.timezone, m.timezone))


def add_keys(database_url: str, merchants: Iterable[Merchant]) -> dict[UUID, str]:
    """A key for sending and reading for each merchant."""
    keys: dict[UUID, str] = {}
    scopes = ["events:write", "dashboard:read"]
    with psycopg.connect(database_url) as connection:
        for m in merchants:
            key = new_api_key(m.merchant_id)
            keys[m.merchant_id] = key.text
            operations.create_key(connection, m.merchant_id, key.key_id, key.secret_sha256, scopes, "bench")
    return keys


def send_directly(database_url: str, batches: Batches, clients: int) -> float:
    """Seconds that it takes to store the batches over that many connections."""

    def connect() -> Send:
        connection = psycopg.connect(database_url, autocommit=True, options="-c role=molam_api")

        def send(merchant: Merchant, events: bytes) -> None:
            row = connection.execute(QUERY, (merchant.merchant_id, events.decode())).fetchone()
            assert row == (True,)

        return send

    return send_all(connect, batches, clients)


def send_over_http(port: int, keys: dict[UUID, str], batches: Batches, clients: int) -> float:
    """Seconds that it takes to send the batches over that many kept connections."""

    def connect() -> Send:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def send(merchant: Merchant, events: bytes) -> None:
            headers = {"Content-Type": "application/json", "X-API-Key": keys[merchant.merchant_id]}
            connection.request("POST", "/api/events/transaction/batch", events, headers)
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 202, answer

        return send

    return send_all(connect, batches, clients)


def send_all(connect: Callable[[], Send], batches: Batches, clients: int) -> float:
    """Seconds that so many clients, each with what `connect` gives it, take to send all batches."""
    sends = [connect() for _ in range(clients)]
    queue = iter(batches)
    lock = threading.Lock()  # batches may still be made while others are sent

    def work(send: Send) -> None:
        while True:
            with lock:
                batch = next(queue, None)
            if batch is None:
                return
            send(*batch)

    started_at = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, sends))
    return time.perf_counter() - started_at


def copy_into_bare_table(database_url: str, events: int) -> float:
    """Seconds that PostgreSQL's COPY takes for as many stored events, into a table without any index."""
    rows = f"select {COLUMNS} from data.transaction_events"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create table bare as {rows} with no data")
        with connection.cursor().copy(
            sql.SQL("copy ({} limit {}) to stdout").format(sql.SQL(rows), events)
        ) as copy:
            blocks = [bytes(block) for block in copy]
        started_at = time.perf_counter()
        with connection.cursor().copy("copy bare from stdin") as copy:
            for block in blocks:
                copy.write(block)
        seconds = time.perf_counter() - started_at
        connection.execute("drop table bare")
    return seconds
