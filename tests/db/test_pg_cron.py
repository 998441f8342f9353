"""pg_cron's real jobs: nobody but the server itself carries an event into the figures."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import FIRST_JOB_SECONDS
from tests.db.dashboards import check_reconciled
from tests.db.shop import sell, shown
from tests.processes import wait_until

Connection = psycopg.Connection[tuple]


@pytest.fixture
def cron_db(cron_database_url: str) -> Iterator[Connection]:
    with psycopg.connect(cron_database_url, autocommit=True) as db:
        yield db


def test_job_aggregates_what_comes_in(cron_db: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    shop = cron_db.execute("select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')").fetchone()[0]
    sell(cron_db, shop, "before the first run")
    wait_until(lambda: shown(cron_db, shop), "a job runs", FIRST_JOB_SECONDS)

    delays = []
    for number in range(1, 6):
        start = time.monotonic()
        sell(cron_db, shop, f"sale {number}")
        wait_until(lambda: len(shown(cron_db, shop)) == number + 1, "it is in the figures", FIRST_JOB_SECONDS)  # noqa: B023
        delays.append(time.monotonic() - start)
    check_reconciled(cron_db)
    with capsys.disabled():
        print(f"\npg_cron carried each of {len(delays)} events into the figures within {max(delays):.2f} s")


def test_jobs_show_that_they_are_alive(cron_db: Connection) -> None:
    query = """
        select from ops.jobs
        where job like 'pg_cron%' and last_seen_at > now() - interval '1 minute' and last_error is null
    """
    wait_until(lambda: cron_db.execute(query).rowcount, "a job's heartbeat", FIRST_JOB_SECONDS)


def test_schedule_is_made_once(cron_db: Connection) -> None:
    query = "select jobname, schedule, command, active from cron.job where jobname like 'molam%' order by 1"
    before = cron_db.execute(query).fetchall()
    assert before
    assert cron_db.execute("select ops.schedule_jobs()").fetchone() == ("pg_cron",)
    assert cron_db.execute(query).fetchall() == before
