"""Whoever writes, an event that was accepted stays as it is."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.db.shop import run_once, sell

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]


@pytest.fixture
def event_table(db: Connection, as_api: Connection, merchant: Callable[..., UUID]) -> str:
    """Where an aggregated event lies: the partition itself."""
    sell(as_api, merchant(), "a")
    run_once(db)
    return db.execute("select tableoid::regclass::text from data.transaction_events").fetchone()[0]


@pytest.mark.parametrize("role", ["molam_owner", None], ids=["owner", "superuser"])
def test_events_are_append_only_for_everybody(
    db: Connection, connect: Connect, event_table: str, role: str | None
) -> None:
    session = connect(role)
    for table in ("data.transaction_events", event_table):
        for statement in ("update {} set amount = 1", "delete from {}", "truncate {}"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                session.execute(statement.format(table))
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (1,)
