"""Transactions that are in the way: long, prepared, elsewhere, or in each other's."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from uuid import uuid4

import psycopg

from tests.db.ingestion import ingest
from tests.faults.direct_ingest import send_until_acknowledged, some_events
from tests.faults.fault import fault
from tests.faults.load import Load
from tests.faults.world import GONE, RECOVERY_SECONDS, World
from tests.oracle import Json
from tests.processes import wait_until


@fault("sessions")
def transaction_open_for_long(world: World, load: Load, dice: Random) -> None:
    """It has written events. Nothing waits for it; it is named; its events come in when it commits."""
    ledger = dice.choice(load.ledgers)
    events = some_events(dice, ledger)
    with suppress(*GONE), world.connect("molam_api", autocommit=False) as session:
        ingest(session, ledger.merchant_id, events)
        load.await_more(40)
        held_back = world.execute("select held_back_by from ops.health")[0][0]
        session.execute("select")  # fails where the server has ended it meanwhile
        assert any("open for" in reason for reason in held_back), held_back
        if dice.random() < 0.3:
            session.rollback()
            return
        session.commit()
    send_until_acknowledged(world, ledger, events)


@fault("sessions")
def prepared_transaction(world: World, load: Load, dice: Random) -> None:
    """It has no session, and outlives the server's crashes."""
    ledger = dice.choice(load.ledgers)
    events = some_events(dice, ledger)
    name = f"prepared {uuid4()}"
    with suppress(*GONE), world.connect("molam_api", autocommit=False) as session:
        ingest(session, ledger.merchant_id, events)
        session.execute(f"prepare transaction '{name}'")  # type: ignore[arg-type]
    load.await_more(40)
    is_there = f"select gid from pg_prepared_xacts where gid = '{name}'"
    if dice.random() < 0.3:
        with suppress(psycopg.errors.UndefinedObject):
            world.execute(f"rollback prepared '{name}'")
        return
    if world.execute(is_there):
        with suppress(psycopg.errors.UndefinedObject):  # the answer to the first try was lost
            world.execute(f"commit prepared '{name}'")
    send_until_acknowledged(world, ledger, events)


@fault("sessions")
def writer_in_another_database(world: World, load: Load, dice: Random) -> None:
    """Its transaction id is in every snapshot, and no event is late for it."""
    with suppress(*GONE), world.connect(dbname="postgres", autocommit=False) as elsewhere:
        elsewhere.execute("select pg_current_xact_id()")
        load.await_more(40)
        begun_at = elsewhere.execute("select now()").fetchone()[0]
        query = "select max(as_of) > %s from ops.lag"
        wait_until(
            lambda: world.execute(query, (begun_at,)) == [(True,)], "windows pass it", RECOVERY_SECONDS
        )


@fault("sessions")
def keys_in_orders_that_deadlock(world: World, load: Load, dice: Random) -> None:
    """Two transactions write the same events in opposite orders; those of the victim are sent again."""
    ledger = dice.choice(load.ledgers)
    halves = [some_events(dice, ledger), some_events(dice, ledger)]

    def write(first: list[Json], second: list[Json]) -> None:
        with suppress(*GONE), world.connect("molam_api", autocommit=False) as session:
            ingest(session, ledger.merchant_id, first)
            time.sleep(0.2)
            ingest(session, ledger.merchant_id, second)

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, *halves), pool.submit(write, *reversed(halves))]
    for writer in writers:
        writer.result()
    for half in halves:
        send_until_acknowledged(world, ledger, half)
