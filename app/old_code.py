"""What becomes of code that was replaced: out of the way at once, dropped when nobody uses it any more.

A schema is renamed, which needs no lock: calls and queries that are under way find all that they need. Its
objects are dropped afterwards, for which nobody but late readers of the old views could have to wait.
"""

import time
from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from app import code_checks, patience, sql_files

# Calls end within seconds. A query of an old view may take hours: that view's lock keeps it.
_SECONDS_FOR_CALLS = 2.0
_PAUSES = (0.5, 1, 2)

_NAMES = r"^(api|internal|rollup|analytics|ops|shard|mart|triggers)_old_\d+$"


def old_name(schema: str, number: int) -> str:
    """What the schema is called once it was replaced."""
    return f"{schema}_old_{number}"


def next_number(connection: psycopg.Connection) -> int:
    """A number that no old schema has."""
    return max((int(name.rpartition("_")[2]) for name in _old_schemas(connection)), default=0) + 1


def replace_schema(connection: psycopg.Connection, name: str, number: int) -> None:
    """An empty schema of that name in the place of the one that may be there."""
    # By the user of the connection: a restored or cloned database has lost the owner's right to make one.
    connection.execute("set local role none")
    if connection.execute("select to_regnamespace(%s)", [name]).fetchone() != (None,):
        old = sql.Identifier(old_name(name, number))
        connection.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(name), old))
    create_schema(connection, name)


def create_schema(connection: psycopg.Connection, name: str) -> None:
    """An empty schema, and the owner's role in force."""
    connection.execute("set local role none")
    statement = sql.SQL("create schema {} authorization molam_owner")
    connection.execute(statement.format(sql.Identifier(name)))
    connection.execute("set local role molam_owner")


def disable_triggers(connection: psycopg.Connection, number: int) -> None:
    """Those that still call the old schema of triggers, for no file makes them any more.

    To drop one, its table must have no readers; to disable it, no writers.
    """
    for table, name in _triggers_of(connection, [old_name("triggers", number)]):
        connection.execute(sql.SQL("alter table {} disable trigger {}").format(table, name))


def drop(connection: psycopg.Connection, progress: Callable[[str], None]) -> list[str]:
    """Drops all old schemas. What is still in use is left to the next time, and told as a warning."""
    schemas = _old_schemas(connection)
    if not schemas:
        return []
    _wait_for_calls(connection)
    problem = ""
    for pause in (*_PAUSES, None):
        try:
            _drop_each(connection, schemas)
            return []
        except patience.BUSY:
            problem = "somebody is still reading from it"
        except sql_files.CodeError as error:
            problem = str(error)
            break
        if pause:
            progress(f"the new code is in force; the old one is still read, trying to drop it in {pause} s")
            time.sleep(pause)
    return [f"the next molam migrate will drop {', '.join(schemas)}: {problem}"]


def _drop_each(connection: psycopg.Connection, schemas: list[str]) -> None:
    """Each trigger alone, so that nobody who wants its table has to wait for another one's."""
    for table, name in _triggers_of(connection, schemas):
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{patience.LONGEST_WAIT}'")
            connection.execute(sql.SQL("drop trigger {} on {}").format(name, table))
    with connection.transaction():
        connection.execute("set local role molam_owner")
        connection.execute("set local client_min_messages = warning")
        connection.execute(f"set local lock_timeout = '{patience.LONGEST_WAIT}'")
        code_checks.refuse_outside_dependents(connection, schemas)
        drop_schemas(connection, schemas)


def _triggers_of(
    connection: psycopg.Connection, schemas: list[str]
) -> list[tuple[sql.Identifier, sql.Identifier]]:
    """The triggers, each behind its table, that call functions in these schemas."""
    rows = connection.execute(
        """
        select n.nspname, c.relname, t.tgname
        from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid
        join pg_namespace as s on s.oid = p.pronamespace
        join pg_class as c on c.oid = t.tgrelid
        join pg_namespace as n on n.oid = c.relnamespace
        where s.nspname = any(%s) and t.tgparentid = 0
        """,
        [schemas],
    )
    return [(sql.Identifier(schema, table), sql.Identifier(name)) for schema, table, name in rows]


def drop_schemas(connection: psycopg.Connection, schemas: Sequence[str]) -> None:
    """With all that is in them; those that there are not are left out."""
    names = sql.SQL(", ").join(map(sql.Identifier, schemas))
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(names))


def _old_schemas(connection: psycopg.Connection) -> list[str]:
    query = "select nspname from pg_namespace where nspname ~ %s order by nspname"
    return [name for (name,) in connection.execute(query, [_NAMES])]


def _wait_for_calls(connection: psycopg.Connection) -> None:
    """Waits for the transactions that are under way, but not for long ones."""
    deadline = time.monotonic() + _SECONDS_FOR_CALLS
    under_way = _transactions(connection)
    while under_way & _transactions(connection) and time.monotonic() < deadline:
        time.sleep(0.05)


def _transactions(connection: psycopg.Connection) -> set[str]:
    """Others' transactions in this database, by a name that each has to its end."""
    rows = connection.execute(
        """
        select l.virtualtransaction
        from pg_locks as l join pg_stat_activity as a using (pid)
        where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and a.datname = current_database()
            and l.pid <> pg_backend_pid()
        """
    )
    return {name for (name,) in rows}
