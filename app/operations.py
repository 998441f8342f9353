"""What operators ask of the database: the short calls behind the commands."""

from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row


class Difference(msgspec.Struct):
    """A figure that is not what the raw events say, or an event that was set aside: that has no currency."""

    relation: str
    merchant_id: UUID
    currency: str | None
    key: str
    measure: str
    expected: str | None
    actual: str | None


def create_merchant(
    connection: psycopg.Connection[Any],
    name: str,
    currency: str,
    timezone: str,
    merchant_id: UUID | None = None,
) -> UUID:
    """Creates a merchant and gives its id.

    Errors: psycopg.Error when a value is not allowed or the id is taken.
    """
    return _value(
        connection, "select ops.create_merchant(%s, %s, %s, %s)", [name, currency, timezone, merchant_id]
    )


def merchant_exists(connection: psycopg.Connection[Any], merchant_id: UUID) -> bool:
    """Whether there is such a merchant."""
    return _value(connection, "select exists (select from api.get_merchant(%s))", [merchant_id])


def last_date(connection: psycopg.Connection[Any], merchant_id: UUID) -> date | None:
    """The last local day for which the merchant has figures, if there is one."""
    return _value(connection, "select last_date from ops.merchants where merchant_id = %s", [merchant_id])


def create_key(
    connection: psycopg.Connection[Any],
    merchant_id: UUID,
    key_id: str,
    secret_sha256: bytes,
    scopes: list[str],
    name: str,
) -> None:
    """Stores the digest of a key that `app.api_keys.new_api_key` made; the connection's user is on record.

    Errors: psycopg.Error for an unknown merchant (SQLSTATE ML404), too many keys (ML409) or a wrong scope.
    """
    connection.execute(
        "select api.create_api_key(%s, %s, %s, %s, %s, null)",
        [merchant_id, key_id, secret_sha256, scopes, name],
    )


def ingest_events(connection: psycopg.Connection[Any], merchant_id: UUID, events: bytes) -> dict[str, Any]:
    """Stores the valid ones of a JSON array of events and gives the batch answer.

    Errors: psycopg.Error for an unknown (SQLSTATE ML404) or a suspended merchant (ML403).
    """
    query = "select body from api.ingest_events(%s, %s, true)"
    return _value(connection, query, [merchant_id, events.decode()])


def is_live_key(connection: psycopg.Connection[Any], merchant_id: UUID, key_id: str) -> bool:
    """Whether the key exists and is neither revoked nor expired."""
    query = "select exists (select from api.find_api_key(%s, %s) where is_live)"
    return _value(connection, query, [merchant_id, key_id])


def merchants_with_figures(connection: psycopg.Connection[Any]) -> list[UUID]:
    """All merchants, and those of whom there are figures and nothing else."""
    query = "select merchant_id from ops.merchants union select ops.unknown_merchants() order by 1"
    return [row[0] for row in connection.execute(query)]


def reconcile(connection: psycopg.Connection[Any], merchant_id: UUID | None = None) -> list[Difference]:
    """Recomputes the aggregates of a merchant (or of all); an empty list means that all is right."""
    cursor = connection.cursor(row_factory=dict_row)
    cursor.execute(
        "select relation, merchant_id, currency, key, measure, expected, actual from ops.reconcile(%s)",
        [merchant_id],
    )
    return msgspec.convert(cursor.fetchall(), list[Difference])


def rebuild(connection: psycopg.Connection[Any], merchant_id: UUID) -> int:
    """Recreates a merchant's aggregates from its raw events; gives their number.

    Errors: psycopg.Error, SQLSTATE ML404, for an unknown merchant.
    """
    return _value(connection, "select ops.rebuild(%s)", [merchant_id])


def runner(connection: psycopg.Connection[Any]) -> str:
    """Who aggregates here: pg_cron, which may live in another database of the server, or worker."""
    has_pg_cron = _value(connection, "select exists (select from pg_extension where extname = 'pg_cron')", [])
    return "pg_cron" if has_pg_cron or is_pg_cron_alive(connection) else "worker"


def is_pg_cron_alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether a rollup job of pg_cron has given a sign of life lately."""
    return _value(connection, "select ops.is_pg_cron_alive()", [])


def status(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """How the database is doing: health, lag, jobs, partitions, changed settings, events set aside."""
    return _value(connection, "select ops.status()", [])


def _value(connection: psycopg.Connection[Any], query: LiteralString, arguments: list[Any]) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]
