"""Events that were set aside are tried again, each once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.sessions import wait_until_blocked
from tests.db.shop import run_once, sale, sell, shown


@pytest.fixture
def shops(db: Connection, as_api: Connection, merchant: Callable[..., UUID]) -> list[UUID]:
    """Two merchants, each with two good sales and two that were set aside."""
    db.execute("alter table data.merchant_hourly_aggregates add constraint no_poison check (revenue <> 666)")
    created = [merchant(), merchant()]
    for shop in created:
        poison = [sale(f"poison {n}", amount=666, occurred_at=f"2020-01-0{n}T00:00:00Z") for n in (1, 2)]
        ingest(as_api, shop, [sale("a"), *poison, sale("b")])
    run_once(db)
    assert set_aside(db) == 4
    return created


def set_aside(db: Connection) -> int:
    return db.execute("select count(*) from ops.set_aside_events").fetchone()[0]


def retry(session: Connection, merchant_id: UUID | None = None) -> int:
    return session.execute("select ops.retry_set_aside_events(%s)", (merchant_id,)).fetchone()[0]


def mend(db: Connection) -> None:
    db.execute("alter table data.merchant_hourly_aggregates drop constraint no_poison")


def test_what_fails_again_stays(
    db: Connection, as_dba: Connection, as_api: Connection, shops: list[UUID]
) -> None:
    assert retry(as_dba) == 0
    assert set_aside(as_dba) == 4
    assert shown(as_api, shops[0]) == {"a", "b"}


def test_what_can_be_added_now_is_added_once(
    db: Connection, as_dba: Connection, as_api: Connection, shops: list[UUID]
) -> None:
    everything = {"a", "b", "poison 1", "poison 2"}
    mend(db)
    sell(as_api, shops[0], "waiting")
    assert retry(as_dba, shops[0]) == 2
    assert shown(as_api, shops[0]) == everything
    assert shown(as_api, shops[1]) == {"a", "b"}
    assert retry(as_dba) == 2
    assert retry(as_dba) == 0
    run_once(db)
    assert shown(as_api, shops[0]) == everything | {"waiting"}
    assert shown(as_api, shops[1]) == everything
    query = "select sum(rows) from ops.job_runs where job = 'retry set aside events'"
    assert as_dba.execute(query).fetchone() == (4,)
    check_reconciled(db)


def test_two_at_once(
    db: Connection,
    connect: Callable[..., Connection],
    as_dba: Connection,
    as_api: Connection,
    shops: list[UUID],
) -> None:
    mend(db)
    first = connect("molam_dba", autocommit=False)
    assert retry(first) == 4
    with ThreadPoolExecutor() as pool:
        second = pool.submit(retry, as_dba)
        wait_until_blocked(db, as_dba)
        first.commit()
        assert second.result() == 0
    assert shown(as_api, shops[0]) == {"a", "b", "poison 1", "poison 2"}
    check_reconciled(db)


def test_only_some_can_be_added(
    db: Connection, as_dba: Connection, as_api: Connection, shops: list[UUID]
) -> None:
    mend(db)
    db.execute(
        "alter table data.merchant_customer_stats add constraint no_poison check (customer_id <> 'poison 2')"
    )
    assert retry(as_dba) == 2
    assert shown(as_api, shops[0]) == {"a", "b", "poison 1"}
    assert set_aside(as_dba) == 2
    assert as_dba.execute("select relation from ops.reconcile(%s)", (shops[0],)).fetchall() == [
        ("set_aside_events",)
    ]


def test_replay_tries_them_again_too(
    db: Connection, as_dba: Connection, as_api: Connection, shops: list[UUID]
) -> None:
    mend(db)
    replay = "select ops.replay(%s, '-infinity', 'infinity')"
    for shop in shops:
        assert as_dba.execute(replay, (shop,)).fetchone() == (4,)
    assert shown(as_api, shops[0]) == {"a", "b", "poison 1", "poison 2"}
    assert set_aside(as_dba) == 0
    check_reconciled(db)
