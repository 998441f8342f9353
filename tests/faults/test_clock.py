"""A wall clock that is an hour off: PostgreSQL's while it runs, or the service's."""

import shlex
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from app.postgres_installations import Installation
from tests.conftest import FAKETIME, INSTALLATIONS, SYSTEM
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.world import SHOPS, World, running_world

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.skipif(not FAKETIME, reason="no libfaketime (Debian: libfaketime)")


# The environment of a process whose wall clock is off; its timeouts go on as they are.
WRONG_CLOCK = {"LD_PRELOAD": str(FAKETIME), "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


# --- the service's -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_world(INSTALLATIONS[0]) as world:
        yield world


@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_of_the_service(world: World, offset: str) -> None:
    """Times are the database's: nothing changes."""
    usual = world.environment["service"]
    world.environment["service"] = usual | WRONG_CLOCK | {"FAKETIME": offset}
    world.kill_process("service")
    world.start_process("service")
    world.await_ready()
    load = Load(world.service_url, world.open_shops(SHOPS), f"service {offset}")
    with load.at_work():
        load.await_more(80)
    await_rest(world)
    check_all(world, load.ledgers)


# --- PostgreSQL's --------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Iterator[Path]:
    """A file that says how far PostgreSQL's clock is off, in a folder where the server's user may read."""
    with tempfile.TemporaryDirectory(prefix="molam-faults-") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "offset"
        file.write_text("+0")
        yield file


@pytest.fixture
def installation(clock: Path) -> Installation:
    """The system's PostgreSQL, whose server goes by that clock."""
    if SYSTEM is None:
        pytest.skip("no PostgreSQL of the system's (Debian: postgresql-15)")
    programs = clock.parent / "bin"
    programs.mkdir()
    for program in SYSTEM.bin_dir.iterdir():
        (programs / program.name).symlink_to(program)
    variables = WRONG_CLOCK | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_CACHE_DURATION": "1"}
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    pg_ctl = programs / "pg_ctl"
    pg_ctl.unlink()
    pg_ctl.write_text(f'#!/bin/sh\nexec env {environment} {SYSTEM.bin_dir / "pg_ctl"} "$@"\n')
    pg_ctl.chmod(0o755)
    return msgspec.structs.replace(SYSTEM, bin_dir=programs)


def test_of_postgresql(installation: Installation, clock: Path) -> None:
    """It leaps an hour ahead while payments come in; later it is set right, and the server started again."""
    with running_world(installation) as world:
        load = Load(world.service_url, world.open_shops(SHOPS), "postgresql")
        load.clock_ahead = HOUR
        with load.at_work():
            load.await_more(30)
            clock.write_text("+3600")
            load.wait_until(lambda: world.execute(IS_AHEAD) == [(True,)])
            load.await_more(60)
            clock.write_text("+0")
            world.kill_postgres()
            world.start_postgres()
            load.await_more(60)
        await_rest(world)
        check_all(world, load.ledgers)


IS_AHEAD = """
    select
        max(received_at) > clock_timestamp() - interval '1 minute'
        and max(received_at) > min(received_at) + interval '50 minutes'
    from data.transaction_events
"""
