"""Five times as much at once as the service has connections and places to wait: 429, 503, no worse."""

from collections.abc import Iterator

import pytest

from bench.server import peak_bytes
from tests.conftest import INSTALLATIONS
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.watch import Watch
from tests.faults.world import SHOPS, World, running_world

PROCESSES, CONNECTIONS, WAITING = 2, 2, 4
CLIENTS = 5 * PROCESSES * (CONNECTIONS + WAITING)
# What the requests of all clients together may take on top; a queue without bounds takes it soon.
MORE_BYTES = 100_000_000


@pytest.fixture
def world() -> Iterator[World]:
    settings = {
        "MOLAM_POOL_MIN": "1",
        "MOLAM_POOL_MAX": str(CONNECTIONS),
        "MOLAM_POOL_MAX_WAITING": str(WAITING),
        "MOLAM_MAX_WAITING_EVENTS": str(WAITING),
        "MOLAM_POOL_TIMEOUT_SECONDS": "0.5",
    }
    with running_world(INSTALLATIONS[0], **settings) as world:
        yield world


def test_it_refuses_what_is_too_much_and_recovers(world: World) -> None:
    ledgers = world.open_shops(SHOPS)
    # so low that clients go beyond it on any machine
    world.execute("select ops.limit_merchant(%s, 5, 1000, 1)", (ledgers[0].merchant_id,))
    load = Load(world.service_url, ledgers, "overload")
    watch = Watch(world)
    processes = world.serving()
    before = [peak_bytes(process.pid) for process in processes]
    with watch.watching():
        with load.at_work(CLIENTS):
            load.await_more(2 * CLIENTS)
            with world.connect() as db, db.transaction():
                db.execute("lock table data.transaction_event_keys in access exclusive mode")
                load.wait_until(lambda: load.refusals[503] > CLIENTS)
            load.wait_until(lambda: load.refusals[429] > CLIENTS)
            load.await_more(2 * CLIENTS)
        await_rest(world)
    assert watch.violations == []
    assert world.serving() == processes
    after = [peak_bytes(process.pid) for process in processes]
    assert all(last - first < MORE_BYTES for first, last in zip(before, after, strict=True)), (before, after)
    check_all(world, ledgers)
