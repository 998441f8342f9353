"""Programs that work beside a server, as the user who runs it: PostgreSQL and its tools refuse root."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conftest import PROGRAM_PATH, Server


def run_beside(server: Server, command: Sequence[str | Path], **environment: str) -> str:
    """Runs a program to its end, in the server's folder; gives what it printed, errors among it."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **_owner(server, environment)
    )
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}"
    return result.stdout


def start_beside(
    server: Server, command: Sequence[str | Path], log: Path, **environment: str
) -> subprocess.Popen[bytes]:
    """Starts a program that goes on."""
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, **_owner(server, environment))


def make_folder(server: Server, name: str) -> Path:
    """A folder beside the server's data, which belongs to its user."""
    folder = server.folder / name
    folder.mkdir(mode=0o700)
    give(server, folder)
    return folder


def give(server: Server, path: Path) -> None:
    """Makes a file or a folder the server's user's."""
    owner = server.folder.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def _owner(server: Server, environment: dict[str, str]) -> dict[str, Any]:
    """Who runs it and where, for subprocess; without the settings of PostgreSQL's clients here."""
    owner = server.folder.stat()
    user: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return {
        "cwd": server.folder,
        "env": {"PATH": PROGRAM_PATH, "LC_ALL": "C", **environment},
        "stdin": subprocess.DEVNULL,
        **(user if os.geteuid() == 0 else {}),
    }
