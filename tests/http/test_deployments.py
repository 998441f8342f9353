"""Deploying changed code while everybody is at work: no request fails, nobody waits long, no event is lost.

The service, a worker, clients of every endpoint and an analyst with long queries go on while functions,
views, triggers and a materialized view are replaced under them.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import Connection, Server, create_database
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.test_marts import check, history, refresh
from tests.http.conftest import Service, Tenant, create_tenant, event, run_service
from tests.http.test_protocol import BATCH, SINGLE
from tests.processes import molam_environment, start_molam, wait_until
from tests.projects import copy_of_ours

LONGEST_WAIT_SECONDS = 1.0
ANALYSTS_QUERY_SECONDS = 1.5

# What each deployment changes: in which file, a pattern, and what stands in its place from then on.
DEPLOYMENTS = [
    # functions under other names; a view whose columns the rollup knows by their places; views for people
    [
        ("sql/20_ingest.sql", r"open_for_writing", "admit"),
        ("sql/40_dashboard.sql", r"internal\.(scope|sum_days)\(", r"internal.the_\1("),
        ("sql/30_rollup.sql", r"(    case .* as revenue,\n)(    case .* as refunds,\n)", r"\2\1"),
        ("sql/83_data_life.sql", r"(    case .* as revenue,\n)(    case .* as refunds,\n)", r"\2\1"),
        ("views/analytics_figures.sql", r"    a\.hour_start,\n", "    a.hour_start, a.hour_start as hour,\n"),
        ("views/ops_lag.sql", r"    p\.windows,\n", "    p.windows, p.windows as rounds,\n"),
    ],
    # functions of triggers, and a trigger in the place of another
    [
        ("triggers/marts.sql", r"insert into data\.mart_marks", "insert into  data.mart_marks"),
        ("triggers/transaction_events.sql", r"Send a new event instead", "Send another event instead"),
        ("triggers/settings.sql", r"_100_check", "_200_check"),
    ],
    # a materialized view and its reader
    [
        ("views/mart_product_rankings.sql", r"    s\.days,\n", "    s.days, s.days - 1 as closed_days,\n"),
        ("sql/40_dashboard.sql", r"m\.days = v_days and m\.rank", "m.closed_days = v_days - 1 and m.rank"),
    ],
]  # fmt: skip


@dataclass
class Log:
    """What everybody met."""

    answered: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    # by session and begin of the wait: seconds so far, and who for what
    waits: dict[tuple[int, datetime], tuple[float, str]] = field(default_factory=dict)


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database apart: its code changes."""
    yield from create_database(server, "migrated")


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    with run_service(database_url, tmp_path / "log") as service:
        yield service


