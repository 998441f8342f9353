"""Builds the materialized views of schema mart anew where their definitions changed.

A view can take long to fill, so it is built beside the one in use, with no lock that anybody waits for, and
takes its place in the transaction that also replaces the functions that read it.
"""

from collections.abc import Callable, Generator, Set
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from app import old_code, sql_files

_IN_USE = "mart"
_NEXT = "mart_next"


class MartChange(msgspec.Struct):
    """Which views are to be built, and which of those in use they, or nothing, take the place of; by name."""

    new: list[str]
    outdated: list[str]


def files(project_dir: Path) -> dict[str, Path]:
    """The file of each view, by the view's name: views/mart_<name>.sql."""
    paths = sorted((project_dir / "views").glob("mart_*.sql"))
    return {path.stem.removeprefix("mart_"): path for path in paths}


def digests(project_dir: Path) -> dict[str, str]:
    """What each view's file holds, under the name that data.code_versions knows it by."""
    return {kind(name): sql_files.digest([path], project_dir) for name, path in files(project_dir).items()}


def kind(name: str) -> str:
    """The name of a view in data.code_versions."""
    return f"{_IN_USE}.{name}"


def find_change(changed: set[str], known: Set[str], project_dir: Path) -> MartChange:
    """Of the kinds that changed, and those that data.code_versions knows, the views that are replaced."""
    new = [name for name in files(project_dir) if kind(name) in changed]
    outdated = [name.removeprefix(kind("")) for name in sorted(changed & known) if name.startswith(kind(""))]
    return MartChange(new, outdated)


def build(
    connection: psycopg.Connection, change: MartChange, project_dir: Path, progress: Callable[[str], None]
) -> None:
    """Builds the new views in a schema of their own. Errors: CodeError."""
    if not change.new:
        return
    progress(f"build {' and '.join(map(kind, change.new))}")
    with connection.transaction():
        old_code.drop_schemas(connection, [_NEXT])
        if connection.execute("select to_regnamespace(%s)", [_IN_USE]).fetchone() == (None,):
            old_code.create_schema(connection, _IN_USE)
        old_code.create_schema(connection, _NEXT)
        # where the files, which name no schema, make their views
        connection.execute(sql.SQL("set local search_path = {}, pg_catalog").format(sql.Identifier(_NEXT)))
        for name in change.new:
            sql_files.run(connection, files(project_dir)[name], project_dir)


@contextmanager
def no_refresh(connection: psycopg.Connection, change: MartChange) -> Generator[None]:
    """Keeps the scheduled refresh away, which holds a view for as long as it takes."""
    if not change.outdated:
        yield
        return
    connection.execute("select pg_advisory_lock(hashtext('molam marts'))")
    try:
        yield
    finally:
        if not connection.closed:  # the end of the session frees it too
            connection.execute("select pg_advisory_unlock(hashtext('molam marts'))")


def exchange(connection: psycopg.Connection, change: MartChange, number: int) -> list[sql.Composable]:
    """The statements that put what `build` made in the place of what is in use, for which all others wait."""
    old = old_code.old_name(_IN_USE, number)
    if change.outdated:
        old_code.create_schema(connection, old)
    return [_move(name, _IN_USE, old) for name in change.outdated] + [
        _move(name, _NEXT, _IN_USE) for name in change.new
    ]


def _move(name: str, origin: str, target: str) -> sql.Composable:
    return sql.SQL("alter materialized view {} set schema {}").format(
        sql.Identifier(origin, name), sql.Identifier(target)
    )


def finish(connection: psycopg.Connection, change: MartChange) -> None:
    """What is left to do when the views are exchanged. Errors: CodeError.

    Until the next refresh nobody reads the new views: what changed since they were built is not in them.
    """
    if change.new:
        old_code.drop_schemas(connection, [_NEXT])
        connection.execute("insert into data.mart_marks (merchant_id) values (null)")
    for name in set(change.outdated) - set(change.new):
        connection.execute("delete from data.code_versions where kind = %s", [kind(name)])
