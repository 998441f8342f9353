"""A server again on another port, with the same files."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import SERVERS_FOLDER, Server


@contextmanager
def files_of(original: Server) -> Iterator[Server]:
    """From the files of the server, which is stopped for it."""
    with _prepared(original) as copy:
        original.postgres.stop()
        shutil.copytree(_folder(original) / "data", _folder(copy) / "data")
        yield from _running(copy)


@contextmanager
def base_backup(original: Server, *options: str) -> Iterator[Server]:
    """From a base backup of the running server, made with further options of pg_basebackup."""
    with _prepared(original) as copy:
        address = ("--dbname", original.url("postgres"))
        target = ("--checkpoint=fast", "--pgdata", str(_folder(copy) / "data"))
        original.run("pg_basebackup", *target, *address, *options)
        yield from _running(copy)


@contextmanager
def streaming_replica(original: Server) -> Iterator[Server]:
    """One that goes on to follow it."""
    with base_backup(original, "--write-recovery-conf") as replica:
        yield replica


@contextmanager
def _prepared(original: Server) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="molam-tests-", dir=SERVERS_FOLDER) as folder:
        copy = Server(original.installation, Path(folder))
        copy.postgres.make_data_dir()
        shutil.copy(_folder(original) / "password", _folder(copy) / "password")
        yield copy


def _running(copy: Server) -> Iterator[Server]:
    owner = _folder(copy).stat()
    for path in _folder(copy).rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    copy.postgres.start()
    try:
        yield copy
    finally:
        copy.postgres.stop()


def _folder(server: Server) -> Path:
    return server.postgres.data_dir / "postgres"
