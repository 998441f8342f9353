"""A part of a server's files on a disk of its own, which can be full."""

import errno
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Server

_CHUNK = bytes(1024 * 1024)


class SmallDisk:
    """A tmpfs in the place of one of the folders of a server's data. Only root can mount one.

    Parameters: `folder` of the data folder; `megabytes`, with room for what a new database needs.
    """

    def __init__(self, folder: str, megabytes: int) -> None:
        self._folder = folder
        self._megabytes = megabytes
        self._path = Path()

    def mount(self, server: Server, stack: ExitStack) -> None:
        """Moves the folder's files there; a skip where that is not allowed."""
        self._path = server.postgres.data_dir / "postgres" / "data" / self._folder
        server.postgres.stop()
        before = self._path.with_name(f"{self._folder}.before")
        self._path.rename(before)
        self._path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "molam-faults", str(self._path)]
        mounted = subprocess.run(command, capture_output=True, text=True)
        if mounted.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        stack.callback(subprocess.run, ["umount", str(self._path)], check=True)
        subprocess.run(["cp", "--archive", f"{before}/.", str(self._path)], check=True)
        shutil.rmtree(before)
        server.postgres.start()

    def fill(self) -> None:
        """Takes all the space that is left."""
        try:
            with self._ballast.open("ab", buffering=0) as file:
                while True:
                    file.write(_CHUNK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def free(self) -> None:
        """Gives it back."""
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return self._path / "ballast"
