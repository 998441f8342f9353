"""What may stand between a router and a server: pgbouncer before it, a replica beside it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app import shards
from tests.conftest import PGBOUNCER, Server, missing_software, start_server
from tests.db.dashboards import check_reconciled
from tests.db.shop import run_once, sell
from tests.db.shop import shown as figures
from tests.http.conftest import Service, Tenant, create_tenant, run_service
from tests.http.pooler import DEPLOY, PASSWORD, running_pooler
from tests.processes import wait_until
from tests.server_copies import streaming_replica
from tests.server_programs import give, run_beside
from tests.shards.cluster import Place, TestCluster, cluster_of, watching
from tests.shards.conftest import value

Connection = psycopg.Connection[Any]
SESSIONS = 3
SENDERS = 12


def name() -> str:
    """A sale's that is told by no other."""
    return str(uuid4())


def told(cluster: TestCluster, server: str, **addresses: str) -> TestCluster:
    """The cluster as its file and the router have it when these addresses of a server are added."""
    named = [
        msgspec.structs.replace(shard, **addresses) if shard.name == server else shard
        for shard in cluster.definition.shards
    ]
    definition = msgspec.structs.replace(cluster.definition, shards=named)
    shards.init(definition, lambda _: None)
    return cluster._replace(definition=definition)


# --- pgbouncer -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pooled(servers: list[Server]) -> Iterator[TestCluster]:
    """A cluster to whose server s0 calls go through pgbouncer."""
    if not PGBOUNCER:
        pytest.skip("; ".join(missing_software()))
    with (
        cluster_of(servers[-1], servers, 2) as cluster,
        pooler_before(cluster.places["s0"]) as url,
        watching(pooled := told(cluster, "s0", address=url)),
    ):
        yield pooled


@contextmanager
def pooler_before(place: Place) -> Iterator[str]:
    """As docs/shards.md says it is made ready; gives its address."""
    script = place.server.folder / "pgbouncer.sql"
    script.write_text((DEPLOY / "shards" / "pgbouncer.sql").read_text())
    give(place.server, script)
    psql = place.server.postgres.program("psql")
    run_beside(place.server, [psql, "--no-psqlrc", "--file", script, place.url], PGBOUNCER_PASSWORD=PASSWORD)
    database = conninfo_to_dict(place.url)["dbname"]
    try:
        with running_pooler(
            place.server, place.url, "shards", "molam_pgbouncer", str(database), default_pool_size=SESSIONS
        ) as url:
            yield url
    finally:
        # of the whole server, and with rights in this database
        with psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("drop owned by molam_pgbouncer")
            connection.execute("drop role molam_pgbouncer")


def test_many_sessions_of_the_router_are_few_of_the_server(
    pooled: TestCluster, connect_to: Callable[..., Connection]
) -> None:
    router, server = connect_to(pooled.router_url), connect_to(pooled.places["s0"].url)
    shops = merchants_of(router, "s0", SENDERS)
    sessions = [connect_to(pooled.router_url, "molam_api") for _ in shops]
    with ThreadPoolExecutor(SENDERS) as pool:
        for _ in range(5):
            list(pool.map(sell, sessions, shops, [name() for _ in shops]))
    query = "select count(*) from pg_stat_activity where usename = %s"
    assert 0 < value(server, query, pooled.definition.user) <= SESSIONS
    assert value(server, "select count(*) from data.transaction_events") == 5 * SENDERS
    run_once(server)
    with ThreadPoolExecutor(SENDERS) as pool:
        assert [len(names) for names in pool.map(figures, sessions, shops)] == [5] * SENDERS
    assert value(router, "select count(*) from ops.reconcile(%s)", shops[0]) == 0
    check_reconciled(server)


def test_what_needs_a_session_goes_to_the_server_itself(
    pooled: TestCluster, connect_to: Callable[..., Connection], tmp_path: Path
) -> None:
    router, server = connect_to(pooled.router_url), connect_to(pooled.places["s0"].url)
    tenant = create_tenant(router, merchants_of(router, "s0", 1)[0])
    sell(connect_to(pooled.router_url, "molam_api"), tenant.merchant_id, "one", "two")
    listener = connect_to(pooled.router_url)
    listener.execute("listen molam_figures")
    query = "select is_up from data.shard_states inner join data.shards using (shard) where name = 's0'"
    wait_until(lambda: router.execute(query).fetchone() == (True,), "the watch hears it")
    run_once(server)
    heard = [notice.payload for notice in listener.notifies(timeout=20, stop_after=1)]
    assert str(tenant.merchant_id) in heard[0]
    with run_service(pooled.router_url, tmp_path / "log") as service:
        report = httpx.get(f"{service.url}/api/reports/transactions.csv", headers=tenant.headers)
    assert report.text.count("\r\n") == 3
    query = "select count(*) from analytics.transactions where merchant_id = %s"
    assert value(router, query, tenant.merchant_id) == 2


