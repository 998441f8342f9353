"""From PostgreSQL 15 to 18, by pg_upgrade and by logical replication: docs/upgrade.md as it stands."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from app import deploy
from app.local_postgres import DATABASE
from tests.backup.page import Page
from tests.backup.servers import check_goes_on, running_server, session, shop_server
from tests.conftest import PROGRAM_PATH, SYSTEM, WHEEL, Connection, Server, missing_software
from tests.db.shop import run_once, sell
from tests.processes import wait_until
from tests.server_copies import made_by
from tests.server_programs import make_folder, run_beside

PAGE = Page("upgrade.md")
BETWEEN_VERSIONS = pytest.mark.skipif(
    SYSTEM is None or SYSTEM.major >= WHEEL.major,
    reason="; ".join(missing_software()) or "no older PostgreSQL",
)


# --- pg_upgrade --------------------------------------------------------------------------------------


@BETWEEN_VERSIONS
def test_pg_upgrade() -> None:
    assert SYSTEM
    with shop_server(SYSTEM) as (old, shop):
        with session(old) as db:
            # the wheel has no pg_cron
            db.execute(PAGE.command("drop extension if exists pg_cron;"))
        old.postgres.stop()
        run(old, PAGE.command("pg_checksums --enable --pgdata OLD_DATA", OLD_DATA=old.folder / "data"))
        with made_by(old, lambda new: upgrade(old, new), WHEEL) as new:
            with session(new, "molam_dba") as dba:
                # one event was waiting
                adopted = PAGE.command("select ops.adopt_restored_database();")
                assert dba.execute(adopted).fetchone() == (1,)
            report = deploy.migrate(new.url(DATABASE))
            assert (report.applied, report.reloaded) == ([], [])
            check_goes_on(new, shop, {"aggregated", "waiting"})


def upgrade(old: Server, new: Server) -> None:
    """As the page says, then with the configuration that the tests' servers have."""
    data = make_folder(new, "data")
    run(
        new,
        PAGE.command(
            "initdb --pgdata NEW_DATA --username postgres --encoding UTF8 --locale C --data-checksums",
            NEW_DATA=data,
        ),
        "--auth=scram-sha-256",
        f"--pwfile={new.folder / 'password'}",
    )
    command = PAGE.command(
        "pg_upgrade --old-bindir OLD_BIN --new-bindir NEW_BIN --old-datadir OLD_DATA --new-datadir NEW_DATA "
        "--username postgres --jobs 2",
        OLD_BIN=old.installation.bin_dir,
        NEW_BIN=program(new, "postgres").parent,
        OLD_DATA=old.folder / "data",
        NEW_DATA=data,
    )
    run(new, f"{command} --check", f"--socketdir={new.folder}")
    run(new, command, f"--socketdir={new.folder}")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude 'molam.conf'\n")


def run(server: Server, command: str, *options: str) -> None:
    """A program of the server's version, as its user."""
    name, *arguments = command.split()
    password = (server.folder / "password").read_text()
    run_beside(server, [program(server, name), *arguments, *options], PGPASSWORD=password)


def program(server: Server, name: str) -> Path:
    """One that the server's user can run: see LocalPostgres."""
    return server.postgres._server_program(name)  # pyright: ignore[reportPrivateUsage]


# --- logical replication -----------------------------------------------------------------------------


@pytest.fixture
def new_server() -> Iterator[Server]:
    with running_server(WHEEL) as server:
        yield server


@BETWEEN_VERSIONS
def test_logical_replication(new_server: Server) -> None:
    """Sales go on until the new server has all, then go on there."""
    assert SYSTEM
    publish, copy_schema, subscribe, count_missing, switch = PAGE.blocks("Logical replication")
    with shop_server(SYSTEM, PAGE.command("wal_level = logical") + "\n") as (old, shop):
        run_block = partial(run_in_shell, OLD=old.url(DATABASE), NEW=new_server.url(DATABASE))
        with session(old) as db:
            run_block(publish)
            run_block(copy_schema)
            sell(db, shop, "before it is copied")
            run_block(subscribe)
            sell(db, shop, "while it is copied")
            wait_until(lambda: run_block(count_missing).strip() == "0", "all tables are copied", 60)
            forgotten = change_everything(db, shop)
            sell(db, shop, "at last")
        # here service and workers stop
        run_block(switch)
        old.postgres.stop()
    assert deploy.migrate(new_server.url(DATABASE)).applied == []
    names = {"aggregated", "waiting", "before it is copied", "while it is copied", "at last", forgotten}
    check_goes_on(new_server, shop, names)
    with session(new_server) as db:
        # what counts up goes on where it was, and the materialized views are filled
        db.execute("select ops.maintain()")
        assert db.execute("select ops.refresh_marts()").fetchone() == (3,)
        assert db.execute("select name from ops.merchants").fetchall() == [("Kiosque",)]


def change_everything(db: Connection, shop: UUID) -> str:
    """Rows are changed and deleted, too; gives the name that somebody now has."""
    sell(db, shop, "to be forgotten")
    run_once(db)
    db.execute("select ops.forget_customer(%s, 'to be forgotten')", [shop])
    db.execute("select ops.update_merchant(%s, p_name => 'Kiosque')", [shop])
    db.execute("insert into data.mart_marks (merchant_id) values (%s)", [shop])
    db.execute("select ops.refresh_marts()")
    db.execute("select ops.rebuild(%s)", [shop])
    return db.execute("select pseudonym from ops.erasures").fetchone()[0]


def run_in_shell(block: str, **environment: str) -> str:
    """With the programs of the new version."""
    path = f"{WHEEL.bin_dir}:{PROGRAM_PATH}"
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
