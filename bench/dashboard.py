"""How long the dashboard's functions take."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg

from bench.workload import Merchant

CALLS = 500
TODAY = datetime.now(UTC).date()

Question = tuple[LiteralString, tuple[object, ...]]

# What a dashboard's first page asks for.
FIRST_PAGE: dict[str, Question] = {
    "overview": ("select api.dashboard_overview(%s)::text", ()),
    "analytics, 30 days": (
        "select api.dashboard_analytics(%s, %s, %s)::text",
        (TODAY - timedelta(29), TODAY),
    ),
    "payment methods, 30 days": ("select api.dashboard_payment_methods(%s)::text", ()),
    "top products, 30 days": ("select api.dashboard_top_products(%s)::text", ()),
    "failure codes, 30 days": ("select api.dashboard_failures(%s)::text", ()),
    "customers, best 50": ("select api.dashboard_customers(%s)::text", ()),
}
# Larger ones; their answers are up to 100 kB of JSON.
LARGER: dict[str, Question] = {
    "analytics, 48 hours": (
        "select api.dashboard_analytics(%s, %s, %s, 'hourly')::text",
        (TODAY - timedelta(1), TODAY),
    ),
    "analytics, 366 days": (
        "select api.dashboard_analytics(%s, %s, %s)::text",
        (TODAY - timedelta(365), TODAY),
    ),
    "top products, 366 days": ("select api.dashboard_top_products(%s, 366, 100)::text", ()),
}


def measure_questions(database_url: str, merchants: list[Merchant], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, sorted; merchants are asked for as often as they have events."""
    rng = random.Random(1)
    times: dict[str, list[float]] = {name: [] for name in FIRST_PAGE | LARGER}
    with psycopg.connect(database_url, autocommit=True, options="-c role=molam_api") as connection:
        for _ in range(rounds):
            for name, (query, arguments) in (FIRST_PAGE | LARGER).items():
                times[name] += [
                    _measure(connection, query, (merchant.merchant_id, *arguments))
                    for merchant in rng.choices(merchants, [m.events for m in merchants], k=CALLS)
                ]
    return {name: sorted(samples) for name, samples in times.items()}


def _measure(
    connection: psycopg.Connection[tuple], query: LiteralString, arguments: tuple[object, ...]
) -> float:
    started_at = time.perf_counter()
    connection.execute(query, arguments, prepare=True).fetchone()
    return (time.perf_counter() - started_at) * 1000
