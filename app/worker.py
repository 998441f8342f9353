"""`molam worker`: keeps calling the rollup where pg_cron does not.

The procedure does the polling and the waiting inside the database; the worker only keeps it going, however
often the database goes away.
"""

import os
import random
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict

_log = structlog.stdlib.get_logger(__name__)

# While one is at a long job, such as a rebuild, the other aggregates.
SESSIONS = 2

# One call: long enough to cost nothing, short enough to stop soon.
_SECONDS_PER_CALL = 1
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0

# A call answers within seconds; a connection that died silently must not hold the worker for hours.
_NETWORK_LIMITS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def run(url: str) -> None:
    """Works until SIGTERM or SIGINT, then finishes the current calls and returns."""
    stop = threading.Event()
    _stop_on_signal(stop)
    name = f"worker:{socket.gethostname()}:{os.getpid()}"
    _log.info("worker started", runner=name)
    names = [f"{name}:{number}" for number in range(1, SESSIONS + 1)]
    with ThreadPoolExecutor(SESSIONS) as pool:
        sessions = [pool.submit(_keep_running, url, session, stop) for session in names]
    for session in sessions:
        session.result()
    _log.info("worker stopped", runner=name)


def _keep_running(url: str, name: str, stop: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        try:
            with _connect(url) as connection:
                while not stop.is_set():
                    connection.execute("call rollup.run(%s, %s)", [name, _SECONDS_PER_CALL])
                    failures = 0
        except psycopg.Error as error:
            pause = _pause(failures)
            failures += 1
            message = str(error).strip()
            _log.warning("rollup failed", runner=name, error=message, retry_in_seconds=round(pause, 2))
            stop.wait(pause)


def _connect(url: str) -> psycopg.Connection[Any]:
    given = conninfo_to_dict(url)
    options = f"{given.get('options', '')} -c role=molam_rollup".strip()
    parameters: dict[str, Any] = {
        "application_name": "molam worker",
        **_NETWORK_LIMITS,
        **given,
        "options": options,
        "autocommit": True,
    }
    return psycopg.connect(**parameters)


def _pause(failures: int) -> float:
    """Exponential backoff with full jitter, so that many workers don't come back at the same moment."""
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures, 10)))


def _stop_on_signal(stop: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
