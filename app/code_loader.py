"""Replaces the database's re-creatable code (sql/, views/, triggers/) in one transaction when it changed.

Building the schemas anew is the only way in which a file says all: `create or replace` cannot change a
result type, rename a parameter or drop what a file no longer holds. They are built while the old ones are in
use and take over their names, for which nobody has to wait. What others do wait for, the tables of triggers
and the materialized views, comes last and takes milliseconds.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec
import psycopg
from psycopg import sql

from app import code_checks, mart_loader, old_code, patience, sql_files
from app.sql_files import CodeError

Kind = Literal["code", "triggers"]

_FOLDERS: dict[Kind, tuple[str, ...]] = {"code": ("sql", "views"), "triggers": ("triggers",)}
# On a router last, for it puts other functions in the place of some.
_ROUTER_FOLDER = "deploy/shards/router"
_SCHEMAS: dict[Kind, tuple[str, ...]] = {
    "code": ("api", "internal", "rollup", "analytics", "ops", "shard"),
    "triggers": ("triggers",),
}

# An automatic vacuum gives up a table when somebody has waited for it so long; only a superuser may be quick.
_SEND_AUTOVACUUM_AWAY = """
    select set_config('deadlock_timeout', '20ms', true)
    from pg_roles where rolname = current_user and rolsuper
"""


class LoadReport(msgspec.Struct):
    """What was rebuilt; what plpgsql_check warns of, and what could not be dropped yet."""

    reloaded: list[str]
    warnings: list[str]


class _Change(msgspec.Struct):
    """What the files have otherwise than the database, and the digests of that."""

    is_router: bool
    kinds: list[Kind]
    marts: mart_loader.MartChange
    digests: dict[str, str]


def code_digest(kind: Kind, project_dir: Path, *, is_router: bool = False) -> str:
    """What the files of a kind hold, as `data.code_versions` keeps it."""
    return sql_files.digest(_files(kind, project_dir, is_router), project_dir)


def digests(project_dir: Path, *, is_router: bool = False) -> dict[str, str]:
    """What a database runs that has all this folder's code, as `data.code_versions` keeps it."""
    code = {str(kind): code_digest(kind, project_dir, is_router=is_router) for kind in _FOLDERS}
    return code | mart_loader.digests(project_dir)


def load(connection: psycopg.Connection, project_dir: Path, progress: Callable[[str], None]) -> LoadReport:
    """Rebuilds the kinds whose files changed, all in one transaction; nothing when none did.

    Errors: CodeError, with file and line where there is one; nothing has changed then.
    """
    change = _find_change(connection, project_dir)
    warnings: list[str] = []
    if change.kinds:
        mart_loader.build(connection, change.marts, project_dir, progress)
        with mart_loader.no_refresh(connection, change.marts):
            warnings += _bring_in(connection, change, project_dir, progress)
    warnings += old_code.drop(connection, progress)
    return LoadReport(list(change.digests), warnings)


def _find_change(connection: psycopg.Connection, project_dir: Path) -> _Change:
    is_router = _is_router(connection)
    wanted = digests(project_dir, is_router=is_router)
    known = dict(connection.execute("select kind, digest from data.code_versions").fetchall())
    changed = {kind for kind in known | wanted if known.get(kind) != wanted.get(kind)}
    # functions read the materialized views: with one of those they change, too
    kinds: list[Kind] = [
        kind for kind in _FOLDERS if kind in changed or (kind == "code" and changed - _FOLDERS.keys())
    ]
    marts = mart_loader.find_change(changed, known.keys(), project_dir)
    new_marts = [mart_loader.kind(name) for name in marts.new]
    return _Change(is_router, kinds, marts, {kind: wanted[kind] for kind in (*kinds, *new_marts)})


def _bring_in(
    connection: psycopg.Connection, change: _Change, project_dir: Path, progress: Callable[[str], None]
) -> list[str]:
    def rebuild() -> list[str]:
        progress(f"rebuild {' and '.join(change.kinds)}")
        with connection.transaction():
            return _replace(connection, change, project_dir)

    try:
        return patience.keep_trying(rebuild, progress)
    except patience.BUSY as error:
        raise CodeError(f"the database is too busy for a rebuild; try again later: {error}") from error


