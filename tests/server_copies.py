"""A server again on another port, with the same files."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.postgres_installations import Installation
from tests.conftest import SERVERS_FOLDER, Server
from tests.server_programs import give


@contextmanager
def files_of(original: Server) -> Iterator[Server]:
    """From the files of the server, which is stopped for it."""
    with _prepared(original) as copy:
        original.postgres.stop()
        shutil.copytree(original.folder / "data", copy.folder / "data")
        yield from _running(copy)


@contextmanager
def base_backup(original: Server, *options: str) -> Iterator[Server]:
    """From a base backup of the running server, made with further options of pg_basebackup."""
    with _prepared(original) as copy:
        address = ("--dbname", original.url("postgres"))
        target = ("--checkpoint=fast", "--pgdata", str(copy.folder / "data"))
        original.run("pg_basebackup", *target, *address, *options)
        yield from _running(copy)


@contextmanager
def streaming_replica(original: Server) -> Iterator[Server]:
    """One that goes on to follow it."""
    with base_backup(original, "--write-recovery-conf") as replica:
        yield replica


@contextmanager
def made_by(
    original: Server, make: Callable[[Server], None], installation: Installation | None = None
) -> Iterator[Server]:
    """From files that `make` puts into the folder `data` of the server that it is given, not running yet.

    Parameters: `installation`, whose programs run it, if not the original's.
    """
    with _prepared(original, installation) as copy:
        make(copy)
        yield from _running(copy)


@contextmanager
def _prepared(original: Server, installation: Installation | None = None) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="molam-tests-", dir=SERVERS_FOLDER) as folder:
        copy = Server(installation or original.installation, Path(folder))
        copy.postgres.make_data_dir()
        shutil.copy(original.folder / "password", copy.folder / "password")
        give(copy, copy.folder / "password")
        yield copy


def _running(copy: Server) -> Iterator[Server]:
    owner = copy.folder.stat()
    for path in copy.folder.rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    copy.postgres.start()
    try:
        yield copy
    finally:
        copy.postgres.stop()
