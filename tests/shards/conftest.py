"""A router and four servers for the tests of a file."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.conftest import HAS_PLPROXY, Server, missing_software
from tests.shards.cluster import TestCluster, cluster_of

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> list[Server]:
    """The tests' two servers; the router is on the last."""
    if not HAS_PLPROXY:
        pytest.skip("; ".join(missing_software()))
    return [request.getfixturevalue("wheel_server"), request.getfixturevalue("system_server")]


@pytest.fixture(scope="module")
def cluster(servers: list[Server]) -> Iterator[TestCluster]:
    with cluster_of(servers[-1], servers, 4) as cluster:
        yield cluster


@pytest.fixture
def connect_to() -> Iterator[Callable[..., Connection]]:
    """Opens sessions, as the superuser or as one of our roles."""
    connections: list[Connection] = []

    def open_session(url: str, role: str | None = None) -> Connection:
        options = f"-c role={role}" if role else ""
        connections.append(psycopg.connect(url, autocommit=True, options=options))
        return connections[-1]

    yield open_session
    for connection in connections:
        connection.close()


@pytest.fixture
def router(cluster: TestCluster, connect_to: Callable[..., Connection]) -> Connection:
    """The superuser's session at the router."""
    return connect_to(cluster.router_url)


@pytest.fixture
def api(cluster: TestCluster, connect_to: Callable[..., Connection]) -> Connection:
    """The service's session at the router."""
    return connect_to(cluster.router_url, "molam_api")


@pytest.fixture
def places(cluster: TestCluster, connect_to: Callable[..., Connection]) -> dict[str, Connection]:
    """The superuser's session at each server."""
    return {name: connect_to(place.url) for name, place in cluster.places.items()}


@pytest.fixture
def merchant(router: Connection) -> Callable[..., UUID]:
    """Creates a merchant, of any server or of one."""

    def create(server: str | None = None) -> UUID:
        while True:
            query = "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')"
            merchant_id = value(router, query)
            if server in (None, value(router, "select ops.shard_of(%s)", merchant_id)):
                return merchant_id

    return create


def value(connection: Connection, query: str, *arguments: object) -> Any:
    """The first column of the only row."""
    row = connection.execute(query, arguments).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]
