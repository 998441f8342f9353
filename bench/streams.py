"""What idle event streams cost a service process, and how soon they are told: `python -m bench.streams`.

Each stream is a merchant's of its own, the dearest case: streams of one merchant share what is known of it.
"""

import argparse
import asyncio
import os
import time
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from bench import ingest, server
from bench.workload import Merchant, Workload

notes = Console(stderr=True)
EVENT = b'[{"transaction_id":"%d","event_type":"payment_succeeded","amount":1000,"currency":"%s"}]'


class Client:
    """One open stream over a socket of its own."""

    def __init__(self) -> None:
        # seconds from each change, as the database noted it within the window, to its message
        self.delays = asyncio.Queue[float]()

    async def open(self, port: int, key: str) -> None:
        """Connects and waits for the first block."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        request = f"GET /api/stream HTTP/1.1\r\nHost: bench\r\nX-API-Key: {key}\r\n\r\n"
        self._writer.write(request.encode())
        head = await reader.readuntil(b"id: ")
        assert head.startswith(b"HTTP/1.1 200"), head
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        changed_at = 0  # nothing has, so far; where an hour turns meanwhile, it stays so
        while line := await reader.readline():
            if line.startswith(b"id: "):
                changed_at = int(line[4:].split(b"-")[0])
            elif changed_at and line.startswith(b"data: "):
                self.delays.put_nowait(time.time() - changed_at / 1e6)

    def close(self) -> None:
        """Goes away."""
        self._reading.cancel()
        self._writer.close()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams")
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--idle-seconds", type=int, default=60)
    options = parser.parse_args()
    with server.database() as url:
        merchants = Workload("streams", 0, options.streams, 1).merchants
        notes.print(f"creating {len(merchants)} merchants ...")
        keys = ingest.create_merchants(url, merchants)
        aggregate(url)  # a service that was never aggregated is not ready
        with server.service(url) as service:
            figures = asyncio.run(measure(service, url, merchants, keys, options.idle_seconds))
    table = Table("figure", "value", title=f"{options.streams} streams, one service process")
    for name, value in figures.items():
        table.add_row(name, value)
    Console(width=100).print(table)


async def measure(
    service: server.Service, url: str, merchants: list[Merchant], keys: dict[UUID, str], idle_seconds: int
) -> dict[str, str]:
    """Opens the streams, leaves them alone, tells all of them, and closes them."""
    worker = service.worker_pid()
    before = resources(worker)
    connections = await asyncio.to_thread(count_connections, url)
    notes.print("opening the streams ...")
    started_at = time.perf_counter()
    clients = [Client() for _ in merchants]
    for start in range(0, len(clients), 50):
        group = zip(clients[start : start + 50], merchants[start : start + 50], strict=True)
        await asyncio.gather(*(client.open(service.port, keys[m.merchant_id]) for client, m in group))
    opening_seconds = time.perf_counter() - started_at
    opened = resources(worker)
    notes.print(f"leaving them alone for {idle_seconds} s ...")
    await asyncio.sleep(idle_seconds)
    idle = resources(worker)
    more_connections = await asyncio.to_thread(count_connections, url) - connections
    notes.print("an event for each ...")
    delays = await tell_all(url, merchants, clients)
    told = resources(worker)
    for client in clients:
        client.close()
    return {
        "opening": f"{len(clients) / opening_seconds:,.0f} streams/s",
        "memory, growth": f"{(idle[0] - before[0]) / 1e6:.1f} MB"
        f" ({(idle[0] - before[0]) / len(clients) / 1e3:.1f} kB a stream)",
        "open files, growth": f"{idle[2] - before[2]}",
        "database connections, growth": f"{more_connections}",
        "processor time while idle": f"{(idle[1] - opened[1]) / idle_seconds:.2%} of a core",
        "from the change to the client, commit included: median": f"{median(delays) * 1000:.0f} ms",
        "from the change to the client, commit included: last": f"{max(delays) * 1000:.0f} ms",
        "processor time to tell all": f"{(told[1] - idle[1]) * 1000:.0f} ms",
    }


async def tell_all(url: str, merchants: list[Merchant], clients: list[Client]) -> list[float]:
    """Seconds from each merchant's change to its message."""
    batches = [(m, EVENT % (number, m.currency.encode())) for number, m in enumerate(merchants)]
    await asyncio.to_thread(ingest.send_directly, url, batches, 1)
    await asyncio.to_thread(aggregate, url)
    return await asyncio.gather(*(client.delays.get() for client in clients))


def aggregate(url: str) -> None:
    """One pass of the rollup."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("call rollup.run('bench', 0)")


def count_connections(url: str) -> int:
    """The service's connections to the database."""
    with psycopg.connect(url) as connection:
        query = "select count(*) from pg_stat_activity where application_name like 'molam-%'"
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def resources(pid: int) -> tuple[int, float, int]:
    """Resident bytes, seconds of processor time, open files."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return pages * os.sysconf("SC_PAGE_SIZE"), seconds, len(list(Path(f"/proc/{pid}/fd").iterdir()))


if __name__ == "__main__":
    main()
