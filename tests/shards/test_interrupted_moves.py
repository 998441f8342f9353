"""Moves that are interrupted at delicate moments, and what is done then: each of these went wrong once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app import shard_moves
from app.shard_moves import Mover, MoveResult
from app.shards import ShardsError
from tests.http.conftest import event
from tests.processes import wait_until
from tests.shards.cluster import TestCluster

EVENTS = 12


class Killed(BaseException):
    """What nobody catches."""


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No calls are under way that were led to the old server, and there are several batches."""
    monkeypatch.setattr(shard_moves, "_SECONDS_BEFORE_REMOVAL", 0.0)
    monkeypatch.setattr(shard_moves, "_BATCH_EVENTS", 5)


@pytest.fixture
def shop(cluster: TestCluster) -> UUID:
    """A merchant of s0 with some events."""
    merchant_id = uuid4()
    while ask(cluster.router_url, "select ops.shard_of(%s)", merchant_id) != "s0":
        merchant_id = uuid4()
    ask(cluster.router_url, "select ops.create_merchant('Shop', 'XOF', 'Africa/Dakar', %s)", merchant_id)
    send(cluster, merchant_id, [event() for _ in range(EVENTS)])
    return merchant_id


def ask(url: str, query: str, *arguments: object) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode(), arguments).fetchone()[0]


def send(cluster: TestCluster, merchant_id: UUID, events: list[dict[str, Any]]) -> None:
    query = "select (body ->> 'ingested')::integer from api.ingest_events(%s, %s)"
    assert ask(cluster.router_url, query, merchant_id, json.dumps(events)) == len(events)


def move(cluster: TestCluster, merchant_id: UUID, to: str) -> MoveResult | None:
    with ExitStack() as stack:
        return Mover(cluster.definition, stack).move_merchant(merchant_id, to, lambda _share, _step: None)


