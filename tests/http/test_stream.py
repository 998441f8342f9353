"""/api/stream: who is told what and when, and for how long."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.http.conftest import Service, Tenant, assert_problem, create_tenant, event
from tests.http.streams import Client, wait_out_the_turn_of_an_hour
from tests.http.test_protocol import SINGLE
from tests.processes import wait_until

Connection = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _no_turn_of_an_hour() -> None:
    wait_out_the_turn_of_an_hour()


def sell(client: httpx.Client, tenant: Tenant, db: Connection) -> None:
    """A sale, taken into the figures."""
    assert client.post(SINGLE, json=event(), headers=tenant.headers).status_code == 202
    db.execute("call rollup.run('test', 0)")


@pytest.fixture
def other(db: Connection, merchant: Callable[..., UUID]) -> Tenant:
    return create_tenant(db, merchant())


def test_told_of_ones_own_changes_and_no_others(
    client: httpx.Client, service: Service, db: Connection, tenant: Tenant, other: Tenant
) -> None:
    with Client(service.url, tenant.headers) as mine, Client(service.url, other.headers) as theirs:
        assert mine.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert mine.response.headers["cache-control"] == "private, no-store"
        assert mine.response.headers["x-accel-buffering"] == "no"
        first_id = mine.event_id
        sell(client, tenant, db)
        message = mine.wait_for(1)
        assert message.event_id != first_id
        assert list(json.loads(message.data)) == ["as_of"]
        overview = client.get("/api/dashboard/overview", headers=tenant.headers).json()
        assert overview["today"]["transactions"] == 1
        as_of = json.loads(message.data)["as_of"]
        assert datetime.fromisoformat(as_of) <= datetime.fromisoformat(overview["as_of"])
        sell(client, other, db)
        theirs.wait_for(1)
        db.execute("call rollup.run('test', 0)")
        assert len(mine.messages) == 1


def test_many_changes_make_few_messages_and_the_last_is_told(
    client: httpx.Client, service: Service, db: Connection, tenant: Tenant
) -> None:
    query = "select v ->> 'changed_at' || '-' || (v ->> 'turned_at') from api.figures_version(%s) as v"
    with Client(service.url, tenant.headers) as stream:
        started_at = time.monotonic()
        for _ in range(20):
            sell(client, tenant, db)
        row = db.execute(query, [tenant.merchant_id]).fetchone()
        assert row
        wait_until(lambda: stream.event_id == row[0], "the last change is told", 60)
        # the first at once, and then one a second
        assert len(stream.messages) <= time.monotonic() - started_at + 1


def test_who_was_away_is_told_once_what_was_missed(
    client: httpx.Client, service: Service, db: Connection, tenant: Tenant
) -> None:
    with Client(service.url, tenant.headers) as stream:
        first_id = stream.event_id
        assert first_id
    with Client(service.url, tenant.headers, first_id) as stream:
        assert stream.event_id == first_id
        assert stream.messages == []
    sell(client, tenant, db)
    for missed in (first_id, "of-another-database"):
        with Client(service.url, tenant.headers, missed) as stream:
            last_id = stream.wait_for(1).event_id
            assert last_id not in (first_id, missed)
    with Client(service.url, tenant.headers, last_id) as stream:
        assert (stream.event_id, stream.messages) == (last_id, [])
    headers = {**tenant.headers, "Last-Event-ID": "x" * 101}
    assert_problem(client.get("/api/stream", headers=headers), 400, "malformed-request")


def test_a_stream_ends_with_the_access(
    client: httpx.Client,
    service: Service,
    db: Connection,
    tenant: Tenant,
    other: Tenant,
    make_token: Callable[..., str],
) -> None:
    second = create_tenant(db, tenant.merchant_id)
    rotated = create_tenant(db, other.merchant_id)
    change = "update data.merchant_api_keys set {} where key_id = %s"
    # tokens are believed ten seconds longer
    token = make_token(tenant.merchant_id, exp=int(time.time()) - 3)
    with (
        Client(service.url, {"Authorization": f"Bearer {token}"}) as by_token,
        Client(service.url, tenant.headers) as by_key,
        Client(service.url, second.headers) as by_second_key,
        Client(service.url, rotated.headers) as by_rotated_key,
        Client(service.url, other.headers) as by_other_key,
    ):
        # longer than the service remembers keys, so that the end is one to come when it looks again
        db.execute(change.format("expires_at = now() + interval '4 seconds'"), [rotated.key_id])
        db.execute(change.format("revoked_at = now()"), [tenant.key_id])
        by_key.wait_for_end()
        assert_problem(client.get("/api/stream", headers=tenant.headers), 401, "unauthenticated")
        by_rotated_key.wait_for_end()
        by_token.wait_for_end()
        assert not by_second_key.has_ended.is_set()
        db.execute(
            "update data.merchants set status = 'suspended' where merchant_id = %s", [tenant.merchant_id]
        )
        by_second_key.wait_for_end()
        assert_problem(client.get("/api/stream", headers=second.headers), 403, "merchant-suspended")
        assert not by_other_key.has_ended.is_set()


def test_who_may_not_read_gets_no_stream(
    client: httpx.Client, db: Connection, merchant: Callable[..., UUID]
) -> None:
    writer = create_tenant(db, merchant(), ("events:write",))
    assert_problem(client.get("/api/stream", headers=writer.headers), 403, "forbidden")
    assert_problem(client.get("/api/stream"), 401, "unauthenticated")
