"""Rate limits over real HTTP: what callers are told, exceptions, two processes, wrong credentials."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app import operations
from app.api_keys import new_api_key
from tests.conftest import Server, create_database
from tests.http.conftest import Service, Tenant, assert_problem, create_tenant, event, run_service
from tests.http.people import MakePerson, Person
from tests.http.test_webhooks import Sender, message
from tests.processes import wait_until

Connection = psycopg.Connection[Any]
MakeMerchant = Callable[..., UUID]

SINGLE = "/api/events/transaction"
BATCH = "/api/events/transaction/batch"
ME = "/api/me"


def limit(dba: Connection, merchant_id: UUID, *limits: int | None) -> None:
    dba.execute(f"select ops.limit_merchant(%s{', %s' * len(limits)})", (merchant_id, *limits))


def refused(response: httpx.Response, name: str) -> int:
    """Checks the answer to a request beyond this limit; the seconds to wait."""
    assert_problem(response, 429, "too-many-requests")
    seconds = int(response.headers["retry-after"])
    assert seconds >= 1
    assert response.headers["ratelimit"].startswith(f'"{name}";r=')
    assert response.headers["ratelimit"].endswith(f";t={seconds}")
    assert response.headers["ratelimit-policy"].startswith(f'"{name}";q=')
    return seconds


# --- callers -------------------------------------------------------------------------------------------


def test_nothing_is_limited_on_the_embedded_server(
    client: httpx.Client, tenant: Tenant, as_dba: Connection
) -> None:
    response = client.get(ME, headers=tenant.headers)
    assert response.is_success
    assert not {"ratelimit", "ratelimit-policy", "retry-after"} & set(response.headers)
    rates = (
        "select name, value from ops.settings where name ~ '^(requests|events)_per_second$|^auth_failures'"
    )
    assert {value for _, value in as_dba.execute(rates)} == {0}


def test_requests_of_each_key_and_person_are_limited(
    client: httpx.Client, db: Connection, as_dba: Connection, person: MakePerson, merchant: MakeMerchant
) -> None:
    """Two requests a second, twenty at once: what comes back meanwhile is told by the clock."""
    one = create_tenant(db, merchant())
    other = create_tenant(db, one.merchant_id)
    limit(as_dba, one.merchant_id, 2, None, 10)
    started = time.monotonic()
    first = client.get(ME, headers=one.headers)
    assert first.headers["ratelimit-policy"] == '"requests";q=20;w=10'
    assert first.headers["ratelimit"] == '"requests";r=19;t=1'
    answers = [client.get(ME, headers=one.headers) for _ in range(200)]
    through = [answer for answer in answers if answer.is_success]
    assert 19 <= len(through) <= 19 + 2 * (time.monotonic() - started)
    beyond = [answer for answer in answers if not answer.is_success]
    assert len(beyond) >= 100
    assert {refused(answer, "requests") for answer in beyond} == {1}
    # neither another key of the merchant, nor its people, nor another merchant has to wait
    assert client.get(ME, headers=other.headers).is_success
    assert client.get(ME, headers=create_tenant(db, merchant()).headers).is_success
    assert person(one.merchant_id).get(ME)
    # nor does a person become a key by taking its id for a name
    assert person(one.merchant_id, sub=one.key_id).get(ME)


def test_events_are_limited_and_a_refused_one_is_not_stored(
    client: httpx.Client, db: Connection, as_dba: Connection, merchant: MakeMerchant
) -> None:
    """One event a second, a hundred at once: a batch of 150 takes them all, and leaves a debt of 50."""
    tenant = create_tenant(db, merchant())
    limit(as_dba, tenant.merchant_id, None, 1, 100)
    batch = [event() for _ in range(150)]
    unacceptable = client.post(BATCH, json=[event(amount="x")] * 100, headers=tenant.headers)
    assert unacceptable.status_code == 422
    taken = client.post(BATCH, json=batch, headers=tenant.headers)
    assert taken.status_code == 202
    assert taken.headers["ratelimit-policy"] == '"events";q=100;w=100'
    assert taken.headers["ratelimit"] in [f'"events";r=0;t={seconds}' for seconds in (149, 150)]
    late = event()
    for path, body in ((SINGLE, late), (BATCH, [late])):
        assert 40 <= refused(client.post(path, json=body, headers=tenant.headers), "events") <= 51
    assert 40 + 50 < refused(client.post(BATCH, json=batch, headers=tenant.headers), "events") <= 150
    # who reads is not held up by it
    assert client.get(ME, headers=tenant.headers).is_success
    query = """
        select count(*), count(*) filter (where transaction_id = %s)
        from data.transaction_events where merchant_id = %s
    """
    assert db.execute(query, [late["transaction_id"], tenant.merchant_id]).fetchone() == (150, 0)


def test_webhooks_are_limited_by_endpoint(owner: Person, as_dba: Connection) -> None:
    limit(as_dba, owner.merchant_id, None, 1, 10)
    senders = [Sender(owner), Sender(owner)]
    answers = [senders[0].send(message()) for _ in range(40)]
    assert [answer.status_code for answer in answers[:10]] == [202] * 10
    assert {refused(answer, "events") for answer in answers if answer.status_code != 202} == {1}
    assert senders[1].send(message()).status_code == 202


def test_a_changed_limit_is_in_force_within_seconds(
    client: httpx.Client, as_dba: Connection, tenant: Tenant
) -> None:
    def told() -> str | None:
        return client.get(ME, headers=tenant.headers).headers.get("ratelimit-policy")

    assert told() is None
    limit(as_dba, tenant.merchant_id, 1000, 5000)
    wait_until(lambda: told() == '"requests";q=1000;w=1, "events";q=5000;w=1', "the limit")
    limit(as_dba, tenant.merchant_id)
    wait_until(lambda: told() is None, "no limit")


def test_processes_share_a_limit(
    service: Service,
    settings: dict[str, str],
    db: Connection,
    as_dba: Connection,
    merchant: MakeMerchant,
    tmp_path: Path,
) -> None:
    """Twenty a second with two seconds' worth at once: two processes let through the burst and twenty more
    for each second that has passed. Two leases of an eighth may be lost."""
    tenant = create_tenant(db, merchant())
    limit(as_dba, tenant.merchant_id, 20, None, 2)
    with run_service(service.database_url, tmp_path / "log", **settings) as second:

        def send(number: int) -> list[tuple[int, int]]:
            url = (service, second)[number % 2].url
            with httpx.Client(base_url=url, headers=tenant.headers, verify=False, timeout=15) as client:
                return [(number % 2, client.get(ME).status_code) for _ in range(60)]

        started = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            answers = [answer for given in pool.map(send, range(6)) for answer in given]
        seconds = time.monotonic() - started
    through = [process for process, status in answers if status == 200]
    assert 40 - 2 * 5 <= len(through) <= 40 + 20 * seconds
    assert {status for _, status in answers} == {200, 429}
    assert set(through) == {0, 1}


def test_limits_have_the_bounds_of_the_settings(as_dba: Connection, tenant: Tenant) -> None:
    with pytest.raises(psycopg.Error, match="must be from 1 to 600") as refusal:
        limit(as_dba, tenant.merchant_id, None, None, 0)
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", "burst_seconds")
    with pytest.raises(psycopg.Error) as refusal:
        limit(as_dba, UUID(int=0), 1)
    assert refusal.value.sqlstate == "ML404"
    limit(as_dba, tenant.merchant_id, 7)
    query = """
        select requests_per_second, burst_seconds, is_exception
        from ops.merchant_limits where merchant_id = %s
    """
    assert as_dba.execute(query, [tenant.merchant_id]).fetchone() == (7, 1, True)


def test_maintenance_forgets_who_was_quiet(
    client: httpx.Client, db: Connection, as_dba: Connection, tenant: Tenant
) -> None:
    limit(as_dba, tenant.merchant_id, 1000)
    assert client.get(ME, headers=tenant.headers).is_success
    query = "select count(*) from data.rate_buckets where merchant_id = %s"
    as_dba.execute("select ops.maintain()")
    assert db.execute(query, [tenant.merchant_id]).fetchone() == (1,)
    db.execute("update data.rate_buckets set filled_at = filled_at - interval '61 minutes'")
    as_dba.execute("select ops.maintain()")
    assert db.execute(query, [tenant.merchant_id]).fetchone() == (0,)


# --- wrong credentials ---------------------------------------------------------------------------------


@pytest.fixture
def strict_database_url(server: Server) -> Iterator[str]:
    """A database in which wrong credentials are limited: a setting of all."""
    for url in create_database(server, "migrated"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("update ops.settings set value = 3 where name = 'auth_failures_per_minute'")
        yield url


def test_wrong_credentials_are_limited_by_address(
    strict_database_url: str, settings: dict[str, str], tmp_path: Path
) -> None:
    """Three a minute: then an address waits, in both processes, and no other address does."""
    with psycopg.connect(strict_database_url, autocommit=True) as db:
        merchant_id = operations.create_merchant(db, "Boutique", "XOF", "Africa/Dakar")
        tenant = create_tenant(db, merchant_id)
        late = create_tenant(db, merchant_id)
    proxied = {**settings, "MOLAM_TRUSTED_PROXIES": "127.0.0.0/8"}
    with (
        run_service(strict_database_url, tmp_path / "log", **proxied) as one,
        run_service(strict_database_url, tmp_path / "log 2", **proxied) as two,
    ):

        def get(service: Service, address: str, api_key: str) -> httpx.Response:
            headers = {"X-API-Key": api_key, "X-Forwarded-For": f"192.0.2.1, {address}"}
            return httpx.get(f"{service.url}{ME}", headers=headers, verify=False, timeout=15)

        def is_refused(service: Service, address: str, api_key: str) -> bool:
            return get(service, address, api_key).status_code == 429

        wrong = new_api_key(merchant_id).text
        assert get(one, "203.0.113.1", tenant.api_key).is_success
        assert [get(one, "203.0.113.1", wrong).status_code for _ in range(3)] == [401] * 3
        wait_until(lambda: is_refused(one, "203.0.113.1", wrong), "a refusal")
        refused(get(one, "203.0.113.1", wrong), "auth-failures")
        # a mistyped key and a wrong token are no better
        assert get(one, "203.0.113.1", "mk_typo").status_code == 429
        # who was admitted from there is heard; who was not has to wait, as who guesses would
        assert get(one, "203.0.113.1", tenant.api_key).is_success
        assert get(one, "203.0.113.1", late.api_key).status_code == 429
        assert get(one, "203.0.113.2", late.api_key).is_success
        # the other process learns it from the first wrong credential
        assert get(two, "203.0.113.1", wrong).status_code == 401
        wait_until(lambda: is_refused(two, "203.0.113.1", wrong), "a refusal")
        assert get(two, "203.0.113.1", late.api_key).status_code == 429
        # a network of IPv6 is one address
        for number in range(3):
            assert get(one, f"2001:db8::{number}", wrong).status_code == 401
        wait_until(lambda: is_refused(one, "2001:db8::ffff", wrong), "a refusal")
        assert get(one, "2001:db8:0:1::1", wrong).status_code == 401
