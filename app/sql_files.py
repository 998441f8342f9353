"""The files of re-creatable code: what is in them, told by a digest, and how they are run."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import psycopg

from app.patience import BUSY


class CodeError(Exception):
    """A file cannot be loaded, or something outside stands on what would be dropped."""


def digest(paths: Iterable[Path], project_dir: Path) -> str:
    """SHA-256 over names and contents, as `data.code_versions` keeps it."""
    sha256 = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        sha256.update(f"{path.relative_to(project_dir)}\0{len(content)}\0".encode())
        sha256.update(content)
    return sha256.hexdigest()


def run(connection: psycopg.Connection, path: Path, project_dir: Path) -> None:
    """Runs all statements of a file. Errors: CodeError with file and line; what BUSY names."""
    text = path.read_text()
    try:
        connection.execute(text.encode())
    except BUSY:
        raise
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = f":{text.count(chr(10), 0, int(position) - 1) + 1}" if position else ""
        raise CodeError(f"{path.relative_to(project_dir)}{line}: {error}") from error


def remember(connection: psycopg.Connection, kind: str, value: str) -> None:
    """Notes the digest of what the database runs now."""
    connection.execute(
        """
        insert into data.code_versions (kind, digest) values (%s, %s)
        on conflict (kind) do update set digest = excluded.digest, loaded_at = now()
        """,
        [kind, value],
    )
