"""Random histories against the oracle: outcomes, stored events, every figure, reconcile and rebuild."""

from collections import ChainMap
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import singledispatchmethod
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.dashboards import ask, check_figures, check_reconciled, check_stored, check_transactions, walk
from tests.db.ingestion import ingest, outcomes
from tests.histories import (
    CURRENCIES,
    ZONES,
    End,
    History,
    Merchant,
    Move,
    Rebuild,
    Run,
    Send,
    fresh_events,
    histories,
    resolve,
)
from tests.oracle import Identity, Json, identity, judge, local_date

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]

# One database serves all examples of a test: each example makes merchants of its own.
shared_database = settings(
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ]
)


class Stage:
    """The sessions in which histories are played: one that commits at once, two that may not, two runners."""

    def __init__(self, connect: Connect, drain: Drain) -> None:
        self.db = connect()
        self.drain = drain
        self.api = {
            "solo": connect("molam_api"),
            "first": connect("molam_api", autocommit=False),
            "second": connect("molam_api", autocommit=False),
        }
        self.runners = {name: connect("molam_rollup") for name in ("one", "other")}
        # Played by one thread, a session that waits for another would wait for ever.
        for session in self.api.values():
            session.execute("set lock_timeout = '30ms'")
            session.commit()
        for runner in self.runners.values():
            runner.execute("set lock_timeout = '1s'")

    def create_merchants(self, history: History) -> list[UUID]:
        ids: list[UUID] = []
        for merchant in history.merchants:
            ids.append(self.neighbour_of(ids[0]) if ids and history.are_neighbours else uuid4())
            row = ("Boutique", merchant.currency, merchant.timezone, ids[-1])
            self.db.execute("select ops.create_merchant(%s, %s, %s, %s)", row)
        return ids

    def neighbour_of(self, merchant_id: UUID) -> UUID:
        """A new id in the same bucket."""
        query = """
            select n.id from (select gen_random_uuid() as id from generate_series(1, 1000)) as n
            where uuid_hash(n.id) & 15 = uuid_hash(%s) & 15 limit 1
        """
        return self.db.execute(query, (merchant_id,)).fetchone()[0]


class Play:
    """One history being played, with what should be committed and what open transactions have written."""

    def __init__(self, stage: Stage, history: History) -> None:
        self.stage = stage
        self.merchants = history.merchants
        self.zones = [merchant.timezone for merchant in history.merchants]
        self.ids = stage.create_merchants(history)
        self.now = stage.db.execute("select now()").fetchone()[0]
        self.committed: list[dict[Identity, Json]] = [{} for _ in self.ids]
        self.open = {session: [{} for _ in self.ids] for session in ("first", "second")}

    @singledispatchmethod
    def step(self, step: object) -> None:
        raise NotImplementedError(step)

    @step.register
    def _(self, send: Send) -> None:
        events = resolve(send.events, self.now)
        written = self.open.get(send.session, self.committed)[send.merchant]
        api = self.stage.api[send.session]
        try:
            is_stored, answer = ingest(api, self.ids[send.merchant], events, lenient=send.is_lenient)
        except psycopg.errors.LockNotAvailable:
            assert self.is_open_elsewhere(send, events)
            self.end(send.session, is_commit=False)
            return
        known = ChainMap(written, self.committed[send.merchant])
        expected, new = judge(known, events, self.now, lenient=send.is_lenient)
        assert outcomes(is_stored, answer, len(events)) == expected
        written.update(new)

    def is_open_elsewhere(self, send: Send, events: list[Json]) -> bool:
        """Whether another session has written one of the identities and not committed yet."""
        others = [written[send.merchant] for session, written in self.open.items() if session != send.session]
        return any(identity(event) in ChainMap(*others) for event in events if event.get("transaction_id"))

    @step.register
    def _(self, end: End) -> None:
        self.end(end.session, is_commit=end.is_commit)

    def end(self, session: str, *, is_commit: bool) -> None:
        api = self.stage.api[session]
        api.commit() if is_commit else api.rollback()
        for committed, written in zip(self.committed, self.open.get(session, []), strict=False):
            if is_commit:
                committed.update(written)
            written.clear()

    @step.register
    def _(self, run: Run) -> None:
        self.stage.runners[run.runner].execute("call rollup.run(%s, 0)", (run.runner,))
        for merchant_id in self.ids:
            check_reconciled(self.stage.db, merchant_id)

    @step.register
    def _(self, rebuild: Rebuild) -> None:
        self.stage.db.execute("select ops.rebuild(%s)", (self.ids[rebuild.merchant],))

    @step.register
    def _(self, move: Move) -> None:
        query = "update data.merchants set timezone = %s where merchant_id = %s"
        self.stage.db.execute(query, (move.timezone, self.ids[move.merchant]))
        self.zones[move.merchant] = move.timezone

    def has_open_transactions(self) -> bool:
        return any(any(written) for written in self.open.values())

    def check(self) -> None:
        """Every figure is right; what open transactions wrote is in none."""
        self.stage.drain(self.stage.db)
        errors = self.stage.db.execute("select * from ops.jobs where last_error is not null").fetchall()
        assert errors == []
        for number, merchant_id in enumerate(self.ids):
            check_reconciled(self.stage.db, merchant_id)
            events = check_stored(self.stage.db, merchant_id, self.committed[number])
            currency = self.merchants[number].currency
            check_figures(self.stage.api["solo"], merchant_id, self.zones[number], currency, events)
            check_transactions(self.stage.api["solo"], merchant_id, events)


