"""Figures for many requests, read together.

What a dashboard's function takes in a call of its own is mostly the way there and a start with cold caches.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg

from app.database import Database
from app.gathering import Bounds, Gathering
from app.settings import Settings

Question = TypeVar("Question")

_MAX_CALLS = 4
# Of 16 at once, so many are in the database while the service is at work on the others.
_MAX_QUESTIONS = 4


class Figures:
    """The dashboard's questions, as `Database` has them; each kind is gathered apart."""

    def __init__(self, database: Database, settings: Settings) -> None:
        bounds = Bounds(_MAX_CALLS, _MAX_QUESTIONS, settings.pool_max_waiting, settings.pool_timeout_seconds)
        self.overview = _gathering(database.dashboard_overview, bounds)
        self.analytics = _gathering(database.dashboard_analytics, bounds)
        self.payment_methods = _gathering(database.dashboard_payment_methods, bounds)
        self.top_products = _gathering(database.dashboard_top_products, bounds)
        self.failures = _gathering(database.dashboard_failures, bounds)
        self.customers = _gathering(database.dashboard_customers, bounds)


def _gathering(
    call: Callable[[Sequence[Question]], Awaitable[Sequence[bytes | psycopg.Error]]], bounds: Bounds
) -> Gathering[Question, bytes]:
    return Gathering[Question, bytes](call, bounds)
