"""A merchant with a small history, to look at and to spoil."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.conftest import Connection
from tests.db.ingestion import ingest
from tests.db.shop import sale

DAYS = ("2024-03-01", "2024-03-02", "2024-03-05")


@pytest.fixture
def shop(
    db: Connection,
    as_api: Connection,
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
) -> UUID:
    """Three customers on three days each, two products, a refund, a failure, all aggregated."""
    merchant_id = merchant(timezone="Asia/Karachi")
    events = [
        sale(
            f"{customer} {day}",
            customer_id=customer,
            occurred_at=f"{day}T0{hour}:10:00Z",
            product_id=f"tea {hour % 2}",
            product_name=f"Tea of {day}",
            payment_method="mobile money",
        )
        for day in DAYS
        for hour, customer in enumerate(("ann", "bob", "eve"))
    ]
    refund = {**events[0], "event_type": "payment_refunded", "occurred_at": f"{DAYS[1]}T03:00:00Z"}
    failure = {**events[0], "event_type": "payment_failed", "failure_code": 'no "funds"'}
    ingest(as_api, merchant_id, [*events, refund, failure])
    drain(db)
    return merchant_id
