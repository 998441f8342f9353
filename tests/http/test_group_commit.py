"""Single events at the same time: one commit for many, and to each its own outcome."""

import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import psycopg
import pytest

from tests.conftest import Server, create_database
from tests.http.conftest import Service, Tenant, assert_problem, create_tenant, event, run_service
from tests.http.test_protocol import BATCH, SINGLE, post
from tests.processes import wait_until

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]

MAX_WAITING = 30
CALLS = 4


@pytest.fixture(scope="module")
def service(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A patient service on a database apart, for these tests lock it."""
    settings = {
        "MOLAM_MAX_WAITING_EVENTS": str(MAX_WAITING),
        "MOLAM_POOL_TIMEOUT_SECONDS": "60",
        "MOLAM_AUTH_CACHE_SECONDS": "5",
    }
    log = tmp_path_factory.mktemp("service") / "log"
    for database_url in create_database(server, "migrated"):
        with run_service(database_url, log, **settings) as service:
            yield service


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


@pytest.fixture
def tenants(db: Connection, merchant: Callable[..., UUID]) -> list[Tenant]:
    return [create_tenant(db, merchant()) for _ in range(3)]


def send(service: Service, tenant: Tenant, sent: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{service.url}{SINGLE}", json=sent, headers=tenant.headers, verify=False, timeout=60)


@contextmanager
def all_calls_waiting(
    service: Service, tenant: Tenant, connect: Connect, pool: ThreadPoolExecutor
) -> Iterator[list[Future[httpx.Response]]]:
    """Meanwhile every call of the database waits for a table, with one event each; then they go on."""
    locking, watching = connect(), connect()
    query = """
        select count(*) from pg_stat_activity
        where application_name = 'molam-service' and wait_event_type = 'Lock' and datname = current_database()
    """
    calls: list[Future[httpx.Response]] = []
    with locking.transaction():
        locking.execute("lock table data.transaction_event_keys in access exclusive mode")
        for number in range(1, CALLS + 1):
            calls.append(pool.submit(send, service, tenant, event()))
            wait_until(lambda n=number: watching.execute(query).fetchone() == (n,), "a call waits")
        yield calls


def stored(db: Connection, tenants: list[Tenant]) -> Counter[tuple[UUID, str]]:
    query = "select merchant_id, transaction_id from data.transaction_events where merchant_id = any(%s)"
    return Counter(db.execute(query, [[tenant.merchant_id for tenant in tenants]]).fetchall())


def test_events_that_wait_share_one_commit(
    service: Service, tenants: list[Tenant], db: Connection, connect: Connect, pool: ThreadPoolExecutor
) -> None:
    assert send(service, tenants[0], event()).status_code == 202
    with all_calls_waiting(service, tenants[0], connect, pool) as calls:
        events = [(tenant, event()) for tenant in tenants * 14]
        sent = {pool.submit(send, service, *pair): pair for pair in events}
        # more than may wait: the others are told so at once
        too_many = list(itertools.islice(as_completed(sent), len(sent) - MAX_WAITING))
        for refusal in too_many:
            assert_problem(refusal.result(), 503, "unavailable")
            assert int(refusal.result().headers["retry-after"]) > 0
    assert [call.result().status_code for call in calls] == [202] * CALLS
    accepted = {future: pair for future, pair in sent.items() if future not in too_many}
    assert [future.result().status_code for future in accepted] == [202] * MAX_WAITING
    query = """
        select event_id::text, merchant_id, transaction_id, xid from data.transaction_events
        where merchant_id = any(%s)
    """
    rows = db.execute(query, [[tenant.merchant_id for tenant in tenants]]).fetchall()
    by_event_id = {event_id: row for event_id, *row in rows}
    transactions = set()
    for future, (tenant, sent_event) in accepted.items():
        merchant_id, transaction_id, xid = by_event_id.pop(future.result().json()["event_id"])
        assert (merchant_id, transaction_id) == (tenant.merchant_id, sent_event["transaction_id"])
        transactions.add(xid)
    assert len(transactions) == 1
    assert len(by_event_id) == 1 + CALLS


def test_each_event_has_its_own_outcome(
    service: Service, tenants: list[Tenant], db: Connection, connect: Connect, pool: ThreadPoolExecutor
) -> None:
    """A call fails as a whole when one of its events does; its neighbours must not notice."""
    db.execute("""
        create function public.refuse() returns trigger language plpgsql as
        $$ begin raise exception 'refused' using errcode = new.customer_id; end $$
    """)
    db.execute("""
        create trigger refuse before insert on data.transaction_events for each row
        when (new.transaction_id like 'poison%') execute function public.refuse()
    """)
    first, second, suspended = tenants
    known, twice = event(), event()
    assert send(service, first, known).status_code == 202
    assert send(service, suspended, event()).status_code == 202  # so that its key is known to the service
    wanted = [
        (first, event(), 202),
        (first, known, 200),
        (first, {**known, "amount": 7}, 409),
        (first, event(amount=1.5), 422),
        (first, event(transaction_id="poison-1", customer_id="22003"), 422),
        (first, event(transaction_id="poison-2", customer_id="P0001"), 500),
        (first, event(), 202),
        (second, event(), 202),
        (second, known, 202),
        (suspended, event(), 403),
    ]
    before = stored(db, tenants)
    with all_calls_waiting(service, second, connect, pool) as calls:
        db.execute(
            "update data.merchants set status = 'suspended' where merchant_id = %s", [suspended.merchant_id]
        )
        answers = [pool.submit(send, service, tenant, sent) for tenant, sent, _ in wanted]
        twins = [pool.submit(send, service, first, twice) for _ in range(2)]
    assert [answer.result().status_code for answer in answers] == [status for *_, status in wanted]
    assert sorted(twin.result().status_code for twin in twins) == [200, 202]
    assert len({twin.result().json()["event_id"] for twin in twins}) == 1
    assert {call.result().status_code for call in calls} == {202}
    expected = {(t.merchant_id, e["transaction_id"]) for t, e, status in wanted if status == 202}
    new = stored(db, tenants) - before
    assert expected | {(first.merchant_id, twice["transaction_id"])} <= new.keys()
    assert new.total() == len(expected) + 1 + CALLS


def test_a_client_that_leaves_disturbs_no_other(
    service: Service, tenants: list[Tenant], db: Connection, connect: Connect, pool: ThreadPoolExecutor
) -> None:
    assert send(service, tenants[0], event()).status_code == 202
    logged = service.log.stat().st_size
    with all_calls_waiting(service, tenants[0], connect, pool) as calls:
        for _ in range(5):
            leave_at_once(service, tenants[1])
        stayed = [pool.submit(send, service, tenants[1], event()) for _ in range(5)]
    assert [answer.result().status_code for answer in (*calls, *stayed)] == [202] * (CALLS + 5)
    assert send(service, tenants[0], event()).status_code == 202
    assert b"Traceback" not in service.log.read_bytes()[logged:]


def leave_at_once(service: Service, tenant: Tenant) -> None:
    body = json.dumps(event()).encode()
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(post(tenant, f"Content-Length: {len(body)}", body=body))
        time.sleep(0.05)


# --- a killed server -----------------------------------------------------------------------------


class Senders:
    """Clients that send event after event, each again until it is acknowledged."""

    def __init__(self, service: Service, tenants: list[Tenant]) -> None:
        self.acknowledged: list[tuple[UUID, str]] = []
        self.refusals = 0
        self.is_done = threading.Event()
        self._service = service
        self._tenants = tenants

    def run(self, number: int) -> None:
        tenant = self._tenants[number % len(self._tenants)]
        url, headers = self._service.url, tenant.headers
        with httpx.Client(base_url=url, headers=headers, verify=False, timeout=60) as client:
            while not self.is_done.is_set():
                sent = event()
                # a few as batches, which go beside the single ones
                path, body = (BATCH, [sent]) if number == 0 else (SINGLE, sent)
                while (response := client.post(path, json=body)).status_code == 503:
                    self.refusals += 1
                    time.sleep(0.05)
                assert response.status_code in (200, 202), response.text
                self.acknowledged.append((tenant.merchant_id, sent["transaction_id"]))

    def wait_for_more(self) -> None:
        enough = len(self.acknowledged) + 200
        wait_until(lambda: len(self.acknowledged) > enough, "200 more events are acknowledged", seconds=60)


def test_acknowledged_events_outlive_a_killed_server(
    server: Server, database_url: str, tenants: list[Tenant], tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    # impatient, or it would only take a little longer
    with run_service(database_url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.1") as service:
        senders = Senders(service, tenants)
        running = [pool.submit(senders.run, number) for number in range(16)]
        try:
            for _ in range(2):
                senders.wait_for_more()
                kill(server)
                server.postgres.start()
            senders.wait_for_more()
        finally:
            senders.is_done.set()
        for sender in running:
            sender.result()
    assert senders.refusals
    with psycopg.connect(database_url) as db:
        assert stored(db, tenants) == Counter(senders.acknowledged)


def kill(server: Server) -> None:
    """Ends all of its processes at once, with no time for a last word."""
    pid_file = server.postgres.data_dir / "postgres" / "data" / "postmaster.pid"
    postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=30)
