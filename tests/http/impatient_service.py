"""A service that waits a second for clients, where the real one waits half a minute."""

from litestar import Litestar

from app import http_protocol, main

PATIENCE_SECONDS = 1.0


def create_app() -> Litestar:
    """For `server.serve`, in whose process connections are made."""
    http_protocol.PATIENCE_SECONDS = PATIENCE_SECONDS
    return main.create_app()
