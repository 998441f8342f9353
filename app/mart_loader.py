"""Builds the materialized views of schema mart anew where their definitions changed.

A view can take long to fill, so it is built beside the one in use, with no lock that anybody waits for, and
takes its place in the transaction that also replaces the functions that read it.
"""

from pathlib import Path

import psycopg
from psycopg import sql

from app import sql_files

_IN_USE = sql.Identifier("mart")
_NEXT = sql.Identifier("mart_next")


def files(project_dir: Path) -> dict[str, Path]:
    """The file of each view, by the view's name: views/mart_<name>.sql."""
    paths = sorted((project_dir / "views").glob("mart_*.sql"))
    return {path.stem.removeprefix("mart_"): path for path in paths}


def digests(project_dir: Path) -> dict[str, str]:
    """What each view's file holds, under the name that data.code_versions knows it by."""
    return {_kind(name): sql_files.digest([path], project_dir) for name, path in files(project_dir).items()}


def build(connection: psycopg.Connection, kinds: list[str], project_dir: Path) -> None:
    """Builds these views in a schema of their own. Errors: CodeError."""
    with connection.transaction():
        _create_schema(connection, _NEXT)
        connection.execute("set local role molam_owner")
        # where the files, which name no schema, make their views
        connection.execute(sql.SQL("set local search_path = {}, pg_catalog").format(_NEXT))
        for name, path in files(project_dir).items():
            if _kind(name) in kinds:
                sql_files.run(connection, path, project_dir)


def swap(connection: psycopg.Connection, kinds: list[str], project_dir: Path) -> None:
    """Puts what `build` made in the place of what is in use, and drops what has no file any more.

    Inside the caller's transaction. Until the next refresh nobody reads the new views: what changed since
    they were built is not in them.
    """
    known = connection.execute("select kind from data.code_versions where kind like 'mart.%'").fetchall()
    dropped = {kind for (kind,) in known} - (digests(project_dir).keys() - set(kinds))
    for kind in sorted(dropped):
        view = sql.Identifier(_name(kind))
        connection.execute(sql.SQL("drop materialized view {}.{}").format(_IN_USE, view))
        connection.execute("delete from data.code_versions where kind = %s", [kind])
    if not kinds:
        return
    if not known:
        _create_schema(connection, _IN_USE)
        connection.execute("set local role molam_owner")
    for kind in kinds:
        statement = sql.SQL("alter materialized view {}.{} set schema {}")
        connection.execute(statement.format(_NEXT, sql.Identifier(_name(kind)), _IN_USE))
    connection.execute(sql.SQL("drop schema {}").format(_NEXT))
    connection.execute("insert into data.mart_marks (merchant_id) values (null)")


def _create_schema(connection: psycopg.Connection, name: sql.Identifier) -> None:
    connection.execute("set local role none")
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(name))
    connection.execute(sql.SQL("create schema {} authorization molam_owner").format(name))


def _kind(name: str) -> str:
    return f"mart.{name}"


def _name(kind: str) -> str:
    return kind.removeprefix("mart.")
