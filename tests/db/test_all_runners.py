"""Two workers and a job of pg_cron at once, under load, and each kind killed in the midst of it."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from tests.conftest import FIRST_JOB_SECONDS
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.shop import sale
from tests.processes import molam_environment, start_molam, wait_until

Connection = psycopg.Connection[tuple]

BATCH = 50


class Load:
    """Sends batches without a pause until it is told to stop; one without an answer is sent again."""

    def __init__(self, url: str, shops: list[UUID]) -> None:
        self.url = url
        self.shops = shops
        self.acknowledged: Counter[UUID] = Counter()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send_all)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def await_more(self, batches: int) -> None:
        goal = self.acknowledged.total() + batches * BATCH
        wait_until(lambda: self.acknowledged.total() >= goal, "events are taken", 60)

    def _send_all(self) -> None:
        number = 0
        while not self._is_over.is_set():
            shop = self.shops[number % len(self.shops)]
            names = [f"{number}-{n}" for n in range(BATCH)]
            self._send(shop, names)
            number += 1

    def _send(self, shop: UUID, names: list[str]) -> None:
        while True:
            try:
                with psycopg.connect(self.url, autocommit=True) as api:
                    _, answer = ingest(api, shop, [sale(name) for name in names])
            except psycopg.OperationalError:
                continue
            assert answer["ingested"] + answer["duplicates"] == len(names)
            self.acknowledged[shop] += len(names)
            return


@pytest.fixture
def workers(cron_database_url: str) -> Iterator[list[int]]:
    """The process ids of two workers."""
    processes = [start_molam(molam_environment(cron_database_url), "worker") for _ in range(2)]
    yield [process.pid for process in processes]
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def shops(cron_database_url: str) -> list[UUID]:
    query = "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar') from generate_series(1, 6)"
    with connect(cron_database_url) as db:
        return [shop for (shop,) in db.execute(query)]


def connect(url: str) -> Connection:
    return psycopg.connect(url, autocommit=True)


def rows_by_kind(url: str) -> dict[str, int]:
    """Events aggregated by each worker, by its process id, and by the jobs of pg_cron together."""
    query = """
        select case when job ~ '^worker' then split_part(job, ':', 3) else 'pg_cron' end as kind, sum(rows)
        from ops.jobs
        where job ~ '^(worker|pg_cron)'
        group by kind
    """
    with connect(url) as db:
        return dict(db.execute(query).fetchall())


def job_process(url: str) -> int | None:
    """The process in which pg_cron runs the rollup now."""
    query = (
        "select pid from pg_stat_activity where query like 'call rollup.run(''pg_cron%' and state = 'active'"
    )
    with connect(url) as db:
        row = db.execute(query).fetchone()
        return row and row[0]


def revenue(db: Connection, shop: UUID) -> int:
    return db.execute("select api.dashboard_overview(%s)", (shop,)).fetchone()[0]["month"]["revenue"]


def test_killing_any_of_them_changes_nothing(
    cron_database_url: str, shops: list[UUID], workers: list[int]
) -> None:
    wait_until(lambda: job_process(cron_database_url), "a job of pg_cron runs", FIRST_JOB_SECONDS)
    before = rows_by_kind(cron_database_url)
    with Load(cron_database_url, shops) as load:
        for kind in ("pg_cron", *map(str, workers)):
            wait_until(
                lambda kind=kind: rows_by_kind(cron_database_url).get(kind, 0) > before.get(kind, 0),
                f"{kind} aggregates",
                FIRST_JOB_SECONDS,
            )
        os.kill(workers[0], signal.SIGKILL)
        load.await_more(batches=20)
        # the whole server starts again after this
        os.kill(job_process(cron_database_url), signal.SIGKILL)
        load.await_more(batches=20)

    with connect(cron_database_url) as db:
        for shop in shops:
            paid = 100 * load.acknowledged[shop]
            wait_until(lambda shop=shop, paid=paid: revenue(db, shop) == paid, "all is in the figures")
        check_reconciled(db)
        query = "select count(*) from data.transaction_events where merchant_id = any(%s)"
        assert db.execute(query, (shops,)).fetchone() == (load.acknowledged.total(),)
