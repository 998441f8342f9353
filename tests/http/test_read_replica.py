"""The service with a streaming replica: what it shows, how fresh it says that is, and while it is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest

from app import deploy
from app.local_postgres import DATABASE
from tests.conftest import Server, start_server
from tests.db.dashboards import check_reconciled
from tests.db.shop import run_once, sell
from tests.http.conftest import Service, Tenant, assert_problem, create_tenant, run_service
from tests.processes import wait_until
from tests.server_copies import streaming_replica

Connection = psycopg.Connection[tuple]


class Pair(NamedTuple):
    """A primary, its replica, a session on each, and a service that knows both."""

    db: Connection
    replica: Server
    replica_db: Connection
    service: Service

    def catch_up(self) -> None:
        """Waits until the replica shows what the primary has."""
        lsn = self.db.execute("select pg_current_wal_insert_lsn()").fetchone()[0]
        query = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
        wait_until(lambda: self.replica_db.execute(query, [lsn]).fetchone()[0], "the replica follows")

    @contextmanager
    def behind(self) -> Iterator[None]:
        """The replica stays as it is meanwhile, then follows."""
        self.catch_up()
        self.replica_db.execute("select pg_wal_replay_pause()")
        query = "select pg_get_wal_replay_pause_state()"
        wait_until(lambda: self.replica_db.execute(query).fetchone()[0] == "paused", "it stays")
        try:
            yield
        finally:
            self.replica_db.execute("select pg_wal_replay_resume()")
        self.catch_up()


@pytest.fixture(scope="module")
def pair(
    server: Server, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    log = tmp_path_factory.mktemp("service") / "log"
    for primary in start_server(server.installation):
        url = primary.url(DATABASE)
        deploy.migrate(url)
        with (
            streaming_replica(primary) as replica,
            psycopg.connect(url, autocommit=True) as db,
            psycopg.connect(replica.url(DATABASE), autocommit=True) as replica_db,
            run_service(url, log, **settings, MOLAM_READ_DATABASE_URL=replica.url(DATABASE)) as service,
        ):
            yield Pair(db, replica, replica_db, service)


@pytest.fixture
def database_url(pair: Pair) -> str:
    return pair.service.database_url


@pytest.fixture
def client(pair: Pair) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pair.service.url, timeout=30) as client:
        yield client


@pytest.fixture
def tenant(db: Connection, merchant: Callable[..., UUID]) -> Tenant:
    """Its local day does not end within a test."""
    hour = db.execute("select extract(hour from now() at time zone 'UTC')::integer").fetchone()[0]
    return create_tenant(db, merchant(timezone="Africa/Dakar" if hour < 20 else "Pacific/Honolulu"))


def questions() -> dict[str, dict[str, Any]]:
    today = datetime.now().date()
    return {
        "overview": {},
        "analytics": {"start_date": today - timedelta(days=2), "end_date": today + timedelta(days=2)},
        "payment-methods": {},
        "top-products": {},
        "customers": {},
    }


def ask(client: httpx.Client, tenant: Tenant) -> dict[str, Any]:
    """The answer to each question, as text where figures matter."""
    answers = {}
    for question, parameters in questions().items():
        response = client.get(f"/api/dashboard/{question}", params=parameters, headers=tenant.headers)
        assert response.status_code == 200, response.text
        answers[question] = response.json()
    return answers


def figures(answers: dict[str, Any]) -> dict[str, Any]:
    return {question: {**answer, "as_of": None} for question, answer in answers.items()}


def listed(client: httpx.Client, tenant: Tenant) -> tuple[int, int]:
    """How many transactions are in the list, and in the report."""
    answer = client.get("/api/transactions", headers=tenant.headers)
    report = client.get("/api/reports/transactions.csv", headers=tenant.headers)
    assert (answer.status_code, report.status_code) == (200, 200)
    return len(answer.json()["data"]), report.text.count("\r\n") - 1


def as_of(answers: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(answer["as_of"]) for answer in answers.values()]


def clock(db: Connection) -> datetime:
    return db.execute("select clock_timestamp()").fetchone()[0]


def test_the_replica_answers_and_says_what_it_shows(
    pair: Pair, db: Connection, client: httpx.Client, tenant: Tenant
) -> None:
    sell(db, tenant.merchant_id, "one")
    run_once(db)
    pair.catch_up()
    first = ask(client, tenant)
    assert first["overview"]["today"]["revenue"] == 100
    with pair.behind():
        before = clock(db)
        sell(db, tenant.merchant_id, "two")
        run_once(db)
        behind = ask(client, tenant)
        assert figures(behind) == figures(first)
        assert listed(client, tenant) == (1, 1)
        # what was acknowledged before as_of is in the figures
        assert max(as_of(behind)) < before
    then = ask(client, tenant)
    assert then["overview"]["today"]["revenue"] == 200
    assert then["customers"]["summary"]["total_customers"] == 2
    assert listed(client, tenant) == (2, 2)
    assert min(as_of(then)) > before
    check_reconciled(db)
    assert pair.replica_db.execute("select * from ops.reconcile()").fetchall() == []


def test_while_nothing_happens_it_is_as_fresh_as_the_last_heartbeat(
    pair: Pair, db: Connection, client: httpx.Client, tenant: Tenant
) -> None:
    sell(db, tenant.merchant_id, "one")
    run_once(db)
    before = clock(db)
    db.execute("select rollup.beat(%s, 0, 0, null)", [f"runner of {tenant.merchant_id}"])
    after = clock(db)
    pair.catch_up()
    assert before < min(as_of(ask(client, tenant)))
    assert max(as_of(ask(client, tenant))) < after


def test_the_primary_is_asked_for_what_the_replica_does_not_know(
    pair: Pair, db: Connection, client: httpx.Client, merchant: Callable[..., UUID]
) -> None:
    with pair.behind():
        tenant = create_tenant(db, merchant())
        sell(db, tenant.merchant_id, "one")
        run_once(db)
        assert ask(client, tenant)["overview"]["today"]["revenue"] == 100
        assert listed(client, tenant) == (1, 1)


def test_wrong_questions(pair: Pair, client: httpx.Client, tenant: Tenant) -> None:
    pair.catch_up()
    url = "/api/dashboard/overview"
    response = client.get(url, params={"currency": "ZZZ"}, headers=tenant.headers)
    assert_problem(response, 422, "validation-failed", ["/currency"])
    assert_problem(client.get(url), 401, "unauthenticated")


def test_while_the_replica_is_away_the_primary_answers(
    pair: Pair, db: Connection, client: httpx.Client, tenant: Tenant
) -> None:
    sell(db, tenant.merchant_id, "one")
    run_once(db)
    pair.catch_up()
    assert ask(client, tenant)["overview"]["today"]["revenue"] == 100
    pair.replica.postgres.stop()
    sell(db, tenant.merchant_id, "two")
    run_once(db)
    for _ in range(3):
        answers = ask(client, tenant)
        assert answers["overview"]["today"]["revenue"] == 200
        assert min(as_of(answers)) > clock(db) - timedelta(minutes=1)
        assert listed(client, tenant) == (2, 2)
    assert b"the replica is away" in pair.service.log.read_bytes()
    pair.replica.postgres.start()

    def is_back() -> bool:
        ask(client, tenant)
        return b"the replica is back" in pair.service.log.read_bytes()

    wait_until(is_back, "it is asked again", 60)
    with psycopg.connect(pair.replica.url(DATABASE), autocommit=True) as replica_db:
        again = pair._replace(replica_db=replica_db)
        with again.behind():
            sell(db, tenant.merchant_id, "three")
            run_once(db)
            assert ask(client, tenant)["overview"]["today"]["revenue"] == 200
    check_reconciled(db)
