"""Sessions that wait for each other, step by step."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

DEADLINE_SECONDS = 60  # generous: nothing that waits here is about speed


@contextmanager
def holding_a_row(connect: Connect, table: str) -> Iterator[None]:
    with connect(autocommit=False) as session:
        session.execute(f"select from {table} for update")
        yield


def wait_until_blocked(db: Connection, session: Connection) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not db.execute("select pg_blocking_pids(%s)", (session.info.backend_pid,)).fetchone()[0]:
        assert time.monotonic() < deadline, "the session does not wait for anything"
        time.sleep(0.01)


def wait_for_crash(session: Connection) -> None:
    """Returns when the server has ended all sessions, this one with them."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not session.closed:
        assert time.monotonic() < deadline, "the server goes on as if nothing had happened"
        with suppress(psycopg.OperationalError):
            session.execute("select pg_sleep(0.01)")


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
