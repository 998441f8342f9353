"""Merchants that move between servers: nothing is lost, nothing is left, who is interrupted goes on."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app import shard_moves
from app.shard_moves import Move, Mover, MoveResult
from app.shards import ShardsError
from tests.http.conftest import event
from tests.processes import molam, molam_environment
from tests.shards.cluster import TestCluster
from tests.shards.conftest import value
from tests.shards.test_router import write_file

Connection = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _no_late_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """No calls are under way that were led to the old server, so nobody waits for them."""
    monkeypatch.setattr(shard_moves, "_SECONDS_BEFORE_REMOVAL", 0.0)


def move(cluster: TestCluster, merchant_id: UUID, to: str) -> MoveResult | None:
    with ExitStack() as stack:
        return Mover(cluster.definition, stack).move_merchant(merchant_id, to, lambda _share, _step: None)


def move_partition(cluster: TestCluster, partition: int, to: str) -> list[MoveResult]:
    with ExitStack() as stack:
        return Mover(cluster.definition, stack).move_partition(partition, to, lambda _share, _step: None)


def send(api: Connection, merchant_id: UUID, events: list[dict[str, Any]]) -> None:
    query = "select (body ->> 'ingested')::integer from api.ingest_events(%s, %s)"
    assert value(api, query, merchant_id, json.dumps(events)) == len(events)


def drain(places: dict[str, Connection]) -> None:
    for place in places.values():
        while value(place, "select sum(pending_events) from ops.lag"):
            place.execute("call rollup.run('test', 0)")


NOW = "p_now => '2026-06-15 12:00:00+00'"
READS = {
    "overview": f"select api.dashboard_overview(%s, {NOW})::jsonb - 'as_of'",
    "analytics": "select api.dashboard_analytics(%s, '2026-05-01', '2026-06-30')::jsonb - 'as_of'",
    "methods": f"select api.dashboard_payment_methods(%s, 30, {NOW})::jsonb - 'as_of'",
    "products": f"select api.dashboard_top_products(%s, 30, {NOW})::jsonb - 'as_of'",
    "failures": f"select api.dashboard_failures(%s, 30, {NOW})::jsonb - 'as_of'",
    "customers": "select api.dashboard_customers(%s)::jsonb - 'as_of'",
    "transactions": "select api.list_transactions(%s, 100)::jsonb - 'as_of'",
    "keys": "select api.list_api_keys(%s)::jsonb",
    "trail of a key": "select api.api_key_audit(%s, 'abcdefgh')::jsonb",
    "endpoints": "select api.list_webhook_endpoints(%s)::jsonb",
    "me": "select api.describe_merchant(%s)::jsonb",
    "limits": "select events_per_second from api.lease_quota(%s, 'key:x', 1, 1)",
}


def answers(api: Connection, merchant_id: UUID) -> dict[str, Any]:
    return {name: value(api, query, merchant_id) for name, query in READS.items()}


def whereabouts(places: dict[str, Connection], merchant_id: UUID) -> dict[str, set[str]]:
    """In which tables of which server there is anything of the merchant."""
    found: dict[str, set[str]] = {name: set() for name in places}
    for name, place in places.items():
        tables = place.execute(
            """
            select distinct c.relname from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
            where c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                and a.attname = 'merchant_id' and not c.relname = any(array['moves', 'mart_marks'])
            """
        ).fetchall()
        for (table,) in tables:
            query = f"select exists (select from data.{table} where merchant_id = %s)"
            if value(place, query, merchant_id):
                found[name].add(table)
    return found


def check_moved(places: dict[str, Connection], router: Connection, merchant_id: UUID, to: str) -> None:
    """It is there and nowhere else, all is finished, and every figure is right."""
    drain(places)
    assert value(router, "select ops.shard_of(%s)", merchant_id) == to
    found = whereabouts(places, merchant_id)
    assert found.pop(to)
    assert not any(found.values()), found
    for place in places.values():
        query = "select * from ops.unfinished_moves where merchant_id = %s"
        assert place.execute(query, [merchant_id]).fetchall() == []
    assert router.execute("select * from ops.reconcile(%s)", [merchant_id]).fetchall() == []


def past_events(count: int) -> list[dict[str, Any]]:
    """Of May and June 2026: all types, several customers, products and methods."""
    types = (
        "payment_succeeded",
        "payment_succeeded",
        "payment_failed",
        "payment_refunded",
        "payment_created",
    )
    start = datetime(2026, 5, 20, tzinfo=UTC)
    return [
        event(
            event_type=types[n % 5],
            amount=100 + n,
            fee=n % 7,
            customer_id=f"c{n % 11}",
            product_id=f"p{n % 5}",
            product_name=f"Product {n % 5}",
            payment_method=("wave", "orange_money")[n % 2],
            failure_code="insufficient_funds" if types[n % 5] == "payment_failed" else None,
            occurred_at=(start + timedelta(hours=7 * n % 640)).isoformat(),
        )
        for n in range(count)
    ]


@pytest.fixture
def shop(
    router: Connection, api: Connection, places: dict[str, Connection], merchant: Callable[..., UUID]
) -> UUID:
    """A merchant of server s0 with a bit of everything."""
    shop = merchant("s0")
    send(api, shop, past_events(300))
    value(
        api,
        "select api.create_api_key(%s, 'abcdefgh', %s, array['events:write'], 'till', null, 'ada')",
        shop,
        b"x" * 32,
    )
    value(api, "select api.revoke_api_key(%s, 'abcdefgh', 'ada')", shop)
    value(api, "select api.create_api_key(%s, 'ijklmnop', %s)", shop, b"y" * 32)
    endpoint = value(router, "select 'we_' || repeat('A', 22) || '_' || repeat('B', 12)")
    value(api, "select api.create_webhook_endpoint(%s, %s, %s, 'shop', 'ada')", shop, endpoint, b"z" * 32)
    value(router, "select ops.limit_merchant(%s, 7, 70, 3)", shop)
    drain(places)
    value(router, "select ops.forget_customer(%s, 'c3')", shop)
    return shop


# --- what moves ----------------------------------------------------------------------------------


def test_everything_goes_and_nothing_stays(
    cluster: TestCluster, api: Connection, router: Connection, places: dict[str, Connection], shop: UUID
) -> None:
    before = answers(api, shop)
    erasures = places["s0"].execute("select * from ops.erasures where merchant_id = %s", [shop]).fetchall()
    result = move(cluster, shop, "s1")
    assert result
    assert (result.from_server, result.to_server, result.events) == ("s0", "s1", 300)
    check_moved(places, router, shop, "s1")
    assert answers(api, shop) == before
    assert (
        places["s1"].execute("select * from ops.erasures where merchant_id = %s", [shop]).fetchall()
        == erasures
    )
    assert erasures
    assert move(cluster, shop, "s1") is None
    assert move(cluster, shop, "s0")
    check_moved(places, router, shop, "s0")
    assert value(router, "select count(*) from data.merchant_placements where merchant_id = %s", shop) == 0


def test_identities_go_along(
    cluster: TestCluster,
    api: Connection,
    places: dict[str, Connection],
    router: Connection,
    merchant: Callable[..., UUID],
) -> None:
    shop, events = merchant("s2"), [event() for _ in range(20)]
    send(api, shop, events)
    move(cluster, shop, "s3")
    query = "select body from api.ingest_events(%s, %s, true)"
    answer = value(api, query, shop, json.dumps(events))
    assert (answer["ingested"], answer["duplicates"]) == (0, 20)
    answer = value(api, query, shop, json.dumps([{**events[0], "amount": 5}]))
    assert answer["conflicts"] == 1
    check_moved(places, router, shop, "s3")


def test_figures_of_events_that_retention_has_dropped_go_along(
    cluster: TestCluster,
    api: Connection,
    router: Connection,
    places: dict[str, Connection],
    merchant: Callable[..., UUID],
) -> None:
    shop = merchant("s1")
    send(api, shop, past_events(200))
    drain(places)
    source = places["s1"]
    # as if they had been received when they occurred, and retention had condensed them since
    source.execute("set role molam_owner")
    source.execute("select internal.make_partition('2026-05-01', '2026-07-01')")
    source.execute("reset role")
    source.execute("set session_replication_role = replica")
    of_shop = "where e.merchant_id = %s"
    source.execute(f"update data.transaction_events as e set received_at = occurred_at {of_shop}", [shop])
    source.execute(
        "update data.transaction_event_keys as k set received_at = e.received_at"
        f" from data.transaction_events as e {of_shop} and k.merchant_id = e.merchant_id"
        " and k.event_id = e.event_id",
        [shop],
    )
    source.execute("set session_replication_role = origin")
    value(source, "select ops.rebuild(%s)", shop)
    source.execute("update ops.settings set value = 60 where name = 'retention_days'")
    assert "200 events condensed" in value(source, "select ops.apply_retention()")
    assert "dropped" in value(source, "select ops.apply_retention()")
    source.execute("update ops.settings set value = 0 where name = 'retention_days'")
    assert value(source, "select count(*) from data.retired_events where merchant_id = %s", shop) > 0
    send(api, shop, past_events(10))
    drain(places)
    before = answers(api, shop)
    move(cluster, shop, "s2")
    check_moved(places, router, shop, "s2")
    assert answers(api, shop) == before


@contextmanager
def sending(cluster: TestCluster, merchant_id: UUID) -> Iterator[list[str]]:
    """Two clients that send all the time, and again what was refused; gives what was acknowledged."""
    stop = threading.Event()
    acknowledged: list[str] = []

    def work() -> None:
        with psycopg.connect(cluster.router_url, autocommit=True, options="-c role=molam_api") as session:
            while not stop.is_set():
                events = [event(customer_id="c1") for _ in range(5)]
                while not send_once(session, merchant_id, events):
                    stop.wait(0.02)
                acknowledged.extend(e["transaction_id"] for e in events)
                stop.wait(0.02)

    with ThreadPoolExecutor(2) as pool:
        clients = [pool.submit(work) for _ in range(2)]
        try:
            yield acknowledged
        finally:
            stop.set()
        for client in clients:
            client.result()


def send_once(session: Connection, merchant_id: UUID, events: list[dict[str, Any]]) -> bool:
    try:
        session.execute("select * from api.ingest_events(%s, %s)", [merchant_id, json.dumps(events)])
    except psycopg.Error as error:
        if error.sqlstate not in ("ML307", "08006"):
            raise
        return False
    return True


def stored(place: Connection, merchant_id: UUID) -> list[str]:
    rows = place.execute(
        "select transaction_id from data.transaction_events where merchant_id = %s order by 1", [merchant_id]
    )
    return [row[0] for row in rows]


def test_a_merchant_goes_on_while_it_moves(
    cluster: TestCluster, router: Connection, places: dict[str, Connection], merchant: Callable[..., UUID]
) -> None:
    shop = merchant("s0")
    with sending(cluster, shop) as acknowledged:
        for to in ("s1", "s2", "s3", "s0"):
            result = move(cluster, shop, to)
            assert result
    check_moved(places, router, shop, "s0")
    assert stored(places["s0"], shop) == sorted(acknowledged)
    assert acknowledged


def test_a_partition_moves_with_those_that_are_made_meanwhile(
    cluster: TestCluster,
    api: Connection,
    router: Connection,
    places: dict[str, Connection],
    merchant: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = "select internal.partition_of(%s, cardinality(shards)) from data.placement"
    first = merchant("s2")
    partition = value(router, query, first)

    def another() -> UUID:
        while True:
            made = merchant()
            if value(router, query, made) == partition:
                return made

    shops = [first, another()]
    for shop in shops:
        send(api, shop, [event(), event()])
    original, original_remove, made, order = Move.transfer, Move.remove, [], []

    def transfer(self: Move, report: Any) -> MoveResult:
        if not made:
            made.append(another())
            assert value(router, "select ops.shard_of(%s)", made[0]) == "s3"
        order.append("transfer")
        return original(self, report)

    def remove(self: Move, report: Any) -> None:
        order.append("remove")
        return original_remove(self, report)

    monkeypatch.setattr(Move, "transfer", transfer)
    monkeypatch.setattr(Move, "remove", remove)
    results = move_partition(cluster, partition, "s3")
    # so that late calls of all are waited for at once
    assert order == ["transfer"] * 2 + ["remove"] * 2
    assert {result.merchant_id for result in results} == set(shops)
    for shop in (*shops, *made):
        check_moved(places, router, shop, "s3")
    query = "select count(*) from data.merchant_placements where merchant_id = any(%s) or is_passing"
    assert value(router, query, [*shops, *made]) == 0
    assert move_partition(cluster, partition, "s3") == []
    assert len(move_partition(cluster, partition, "s2")) == 3


# --- the pause -----------------------------------------------------------------------------------

WRITES = [
    "select * from api.ingest_events(%s, '[]')",
    "select api.create_api_key(%s, 'qrstuvwx', sha256('x'))",
    "select api.revoke_api_key(%s, 'ijklmnop')",
    "select ops.update_merchant(%s, 'Another name')",
    "select ops.limit_merchant(%s, 1, 1, 1)",
    "select ops.forget_customer(%s, 'c1')",
]


def test_in_a_pause_nothing_is_written_and_everything_is_read(
    api: Connection, router: Connection, places: dict[str, Connection], shop: UUID
) -> None:
    before = answers(api, shop)
    value(places["s0"], "select internal.freeze_merchant(%s, 60)", shop)
    for query in WRITES:
        with pytest.raises(psycopg.Error) as caught:
            router.execute(query, [shop])  # type: ignore[arg-type]
        assert caught.value.sqlstate == "ML307", query
    assert answers(api, shop) == before
    value(api, "select api.touch_api_key(%s, 'ijklmnop')", shop)
    single = api.execute(
        "select outcome from api.ingest_single_events(%s, %s)", [shop, json.dumps([event()])]
    )
    assert single.fetchall() == [("unavailable",)]
    value(places["s0"], "select internal.freeze_merchant(%s, 0)", shop)
    send(api, shop, [event()])


def test_who_wrote_before_the_pause_is_waited_for(
    cluster: TestCluster,
    router: Connection,
    places: dict[str, Connection],
    shop: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A transaction that has stored events and does not end: no pause is long enough, and nothing is lost."""
    monkeypatch.setattr(shard_moves, "_PAUSES", 2)
    monkeypatch.setattr(shard_moves, "_WRITERS_SECONDS", 0.2)
    monkeypatch.setattr(shard_moves, "_SECONDS_BETWEEN_PAUSES", 0.0)
    late = event()
    with psycopg.connect(cluster.places["s0"].url) as writer:
        writer.execute("select * from api.ingest_events(%s, %s)", [shop, json.dumps([late])])
        with pytest.raises(ShardsError, match="could not be switched"):
            move(cluster, shop, "s1")
        frozen = "select frozen_until > clock_timestamp() from data.merchants where merchant_id = %s"
        assert not value(places["s0"], frozen, shop)
        writer.commit()
    move(cluster, shop, "s1")
    check_moved(places, router, shop, "s1")
    assert late["transaction_id"] in stored(places["s1"], shop)


