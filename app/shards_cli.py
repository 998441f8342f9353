"""`molam shards`: the commands for a router and its servers."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app import shards
from app.progress import step_bar
from app.shard_moves import Mover, MoveResult

_notes = Console(stderr=True, markup=False, highlight=False)


@click.group("shards")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    envvar="MOLAM_SHARDS_FILE",
    default="shards.toml",
    show_default=True,
    help="Describes the cluster; see deploy/shards/shards.toml.example. Also MOLAM_SHARDS_FILE.",
)
@click.pass_context
def shards_group(context: click.Context, path: Path) -> None:
    """Spread merchants over several servers, behind a router.

    The service, molam worker and the other commands then take the router for their database.
    """
    context.meta["path"] = path


def _cluster(context: click.Context) -> shards.Cluster:
    try:
        return shards.read_cluster(context.meta["path"])
    except shards.ShardsError as error:
        raise click.UsageError(str(error)) from error


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def _print(context: click.Context, as_json: bool, result: dict[str, Any], text: str | Table) -> None:
    if as_json or context.obj.as_json:
        click.echo(msgspec.json.encode(result).decode())
    elif isinstance(text, Table):
        Console(markup=False, highlight=False).print(text)
    else:
        click.echo(text)


@shards_group.command()
@_json_option
@click.pass_context
def init(context: click.Context, as_json: bool) -> None:
    """Bring up what the file says: servers, router, and what each must know of the other.

    Safe to run at any time; run it again after a server was added to the file or an address has changed. A
    new server gets merchants by `molam shards move`.
    """
    report = shards.init(_cluster(context), _notes.print)
    text = f"Ready. Servers: {len(report.databases) - 1}; partitions placed: {report.placed_partitions}."
    _print(context, as_json, msgspec.to_builtins(report), text)


@shards_group.command()
@_json_option
@click.pass_context
def migrate(context: click.Context, as_json: bool) -> None:
    """Bring all to this release: the servers, and then the router, whose functions call theirs."""
    report = shards.migrate(_cluster(context), _notes.print)
    is_unchanged = not any(d.migration.applied or d.migration.reloaded for d in report.databases)
    _print(context, as_json, msgspec.to_builtins(report), "Nothing to do." if is_unchanged else "Done.")


@shards_group.command()
@_json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show each server: whether it answers, what it holds, its lag, and moves that are not finished.

    The exit code is 1 when one does not answer.
    """
    servers = shards.status(_cluster(context))
    table = Table(
        "server", "state", "release", "partitions", "merchants", "pending", "lag", "unfinished moves"
    )
    for server in servers:
        table.add_row(
            server.name,
            "up" if server.is_up else f"away: {server.error}",
            server.release or "-",
            str(server.partitions),
            "-" if server.merchants is None else str(server.merchants),
            "-" if server.pending_events is None else str(server.pending_events),
            "-" if server.lag_seconds is None else f"{server.lag_seconds:g} s",
            ", ".join(server.unfinished_moves) or "-",
        )
    _print(context, as_json, {"servers": msgspec.to_builtins(servers)}, table)
    if not all(server.is_up for server in servers):
        context.exit(1)


@shards_group.command()
@click.option("--merchant", type=click.UUID, help="Move this merchant.")
@click.option("--partition", type=click.IntRange(0), help="Move all merchants of this virtual partition.")
@click.option("--to", required=True, help="The name of the server in the file.")
@_json_option
@click.pass_context
def move(
    context: click.Context, merchant: UUID | None, partition: int | None, to: str, as_json: bool
) -> None:
    """Move a merchant, or a virtual partition, to another server.

    It goes on meanwhile; for some seconds at most what is sent is refused with 503 and Retry-After. Run an
    interrupted move again: it goes on. To undo one before its switch, move to where the merchant is.
    """
    if (merchant is None) == (partition is None):
        raise click.UsageError("name one of --merchant and --partition")
    is_quiet = as_json or context.obj.as_json
    with ExitStack() as stack, step_bar("move", is_quiet=is_quiet) as report:
        mover = Mover(_cluster(context), stack)
        if merchant:
            moved: list[MoveResult | None] = [mover.move_merchant(merchant, to, report)]
        else:
            assert partition is not None
            moved = [*mover.move_partition(partition, to, report)]
    results = [result for result in moved if result]
    _print(context, as_json, {"moved": msgspec.to_builtins(results)}, _tell_moves(results, partition, to))


def _tell_moves(results: list[MoveResult], partition: int | None, to: str) -> str:
    pauses = f"; the longest pause took {max(r.pause_seconds for r in results):.2f} s" if results else ""
    if partition is not None:
        return f"Partition {partition} is on {to}. Merchants moved: {len(results)}{pauses}."
    return f"Moved to {to}{pauses}." if results else "Nothing to do."
