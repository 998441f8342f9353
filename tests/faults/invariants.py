"""What must hold once everything has come to rest: I1 (figures) and I2 (events)."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import httpx

from tests.db.dashboards import check_reconciled, exact, stored_events
from tests.faults.ledger import Ledger
from tests.faults.world import RECOVERY_SECONDS, Database, World
from tests.oracle import Event, Figures, Json, local_hour, transactions
from tests.processes import wait_until


def check_all(world: World, ledgers: list[Ledger]) -> None:
    """Of a world that is at rest, every merchant."""
    for ledger in ledgers:
        events = check_events(world, ledger)
        with world.home(ledger).connect() as db:
            check_reconciled(db, ledger.merchant_id)
        check_figures(world, ledger, events)


def await_rest(world: World) -> None:
    """Until the runners, with nobody's help, have aggregated all, and everything is told to be well."""
    for database in world.holders().values():
        wait_until(partial(is_aggregated, database), "all is aggregated", RECOVERY_SECONDS)
    world.await_ready()
    for database in {world, *world.holders().values()}:
        wait_until(partial(is_healthy, database), "ops.health says that all is well", RECOVERY_SECONDS)


def is_aggregated(database: Database) -> bool:
    pending = "select sum(pending_events), (select count(*) from data.rebuild_requests) from ops.lag"
    return database.execute(pending) == [(0, 0)]


def is_healthy(database: Database) -> bool:
    return database.execute("select is_healthy from ops.health") == [(True,)]


def check_events(world: World, ledger: Ledger) -> list[Event]:
    """The acknowledged events and no other are stored, as they were sent, under the ids that were told."""
    accepted, event_ids = ledger.accepted(), ledger.event_ids()
    with world.home(ledger).connect() as db:
        stored = stored_events(db, ledger.merchant_id)
    lost, unasked = accepted.keys() - stored.keys(), stored.keys() - accepted.keys()
    assert not lost, f"I2: {len(lost)} acknowledged events are not there: {sorted(lost)[:5]}"
    assert not unasked, f"I2: {len(unasked)} events are there that nobody was told of: {sorted(unasked)[:5]}"
    events = {i: Event.accepted(event, *stored[i][:2]) for i, event in accepted.items()}
    assert {i: event for i, (_, _, event) in stored.items()} == events, "I2: stored otherwise than sent"
    assert {i: stored[i][0] for i in event_ids} == event_ids, "I2: other ids than were told"
    return list(events.values())


def check_figures(world: World, ledger: Ledger, events: list[Event]) -> None:
    """Every figure that the service gives, in every currency, is the oracle's."""
    with httpx.Client(
        base_url=world.direct_url, verify=False, headers=ledger.tenant.headers, timeout=30
    ) as client:
        retired = [Event.accepted(event, "", datetime.now(UTC)) for event in ledger.retired]
        for currency in sorted({ledger.currency, *(event.currency for event in events)}):
            check_currency(world, client, ledger, [*retired, *events], currency)
        assert exact(listed(client)) == exact(transactions(events, retired)), "I1: the list of transactions"


def check_currency(
    world: World, client: httpx.Client, ledger: Ledger, events: list[Event], currency: str
) -> None:
    """Asked within one local hour, for today's figures go by it."""
    while True:
        before = clock(world)
        figures = Figures(events, currency, ledger.zone, before)
        today = figures.today
        days = today - timedelta(days=11), today
        expected = {
            "overview": figures.overview(),
            "payment-methods?days=30": figures.payment_methods(*figures.ending_today(30)),
            "top-products?days=30": figures.top_products(*figures.ending_today(30), 10),
            "failures?days=30": figures.failures(*figures.ending_today(30), 10),
            "customers?limit=50": figures.customers(50),
            f"analytics?start_date={days[0]}&end_date={days[1]}": figures.analytics(*days, "daily"),
            f"analytics?start_date={today - timedelta(days=1)}&end_date={today}&granularity=hourly": (
                figures.analytics(today - timedelta(days=1), today, "hourly")
            ),
        }
        answers = {path: ask(client, f"/api/dashboard/{path}", currency=currency) for path in expected}
        if local_hour(before, ledger.zone) == local_hour(clock(world), ledger.zone):
            break
    for path, figure in expected.items():
        assert exact(answers[path]) == exact(figure), f"I1: {path} of {ledger.merchant_id} in {currency}"


def ask(client: httpx.Client, path: str, **parameters: str) -> Json:
    """An answer with exact numbers, without its as_of; within the merchant's rate limit."""
    merged = httpx.URL(path).params.merge(parameters)
    while (response := client.get(path, params=merged)).status_code == 429:
        time.sleep(int(response.headers["retry-after"]))
    assert response.status_code == 200, response.text
    answer = json.loads(response.text, parse_float=Decimal)
    answer.pop("as_of", None)
    return answer


def listed(client: httpx.Client) -> list[Any]:
    """The whole list of transactions, page by page."""
    answer = ask(client, "/api/transactions", limit="100")
    entries = answer["data"]
    while answer["has_more"]:
        answer = ask(client, "/api/transactions", limit="100", starting_after=answer["next_cursor"])
        entries += answer["data"]
    return entries


def clock(world: World) -> datetime:
    return world.execute("select clock_timestamp()")[0][0].astimezone(UTC)
