"""Figures asked for at the same time: one call for many, and to each the answer that it has alone."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.conftest import Server, create_database
from tests.http.conftest import Service, Tenant, assert_problem, create_tenant, event, run_service
from tests.processes import wait_until

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]

CALLS = 4
# The run may go past midnight.
TODAY = datetime.now(UTC).date()
DAYS = f"start_date={TODAY}&end_date={TODAY + timedelta(days=1)}&"

PATHS = {
    "overview": "/api/dashboard/overview?",
    "analytics": f"/api/dashboard/analytics?{DAYS}",
    "payment methods": "/api/dashboard/payment-methods?",
    "top products": "/api/dashboard/top-products?days=7&limit=1&",
    "failures": f"/api/dashboard/failures?{DAYS}",
    "customers": "/api/dashboard/customers?limit=2&",
}


@pytest.fixture(scope="module")
def service(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A patient service on a database apart, for these tests lock it."""
    log = tmp_path_factory.mktemp("service") / "log"
    for database_url in create_database(server, "migrated"):
        with run_service(database_url, log, MOLAM_POOL_TIMEOUT_SECONDS="60") as service:
            yield service


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


@pytest.fixture
def tenants(
    db: Connection, merchant: Callable[..., UUID], service: Service, drain: Callable[[Connection], None]
) -> list[Tenant]:
    """Merchants whose figures differ."""
    tenants = [create_tenant(db, merchant()) for _ in range(3)]
    for number, tenant in enumerate(tenants, start=1):
        sent = [
            event(
                amount=1000 * number,
                customer_id=f"c{n}",
                product_id=f"p{n}",
                event_type=event_type,
                failure_code=f"m{number}",
            )
            for n in range(3)
            for event_type in ("payment_succeeded", "payment_failed")
        ]
        url = f"{service.url}/api/events/transaction/batch"
        httpx.post(url, json=sent, headers=tenant.headers, verify=False).raise_for_status()
    drain(db)
    return tenants


def ask(service: Service, tenant: Tenant, path: str, currency: str = "XOF") -> httpx.Response:
    url = f"{service.url}{path}currency={currency}"
    return httpx.get(url, headers=tenant.headers, verify=False, timeout=60)


def told(response: httpx.Response) -> dict[str, Any]:
    """The figures without the instant up to which they are."""
    assert response.status_code == 200, response.text
    return {name: value for name, value in response.json().items() if name != "as_of"}


@contextmanager
def all_calls_waiting(
    service: Service, tenant: Tenant, path: str, connect: Connect, pool: ThreadPoolExecutor
) -> Iterator[Callable[[], int]]:
    """Meanwhile as many calls as may be under way wait for a table, with one question each.

    Gives how many sessions of the service are in a call.
    """
    locking, watching = connect(), connect()
    query = """
        select count(*) from pg_stat_activity
        where application_name = 'molam-service' and wait_event_type = 'Lock' and datname = current_database()
    """

    def under_way() -> int:
        return watching.execute(query).fetchone()[0]  # type: ignore[index]

    calls: list[Future[httpx.Response]] = []
    with locking.transaction():
        locking.execute("lock table data.rollup_progress in access exclusive mode")
        for number in range(1, CALLS + 1):
            calls.append(pool.submit(ask, service, tenant, path))
            wait_until(lambda n=number: under_way() == n, "a call waits")
        yield under_way
    assert [call.result().status_code for call in calls] == [200] * CALLS


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_each_has_its_own_answer(
    service: Service, tenants: list[Tenant], path: str, connect: Connect, pool: ThreadPoolExecutor
) -> None:
    alone = {tenant: told(ask(service, tenant, path)) for tenant in tenants}
    assert len({str(answer) for answer in alone.values()}) == len(tenants)
    with all_calls_waiting(service, tenants[0], path, connect, pool) as under_way:
        # more than one call takes
        answers = [(tenant, pool.submit(ask, service, tenant, path)) for tenant in tenants * 5]
        unknown = [pool.submit(ask, service, tenant, path, "ABC") for tenant in tenants[:2]]
        with pytest.raises(httpx.ReadTimeout):  # one that does not wait for its answer
            httpx.get(f"{service.url}{path}", headers=tenants[0].headers, verify=False, timeout=1)
        assert under_way() == CALLS
    assert [told(answer.result()) for _, answer in answers] == [alone[tenant] for tenant, _ in answers]
    for answer in unknown:
        assert_problem(answer.result(), 422, "validation-failed", ["/currency"])


def test_a_database_that_is_away(
    service: Service, tenants: list[Tenant], db: Connection, connect: Connect, pool: ThreadPoolExecutor
) -> None:
    """What was lost with a connection is asked again."""
    path = PATHS["overview"]
    with all_calls_waiting(service, tenants[0], path, connect, pool):
        answers = [pool.submit(ask, service, tenant, path) for tenant in tenants]
        cut = db.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name = 'molam-service' and wait_event_type = 'Lock'"
            " and datname = current_database()"
        ).fetchone()
        assert cut == (CALLS,)
    assert [told(answer.result())["currency"] for answer in answers] == ["XOF"] * len(tenants)
