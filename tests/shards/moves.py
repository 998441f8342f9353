"""Operators who move merchants: `molam shards move` as a process, which is killed, and run again."""

import multiprocessing
import re
import time
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid4

from tests.faults.world import frozen, process_tree
from tests.shards import mover
from tests.shards.world import SHARDS, ShardedWorld

# A process of Python that has read all modules already begins at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.shards.schedule"])

# Calls that were led to the old server end soon where nothing is slow. A few wait as long as the product.
SECONDS_BEFORE_REMOVAL = 1.0
REAL_WAITS = 0.04
# Whatever else breaks, a move succeeds within this time, when it is run again as often as it fails.
PATIENCE_SECONDS = 180.0
LAST_MOMENT = 120


class Run(NamedTuple):
    """A command under way, and where it writes what it has to complain about."""

    process: multiprocessing.process.BaseProcess
    complaints: Path

    def end(self) -> str:
        """Why it has not succeeded; nothing when it has. What must never be is no complaint but an error."""
        self.process.join(PATIENCE_SECONDS)
        complaint = self.complaints.read_text() if self.complaints.exists() else ""
        assert self.process.exitcode is not None, f"it does not end: {complaint}"
        for bad in ("Traceback", "events of", "figures of"):
            assert bad not in complaint, complaint
        return "" if self.process.exitcode == 0 else complaint or f"exit code {self.process.exitcode}"


class Operator:
    """Moves what `what` names for the command, a merchant or a virtual partition, as the dice choose."""

    def __init__(self, world: ShardedWorld, dice: Random, *what: str) -> None:
        self._world = world
        self._dice = dice
        self._what = what

    def some_server(self, other_than: str | None = None) -> str:
        return self._dice.choice([name for name in SHARDS if name != other_than])

    def complete(self, to: str) -> None:
        """Until it has succeeded, however often it takes."""
        self._complete(self._what, to, time.monotonic() + PATIENCE_SECONDS)

    def _complete(self, what: tuple[str, ...], to: str, deadline: float) -> None:
        while complaint := self._start(what, to).end():
            assert time.monotonic() < deadline, f"{' '.join(what)} to {to}: {complaint}"
            if found := re.search(r"a move of merchant (\S+) to (\w+) is not finished", complaint):
                self._complete(("--merchant", found[1]), found[2], deadline)
            time.sleep(self._dice.uniform(0.1, 0.8))

    def be_killed(self, to: str) -> None:
        """The mover ends by SIGKILL, at one of its steps or at any moment, or else when it is done."""
        if self._dice.random() < 0.7:
            run = self._start(self._what, to, dies_at=self._dice.randrange(LAST_MOMENT))
        else:
            run = self._start(self._what, to)
            time.sleep(self._dice.uniform(0, 4))
            run.process.kill()
        run.end()

    def be_frozen(self, to: str) -> None:
        """For longer than it may pause the merchant, who then goes on without it."""
        run = self._start(self._what, to, _PAUSE_SECONDS=1.0, _WRITERS_SECONDS=0.5)
        time.sleep(self._dice.uniform(0, 3))
        with frozen(process_tree(run.process.pid or 0)):
            time.sleep(self._dice.uniform(0.5, 4))
        run.end()

    def _start(self, what: tuple[str, ...], to: str, *, dies_at: int | None = None, **changes: float) -> Run:
        if self._dice.random() >= REAL_WAITS:
            changes["_SECONDS_BEFORE_REMOVAL"] = SECONDS_BEFORE_REMOVAL
        # few at once, so that more can come in between
        changes["_BATCH_EVENTS"] = self._dice.choice([30, 200])
        arguments = ["shards", "--file", str(self._world.file), "move", *what, "--to", to, "--json"]
        complaints = self._world.folder / f"mover {uuid4()}.log"
        process = PROCESSES.Process(target=mover.run, args=(arguments, complaints, changes, dies_at))
        process.start()
        return Run(process, complaints)


def of_merchant(world: ShardedWorld, dice: Random, merchant_id: UUID) -> Operator:
    return Operator(world, dice, "--merchant", str(merchant_id))


def of_partition(world: ShardedWorld, dice: Random, partition: int) -> Operator:
    return Operator(world, dice, "--partition", str(partition))
