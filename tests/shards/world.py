"""A router and its servers as processes, each PostgreSQL one of its own, and how to break and mend them."""

import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from app import shards
from tests.conftest import SYSTEM, WHEEL, Server
from tests.faults.ledger import Ledger
from tests.faults.world import RECOVERY_SECONDS, SHOPS, Database, Shop, World, new_folder
from tests.http.conftest import create_tenant

SHARDS = ("s0", "s1", "s2")
PARTITIONS = 128
MASK = 0xFFFF_FFFF
PLACE = """
    select s.name
    from data.placement as c
    inner join data.shards as s on s.shard = coalesce(
        (select m.shard from data.merchant_placements as m where m.merchant_id = %s),
        c.shards[1 + internal.partition_of(%s, cardinality(c.shards))]
    )
"""


class ShardedWorld(World):
    """The router with the service and the watch, as of any world, and the servers that hold the merchants.

    Parameters: as of World; `shards`, the servers by name; `file`, what `molam shards` reads.
    """

    shops = (*SHOPS, SHOPS[0])
    # four servers' worth of processes need the time more than they
    clients = 3
    longest_pause = 0.4
    watch_pause = 0.4

    def __init__(
        self, server: Server, folder: Path, stack: ExitStack, shards: dict[str, Database], file: Path
    ) -> None:
        super().__init__(server, folder, stack, {})
        self.shards = shards
        self.file = file
        self._moving: list[UUID] = []
        self.moving_lock = threading.RLock()

    def start(self) -> None:
        for shard in self.shards.values():
            shard.start_process("worker 1")
        self.start_process("worker 1")
        self.start_process("service")
        self.await_ready()

    def holders(self) -> dict[str, Database]:
        return self.shards

    def home(self, ledger: Ledger) -> Database:
        return self.shards[self.place(ledger.merchant_id)]

    def place(self, merchant_id: UUID) -> str:
        """Where the router leads who asks for the merchant, whether that server is there or not."""
        return self.execute(PLACE, (merchant_id, merchant_id))[0][0]

    def open_shops(self, shops: Sequence[Shop]) -> list[Ledger]:
        """Two of each virtual partition."""
        ids = [uuid4() for _ in shops[: len(shops) // 2]]
        others = [other_of_partition(merchant_id) for merchant_id in ids]
        return [
            self.open_shop(shop, merchant_id)
            for shop, merchant_id in zip(shops, [*ids, *others], strict=True)
        ]

    def open_shop(self, shop: Shop, merchant_id: UUID) -> Ledger:
        """A new merchant with an empty ledger, as soon as its server is there."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                with self.connect() as db:
                    if self.place_has(merchant_id) or db.execute(
                        "select ops.create_merchant('Boutique', %s, %s, %s)", (*shop, merchant_id)
                    ):
                        return Ledger(create_tenant(db, merchant_id), *shop)
            except psycopg.Error:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def place_has(self, merchant_id: UUID) -> bool:
        """Whether the merchant is on the server to which the router leads; an answer may have been lost."""
        query = "select from data.merchants where merchant_id = %s"
        return bool(self.shards[self.place(merchant_id)].execute(query, (merchant_id,)))

    # --- moves -----------------------------------------------------------------------------------

    @contextmanager
    def moving(self, merchant_ids: list[UUID]) -> Iterator[None]:
        """Notes that these may be refused for as long as it takes, for somebody moves them."""
        with self.moving_lock:
            self._moving += merchant_ids
        try:
            yield
        finally:
            for merchant_id in merchant_ids:
                self._moving.remove(merchant_id)

    def is_moving(self, ledger: Ledger) -> bool:
        return ledger.merchant_id in self._moving


def partition_of(merchant_id: UUID) -> int:
    return hash_of(merchant_id) % PARTITIONS


def hash_of(merchant_id: UUID) -> int:
    """What PostgreSQL's uuid_hash gives, without its sign: hash_bytes of 16 bytes, by Jenkins' lookup3."""
    *front, last = struct.unpack("<4I", merchant_id.bytes)
    a, b, c = (0x9E3779B9 + 16 + 3923095 + word & MASK for word in front)
    for bits in (4, 6, 8, 16, 19, 4):
        a, b, c = b, c + b & MASK, (a - c & MASK) ^ turned(c, bits)
    a = a + last & MASK
    for bits in (14, 11, 25, 16, 4, 14, 24):
        a, b, c = b, (c ^ b) - turned(b, bits) & MASK, a
    return b


def turned(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & MASK


def other_of_partition(merchant_id: UUID) -> UUID:
    """An id of the same virtual partition."""
    while partition_of(other := uuid4()) != partition_of(merchant_id):
        pass
    return other


@contextmanager
def running_sharded_world() -> Iterator[ShardedWorld]:
    """A cluster from nothing, at work: the router on PostgreSQL 15, the servers on 18 and 15 by turns."""
    # the lines are threads of this process, and every call passes several of them
    sys.setswitchinterval(0.0005)
    installations = [SYSTEM, *(i for _, i in zip(SHARDS, cycle([WHEEL, SYSTEM]), strict=False))]
    with ExitStack() as stack:
        servers = [Server(installation, new_folder(stack)) for installation in installations]
        for server in servers:
            stack.callback(server.postgres.stop)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Server.start, servers))
        router, *others = servers
        shards_by_name = {
            name: Database(server, new_folder(stack), stack)
            for name, server in zip(SHARDS, others, strict=True)
        }
        folder = new_folder(stack)
        world = ShardedWorld(router, folder, stack, shards_by_name, folder / "shards.toml")
        world.file.write_text(definition(world))
        shards.init(shards.read_cluster(world.file), lambda _: None)
        world.start()
        yield world


def definition(world: ShardedWorld) -> str:
    """The cluster as its file says it, all by the lines."""
    lines = [f'router = "{world.line_url}"', f"partitions = {PARTITIONS}"]
    for name, shard in world.shards.items():
        lines += ["[[shards]]", f'name = "{name}"', f'url = "{shard.line_url}"']
    return "\n".join(lines)
