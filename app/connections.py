"""Connections to PostgreSQL: pools of them, and what is done when a server cannot answer."""

import asyncio
from time import monotonic
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from app.settings import Settings

_log = structlog.get_logger()

# No call of ours comes near this; one that does would hold a connection that others wait for.
_STATEMENT_TIMEOUT = "10s"
# A commit that waits for a synchronous replica knows no timeout.
PATIENCE_SECONDS = 15.0

# Nothing was done and a second try is likely to succeed: the victim of a deadlock or of a serialization (40),
# functions or views replaced during the call (42, 0A000, 3F000, XX000), a prepared statement that a
# connection pooler has lost (26000). Of a router: a connection of its that its server has closed (08006), a
# merchant that has just been moved (ML307).
_CLASSES_WORTH_A_RETRY = {"40", "42"}
_WORTH_A_RETRY = {"08006", "0A000", "26000", "3F000", "ML307", "XX000"}

# No answer at all, or the server's last words: it shuts down, crashed, or ended the session.
_CONNECTION_LOST = {None, "57P01", "57P02", "57P05"}

# How long a request waits for a replica before it turns to the primary, for how long others do so at once.
_REPLICA_PATIENCE_SECONDS = 1.0
_REPLICA_PAUSE_SECONDS = 5.0


class Connections:
    """A pool of connections to one server.

    Parameters: `url`; `settings`, for the pool's bounds; `timeout_seconds`, how long a call waits for one.
    """

    def __init__(self, url: str, settings: Settings, timeout_seconds: float) -> None:
        self._pool = AsyncConnectionPool(
            kwargs=connection_parameters(url, settings.prepare_threshold),
            min_size=settings.pool_min,
            max_size=settings.pool_max,
            max_waiting=settings.pool_max_waiting,
            timeout=timeout_seconds,
            # Give up soon: the next request tries again at once, so an outage ends for us when it ends.
            reconnect_timeout=1.0,
            configure=_pass_json_through,
            open=False,
        )
        self._drained_at = 0.0

    async def open(self) -> None:
        """Starts connecting in the background: the service starts also while the server is away."""
        await self._pool.open()

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.close()

    def pop_stats(self) -> dict[str, int]:
        """The pool's state, and what it has counted since the last call, as psycopg_pool names it."""
        return self._pool.pop_stats()

    async def fetch(self, query: LiteralString, arguments: tuple[object, ...]) -> list[Any]:
        """All rows. Tried once more where that is safe: every call of the service may be repeated.

        Errors: psycopg.Error.
        """
        asked_at = monotonic()
        try:
            return await self._execute(query, arguments)
        except (PoolTimeout, TooManyRequests, PoolClosed):
            raise
        except psycopg.Error as error:
            is_lost = _is_lost(error)
            if not is_lost and not _is_worth_a_retry(error.sqlstate or ""):
                raise
        if is_lost and self._drained_at < asked_at:
            # The server or the line went away, so the other connections are dead too. Not checked one by one,
            # for on a silent line each check takes as long as TCP has patience; once for all who noticed.
            self._drained_at = monotonic()
            await self._pool.drain()
        return await self._execute(query, arguments)

    async def _execute(self, query: LiteralString, arguments: tuple[object, ...]) -> list[Any]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, arguments)
            return await cursor.fetchall()


class Primary(Connections):
    """The server that takes writes."""

    async def fetch(self, query: LiteralString, arguments: tuple[object, ...]) -> list[Any]:
        """As of `Connections`; what takes too long is given up, and goes on.

        For a commit that is cancelled while it waits for its replica counts without it.
        Errors: psycopg.Error; QueryCanceled when there is no answer in time.
        """
        call = asyncio.create_task(super().fetch(query, arguments))
        call.add_done_callback(_hear)
        done, _ = await asyncio.wait((call,), timeout=PATIENCE_SECONDS)
        if not done:
            raise psycopg.errors.QueryCanceled("no answer in time")
        return call.result()


class Replica:
    """A streaming replica, which is asked while it is there."""

    def __init__(self, url: str, settings: Settings) -> None:
        timeout_seconds = min(settings.pool_timeout_seconds, _REPLICA_PATIENCE_SECONDS)
        self._connections = Connections(url, settings, timeout_seconds)
        self._is_away = False
        self._next_try_at = 0.0

    async def open(self) -> None:
        """Starts connecting in the background."""
        await self._connections.open()

    async def close(self) -> None:
        """Closes the connections."""
        await self._connections.close()

    def pop_stats(self) -> dict[str, int]:
        """As of `Connections`."""
        return self._connections.pop_stats()

    async def fetch(self, query: LiteralString, arguments: tuple[object, ...]) -> list[Any]:
        """All rows; none when it cannot answer, whatever the reason: then the primary is to be asked.

        It may be away, lag behind what the client already knows of, or have ended the query for its replay.
        """
        if self._is_away and monotonic() < self._next_try_at:
            return []
        self._next_try_at = monotonic() + _REPLICA_PAUSE_SECONDS  # one request tries, when it is away
        try:
            async with asyncio.timeout(_REPLICA_PATIENCE_SECONDS):
                rows = await self._connections.fetch(query, arguments)
        except (psycopg.Error, TimeoutError) as error:
            self._note(is_away=isinstance(error, TimeoutError) or _is_lost(error), reason=str(error).strip())
            return []
        self._note(is_away=False)
        return rows

    def _note(self, *, is_away: bool, reason: str = "") -> None:
        if is_away and not self._is_away:
            _log.warning("the replica is away; asking the primary", error=reason or "timeout")
        elif self._is_away and not is_away:
            _log.info("the replica is back")
        self._is_away = is_away


def connection_parameters(url: str, prepare_threshold: int | None, more_options: str = "") -> dict[str, Any]:
    """The URL's parameters, over defaults of ours, always in the service's own role."""
    given = conninfo_to_dict(url)
    options = f"-c statement_timeout={_STATEMENT_TIMEOUT} {given.get('options', '')} {more_options}"
    return {
        "application_name": "molam-service",
        "connect_timeout": 3,
        # A network that silently drops packets fails within seconds: what was sent, rather than in a quarter
        # of an hour; what is waited for, rather than in two.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 3,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        **given,
        "options": f"{options} -c role=molam_api",
        "autocommit": True,
        "prepare_threshold": prepare_threshold,
    }


def _hear(call: asyncio.Task[list[Any]]) -> None:
    """Looks at a call's error, so that asyncio does not log it when nobody waits for the call any more."""
    if not call.cancelled():
        call.exception()


def _is_lost(error: psycopg.Error) -> bool:
    """Whether there is no server at the other end; the pool's own errors say so, too."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate in _CONNECTION_LOST


def _is_worth_a_retry(sqlstate: str) -> bool:
    return sqlstate in _WORTH_A_RETRY or sqlstate[:2] in _CLASSES_WORTH_A_RETRY


async def _pass_json_through(connection: psycopg.AsyncConnection[Any]) -> None:
    set_json_dumps(_unchanged, connection)
    set_json_loads(_unchanged, connection)


def _unchanged(json: Any) -> Any:
    return json
