"""Rebuilds the database's re-creatable code (sql/, views/, triggers/) in one transaction when it changed.

Dropping the schemas and loading the files anew is the only way in which a file says all: `create or
replace` cannot change a result type, rename a parameter or drop what a file no longer holds.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from app import mart_loader, sql_files
from app.sql_files import CodeError

Kind = Literal["code", "triggers"]

_FOLDERS: dict[Kind, tuple[str, ...]] = {"code": ("sql", "views"), "triggers": ("triggers",)}
_SCHEMAS: dict[Kind, tuple[str, ...]] = {
    "code": ("api", "internal", "rollup", "analytics", "ops"),
    "triggers": ("triggers",),
}

# A rebuild needs exclusive locks on views and on tables with triggers. While it waits, everybody queues
# behind it: so it waits briefly and tries again. Less than deadlock_timeout (1 s), so that of two who wait
# for each other it is the rebuild that gives up, never a client.
_LOCK_TIMEOUT = "500ms"
_PAUSES = (0.5, 1, 1, 2, 2, 4, 4, 8, 8)


class LoadReport(msgspec.Struct):
    """What was rebuilt, and what plpgsql_check warns of."""

    reloaded: list[str]
    warnings: list[str]


def code_digest(kind: Kind, project_dir: Path) -> str:
    """What the files of a kind hold, as `data.code_versions` keeps it."""
    return sql_files.digest(_files(kind, project_dir), project_dir)


def digests(project_dir: Path) -> dict[str, str]:
    """What a database runs that has all this folder's code, as `data.code_versions` keeps it."""
    code = {str(kind): code_digest(kind, project_dir) for kind in _FOLDERS}
    return code | mart_loader.digests(project_dir)


def load(connection: psycopg.Connection, project_dir: Path, progress: Callable[[str], None]) -> LoadReport:
    """Rebuilds the kinds whose files changed, all in one transaction; nothing when none did.

    Errors: CodeError, with file and line where there is one; nothing has changed then.
    """
    wanted = digests(project_dir)
    known = dict(connection.execute("select kind, digest from data.code_versions").fetchall())
    changed = {kind for kind in known | wanted if known.get(kind) != wanted.get(kind)}
    if not changed:
        return LoadReport([], [])
    marts = [kind for kind in mart_loader.digests(project_dir) if kind in changed]
    # code may stand on a view that is replaced
    kinds: list[Kind] = [
        kind for kind in _FOLDERS if kind in changed or (kind == "code" and changed - _FOLDERS.keys())
    ]
    if marts:
        progress(f"build {' and '.join(marts)}")
        mart_loader.build(connection, marts, project_dir)
    for pause in (*_PAUSES, None):
        progress(f"rebuild {' and '.join(kinds)}")
        try:
            with connection.transaction():
                warnings = _rebuild(connection, kinds, marts, project_dir)
                for kind in (*kinds, *marts):
                    sql_files.remember(connection, kind, wanted[kind])
            return LoadReport([*kinds, *marts], warnings)
        except sql_files.BUSY as error:
            if pause is None:
                raise CodeError(
                    f"the database is too busy for a rebuild; try again later: {error}"
                ) from error
            progress(f"locks are taken, trying again in {pause} s")
            time.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _rebuild(
    connection: psycopg.Connection, kinds: list[Kind], marts: list[str], project_dir: Path
) -> list[str]:
    """Drops and loads inside the caller's transaction; gives plpgsql_check's warnings."""
    connection.execute("set local role molam_owner")
    connection.execute("set local client_min_messages = warning")
    connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
    # The order of the files need not follow who calls whom; the bodies are checked at the end.
    connection.execute("set local check_function_bodies = off")
    _lock_tables_with_triggers(connection, kinds)
    for kind in kinds:
        _refuse_outside_dependents(connection, kind)
        for schema in _SCHEMAS[kind]:
            _empty_schema(connection, sql.Identifier(schema))
    mart_loader.swap(connection, marts, project_dir)
    connection.execute("set local role molam_owner")
    for kind in kinds:
        for path in _files(kind, project_dir):
            sql_files.run(connection, path, project_dir)
    connection.execute("set local role molam_owner")  # a file may have changed it
    _validate_bodies(connection)
    return _check_plpgsql(connection)


def _empty_schema(connection: psycopg.Connection, name: sql.Identifier) -> None:
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(name))
    # By the user of the connection: a restored or cloned database has lost the owner's right to make one.
    connection.execute("set local role none")
    connection.execute(sql.SQL("create schema {} authorization molam_owner").format(name))
    connection.execute("set local role molam_owner")


def _files(kind: Kind, project_dir: Path) -> Iterable[Path]:
    for folder in _FOLDERS[kind]:
        paths = sorted((project_dir / folder).glob("*.sql"))
        yield from (path for path in paths if not path.name.startswith("mart_"))


