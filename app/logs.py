"""Structured logs on stderr, in one format, from every logger of the process."""

import logging.config
import sys
from typing import Any

import msgspec
import structlog

from app.settings import LogFormat

# Libraries that tell every step: only their warnings, such as why the database cannot be reached.
_QUIET = ("httpx", "httpcore", "psycopg.pool")


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
            "loggers": {name: {"level": "WARNING"} for name in _QUIET},
        }
    )


def _renderer(log_format: LogFormat) -> structlog.typing.Processor:
    if log_format == "console":
        # repr keeps a line feed in a path from starting a line of its own
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), repr_native_str=True)
    return structlog.processors.JSONRenderer(serializer=_encode)


def _encode(event: structlog.typing.EventDict, **_options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
