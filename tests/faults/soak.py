"""`make soak`: random schedules, one after the other, for as long as it takes.

With `--shards` of moves between the servers of a router.
"""

import argparse
import sys
import time
import traceback
from contextlib import ExitStack

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.postgres_installations import Installation
from tests.conftest import INSTALLATIONS
from tests.faults import schedule as of_one_database
from tests.faults.schedule import Report, Schedule
from tests.faults.world import World, running_world
from tests.shards import schedule as of_shards
from tests.shards.world import ShardedWorld, running_sharded_world

# Seeds that share a world, unless one of their schedules fails.
BLOCK = 20


def main() -> int:
    """Plays the schedules and reports each; 1 when any failed."""
    arguments = parse_arguments()
    seeds = range(arguments.seed, arguments.seed + arguments.schedules)
    failed: list[int] = []
    acknowledged, began_at = 0, time.monotonic()
    with progress() as bar, Worlds() as worlds:
        task = bar.add_task("schedules", total=len(seeds))
        for seed in seeds:
            world = worlds.for_seed(seed, arguments)
            schedule = draw(world, seed)
            try:
                report = play(world, schedule)
            except Exception:  # noqa: BLE001  # whatever it is, it is a failure of this schedule, and the next is played
                failed.append(seed)
                tell(bar, f"{describe(seed, world, schedule)}: FAILED\n{traceback.format_exc()}")
                worlds.end()
            else:
                acknowledged += report.acknowledged
                told = f"{report.acknowledged} events acknowledged, {report.seconds:.1f} s, passed"
                tell(bar, f"{describe(seed, world, schedule)}: {told}")
            bar.advance(task)
    print(
        f"{len(seeds)} schedules, seeds {seeds[0]} to {seeds[-1]}, {acknowledged} events acknowledged,"
        f" {(time.monotonic() - began_at) / 60:.1f} min, {len(failed)} failed"
        + (f": seeds {', '.join(map(str, failed))}" if failed else "")
    )
    return 1 if failed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first schedule; the next have the next ones"
    )
    parser.add_argument("--schedules", type=int, default=20, help="how many")
    majors = [installation.major for installation in INSTALLATIONS]
    parser.add_argument("--postgres", type=int, choices=majors, help="on this version; else they take turns")
    parser.add_argument("--shards", action="store_true", help="of moves between servers of both versions")
    return parser.parse_args()


def draw(world: World, seed: int) -> Schedule:
    if isinstance(world, ShardedWorld):
        return of_shards.draw(seed)
    return of_one_database.draw(seed, has_pg_cron=world.has_pg_cron)


def play(world: World, schedule: Schedule) -> Report:
    if isinstance(world, ShardedWorld):
        return of_shards.play(world, schedule)
    return of_one_database.play(world, schedule)


def describe(seed: int, world: World, schedule: Schedule) -> str:
    return f"seed {seed}, PostgreSQL {world.server.installation.version}, {schedule}"


def tell(bar: Progress, line: str) -> None:
    bar.console.print(line, markup=False, highlight=False, soft_wrap=True)


def progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )


def installation_of(seed: int, major: int | None) -> Installation:
    """By blocks of seeds: a seed is always played on the same PostgreSQL, unless a version is given."""
    installations = [i for i in INSTALLATIONS if major in (None, i.major)]
    return installations[seed // BLOCK % len(installations)]


class Worlds:
    """The world that is in use, one at a time."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._block: int | None = None
        self._world: World | None = None

    def __enter__(self) -> "Worlds":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def for_seed(self, seed: int, arguments: argparse.Namespace) -> World:
        """The one in use, or a new one at the begin of a block and after a failure."""
        if self._world is None or self._block != seed // BLOCK:
            self.end()
            self._block = seed // BLOCK
            self._world = self._stack.enter_context(
                running_sharded_world()
                if arguments.shards
                else running_world(installation_of(seed, arguments.postgres))
            )
        return self._world

    def end(self) -> None:
        """Takes it down."""
        self._world = None
        self._stack.close()


if __name__ == "__main__":
    sys.exit(main())
