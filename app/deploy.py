"""`molam migrate`: brings a database to the state of this folder's files, or does nothing when it is there.

The order: migrations (yoyo) for tables and roles, then the re-creatable code, then the runner's jobs; all
under one advisory lock, so that any number of replicas may try at once.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlencode

import msgspec
import psycopg
import yoyo  # pyright: ignore[reportMissingTypeStubs]
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from yoyo.exceptions import BadMigration  # pyright: ignore[reportMissingTypeStubs]

from app import code_loader, patience
from app.release import PROJECT_DIR, RELEASE, migration_names

Progress = Callable[[str], None]

_yoyo: Any = yoyo  # it has no types

_LOCK_KEY = 0x4D4F4C414D  # "MOLAM"; advisory locks are numbers
_LOCK_TIMEOUT = "60s"
# What runs outside of a transaction, such as `create index concurrently`, holds up nobody while it waits.
_LOCK_TIMEOUT_ALONE = "10s"
_OLDEST_VERSION = 15


class DeployError(Exception):
    """The database cannot be brought up to date; the message says why and what to do."""


class MigrationReport(msgspec.Struct):
    """What `migrate` did. `runner` is who aggregates from now on: pg_cron or worker."""

    applied: list[str]
    reloaded: list[str]
    warnings: list[str]
    runner: str


def migrate(
    url: str,
    progress: Progress = lambda _: None,
    project_dir: Path = PROJECT_DIR,
    cron_database: str | None = None,
) -> MigrationReport:
    """Applies what is missing.

    Parameters: `url` of a user who may create roles and schemas, not through a pooler; `progress` is told
    each step; `project_dir` holds migrations/, sql/, views/ and triggers/; `cron_database`, the database of
    that server in which pg_cron lives, where it is another one.
    Errors: DeployError, CodeError; psycopg.OperationalError when the database is away.
    """
    with psycopg.connect(url, autocommit=True, application_name="molam migrate") as connection:
        _check_server(connection)
        with _only_one(connection):
            applied = _apply_migrations(url, project_dir / "migrations", progress)
            _grant_database(connection)
            load = code_loader.load(connection, project_dir, progress)
            warnings = load.warnings + _create_partitions(connection)
            if cron_database in (None, connection.info.dbname):
                warnings += _ensure_pg_cron(connection)
                runner = _schedule_jobs(connection)
            else:
                runner = _schedule_jobs_elsewhere(connection, url, cron_database)
            # last, for by it services know that all before it is done
            names = migration_names(project_dir)
            connection.execute("select ops.note_release(%s, %s)", [list(RELEASE), names])
    return MigrationReport(applied, load.reloaded, warnings, runner)


def _check_server(connection: psycopg.Connection) -> None:
    if connection.info.server_version < _OLDEST_VERSION * 10_000:
        version = connection.info.parameter_status("server_version")
        raise DeployError(f"PostgreSQL {_OLDEST_VERSION} or newer is needed; this server is {version}")
    encoding = _value(connection, "show server_encoding")
    if encoding != "UTF8":
        raise DeployError(
            f"the database's encoding is {encoding}; make it anew: "
            "create database molam encoding 'UTF8' template template0"
        )


@contextmanager
def _only_one(connection: psycopg.Connection) -> Generator[None]:
    connection.execute("select set_config('lock_timeout', %s, false)", [_LOCK_TIMEOUT])
    try:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK_KEY])
    except psycopg.errors.LockNotAvailable as error:
        raise DeployError(
            f"another molam migrate has been working on this database for {_LOCK_TIMEOUT}; "
            "wait for it (pg_stat_activity, application_name 'molam migrate') and try again"
        ) from error
    connection.execute("reset lock_timeout")
    try:
        yield
    finally:
        if not connection.closed:  # the end of the session frees it too
            connection.execute("select pg_advisory_unlock(%s)", [_LOCK_KEY])


def _apply_migrations(url: str, folder: Path, progress: Progress) -> list[str]:
    """Applies the files that this database has not seen yet, each in a transaction with its mark."""
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    backend = _yoyo.get_backend("postgresql+psycopg:///?" + urlencode(_migration_parameters(url)))
    with backend:
        backend.ensure_internal_schema_updated()
        backend.break_lock()  # of a killed process: the advisory lock is ours
        migrations = _yoyo.read_migrations(str(folder))
        _refuse_newer_database(backend, {migration.hash for migration in migrations})
        try:
            pending: list[Any] = list(backend.to_apply(migrations))
        except BadMigration as error:
            raise DeployError(f"unreadable migration: {error}") from error
        for migration in pending:
            _apply(backend, migration, progress)
        if left := [migration.id for migration in backend.to_apply(migrations)]:
            raise DeployError(f"not applied, although no error was reported: {', '.join(left)}")
    return [migration.id for migration in pending]


def _migration_parameters(url: str) -> dict[str, Any]:
    """libpq's reading of the URL, of which it understands more than yoyo does."""
    given = conninfo_to_dict(url)
    options = f"{given.get('options', '')} -c lock_timeout={_LOCK_TIMEOUT_ALONE}"
    return {**given, "options": options.strip()}