# Everything that `drop schema ... cascade` would take along, direct or not. Triggers on tables are part of
# the kind "triggers"; default privileges are granted again by the files.
_OUTSIDE_DEPENDENTS = """
    with recursive dropped (classid, objid, objsubid) as (
        select 'pg_namespace'::regclass::oid, oid, 0 from pg_namespace where nspname = any(%(schemas)s)
        union
        select d.classid, d.objid, d.objsubid
        from dropped join pg_depend d on d.refclassid = dropped.classid and d.refobjid = dropped.objid
            and dropped.objsubid in (0, d.refobjsubid)
        where d.classid <> 'pg_default_acl'::regclass
            and not (%(kind)s = 'triggers' and d.classid = 'pg_trigger'::regclass)
    )
    select object.type || ' ' || object.identity
    from dropped,
        pg_identify_object(classid, objid, objsubid) as object,
        pg_identify_object_as_address(classid, objid, objsubid) as address
    where classid <> 'pg_namespace'::regclass
        and coalesce(object.schema, address.object_names[1]) <> all(%(schemas)s)
    order by 1
"""


def _refuse_outside_dependents(connection: psycopg.Connection, kind: Kind) -> None:
    """Tables and other people's objects must not depend on rebuilt code: cascade would drop them silently."""
    schemas = list(_SCHEMAS[kind])
    rows = connection.execute(_OUTSIDE_DEPENDENTS, {"schemas": schemas, "kind": kind}).fetchall()
    if rows:
        raise CodeError(
            f"rebuilding {', '.join(schemas)} would drop what depends on it: "
            f"{'; '.join(str(row[0]) for row in rows)}. Drop or change that first"
        )


def _lock_tables_with_triggers(connection: psycopg.Connection, kinds: list[Kind]) -> None:
    """Before anything else, and by name, which is the order of calls: key, merchant, events."""
    tables = connection.execute(
        """
        select distinct n.nspname, c.relname
        from pg_trigger t
        join pg_proc p on p.oid = t.tgfoid
        join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace
        where p.pronamespace::regnamespace::text = any(%s) and t.tgparentid = 0
        order by n.nspname, c.relname
        """,
        [[schema for kind in kinds for schema in _SCHEMAS[kind]]],
    ).fetchall()
    if tables:
        names = sql.SQL(", ").join(sql.Identifier(schema, name) for schema, name in tables)
        connection.execute(sql.SQL("lock table {} in access exclusive mode").format(names))


def _our_schemas() -> list[str]:
    return [schema for schemas in _SCHEMAS.values() for schema in schemas]


def _validate_bodies(connection: psycopg.Connection) -> None:
    """Runs the languages' own validators, which were off while loading."""
    functions = connection.execute(
        """
        select p.oid, p.oid::regprocedure::text, l.lanvalidator::regproc::text
        from pg_proc p join pg_language l on l.oid = p.prolang
        where p.pronamespace::regnamespace::text = any(%s) and l.lanvalidator <> 0
        """,
        [_our_schemas()],
    ).fetchall()
    connection.execute("set local check_function_bodies = on")
    for oid, name, validator in functions:
        try:
            connection.execute(sql.SQL("select {}(%s::oid)").format(sql.SQL(validator)), [oid])
        except psycopg.Error as error:
            raise CodeError(f"{name}: {error}") from error


# One row per function, and per table for a trigger function, with all that plpgsql_check finds in it.
_PLPGSQL_FINDINGS = """
    select p.oid::regprocedure::text as function_name, f.lineno, f.level, f.message, f.detail, f.hint
    from pg_proc p
    join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join pg_trigger t on t.tgfoid = p.oid and t.tgparentid = 0 and not t.tgisinternal
    cross join lateral {schema}.plpgsql_check_function_tb(
        funcoid => p.oid, relid => coalesce(t.tgrelid, 0), fatal_errors => false,
        extra_warnings => true, security_warnings => true,
        oldtable => t.tgoldtable, newtable => t.tgnewtable
    ) as f
    where p.pronamespace::regnamespace::text = any(%s)
        and (t.oid is not null or p.prorettype <> 'trigger'::regtype)
    order by p.oid, f.lineno
"""


def _check_plpgsql(connection: psycopg.Connection) -> list[str]:
    """Where plpgsql_check is installed: its errors stop the load, its warnings are given back."""
    query = "select extnamespace::regnamespace::text from pg_extension where extname = 'plpgsql_check'"
    row = connection.execute(query).fetchone()
    if row is None:
        return []
    findings = connection.cursor(row_factory=dict_row).execute(
        sql.SQL(_PLPGSQL_FINDINGS).format(schema=sql.SQL(row[0])), [_our_schemas()]
    )
    errors: list[str] = []
    warnings: list[str] = []
    for finding in findings:
        (errors if finding["level"] == "error" else warnings).append(_describe(finding))
    if errors:
        raise CodeError("plpgsql_check found errors:\n" + "\n".join(errors))
    return warnings


def _describe(finding: dict[str, Any]) -> str:
    parts = [finding[key] for key in ("message", "detail", "hint") if finding[key]]
    return f"{finding['function_name']} line {finding['lineno']}: {finding['level']}: {'; '.join(parts)}"
