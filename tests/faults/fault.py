"""What a fault is: something that breaks a part of a running world, and mends it again."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.faults.load import Load
from tests.faults.world import World

# Two faults of one part would get in each other's way; of different parts they may come at the same time.
Part = Literal["server", "service", "worker", "database line", "client line", "sessions", "operator"]

Inject = Callable[[World, Load, Random], None]


@dataclass(frozen=True)
class Fault:
    """Breaks `part` by `inject`, which mends it before it returns and asserts what must be told meanwhile."""

    name: str
    part: Part
    inject: Inject
    needs_pg_cron: bool = False


FAULTS: dict[str, Fault] = {}


def fault(part: Part, *, needs_pg_cron: bool = False) -> Callable[[Inject], Inject]:
    """Makes a function a fault of the catalogue, by its name."""

    def add(inject: Inject) -> Inject:
        name = inject.__name__
        FAULTS[name] = Fault(name, part, inject, needs_pg_cron)
        return inject

    return add