def _apply(backend: Any, migration: Any, progress: Progress) -> None:
    """One migration and its mark in one transaction: killed between yoyo's two, the mark would be lost."""

    def apply() -> None:
        progress(f"migration {migration.id}")
        with backend.transaction():
            backend.execute(f"set local lock_timeout = '{patience.LONGEST_WAIT}'")
            migration.process_steps(backend, "apply")
            backend.execute("set local role none")  # files say `set local role molam_owner`
            backend.mark_one(migration)

    try:
        migration.load()
        if migration.use_transactions:
            patience.keep_trying(apply, progress)
        else:
            backend.apply_one(migration)
    except BadMigration as error:
        raise DeployError(f"unreadable migration {migration.path}: {error}") from error
    except psycopg.Error as error:
        raise DeployError(f"{migration.path}: {error}") from error


def _refuse_newer_database(backend: Any, known: set[str]) -> None:
    unknown = set(backend.get_applied_migration_hashes()) - known
    if unknown:
        raise DeployError(
            f"this database has {len(unknown)} migration(s) that this version does not know: "
            "it was migrated by a newer one; run that version"
        )


def _grant_database(connection: psycopg.Connection) -> None:
    """What migration 0001 granted on the database: a template or a dump brings the tables without it."""
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("grant create, temporary on database {} to molam_owner").format(database))


def _ensure_pg_cron(connection: psycopg.Connection) -> list[str]:
    """Creates the extension where it can run in this database; tells when somebody else must do it."""
    query = "select 1 from pg_available_extensions where name = 'pg_cron' and installed_version is null"
    if connection.execute(query).fetchone() is None:
        return []
    if not _value(connection, "select rolsuper from pg_roles where rolname = current_user"):
        return [
            "there is pg_cron; to use it here, have a superuser create the extension, then migrate, "
            "or name the database in which it lives with MOLAM_CRON_DATABASE"
        ]
    # Only a superuser may read it; the extension can live in one database of a server.
    if _value(connection, "select current_setting('cron.database_name', true) = current_database()"):
        connection.execute("create extension pg_cron")
    return []


def _create_partitions(connection: psycopg.Connection) -> list[str]:
    try:
        _value(connection, "select ops.create_partitions()")
    except psycopg.errors.LockNotAvailable:
        return ["partitions for new events are left to the runner to make: somebody is reading the events"]
    except psycopg.errors.ConnectionFailure as error:
        # a router asks all servers, each of which has a runner
        return [f"partitions for new events are left to the servers' runners to make: {error}"]
    return []


def _schedule_jobs(connection: psycopg.Connection) -> str:
    return _value(connection, "select ops.schedule_jobs()")


def _schedule_jobs_elsewhere(connection: psycopg.Connection, url: str, cron_database: str) -> str:
    """pg_cron lives in one database of a server and runs jobs in all of them."""
    with psycopg.connect(
        url, dbname=cron_database, autocommit=True, application_name="molam migrate"
    ) as cron:
        query = "select extversion from pg_extension where extname = 'pg_cron'"
        version = cron.execute(query).fetchone()
        if version is None:
            raise DeployError(f"MOLAM_CRON_DATABASE: there is no pg_cron in database {cron_database}")
        jobs = connection.execute(
            "select job, schedule, command, database from ops.remote_cron_schedule(%s, %s)",
            [*version, cron_database],
        )
        try:
            for job in jobs.fetchall():
                cron.execute("select cron.schedule_in_database(%s, %s, %s, %s)", job)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DeployError(
                f"{cron.info.user} may not schedule jobs in database {cron_database}: {error}; "
                "see deploy/managed/pg_cron.sql"
            ) from error
    return "pg_cron"


def _value(connection: psycopg.Connection, query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
