"""The `molam` command. Each subcommand is a few lines that call the modules which do the work."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

from app import deploy, event_files, event_rows, logs, operations, sql_files, supervisor, worker
from app.api_keys import new_api_key
from app.demo import load_demo
from app.local_identity import LocalIdentity
from app.local_postgres import LocalPostgres, LocalPostgresError
from app.progress import progress_bar
from app.settings import Settings, SettingsError
from app.shards import ShardsError
from app.shards_cli import shards_group
from app.status_page import print_status

SCOPES = ("events:write", "dashboard:read")

# What may go wrong without being a fault of ours: told in one line, without a traceback.
_EXPECTED = (
    LocalPostgresError,
    deploy.DeployError,
    sql_files.CodeError,
    event_rows.UnreadableFileError,
    ShardsError,
    supervisor.SupervisorError,
    psycopg.Error,
    OSError,
)

# SQLSTATEs of a database without our schemas or functions.
_NOT_MIGRATED = ("3F000", "42883", "42P01")

# Progress and notes go to stderr, results to stdout.
_notes = Console(stderr=True, markup=False, highlight=False)


class State(msgspec.Struct):
    """What all subcommands share."""

    settings: Settings
    as_json: bool


class _Commands(click.Group):
    """Turns expected errors into one line: exit code 2 for wrong settings and values, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        except _EXPECTED as error:
            if ctx.params["verbose"]:
                raise
            if isinstance(error, psycopg.Error) and error.sqlstate == "ML422":
                raise click.UsageError(_explain(error)) from error
            raise click.ClickException(_explain(error)) from error


