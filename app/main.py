"""The service: `create_app` wires settings, pool, authentication, errors and logs to the routes."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from app import logs, metrics
from app.auth import Authenticator
from app.database import Database
from app.figures import Figures
from app.group_commit import GroupCommit
from app.limits import Limiter
from app.openapi import openapi_config
from app.request_log import RequestLog
from app.routes import (
    dashboard,
    events,
    health,
    keys,
    me,
    problems,
    reports,
    sign_in,
    stream,
    transactions,
    web,
    webhook_endpoints,
    webhooks,
)
from app.routes import metrics as metrics_route
from app.service_status import DatabaseMetrics
from app.settings import Settings
from app.streams import Streams
from app.web_app import WEB_FOLDER, WebApp


def create_app(settings: Settings | None = None, web_folder: Path = WEB_FOLDER) -> Litestar:
    """The ASGI application; without settings they are read from the environment.

    Parameters: `web_folder`, where the built dashboard is. Errors: SettingsError.
    """
    settings = settings or Settings.from_environment()
    logs.configure(settings.log_level, settings.log_format)
    database = Database(settings)
    streams = Streams(settings, database)
    shared = {
        "database": database,
        "readiness": health.Readiness(database),
        "database_metrics": DatabaseMetrics(database),
        "streams": streams,
        "sign_in_settings": sign_in.sign_in_of(settings),
        "web_app": WebApp(web_folder, settings),
    }

    @asynccontextmanager
    async def keep_running(_: Litestar) -> AsyncGenerator[None]:
        await database.open()
        counting = asyncio.create_task(_count_pool(database))
        _call_when_told_to_stop(streams.close)
        try:
            async with streams.running():
                yield
        finally:
            counting.cancel()
            await database.close()

    app = Litestar(
        route_handlers=[
            events.ROUTER,
            webhooks.ROUTER,
            dashboard.ROUTER,
            stream.ROUTER,
            sign_in.ROUTER,
            me.ROUTER,
            keys.ROUTER,
            webhook_endpoints.ROUTER,
            transactions.ROUTER,
            reports.ROUTER,
            health.ROUTER,
            metrics_route.ROUTER,
            problems.ROUTER,
            web.ROUTER,
        ],
        state=State(
            {
                "figures": Figures(database, settings),
                "authenticator": Authenticator(settings, database),
                "group_commit": GroupCommit(database, settings),
                "limiter": Limiter(database, settings.trusted_proxies),
                "metrics_token": settings.metrics_token,
            }
        ),
        dependencies={name: _given(value) for name, value in shared.items()},
        exception_handlers={Exception: problems.answer},
        lifespan=[keep_running],
        logging_config=None,
        openapi_config=openapi_config(),
        request_max_body_size=settings.max_body_bytes,
        debug=False,
        pdb_on_exception=False,
    )
    # outermost, so that also what the router refuses has its line and its headers
    app.asgi_handler = RequestLog(metrics.RequestMetrics(app.asgi_handler))
    return app


def _given(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False, use_cache=True)


async def _count_pool(database: Database) -> None:
    """Each process's pools are its own, so each must say how it is for whichever is asked."""
    while True:
        for server, stats in database.pop_pool_stats().items():
            metrics.note_pool(server, stats)
        await asyncio.sleep(1)


def _call_when_told_to_stop(callback: Callable[[], None]) -> None:
    """The server waits for open answers before it tells the application, and streams would stay open."""
    if threading.current_thread() is not threading.main_thread():
        return  # not a process of its own: whoever runs this tells it to stop
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(callback)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)
