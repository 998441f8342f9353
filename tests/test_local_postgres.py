"""The embedded server: makes its folder, survives, adopts, and says kindly what it cannot do."""

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psycopg
import pytest

from app.local_identity import LocalIdentity
from app.local_postgres import LocalPostgres, LocalPostgresError
from app.postgres_installations import Installation, choose, find_installations

INSTALLATIONS = find_installations()
WHEEL = next(i for i in INSTALLATIONS if i.is_wheel)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone changes users")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory(prefix="molam-tests-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def postgres(request: pytest.FixtureRequest, folder: Path) -> Iterator[LocalPostgres]:
    server = LocalPostgres(folder / "data", [request.param])
    yield server
    server.stop()


@pytest.fixture
def wheel(folder: Path) -> Iterator[LocalPostgres]:
    server = LocalPostgres(folder / "data", [WHEEL])
    yield server
    server.stop()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def postmaster(server: LocalPostgres) -> int:
    return int((server.data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def kill_postmaster(server: LocalPostgres) -> None:
    os.kill(postmaster(server), signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)


# --- a life ----------------------------------------------------------------------------------------


def test_data_survives_stop_and_start(postgres: LocalPostgres) -> None:
    with postgres.running() as url:
        execute(url, "create table kept as select 42 as answer")
    assert not postgres.is_running()
    with postgres.running() as again:
        assert again == url
        assert ask(again, "select answer from kept") == 42


def test_it_is_durable_and_reached_by_password_on_this_machine_alone(postgres: LocalPostgres) -> None:
    with postgres.running() as url:
        for setting, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "server_encoding": "UTF8",
        }.items():
            assert ask(url, f"show {setting}") == value
        wrong = psycopg.conninfo.make_conninfo(url, password="guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_files_are_private(wheel: LocalPostgres) -> None:
    wheel.start()
    LocalIdentity(wheel.data_dir)
    server_dir = wheel.data_dir / "postgres"
    assert server_dir.stat().st_mode & 0o777 == 0o700
    assert wheel.data_dir.stat().st_mode & 0o007 == 0
    for name in ("postgres/password", "signing_key.pem"):
        assert (wheel.data_dir / name).stat().st_mode & 0o777 == 0o600


def test_a_killed_server_starts_again_where_clients_look_for_it(postgres: LocalPostgres) -> None:
    url = postgres.start()
    execute(url, "create table kept as select 42 as answer")
    kill_postmaster(postgres)
    assert postgres.start() == url
    assert ask(url, "select answer from kept") == 42


def test_orphans_of_a_killed_server_that_do_not_notice_are_ended(postgres: LocalPostgres) -> None:
    url = postgres.start()
    with psycopg.connect(url) as session:
        os.kill(session.info.backend_pid, signal.SIGSTOP)
        kill_postmaster(postgres)
        assert postgres.start() == url
    assert ask(url, "select 1") == 1


def test_the_last_user_stops_the_server(wheel: LocalPostgres) -> None:
    url = wheel.start()
    other = LocalPostgres(wheel.data_dir, [WHEEL])
    assert other.start() == url
    wheel.stop()
    assert ask(url, "select 1") == 1
    other.stop()
    assert not other.is_running()


def test_two_first_starts_at_once(wheel: LocalPostgres) -> None:
    other = LocalPostgres(wheel.data_dir, [WHEEL])
    with ThreadPoolExecutor() as pool:
        urls = list(pool.map(LocalPostgres.start, (wheel, other)))
    assert urls[0] == urls[1]
    other.stop()


# --- what is left behind by accidents --------------------------------------------------------------


def test_a_pid_file_whose_number_is_another_process_now(wheel: LocalPostgres) -> None:
    wheel.start()
    kill_postmaster(wheel)
    pid_file = wheel.data_dir / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not wheel.is_running()
    assert ask(wheel.start(), "select 1") == 1


def test_an_interrupted_first_start(wheel: LocalPostgres) -> None:
    (wheel.data_dir / "postgres" / "data.new" / "base").mkdir(parents=True)
    assert ask(wheel.start(), "select 1") == 1


def test_another_port_when_the_last_one_is_taken(wheel: LocalPostgres) -> None:
    with wheel.running() as url:
        port = psycopg.conninfo.conninfo_to_dict(url)["port"]
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", int(str(port))))
        thief.listen()
        with wheel.running() as other:
            assert other != url
            assert ask(other, "select 1") == 1


def test_own_settings_win(wheel: LocalPostgres) -> None:
    with wheel.running():
        pass
    with (wheel.data_dir / "postgres" / "data" / "postgresql.conf").open("a") as config:
        config.write("work_mem = '7MB'\nmax_connections = 33\n")
    with wheel.running() as url:
        assert (ask(url, "show work_mem"), ask(url, "show max_connections")) == ("7MB", "33")


def test_a_server_that_cannot_start_shows_its_log(wheel: LocalPostgres) -> None:
    with wheel.running():
        pass
    with (wheel.data_dir / "postgres" / "data" / "postgresql.conf").open("a") as config:
        config.write("work_mem = 'plenty'\n")
    with pytest.raises(LocalPostgresError, match='invalid value for parameter "work_mem"'):
        wheel.start()


# --- folders and users -----------------------------------------------------------------------------


def test_a_folder_with_other_things_is_left_alone(folder: Path) -> None:
    (folder / "thesis.txt").write_text("precious")
    mode = folder.stat().st_mode
    with pytest.raises(LocalPostgresError, match="holds something else"):
        LocalPostgres(folder).start()
    assert folder.stat().st_mode == mode


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(LocalPostgresError, match="cannot write to the data folder"):
        LocalPostgres(folder / "file" / "data").start()


def test_a_version_that_is_not_installed(wheel: LocalPostgres) -> None:
    pgdata = wheel.data_dir / "postgres" / "data"
    pgdata.mkdir(parents=True)
    (pgdata / "PG_VERSION").write_text("9\n")
    shutil.chown(pgdata, "nobody") if os.geteuid() == 0 else None
    with pytest.raises(LocalPostgresError, match="was made by PostgreSQL 9, which is not installed"):
        wheel.start()


@as_root
def test_root_is_told_of_a_folder_out_of_the_servers_reach(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(LocalPostgresError, match="cannot reach"):
        LocalPostgres(folder / "deep" / "data").start()
    assert folder.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_out_of_the_servers_reach_are_copied(folder: Path) -> None:
    hidden = folder / "hidden"
    package = WHEEL.bin_dir.parents[1]
    for part in (package, package.with_suffix(".libs")):
        shutil.copytree(part, hidden / part.name, symlinks=True)
    hidden.chmod(0o700)
    bin_dir = hidden / WHEEL.bin_dir.relative_to(package.parent)
    installation = msgspec.structs.replace(WHEEL, bin_dir=bin_dir)
    with LocalPostgres(folder / "data", [installation]).running() as url:
        assert ask(url, "select 1") == 1


# --- which installation ----------------------------------------------------------------------------


def installation(version: str, *, is_wheel: bool = False, pg_cron: bool = False) -> Installation:
    return Installation(Path(version), version, is_wheel, frozenset({"pg_cron"} if pg_cron else ()))


@pytest.mark.parametrize(
    ("installed", "major", "chosen"),
    [
        ([installation("18.6", is_wheel=True), installation("15.1", pg_cron=True)], None, "15.1"),
        ([installation("18.6", is_wheel=True), installation("15.1")], None, "18.6"),
        ([installation("18.6", is_wheel=True), installation("18.2", pg_cron=True)], 18, "18.2"),
        ([installation("18.6", is_wheel=True), installation("16.1", pg_cron=True)], 18, "18.6"),
        ([installation("18.6", is_wheel=True), installation("15.1")], 15, "15.1"),
        ([installation("15.1", pg_cron=True), installation("17.1", pg_cron=True)], None, "17.1"),
        ([installation("18.6", is_wheel=True)], 15, None),
    ],
)
def test_pg_cron_first_then_the_wheel_and_never_another_major(
    installed: list[Installation], major: int | None, chosen: str | None
) -> None:
    found = choose(installed, major)
    assert (found.version if found else None) == chosen
