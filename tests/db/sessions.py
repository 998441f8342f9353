"""Sessions that wait for each other, step by step."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.processes import wait_until

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

DEADLINE_SECONDS = 60  # generous: nothing that waits here is about speed


@contextmanager
def holding_a_row(connect: Connect, table: str) -> Iterator[None]:
    with connect(autocommit=False) as session:
        session.execute(f"select from {table} for update")
        yield


def wait_until_blocked(db: Connection, session: Connection) -> None:
    query = "select cardinality(pg_blocking_pids(%s))"
    pid = session.info.backend_pid
    wait_until(
        lambda: db.execute(query, (pid,)).fetchone()[0], "a session waits for another", DEADLINE_SECONDS
    )


def wait_for_crash(session: Connection) -> None:
    """Returns when the server has ended all sessions, this one with them."""

    def is_lost() -> bool:
        with suppress(psycopg.OperationalError):
            session.execute("select")
        return session.closed

    wait_until(is_lost, "the server notices that one of its processes was killed", DEADLINE_SECONDS)


def reconnect(connect: Connect, role: str | None = None) -> Connection:
    """A session on a server that may still be recovering."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            return connect(role)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
