"""The service behind pgbouncer in transaction mode: more requests than sessions, and what needs a session."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.conftest import PGBOUNCER, Server, create_database, missing_software
from tests.db.dashboards import check_reconciled
from tests.http.conftest import Service, Tenant, create_tenant, event, run_service
from tests.http.people import KEYS, Person, bearer
from tests.http.pooler import PASSWORD, USER, running_pooler
from tests.http.streams import Client, wait_out_the_turn_of_an_hour
from tests.http.test_metrics import scrape, value
from tests.http.test_protocol import BATCH, SINGLE
from tests.processes import wait_until

Connection = psycopg.Connection[Any]
SESSIONS = 2


@pytest.fixture(scope="module")
def pooled_url(server: Server) -> Iterator[tuple[str, str]]:
    """A database's URL, and the one that leads to it through pgbouncer."""
    if not PGBOUNCER:
        pytest.skip("; ".join(missing_software()))
    server.execute(f"create role {USER} login password '{PASSWORD}' in role molam_api")
    try:
        for database_url in create_database(server, "migrated"):
            with running_pooler(server, database_url, default_pool_size=SESSIONS) as url:
                yield database_url, url
    finally:
        server.execute(f"drop role {USER}")


@pytest.fixture(scope="module")
def service(
    pooled_url: tuple[str, str], settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    database_url, url = pooled_url
    direct = make_url(database_url)
    log = tmp_path_factory.mktemp("service") / "log"
    more = {"MOLAM_PREPARE_THRESHOLD": "0", "MOLAM_LISTEN_DATABASE_URL": direct}
    with run_service(url, log, **settings, **more) as service:
        yield service


def make_url(database_url: str) -> str:
    """The way around pgbouncer, as the same user."""
    return f"postgresql://{USER}:{PASSWORD}@{database_url.split('@')[1]}"


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, verify=False, timeout=30) as client:
        yield client


@pytest.fixture
def database_url(pooled_url: tuple[str, str]) -> str:
    return pooled_url[0]


def test_more_requests_than_sessions(
    client: httpx.Client, db: Connection, tenant: Tenant, drain: Callable[[Connection], None]
) -> None:
    """Every event once, every figure right, with all calls mixed over the sessions."""

    def work(number: int) -> None:
        sale = event(customer_id=f"customer {number % 7}", product_id="p", product_name="Premium")
        assert client.post(SINGLE, json=sale, headers=tenant.headers).status_code == 202
        batch = [event(customer_id=f"customer {n}") for n in range(5)]
        assert client.post(BATCH, json=batch, headers=tenant.headers).json()["ingested"] == 5
        assert client.post(SINGLE, json=sale, headers=tenant.headers).json()["duplicate"]
        for question in ("overview", "payment-methods", "top-products", "customers"):
            answer = client.get(f"/api/dashboard/{question}", headers=tenant.headers)
            assert answer.status_code == 200, answer.text

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(24)))
    drain(db)
    overview = client.get("/api/dashboard/overview", headers=tenant.headers).json()
    assert overview["month"]["transactions"] == 24 * 6
    assert overview["month"]["customers"] == 7
    report = client.get("/api/reports/transactions.csv", headers=tenant.headers)
    assert len(list(csv.reader(io.StringIO(report.text)))) == 1 + 24 * 6
    check_reconciled(db)
    query = "select count(*) from pg_stat_activity where usename = %s and application_name = 'molam-service'"
    row = db.execute(query, [USER]).fetchone()
    assert row
    assert 0 < row[0] <= SESSIONS


def test_streams_are_told(client: httpx.Client, service: Service, db: Connection, tenant: Tenant) -> None:
    wait_out_the_turn_of_an_hour()
    with Client(service.url, tenant.headers) as stream:
        assert client.post(SINGLE, json=event(), headers=tenant.headers).status_code == 202
        db.execute("call rollup.run('test', 0)")
        assert list(json.loads(stream.wait_for(1).data)) == ["as_of"]


def test_people_and_keys(
    client: httpx.Client, db: Connection, merchant: Callable[..., UUID], make_token: Callable[..., str]
) -> None:
    """Who acted is told to the triggers by a setting of the transaction: no other gets to see it."""
    merchant_id = merchant()
    people = {
        name: Person(client, merchant_id, bearer(make_token(merchant_id, role="owner", sub=name)))
        for name in ("ada", "grace")
    }

    def make(number: int) -> tuple[str, str]:
        name = ("ada", "grace")[number % 2]
        return people[name].make(KEYS)["created_by"], name

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(16)))
    assert [by for by, _ in made] == [name for _, name in made]


def test_it_says_so_when_it_cannot_hear(
    pooled_url: tuple[str, str], db: Connection, merchant: Callable[..., UUID], tmp_path: Path
) -> None:
    """Through pgbouncer `listen` is accepted, and nothing comes."""
    log = tmp_path / "log"
    tenant = create_tenant(db, merchant())
    with run_service(pooled_url[1], log, MOLAM_PREPARE_THRESHOLD="0") as service:
        wait_until(lambda: b"notifications do not arrive" in log.read_bytes(), "it is logged", 60)
        assert value(scrape(service.url), "molam_listener_up") == 0
        with httpx.Client(base_url=service.url, headers=tenant.headers, timeout=30) as client:
            assert client.get("/api/stream").status_code == 503
            assert client.get("/api/dashboard/overview").status_code == 200
