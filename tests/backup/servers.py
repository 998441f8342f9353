"""A server with a merchant's history, which is saved, restored or upgraded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg

from app import deploy
from app.local_postgres import DATABASE
from app.postgres_installations import Installation
from tests.conftest import SERVERS_FOLDER, Connection, Server
from tests.db.dashboards import check_reconciled
from tests.db.shop import errors_of, run_once, sell, shown


def session(server: Server, role: str | None = None) -> Connection:
    options = f"-c role={role}" if role else ""
    return psycopg.connect(server.url(DATABASE), autocommit=True, options=options)


@contextmanager
def running_server(installation: Installation, settings: str = "") -> Iterator[Server]:
    """An empty one. `{folder}` in the settings, lines of postgresql.conf, is the server's folder."""
    with TemporaryDirectory(prefix="molam-tests-", dir=SERVERS_FOLDER) as name:
        server = Server(installation, Path(name))
        server.settings = settings.replace("{folder}", str(server.folder))
        server.start()
        try:
            yield server
        finally:
            server.postgres.stop()


@contextmanager
def shop_server(installation: Installation, settings: str = "") -> Iterator[tuple[Server, UUID]]:
    """A migrated one with a merchant: one sale in the figures, one that waits for the rollup."""
    with running_server(installation, settings) as server:
        deploy.migrate(server.url(DATABASE))
        with session(server) as db:
            stop_jobs(db)
            query = "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')"
            shop = db.execute(query).fetchone()[0]
            sell(db, shop, "aggregated")
            run_once(db)
            sell(db, shop, "waiting")
        yield server, shop


def stop_jobs(db: Connection) -> None:
    """Ends the jobs of pg_cron, where there are some: only tests aggregate."""
    if db.execute("select to_regclass('cron.job') is not null").fetchone()[0]:
        db.execute("select cron.unschedule(jobid) from cron.job")
        query = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'call rollup.run(%'"
        db.execute(query)


def check_goes_on(server: Server, shop: UUID, expected: set[str]) -> None:
    """What was acknowledged is in the figures, once; and so is what comes after."""
    with session(server) as db, session(server, "molam_api") as api:
        run_once(db, "after")
        assert errors_of(db, "after") is None
        assert shown(api, shop) == expected
        check_reconciled(db)
        sell(api, shop, "new")
        run_once(db, "after")
        assert errors_of(db, "after") is None
        assert shown(api, shop) == expected | {"new"}
        check_reconciled(db)
        assert db.execute("select reasons from ops.health").fetchone() == ([],)
