"""A service that waits a second for clients and three for the database: much less than the real one."""

from litestar import Litestar

from app import connections, http_protocol, main

PATIENCE_SECONDS = 1.0


def create_app() -> Litestar:
    """For `server.serve`, in whose process connections are made."""
    http_protocol.PATIENCE_SECONDS = PATIENCE_SECONDS
    connections.PATIENCE_SECONDS = 3 * PATIENCE_SECONDS
    return main.create_app()
