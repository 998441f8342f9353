"""Databases that come back on another server: a physical copy just works; a restored dump is noticed, loses
and doubles nothing, and goes on after one call."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app import deploy
from app.local_postgres import DATABASE
from tests.conftest import WHEEL, Server, create_database, start_server
from tests.db.dashboards import check_reconciled
from tests.db.life.aging import age, keep, retire
from tests.db.shop import errors_of, run_once, sell, shown
from tests.server_copies import base_backup, files_of

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

SHOWN_BEFORE = {"retired", "condensed", "aggregated"}
WAITING = {"slow", "waiting"}


def session(url: str, role: str | None = None) -> Connection:
    options = f"-c role={role}" if role else ""
    return psycopg.connect(make_conninfo(url, options=options), autocommit=True)


def advance(server: Server, xid: int) -> None:
    """Lets the server's transaction counter reach that number."""
    with session(server.url("postgres")) as elsewhere:
        elsewhere.execute(
            f"""
            do $$ begin
                while pg_current_xact_id()::text::bigint < {xid} loop commit; end loop;
            end $$
            """
        )


def next_xid(db: Connection) -> int:
    return db.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()[0]


@pytest.fixture
def in_every_state(db: Connection, connect: Connect, as_api: Connection, shop: UUID) -> Iterator[Connection]:
    """Sales, each told by its name; the one in flight is the session's whose transaction is given."""
    keep(db)
    sell(as_api, shop, "retired")
    run_once(db)
    age(db)
    retire(db)
    sell(as_api, shop, "condensed")
    run_once(db)
    age(db)
    keep(db)
    db.execute("select ops.apply_retention()")
    keep(db, 0)
    slow = connect("molam_api", autocommit=False)
    sell(slow, shop, "slow")  # open when the last window was taken
    in_flight = connect("molam_api", autocommit=False)
    sell(in_flight, shop, "in flight")
    sell(as_api, shop, "aggregated")
    db.execute("select rollup.process_window(bucket_id) from data.merchants")
    slow.commit()
    sell(as_api, shop, "waiting")
    yield in_flight
    in_flight.rollback()


# --- a dump in another cluster ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def other_server() -> Iterator[Server]:
    """Another cluster of the newest version, with transaction ids of its own."""
    yield from start_server(WHEEL)


def dump(server: Server, database_url: str, folder: Path) -> Path:
    file = folder / "dump"
    server.run("pg_dump", "--format=custom", "--file", str(file), database_url)
    return file


@contextmanager
def restore(server: Server, file: Path) -> Iterator[str]:
    databases = create_database(server, "pristine")
    url = next(databases)
    server.run("pg_restore", "--exit-on-error", "--dbname", url, str(file))
    yield url
    databases.close()


def check_goes_on(url: str, shop: UUID, expected: set[str]) -> None:
    """Adopted, everything accepted is in the figures once, and so is what comes after."""
    with session(url) as db, session(url, "molam_api") as api, session(url, "molam_dba") as dba:
        dba.execute("select ops.adopt_restored_database()")
        assert shown(api, shop) >= expected
        check_reconciled(db)
        dba.execute("select ops.adopt_restored_database()")  # once more does no harm
        sell(api, shop, "in flight")  # nobody was told that it was stored
        sell(api, shop, "new")
        for _ in range(2):
            run_once(db, "after")
        assert errors_of(db, "after") is None
        assert shown(api, shop) == expected | {"in flight", "new"}
        check_reconciled(db)
        with pytest.raises(AssertionError):
            sell(api, shop, "waiting")  # identities came along
        retire(db)
        age(db)
        keep(db)
        retire(db)
        dba.execute("select ops.rebuild(%s)", (shop,))
        assert shown(api, shop) == expected | {"in flight", "new"}
        check_reconciled(db)


@pytest.mark.usefixtures("in_every_state")
def test_in_a_cluster_that_is_younger(
    db: Connection, server: Server, other_server: Server, database_url: str, shop: UUID, tmp_path: Path
) -> None:
    """New events would get numbers that the last window took for finished: they are refused at once."""
    with session(other_server.url("postgres")) as elsewhere:
        advance(server, next_xid(elsewhere) + 5000)
    sell(db, shop, "far ahead")
    db.execute("select rollup.process_window(bucket_id) from data.merchants")
    with restore(other_server, dump(server, database_url, tmp_path)) as url:
        with session(url) as restored, session(url, "molam_api") as api:
            assert next_xid(restored) < next_xid(db)
            with pytest.raises(psycopg.Error) as refusal:
                sell(api, shop, "new")
            assert refusal.value.sqlstate == "ML503"
            assert "adopt_restored_database" in refusal.value.diag.message_hint
            assert restored.execute("select count(*) from ops.pending_events").fetchone() == (0,)
            check_reconciled(restored)
        check_goes_on(url, shop, {*SHOWN_BEFORE, *WAITING, "far ahead"})


