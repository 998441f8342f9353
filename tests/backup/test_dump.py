"""deploy/backup/dump.sh and restore.sh: from one server to another, of the newest version."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.local_postgres import DATABASE
from app.postgres_installations import Installation
from tests.backup.servers import check_goes_on, running_server, session, shop_server
from tests.conftest import INSTALLATIONS, WHEEL, Server
from tests.db.shop import sell

SCRIPTS = Path(__file__).parents[2] / "deploy" / "backup"


@pytest.fixture
def other_server() -> Iterator[Server]:
    """Another cluster, in which nothing of ours has ever been."""
    with running_server(WHEEL) as server:
        yield server


def run(script: str, folder: Path, server: Server) -> subprocess.CompletedProcess[str]:
    """With the programs of the newest PostgreSQL, and our own commands."""
    path = f"{WHEEL.bin_dir}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "MOLAM_DATABASE_URL": server.url(DATABASE), "HOME": str(folder.parent)}
    command = [str(SCRIPTS / script), str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def test_from_one_server_to_another(installation: Installation, other_server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    with shop_server(installation) as (server, shop):
        server.execute("create role fatou login password 'x' in role molam_analyst")
        dumped = run("dump.sh", folder, server)
        assert dumped.returncode == 0, dumped.stderr
        assert folder.stat().st_mode & 0o077 == 0
        assert run("dump.sh", folder, server).returncode == 1  # overwrites nothing
        with session(server) as db:
            sell(db, shop, "after the dump")
    restored = run("restore.sh", folder, other_server)
    assert restored.returncode == 0, restored.stderr
    assert [line for line in restored.stderr.splitlines() if "ERROR" in line] == [
        f"psql:{folder}/roles.sql:{line_of(folder, 'CREATE ROLE postgres;')}: "
        'ERROR:  role "postgres" already exists'
    ]
    check_goes_on(other_server, shop, {"aggregated", "waiting"})
    with psycopg.connect(other_server.url(DATABASE), options="-c role=fatou") as analyst:
        assert analyst.execute("select count(*) from analytics.merchants").fetchone() == (1,)


def line_of(folder: Path, text: str) -> int:
    return (folder / "roles.sql").read_text().splitlines().index(text) + 1


def test_what_is_broken_is_not_adopted(other_server: Server, tmp_path: Path) -> None:
    """A dump that cannot be restored whole ends the script, with its reason."""
    folder = tmp_path / "dump"
    with shop_server(WHEEL) as (server, _):
        assert run("dump.sh", folder, server).returncode == 0
    biggest = max((folder / "database").glob("*.dat.gz"), key=lambda path: path.stat().st_size)
    biggest.unlink()
    restored = run("restore.sh", folder, other_server)
    assert restored.returncode != 0
    assert biggest.name.removesuffix(".gz") in restored.stderr
    assert "events aggregated" not in restored.stdout