def test_new_passwords_are_known_to_it(pooled: TestCluster, connect_to: Callable[..., Connection]) -> None:
    shop = merchants_of(connect_to(pooled.router_url), "s0", 1)[0]
    old_session = connect_to(pooled.router_url, "molam_api")
    sell(old_session, shop, name())
    shards.init(pooled.definition, lambda _: None)
    for session in (old_session, connect_to(pooled.router_url, "molam_api")):
        sell(session, shop, name())


def test_nobody_else_gets_in(pooled: TestCluster) -> None:
    address = next(shard.address for shard in pooled.definition.shards if shard.name == "s0")
    assert address
    everybody = {**conninfo_to_dict(address), "user": "postgres", "password": PASSWORD}
    with pytest.raises(psycopg.OperationalError, match="no such user"):
        psycopg.connect(**everybody)


def merchants_of(router: Connection, server: str, number: int) -> list[UUID]:
    """New merchants whose place is that server."""
    merchants: list[UUID] = []
    while len(merchants) < number:
        merchant_id = value(router, "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')")
        if value(router, "select ops.shard_of(%s)", merchant_id) == server:
            merchants.append(merchant_id)
    return merchants


# --- a replica -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def primary(servers: list[Server]) -> Iterator[Server]:
    yield from start_server(servers[0].installation)


@pytest.fixture(scope="module")
def replicated(servers: list[Server], primary: Server) -> Iterator[tuple[TestCluster, Server]]:
    """A cluster whose server s0 has a replica, and that replica."""
    with cluster_of(servers[-1], [primary, servers[-1]], 2) as cluster, streaming_replica(primary) as replica:
        url = replica.url(str(conninfo_to_dict(cluster.places["s0"].url)["dbname"]))
        yield told(cluster, "s0", read_address=url), replica


@pytest.fixture
def service(replicated: tuple[TestCluster, Server], tmp_path: Path) -> Iterator[Service]:
    url = replicated[0].router_url
    reading = f"{url}?options=-c%20molam.reading%3Don"
    with run_service(url, tmp_path / "log", MOLAM_READ_DATABASE_URL=reading) as service:
        yield service


@pytest.mark.parametrize("is_away", [False, True], ids=["there", "away"])
def test_the_replica_of_a_server_is_read(
    replicated: tuple[TestCluster, Server],
    service: Service,
    is_away: bool,
    connect_to: Callable[..., Connection],
) -> None:
    cluster, replica = replicated
    router, server = connect_to(cluster.router_url), connect_to(cluster.places["s0"].url)
    tenants = [create_tenant(router, merchants_of(router, name, 1)[0]) for name in ("s0", "s1")]
    for tenant in tenants:
        send_and_count(cluster, tenant, connect_to)
    with connect_to(replica.url(conninfo_to_dict(cluster.places["s0"].url)["dbname"])) as reader:
        lsn = value(server, "select pg_current_wal_insert_lsn()")
        wait_until(lambda: value(reader, "select pg_last_wal_replay_lsn() >= %s", lsn), "it follows")
        reader.execute("select pg_wal_replay_pause()")
        if is_away:
            replica.postgres.stop()
        for tenant in tenants:
            send_and_count(cluster, tenant, connect_to)
        # what only the server itself can know shows who was asked; while its replica is away, it is
        expected = [2 if is_away else 1, 2]
        for _ in range(3):
            assert [shown(service, tenant) for tenant in tenants] == [(n, n, n) for n in expected]
        if is_away:
            replica.postgres.start()
        else:
            reader.execute("select pg_wal_replay_resume()")
    assert b"the replica is away" not in service.log.read_bytes()
    check_reconciled(server)


def send_and_count(cluster: TestCluster, tenant: Tenant, connect_to: Callable[..., Connection]) -> None:
    """One more sale, in the figures of its server."""
    sell(connect_to(cluster.router_url, "molam_api"), tenant.merchant_id, name())
    for place in cluster.places.values():
        run_once(connect_to(place.url))


def shown(service: Service, tenant: Tenant) -> tuple[int, int, int]:
    """How many sales are in the figures, in the list, and in the report."""
    paths = ("dashboard/customers", "transactions", "reports/transactions.csv")
    customers, listed, report = [
        httpx.get(f"{service.url}/api/{path}", headers=tenant.headers, timeout=30).raise_for_status()
        for path in paths
    ]
    return (
        customers.json()["summary"]["total_customers"],
        len(listed.json()["data"]),
        report.text.count("\r\n") - 1,
    )
