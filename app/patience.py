"""Changing a database that is in use: locks are waited for briefly, and tried again."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

# Behind who waits for a lock everybody queues: so the wait is no longer than this in all, and is tried again.
# Less than deadlock_timeout (1 s), so that of two who wait for each other no client is ever the victim.
LONGEST_WAIT = "500ms"
_PAUSES = (0.5, 1, 1, 2, 2, 4, 4, 8, 8)

# A lock that was not to be had in time, or the victim of a deadlock.
BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
)

Result = TypeVar("Result")


def keep_trying(attempt: Callable[[], Result], progress: Callable[[str], None]) -> Result:
    """The result of `attempt`, which changes nothing when it fails and waits for no lock beyond LONGEST_WAIT.

    Errors: those of the last attempt, after half a minute; at once those that BUSY does not name.
    """
    for pause in _PAUSES:
        try:
            return attempt()
        except BUSY:
            progress(f"locks are taken, trying again in {pause} s")
            time.sleep(pause)
    return attempt()
