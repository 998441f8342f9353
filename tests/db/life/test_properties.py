"""Random histories in which partitions are retired and customers forgotten, against the oracle."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.db.dashboards import (
    check_figures,
    check_reconciled,
    check_stored,
    check_transactions,
    stored_events,
)
from tests.db.life.aging import age, keep, retire
from tests.db.test_properties import Connect, Drain, Play, Stage, shared_database
from tests.histories import ZONES, History, Send, Step, histories, resolve
from tests.oracle import Event, Json


@dataclass(frozen=True)
class Retire:
    """All that is committed so far grows old, and retention takes it."""


class Life(Play):
    def __init__(self, stage: Stage, history: History) -> None:
        super().__init__(stage, history)
        self.retired: list[list[Event]] = [[] for _ in self.ids]
        self.all_events = self.retired

    def live(self, step: Step | Retire) -> None:
        match step:
            case Retire():
                self.retire()
            case Send():
                self.step(replace(step, events=named_by_time(resolve(step.events, self.now))))
            case _:
                self.step(step)

    def retire(self) -> None:
        db = self.stage.db
        for session in self.open:
            self.end(session, is_commit=True)
        self.stage.drain(db)
        for number, merchant_id in enumerate(self.ids):
            self.retired[number] += check_stored(db, merchant_id, self.committed[number])
            self.committed[number].clear()
        age(db)
        while db.execute("select ops.apply_retention()").fetchone()[0]:
            for merchant_id in self.ids:
                check_reconciled(db, merchant_id)

    def events(self, number: int) -> list[Event]:
        stored = check_stored(self.stage.db, self.ids[number], self.committed[number])
        return self.retired[number] + stored

    def check_all(self, forgotten: dict[str, str]) -> None:
        self.stage.drain(self.stage.db)
        for number, merchant_id in enumerate(self.ids):
            check_reconciled(self.stage.db, merchant_id)
            events = [
                replace(e, customer_id=forgotten.get(f"{merchant_id} {e.customer_id}", e.customer_id))
                for e in self.all_events[number]
            ]
            currency = self.merchants[number].currency
            check_figures(self.stage.api["solo"], merchant_id, self.zones[number], currency, events)
            left = len(stored_events(self.stage.db, merchant_id))
            retired, stored = events[: len(events) - left], events[len(events) - left :]
            check_transactions(self.stage.api["solo"], merchant_id, stored, retired)

    def finish(self) -> None:
        for session in self.open:
            self.end(session, is_commit=True)
        self.stage.drain(self.stage.db)
        self.all_events = [self.events(number) for number in range(len(self.ids))]

    def forget(self, merchant_id: UUID, customer_id: str) -> str:
        """The customer's pseudonym."""
        db = self.stage.db
        db.execute("select ops.forget_customer(%s, %s)", (merchant_id, customer_id))
        query = "select pseudonym from ops.erasures where merchant_id = %s order by erased_at desc limit 1"
        return db.execute(query, (merchant_id,)).fetchone()[0]


def named_by_time(events: list[Json]) -> list[Json]:
    """An event that comes again after it was retired has the name that it had: a tie has one answer."""
    return [
        {**event, "product_name": f"as of {datetime.fromisoformat(event['occurred_at']).astimezone(UTC)}"}
        if event.get("occurred_at")
        else event
        for event in events
    ]


@pytest.fixture
def stage(connect: Connect, drain: Drain) -> Stage:
    stage = Stage(connect, drain)
    keep(stage.db)
    return stage


@st.composite
def lives(draw: st.DrawFn) -> tuple[History, list[Step | Retire]]:
    history = draw(histories())
    steps: list[Step | Retire] = list(history.steps)
    for place in draw(st.lists(st.integers(0, len(steps)), min_size=1, max_size=3)):
        steps.insert(place, Retire())
    return history, steps


@settings(shared_database, max_examples=12)
@given(life=lives(), zone=st.sampled_from(ZONES))
def test_whatever_is_retired_or_forgotten_no_figure_changes(
    stage: Stage, life: tuple[History, list[Step | Retire]], zone: str
) -> None:
    history, steps = life
    play = Life(stage, history)
    try:
        for step in steps:
            play.live(step)
        play.finish()
        play.check_all({})

        forgotten = {}
        for number, merchant_id in enumerate(play.ids):
            payers = {e.customer_id for e in play.all_events[number] if e.event_type == "payment_succeeded"}
            for customer in payers & {
                "ana",
                "山",
            }:  # retired events keep customers of successful payments alone
                forgotten[f"{merchant_id} {customer}"] = play.forget(merchant_id, customer)
        play.check_all(forgotten)
        for number, merchant_id in enumerate(play.ids):
            stage.db.execute("select ops.rebuild(%s)", (merchant_id,))
            check_reconciled(stage.db, merchant_id)
            stage.db.execute("select ops.update_merchant(%s, p_timezone => %s)", (merchant_id, zone))
            play.zones[number] = zone
        stage.drain(stage.db)
        age(stage.db)
        retire(stage.db)
        play.check_all(forgotten)
    finally:
        for session in play.open:
            play.end(session, is_commit=False)
