"""The same event from two sessions at the same moment: one stores it, the other learns what became of it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.db.ingestion import ingest, outcomes
from tests.db.sessions import wait_until_blocked
from tests.db.shop import run_once, sale, sell, shown
from tests.oracle import Outcome

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.fixture
def first(connect: Connect, shop: UUID) -> Connection:
    """Has sent the sale "same" and not committed yet."""
    session = connect("molam_api", autocommit=False)
    sell(session, shop, "same")
    return session


SecondSends = Callable[..., Future[tuple[bool, Any]]]


@pytest.fixture
def second_sends(
    db: Connection, connect: Connect, pool: ThreadPoolExecutor, first: Connection, shop: UUID
) -> SecondSends:
    """Another session sends sales, of which one is "same", and waits for the first to end."""

    def send(*events: dict) -> Future[tuple[bool, Any]]:
        session = connect("molam_api")
        answer = pool.submit(ingest, session, shop, list(events))
        wait_until_blocked(db, session)
        return answer

    return send


def test_second_is_a_duplicate_once_the_first_commits(
    db: Connection, as_api: Connection, first: Connection, second_sends: SecondSends, shop: UUID
) -> None:
    answer = second_sends(sale("other"), sale("same"))
    first.commit()
    is_stored, body = answer.result()
    assert outcomes(is_stored, body, 2) == [Outcome("ingested"), Outcome("duplicate")]
    stored = db.execute("select event_id::text from data.transaction_events where transaction_id = 'same'")
    assert [row[0] for row in stored] == [body["results"][0]["event_id"]]
    run_once(db)
    assert shown(as_api, shop) == {"same", "other"}


def test_second_is_a_conflict_once_the_first_commits(
    db: Connection, as_api: Connection, first: Connection, second_sends: SecondSends, shop: UUID
) -> None:
    answer = second_sends(sale("same", amount=200))
    first.commit()
    assert outcomes(*answer.result(), 1) == [Outcome("conflict", frozenset({"amount"}))]
    run_once(db)
    assert shown(as_api, shop) == {"same"}


def test_second_stores_it_once_the_first_rolls_back(
    db: Connection, as_api: Connection, first: Connection, second_sends: SecondSends, shop: UUID
) -> None:
    answer = second_sends(sale("same", amount=200))
    first.rollback()
    assert outcomes(*answer.result(), 1) == [Outcome("ingested")]
    run_once(db)
    assert shown(as_api, shop) == {"same"}


def test_batches_in_opposite_order_do_not_deadlock(
    connect: Connect, pool: ThreadPoolExecutor, merchant: Callable[..., UUID]
) -> None:
    """They wait for each other's keys, always in the same order."""
    rounds, shop = 30, merchant()
    together = threading.Barrier(2, timeout=60)

    def send(step: int) -> int:
        ingested = 0
        with connect("molam_api") as api:
            for number in range(rounds):
                batch = [sale(f"{number} {item}") for item in range(100)][::step]
                together.wait()
                ingested += ingest(api, shop, batch)[1]["ingested"]
        return ingested

    senders = [pool.submit(send, 1), pool.submit(send, -1)]
    assert sum(sender.result() for sender in senders) == rounds * 100
