"""`molam shards`: a router and its servers, as one file describes them (docs/shards.md)."""

import os
import re
import secrets
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, cast

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from app import deploy

Progress = Callable[[str], None]

# What a connection of the router's own must not have from the address: it is told by user mappings.
_CREDENTIALS = ("user", "password", "passfile")
_EXTENSIONS = ("plproxy", "dblink", "postgres_fdw")


class ShardsError(Exception):
    """The cluster cannot be brought to what its file says; the message says why and what to do."""


class Shard(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A server that holds merchants.

    `url` is for `molam shards`, of a user who may migrate. The others are for the router, where they differ
    from it: `address` for the service's calls (of a pooler, say), `read_address` of a replica.
    """

    name: str
    url: str
    address: str | None = None
    read_address: str | None = None


class Cluster(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A router and its servers.

    `partitions` is the number of virtual partitions, for ever. `user` is as whom the router comes to the
    servers, with `_ops` behind it for all but the service's calls: another one for each router of a server.
    """

    router: str
    shards: list[Shard]
    partitions: int = 64
    user: str = "molam_router"


class ShardReport(msgspec.Struct):
    """What was done to one database of the cluster."""

    name: str
    migration: deploy.MigrationReport


class ClusterReport(msgspec.Struct):
    """What `init` or `migrate` did, in its order, and how many virtual partitions were given a place."""

    databases: list[ShardReport]
    placed_partitions: int = 0


class ServerStatus(msgspec.Struct):
    """How a server of the cluster is; what is not known of one that is away is null."""

    name: str
    is_up: bool
    partitions: int
    error: str | None = None
    release: str | None = None
    merchants: int | None = None
    pending_events: int | None = None
    lag_seconds: float | None = None
    unfinished_moves: list[str] = []


def read_cluster(path: Path) -> Cluster:
    """Reads the file; `${NAME}` in it stands for a variable of the environment.

    Errors: ShardsError.
    """
    try:
        cluster = msgspec.convert(_with_variables(tomllib.loads(path.read_text())), Cluster)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ShardsError(f"{path}: {error}") from error
    if len({shard.name for shard in cluster.shards}) < len(cluster.shards):
        raise ShardsError(f"{path}: two servers have the same name")
    if not cluster.shards:
        raise ShardsError(f"{path}: name at least one server, as [[shards]]")
    return cluster


def _with_variables(part: Any) -> Any:
    """What the file says, with variables in place of their names in all texts."""
    if isinstance(part, dict):
        return {name: _with_variables(value) for name, value in cast("dict[str, Any]", part).items()}
    if isinstance(part, list):
        return [_with_variables(value) for value in cast("list[Any]", part)]
    return _replace_names(part) if isinstance(part, str) else part


def _replace_names(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ShardsError(f"the file of the cluster names ${{{name}}}, which is not set")
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, text)


def init(cluster: Cluster, progress: Progress) -> ClusterReport:
    """Brings the servers and the router up, and makes them known to each other. Does what is missing.

    Errors: ShardsError, and those of `deploy.migrate`.
    """
    migrated = [
        ShardReport(shard.name, _migrate(shard.name, shard.url, progress)) for shard in cluster.shards
    ]
    with_merchants = [shard.name for shard in cluster.shards if _holds_merchants(shard.url)]
    password, ops_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    for shard in cluster.shards:
        progress(f"{shard.name}: the router's users")
        _admit_router(shard, cluster.user, password, ops_password)
    migrated.append(ShardReport("router", _migrate("router", cluster.router, progress)))
    with _connect(cluster.router) as connection, connection.transaction():
        _tell_router(connection, cluster)
    # now that it knows its servers it is a router, which has code of its own
    _migrate("router", cluster.router, progress)
    with _connect(cluster.router) as connection, connection.transaction():
        progress("router: connections")
        connection.execute("select ops.connect_shards(%s, %s, %s)", [cluster.user, password, ops_password])
        placed = _spread_partitions(connection, cluster, with_merchants)
    return ClusterReport(migrated, placed)


def migrate(cluster: Cluster, progress: Progress) -> ClusterReport:
    """Brings all to this release: first the servers, for the router's new functions call theirs.

    Errors: those of `deploy.migrate`; what was migrated before stays so, and running it again goes on.
    """
    databases = [(shard.name, shard.url) for shard in cluster.shards] + [("router", cluster.router)]
    return ClusterReport([ShardReport(name, _migrate(name, url, progress)) for name, url in databases])


def status(cluster: Cluster) -> list[ServerStatus]:
    """Asks the router for the placement, and each server how it is. Errors: psycopg.Error, of the router."""
    with _connect(cluster.router) as connection:
        query = "select coalesce(shard, ''), count(*) from ops.partition_placements group by shard"
        partitions = dict(connection.execute(query).fetchall())
    return [_server_status(shard, partitions.get(shard.name, 0)) for shard in cluster.shards]


def _server_status(shard: Shard, partitions: int) -> ServerStatus:
    try:
        with _connect(shard.url) as connection:
            row = connection.execute(
                """
                select
                    (select array_to_string(r.release, '.') from data.release as r),
                    (select count(*) from ops.merchants as m where m.residence = 'here'),
                    array(
                        select format('%s %s %s', u.merchant_id, u.direction, u.other_server)
                        from ops.unfinished_moves as u
                        order by u.started_at
                    ),
                    h.pending_events, h.lag_seconds
                from ops.health as h
                """
            ).fetchone()
    except psycopg.Error as error:
        return ServerStatus(shard.name, False, partitions, error=" ".join(str(error).split()))
    assert row is not None
    release, merchants, moves, pending_events, lag_seconds = row
    return ServerStatus(
        shard.name, True, partitions, None, release, merchants, pending_events, float(lag_seconds or 0), moves
    )


def _migrate(name: str, url: str, progress: Progress) -> deploy.MigrationReport:
    return deploy.migrate(url, lambda step: progress(f"{name}: {step}"))


def _tell_router(connection: psycopg.Connection[Any], cluster: Cluster) -> None:
    connection.execute("create schema if not exists extensions")
    connection.execute("grant usage on schema extensions to molam_owner")
    for name in _EXTENSIONS:
        statement = sql.SQL("create extension if not exists {} schema extensions")
        connection.execute(statement.format(sql.Identifier(name)))
    for shard in cluster.shards:
        addresses = [_address(shard.address or shard.url), _address(shard.url)]
        addresses.append(_address(shard.read_address or shard.address or shard.url))
        connection.execute(
            "select ops.add_shard(%s, %s, %s, %s, %s)",
            [shard.name, *map(Jsonb, addresses), cluster.partitions],
        )


def _spread_partitions(
    connection: psycopg.Connection[Any], cluster: Cluster, with_merchants: list[str]
) -> int:
    names = with_merchants or [shard.name for shard in cluster.shards]
    if len(with_merchants) > 1 and not _value(
        connection, "select exists (select from ops.partition_placements where shard is not null)"
    ):
        raise ShardsError(
            f"{' and '.join(with_merchants)} hold merchants already; begin with one of them and the router, "
            "then add servers without merchants"
        )
    return _value(connection, "select ops.spread_partitions(%s)", names)


def _address(url: str) -> dict[str, str]:
    return {name: str(value) for name, value in conninfo_to_dict(url).items() if name not in _CREDENTIALS}


def _holds_merchants(url: str) -> bool:
    with _connect(url) as connection:
        return _value(connection, "select exists (select from ops.merchants)")


def _admit_router(shard: Shard, user: str, password: str, ops_password: str) -> None:
    with _connect(shard.url) as connection:
        connection.execute(
            "select ops.admit_router(%s, %s, %s, %s)", [user, password, ops_password, shard.name]
        )


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True, application_name="molam shards", connect_timeout=10)


def _value(connection: psycopg.Connection[Any], query: LiteralString, *arguments: object) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]
