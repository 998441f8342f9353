"""The embedded PostgreSQL server: makes its data folder, starts, adopts and stops it.

The server listens on 127.0.0.1 alone, with a password of its own, and has no socket file: one way in for
programs, psql and graphical tools, and no limit on the length of the folder's path. It outlives the
process that started it; the next one finds it and goes on with it.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg

from app.postgres_installations import Installation, choose, find_installations

DATABASE = "molam"
_SUPERUSER = "postgres"
_START_ATTEMPTS = 5
_START_SECONDS = 300  # crash recovery after a long run may take minutes
_STOP_SECONDS = 60

# Durability settings stay as PostgreSQL has them: an acknowledged event survives a power cut.
_SETTINGS = """\
# Rewritten by molam at each start. Put your own settings into postgresql.conf, below the include.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = '256MB'
max_wal_size = '2GB'
max_worker_processes = 32
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
shared_preload_libraries = '{libraries}'
# No rate limits, unless somebody sets some (migration 0016).
molam.is_embedded = on
# For ops.slow_functions and ops.explain_api; no difference was measured.
track_functions = all
auto_explain.log_min_duration = 2147483647
"""

# Background workers need no connection, so pg_cron needs no entry in pg_hba.conf and no password.
_CRON_SETTINGS = f"""\
cron.database_name = '{DATABASE}'
cron.use_background_workers = on
cron.log_run = off
cron.log_statement = off
"""


class LocalPostgresError(Exception):
    """The embedded server cannot be used; the message says why and what to do."""


class LocalPostgres:
    """One embedded server in one data folder.

    Any number of processes may use it: each holds a shared lock from `start` to `stop`, and the last one
    to stop takes the server down.

    Parameters: `data_dir`, made when missing; `installations`, to choose from instead of this machine's.
    """

    def __init__(self, data_dir: Path, installations: Sequence[Installation] | None = None) -> None:
        self.data_dir = data_dir
        self.log_file = data_dir / "postgres" / "server.log"
        self._server_dir = data_dir / "postgres"
        self._pgdata = self._server_dir / "data"
        self._password_file = self._server_dir / "password"
        self._installations = installations
        self._users: IO[bytes] | None = None

    @contextmanager
    def running(self) -> Generator[str]:
        """Keeps the server running for a block of code and gives its superuser URL."""
        url = self.start()
        try:
            yield url
        finally:
            self.stop()

    def start(self) -> str:
        """Starts the server, or adopts the one that runs on this folder. Gives its superuser URL.

        Errors: LocalPostgresError when the folder or the programs don't allow it.
        """
        self.make_data_dir()
        try:
            with _locked(self.data_dir / "start.lock"):
                self.ensure_initialized()
                if self._users is None:
                    self._users = _open_locked(self.data_dir / "users.lock", fcntl.LOCK_SH)
                if not self.is_running():
                    self._start_server()
                self._wait_until_ready()
                self._ensure_database()
        except BaseException:
            self.stop()  # an interrupted start leaves nothing running
            raise
        return self.url()

    def stop(self) -> None:
        """Gives the server up; when no other process uses it, stops it."""
        if self._users is None:
            return
        with _locked(self.data_dir / "start.lock"):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another command still works with it and will stop it
            else:
                self._stop_server()
            self._users.close()
            self._users = None

    def is_running(self) -> bool:
        """Whether a live server works on this folder."""
        pid_file = self._pgdata / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return False
        return _is_postmaster(pid, self._pgdata)

    def url(self) -> str:
        """The superuser's URL of the server that was started last.

        Errors: LocalPostgresError when there has never been one.
        """
        port = self._last_port()
        if port is None or not self._password_file.exists():
            raise LocalPostgresError(f"{self.data_dir} holds no database yet; start it with `molam up`")
        password = self._password_file.read_text()
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"

    def program(self, name: str) -> Path:
        """The path of a PostgreSQL program, such as psql, of the data folder's version."""
        return self._installation().bin_dir / name

    def ensure_initialized(self) -> None:
        """Makes the database files when there are none.

        Errors: LocalPostgresError when the server's user can't work in the folder.
        """
        if (self._pgdata / "PG_VERSION").exists():
            self._check_owner()
            return
        unfinished = self._server_dir / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)  # of an interrupted first start
        self._password_file.write_text(secrets.token_hex(24))
        self._password_file.chmod(0o600)
        self._give_to_server_user(self._password_file)
        result = self._run(
            self._server_program("initdb"), "--pgdata", unfinished, "--username", _SUPERUSER,
            "--pwfile", self._password_file, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
        )  # fmt: skip
        if result.returncode:
            raise LocalPostgresError(f"initdb failed:\n{result.stderr.strip()}")
        with (unfinished / "postgresql.conf").open("a") as config:
            config.write("\ninclude 'molam.conf'\n# Your own settings go here.\n")
        unfinished.rename(self._pgdata)

    def make_data_dir(self) -> None:
        """Makes the data folder, which also holds the development key.

        Errors: LocalPostgresError when it can't be written or holds something else.
        """
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(self.data_dir.iterdir()) and not self._server_dir.is_dir():
                raise LocalPostgresError(
                    f"{self.data_dir} holds something else; choose an empty folder with MOLAM_DATA_DIR"
                )
            self._server_dir.mkdir(mode=0o700, exist_ok=True)
            (self.data_dir / "start.lock").touch()
        except OSError as error:
            raise LocalPostgresError(f"cannot write to the data folder: {error}") from error
        if user := self._server_user():
            # The server's user may pass through, no more: the secrets beside its folder are not its business.
            os.chown(self.data_dir, 0, user.pw_gid)
            self.data_dir.chmod(0o710)
            self._give_to_server_user(self._server_dir)
            self._check_reachable(user.pw_name)

    def _check_reachable(self, user: str) -> None:
        if self._run("test", "-w", self._server_dir).returncode:
            raise LocalPostgresError(
                f"PostgreSQL does not run as root but as user {user!r}, who cannot reach {self.data_dir}; "
                "choose a folder that others may pass through with MOLAM_DATA_DIR, such as /var/lib/molam"
            )

    def _check_owner(self) -> None:
        owner = self._pgdata.stat().st_uid
        user = self._server_user()
        if owner != (user.pw_uid if user else os.geteuid()):
            raise LocalPostgresError(
                f"{self._pgdata} belongs to user id {owner}; run as that user "
                "or choose another folder with MOLAM_DATA_DIR"
            )

    def _server_user(self) -> pwd.struct_passwd | None:
        """Who runs the server when we are root (it refuses root); None when we are not."""
        if os.geteuid() != 0:
            return None
        if self._pgdata.exists() and (owner := self._pgdata.stat().st_uid):
            return pwd.getpwuid(owner)
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise LocalPostgresError("PostgreSQL refuses to run as root; create a user 'postgres' for it")

    def _give_to_server_user(self, path: Path) -> None:
        if user := self._server_user():
            os.chown(path, user.pw_uid, user.pw_gid)

    def _installation(self) -> Installation:
        version_file = self._pgdata / "PG_VERSION"
        major = int(version_file.read_text()) if version_file.exists() else None
        installations = find_installations() if self._installations is None else self._installations
        installation = choose(installations, major)
        if installation is None:
            raise LocalPostgresError(
                f"{self.data_dir} was made by PostgreSQL {major}, which is not installed; "
                f"install it (Debian: postgresql-{major}) or choose another folder with MOLAM_DATA_DIR"
            )
        return installation

    def _server_program(self, name: str) -> Path:
        """A program that the server's user can run: a copy when the wheel is out of that user's reach."""
        installation = self._installation()
        program = installation.bin_dir / name
        if not installation.is_wheel or self._run("test", "-x", program).returncode == 0:
            return program
        copy = self._server_dir / f"postgresql-{installation.version}"
        package = installation.bin_dir.parents[1]
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for folder in (package, package.with_suffix(".libs")):  # the libraries lie beside the package
                shutil.copytree(folder, unfinished / folder.name, symlinks=True)
            unfinished.rename(copy)
        return copy / installation.bin_dir.relative_to(package.parent) / name

    def _start_server(self) -> None:
        # What a killed server leaves behind would stop the next one when its pid is in use again.
        (self._pgdata / "postmaster.pid").unlink(missing_ok=True)
        extensions = self._installation().extensions
        pg_ctl = self._server_program("pg_ctl")
        for attempt in range(_START_ATTEMPTS):
            if attempt:
                time.sleep(1)  # the last server's orphans hold its memory for a moment
                _kill_orphans(self._pgdata)
            self._write_settings(self._choose_port(), extensions)
            result = self._run(
                pg_ctl, "start", "--pgdata", self._pgdata, "--log", self.log_file, "--silent",
                "--wait", "--timeout", str(_START_SECONDS),
            )  # fmt: skip
            if result.returncode == 0:
                return
        tail = "\n".join(self.log_file.read_text(errors="replace").splitlines()[-10:])
        raise LocalPostgresError(f"PostgreSQL did not start; the end of {self.log_file}:\n{tail}")

    def _stop_server(self) -> None:
        if not self.is_running():
            return
        pg_ctl = self._server_program("pg_ctl")
        for mode in ("fast", "immediate"):
            result = self._run(
                pg_ctl, "stop", "--pgdata", self._pgdata, "--silent",
                "--mode", mode, "--wait", "--timeout", str(_STOP_SECONDS),
            )  # fmt: skip
            if result.returncode == 0 or not self.is_running():
                return
        raise LocalPostgresError(f"PostgreSQL did not stop: {result.stderr.strip()}")

    def _write_settings(self, port: int, extensions: frozenset[str]) -> None:
        settings = _SETTINGS.format(port=port, libraries=", ".join(sorted(extensions)))
        if "pg_cron" in extensions:
            settings += _CRON_SETTINGS
        path = self._pgdata / "molam.conf"
        path.write_text(settings)
        self._give_to_server_user(path)

    def _choose_port(self) -> int:
        """The last port if it is free, so that clients find the server again; else any free one."""
        for port in (self._last_port() or 0, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return probe.getsockname()[1]
        raise LocalPostgresError("there is no free TCP port on 127.0.0.1")

    def _last_port(self) -> int | None:
        path = self._pgdata / "molam.conf"
        if not path.exists():
            return None
        lines = dict(line.split(" = ", 1) for line in path.read_text().splitlines() if " = " in line)
        return int(lines["port"])

    def _wait_until_ready(self) -> None:
        """Waits for an adopted server that may still be recovering."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with self._connect_maintenance() as connection:
                    self._check_identity(connection)
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not self.is_running():
                    raise LocalPostgresError(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.2)

    def _check_identity(self, connection: psycopg.Connection) -> None:
        row = connection.execute("select current_setting('data_directory')").fetchone()
        assert row is not None
        if Path(row[0]).resolve() != self._pgdata.resolve():
            raise LocalPostgresError(f"{self.url()} is served from {row[0]}, not from {self._pgdata}")

    def _ensure_database(self) -> None:
        with self._connect_maintenance() as connection:
            query = "select 1 from pg_database where datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(f"create database {DATABASE}")

    def _connect_maintenance(self) -> psycopg.Connection:
        return psycopg.connect(self.url(), dbname="postgres", autocommit=True, connect_timeout=5)

    def _run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs a program as the server's user, without the caller's PGDATA, PGPORT, LC_ALL and the like."""
        user = self._server_user()
        return subprocess.run(
            arguments,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            umask=0o077,
            start_new_session=True,  # Ctrl-C in the terminal is ours to handle
        )


def _is_postmaster(pid: int, pgdata: Path) -> bool:
    """Whether that process is the server of that folder, not another one that got the number since."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not Path("/proc/self/cwd").exists():
        return True  # no /proc (macOS): trust the number, as PostgreSQL itself does
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == pgdata.resolve()
    except OSError:
        return False  # gone meanwhile, or a zombie


def _kill_orphans(pgdata: Path) -> None:
    """Ends what a killed server left behind and what does not notice: nothing new starts while it lives.

    Only where /proc tells whose they are, and only when their server is gone.
    """
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_server = (process / "comm").read_text() == "postgres\n"
            if is_server and (process / "cwd").readlink() == pgdata.resolve():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue  # gone meanwhile, or somebody else's


def _open_locked(path: Path, kind: int) -> IO[bytes]:
    file = path.open("ab")
    fcntl.flock(file, kind)
    return file


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Only one process at a time makes, starts or stops the server."""
    with _open_locked(path, fcntl.LOCK_EX):
        yield
