"""What a client sees when the database is away, busy, restarted or upgraded: 503, or nothing."""

import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.api_keys import new_api_key
from tests.conftest import Server, create_database
from tests.faults.proxy import NOT_PERMITTED, Proxy, can_drop_packets
from tests.faults.world import frozen
from tests.http.conftest import Service, Tenant, assert_problem, event, free_port, run_service
from tests.http.test_protocol import BATCH, SINGLE
from tests.processes import wait_until

Connection = psycopg.Connection[Any]

drops_packets = pytest.mark.skipif(not can_drop_packets(), reason=NOT_PERMITTED)


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database apart: these tests break it."""
    yield from create_database(server, "migrated")


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service with few connections and little patience."""
    settings = {
        "MOLAM_POOL_MIN": "2",
        "MOLAM_POOL_MAX": "2",
        "MOLAM_POOL_MAX_WAITING": "2",
        "MOLAM_POOL_TIMEOUT_SECONDS": "1",
        "MOLAM_AUTH_CACHE_SECONDS": "5",
    }
    with run_service(database_url, tmp_path / "log", **settings) as service:
        yield service


def send(service: Service, tenant: Tenant) -> httpx.Response:
    return httpx.post(
        f"{service.url}{SINGLE}", json=event(), headers=tenant.headers, verify=False, timeout=30
    )


def assert_unavailable(response: httpx.Response) -> None:
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["retry-after"]) > 0


def break_connections(db: Connection) -> None:
    db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'molam-service'"
    )


