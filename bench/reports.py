"""How much memory a long report takes: `python -m bench.reports` prints what the service grew by.

The list of transactions as CSV, read as fast as it comes, and by a client that rests in between.
"""

import argparse
import http.client
import time
from contextlib import closing
from uuid import UUID

import psycopg

from app import operations
from app.api_keys import new_api_key
from bench import server

_PATH = "/api/reports/transactions.csv"
_PAUSE_SECONDS = 10

# There without their events, for no report looks at those.
_FILL = """
    insert into data.merchant_transactions (
        merchant_id, started_at, decided_at, decided_by, last_received_at, refunded, transaction_id, currency,
        status, outcome, amount, revenue, refunds, fees, payment_method, customer_id, product_id
    )
    select
        %s, t.at, t.at, gen_random_uuid(), t.at, 0, 'transaction-' || n, 'XOF',
        'succeeded', 'succeeded', n, n, 0, 1, 'wave', 'customer-' || n %% 50000, 'product-' || n %% 200
    from generate_series(1, %s) as n
    cross join lateral (select timestamptz '2026-01-01 00:00:00+00' + n * interval '7 seconds' as at) as t
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="transactions of the merchant (1000000)")
    arguments = parser.parse_args()
    with server.database() as url:
        key = _fill(url, arguments.lines)
        with server.service(url) as service:
            _read(service.port, f"{_PATH}?status=failed", key)
            before = sum(service.peak_memory())
            for name, pause in (
                ("read at once", 0),
                (f"read with a rest of {_PAUSE_SECONDS} s", _PAUSE_SECONDS),
            ):
                started_at = time.perf_counter()
                size = _read(service.port, _PATH, key, pause)
                seconds = time.perf_counter() - started_at - pause
                grown = sum(service.peak_memory()) - before
                print(
                    f"{arguments.lines:,} lines, {size / 1e6:.0f} MB, {name}: {seconds:.0f} s, "
                    f"the service has grown by {grown / 1e6:.1f} MB of {before / 1e6:.0f} MB"
                )


def _fill(url: str, lines: int) -> str:
    """A merchant with so many transactions; a key to read them."""
    with psycopg.connect(url, autocommit=True) as connection:
        merchant_id: UUID = operations.create_merchant(connection, "bench", "XOF", "Africa/Dakar", None)
        key = new_api_key(merchant_id)
        operations.create_key(
            connection, merchant_id, key.key_id, key.secret_sha256, ["dashboard:read"], "bench"
        )
        connection.execute(_FILL, (merchant_id, lines))
        connection.execute("vacuum analyze data.merchant_transactions")
    return key.text


def _read(port: int, path: str, key: str, pause: float = 0) -> int:
    """Bytes of the whole report; the client rests once, after the first megabyte."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", path, headers={"X-API-Key": key})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        size = len(response.read(1_000_000))
        time.sleep(pause)
        while part := response.read(1_000_000):
            size += len(part)
    return size


if __name__ == "__main__":
    main()
