"""Jobs that fail, and what operators do while everybody is at work."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

from tests.faults.direct_ingest import ingest_surely
from tests.faults.fault import fault
from tests.faults.ledger import new_event
from tests.faults.load import Load
from tests.faults.world import GONE, RECOVERY_SECONDS, World
from tests.histories import ZONES
from tests.processes import wait_until
from tests.projects import Project, copy_of_ours

# --- jobs ----------------------------------------------------------------------------------------


@fault("operator")
def job_fails(world: World, load: Load, dice: Random) -> None:
    fail_for_a_while(
        world, "maintenance", "insert on data.job_runs", "new.job = 'maintenance' and new.error is null"
    )


@fault("operator")
def materialized_view_refresh_fails(world: World, load: Load, dice: Random) -> None:
    fail_for_a_while(
        world, "refresh marts", "update on data.mart_refreshes", "new.refreshed_at <> old.refreshed_at"
    )


def fail_for_a_while(world: World, job: str, event: str, condition: str) -> None:
    """What the job does at its end is refused, which is told everywhere; it is well again when it is not."""
    with failing(world, event, condition):
        make_due(world, job)
        await_failing(world, job)
    make_due(world, job)
    await_well(world, job)


@contextmanager
def failing(world: World, event: str, condition: str) -> Iterator[None]:
    table = event.split()[-1]
    world.execute(
        """
        create or replace function public.fail() returns trigger language plpgsql as
        $$ begin raise exception 'it fails on purpose'; end $$
        """
    )
    world.execute(
        f"create or replace trigger fails_on_purpose before {event}"
        f" for each row when ({condition}) execute function public.fail()"
    )
    try:
        yield
    finally:
        world.execute(f"drop trigger if exists fails_on_purpose on {table}")


def make_due(world: World, job: str) -> None:
    world.execute("delete from data.job_runs where job = %s", (job,))
    if job == "refresh marts":
        world.execute("update data.mart_refreshes set next_close_at = '-infinity'")


def await_failing(world: World, job: str) -> None:
    wait_until(
        lambda: job in world.execute("select failing_jobs from ops.health")[0][0],
        f"{job} is told to fail by ops.health",
        RECOVERY_SECONDS,
    )
    metric = f'molam_job_failing{{job="{job}"}} 1.0'
    wait_until(lambda: metric in world.ask("/metrics").text, metric, RECOVERY_SECONDS)


def await_well(world: World, job: str) -> None:
    query = "select bool_and(not is_failing) from ops.jobs where job = %s"
    wait_until(lambda: world.execute(query, (job,)) == [(True,)], f"{job} is well", RECOVERY_SECONDS)


# --- operators at work ---------------------------------------------------------------------------


@fault("operator")
def missing_partition(world: World, load: Load, dice: Random) -> None:
    """What is received when there is none is stored, counted and told, then moved to its place."""
    with setting(world, "maintenance_minutes", 1440):
        end_partitions_now(world)
        wait_until(
            lambda: "transaction_events_default" in str(world.execute("select reasons from ops.health")),
            "ops.health tells of events without a partition",
            RECOVERY_SECONDS,
        )
        load.await_more(20)
        world.execute("select ops.create_partitions()")
    assert world.execute("select count(*) from data.transaction_events_default") == [(0,)]


def end_partitions_now(world: World) -> None:
    """The current partition ends at this moment, and those ahead are gone."""
    partitions = world.execute(
        "select partition, starts_at, state from ops.partitions where state in ('current', 'ahead')"
    )
    for partition, starts_at, state in partitions:
        name = f"until_{time.time_ns()}"
        take_off = f"alter table data.transaction_events detach partition data.{partition}"
        world.execute(
            f"{take_off}; drop table data.{partition}"
            if state == "ahead"
            else f"""
                {take_off};
                alter table data.{partition} rename to {name};
                do $$ begin execute format(
                    'alter table data.transaction_events attach partition data.{name}'
                    ' for values from (%L) to (%L)', '{starts_at}'::timestamptz, clock_timestamp()
                ); end $$
            """
        )


@fault("operator")
def migration(world: World, load: Load, dice: Random) -> None:
    """Functions, views and triggers are replaced, and replaced back."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_ours(Path(folder), world.url)
        project.change("sql/20_ingest.sql", r"open_for_writing", "admit")
        project.change("views/ops_lag.sql", r"    p\.windows,\n", "    p.windows, p.windows as rounds,\n")
        project.change("triggers/transaction_events.sql", r"Send a new event instead", "Send another event")
        migrate(project)
        load.await_more(10)
        migrate(copy_of_ours(Path(folder), world.url))


