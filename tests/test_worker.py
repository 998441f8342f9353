"""`molam worker`: aggregates soon, outlives the database's absence, stops when told."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from app import operations, worker
from tests.conftest import Connection
from tests.processes import molam_environment, start_molam, wait_until


@pytest.fixture
def start_worker(database_url: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        processes.append(start_molam(molam_environment(database_url), "worker"))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def pay(db: Connection, merchant_id: UUID, count: int = 1) -> None:
    events = [
        {"transaction_id": str(uuid4()), "event_type": "payment_succeeded", "amount": 1000, "currency": "XOF"}
        for _ in range(count)
    ]
    answer = operations.ingest_events(db, merchant_id, json.dumps(events).encode())
    assert answer["ingested"] == count


def revenue(db: Connection, merchant_id: UUID) -> object:
    return db.execute("select api.dashboard_overview(%s, null)", [merchant_id]).fetchone()[0]["today"][
        "revenue"
    ]


def workers(db: Connection) -> list[int]:
    query = """
        select pid from pg_stat_activity
        where application_name = 'molam worker' and datname = current_database()
    """
    return [pid for (pid,) in db.execute(query)]


def test_an_event_is_in_the_figures_within_seconds(
    db: Connection, merchant: Callable[..., UUID], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = start_worker()
    wait_until(lambda: workers(db), "the worker is connected")
    merchant_id = merchant()
    pay(db, merchant_id)
    wait_until(lambda: revenue(db, merchant_id) == 1000, "the payment is in the figures", seconds=2)
    jobs = db.execute("select job from ops.jobs where job like 'worker:%'").fetchall()
    assert {job.split(":")[2] for (job,) in jobs} == {str(process.pid)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(
    number: signal.Signals, db: Connection, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = start_worker()
    wait_until(lambda: workers(db), "the worker is connected")
    process.send_signal(number)
    assert process.wait(5) == 0


def test_it_comes_back_when_its_connection_is_cut(
    db: Connection, merchant: Callable[..., UUID], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = start_worker()
    wait_until(lambda: workers(db), "the worker is connected")
    for cut in workers(db):
        db.execute("select pg_terminate_backend(%s)", [cut])
    merchant_id = merchant()
    pay(db, merchant_id)
    wait_until(lambda: revenue(db, merchant_id) == 1000, "the payment is in the figures")
    assert process.poll() is None


def test_a_long_job_does_not_hold_up_the_figures(
    db: Connection, merchant: Callable[..., UUID], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    merchant_id = merchant()
    with psycopg.connect(db.info.dsn, password=db.info.password) as elsewhere:
        # the refresh waits for this, as it would for a large one to end
        elsewhere.execute("refresh materialized view mart.month_totals")
        db.execute("insert into data.mart_marks values (null)")
        start_worker()
        refreshing = """
            select from pg_stat_activity where wait_event_type = 'Lock' and query like 'call rollup.run%'
        """
        wait_until(lambda: db.execute(refreshing).rowcount, "the refresh waits")
        pay(db, merchant_id)
        wait_until(lambda: revenue(db, merchant_id) == 1000, "the payment is in the figures", seconds=5)
        assert db.execute(refreshing).rowcount


def test_killing_one_of_two_under_load_changes_nothing(
    db: Connection, merchant: Callable[..., UUID], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    first = start_worker()
    start_worker()
    wait_until(lambda: len(workers(db)) == 4, "both workers are connected")
    merchants = [merchant() for _ in range(6)]
    for round_number in range(10):
        for merchant_id in merchants:
            pay(db, merchant_id, 50)
        if round_number == 5:
            first.kill()
    for merchant_id in merchants:
        wait_until(lambda m=merchant_id: revenue(db, m) == 500_000, "all payments are in the figures")
    assert operations.reconcile(db) == []


def handles_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_it_waits_for_a_database_that_is_away() -> None:
    process = start_molam(molam_environment("postgresql://nobody@127.0.0.1:1/none"), "worker")
    wait_until(lambda: handles_sigterm(process.pid), "the worker has begun")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    assert process.wait(15) == 0


def test_pauses_grow_to_a_limit_and_are_random() -> None:
    assert all(0 <= worker._pause(0) <= 0.2 for _ in range(100))
    pauses = [worker._pause(50) for _ in range(100)]
    assert max(pauses) <= 10
    assert len(set(pauses)) > 90


def test_it_works_in_its_own_role(database_url: str) -> None:
    with worker._connect(database_url) as connection:
        assert connection.execute("select current_user").fetchone() == ("molam_rollup",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select api.service_status()")
