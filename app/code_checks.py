"""What is looked at before new code is in force: what stands on the old, and whether functions make sense."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from app.sql_files import CodeError

# Everything that `drop ... cascade` would take along, direct or not. Triggers on tables belong to "triggers";
# default privileges are granted again by the files.
_OUTSIDE_DEPENDENTS = """
    with recursive dropped (classid, objid, objsubid) as (
        select 'pg_namespace'::regclass::oid, oid, 0 from pg_namespace where nspname = any(%(schemas)s)
        union
        select 'pg_class'::regclass::oid, to_regclass(name), 0 from unnest(%(relations)s::text[]) as name
        union
        select d.classid, d.objid, d.objsubid
        from dropped join pg_depend d on d.refclassid = dropped.classid and d.refobjid = dropped.objid
            and dropped.objsubid in (0, d.refobjsubid)
        where d.classid <> 'pg_default_acl'::regclass
            and not ('triggers' = any(%(schemas)s) and d.classid = 'pg_trigger'::regclass)
    )
    select object.type || ' ' || object.identity
    from dropped,
        pg_identify_object(classid, objid, objsubid) as object,
        pg_identify_object_as_address(classid, objid, objsubid) as address
    where classid <> 'pg_namespace'::regclass
        and coalesce(object.schema, address.object_names[1]) <> all(%(inside)s)
    order by 1
"""


def refuse_outside_dependents(connection: psycopg.Connection, schemas: Sequence[str]) -> None:
    """Tables and other people's objects must not depend on rebuilt code: cascade would drop them silently.

    Errors: CodeError, which names them.
    """
    _refuse_dependents(connection, schemas, [], schemas)


def refuse_dependents_of_marts(connection: psycopg.Connection, names: Sequence[str]) -> None:
    """The same for materialized views, which functions read and no view. Errors: CodeError."""
    _refuse_dependents(connection, [], [f"mart.{name}" for name in names], ["mart"])


def _refuse_dependents(
    connection: psycopg.Connection, schemas: Sequence[str], relations: Sequence[str], inside: Sequence[str]
) -> None:
    parameters = {"schemas": list(schemas), "relations": list(relations), "inside": [*inside, "pg_toast"]}
    rows = connection.execute(_OUTSIDE_DEPENDENTS, parameters).fetchall()
    if rows:
        raise CodeError(
            f"rebuilding {', '.join([*schemas, *relations])} would drop what depends on it: "
            f"{'; '.join(str(row[0]) for row in rows)}. Drop or change that first"
        )


def check_functions(connection: psycopg.Connection, oids: list[int]) -> list[str]:
    """Checks what was not checked while loading; gives what plpgsql_check, where it is installed, warns of.

    Errors: CodeError.
    """
    _validate(connection, oids)
    return _check_plpgsql(connection, oids)


def _validate(connection: psycopg.Connection, oids: list[int]) -> None:
    """Runs the languages' own validators, which were off while loading."""
    functions = connection.execute(
        """
        select p.oid, p.oid::regprocedure::text, l.lanvalidator::regproc::text
        from pg_proc p join pg_language l on l.oid = p.prolang
        where p.oid = any(%s::oid[]) and p.prokind <> 'a' and l.lanvalidator <> 0
        """,
        [oids],
    ).fetchall()
    connection.execute("set local check_function_bodies = on")
    for oid, name, validator in functions:
        try:
            connection.execute(sql.SQL("select {}(%s::oid)").format(sql.SQL(validator)), [oid])
        except psycopg.Error as error:
            raise CodeError(f"{name}: {error}") from error
    connection.execute("set local check_function_bodies = off")


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
    where p.oid = any(%s::oid[]) and (t.oid is not null or p.prorettype <> 'trigger'::regtype)
    order by p.oid, f.lineno
"""


def _check_plpgsql(connection: psycopg.Connection, oids: list[int]) -> list[str]:
    """Where plpgsql_check is installed: its errors stop the load, its warnings are given back."""
    query = "select extnamespace::regnamespace::text from pg_extension where extname = 'plpgsql_check'"
    row = connection.execute(query).fetchone()
    if row is None:
        return []
    findings = connection.cursor(row_factory=dict_row).execute(
        sql.SQL(_PLPGSQL_FINDINGS).format(schema=sql.SQL(row[0])), [oids]
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
