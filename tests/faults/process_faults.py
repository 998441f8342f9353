"""Faults of processes: killed, frozen, ended."""

import time
from contextlib import suppress
from random import Random

import psutil

from tests.faults.fault import fault
from tests.faults.load import Load
from tests.faults.world import World, frozen, kill_all, process_tree
from tests.processes import wait_until

# A runner's session, a worker's or pg_cron's, that holds a bucket: from its first write to the commit it has
# a transaction id.
AT_WORK = """
    select pid from pg_stat_activity
    where query ilike 'call rollup.run(%' and backend_xid is not null and state = 'active'
"""
WORKERS = ("worker 1", "worker 2")


@fault("server")
def kill_postgres(world: World, load: Load, dice: Random) -> None:
    """SIGKILL of the postmaster; the server comes back later and recovers."""
    with world.server_lock:
        world.kill_postgres()
        with world.database_away():
            time.sleep(dice.uniform(0, 2.5))
        world.start_postgres()


@fault("server")
def freeze_postgres(world: World, load: Load, dice: Random) -> None:
    with world.server_lock:
        processes = process_tree(world.postgres().pid)
        with frozen(processes), world.database_away():
            time.sleep(dice.uniform(0.5, 3.5))


@fault("server")
def kill_backend_in_mid_window(world: World, load: Load, dice: Random) -> None:
    """SIGKILL of a session that holds a bucket: the server ends all sessions and recovers."""
    with world.server_lock:
        kill_all([session_at_work(world)])


@fault("server")
def freeze_backend_in_mid_window(world: World, load: Load, dice: Random) -> None:
    """It keeps its bucket's lock; whoever else aggregates goes on with the other buckets."""
    with world.server_lock, frozen([session_at_work(world)]):
        time.sleep(dice.uniform(0.5, 3))


@fault("sessions")
def end_all_sessions(world: World, load: Load, dice: Random) -> None:
    for _ in range(dice.randrange(1, 4)):
        world.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name in ('molam-service', 'molam worker')"
        )
        time.sleep(dice.uniform(0, 0.5))


@fault("sessions", needs_pg_cron=True)
def kill_the_launcher_of_pg_cron(world: World, load: Load, dice: Random) -> None:
    """Whether it comes back is up to pg_cron; the workers go on."""
    world.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'pg_cron launcher'"
    )
    load.await_more(20)


@fault("worker")
def kill_worker(world: World, load: Load, dice: Random) -> None:
    name = dice.choice(WORKERS)
    world.kill_process(name)
    time.sleep(dice.uniform(0, 1))
    world.start_process(name)


@fault("worker")
def kill_all_workers(world: World, load: Load, dice: Random) -> None:
    """Events are taken, and told to wait when nothing else aggregates."""
    for name in WORKERS:
        world.kill_process(name)
    time.sleep(dice.uniform(0.5, 2))
    for name in WORKERS:
        world.start_process(name)


@fault("worker")
def freeze_worker(world: World, load: Load, dice: Random) -> None:
    with frozen(process_tree(world.processes[dice.choice(WORKERS)].pid)):
        time.sleep(dice.uniform(0.5, 3))


@fault("service")
def kill_service(world: World, load: Load, dice: Random) -> None:
    """All its processes at once, in the midst of requests."""
    with world.service_lock:
        world.kill_process("service")
        time.sleep(dice.uniform(0, 1))
        world.start_process("service")
        world.await_alive()


@fault("service")
def kill_one_process_of_the_service(world: World, load: Load, dice: Random) -> None:
    """The other goes on, and another takes its place."""
    with world.service_lock:
        kill_all([dice.choice(world.serving())])
        wait_until(lambda: len(world.serving()) == 2, "there are two processes again", 60)


@fault("service")
def freeze_one_process_of_the_service(world: World, load: Load, dice: Random) -> None:
    with world.service_lock, frozen([dice.choice(world.serving())]):
        time.sleep(dice.uniform(0.5, 3))


def session_at_work(world: World) -> psutil.Process:
    """A runner's session that is in the midst of a window at this moment."""
    found: list[psutil.Process] = []

    def is_found() -> bool:
        for (pid,) in world.execute(AT_WORK):
            with suppress(psutil.NoSuchProcess):  # another fault has ended it
                found.append(psutil.Process(pid))
        return bool(found)

    wait_until(is_found, "a runner is in the midst of a window", 60)
    return found[0]