def test_without_a_database(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    headers = {"X-API-Key": new_api_key(uuid4()).text}
    with (
        run_service(url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.2") as service,
        httpx.Client(base_url=service.url, headers=headers, verify=False) as client,
    ):
        assert_unavailable(client.post(SINGLE, json=event()))
        assert_unavailable(client.post(BATCH, json=[event()]))
        assert_unavailable(client.get("/api/dashboard/overview"))
        assert_unavailable(client.get("/api/reports/transactions.csv"))


def test_lost_connections_are_not_noticed(service: Service, tenant: Tenant, db: Connection) -> None:
    for _ in range(5):
        assert send(service, tenant).status_code == 202
        break_connections(db)
    assert send(service, tenant).status_code == 202


def test_a_commit_that_waits_for_a_replica(
    server: Server, database_url: str, tenant: Tenant, db: Connection, tmp_path: Path
) -> None:
    """Its client is told to come back, not kept for ever; and nothing counts before the replica has it."""
    log = tmp_path / "log"
    with run_service(database_url, log, "tests.http.impatient_service:create_app") as service:
        set_synchronous_replica(server, "none that is there")
        try:
            assert_unavailable(send(service, tenant))
            assert_unavailable(send(service, tenant))
            overview = f"{service.url}/api/dashboard/overview"
            assert httpx.get(overview, headers=tenant.headers, verify=False).status_code == 200
            assert db.execute("select count(*) from data.transaction_events").fetchone() == (0,)
        finally:
            set_synchronous_replica(server, "")
        assert send(service, tenant).status_code == 202
    assert "ERROR" not in log.read_text()


def test_sessions_that_do_not_answer(
    database_url: str, tenant: Tenant, db: Connection, tmp_path: Path
) -> None:
    """Whoever asks is told so within its time, in the words that are described; not kept until they go on."""
    sessions = "select pid from pg_stat_activity where application_name = 'molam-service'"
    factory = "tests.http.impatient_service:create_app"
    with run_service(database_url, tmp_path / "log", factory, MOLAM_POOL_MAX="2") as service:
        assert send(service, tenant).status_code == 202
        with frozen([psutil.Process(pid) for (pid,) in db.execute(sessions).fetchall()]):
            ready = httpx.get(f"{service.url}/readyz", verify=False, timeout=30)
            assert_unavailable(send(service, tenant))
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert ready.json()["checks"]["database"] != "ok"
        assert send(service, tenant).status_code == 202


def set_synchronous_replica(server: Server, name: str) -> None:
    server.execute(f"alter system set synchronous_standby_names = '{name and json.dumps(name)}'")
    server.execute("select pg_reload_conf()")


@pytest.fixture
def line(database_url: str) -> Iterator[Proxy]:
    """The line to the server, which the service of `service_behind` goes by."""
    port = int(str(conninfo_to_dict(database_url)["port"]))
    with Proxy(lambda: port) as line:
        yield line


@contextmanager
def service_behind(line: Proxy, database_url: str, log: Path, **settings: str) -> Iterator[Service]:
    """A service whose TCP has little patience."""
    port = str(conninfo_to_dict(database_url)["port"])
    url = f"{database_url.replace(port, str(line.port))}?tcp_user_timeout=2000"
    with run_service(url, log, **settings) as service:
        yield service


@drops_packets
def test_silent_connections_are_given_up_together(
    line: Proxy, database_url: str, tenant: Tenant, db: Connection, tmp_path: Path
) -> None:
    """As when a firewall has forgotten them: TCP's patience is needed once, not for each of them."""
    opened = "select count(*) from pg_stat_activity where application_name = 'molam-service'"
    with service_behind(line, database_url, tmp_path / "log", MOLAM_POOL_MIN="20") as service:
        wait_until(lambda: db.execute(opened).fetchone()[0] >= 20, "all connections are there")
        with line.dark(forgets=True):
            pass
        assert send(service, tenant).status_code == 202


@drops_packets
def test_an_answer_that_is_lost_on_the_way(
    line: Proxy, database_url: str, tenant: Tenant, db: Connection, tmp_path: Path
) -> None:
    """The line forgets the connection while a question is with the server: nobody waits for its answer."""
    waits = (
        "select from pg_stat_activity where application_name = 'molam-service' and wait_event_type = 'Lock'"
    )
    with (
        service_behind(line, database_url, tmp_path / "log") as service,
        ThreadPoolExecutor(1) as client,
        psycopg.connect(database_url) as blocker,
    ):
        blocker.execute("lock table data.merchant_api_keys in access exclusive mode")
        answer = client.submit(send, service, tenant)
        wait_until(lambda: db.execute(waits).fetchone() is not None, "the caller is looked up")
        with line.dark(forgets=True):
            pass
    assert answer.result().status_code == 202


def test_metrics_are_no_older_than_a_second(line: Proxy, database_url: str, tmp_path: Path) -> None:
    """Since they were asked for, however long the answer took."""
    with service_behind(line, database_url, tmp_path / "log") as service:
        with psycopg.connect(database_url) as blocker, ThreadPoolExecutor(1) as client:
            blocker.execute("lock table data.rollup_progress in access exclusive mode")
            asked_at = time.monotonic()
            answer = client.submit(httpx.get, f"{service.url}/metrics", verify=False, timeout=30)
            time.sleep(0.8)
            blocker.rollback()
            assert "molam_database_up 1.0" in answer.result().text
        with line.refusing():
            time.sleep(max(0, asked_at + 1.1 - time.monotonic()))
            metrics = httpx.get(f"{service.url}/metrics", verify=False, timeout=30).text
            assert "molam_database_up 0.0" in metrics


@pytest.mark.parametrize("sqlstate", ["42703", "42P01", "42883", "3F000", "XX000"])
def test_a_call_that_code_changed_under_is_made_again(
    service: Service, tenant: Tenant, db: Connection, sqlstate: str
) -> None:
    """A column, a view, a function that was there when the call began: once in three calls it is not."""
    db.execute("create sequence public.calls")
    db.execute("grant usage on sequence public.calls to molam_owner")
    db.execute(
        f"""
        create or replace function internal.open_for_writing(p_merchant_id uuid) returns smallint
        language plpgsql as $$
        begin
            if nextval('public.calls') % 3 = 1 then
                raise exception 'code changed' using errcode = '{sqlstate}';
            end if;
            return (select bucket_id from data.merchants as m where m.merchant_id = p_merchant_id);
        end $$
        """  # type: ignore[arg-type]
    )
    assert [send(service, tenant).status_code for _ in range(4)] == [202] * 4
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (4,)


def send_batch(service: Service, tenant: Tenant) -> httpx.Response:
    return httpx.post(
        f"{service.url}{BATCH}", json=[event()], headers=tenant.headers, verify=False, timeout=30
    )


def test_saturation_is_told_and_passes(service: Service, tenant: Tenant, db: Connection) -> None:
    assert send(service, tenant).status_code == 202
    with ThreadPoolExecutor(20) as pool, db.transaction():
        # every event needs this table, so the pool's two connections are soon waiting for it
        db.execute("lock table data.transaction_event_keys in access exclusive mode")
        answers = [pool.submit(send_batch, service, tenant) for _ in range(10)]
        refused = list(itertools.islice(as_completed(answers, timeout=8), 8))
        singles = [pool.submit(send, service, tenant) for _ in range(5)]
        refused += as_completed(singles, timeout=8)
    for answer in refused:
        assert_unavailable(answer.result())
    assert [answer.result().status_code for answer in answers if answer not in refused] == [202, 202]
    assert send(service, tenant).status_code == 202


def test_a_call_without_end_is_cut_off(
    database_url: str, tenant: Tenant, db: Connection, tmp_path: Path
) -> None:
    url = f"{database_url}?options=-c%20statement_timeout%3D500ms"
    with run_service(url, tmp_path / "log") as service:
        with db.transaction():
            db.execute("lock table data.transaction_event_keys in access exclusive mode")
            assert_unavailable(send(service, tenant))
        assert send(service, tenant).status_code == 202


def test_a_read_only_server_takes_no_events(service: Service, tenant: Tenant, db: Connection) -> None:
    assert send(service, tenant).status_code == 202
    db.execute(f"alter database {db.info.dbname} set default_transaction_read_only = on")  # type: ignore[arg-type]
    break_connections(db)
    assert_unavailable(send(service, tenant))


def test_a_restored_database_must_be_adopted_first(service: Service, tenant: Tenant, db: Connection) -> None:
    db.execute("update data.rollup_progress set snapshot = '900000000:900000000:'")
    assert_unavailable(send(service, tenant))


def test_an_unforeseen_error_tells_nothing(service: Service, tenant: Tenant, db: Connection) -> None:
    db.execute("revoke execute on all functions in schema api from molam_api")
    problem = assert_problem(send(service, tenant), 500, "internal-error")
    assert "permission" not in str(problem)
    logged = service.log.read_text()
    assert "permission denied for function" in logged
    assert problem["request_id"] in logged
    assert tenant.api_key not in logged