@pytest.fixture
def shops(
    db: Connection, merchant: Callable[..., UUID], as_api: Connection, drain: Callable[[Connection], None]
) -> list[Tenant]:
    """Two with the same history; it is noon where they are, so that no day ends meanwhile."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    merchants = [merchant(timezone=zone) for _ in range(2)]
    for merchant_id in merchants:
        ingest(as_api, merchant_id, history(random.Random(7)))
    drain(db)
    refresh(db)
    db.execute("update ops.settings set value = 1 where name = 'mart_refresh_seconds'")
    return [create_tenant(db, merchant_id) for merchant_id in merchants]


def test_nobody_notices(
    service: Service, db: Connection, connect: Callable[..., Connection], shops: list[Tenant], tmp_path: Path
) -> None:
    project = copy_of_ours(tmp_path, service.database_url)
    log = Log()
    with everybody_at_work(service, shops, connect, log):
        for changes in DEPLOYMENTS:
            for change in changes:
                project.change(*change)
            assert project.migrate().reloaded
        copy_of_ours(tmp_path, service.database_url)
        assert project.migrate().reloaded == ["code", "triggers", "mart.product_rankings"]

    assert log.failures == [], re.findall(r'psycopg.*?"}', service.log.read_text())[:5]
    longest = max(log.waits.values(), default=(0, "nobody"))
    assert longest[0] < LONGEST_WAIT_SECONDS, longest
    rows = db.execute("select transaction_id from data.transaction_events where transaction_id like 'txn-%'")
    assert sorted(name for (name,) in rows) == sorted(log.stored)
    check_reconciled(db)
    assert db.execute("select job, error from ops.job_runs where error is not null").fetchall() == []
    assert db.execute("select runner, error from data.runners where error is not null").fetchall() == []
    refresh(db)
    for shop in shops:
        check(db, shop.merchant_id, fresh=True)


@contextmanager
def everybody_at_work(
    service: Service, shops: list[Tenant], connect: Callable[..., Connection], log: Log
) -> Iterator[None]:
    """Afterwards all that came in is aggregated."""
    busy, quiet = shops
    is_over = threading.Event()

    def repeat(work: Callable[[], None]) -> None:
        while not is_over.is_set():
            work()

    with ExitStack() as stack:
        clients = [stack.enter_context(http_client(service, shop)) for shop in (busy, busy, busy, quiet)]
        works = [
            Sender(clients[0], log).send_one,
            Sender(clients[1], log).send_one,
            Sender(clients[2], log).send_many,
            Reader(clients[3], log).look,
            Analyst(connect("molam_analyst", autocommit=False)).study,
            Monitor(connect(), log).watch,
        ]
        worker = start_molam(molam_environment(service.database_url), "worker")
        pool = stack.enter_context(ThreadPoolExecutor(len(works)))
        running = [pool.submit(repeat, work) for work in works]
        try:
            wait_until(lambda: len(log.answered) == 7, "every endpoint has answered")
            yield
            db = connect()
            pending = "select sum(pending_events) from ops.lag"
            is_over.set()
            wait_until(lambda: db.execute(pending).fetchone() == (0,), "the worker has caught up")
        finally:
            is_over.set()
            worker.terminate()
            worker.wait(20)
        for work in running:
            work.result()


def http_client(service: Service, shop: Tenant) -> httpx.Client:
    return httpx.Client(base_url=service.url, headers=shop.headers, verify=False, timeout=30)


def call(client: httpx.Client, log: Log, method: str, path: str, content: Any = None) -> dict[str, Any]:
    """The answer of a call, which must succeed."""
    response = client.request(method, path, json=content)
    log.answered.add(path)
    if not response.is_success:
        log.failures.append(f"{response.status_code} {path} {response.text}")
    return response.json()


@dataclass
class Sender:
    """Sends events, late ones too, and remembers which were acknowledged."""

    client: httpx.Client
    log: Log
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def event(self) -> dict[str, Any]:
        at = datetime.now(UTC) - timedelta(days=self.dice.choice([0, 0, 5]))
        number = self.dice.randrange(9)
        more = {"product_id": f"product {number}", "customer_id": f"customer {number}"}
        return event(occurred_at=at.isoformat(), **more)

    def send_one(self) -> None:
        event = self.event()
        if call(self.client, self.log, "POST", SINGLE, event).get("queued"):
            self.log.stored.append(event["transaction_id"])

    def send_many(self) -> None:
        events = [self.event() for _ in range(100)]
        if call(self.client, self.log, "POST", BATCH, events).get("ingested") == len(events):
            self.log.stored += [event["transaction_id"] for event in events]


@dataclass
class Reader:
    """Looks at a shop in which nothing happens: whatever is deployed, the figures stay as they are."""

    client: httpx.Client
    log: Log
    first: dict[str, Any] = field(default_factory=dict)

    def look(self) -> None:
        last = datetime.now(UTC).date() + timedelta(days=1)
        for path in (
            "overview",
            f"analytics?start_date={last - timedelta(days=9)}&end_date={last}",
            "payment-methods?days=30",
            "top-products?days=7",
            "customers",
        ):
            answer = call(self.client, self.log, "GET", f"/api/dashboard/{path}")
            answer.pop("as_of", None)
            answer.pop("today", None)  # its growth goes by the hour
            if answer != self.first.setdefault(path, answer):
                self.log.failures.append(f"{path} was {self.first[path]} and is {answer}")


@dataclass
class Analyst:
    """Asks, one after the other, what takes longer than anybody may be kept waiting."""

    session: Connection

    def study(self) -> None:
        self.session.execute("select count(*) from analytics.hourly_figures")
        self.session.execute("select count(*) from analytics.daily_figures")
        self.session.execute("select pg_sleep(%s)", (ANALYSTS_QUERY_SECONDS,))
        self.session.commit()


@dataclass
class Monitor:
    """Notes who waits for a lock, and for how long."""

    session: Connection
    log: Log

    def watch(self) -> None:
        rows = self.session.execute(
            """
            select l.pid, l.waitstart, extract(epoch from clock_timestamp() - l.waitstart)::float8,
                concat_ws(' ', a.application_name, l.locktype, l.relation::regclass, l.mode, a.query)
            from pg_locks as l inner join pg_stat_activity as a using (pid)
            where l.waitstart is not null and a.datname = current_database()
            """
        )
        for pid, since, seconds, what in rows:
            self.log.waits[pid, since] = (seconds, what)
        time.sleep(0.02)