def test_waiting_events_in_a_cluster_that_is_younger(
    db: Connection,
    in_every_state: Connection,
    server: Server,
    other_server: Server,
    database_url: str,
    shop: UUID,
    tmp_path: Path,
) -> None:
    with session(other_server.url("postgres")) as elsewhere:
        advance(server, next_xid(elsewhere) + 5000)
    sell(db, shop, "far ahead")
    with restore(other_server, dump(server, database_url, tmp_path)) as url:
        with session(url) as restored, session(url, "molam_api") as api:
            run_once(restored)
            assert "ML503" in errors_of(restored, "one")
            assert shown(api, shop) == SHOWN_BEFORE
            check_reconciled(restored)
        check_goes_on(url, shop, {*SHOWN_BEFORE, *WAITING, "far ahead"})


def test_in_a_cluster_that_is_older(
    db: Connection,
    in_every_state: Connection,
    server: Server,
    other_server: Server,
    database_url: str,
    shop: UUID,
    tmp_path: Path,
) -> None:
    """New events are safe and may come in; the first window refuses: a number may mean two transactions."""
    file = dump(server, database_url, tmp_path)
    advance(other_server, next_xid(db) + 2000)
    with restore(other_server, file) as url:
        with session(url) as restored, session(url, "molam_api") as api:
            sell(api, shop, "early")
            run_once(restored)
            assert "ML503" in errors_of(restored, "one")
            assert shown(api, shop) == SHOWN_BEFORE
            check_reconciled(restored)
        check_goes_on(url, shop, {*SHOWN_BEFORE, *WAITING, "early"})


def test_a_number_that_means_two_transactions(
    db: Connection, server: Server, other_server: Server, database_url: str, shop: UUID, tmp_path: Path
) -> None:
    """One wrote aggregated events there, one is open here: taken for the same, they would count twice."""
    with session(other_server.url("postgres")) as elsewhere:
        advance(server, next_xid(elsewhere) + 1000)
    first = next_xid(db)
    names = {f"sale {number}" for number in range(200)}
    for name in sorted(names):
        sell(db, shop, name)
    db.execute("select rollup.process_window(bucket_id) from data.merchants")
    sell(db, shop, "waiting")
    file = dump(server, database_url, tmp_path)

    advance(other_server, first + 20)
    with psycopg.connect(other_server.url("postgres")) as open_here:
        twin = open_here.execute("select pg_current_xact_id()::text::bigint").fetchone()[0]
        query = "select count(*) from data.transaction_events where xid = %s::text::xid8"
        assert db.execute(query, (twin,)).fetchone() == (1,)
        advance(other_server, next_xid(db) + 1000)
        with restore(other_server, file) as url:
            with session(url) as restored:
                run_once(restored)
                check_reconciled(restored)
            with session(url, "molam_dba") as dba:
                dba.execute("select ops.adopt_restored_database()")
            open_here.rollback()
            check_goes_on(url, shop, {*names, "waiting"})


def test_in_the_same_cluster(
    db: Connection,
    in_every_state: Connection,
    server: Server,
    database_url: str,
    shop: UUID,
    tmp_path: Path,
) -> None:
    """Its transaction ids mean what they meant: nothing is to be adopted."""
    with restore(server, dump(server, database_url, tmp_path)) as url:
        with session(url) as restored, session(url, "molam_api") as api:
            run_once(restored)
            assert errors_of(restored, "one") is None
            assert shown(api, shop) == SHOWN_BEFORE | WAITING
            check_reconciled(restored)
        check_goes_on(url, shop, SHOWN_BEFORE | WAITING)


# --- physical copies -------------------------------------------------------------------------------


@pytest.fixture
def own_server(server: Server) -> Iterator[Server]:
    """A server that may be stopped."""
    for own in start_server(server.installation):
        deploy.migrate(own.url(DATABASE))
        yield own


@pytest.mark.parametrize("copied", [files_of, base_backup])
def test_a_physical_copy_just_works(
    own_server: Server,
    copied: Callable[[Server], AbstractContextManager[Server]],
    drain: Callable[[Connection], None],
) -> None:
    with session(own_server.url(DATABASE)) as db:
        shop = db.execute("select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')").fetchone()[0]
        sell(db, shop, "aggregated")
        db.execute("select rollup.process_window(bucket_id) from data.merchants")
        sell(db, shop, "waiting")
        in_flight = psycopg.connect(own_server.url(DATABASE))
        sell(in_flight, shop, "in flight")
        prepared = psycopg.connect(own_server.url(DATABASE))
        sell(prepared, shop, "prepared")
        prepared.execute("prepare transaction 'of the original'")
    with copied(own_server) as copy, session(copy.url(DATABASE)) as db:
        in_flight.close()
        drain(db)
        assert errors_of(db, "test") is None
        assert shown(db, shop) == {"aggregated", "waiting"}
        db.execute("commit prepared 'of the original'")
        sell(db, shop, "in flight", "new")
        drain(db)
        assert shown(db, shop) == {"aggregated", "waiting", "prepared", "in flight", "new"}
        check_reconciled(db)
    prepared.close()
