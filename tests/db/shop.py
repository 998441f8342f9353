"""The plainest events, each told by its name: for tests that go step by step."""

from uuid import UUID

import psycopg

from tests.db.ingestion import ingest
from tests.oracle import Json

Connection = psycopg.Connection[tuple]


def sale(name: str, **fields: object) -> Json:
    """A successful payment whose transaction and customer have that name."""
    event = {"transaction_id": name, "event_type": "payment_succeeded", "amount": 100, "currency": "XOF"}
    return {**event, "customer_id": name, **fields}


def sell(api: Connection, merchant_id: UUID, *names: str) -> None:
    _, answer = ingest(api, merchant_id, [sale(name) for name in names])
    assert answer["ingested"] == len(names)


def shown(api: Connection, merchant_id: UUID) -> set[str]:
    """The names of the sales that are in the figures."""
    answer = api.execute("select api.dashboard_customers(%s, 500)", (merchant_id,)).fetchone()[0]
    customers = answer["top_customers"]
    assert all(customer["transactions"] == 1 for customer in customers), "counted twice"
    assert answer["summary"]["total_customers"] == len(customers)
    return {customer["customer_id"] for customer in customers}


def run_once(session: Connection, runner: str = "one") -> None:
    """One pass of a runner over all buckets; the session commits each statement."""
    session.execute("call rollup.run(%s, 0)", (runner,))


def errors_of(db: Connection, runner: str) -> str | None:
    """What a runner met; it goes on all the same."""
    return db.execute("select last_error from ops.jobs where job = %s", (runner,)).fetchone()[0]


def bucket_of(db: Connection, merchant_id: UUID) -> int:
    return db.execute(
        "select bucket_id from data.merchants where merchant_id = %s", (merchant_id,)
    ).fetchone()[0]
