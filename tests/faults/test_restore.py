"""A dump made while payments come in is all that is left: restored, adopted, completed by clients."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from app import deploy
from app.local_postgres import DATABASE
from tests.conftest import WHEEL, Server
from tests.db.dashboards import check_reconciled
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.lost_events import lost, send_again
from tests.faults.world import SHOPS, World, new_folder, running_world
from tests.processes import wait_until


@pytest.fixture
def world() -> Iterator[World]:
    with running_world(WHEEL) as world:
        yield world


@pytest.fixture
def other_server(world: World) -> Iterator[Server]:
    """Another cluster, which has our roles, the same password, and an empty database."""
    with ExitStack() as stack:
        server = Server(WHEEL, new_folder(stack))
        stack.callback(server.postgres.stop)
        server.start()
        server.execute("create database other")
        deploy.migrate(server.url("other"))
        password = conninfo_to_dict(world.url)["password"]
        server.execute(f"alter role postgres password '{password}'")
        (server.postgres.data_dir / "postgres" / "password").write_text(str(password))
        yield server


def test_dump_and_restore(
    world: World, other_server: Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    file = str(tmp_path / "dump")
    ledgers = world.open_shops(SHOPS)
    with Load(world.service_url, ledgers, "dumped").at_work() as load:
        load.await_more(60)
        before = [ledger.accepted().keys() for ledger in ledgers]
        world.server.run("pg_dump", "--format=custom", "--file", file, world.url)
        load.await_more(40)
    world.kill_machine()
    other_server.run("pg_restore", "--exit-on-error", "--dbname", other_server.url(DATABASE), file)
    world.move_to(other_server)

    # Before the operator has said that this is the database now, nothing new is counted.
    newcomers = world.open_shops(SHOPS[:1])
    with Load(world.service_url, newcomers, "restored").at_work() as load:
        wait_until(lambda: "restored from another server" in str(world.execute(TOLD)), "it is told", 60)
        world.execute("select ops.adopt_restored_database()")
        load.await_more(30)
    await_rest(world)
    gone = [lost(world, ledger) for ledger in ledgers]
    assert any(gone)
    assert not any(which & kept for which, kept in zip(gone, before, strict=True))
    with world.connect() as db:
        check_reconciled(db)
    record_property("acknowledged after the dump, and lost", sum(map(len, gone)))
    assert [send_again(world, ledger) for ledger in ledgers] == gone
    await_rest(world)  # they were acknowledged once before, so they are to be in the figures from the start
    with Load(world.service_url, ledgers, "afterwards").at_work() as load:
        load.await_more(30)
    await_rest(world)
    check_all(world, [*ledgers, *newcomers])


TOLD = "select (select reasons from ops.health), array(select last_error from ops.jobs)"