@pytest.fixture
def stage(connect: Connect, drain: Drain) -> Stage:
    return Stage(connect, drain)


@settings(shared_database, max_examples=80)
@given(history=histories())
def test_every_history_has_the_figures_of_the_oracle(stage: Stage, history: History) -> None:
    play = Play(stage, history)
    try:
        for step in history.steps:
            play.step(step)
        play.check()
        if play.has_open_transactions():
            for session in play.open:
                play.end(session, is_commit=True)
            play.check()
    finally:
        for session in play.open:
            play.end(session, is_commit=False)


def distinct(events: list[Json], now: datetime) -> list[Json]:
    """Each identity once, no two of a transaction at the same time; names follow the time.

    So there are no ties: what breaks those is the event id, which comes from the merchant's.
    """
    events = [{**event, "occurred_at": event.get("occurred_at") or timedelta()} for event in events]
    first = {identity(event): event for event in reversed(resolve(events, now))}
    at_once = {(event["transaction_id"], instant(event)): event for event in first.values()}
    return [{**event, "product_name": f"as of {instant(event)}"} for event in at_once.values()]


def instant(event: Json) -> datetime:
    return datetime.fromisoformat(event["occurred_at"]).astimezone(UTC)


@settings(shared_database, max_examples=25)
@given(data=st.data())
def test_neither_order_nor_batches_nor_age_change_a_figure(stage: Stage, data: st.DataObject) -> None:
    sender = data.draw(st.builds(Merchant, st.sampled_from(CURRENCIES), st.sampled_from(ZONES)))
    play = Play(stage, History([sender, sender], are_neighbours=True, steps=[]))
    events = distinct(data.draw(st.lists(fresh_events(sender), min_size=1, max_size=25)), play.now)

    for merchant_id in play.ids:
        left = data.draw(st.permutations(events))
        while left:
            size = data.draw(st.integers(1, len(left)))
            ingest(stage.api["solo"], merchant_id, left[:size])
            left = left[size:]
            if data.draw(st.booleans()):
                stage.runners["one"].execute("call rollup.run('one', 0)")
    stage.drain(stage.db)

    days = {local_date(instant(event), sender.timezone) for event in events}
    one, other = (all_answers(stage.api["solo"], merchant_id, days) for merchant_id in play.ids)
    assert one == other
    check_reconciled(stage.db, play.ids[0])


def all_answers(api: Connection, merchant_id: UUID, days: set[date]) -> list[Json]:
    now = api.execute("select now()").fetchone()[0]
    return [
        ask(api, "overview", merchant_id, None, now),
        ask(api, "payment_methods", merchant_id, 366, None, now),
        ask(api, "top_products", merchant_id, 366, 100, None, now),
        ask(api, "failures", merchant_id, 366, 100, None, now),
        ask(api, "customers", merchant_id, 500),
        walk(api, merchant_id),
        *(ask(api, "analytics", merchant_id, day, day, "hourly") for day in sorted(days)),
    ]
