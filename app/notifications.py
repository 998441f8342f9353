"""What the database says of its own accord: LISTEN on one connection that comes back by itself."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from psycopg import sql

from app import metrics
from app.connections import connection_parameters
from app.database import Database
from app.settings import Settings

_log = structlog.get_logger()

FIGURES = "molam_figures"
ACCESS = "molam_access"
# A router could not hear one of its servers for a while.
_LOST = "molam_lost"
_ECHO = "molam_echo"

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0

# The database answers an echo at once; a connection that hears nothing for so long is behind a pooler.
_ECHO_SECONDS = 5.0


class DeafConnectionError(Exception):
    """Notifications do not arrive on this connection."""


class Listener:
    """Hears the channels, for as long as `run` runs.

    `on_notice` is given the channel and the payload of each notification; `on_connected` is called whenever
    it can hear (again), or a router can: what was said before is lost.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        on_notice: Callable[[str, str], None],
        on_connected: Callable[[], None],
    ) -> None:
        url = settings.listen_database_url or settings.database_url
        assert url, "a service has a database"
        name = {"application_name": "molam-listener"}
        self._parameters: dict[str, Any] = connection_parameters(url, None) | name
        self._database = database
        self._on_notice = on_notice
        self._on_connected = on_connected
        self._is_listening = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Connects, again and again, until it is cancelled."""
        metrics.LISTENER_UP.set(0)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**self._parameters) as connection:
                    await self._prepare(connection)
                    await self._listen(connection)
            except (psycopg.Error, DeafConnectionError) as error:
                if self._failures == 0:  # once for each outage
                    _log.warning("cannot listen to the database; trying on", error=str(error).strip())
            finally:
                self._is_listening.clear()
                metrics.LISTENER_UP.set(0)
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._failures, 10))
            self._failures += 1
            await asyncio.sleep(random.uniform(0, longest))

    async def wait(self, seconds: float) -> bool:
        """Whether it can hear, within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_listening.wait()
        except TimeoutError:
            return False
        return True

    async def _prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Listens, and makes sure that something can be heard: a pooler may take LISTEN and keep silent."""
        for channel in (FIGURES, ACCESS, _LOST, _ECHO):
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        token = uuid4().hex
        await self._database.echo(token)
        async for notice in connection.notifies(timeout=_ECHO_SECONDS):
            if notice.payload == token:
                return
        raise DeafConnectionError(
            "notifications do not arrive: MOLAM_LISTEN_DATABASE_URL must lead to the server itself, "
            "or to a pooler in session mode"
        )

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        _log.info("listening to the database")
        self._failures = 0
        self._is_listening.set()
        metrics.LISTENER_UP.set(1)
        self._on_connected()
        async for notice in connection.notifies():
            if notice.channel == _LOST:
                self._on_connected()
            elif notice.channel != _ECHO:
                self._on_notice(notice.channel, notice.payload)
