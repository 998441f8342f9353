"""People who log in, beside the roles of the project."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Server
from tests.db.ingestion import ingest
from tests.db.shop import sale

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

PASSWORD = "test"
PEOPLE = """
    create role team nologin in role molam_limited_analyst;
    create role ana login password 'test' in role molam_limited_analyst;
    create role bob login password 'test' in role team;
    create role eve login password 'test';
"""


@pytest.fixture(scope="session")
def people(server: Server) -> None:
    """ana is a limited analyst, bob one through a team, eve is nobody. They last as long as the server."""
    server.execute(PEOPLE)


@pytest.fixture
def log_in(people: None, connect: Connect) -> Callable[[str], Connection]:
    def log_in_as(name: str) -> Connection:
        return connect(user=name, password=PASSWORD)

    return log_in_as


@pytest.fixture
def shops(
    db: Connection, as_api: Connection, merchant: Callable[..., UUID], drain: Callable[[Connection], None]
) -> tuple[UUID, UUID]:
    """Two merchants with every kind of event. What is of the second is called secret."""
    mine, other = merchant(name="Mine"), merchant(name="secret shop")
    for merchant_id, name in ((mine, "1"), (other, "secret")):
        what = {"product_id": name, "product_name": name, "payment_method": name}
        events = [
            sale(name, **what, event_type=f"payment_{kind}", failure_code=name)
            for kind in ("created", "succeeded", "failed", "refunded")
        ]
        ingest(as_api, merchant_id, events)
    drain(db)
    return mine, other


@pytest.fixture
def ana(log_in: Callable[[str], Connection], as_dba: Connection, shops: tuple[UUID, UUID]) -> Connection:
    """Sees the first of the shops."""
    as_dba.execute("select ops.grant_analyst('ana', %s)", (shops[0],))
    return log_in("ana")
