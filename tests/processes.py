"""`molam` as a process of its own, as people and machines run it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg


def molam_environment(database_url: str | None = None, data_dir: Path | None = None) -> dict[str, str]:
    """This process's environment with no settings of ours but these."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOLAM_")}
    if database_url:
        environment["MOLAM_DATABASE_URL"] = database_url
    if data_dir:
        environment["MOLAM_DATA_DIR"] = str(data_dir)
    return environment


def molam(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def molam_json(environment: dict[str, str], *arguments: str) -> Any:
    """Runs a command that must succeed, and reads the one object that it prints."""
    result = molam(environment, *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def start_molam(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """Starts a command that goes on."""
    return subprocess.Popen([sys.executable, "-m", "app", *arguments], env=environment)


def wait_until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Waits for something to become true; a database that is away is not true yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (psycopg.OperationalError, OSError):
            pass
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
