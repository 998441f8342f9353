"""What a fault is: something that breaks a part of a running world, and mends it again."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.faults.load import Load
from tests.faults.proxy import NOT_PERMITTED, can_drop_packets
from tests.faults.world import World

# Two faults of one part would get in each other's way; of different parts they may come at the same time.
Part = Literal[
    "server", "service", "worker", "database line", "client line", "sessions", "operator",
    # of a router with its servers
    "shard", "mover",
]  # fmt: skip

Inject = Callable[[World, Load, Random], None]


@dataclass(frozen=True)
class Fault:
    """Breaks `part` by `inject`, which mends it before it returns and asserts what must be told meanwhile."""

    name: str
    part: Part
    inject: Inject
    needs_pg_cron: bool = False
    drops_packets: bool = False

    def lacks(self, *, has_pg_cron: bool) -> str:
        """What it needs and is not here; nothing when it can be injected."""
        if self.needs_pg_cron and not has_pg_cron:
            return "no pg_cron (Debian: postgresql-15-cron)"
        if self.drops_packets and not can_drop_packets():
            return NOT_PERMITTED
        return ""


FAULTS: dict[str, Fault] = {}


def fault(
    part: Part,
    *,
    needs_pg_cron: bool = False,
    drops_packets: bool = False,
    catalogue: dict[str, Fault] = FAULTS,
) -> Callable[[Inject], Inject]:
    """Makes a function a fault of the catalogue, by its name."""

    def add(inject: Inject) -> Inject:
        name = inject.__name__
        catalogue[name] = Fault(name, part, inject, needs_pg_cron, drops_packets)
        return inject

    return add
