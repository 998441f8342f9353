"""`molam up`: starts all, brings back what dies, leaves nothing behind."""

import os
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from app.local_postgres import LocalPostgres
from tests.processes import molam, molam_environment, molam_json, start_molam, wait_until


class Up:
    """One `molam up` on a folder and a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = molam_environment(data_dir=folder / "data")
        self.postgres = LocalPostgres(folder / "data")
        self.start()

    def start(self, *options: str) -> None:
        self.process = start_molam(self.environment, "up", "--port", str(self.port), "--no-demo", *options)

    def is_healthy(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
            return answer.status == 200

    def wait_until_healthy(self) -> None:
        wait_until(self.is_healthy, "the service is ready", seconds=60)

    def child(self, command: str) -> psutil.Process | None:
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # zombies, too
                if command in process.cmdline():
                    return process
        return None

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to it, also when its parents are gone: it knows its folder."""
        folder = str(self.postgres.data_dir)
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            try:
                knows = process.environ().get("MOLAM_DATA_DIR") == folder
                serves = process.cwd().startswith(folder)
            except psutil.Error:
                continue
            if (knows or serves) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def postmaster(self) -> int:
        return int((self.postgres.data_dir / "postgres/data/postmaster.pid").read_text().split()[0])


@pytest.fixture
def up() -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="molam-tests-") as folder:
        Path(folder).chmod(0o755)
        up = Up(Path(folder))
        yield up
        up.process.terminate()
        up.process.wait(60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_in_order(up: Up, number: signal.Signals) -> None:
    up.wait_until_healthy()
    up.process.send_signal(number)
    assert up.process.wait(60) == 0
    assert up.processes() == []


def test_what_is_killed_comes_back(up: Up) -> None:
    up.wait_until_healthy()
    url = up.postgres.url()

    os.kill(up.postmaster(), signal.SIGKILL)
    wait_until(lambda: not up.postgres.is_running(), "PostgreSQL is gone")
    wait_until(lambda: psycopg.connect(url).close() is None, "PostgreSQL is back at the same address")
    up.wait_until_healthy()

    service = up.child("serve")
    assert service is not None
    workers = service.children()
    service.kill()
    wait_until(lambda: up.child("serve") not in (None, service), "the service is started again")
    up.wait_until_healthy()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def test_killed_itself_it_takes_its_children_along_and_is_adopted(up: Up) -> None:
    up.wait_until_healthy()
    children = psutil.Process(up.process.pid).children(recursive=True)
    postmaster = up.postmaster()
    up.process.kill()
    up.process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    assert up.postgres.is_running()
    up.start()
    up.wait_until_healthy()
    assert up.postmaster() == postmaster


def test_other_commands_use_its_server_and_leave_it_running(up: Up) -> None:
    up.wait_until_healthy()
    assert molam_json(up.environment, "status")["database_url"] == up.postgres.url()
    assert up.postgres.is_running()


def test_a_port_that_is_taken_is_told_before_anything_starts(up: Up) -> None:
    up.wait_until_healthy()
    second = molam(up.environment, "up", "--port", str(up.port))
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{up.port}" in second.stderr
    assert "--port" in second.stderr


def test_stopping_while_it_starts_leaves_nothing_behind(up: Up) -> None:
    wait_until(lambda: (up.postgres.data_dir / "postgres").exists(), "it has begun")
    up.process.send_signal(signal.SIGINT)
    try:
        up.process.wait(60)
    except subprocess.TimeoutExpired:
        pytest.fail("it does not stop")
    wait_until(lambda: not up.processes(), "what had begun has ended")
