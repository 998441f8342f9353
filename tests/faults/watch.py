"""Looks on while things break: windows (I3), and what health endpoints, ops.health and metrics say (I4)."""

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx

from tests.faults.world import GONE, Database, World

# How old what /metrics says of the database may be.
METRICS_ARE_FRESH_SECONDS = 1.0

# One statement, so one snapshot. Of a transaction that is open in it no window may have seen anything: it was
# open, or not begun yet, when the window ended. What waits is counted by visibility instead of by ranges.
SAMPLE = """
    select
        (
            select json_object_agg(p.bucket_id, json_build_object(
                'xmax', pg_snapshot_xmax(p.snapshot)::text::bigint,
                'xip', array(select x::text::bigint from pg_snapshot_xip(p.snapshot) as x)
            ))
            from data.rollup_progress as p
        ),
        (
            select count(*)
            from data.rollup_progress as p cross join pg_snapshot_xip(pg_current_snapshot()) as x (xid)
            where pg_visible_in_snapshot(x.xid, p.snapshot)
        ),
        (
            select count(*)
            from data.transaction_events as e inner join data.rollup_progress as p using (bucket_id)
            where not pg_visible_in_snapshot(e.xid, p.snapshot)
        ),
        (select json_build_object('pending', h.pending_events, 'lag', h.lag_seconds) from ops.health as h),
        api.service_status()
"""


@dataclass(frozen=True)
class Answer:
    """What the service said, and between which moments of this process's clock."""

    path: str
    asked_at: float
    answered_at: float
    status: int
    text: str


class Watch:
    """What was seen of a world, and what of it must not be."""

    def __init__(self, world: World) -> None:
        self.violations: list[str] = []
        self.samples = 0
        self.answers: list[Answer] = []
        self._world = world
        self._is_over = threading.Event()
        # of each database
        self._windows: dict[str, dict[str, dict]] = {}

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        holders = self._world.holders()
        with ThreadPoolExecutor(3 + len(holders)) as pool:
            looks = [pool.submit(self._watch_windows, name, database) for name, database in holders.items()]
            looks += [pool.submit(self._watch_endpoint, path) for path in ("/healthz", "/readyz", "/metrics")]
            try:
                yield self
            finally:
                self._is_over.set()
        for look in looks:
            look.result()
        for answer in self.answers:
            self._judge(answer)

    # --- windows, and what waits -----------------------------------------------------------------

    def _watch_windows(self, name: str, database: Database) -> None:
        while not self._is_over.is_set():
            with suppress(*GONE), database.connect() as db:
                while not self._is_over.is_set():
                    row = db.execute(SAMPLE).fetchone()
                    assert row
                    self._judge_sample(name, *row)
                    self.samples += 1
                    time.sleep(self._world.watch_pause)
            time.sleep(self._world.watch_pause)

    def _judge_sample(
        self, database: str, windows: dict, passed: int, waiting: int, health: dict, status: dict
    ) -> None:
        if passed:
            self.violations.append(f"I3: {passed} times a window has passed an open transaction")
        for bucket, window in windows.items():
            if before := self._windows.get(database, {}).get(bucket):
                again = set(window["xip"]) - set(before["xip"])
                if window["xmax"] < before["xmax"] or any(xid < before["xmax"] for xid in again):
                    self.violations.append(
                        f"I3: {database} bucket {bucket} went back from {before} to {window}"
                    )
        self._windows[database] = windows
        for name, pending, lag in (
            ("ops.health", health["pending"], health["lag"]),
            ("api.service_status", status["pending_events"], status["lag_seconds"]),
        ):
            if pending != waiting or (lag > 0) != (waiting > 0):
                self.violations.append(f"I4: {waiting} events wait; {name} says {pending}, for {lag} s")

    # --- what the service says -------------------------------------------------------------------

    def _watch_endpoint(self, path: str) -> None:
        with httpx.Client(base_url=self._world.direct_url, verify=False, timeout=30) as client:
            while not self._is_over.is_set():
                asked_at = time.monotonic()
                with suppress(httpx.TransportError):  # it was killed; another one comes
                    response = client.get(path)
                    self.answers.append(
                        Answer(path, asked_at, time.monotonic(), response.status_code, response.text)
                    )
                time.sleep(self._world.watch_pause)

    def _judge(self, answer: Answer) -> None:
        problem = {
            "/healthz": self._judge_healthz,
            "/readyz": self._judge_readyz,
            "/metrics": self._judge_metrics,
        }
        if wrong := problem[answer.path](answer):
            self.violations.append(f"I4: {answer.path}: {wrong}: {answer.status} {answer.text[:500]}")

    def _judge_healthz(self, answer: Answer) -> str:
        return "" if answer.status == 200 else "a process that lives said that it does not"

    def _judge_readyz(self, answer: Answer) -> str:
        if answer.status not in (200, 503):
            return "neither ready nor not"
        said = json.loads(answer.text)
        if said["ready"] != (answer.status == 200):
            return "two answers in one"
        if answer.status == 200 and self._was_away(answer, 0):
            return "ready without a database"
        if (said.get("lag_seconds") or 0) > 0 and not said["pending_events"]:
            return "nothing waits, and is late"
        if said.get("pending_events") and not said["lag_seconds"]:
            return "events wait, and none is late"
        return ""

    def _judge_metrics(self, answer: Answer) -> str:
        if answer.status != 200:
            return "no metrics"
        says_up = re.search(r"^molam_database_up 1\.0$", answer.text, re.MULTILINE)
        if says_up and self._was_away(answer, METRICS_ARE_FRESH_SECONDS):
            return "the database is up without a database"
        return ""

    def _was_away(self, answer: Answer, memory_seconds: float) -> bool:
        """Whether the database was out of reach from some time before the question to after the answer."""
        return any(
            outage.began_at + memory_seconds < answer.asked_at and answer.answered_at < outage.ended_at
            for outage in self._world.database_outages
        )
