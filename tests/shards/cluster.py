"""Makes a cluster of databases on the tests' two servers, and tells of it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from app import shards
from tests.conftest import DATABASE_NUMBERS, Server, create_database

WINDOW = (Path(__file__).parent / "window.sql").read_text()


class Place(NamedTuple):
    """A database that holds merchants, and the server on which it is."""

    server: Server
    url: str


class TestCluster(NamedTuple):
    """A cluster as `molam shards` sees it, and its databases by name."""

    __test__ = False

    definition: shards.Cluster
    places: dict[str, Place]

    @property
    def router_url(self) -> str:
        return self.definition.router


@contextmanager
def cluster_of(router_server: Server, servers: list[Server], number: int) -> Iterator[TestCluster]:
    """A router, on a server that has PL/Proxy, and so many servers, of these by turns."""
    with ExitStack() as stack:

        def database(server: Server) -> str:
            return stack.enter_context(contextmanager(create_database)(server, "migrated"))

        places = {
            f"s{shard}": Place(server, database(server))
            for shard, server in zip(range(number), cycle(servers), strict=False)
        }
        definition = shards.Cluster(
            router=database(router_server),
            shards=[shards.Shard(name, place.url) for name, place in places.items()],
            user=f"router_{next(DATABASE_NUMBERS)}",
        )
        shards.init(definition, lambda _: None)
        yield TestCluster(definition, places)


@contextmanager
def watching(cluster: TestCluster) -> Iterator[None]:
    """The router's watch, until the end."""
    stop, url = threading.Event(), cluster.router_url

    def watch() -> None:
        while not stop.is_set():
            # as molam worker does, for some tests end sessions
            with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
                query = "select coalesce(to_regproc('rollup.watch')::text, 'rollup.run')"
                procedure = connection.execute(query).fetchone()
                assert procedure
                while not stop.is_set():
                    connection.execute(f"call {procedure[0]}('tests', 0.5)")

    with ThreadPoolExecutor(1) as pool:
        watch_run = pool.submit(watch)
        try:
            yield
        finally:
            stop.set()
        watch_run.result()


def open_window(cluster: TestCluster) -> None:
    """Lets the router's superuser see and change what is on the servers."""
    with psycopg.connect(cluster.router_url, autocommit=True) as connection:
        connection.execute(WINDOW.encode())
        for name, place in cluster.places.items():
            address = Jsonb(conninfo_to_dict(place.url))
            connection.execute("select window_tables.open(%s, %s)", [name, address])
        connection.execute("select window_tables.redirect_inserts()")
