"""The checks themselves: each notices when what it watches over is not so."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from tests.conftest import INSTALLATIONS
from tests.db.dashboards import check_reconciled
from tests.faults.direct_ingest import ingest_surely, send_until_acknowledged, some_events
from tests.faults.invariants import await_rest, check_all, check_events, check_figures
from tests.faults.ledger import Ledger, new_event
from tests.faults.watch import Watch
from tests.faults.world import SHOPS, World, running_world
from tests.oracle import Outcome

DICE = Random(1)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_world(INSTALLATIONS[0]) as world:
        yield world


@pytest.fixture
def ledger(world: World) -> Ledger:
    """Of a merchant with some events, all at rest."""
    (ledger,) = world.open_shops(SHOPS[:1])
    send_until_acknowledged(world, ledger, some_events(DICE, ledger))
    await_rest(world)
    check_all(world, [ledger])
    return ledger


def test_an_event_that_is_not_there(world: World, ledger: Ledger) -> None:
    ledger.note(new_event(DICE, ledger, "lost", datetime.now(UTC)), Outcome("ingested"), known={})
    with pytest.raises(AssertionError, match="I2: 1 acknowledged events are not there"):
        check_events(world, ledger)


def test_an_event_of_which_nobody_was_told(world: World, ledger: Ledger) -> None:
    ingest_surely(world, ledger, [new_event(DICE, ledger, "unasked", datetime.now(UTC))])
    with pytest.raises(AssertionError, match="I2: 1 events are there that nobody was told of"):
        check_events(world, ledger)


def test_an_event_that_is_stored_twice_or_in_two_versions(ledger: Ledger) -> None:
    known = ledger.accepted()
    event = next(iter(known.values()))
    with pytest.raises(AssertionError, match="stored twice"):
        ledger.note(event, Outcome("ingested"), known)
    with pytest.raises(AssertionError, match="two versions"):
        ledger.note({**event, "fee": "77"}, Outcome("ingested"), known={})


def test_a_figure_that_is_wrong(world: World, ledger: Ledger) -> None:
    send_until_acknowledged(world, ledger, some_events(DICE, ledger))
    await_rest(world)
    spoil = "update data.merchant_hourly_aggregates set created = created + 1 where merchant_id = %s"
    world.execute(spoil, (ledger.merchant_id,))
    with pytest.raises(AssertionError, match="I1"):
        check_figures(world, ledger, check_events(world, ledger))
    with pytest.raises(AssertionError), world.connect() as db:
        check_reconciled(db, ledger.merchant_id)


def test_a_window_that_passes_an_open_transaction_or_goes_back(world: World, ledger: Ledger) -> None:
    keep = "select bucket_id, snapshot from data.rollup_progress"
    with world.connect() as db, world.connect(autocommit=False) as writer, Watch(world).watching() as watch:
        windows = db.execute(keep).fetchall()
        writer.execute("select pg_current_xact_id()")
        db.execute("update data.rollup_progress set snapshot = '900000:900000:'")
        await_samples(watch, 2)
        for bucket_id, snapshot in windows:
            query = "update data.rollup_progress set snapshot = %s where bucket_id = %s"
            db.execute(query, (snapshot, bucket_id))
        await_samples(watch, 2)
    assert any("passed an open transaction" in violation for violation in watch.violations)
    assert any("went back" in violation for violation in watch.violations)


def test_a_service_that_says_that_it_is_ready_and_is_not(world: World, ledger: Ledger) -> None:
    with Watch(world).watching() as watch, world.database_away():
        time.sleep(3)  # it is there, so what the service says of it is not so
    assert any("ready without a database" in violation for violation in watch.violations)
    assert any("up without a database" in violation for violation in watch.violations)


def await_samples(watch: Watch, more: int) -> None:
    goal = watch.samples + more
    while watch.samples < goal:
        time.sleep(0.05)
