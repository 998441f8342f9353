"""Around every request: its id, the headers that all answers share, and its line in the log."""

import re
import time
from random import getrandbits

import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app.limits import quota_headers

_log = structlog.get_logger()

# An id from outside goes into logs and headers, so it is short and plain, or it is replaced.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# What authentication and errors leave in the request's state for its line.
_NOTES = ("request_id", "merchant_id", "problem", "sqlstate")

_SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"),)


class RequestLog:
    """ASGI layer around the whole application: request id, common headers, one line per request.

    Never logged: headers, bodies, paths and query strings, which hold secrets and personal data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        state = scope["state"]
        request_id = state["request_id"] = _request_id(scope)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [(b"x-request-id", request_id.encode()), *_SECURITY_HEADERS, *quota_headers(scope)]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    added.append((b"cache-control", b"private, no-store"))
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            _log.info(
                "request",
                method=scope["method"],
                # the route's template, for paths hold ids, and what is no route may hold anything
                route=scope.get("path_template", "none"),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 2),
                **{name: state[name] for name in _NOTES if name in state},
            )


def _request_id(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    # No secret, so not worth a call of the system for each: the process's own generator will do.
    return given.decode() if _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"
