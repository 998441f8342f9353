"""Streams when processes, connections and servers come and go, and at their limits."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.conftest import Server, create_database
from tests.http.conftest import Tenant, assert_problem, create_tenant, event, run_service
from tests.http.streams import Client, wait_out_the_turn_of_an_hour
from tests.http.test_protocol import SINGLE
from tests.processes import wait_until

Connection = psycopg.Connection[Any]

LISTENERS = "application_name = 'molam-listener' and datname = current_database()"


@pytest.fixture(autouse=True)
def _no_turn_of_an_hour() -> None:
    wait_out_the_turn_of_an_hour()


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database apart: these tests break it."""
    yield from create_database(server, "migrated")


def sell(url: str, tenant: Tenant, db: Connection) -> None:
    """A sale, taken into the figures."""
    response = httpx.post(f"{url}{SINGLE}", json=event(), headers=tenant.headers, verify=False, timeout=30)
    assert response.status_code == 202
    db.execute("call rollup.run('test', 0)")


def listeners(db: Connection) -> int:
    row = db.execute(f"select count(*) from pg_stat_activity where {LISTENERS}").fetchone()
    assert row
    return row[0]


def test_two_processes_an_outage_and_a_stop(
    server: Server, database_url: str, db: Connection, tenant: Tenant, tmp_path: Path
) -> None:
    with ExitStack() as clients:
        with (
            run_service(database_url, tmp_path / "1") as one,
            run_service(database_url, tmp_path / "2") as two,
        ):
            streams = [clients.enter_context(Client(url, tenant.headers)) for url in (one.url, two.url)]

            def sell_and_check(db: Connection, count: int) -> None:
                sell(one.url, tenant, db)
                for stream in streams:
                    stream.wait_for(count)

            sell_and_check(db, 1)
            db.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENERS}")
            sell_and_check(db, 2)

            # a change while nobody can listen is told as soon as one can
            db.execute("revoke execute on function api.echo from molam_api")
            db.execute(f"select pg_terminate_backend(pid, 10000) from pg_stat_activity where {LISTENERS}")
            sell(one.url, tenant, db)
            refused = httpx.get(f"{one.url}/api/stream", headers=tenant.headers, verify=False, timeout=30)
            assert_problem(refused, 503, "unavailable")
            assert refused.headers["retry-after"]
            assert [len(stream.messages) for stream in streams] == [2, 2]
            db.execute("grant execute on function api.echo to molam_api")
            for stream in streams:
                stream.wait_for(3)

            server.postgres.stop()
            server.postgres.start()
            with psycopg.connect(database_url, autocommit=True) as db_after:
                sell_and_check(db_after, 4)
                assert listeners(db_after) == 2
            assert not any(stream.has_ended.is_set() for stream in streams)
        # open streams did not keep the processes from stopping
        for stream in streams:
            stream.wait_for_end()


def test_limits(
    database_url: str, db: Connection, tenant: Tenant, merchant: Callable[..., UUID], tmp_path: Path
) -> None:
    other = create_tenant(db, merchant())
    limits = {"MOLAM_MAX_STREAMS": "3", "MOLAM_MAX_STREAMS_PER_MERCHANT": "2"}
    with run_service(database_url, tmp_path / "log", **limits) as service, ExitStack() as stack:

        def ask(tenant: Tenant) -> httpx.Response:
            return httpx.get(f"{service.url}/api/stream", headers=tenant.headers, verify=False)

        def metric(name: str) -> str:
            text = httpx.get(f"{service.url}/metrics", verify=False).text
            return next(line.split()[-1] for line in text.splitlines() if line.startswith(name))

        first = Client(service.url, tenant.headers)
        stack.enter_context(Client(service.url, tenant.headers))
        refused = ask(tenant)
        assert_problem(refused, 429, "too-many-streams")
        assert refused.headers["retry-after"]
        stack.enter_context(Client(service.url, other.headers))
        refused = ask(other)
        assert_problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"]
        assert metric("molam_streams ") == "3.0"
        with first:
            pass
        wait_until(lambda: metric("molam_streams ") == "2.0", "the service has noticed")
        assert metric('molam_streams_ended_total{reason="client"}') == "1.0"
        with Client(service.url, tenant.headers):
            pass


def test_a_connection_that_hears_nothing_is_told(
    server: Server, database_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    """As behind a pooler that gives its connections to others: here, one into another database."""
    elsewhere = {"MOLAM_LISTEN_DATABASE_URL": server.url("postgres")}
    with run_service(database_url, tmp_path / "log", **elsewhere) as service:
        refused = httpx.get(f"{service.url}/api/stream", headers=tenant.headers, verify=False, timeout=30)
        assert_problem(refused, 503, "unavailable")
        wait_until(lambda: "MOLAM_LISTEN_DATABASE_URL" in service.log.read_text(), "the log says why")


def test_the_turn_of_an_hour_is_told(
    database_url: str, db: Connection, tenant: Tenant, tmp_path: Path
) -> None:
    """With hours of a second."""
    db.execute(
        """
        create or replace function api.figures_version(p_merchant_id uuid, p_now timestamptz default now())
        returns json language sql stable as $$
            select json_build_object(
                'changed_at', 0, 'turned_at', extract(epoch from clock_timestamp())::bigint,
                'seconds_to_turn', 1, 'as_of', '2026-11-23T00:00:00Z'
            )
        $$
        """
    )
    with (
        run_service(database_url, tmp_path / "log") as service,
        Client(service.url, tenant.headers) as stream,
    ):
        wait_until(lambda: len(stream.messages) >= 2, "two turns are told")
        assert len({message.event_id for message in stream.messages}) == len(stream.messages)
