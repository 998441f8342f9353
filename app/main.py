"""The service: `create_app` wires settings, pool, authentication, errors and logs to the routes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from app import logs
from app.auth import Authenticator
from app.database import Database
from app.group_commit import GroupCommit
from app.limits import Limiter, add_headers
from app.request_log import RequestLog
from app.routes import (
    dashboard,
    events,
    health,
    keys,
    me,
    problems,
    reports,
    transactions,
    webhook_endpoints,
    webhooks,
)
from app.settings import Settings

_OPENAPI = OpenAPIConfig(
    title="Molam Connect",
    version="1.0.0",
    description="Payment events in, exact figures out.",
    path="/docs",
    use_handler_docstrings=True,
    # the bare description only: a page of Litestar's would load its scripts from elsewhere
    render_plugins=[JsonRenderPlugin()],
    components=Components(
        security_schemes={
            "Bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
            "ApiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
        }
    ),
)


def create_app(settings: Settings | None = None) -> Litestar:
    """The ASGI application; without settings they are read from the environment.

    Errors: SettingsError.
    """
    settings = settings or Settings.from_environment()
    logs.configure(settings.log_level, settings.log_format)
    database = Database(settings)
    readiness = health.Readiness(database)

    @asynccontextmanager
    async def keep_database_open(_: Litestar) -> AsyncGenerator[None]:
        await database.open()
        try:
            yield
        finally:
            await database.close()

    app = Litestar(
        route_handlers=[
            events.ROUTER,
            webhooks.ROUTER,
            dashboard.ROUTER,
            me.ROUTER,
            keys.ROUTER,
            webhook_endpoints.ROUTER,
            transactions.ROUTER,
            reports.ROUTER,
            health.ROUTER,
        ],
        state=State(
            {
                "authenticator": Authenticator(settings, database),
                "group_commit": GroupCommit(database, settings),
                "limiter": Limiter(database, settings.trusted_proxies),
            }
        ),
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False, use_cache=True),
            "readiness": Provide(lambda: readiness, sync_to_thread=False, use_cache=True),
        },
        exception_handlers={Exception: problems.answer},
        before_send=[add_headers],
        lifespan=[keep_database_open],
        logging_config=None,
        openapi_config=_OPENAPI,
        request_max_body_size=settings.max_body_bytes,
        debug=False,
        pdb_on_exception=False,
    )
    # outermost, so that also what the router refuses has its line and its headers
    app.asgi_handler = RequestLog(app.asgi_handler)
    return app
