"""What is measured: a PostgreSQL server of its own, durable as in production, and the service on it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from app import deploy
from app.local_postgres import LocalPostgres
from app.postgres_installations import find_installations

# `molam serve` with another application than the service's, which follows as `module:function`.
SERVE = [
    sys.executable,
    "-c",
    "import sys; from app import server, settings; "
    "server.serve(settings.Settings.from_environment(), sys.argv[1])",
]


@contextmanager
def database() -> Generator[str]:
    """The URL of a migrated database on the wheel's PostgreSQL in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="molam-bench-"))
    folder.chmod(0o755)  # the server may run as another user
    wheel = [installation for installation in find_installations() if installation.is_wheel]
    try:
        with LocalPostgres(folder / "data", wheel).running() as url:
            deploy.migrate(url)
            yield url
    finally:
        shutil.rmtree(folder)


def change_settings(url: str, settings: dict[str, str]) -> None:
    """Of the whole server, those that need no restart."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings.items():
            query = sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value))
            connection.execute(query)
        connection.execute("select pg_reload_conf()")


class Service:
    """The running service with one worker process."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self.port = port

    def worker_pid(self) -> int:
        """The process that answers."""
        return _process_tree(self._pid)[-1]

    def peak_memory(self) -> list[int]:
        """The most bytes that each of its processes has held, the largest first."""
        peaks = [peak_bytes(pid) for pid in _process_tree(self._pid)]
        return sorted(peaks, reverse=True)

    def cpu_seconds(self) -> float:
        """Seconds of the processors that all its processes have used."""
        return cpu_seconds(self._pid)


@contextmanager
def service(database_url: str, application: str = "app.main:create_app") -> Generator[Service]:
    """Starts the service, or an application made of it, on a free port and stops it in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = environment(database_url) | {"MOLAM_PORT": str(port)}
    process = subprocess.Popen([*SERVE, application], env=settings)
    try:
        _wait_until_alive(f"http://127.0.0.1:{port}/healthz", process)
        yield Service(process.pid, port)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def worker(database_url: str) -> Generator[int]:
    """A running `molam worker` that has begun to look for events; its process id."""
    command = [sys.executable, "-m", "app", "worker"]
    process = subprocess.Popen(command, env=environment(database_url))
    try:
        _wait_for_runner(database_url)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_runner(database_url: str) -> None:
    query = "select exists (select from data.runners where runner like 'worker:%')"
    deadline = time.monotonic() + 30
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute(query).fetchone() != (True,):
            assert time.monotonic() < deadline, "the worker does not begin"
            time.sleep(0.1)


def environment(database_url: str) -> dict[str, str]:
    """What the product's processes are to be told."""
    return {**os.environ, "MOLAM_DATABASE_URL": database_url, "MOLAM_LOG_LEVEL": "warning"}


def _wait_until_alive(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"the service does not answer on {url}")


def _process_tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it ended a moment ago
        children = []
    return [pid, *(found for child in children for found in _process_tree(int(child)))]


def postgres_cpu_seconds(database_url: str) -> float:
    """Seconds of the processors that all processes of that server have used, on this machine."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    return cpu_seconds(int(row[0].split()[0]))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it, those that have ended among them."""
    ticks = 0
    for each in _process_tree(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended a moment ago
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_bytes(pid: int) -> int:
    """The most memory that the process has held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
