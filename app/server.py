"""`molam serve`: granian with what the service needs of its process."""

import os
import resource
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from granian.constants import Interfaces
from granian.server import Server

from app import logs
from app.settings import Settings

# Beside the streams, as many requests at once as granian takes by default.
_REQUESTS_AT_ONCE = 1024
# Connections to the database, files, sockets that are being opened.
_OTHER_FILES = 1024


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. The worker processes read their settings from the environment."""
    at_once = settings.max_streams + _REQUESTS_AT_ONCE
    _allow_files(at_once + settings.pool_max + _OTHER_FILES)
    with _metrics_folder(settings.workers):
        Server(
            "app.main:create_app",
            factory=True,
            interface=Interfaces.ASGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            # an open stream counts as a request
            backpressure=at_once,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=15,
            log_dictconfig=logs.GRANIAN_LOGGING,
        ).serve()


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
