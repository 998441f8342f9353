"""Schedules of faults: drawn by a seed, played in a world, and judged."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

from tests.faults import network_faults, operator_faults, process_faults, transaction_faults  # noqa: F401
from tests.faults.fault import FAULTS, Fault
from tests.faults.invariants import await_rest, check_all
from tests.faults.load import Load
from tests.faults.watch import Watch
from tests.faults.world import World

# The clients' requests before the first fault, between faults, and after the last.
REQUESTS_BETWEEN = 15


@dataclass(frozen=True)
class Schedule:
    """Steps, one after the other; the faults of a step begin at the same time."""

    seed: str
    steps: list[list[Fault]]

    def __str__(self) -> str:
        return ", ".join(" + ".join(fault.name for fault in step) for step in self.steps)


@dataclass(frozen=True)
class Report:
    """What a schedule that has passed was about."""

    acknowledged: int
    samples: int
    seconds: float


def draw(seed: int, *, has_pg_cron: bool) -> Schedule:
    """A random schedule: the same for the same seed."""
    dice = Random(seed)
    by_name = sorted(FAULTS.values(), key=lambda fault: fault.name)
    faults = [fault for fault in by_name if not fault.lacks(has_pg_cron=has_pg_cron)]
    return Schedule(str(seed), [draw_step(dice, faults) for _ in range(dice.choice([2, 3]))])


def draw_step(dice: Random, faults: list[Fault]) -> list[Fault]:
    """A fault, or two of different parts at once."""
    first = dice.choice(faults)
    others = [fault for fault in faults if fault.part != first.part]
    return [first, dice.choice(others)] if dice.random() < 0.5 else [first]


def play(world: World, schedule: Schedule) -> Report:
    """Plays it and checks all invariants; AssertionError says which one did not hold."""
    began_at = time.monotonic()
    load = Load(world.service_url, world.open_shops(world.shops), schedule.seed, world.longest_pause)
    watch = Watch(world)
    with watch.watching():
        with load.at_work(world.clients):
            load.await_more(REQUESTS_BETWEEN)
            for number, step in enumerate(schedule.steps):
                inject(world, load, step, f"{schedule.seed} step {number}")
                load.await_more(REQUESTS_BETWEEN)
        await_rest(world)
    assert watch.violations == []
    assert watch.samples > 0
    check_all(world, load.ledgers)
    return Report(load.acknowledged, watch.samples, time.monotonic() - began_at)


def inject(world: World, load: Load, step: list[Fault], seed: str) -> None:
    """Until all of them have been mended."""
    with ThreadPoolExecutor(len(step)) as pool:
        running = [pool.submit(fault.inject, world, load, Random(f"{seed} {fault.name}")) for fault in step]
    for one in running:
        one.result()
