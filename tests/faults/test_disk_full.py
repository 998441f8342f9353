"""The disk is full, of data or of WAL: events are refused for the moment, until space returns."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.conftest import INSTALLATIONS
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.small_disk import SmallDisk
from tests.faults.watch import Watch
from tests.faults.world import GONE, SHOPS, World, running_world

MEGABYTES = 600

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


@contextmanager
def load_beside(world: World) -> Iterator[Load]:
    """Clients at work; in the end everything holds."""
    load = Load(world.service_url, world.open_shops(SHOPS), "disk full")
    watch = Watch(world)
    with watch.watching():
        with load.at_work():
            load.await_more(20)
            yield load
            load.await_more(40)
        await_rest(world)
    assert watch.violations == []
    check_all(world, load.ledgers)


def test_data() -> None:
    disk = SmallDisk("base", MEGABYTES)
    with running_world(INSTALLATIONS[0], disk.mount) as world, load_beside(world) as load:
        disk.fill()
        load.wait_until(lambda: load.refusals[503] > 20)
        disk.free()


def test_wal() -> None:
    """The server goes down; its operator starts it again when there is space."""
    disk = SmallDisk("pg_wal", MEGABYTES)
    with running_world(INSTALLATIONS[0], disk.mount) as world, load_beside(world) as load:
        disk.fill()
        use_up_wal(world)
        load.wait_until(lambda: load.refusals[503] > 20)
        disk.free()
        world.start_postgres()


def use_up_wal(world: World) -> None:
    """Until no segment is left that was made ahead."""
    deadline = time.monotonic() + 60
    with suppress(*GONE), world.connect() as db:
        while time.monotonic() < deadline:
            db.execute("select pg_logical_emit_message(true, 'faults', 'more'), pg_switch_wal()")
        raise AssertionError("the disk is full, and the server goes on")
