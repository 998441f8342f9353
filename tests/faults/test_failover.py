"""The primary is gone, and a replica takes its place: what was acknowledged, and what is there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.conftest import INSTALLATIONS, Server
from tests.db.dashboards import check_reconciled
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.lost_events import lost, send_again
from tests.faults.world import SHOPS, World, frozen, running_world
from tests.processes import wait_until
from tests.server_copies import streaming_replica

Pair = tuple[World, Server]


@pytest.fixture(params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A world, and a replica that follows its server."""
    # few connections: a commit that waits for a replica is soon in everybody's way, and clients are told
    few = {"MOLAM_POOL_MIN": "1", "MOLAM_POOL_MAX": "1", "MOLAM_POOL_TIMEOUT_SECONDS": "1"}
    with running_world(request.param, **few) as world, streaming_replica(world.server) as replica:
        yield world, replica


def test_asynchronous(pair: Pair, record_property: Callable[[str, object], None]) -> None:
    """What was acknowledged and not sent yet is lost, and nothing else; who sends again has it all."""
    world, replica = pair
    ledgers = world.open_shops(SHOPS)
    with Load(world.service_url, ledgers, "followed").at_work() as load:
        load.await_more(60)
    await_rest(world)
    wait_until(lambda: is_followed(world), "the replica has all")
    followed = [ledger.accepted().keys() for ledger in ledgers]
    with replication_stopped(world):
        with Load(world.service_url, ledgers, "not followed").at_work() as load:
            load.await_more(60)
        world.kill_machine()
    take_over(world, replica)

    await_rest(world)
    gone = [lost(world, ledger) for ledger in ledgers]
    assert any(gone)
    assert not any(which & kept for which, kept in zip(gone, followed, strict=True))
    with world.connect() as db:
        check_reconciled(db)
    record_property("acknowledged and lost with an asynchronous replica", sum(map(len, gone)))
    assert [send_again(world, ledger) for ledger in ledgers] == gone
    await_rest(world)  # they were acknowledged once before, so they are to be in the figures from the start
    with Load(world.service_url, ledgers, "afterwards").at_work() as load:
        load.await_more(30)
    await_rest(world)
    check_all(world, ledgers)


def test_synchronous(pair: Pair) -> None:
    """Nothing that was acknowledged is lost: what the replica does not have is not acknowledged."""
    world, replica = pair
    world.execute("alter system set synchronous_standby_names = '*'")
    world.execute("select pg_reload_conf()")
    is_sync = "select sync_state from pg_stat_replication"
    wait_until(lambda: world.execute(is_sync) == [("sync",)], "commits wait for the replica")
    ledgers = world.open_shops(SHOPS)
    with Load(world.service_url, ledgers, "synchronous").at_work() as load:
        load.await_more(60)
        with replication_stopped(world):
            load.wait_until(lambda: load.refusals[503] > 0)
            world.kill_machine()
        take_over(world, replica)
        load.await_more(30)
    await_rest(world)
    check_all(world, ledgers)


def is_followed(world: World) -> bool:
    query = "select replay_lsn >= pg_current_wal_insert_lsn() from pg_stat_replication"
    return world.execute(query) == [(True,)]


@contextmanager
def replication_stopped(world: World) -> Iterator[None]:
    """The primary goes on and sends nothing."""
    pids = world.execute("select pid from pg_stat_replication")
    with frozen([psutil.Process(pid) for (pid,) in pids]):
        yield


def take_over(world: World, replica: Server) -> None:
    replica.execute("select pg_promote()")
    world.move_to(replica)
    world.await_ready()