# --- interrupted ---------------------------------------------------------------------------------

STEPS = [
    "_begin",
    "_copy_base",
    "_copy_window",
    "_pause",
    "_catch_up_in_pause",
    "_wait_for_writers",
    "_settle",
    "transfer",
    "_compare",
    "verify",
    "remove",
    "_wait_for_late_calls",
]


class Killed(BaseException):
    """What nobody catches."""


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_an_interrupted_move_goes_on(
    step: str,
    is_before: bool,
    cluster: TestCluster,
    api: Connection,
    router: Connection,
    places: dict[str, Connection],
    shop: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = answers(api, shop)
    original = getattr(Move, step)

    def killed(*arguments: Any, **named: Any) -> Any:
        if not is_before:
            original(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Move, step, killed)
        with pytest.raises(Killed):
            move(cluster, shop, "s1")
    assert answers(api, shop) == before
    move(cluster, shop, "s1")
    check_moved(places, router, shop, "s1")
    assert answers(api, shop) == before


@pytest.mark.parametrize(
    "query", ["internal.depart", "ops.place_merchant", "internal.arrive(", "internal.remove_merchant"]
)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_move_that_ends_around_the_switch_goes_on(
    query: str,
    is_before: bool,
    cluster: TestCluster,
    api: Connection,
    router: Connection,
    places: dict[str, Connection],
    shop: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = shard_moves._End.call

    def killed(self: Any, text: Any, *arguments: object) -> Any:
        if query not in text:
            return original(self, text, *arguments)
        if not is_before:
            original(self, text, *arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shard_moves._End, "call", killed)
        with pytest.raises(Killed):
            move(cluster, shop, "s1")
    send_when_possible = [event()]
    while not send_once(api, shop, send_when_possible):
        move(cluster, shop, "s1")
    move(cluster, shop, "s1")
    check_moved(places, router, shop, "s1")
    assert send_when_possible[0]["transaction_id"] in stored(places["s1"], shop)
    assert value(router, "select ops.shard_of(%s)", shop) == "s1"


@pytest.mark.parametrize("step", ["_copy_base", "_pause", "_settle"])
def test_a_move_is_undone_by_a_move_to_where_the_merchant_is(
    step: str,
    cluster: TestCluster,
    api: Connection,
    router: Connection,
    places: dict[str, Connection],
    shop: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Move, step, killed)
        with pytest.raises(Killed):
            move(cluster, shop, "s1")
    with pytest.raises(psycopg.Error) as caught:
        move(cluster, shop, "s2")
    assert caught.value.sqlstate == "ML409"
    move(cluster, shop, "s0")
    send(api, shop, [event()])
    check_moved(places, router, shop, "s0")
    move(cluster, shop, "s2")
    check_moved(places, router, shop, "s2")


def test_wrong_figures_are_told_and_nothing_is_removed(
    cluster: TestCluster, router: Connection, places: dict[str, Connection], shop: UUID
) -> None:
    places["s0"].execute(
        "update data.merchant_daily_aggregates set revenue = revenue + 1 where merchant_id = %s", [shop]
    )
    with pytest.raises(ShardsError, match=r"nothing was removed, for .* on s0"):
        move(cluster, shop, "s1")
    assert len(stored(places["s0"], shop)) == 300
    value(places["s0"], "select ops.rebuild(%s)", shop)
    move(cluster, shop, "s1")
    check_moved(places, router, shop, "s1")


def test_one_mover_at_a_time(cluster: TestCluster, shop: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Move.transfer

    def transfer(self: Move, report: Any) -> MoveResult:
        with pytest.raises(ShardsError, match="another molam shards move"):
            move(cluster, shop, "s1")
        return original(self, report)

    monkeypatch.setattr(Move, "transfer", transfer)
    assert move(cluster, shop, "s1")


def test_the_command(cluster: TestCluster, shop: UUID, router: Connection, tmp_path: Path) -> None:
    environment = molam_environment() | {"MOLAM_SHARDS_FILE": str(write_file(cluster, tmp_path))}
    result = molam(environment, "shards", "move", "--merchant", str(shop), "--to", "s1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Moved to s1; the longest pause took ")
    again = molam(environment, "shards", "move", "--merchant", str(shop), "--to", "s1")
    assert (again.returncode, again.stdout) == (0, "Nothing to do.\n")
    partition = molam(environment, "shards", "move", "--partition", "63", "--to", "s3")
    assert (partition.returncode, partition.stdout) == (0, "Partition 63 is on s3. Merchants moved: 0.\n")
    for wrong in (["--to", "s1"], ["--to", "s1", "--partition", "1", "--merchant", str(shop)]):
        assert molam(environment, "shards", "move", *wrong).returncode == 2
    nowhere = molam(environment, "shards", "move", "--merchant", str(shop), "--to", "s9")
    assert nowhere.returncode == 1
    assert "there is no server 's9' in the file; there are s0, s1, s2, s3" in nowhere.stderr
