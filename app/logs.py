"""Structured logs on stderr, one line per request, and the request id that ties them to an answer."""

import logging.config
import re
import sys
import time
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app.settings import LogFormat

_log = structlog.get_logger()

# For the server's own process and its workers: hand their messages to the root logger set up here.
GRANIAN_LOGGING: dict[str, Any] = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}

# Libraries that tell every step; a line per request is ours to write.
_QUIET = ("httpx", "httpcore", "psycopg.pool")

# An id from outside goes into logs and headers, so it is short and plain, or it is replaced.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# What authentication and errors leave in the request's state for its line.
_NOTES = ("request_id", "merchant_id", "problem", "sqlstate")

_SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"),)


def configure(level: str, log_format: LogFormat) -> None:
    """Sends every logger of this process, ours and the libraries', to stderr in one format."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    renderer = _renderer(log_format)
    structlog.configure(
        processors=[*processors, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processor": renderer,
                    "foreign_pre_chain": [*processors, structlog.stdlib.add_logger_name],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
            "loggers": {**GRANIAN_LOGGING["loggers"], **{name: {"level": "ERROR"} for name in _QUIET}},
        }
    )


def _renderer(log_format: LogFormat) -> structlog.typing.Processor:
    if log_format == "console":
        # repr keeps a line feed in a path from starting a line of its own
        return structlog.dev.ConsoleRenderer(repr_native_str=True)
    return structlog.processors.JSONRenderer(serializer=_encode)


def _encode(event: structlog.typing.EventDict, **_options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class RequestLog:
    """ASGI layer around the whole application: request id, common headers, one line per request.

    Never logged: headers, bodies and query strings, which hold secrets and personal data.
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
                added = [(b"x-request-id", request_id.encode()), *_SECURITY_HEADERS]
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
                path=scope["path"][:200],
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 2),
                **{name: state[name] for name in _NOTES if name in state},
            )


def _request_id(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else uuid4().hex
