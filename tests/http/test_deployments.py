"""Deploying changed code while everybody is at work: no request fails, nobody waits long, no event is lost.

The service, a worker, clients of every endpoint and an analyst with long queries go on while functions,
views, triggers and a materialized view are replaced under them, and while the next release takes over.
"""

import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.release import migration_names
from tests.conftest import Connection, Server, create_database
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.test_marts import check, history, refresh
from tests.http.at_work import Analyst, Balancer, Log, Monitor, Reader, Sender
from tests.http.conftest import Service, Tenant, create_tenant, run_service
from tests.processes import molam_environment, start_molam, wait_until
from tests.projects import Project, copy_of_ours, release_of_ours

LONGEST_WAIT_SECONDS = 1.0
# two for events, five of the dashboard
ENDPOINTS = 7

# A column, and a function by a new name that needs it.
EXPANSION = f"""\
-- depends: {migration_names()[-1]}
set local role molam_owner;
alter table data.merchant_api_keys add column origin text not null default 'here';
"""
FIND_KEY = re.compile(
    r"create function api\.find_api_key.*?\ncomment on function api\.find_api_key.*?';\n", re.DOTALL
)

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
    with everybody_at_work(Balancer(service), service.database_url, shops, connect, log):
        for changes in DEPLOYMENTS:
            for change in changes:
                project.change(*change)
            assert project.migrate().reloaded
        copy_of_ours(tmp_path, service.database_url)
        assert project.migrate().reloaded == ["code", "triggers", "mart.product_rankings"]

    check_nobody_noticed(db, shops, log, service)


def test_two_releases_at_once(
    database_url: str,
    db: Connection,
    connect: Callable[..., Connection],
    shops: list[Tenant],
    tmp_path: Path,
) -> None:
    """Expand, move, contract: as docs/deployment.md has it, and Kubernetes does it."""
    expanding = next_release(tmp_path / "next", database_url, "998.0.0")
    [function] = FIND_KEY.findall(expanding.read("sql/10_auth.sql"))
    expanding.write("sql/19_keys.sql", renamed(function))  # beside the one that the old release calls
    contracting = next_release(tmp_path / "after", database_url, "999.0.0")
    contracting.change("sql/10_auth.sql", FIND_KEY.pattern, lambda found: renamed(found[0]), re.DOTALL)

    log = Log()
    always_ask = {"MOLAM_AUTH_CACHE_SECONDS": "0"}
    with ExitStack() as copies:
        old_copies = copies.enter_context(ExitStack())
        old = old_copies.enter_context(run_service(database_url, tmp_path / "old.log", **always_ask))
        balancer = Balancer(old)
        with everybody_at_work(balancer, database_url, shops, connect, log):
            started = run_service(database_url, tmp_path / "new.log", folder=expanding.folder, **always_ask)
            new = copies.enter_context(started)
            lacks = "The database lacks migrations of this release, the first of them 9998_origins: migrate."
            assert readiness(new) == (503, lacks)
            release(expanding)
            assert readiness(new) == readiness(old) == (200, "ok")
            balancer.add(new)
            work_goes_on(log)
            balancer.remove(old)
            old_copies.close()
            release(contracting)
            work_goes_on(log)
    check_nobody_noticed(db, shops, log, old, new)


def next_release(folder: Path, url: str, version: str) -> Project:
    """One whose service calls the function by its new name."""
    project = release_of_ours(folder, url, version)
    project.write("migrations/9998_origins.sql", EXPANSION)
    for name in ("app/database.py", "app/operations.py"):
        project.change(name, r"api\.find_api_key\(", "api.find_key(")
    return project


def renamed(function: str) -> str:
    new = function.replace("api.find_api_key", "api.find_key")
    return new.replace("where k.merchant_id", "where k.origin = 'here' and k.merchant_id")


def release(project: Project) -> None:
    """`molam migrate` of that release."""
    command = [sys.executable, "-m", "app", "migrate"]
    environment = molam_environment(project.url)
    result = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def readiness(service: Service) -> tuple[int, str]:
    response = httpx.get(f"{service.url}/readyz?exclude=runner")
    return response.status_code, response.json()["checks"]["schema"]


def work_goes_on(log: Log) -> None:
    """Every endpoint answers, on each of two copies."""
    for _ in range(3):
        log.answered.clear()
        wait_until(lambda: len(log.answered) == ENDPOINTS, "every endpoint has answered", 60)


def check_nobody_noticed(db: Connection, shops: list[Tenant], log: Log, *services: Service) -> None:
    """No call failed or waited for long; all that was acknowledged is there, and in the figures."""
    errors = [re.findall(r'psycopg.*?"}', service.log.read_text())[:5] for service in services]
    assert log.failures == [], errors
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
    balancer: Balancer,
    database_url: str,
    shops: list[Tenant],
    connect: Callable[..., Connection],
    log: Log,
) -> Iterator[None]:
    """Afterwards all that came in is aggregated."""
    busy, quiet = shops
    is_over = threading.Event()

    def repeat(work: Callable[[], None]) -> None:
        while not is_over.is_set():
            work()

    with ExitStack() as stack:
        clients = [stack.enter_context(balancer.client(shop)) for shop in (busy, busy, busy, quiet)]
        works = [
            Sender(clients[0], log).send_one,
            Sender(clients[1], log).send_one,
            Sender(clients[2], log).send_many,
            Reader(clients[3], log).look,
            Analyst(connect("molam_analyst", autocommit=False)).study,
            Monitor(connect(), log).watch,
        ]
        worker = start_molam(molam_environment(database_url), "worker")
        pool = stack.enter_context(ThreadPoolExecutor(len(works)))
        running = [pool.submit(repeat, work) for work in works]
        try:
            wait_until(lambda: len(log.answered) == ENDPOINTS, "every endpoint has answered")
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
