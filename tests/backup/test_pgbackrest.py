"""pgBackRest with deploy/backup: full and incremental backups, a point in time, and the loss of the disk."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from tests.backup.page import Page
from tests.backup.servers import check_goes_on, session, shop_server
from tests.conftest import PGBACKREST, SYSTEM, Server, missing_software
from tests.db.shop import run_once, sell
from tests.processes import wait_until
from tests.server_copies import made_by
from tests.server_programs import give, make_folder, run_beside

FOLDER = Path(__file__).parents[2] / "deploy" / "backup"
PAGE = Page("backup.md")


@dataclass
class Saved:
    """A server that is saved, its merchant, and pgBackRest's configuration."""

    server: Server
    shop: UUID
    configuration: Path

    def sell(self, name: str) -> None:
        with session(self.server) as db:
            sell(db, self.shop, name)

    def run(self, command: str, beside: Server | None = None) -> str:
        """A command of pgBackRest's, as the server's user."""
        program, *arguments = shlex.split(command)
        assert program == "pgbackrest"
        assert PGBACKREST
        password = (self.server.folder / "password").read_text()
        return run_beside(
            beside or self.server,
            [PGBACKREST, f"--config={self.configuration}", *arguments],
            PGPASSWORD=password,
        )

    def await_archive(self) -> None:
        """Waits until all that is committed now is in the repository."""
        with session(self.server) as db:
            segment = db.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
            query = "select last_archived_wal >= %s from pg_stat_archiver"
            wait_until(lambda: db.execute(query, segment).fetchone() == (True,), "it is archived", 60)


@pytest.fixture(scope="module")
def saved() -> Iterator[Saved]:
    if not PGBACKREST or not SYSTEM:
        pytest.skip("; ".join(missing_software()))
    if SYSTEM.major > 15:
        pytest.skip(f"Debian's pgBackRest of this version is not tried with PostgreSQL {SYSTEM.major}")
    with shop_server(SYSTEM, settings()) as (server, shop):
        for name in ("repository", "log", "lock", "spool"):
            make_folder(server, name)
        configuration = server.folder / "pgbackrest.conf"
        configuration.write_text(configure(server))
        give(server, configuration)
        yield Saved(server, shop, configuration)


def settings() -> str:
    """archiving.conf, with the configuration that lies in the server's folder."""
    text = (FOLDER / "archiving.conf").read_text()
    command = "pgbackrest --stanza=molam archive-push"
    assert command in text
    here = command.replace("pgbackrest", f"{PGBACKREST} --config={{folder}}/pgbackrest.conf")
    return text.replace(command, here) + "unix_socket_directories = '{folder}'\n"


def configure(server: Server) -> str:
    """pgbackrest.conf, with the paths and the port of this server."""
    folder = server.folder
    text = (FOLDER / "pgbackrest.conf").read_text()
    for name, path in {
        "/var/lib/pgbackrest": folder / "repository",
        "/var/lib/postgresql/15/main": folder / "data",
    }.items():
        assert name in text
        text = text.replace(name, str(path))
    port = server.url("postgres").split(":")[-1].split("/")[0]
    text += f"pg1-port={port}\npg1-socket-path={folder}\npg1-user=postgres\n"
    # the system's own are the user postgres's
    paths = "".join(f"{name}-path={folder}/{name}\n" for name in ("log", "lock", "spool"))
    return text.replace("[global]\n", f"[global]\n{paths}", 1)


def test_restores(saved: Saved) -> None:
    """One after the other, for each needs what was before."""
    saved.run(PAGE.command("pgbackrest --stanza=molam stanza-create"))
    saved.run(PAGE.command("pgbackrest --stanza=molam check"))
    full, incremental, verify = scheduled_commands()
    saved.run(full)
    saved.sell("after the full backup")
    saved.run(incremental)
    saved.run(verify)
    kinds = saved.run(PAGE.command("pgbackrest --stanza=molam info"))
    assert "full backup" in kinds
    assert "incr backup" in kinds

    saved.sell("before the mistake")
    with session(saved.server) as db:
        moment = db.execute("select clock_timestamp()::text").fetchone()[0]
        run_once(db)
        sell(db, saved.shop, "after it")
    saved.await_archive()
    before = {"aggregated", "waiting", "after the full backup", "before the mistake"}

    with elsewhere(saved, moment) as server:
        check_goes_on(server, saved.shop, before)
    lose_the_disk(saved.server)
    saved.run(PAGE.command("pgbackrest --stanza=molam restore"))
    saved.server.postgres.start()
    await_recovery(saved.server)
    check_goes_on(saved.server, saved.shop, before | {"after it"})
    saved.run(full)  # backups go on


def scheduled_commands() -> list[str]:
    """Of the cron file: full, incremental, verify."""
    lines = (FOLDER / "pgbackrest.cron").read_text().splitlines()
    return [line.split("postgres ", 1)[1] for line in lines if not line.startswith("#")]


@contextmanager
def elsewhere(saved: Saved, moment: str) -> Iterator[Server]:
    """The server as it was at the moment, beside the one that goes on."""

    def restore(copy: Server) -> None:
        command = PAGE.command(
            'pgbackrest --stanza=molam --type=time --target="MOMENT" --target-action=promote '
            "--archive-mode=off --pg1-path=FOLDER restore",
            MOMENT=moment,
            FOLDER=make_folder(copy, "data"),
        )
        saved.run(command, beside=copy)

    with made_by(saved.server, restore) as server:
        await_recovery(server)
        yield server


def lose_the_disk(server: Server) -> None:
    server.postgres.stop()
    shutil.rmtree(server.folder / "data")
    make_folder(server, "data")


def await_recovery(server: Server) -> None:
    with session(server) as db:
        query = "select pg_is_in_recovery()"
        wait_until(lambda: db.execute(query).fetchone() == (False,), "it has recovered", 60)
