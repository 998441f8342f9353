"""`molam serve`: uvicorn with what the service needs of its process."""

import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from app import logs
from app.http_protocol import BoundedHttp
from app.settings import Settings

# Beside the streams. Above that a connection hears 503 at once.
_CONNECTIONS = 1024
# Connections to the database, files, sockets that are being opened.
_OTHER_FILES = 1024
# Longer than proxies keep connections that they do not use, so that they never use one that is being closed.
_KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 15


def serve(settings: Settings, application: str = "app.main:create_app") -> None:
    """Serves until SIGTERM or SIGINT. The worker processes read their settings from the environment.

    Parameters: `application`, what makes the ASGI application, as `module:function`.
    """
    logs.configure(settings.log_level, settings.log_format)
    connections = settings.max_streams + _CONNECTIONS
    _allow_files(connections + settings.pool_max + _OTHER_FILES)
    # uvicorn sends itself once more the signal that stopped it, which would leave open what is open here
    signal.signal(signal.SIGTERM, _leave)
    with _metrics_folder(settings.workers):
        uvicorn.run(
            application,
            factory=True,
            interface="asgi3",
            lifespan="on",
            loop="uvloop",
            http=BoundedHttp,
            ws="none",
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            limit_concurrency=connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            # whom to believe about addresses is known by app/limits.py
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
        )


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit()


def _allow_files(wanted: int) -> None:
    """Raises this process's own limit of open files, up to the one that it was given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


@contextmanager
def _metrics_folder(workers: int) -> Generator[None]:
    """Where several worker processes share what they count (app/metrics.py)."""
    if workers == 1 or os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        yield
        return
    folder = tempfile.mkdtemp(prefix="molam-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