def migrate(project: Project) -> None:
    """Until it has succeeded: a server that goes away meanwhile leaves what was in force."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            project.migrate()
            return
        except GONE:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@fault("operator")
def rebuild(world: World, load: Load, dice: Random) -> None:
    for ledger in load.ledgers:
        call = dice.choice(
            ["ops.rebuild(%s)", "ops.repair(%s)", "ops.replay(%s, now() - interval '1 h', now())"]
        )
        world.execute(f"select {call}", (ledger.merchant_id,))


@fault("operator")
def change_of_time_zone(world: World, load: Load, dice: Random) -> None:
    ledger = dice.choice(load.ledgers)
    ledger.zone = dice.choice([zone for zone in ZONES if zone != ledger.zone])
    query = "select ops.update_merchant(%s, p_timezone => %s)"
    world.execute(query, (ledger.merchant_id, ledger.zone))
    load.await_more(10)


@fault("operator")
def retention(world: World, load: Load, dice: Random) -> None:
    """Events of years ago are condensed and dropped; the figures keep them."""
    ledger = dice.choice(load.ledgers)
    name = f"old {uuid4()}"
    happened = datetime(2015, 6, 1, tzinfo=UTC)
    events = [new_event(dice, ledger, f"{name} {number}", happened) for number in range(10)]
    events = [{**event, "occurred_at": happened.isoformat()} for event in events]
    ingest_surely(world, ledger, events)
    ledger.retired += events
    wait_until(
        lambda: world.execute(WAITING, (f"{name}%",)) == [(0,)], "they are aggregated", RECOVERY_SECONDS
    )
    receive_long_ago(world, name)
    with setting(world, "retention_days", 30):
        while world.execute("select ops.apply_retention()") != [(None,)]:
            pass
    query = "select count(*) from data.transaction_events where transaction_id like %s"
    assert world.execute(query, (f"{name}%",)) == [(0,)]


WAITING = """
    select count(*)
    from data.transaction_events as e inner join data.rollup_progress as p using (bucket_id)
    where e.transaction_id like %s and not pg_visible_in_snapshot(e.xid, p.snapshot)
"""


def receive_long_ago(world: World, name: str) -> None:
    """As if the events whose transactions begin with the name had been received years ago."""
    day = world.execute(
        """
        select (greatest(
            date_trunc('day', now() - interval '3000 days', 'UTC'),
            (select r.retired_until from data.retention as r),
            (select max(p.ends_at) from ops.partitions as p where p.partition like 'old%')
        ) at time zone 'UTC')::date
        """
    )[0][0]
    moved = f"'{day} 00:00:00+00' where transaction_id like '{name}%'"
    # no trigger, for events are append-only
    world.execute(
        f"""
        set local session_replication_role = replica;
        create table data.old_{day:%Y%m%d} partition of data.transaction_events
        for values from ('{day} 00:00:00+00') to ('{day + timedelta(days=1)} 00:00:00+00');
        alter table data.old_{day:%Y%m%d} owner to molam_owner;
        update data.transaction_event_keys as k set received_at = '{day} 00:00:00+00'
        from data.transaction_events as e
        where (k.merchant_id, k.event_id) = (e.merchant_id, e.event_id) and e.transaction_id like '{name}%';
        update data.merchant_transactions set last_received_at = {moved};
        update data.transaction_events set received_at = {moved}
        """
    )


@contextmanager
def setting(world: World, name: str, value: int) -> Iterator[None]:
    """Changes one of ops.settings for a while."""
    world.execute("update ops.settings set value = %s where name = %s", (value, name))
    try:
        yield
    finally:
        world.execute("update ops.settings set value = default_value where name = %s", (name,))
