"""What the service counts about itself, for Prometheus.

Several worker processes share a folder of files (PROMETHEUS_MULTIPROC_DIR, which `molam serve` makes):
whichever of them is asked tells the sums of all. The variable must be set before this module is imported.
"""

import fcntl
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from litestar.plugins.prometheus import PrometheusConfig, PrometheusMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.errors import Problem

disable_created_metrics()  # a series more for each counter, which nobody reads

_BUCKETS: list[str | float] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]

_EVENTS = Counter(
    "molam_events",
    "Events answered for, by outcome; all of a refused batch are rejected.",
    ["outcome"],
)

STREAMS = Gauge("molam_streams", "Open event streams.", multiprocess_mode="livesum")
STREAMS_ENDED = Counter("molam_streams_ended", "Event streams that ended, by reason.", ["reason"])
STREAM_MESSAGES = Counter("molam_stream_messages", "Messages sent on event streams.")
LISTENER_UP = Gauge(
    "molam_listener_up", "1: every process hears the database; 0: one does not.", multiprocess_mode="livemin"
)


class _BatchCounts(msgspec.Struct):
    """What the answer to a batch says of its events."""

    ingested: int
    duplicates: int
    conflicts: int
    rejected: int


class RequestMetrics(PrometheusMiddleware):
    """ASGI layer around the whole application: requests and their durations, by the route's template.

    Litestar's own way of doing it looks each label up at each request, which takes a third as long as
    storing an event, and does not see what the router refuses.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, PrometheusConfig(prefix="molam", buckets=_BUCKETS))
        self._in_progress = self.requests_in_progress({})
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._in_progress.inc()
        try:
            await self.app(scope, receive, send_and_note)
        finally:
            self._in_progress.dec()
            count, duration = self._child(scope, status)
            count.inc()
            if duration:
                duration.observe(perf_counter() - started)

    def _child(self, scope: HTTPScope, status: int) -> tuple[Counter, Histogram | None]:
        """The series of a request. What has no route may have any path and method, so these are no labels."""
        is_routed = "path_template" in scope
        path = scope["path_template"] if is_routed else "none"
        method = scope["method"] if is_routed else "none"
        if child := self._children.get((method, path, status)):
            return child
        labels: dict[str, str | int | float] = {"method": method, "path": path}
        count = self.request_count({**labels, "status_code": status}).labels(method, path, status)
        # how long a stream lasts is up to its client
        is_endless = is_routed and "is_endless" in scope["route_handler"].opt
        duration = None if is_endless else self.request_time(labels).labels(method, path)
        self._children[method, path, status] = count, duration
        return count, duration


_POOL_GAUGES = {
    name: Gauge(f"molam_pool_{metric}", documentation, ["server"], multiprocess_mode="livesum")
    for name, metric, documentation in (
        ("pool_size", "connections", "Connections."),
        ("pool_max", "max_connections", "Connections at most."),
        ("pool_available", "idle_connections", "Idle connections."),
        ("requests_waiting", "waiting_requests", "Requests that wait for a connection."),
    )
}
_POOL_COUNTERS = {
    name: Counter(f"molam_pool_{metric}", documentation, ["server"])
    for name, metric, documentation in (
        ("requests_num", "requests", "Requests for a connection."),
        ("requests_queued", "queued_requests", "Requests that had to wait for one."),
        ("requests_errors", "failed_requests", "Requests that got none: timeouts, queue full."),
        ("connections_lost", "lost_connections", "Connections that were found broken."),
    )
}


# Looked up once, for each single event is counted.
_events = cache(_EVENTS.labels)


def note_events(outcome: str, count: int = 1) -> None:
    """Counts events that were answered for."""
    _events(outcome).inc(count)


def note_batch(answer: bytes) -> None:
    """Takes over what the answer to a batch says."""
    counts = msgspec.json.decode(answer, type=_BatchCounts)
    note_events("ingested", counts.ingested)
    note_events("duplicate", counts.duplicates)
    note_events("conflict", counts.conflicts)
    note_events("rejected", counts.rejected)


@contextmanager
def counting_rejection() -> Generator[None]:
    """Counts an event that turns out to be none that is allowed: Problem 422."""
    try:
        yield
    except Problem as problem:
        if problem.kind.status == 422:
            note_events("rejected")
        raise


def note_pool(server: str, stats: dict[str, int]) -> None:
    """Takes over what psycopg_pool's `pop_stats` told of the pool to a server."""
    for name, gauge in _POOL_GAUGES.items():
        gauge.labels(server).set(stats.get(name, 0))
    for name, counter in _POOL_COUNTERS.items():
        counter.labels(server).inc(stats.get(name, 0))


def expose() -> bytes:
    """What all worker processes have counted, in Prometheus' text format.

    It reads files: call it in a thread.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(REGISTRY)
    with _locked(Path(folder)):
        _fold_files_of_the_dead(Path(folder))
        # a process that starts has its files for a moment before anything is in them
        files = [str(path) for path in Path(folder).glob("*.db") if path.stat().st_size]
        collector: Any = MultiProcessCollector  # it has no types
        return expose_metrics(collector.merge(files))


def expose_metrics(metrics: Iterable[Metric]) -> bytes:
    """These metrics in Prometheus' text format."""

    class Given(Collector):
        def collect(self) -> Iterable[Metric]:
            return metrics

    registry = CollectorRegistry()
    registry.register(Given())
    return generate_latest(registry)


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fold_files_of_the_dead(folder: Path) -> None:
    """Adds what ended processes have counted to one file a kind: sums do not shrink, files do not pile up."""
    for path in folder.glob("*.db"):
        kind, _, pid = path.stem.rpartition("_")
        if not pid.isdecimal() or _is_alive(int(pid)):
            continue
        if not kind.startswith("gauge_live") and path.stat().st_size:
            _fold(path, path.with_stem(f"{kind}_ended"))
        path.unlink()


def _fold(source: Path, target: Path) -> None:
    sums: Any = MmapedDict(str(target))  # it has no types
    source_file: Any = MmapedDict
    for key, value, timestamp, _ in source_file.read_all_values_from_file(str(source)):
        sums.write_value(key, sums.read_value(key)[0] + value, timestamp)
    sums.close()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