def _explain(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        if error.sqlstate in _NOT_MIGRATED:
            return f"the database is not up to date; run `molam migrate` ({error.diag.message_primary})"
        if error.diag.message_primary:
            return ". ".join(filter(None, (error.diag.message_primary, error.diag.message_hint)))
    return str(error).strip()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings are environment variables, described in .env.example. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks and debug logs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; also after the command's name.")
@click.version_option(package_name="molam-connect")
@click.pass_context
def cli(context: click.Context, verbose: bool, as_json: bool) -> None:
    """Molam Connect: payment events in, exact figures out.

    `molam up` starts everything on this machine. The other commands work on the database of
    MOLAM_DATABASE_URL, or on the embedded server when that is unset.
    """
    settings = Settings.from_environment()
    if verbose:
        settings = msgspec.structs.replace(settings, log_level="debug")
    logs.configure(settings.log_level, settings.log_format)
    context.obj = State(settings, as_json)


def main() -> None:
    """Entry point of the console script."""
    cli(prog_name="molam")


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    def remember(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value:
            context.obj.as_json = True

    return click.option(
        "--json", is_flag=True, expose_value=False, callback=remember, help="Print one JSON object."
    )(command)


def _merchant_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--merchant", required=True, type=click.UUID, help="The merchant's id.")(command)


@contextmanager
def _database(settings: Settings) -> Generator[str]:
    """The configured database, or the embedded server, started for the command and brought up to date."""
    if settings.database_url:
        yield settings.database_url
        return
    with LocalPostgres(settings.data_dir).running() as url:
        deploy.migrate(url)
        yield url


@contextmanager
def _connection(settings: Settings) -> Generator[psycopg.Connection[Any]]:
    with (
        _database(settings) as url,
        psycopg.connect(url, autocommit=True, application_name="molam", connect_timeout=10) as connection,
    ):
        yield connection


def _print(state: State, result: dict[str, Any], text: str | Table | None = None) -> None:
    """The result of a command: JSON for machines, else a text, a table or one `name: value` a line."""
    if state.as_json:
        click.echo(msgspec.json.encode(result).decode())
    elif isinstance(text, Table):
        Console(markup=False, highlight=False).print(text)
    else:
        plain = {name: value for name, value in result.items() if not isinstance(value, dict)}
        click.echo(text or "\n".join(f"{name}: {value}" for name, value in plain.items()))


# --- running ---------------------------------------------------------------------------------------


@cli.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the embedded server.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the service (MOLAM_PORT, 8081).")
@click.option("--demo/--no-demo", default=None, help="Load demo merchants, then a live trickle of payments.")
@click.pass_obj
def up(state: State, data_dir: Path | None, port: int | None, demo: bool | None) -> None:
    """Start everything: database, service, runner, demo data.

    Runs until Ctrl-C, restarts what dies, and leaves nothing running. Demo data is the default with the
    embedded server, never with a database of your own.
    """
    settings = state.settings
    if data_dir:
        settings = msgspec.structs.replace(settings, data_dir=data_dir.expanduser().absolute())
    if port:
        settings = msgspec.structs.replace(settings, port=port)
    with_demo = settings.database_url is None if demo is None else demo
    supervisor.run(settings, with_demo=with_demo)


@cli.command()
@_json_option
@click.pass_obj
def migrate(state: State) -> None:
    """Bring the database up to date: tables, functions, views, triggers, jobs.

    Safe to run at any time and by several at once; does nothing when nothing changed.
    """
    url = state.settings.database_url
    if url:
        report = deploy.migrate(url, _notes.print, cron_database=state.settings.cron_database)
    else:
        with LocalPostgres(state.settings.data_dir).running() as url:
            report = deploy.migrate(url, _notes.print)
    for warning in report.warnings:
        _notes.print(f"warning: {warning}", style="yellow")
    is_unchanged = not report.applied and not report.reloaded
    text = "Nothing to do." if is_unchanged else f"Done; the runner is {report.runner}."
    _print(state, msgspec.to_builtins(report), text)


@cli.command()
@click.option("--with-parent", is_flag=True, hidden=True)
@click.pass_obj
def serve(state: State, with_parent: bool) -> None:
    """Run the HTTP service (MOLAM_HOST, MOLAM_PORT, MOLAM_WORKERS)."""
    from app import server  # not for the other commands: a worker would be 6 MB larger

    settings = state.settings
    if with_parent:
        supervisor.stop_with_parent()
    with _database(settings) as url:
        # The service's processes read their settings from the environment, as any other deployment's do.
        os.environ.update(supervisor.service_environment(settings, url))
        server.serve(settings)


@cli.command("worker")
@click.option("--with-parent", is_flag=True, hidden=True)
@click.pass_obj
def run_worker(state: State, with_parent: bool) -> None:
    """Run the rollup where pg_cron does not. Any number may run at once."""
    if with_parent:
        supervisor.stop_with_parent()
    with _database(state.settings) as url:
        worker.run(url)


@cli.command()
@_json_option
@click.pass_obj
def status(state: State) -> None:
    """Show how the database is doing: health, lag, jobs, partitions, changed settings, events set aside.

    The exit code says whether it could be told, not whether all is well: `health` does.
    """
    with _connection(state.settings) as connection:
        figures = operations.status(connection)
        result = {
            "database_url": state.settings.database_url or LocalPostgres(state.settings.data_dir).url(),
            "data_dir": None if state.settings.database_url else str(state.settings.data_dir),
            "postgres_version": connection.info.parameter_status("server_version"),
            "runner": operations.runner(connection),
            **{
                name: figures["health"][name]
                for name in ("pending_events", "lag_seconds", "runner_seconds_ago")
            },
            **figures,
        }
    if state.as_json:
        _print(state, result)
    else:
        print_status(Console(markup=False, highlight=False), result)


@cli.command()
@click.option("--role", type=click.Choice(["analyst", "dba", "owner"]), default="analyst", show_default=True)
@click.pass_obj
def psql(state: State, role: str) -> None:
    """Open psql on the embedded server, in the role of an analyst, a DBA or the owner."""
    if state.settings.database_url:
        raise click.ClickException("this is for the embedded server; use psql with your MOLAM_DATABASE_URL")
    postgres = LocalPostgres(state.settings.data_dir)
    with _database(state.settings) as url:
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
        given = conninfo_to_dict(url)
        environment = {variable: str(given[name]) for name, variable in names.items()}
        environment |= {"PGDATABASE": str(given["dbname"]), "PGOPTIONS": f"-c role=molam_{role}"}
        # Ctrl-C belongs to psql, where it cancels a query.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        code = subprocess.call([postgres.program("psql")], env=os.environ | environment)
    sys.exit(code)


# --- merchants and their access --------------------------------------------------------------------


cli.add_command(shards_group)


@cli.group()
def merchant() -> None:
    """Manage merchants."""


@merchant.command("create")
@click.option("--name", required=True, help="1 to 200 characters.")
@click.option("--currency", required=True, help="Default currency, ISO 4217, such as XOF.")
@click.option("--timezone", required=True, help="IANA time zone, such as Africa/Dakar.")
@click.option("--id", "merchant_id", type=click.UUID, help="Its UUID; a random one when not given.")
@_json_option
@click.pass_obj
def create_merchant(state: State, name: str, currency: str, timezone: str, merchant_id: UUID | None) -> None:
    """Create a merchant."""
    with _connection(state.settings) as connection:
        created = operations.create_merchant(connection, name, currency, timezone, merchant_id)
    _print(state, {"merchant_id": str(created)})


@cli.group()
def key() -> None:
    """Manage API keys."""


@key.command("create")
@_merchant_option
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Repeat for several.")
@click.option("--name", default="created by molam", show_default=True, help="To recognise it by.")
@_json_option
@click.pass_obj
def create_key(state: State, merchant: UUID, scopes: tuple[str, ...], name: str) -> None:
    """Create an API key. It is shown once; without --scope it may only send events."""
    new = new_api_key(merchant)
    with _connection(state.settings) as connection:
        wanted = list(scopes) or ["events:write"]
        operations.create_key(connection, merchant, new.key_id, new.secret_sha256, wanted, name)
    _print(state, {"api_key": new.text, "key_id": new.key_id})


@cli.command()
@_merchant_option
@_json_option
@click.pass_obj
def token(state: State, merchant: UUID) -> None:
    """Make a development token of an owner of a merchant, valid for 12 hours.

    Only a service on the embedded server accepts it; elsewhere your identity provider issues tokens.
    """
    settings = state.settings
    if settings.database_url or settings.jwt_issuer:
        raise click.ClickException(
            "development tokens are for the embedded server alone: "
            "they need MOLAM_DATABASE_URL and MOLAM_JWT_ISSUER unset"
        )
    with _connection(settings) as connection:
        if not operations.merchant_exists(connection, merchant):
            raise click.ClickException(f"there is no merchant {merchant}")
    text = LocalIdentity(settings.data_dir).token(merchant)
    if state.as_json:
        _print(state, {"token": text})
    else:
        click.echo(text)


# --- events and figures ----------------------------------------------------------------------------


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_merchant_option
@_json_option
@click.pass_context
def import_file(context: click.Context, file: Path, merchant: UUID) -> None:
    """Load events from a CSV (header: the event's field names) or NDJSON file.

    An interrupted import goes on where it was when you run it again. Rows that were refused (rejected or
    in conflict) are written to a file beside it, with their reasons, and make the exit code 1.
    """
    state: State = context.obj
    with (
        _database(state.settings) as url,
        progress_bar(file.name, is_quiet=state.as_json) as report,
    ):
        result = event_files.import_events(url, merchant, file, report)
    _print(state, msgspec.to_builtins(result))
    if result.conflicts or result.rejected:
        _notes.print(f"Not stored, and why: {event_files.refused_rows_path(file)}", style="yellow")
        context.exit(1)


@cli.command()
@click.option("--merchant", type=click.UUID, help="Only this merchant's figures.")
@_json_option
@click.pass_context
def reconcile(context: click.Context, merchant: UUID | None) -> None:
    """Recompute every figure from the raw events and show what differs (exit code 1 when anything does).

    One merchant at a time, each in a transaction of its own.
    """
    differences: list[operations.Difference] = []
    with (
        _connection(context.obj.settings) as connection,
        progress_bar("reconcile", unit="merchants", is_quiet=context.obj.as_json) as report,
    ):
        merchants = [merchant] if merchant else operations.merchants_with_figures(connection)
        for number, merchant_id in enumerate(merchants, 1):
            differences += operations.reconcile(connection, merchant_id)
            report(number / len(merchants), number)
    table = Table("relation", "merchant", "currency", "key", "measure", "expected", "actual")
    for difference in differences:
        table.add_row(*(str(value) for value in msgspec.structs.astuple(difference)))
    text = table if differences else "Every figure agrees with the raw events."
    _print(context.obj, {"differences": msgspec.to_builtins(differences)}, text)
    if differences:
        context.exit(1)


@cli.command()
@_merchant_option
@_json_option
@click.pass_obj
def rebuild(state: State, merchant: UUID) -> None:
    """Recreate a merchant's figures from its raw events."""
    with _connection(state.settings) as connection:
        events = operations.rebuild(connection, merchant)
    _print(state, {"merchant_id": str(merchant), "events": events}, f"Rebuilt from {events:,} events.")


@cli.command()
@_json_option
@click.pass_obj
def demo(state: State) -> None:
    """Load the demo merchants and their payments; running it again adds what is missing."""
    with _database(state.settings) as url, progress_bar("demo", is_quiet=state.as_json) as report:
        loaded = load_demo(url, report)
    _print(state, msgspec.to_builtins(loaded, str_keys=True))