def _replace(connection: psycopg.Connection, change: _Change, project_dir: Path) -> list[str]:
    """The whole change, inside the caller's transaction; gives plpgsql_check's warnings."""
    connection.execute(_SEND_AUTOVACUUM_AWAY)
    connection.execute("set local role molam_owner")
    connection.execute("set local client_min_messages = warning")
    connection.execute(f"set local lock_timeout = '{patience.LONGEST_WAIT}'")
    # The order of the files need not follow who calls whom; the bodies are checked at the end.
    connection.execute("set local check_function_bodies = off")
    number = old_code.next_number(connection)
    for kind in change.kinds:
        code_checks.refuse_outside_dependents(connection, _SCHEMAS[kind])
    if "code" in change.kinds:
        _rebuild(connection, "code", number, _files("code", project_dir, change.is_router), project_dir)
    code_checks.refuse_dependents_of_marts(connection, change.marts.outdated)
    warnings = _check(connection, change, are_last=False)
    # From here on others wait.
    _take_locks(connection, change, number)
    mart_loader.finish(connection, change.marts)
    if "triggers" in change.kinds:
        _rebuild(connection, "triggers", number, _files("triggers", project_dir), project_dir)
        old_code.disable_triggers(connection, number)
    warnings += _check(connection, change, are_last=True)
    for kind, digest in change.digests.items():
        sql_files.remember(connection, kind, digest)
    return warnings


def _rebuild(
    connection: psycopg.Connection, kind: Kind, number: int, files: Iterable[Path], project_dir: Path
) -> None:
    for schema in _SCHEMAS[kind]:
        old_code.replace_schema(connection, schema, number)
    for path in files:
        sql_files.run(connection, path, project_dir)
    connection.execute("set local role molam_owner")  # a file may have changed it


def _is_router(connection: psycopg.Connection) -> bool:
    """Whether calls are led to other servers from here; older migrations know nothing of that."""
    if connection.execute("select to_regclass('data.shards')").fetchone() == (None,):
        return False
    return connection.execute("select from data.shards").fetchone() is not None


def _files(kind: Kind, project_dir: Path, is_router: bool = False) -> Iterable[Path]:
    folders = (*_FOLDERS[kind], _ROUTER_FOLDER) if is_router and kind == "code" else _FOLDERS[kind]
    for folder in folders:
        paths = sorted((project_dir / folder).glob("*.sql"))
        yield from (path for path in paths if not path.name.startswith("mart_"))


def _check(connection: psycopg.Connection, change: _Change, *, are_last: bool) -> list[str]:
    """Checks what was rebuilt: last those functions that are, or read, what is replaced last."""
    schemas = [*_SCHEMAS["code"], "triggers"] if "code" in change.kinds else ["triggers"]
    rows = connection.execute(
        """
        select p.oid
        from pg_proc as p
        where
            p.pronamespace::regnamespace::text = any(%(schemas)s)
            and %(are_last)s = (
                %(are_triggers_new)s and p.pronamespace::regnamespace::text = 'triggers'
                or %(are_marts_new)s and p.prosrc ~ '\\mmart\\M'
            )
        """,
        {
            "schemas": schemas,
            "are_last": are_last,
            "are_triggers_new": "triggers" in change.kinds,
            "are_marts_new": bool(change.marts.new or change.marts.outdated),
        },
    ).fetchall()
    return code_checks.check_functions(connection, [oid for (oid,) in rows])


def _take_locks(connection: psycopg.Connection, change: _Change, number: int) -> None:
    """All that others hold or want, in one statement, so that there is one limit to the wait for it."""
    statements: list[sql.Composable] = []
    if "triggers" in change.kinds:
        statements += _lock_tables_of_triggers(connection)
    statements += mart_loader.exchange(connection, change.marts, number)
    if statements:
        block = sql.SQL("begin {}; end").format(sql.SQL("; ").join(statements))
        connection.execute(f"set local statement_timeout = '{patience.LONGEST_WAIT}'")
        connection.execute(sql.SQL("do {}").format(block.as_string(connection)))
        connection.execute("set local statement_timeout to default")


def _lock_tables_of_triggers(connection: psycopg.Connection) -> list[sql.Composable]:
    """Keeps writers off, not readers; by name, which is the order of calls: key, merchant, events."""
    tables = connection.execute(
        """
        select distinct n.nspname, c.relname
        from pg_trigger t
        join pg_proc p on p.oid = t.tgfoid
        join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace
        where p.pronamespace::regnamespace::text = 'triggers' and t.tgparentid = 0
        order by n.nspname, c.relname
        """
    ).fetchall()
    if not tables:
        return []
    names = sql.SQL(", ").join(sql.Identifier(schema, name) for schema, name in tables)
    return [sql.SQL("lock table {} in share row exclusive mode").format(names)]