def move_partition(cluster: TestCluster, merchant_id: UUID, to: str) -> list[MoveResult]:
    query = "select internal.partition_of(%s, cardinality(shards)) from data.placement"
    partition = ask(cluster.router_url, query, merchant_id)
    with ExitStack() as stack:
        return Mover(cluster.definition, stack).move_partition(partition, to, lambda _share, _step: None)


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes a move that is killed before or after its nth call of a function."""

    def run(function: str, moving: Callable[[], object], *, nth: int = 1, is_before: bool = False) -> None:
        original, calls = shard_moves._End.row, []

        def row(self: Any, query: Any, *arguments: object) -> Any:
            if f"{function}(" not in query:
                return original(self, query, *arguments)
            calls.append(query)
            if is_before and len(calls) == nth:
                raise Killed
            result = original(self, query, *arguments)
            if len(calls) == nth:
                raise Killed
            return result

        with monkeypatch.context() as patch:
            patch.setattr(shard_moves._End, "row", row)
            with pytest.raises(Killed):
                moving()

    return run


def unfinished(cluster: TestCluster, name: str, merchant_id: UUID) -> int:
    query = "select count(*) from ops.unfinished_moves where merchant_id = %s"
    return ask(cluster.places[name].url, query, merchant_id)


def check_at(cluster: TestCluster, merchant_id: UUID, name: str, events: int = EVENTS) -> None:
    """The merchant is there, whole, and nowhere else; nothing is left to do; and it takes events."""
    assert ask(cluster.router_url, "select ops.shard_of(%s)", merchant_id) == name
    passing = "select count(*) from data.merchant_placements where is_passing and merchant_id = %s"
    assert ask(cluster.router_url, passing, merchant_id) == 0
    for other, place in cluster.places.items():
        assert unfinished(cluster, other, merchant_id) == 0
        for table, expected in {"merchants": 1, "transaction_events": events}.items():
            query = f"select count(*) from data.{table} where merchant_id = %s"
            assert ask(place.url, query, merchant_id) == (expected if other == name else 0), (other, table)
        while ask(place.url, "select sum(pending_events) from ops.lag"):
            with psycopg.connect(place.url, autocommit=True) as connection:
                connection.execute("call rollup.run('test', 0)")
    assert ask(cluster.router_url, "select count(*) from ops.reconcile(%s)", merchant_id) == 0
    send(cluster, merchant_id, [event()])


def test_a_move_of_which_only_the_target_knows_is_undone(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None]
) -> None:
    killed_at("begin_arrival", lambda: move(cluster, shop, "s1"))
    move(cluster, shop, "s0")
    check_at(cluster, shop, "s0")


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_removal_that_was_interrupted_goes_on(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], nth: int
) -> None:
    killed_at("remove_merchant", lambda: move(cluster, shop, "s1"), nth=nth)
    move(cluster, shop, "s1")
    check_at(cluster, shop, "s1")


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("to", ["s0", "s1"])
def test_a_move_goes_on_after_half_of_it_was_undone(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], nth: int, to: str
) -> None:
    killed_at("is_base_copied", lambda: move(cluster, shop, "s1"), nth=4)
    killed_at("remove_merchant", lambda: move(cluster, shop, "s0"), nth=nth)
    move(cluster, shop, to)
    check_at(cluster, shop, to)


@pytest.mark.parametrize("function", ["place_merchant", "arrive", "remove_merchant", "finish_arrival"])
@pytest.mark.parametrize("to", ["s0", "s2"])
def test_a_merchant_moves_again_only_when_nothing_is_left_of_the_last_move(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], function: str, to: str
) -> None:
    is_before = function == "finish_arrival"
    killed_at(function, lambda: move(cluster, shop, "s1"), is_before=is_before)
    move(cluster, shop, to)
    check_at(cluster, shop, to)


def test_retention_waits_on_both_servers_until_nothing_is_left_to_compare(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None]
) -> None:
    killed_at("seconds_since_switch", lambda: move(cluster, shop, "s1"))
    for name in ("s0", "s1"):
        assert unfinished(cluster, name, shop) == 1
    move(cluster, shop, "s1")
    check_at(cluster, shop, "s1")


def test_a_refresh_of_the_marts_brings_nothing_back(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None]
) -> None:
    killed_at("seconds_since_switch", lambda: move(cluster, shop, "s1"))
    url = cluster.places["s0"].url
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(url) as refresh:
            refresh.execute("select internal.close_days()")
            moved = pool.submit(move, cluster, shop, "s1")
            waiting = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
            wait_until(lambda: ask(url, waiting, refresh.info.backend_pid), "the removal waits")
        moved.result()
    assert ask(url, "select count(*) from data.mart_closed_days where merchant_id = %s", shop) == 0
    check_at(cluster, shop, "s1")


@pytest.mark.parametrize("function", ["depart", "place_merchant"])
@pytest.mark.parametrize("to", ["s1", "s2"])
def test_a_partition_moves_whose_merchant_is_between_two_servers(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], function: str, to: str
) -> None:
    killed_at(function, lambda: move(cluster, shop, "s1"))
    if to == "s2" and function == "depart":
        with pytest.raises(psycopg.Error, match="to s1 is not finished"):
            move_partition(cluster, shop, to)
        move(cluster, shop, "s1")
    move_partition(cluster, shop, to)
    move(cluster, shop, "s1")
    check_at(cluster, shop, "s1")


@pytest.mark.parametrize("function", ["begin_partition_move", "keep_in_place", "begin_departure"])
def test_a_partition_comes_back_before_all_were_moved(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], function: str
) -> None:
    killed_at(function, lambda: move_partition(cluster, shop, "s1"))
    move_partition(cluster, shop, "s0")
    check_at(cluster, shop, "s0")


@pytest.mark.parametrize("function", ["place_merchant", "note_verified", "remove_merchant", "finish_arrival"])
def test_a_partition_is_moved_when_nothing_is_left_of_those_who_were_switched(
    cluster: TestCluster, shop: UUID, killed_at: Callable[..., None], function: str
) -> None:
    is_before = function == "finish_arrival"
    killed_at(function, lambda: move_partition(cluster, shop, "s1"), is_before=is_before)
    move_partition(cluster, shop, "s1")
    check_at(cluster, shop, "s1")


def test_a_partition_stays_where_it_has_always_been(cluster: TestCluster, shop: UUID) -> None:
    for _ in range(3):
        assert move_partition(cluster, shop, "s0") == []
    check_at(cluster, shop, "s0")


def test_nobody_else_moves_a_merchant_after_the_router_came_back(
    cluster: TestCluster, shop: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was at it before has lost the router, and still holds the servers."""
    original = shard_moves.Move._copy_base

    def lose_router(self: Any, *arguments: Any) -> None:
        self._router.connection.close()
        for to in ("s0", "s1", "s2"):
            with pytest.raises(ShardsError, match="another molam shards move"):
                move(cluster, shop, to)
        original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(shard_moves.Move, "_copy_base", lose_router)
        with pytest.raises(psycopg.OperationalError):
            move(cluster, shop, "s1")
    move(cluster, shop, "s1")
    check_at(cluster, shop, "s1")
