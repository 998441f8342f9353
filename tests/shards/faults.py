"""The faults of a router and its servers, and the moves of merchants in their midst."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random
from uuid import uuid4

import httpx
import psycopg

from tests.faults import network_faults, process_faults  # noqa: F401
from tests.faults.fault import FAULTS, Fault, fault
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.world import RECOVERY_SECONDS, SHOPS
from tests.histories import ZONES
from tests.processes import wait_until
from tests.shards.moves import Operator, of_merchant, of_partition
from tests.shards.world import SHARDS, ShardedWorld, partition_of

# Those of any world that a router's world has as well: its database is the router.
OF_ANY_WORLD = (
    "kill_postgres",
    "freeze_postgres",
    "kill_service",
    "kill_one_process_of_the_service",
    "cut_database_connections",
    "lose_answers_of_the_database",
    "cut_client_connections",
    "lose_answers_to_the_clients",
)
SHARD_FAULTS: dict[str, Fault] = {name: FAULTS[name] for name in OF_ANY_WORLD}
shard_fault = partial(fault, catalogue=SHARD_FAULTS)


# --- moves ---------------------------------------------------------------------------------------


@shard_fault("mover")
def move_merchant(world: ShardedWorld, load: Load, dice: Random) -> None:
    with moving_merchant(world, load, dice) as operator:
        operator.complete(operator.some_server())


@shard_fault("mover")
def move_partition(world: ShardedWorld, load: Load, dice: Random) -> None:
    with moving_partition(world, load, dice) as operator:
        operator.complete(operator.some_server())


@shard_fault("mover")
def kill_mover_of_a_merchant(world: ShardedWorld, load: Load, dice: Random) -> None:
    """Run again it goes on, or back, or elsewhere, and may be killed once more."""
    with moving_merchant(world, load, dice) as operator:
        kill_often(operator, dice)


@shard_fault("mover")
def kill_mover_of_a_partition(world: ShardedWorld, load: Load, dice: Random) -> None:
    with moving_partition(world, load, dice) as operator:
        kill_often(operator, dice)


@shard_fault("mover")
def freeze_mover(world: ShardedWorld, load: Load, dice: Random) -> None:
    """For seconds, in which the merchant goes on by itself."""
    with moving_merchant(world, load, dice) as operator:
        to = operator.some_server()
        operator.be_frozen(to)
        operator.complete(to)


def kill_often(operator: Operator, dice: Random) -> None:
    to = operator.some_server()
    for _ in range(dice.choice([1, 1, 2, 3])):
        operator.be_killed(to)
        time.sleep(dice.uniform(0, 1))
        to = dice.choice([to, operator.some_server()])
    operator.complete(to)


@contextmanager
def moving_merchant(world: ShardedWorld, load: Load, dice: Random) -> Iterator[Operator]:
    ledger = dice.choice(load.ledgers)
    with world.moving([ledger.merchant_id]):
        yield of_merchant(world, dice, ledger.merchant_id)


@contextmanager
def moving_partition(world: ShardedWorld, load: Load, dice: Random) -> Iterator[Operator]:
    partition = partition_of(dice.choice(load.ledgers).merchant_id)
    merchants = [
        ledger.merchant_id for ledger in load.ledgers if partition_of(ledger.merchant_id) == partition
    ]
    with world.moving(merchants):
        yield of_partition(world, dice, partition)


# --- servers -------------------------------------------------------------------------------------


@shard_fault("shard")
def kill_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    """Its merchants alone are refused while it is away."""
    name = dice.choice(SHARDS)
    shard = world.shards[name]
    time.sleep(dice.uniform(0, 4))
    shard.kill_postgres()
    check_service_without(world, load, name)
    shard.start_postgres()


@shard_fault("shard")
def restart_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    """Killed, and there again as soon as it has recovered."""
    for _ in range(dice.randrange(1, 3)):
        shard = world.shards[dice.choice(SHARDS)]
        time.sleep(dice.uniform(0, 3))
        shard.kill_postgres()
        shard.start_postgres()


@shard_fault("shard")
def refuse_connections_of_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    name = dice.choice(SHARDS)
    time.sleep(dice.uniform(0, 3))
    with world.shards[name].database_line.refusing():
        check_service_without(world, load, name)


@shard_fault("shard")
def lose_answers_of_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    """Commits happen there that neither the router nor the mover ever hears of."""
    for _ in range(dice.randrange(1, 4)):
        time.sleep(dice.uniform(0, 2))
        with world.shards[dice.choice(SHARDS)].database_line.losing_answers():
            time.sleep(dice.uniform(0.1, 1))


@shard_fault("sessions")
def end_sessions_of_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    for _ in range(dice.randrange(1, 4)):
        time.sleep(dice.uniform(0, 2))
        world.shards[dice.choice(SHARDS)].execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name in ('molam router', 'molam shards move', 'molam worker')"
        )


@shard_fault("worker")
def kill_worker_of_shard(world: ShardedWorld, load: Load, dice: Random) -> None:
    shard = world.shards[dice.choice(SHARDS)]
    shard.kill_process("worker 1")
    time.sleep(dice.uniform(0, 2))
    shard.start_process("worker 1")


@shard_fault("worker")
def kill_watch(world: ShardedWorld, load: Load, dice: Random) -> None:
    """Nobody looks which servers are away: then they are asked."""
    world.kill_process("worker 1")
    time.sleep(dice.uniform(0, 4))
    world.start_process("worker 1")


def check_service_without(world: ShardedWorld, load: Load, name: str) -> None:
    """While the server is away its merchants are refused for the moment, and all others are served."""
    with world.moving_lock:
        unmoved = [ledger for ledger in load.ledgers if not world.is_moving(ledger)]
        places = {ledger.merchant_id: world.place(ledger.merchant_id) for ledger in unmoved}
        load.serve_once([ledger for ledger in unmoved if places[ledger.merchant_id] != name])
        for ledger in unmoved:
            if places[ledger.merchant_id] == name:
                wait_until(partial(is_refused, world, ledger), f"503 without {name}", RECOVERY_SECONDS)


def is_refused(world: ShardedWorld, ledger: Ledger) -> bool:
    url = f"{world.direct_url}/api/dashboard/overview"
    with suppress(httpx.TransportError):  # the service may have been killed, too
        response = httpx.get(url, headers=ledger.tenant.headers, verify=False, timeout=30)
        return response.status_code == 503 and int(response.headers["retry-after"]) > 0
    return False


# --- operators -----------------------------------------------------------------------------------


@shard_fault("operator")
def open_shops(world: ShardedWorld, load: Load, dice: Random) -> None:
    """New merchants, of virtual partitions that may be on their way."""
    for _ in range(dice.randrange(1, 4)):
        time.sleep(dice.uniform(0, 2))
        partition = partition_of(dice.choice(load.ledgers).merchant_id)
        while partition_of(merchant_id := uuid4()) != partition:
            pass
        with world.moving([merchant_id]):
            load.ledgers.append(world.open_shop(dice.choice(SHOPS), merchant_id))


@shard_fault("operator")
def change_time_zones(world: ShardedWorld, load: Load, dice: Random) -> None:
    for _ in range(dice.randrange(1, 3)):
        time.sleep(dice.uniform(0, 3))
        ledger = dice.choice(load.ledgers)
        ledger.zone = dice.choice([zone for zone in ZONES if zone != ledger.zone])
        surely(world, "select ops.update_merchant(%s, p_timezone => %s)", ledger.merchant_id, ledger.zone)


def surely(world: ShardedWorld, query: str, *arguments: object) -> None:
    """Through the router, as soon as the merchant's server is there and it is not paused."""
    deadline = time.monotonic() + 3 * RECOVERY_SECONDS
    while True:
        try:
            world.execute(query, arguments)
            return
        except psycopg.Error as error:
            if error.sqlstate != "ML307" or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
