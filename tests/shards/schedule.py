"""Schedules of moves and faults in a router's world: drawn by a seed, played, and judged."""

from random import Random

from tests.faults import schedule
from tests.faults.fault import Fault
from tests.faults.schedule import Report, Schedule
from tests.shards.faults import SHARD_FAULTS
from tests.shards.invariants import check_cluster
from tests.shards.world import ShardedWorld


def draw(seed: int) -> Schedule:
    """A random schedule: the same for the same seed."""
    dice = Random(seed)
    return Schedule(str(seed), [draw_step(dice) for _ in range(dice.choice([1, 2]))])


def draw_step(dice: Random) -> list[Fault]:
    """One or two moves, and none to two faults of different parts in their midst."""
    by_name = sorted(SHARD_FAULTS.values(), key=lambda fault: fault.name)
    moves = [fault for fault in by_name if fault.part == "mover"]
    step = dice.sample(moves, dice.choice([1, 1, 2]))
    for _ in range(dice.choice([0, 1, 1, 1, 2, 2])):
        taken = {fault.part for fault in step}
        step.append(dice.choice([fault for fault in by_name if fault.part not in taken]))
    return step


def play(world: ShardedWorld, drawn: Schedule) -> Report:
    """Plays it and checks all invariants, a cluster's too; AssertionError says which one did not hold."""
    report = schedule.play(world, drawn)
    check_cluster(world)
    return report
