"""`molam` with a mover that is in more of a hurry, and that may kill itself at a given moment of its work."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from app import cli, shard_moves


def run(arguments: list[str], complaints: Path, changes: dict[str, float], dies_at: int | None) -> None:
    """The command, in a process of its own, which ends with it.

    Parameters: `complaints`, where what it writes to stderr goes; `changes`, other values of constants of the
    mover, by name; `dies_at`, the number of the moment of its SIGKILL: there is one before and one after each
    call of a server.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(complaints, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    for name in [name for name in os.environ if name.startswith("MOLAM_")]:
        del os.environ[name]
    for name, value in changes.items():
        assert hasattr(shard_moves, name), name
        setattr(shard_moves, name, value)
    if dies_at is not None:
        kill_at(dies_at)
    sys.argv = ["molam", *arguments]
    cli.main()


def kill_at(moment: int) -> None:
    moments = count()

    def pass_moment() -> None:
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(shard_moves._End, "row", pass_moment)
    watch(shard_moves.Move, "_copy_rows", pass_moment)


def watch(owner: type, name: str, pass_moment: Callable[[], None]) -> None:
    """Before and after each call of the method."""
    method = getattr(owner, name)

    def call(*arguments: Any) -> Any:
        pass_moment()
        result = method(*arguments)
        pass_moment()
        return result

    setattr(owner, name, call)
