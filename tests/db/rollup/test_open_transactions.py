"""Transactions that are open while windows pass them by: each event counts once, and nothing waits for it."""

from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Server
from tests.db.dashboards import check_reconciled
from tests.db.shop import bucket_of, run_once, sell, shown

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]


@pytest.fixture
def slow(connect: Connect) -> Connection:
    """A session of the service whose transaction stays open until the test ends it."""
    return connect("molam_api", autocommit=False)


def test_commits_after_later_ones(db: Connection, as_api: Connection, slow: Connection, shop: UUID) -> None:
    sell(slow, shop, "slow")
    sell(as_api, shop, "quick")
    run_once(db)
    assert shown(as_api, shop) == {"quick"}

    sell(slow, shop, "slow too")
    slow.commit()
    sell(as_api, shop, "last")
    run_once(db)
    assert shown(as_api, shop) == {"quick", "slow", "slow too", "last"}

    run_once(db)
    assert shown(as_api, shop) == {"quick", "slow", "slow too", "last"}
    check_reconciled(db)


def test_stays_open_over_many_windows(
    db: Connection, as_api: Connection, connect: Connect, shop: UUID
) -> None:
    """Each window has other transactions open at its start and its end."""
    sessions = [connect("molam_api", autocommit=False) for _ in range(4)]
    for number, session in enumerate(sessions):
        sell(session, shop, f"open {number}")
        sell(as_api, shop, f"passing {number}")
        run_once(db)
    assert shown(as_api, shop) == {f"passing {number}" for number in range(4)}

    expected = shown(as_api, shop)
    for number in (2, 0, 3, 1):
        sessions[number].commit()
        run_once(db)
        expected.add(f"open {number}")
        assert shown(as_api, shop) == expected
    check_reconciled(db)


def test_rolls_back(db: Connection, as_api: Connection, slow: Connection, shop: UUID) -> None:
    sell(slow, shop, "gone")
    sell(as_api, shop, "quick")
    run_once(db)
    slow.rollback()
    run_once(db)
    assert shown(as_api, shop) == {"quick"}

    sell(as_api, shop, "gone")  # as if it had never been sent
    run_once(db)
    assert shown(as_api, shop) == {"quick", "gone"}


def test_rolls_back_to_a_savepoint(db: Connection, as_api: Connection, slow: Connection, shop: UUID) -> None:
    sell(slow, shop, "before")
    slow.execute("savepoint here")
    sell(slow, shop, "undone")
    slow.execute("rollback to savepoint here")
    slow.execute("savepoint there")
    sell(slow, shop, "after")
    slow.execute("release savepoint there")
    run_once(db)
    assert shown(as_api, shop) == set()

    slow.commit()
    run_once(db)
    assert shown(as_api, shop) == {"before", "after"}
    check_reconciled(db)


@pytest.fixture
def prepared(db: Connection, slow: Connection, shop: UUID) -> Iterator[str]:
    """A prepared transaction with one sale; nobody's session holds it."""
    name = f"prepared for {shop}"
    sell(slow, shop, "prepared")
    slow.execute(f"prepare transaction '{name}'")
    slow.close()
    yield name
    left = db.execute("select from pg_prepared_xacts where gid = %s", (name,)).fetchone()
    if left is not None:
        db.execute(f"rollback prepared '{name}'")


def test_prepared_transaction(db: Connection, as_api: Connection, prepared: str, shop: UUID) -> None:
    for name in ("a", "b", "c"):
        sell(as_api, shop, name)
        run_once(db)
    assert shown(as_api, shop) == {"a", "b", "c"}

    db.execute(f"commit prepared '{prepared}'")
    run_once(db)
    assert shown(as_api, shop) == {"a", "b", "c", "prepared"}
    check_reconciled(db)


def test_writer_in_another_database(db: Connection, as_api: Connection, server: Server, shop: UUID) -> None:
    """Transaction ids are the cluster's: somebody else's open one must not hold ours up."""
    with psycopg.connect(server.url("postgres")) as elsewhere:
        elsewhere.execute("select pg_current_xact_id()")
        sell(as_api, shop, "a")
        run_once(db)
        assert shown(as_api, shop) == {"a"}
    sell(as_api, shop, "b")
    run_once(db)
    assert shown(as_api, shop) == {"a", "b"}


def test_reader_with_an_old_snapshot(
    db: Connection, as_api: Connection, connect: Connect, shop: UUID
) -> None:
    """Its figures stay what they were, and it holds nobody up."""
    sell(as_api, shop, "a")
    run_once(db)
    old = connect("molam_api", autocommit=False)
    old.execute("set transaction isolation level repeatable read")
    assert shown(old, shop) == {"a"}
    sell(as_api, shop, "b")
    run_once(db)
    assert shown(old, shop) == {"a"}
    assert shown(as_api, shop) == {"a", "b"}


def test_ingest_and_window_in_one_transaction(
    db: Connection, as_api: Connection, connect: Connect, shop: UUID
) -> None:
    """A window never holds what its own transaction wrote: it may go on to write more under the same id."""
    session = connect(autocommit=False)
    bucket_id = bucket_of(db, shop)
    sell(session, shop, "before the window")
    sell(as_api, shop, "by another")  # a later transaction that the window does see
    session.execute("select rollup.process_window(%s::smallint)", (bucket_id,))
    sell(session, shop, "after the window")
    session.commit()
    run_once(db)
    assert shown(as_api, shop) == {"before the window", "by another", "after the window"}
    check_reconciled(db)


def test_two_windows_in_one_transaction(
    db: Connection, as_api: Connection, connect: Connect, merchant: Callable[..., UUID]
) -> None:
    """What one window holds is not applied again by the next."""
    shops = {bucket_of(db, shop): shop for shop in (merchant() for _ in range(12))}
    for shop in shops.values():
        sell(as_api, shop, "only once")
    session = connect(autocommit=False)
    for bucket_id in shops:
        session.execute("select rollup.process_window(%s::smallint)", (bucket_id,))
    session.commit()
    assert all(shown(as_api, shop) == {"only once"} for shop in shops.values())
    check_reconciled(db)
