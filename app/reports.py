"""Reports: answers without end, fetched from a server-side cursor a few lines at a time.

They have connections of their own, so that whoever reads one slowly holds none that events wait for.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg_pool import AsyncNullConnectionPool, PoolTimeout

from app.connections import connection_parameters
from app.errors import UNAVAILABLE, Problem
from app.settings import Settings

# Some hundred kilobytes: what a report holds in memory.
_LINES = 1000
_RETRY_AFTER_SECONDS = 5
# The first lines may have to be sorted out of millions; a report that nobody reads any more is given up.
_OPTIONS = (
    "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c default_transaction_read_only=on"
)

Rows = list[tuple[str]]


class Report:
    """A report whose first lines are there."""

    def __init__(
        self, file_name: str, header: str, rows: Rows, cursor: psycopg.AsyncServerCursor[tuple[str]]
    ) -> None:
        self.file_name = file_name
        self._header = header
        self._rows = rows
        self._cursor = cursor

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Its text, once. Errors: psycopg.Error, and what was read till then is not the whole."""
        yield self._header.encode()
        rows = self._rows
        while rows:
            yield "".join([line for (line,) in rows]).encode()
            rows = await self._cursor.fetchmany(_LINES)


class Reports:
    """Connections for reports, of the replica where there is one, and of the primary."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._primary = _ReportPool(url, settings)
        replica_url = settings.read_database_url
        self._replica = _ReportPool(replica_url, settings) if replica_url else None

    async def open(self) -> None:
        """Makes ready; connects to nothing yet."""
        await self._primary.open()
        if self._replica:
            await self._replica.open()

    async def close(self) -> None:
        """Ends the connections."""
        await self._primary.close()
        if self._replica:
            await self._replica.close()

    @asynccontextmanager
    async def read(self, query: LiteralString, *arguments: object) -> AsyncGenerator[Report]:
        """A report, while the context lasts, by a query that gives its file name, header and cursor.

        Errors: psycopg.Error; Problem 503 when too many are being read.
        """
        async with AsyncExitStack() as stack:
            report = None
            if self._replica:
                # whatever the reason why it cannot begin, the primary is asked
                with suppress(psycopg.Error, Problem):
                    report = await stack.enter_async_context(self._replica.read(query, *arguments))
            yield report or await stack.enter_async_context(self._primary.read(query, *arguments))


class _ReportPool:
    """Connections to one server for so many reports at a time, each made when it is needed."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._pool = AsyncNullConnectionPool(
            kwargs=connection_parameters(url, settings.prepare_threshold, _OPTIONS),
            max_size=settings.report_pool_max,
            timeout=settings.pool_timeout_seconds,
            open=False,
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def read(self, query: LiteralString, *arguments: object) -> AsyncGenerator[Report]:
        try:
            async with self._pool.connection() as connection, connection.transaction():
                row = await (await connection.execute(query, arguments)).fetchone()
                assert row is not None
                file_name, header, name = row
                async with connection.cursor(name) as cursor:
                    yield Report(file_name, header, await cursor.fetchmany(_LINES), cursor)
        except PoolTimeout as error:
            raise Problem(
                UNAVAILABLE,
                "No report can be begun right now: too many are being read, or the database is away.",
                headers={"Retry-After": str(_RETRY_AFTER_SECONDS)},
            ) from error
