"""How soon an acknowledged event is in the figures, at a steady rate: `python -m bench.freshness`.

Batches of 1000 go to the service on a fixed schedule while `molam worker` aggregates. Beside them one
merchant's figures are asked for over HTTP, again and again: an event is visible when they have counted it.
"""

import argparse
import threading
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from statistics import quantiles
from typing import NamedTuple
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from bench import ingest, rollup, server
from bench.workload import BATCH, Merchant, Workload, size

MERCHANTS = 5
SENDERS = 4
POLL_SECONDS = 0.02

notes = Console(stderr=True)


class Freshness(NamedTuple):
    """Seconds from acknowledgement to the figures, half of all events and 99 of 100, and what was left to do.

    `late` is by how much a batch was sent after its time at most; `backlog` are events not aggregated when
    the first and the last batch had been acknowledged.
    """

    p50: float
    p99: float
    late: float
    backlog: tuple[int, int]
    worker_bytes: int


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.freshness")
    parser.add_argument("--rate", type=int, default=10_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60, help="for so long")
    options = parser.parse_args()
    with server.database() as url:
        result = measure(url, options.rate, options.seconds)
    table = Table("figure", "value")
    table.add_row("acknowledged → visible, p50", f"{result.p50:.2f} s")
    table.add_row("acknowledged → visible, p99", f"{result.p99:.2f} s")
    table.add_row("a batch sent after its time, at most by", f"{result.late:.2f} s")
    table.add_row("not aggregated at the start, at the end", "{:,}, {:,}".format(*result.backlog))
    table.add_row("worker, peak memory", f"{result.worker_bytes / 1e6:.0f} MB")
    Console(width=100).print(table)


def measure(url: str, rate: int, seconds: int) -> Freshness:
    """Sends at that rate for so long, and watches."""
    notes.print("making the events ...")
    workload = Workload("fresh", rate * seconds + MERCHANTS * BATCH, MERCHANTS, 1)
    keys = ingest.create_merchants(url, workload.merchants)
    full = [batch for batch in workload.batches() if size(batch[1]) == BATCH]
    watched = workload.merchants[0]
    with server.service(url) as service, server.worker(url) as worker_pid:
        base = f"http://127.0.0.1:{service.port}"
        watch = _Watch(base, keys[watched.merchant_id])
        notes.print(f"sending {rate:,} events a second for {seconds} s ...")
        stream = _Stream(url, base, keys, full[: rate * seconds // BATCH], BATCH / rate)
        stream.send()
        lags = watch.lags(stream.acknowledged(watched))
        memory = server.peak_bytes(worker_pid)
    percents = quantiles(lags, n=100, method="inclusive")
    return Freshness(percents[49], percents[98], stream.late, stream.backlog, memory)


class _Stream:
    """Batches that are sent at fixed times, or `late` when all senders wait for answers."""

    def __init__(
        self, url: str, base: str, keys: dict[UUID, str], batches: list[tuple[Merchant, bytes]], pause: float
    ) -> None:
        self._url = url
        self._base = base
        self._keys = keys
        self._batches = batches
        self._pause = pause
        self._client = httpx.Client(timeout=30)  # threads may share one
        self._started_at = 0.0
        self._answers: list[tuple[float, Merchant]] = []
        self.late = 0.0
        self.backlog = (0, 0)

    def send(self) -> None:
        """Sends them all."""
        self._started_at = time.monotonic() + 1
        with ThreadPoolExecutor(SENDERS) as pool:
            queue = pool.map(self._send, range(len(self._batches)))
            next(queue)
            first = rollup.pending(self._url)
            list(queue)
        self.backlog = first, rollup.pending(self._url)

    def acknowledged(self, merchant: Merchant) -> list[float]:
        """When the batches of the merchant were acknowledged, in order."""
        return sorted(moment for moment, whose in self._answers if whose is merchant)

    def _send(self, number: int) -> None:
        merchant, body = self._batches[number]
        due = self._started_at + number * self._pause
        time.sleep(max(0.0, due - time.monotonic()))
        self.late = max(self.late, time.monotonic() - due)
        headers = {"X-API-Key": self._keys[merchant.merchant_id], "Content-Type": "application/json"}
        url = f"{self._base}/api/events/transaction/batch"
        answer = self._client.post(url, content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        self._answers.append((time.monotonic(), merchant))


class _Watch:
    """Asks for a merchant's figures until it is told to end; keeps when they had counted how many events."""

    def __init__(self, base: str, key: str) -> None:
        self._base = base
        self._headers = {"X-API-Key": key}
        self._moments: list[float] = []
        self._counts: list[int] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def lags(self, acknowledged: list[float]) -> list[float]:
        """Seconds from each acknowledgement of 1000 events until so many were counted."""
        wanted = len(acknowledged) * BATCH
        deadline = time.monotonic() + 60
        while (not self._counts or self._counts[-1] < wanted) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self._is_over.set()
        self._thread.join()
        assert self._counts[-1] == wanted, (self._counts[-1], wanted)
        needed = accumulate(BATCH for _ in acknowledged)
        return [
            max(0.0, self._moments[bisect_left(self._counts, count)] - moment)
            for count, moment in zip(needed, acknowledged, strict=True)
        ]

    def _run(self) -> None:
        path = "/api/dashboard/analytics"
        with httpx.Client(base_url=self._base, headers=self._headers, timeout=30) as client:
            while not self._is_over.wait(POLL_SECONDS):
                days = {"start_date": _day(-2), "end_date": _day(1)}
                totals = client.get(path, params=days).raise_for_status().json()["totals"]
                count = sum(totals[name] for name in ("created", "successful", "failed", "refunded"))
                self._counts.append(count)
                self._moments.append(time.monotonic())


def _day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))


if __name__ == "__main__":
    main()
