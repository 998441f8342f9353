"""Who ran what: runners, maintenance, rebuilds, and pg_cron's jobs."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.shop import run_once


def test_runner_and_maintenance(db: Connection, as_dba: Connection, shop: UUID) -> None:
    query = """
        select job, last_seen_at > now() - interval '1 minute', rows, windows > 0, is_failing, last_error
        from ops.jobs order by job
    """
    runs = as_dba.execute(
        "select count(*) from ops.job_runs where job = 'maintenance' and seconds >= 0"
    ).fetchone()
    assert runs == (1,)
    rows = as_dba.execute(query).fetchall()
    assert rows == [
        ("maintenance", True, 0, True, False, None),
        ("test", True, 11, True, False, None),
    ]
    query = """
        select last_seconds between 0 and 60,
            next_run_at = last_seen_at + make_interval(mins => (
                select value::integer from ops.settings where name = 'maintenance_minutes'
            ))
        from ops.jobs where job = 'maintenance'
    """
    assert as_dba.execute(query).fetchone() == (True, True)


def test_rebuild_that_was_asked_for(db: Connection, as_dba: Connection, shop: UUID) -> None:
    db.execute("update data.merchants set timezone = 'Europe/Paris' where merchant_id = %s", (shop,))
    query = "select last_run_at is null, next_run_at <= clock_timestamp(), rows from ops.jobs where job = %s"
    assert as_dba.execute(query, (f"rebuild {shop}",)).fetchone() == (True, True, None)
    run_once(db)
    assert as_dba.execute(query, (f"rebuild {shop}",)).fetchone() == (False, None, 11)


def test_a_rebuild_in_which_a_deployment_came_is_tried_again_at_once(
    db: Connection, as_dba: Connection, shop: UUID
) -> None:
    db.execute(
        """
        create sequence public.tries;
        create function public.interrupt() returns trigger language plpgsql security definer as $$
        begin
            if nextval('public.tries') = 1 then
                raise serialization_failure;
            end if;
            return new;
        end $$;
        create trigger interrupt before insert on data.merchant_daily_aggregates
        for each row execute function public.interrupt();
        update data.merchants set timezone = 'Europe/Paris';
        """
    )
    run_once(db)
    query = "select last_run_at is null, next_run_at <= clock_timestamp(), rows from ops.jobs where job = %s"
    assert as_dba.execute(query, (f"rebuild {shop}",)).fetchone() == (True, True, None)
    run_once(db)
    assert as_dba.execute(query, (f"rebuild {shop}",)).fetchone() == (False, None, 11)
    assert as_dba.execute("select count(*) from ops.jobs where is_failing").fetchone() == (0,)


def test_job_that_failed_last(db: Connection, as_dba: Connection) -> None:
    log = "insert into data.job_runs (job, started_at, error) values ('maintenance', now(), %s)"
    db.execute(log, ("53100 disk full",))
    query = "select is_failing, last_error, last_error_at is not null from ops.jobs where job = 'maintenance'"
    assert as_dba.execute(query).fetchone() == (True, "53100 disk full", True)
    as_dba.execute("select ops.maintain()")
    assert as_dba.execute(query).fetchone() == (False, "53100 disk full", True)


@pytest.mark.shared_database
@pytest.mark.parametrize(
    ("schedule", "last", "expected"),
    [
        ("10 seconds", "2026-03-01 12:00:25Z", "2026-03-01 12:00:35Z"),
        ("10 seconds", "2026-03-01 11:00:00Z", "2026-03-01 12:00:30Z"),
        ("* * * * *", None, "2026-03-01 12:01:00Z"),
        ("*/2 * * * *", None, "2026-03-01 12:02:00Z"),
        ("1-59/2 * * * *", None, "2026-03-01 12:01:00Z"),
        ("17 3 * * *", None, "2026-03-02 03:17:00Z"),
        ("5,45 */6 * * *", None, "2026-03-01 12:05:00Z"),
        ("0 0 1 * *", None, None),
        ("@reboot", None, None),
    ],
)
def test_next_run_of_pg_cron(
    as_dba: Connection, schedule: str, last: str | None, expected: str | None
) -> None:
    query = "select ops.next_cron_run(%s, %s, '2026-03-01 12:00:30Z') is not distinct from %s::timestamptz"
    assert as_dba.execute(query, (schedule, last, expected)).fetchone() == (True,)


def test_pg_cron_s_jobs(cron_database_url: str) -> None:
    """Seen by a DBA who is not the user that they run as; what pg_cron logs of them is told."""
    query = """
        select job, next_run_at > now(), last_seconds, is_failing, last_error
        from ops.jobs where job like 'cron.job molam-%' order by job
    """
    name = "cron.job molam-{}".format
    log_run = """
        insert into cron.job_run_details (jobid, status, return_message, start_time, end_time)
        select jobid, 'failed', 'out of luck', now() - interval '3 seconds', now() - interval '1 second'
        from cron.job where jobname = 'molam-log'
        returning runid
    """
    with (
        psycopg.connect(cron_database_url, autocommit=True) as db,
        psycopg.connect(cron_database_url, autocommit=True, options="-c role=molam_dba") as dba,
    ):
        (run_id,) = db.execute(log_run).fetchone()
        try:
            jobs = {job: details for job, *details in dba.execute(query)}
        finally:
            db.execute("delete from cron.job_run_details where runid = %s", (run_id,))
    assert jobs.keys() == {name("log"), name("rollup-0"), name("rollup-1"), name("rollup-2")}
    assert jobs[name("log")] == [True, 2, True, "out of luck"]
    assert [jobs[name(f"rollup-{n}")][0] for n in range(3)] == [None, True, True]


def test_jobs_where_pg_cron_lives_elsewhere(as_dba: Connection) -> None:
    """Where the jobs of several databases lie side by side, and a log that is not ours to see."""
    query = "select job, database, schedule, command from ops.remote_cron_schedule('1.6.4', 'postgres')"
    name = as_dba.info.dbname
    assert sorted(as_dba.execute(query).fetchall()) == [
        (
            f"molam-log@{name}",
            "postgres",
            "17 3 * * *",
            "delete from cron.job_run_details where end_time < now() - make_interval(days => 30)",
        ),
        (f"molam-rollup-1@{name}", name, "10 seconds", "call rollup.run('pg_cron 1', 9.5)"),
        (f"molam-rollup-2@{name}", name, "10 seconds", "call rollup.run('pg_cron 2', 9.5)"),
    ]


def test_a_database_without_pg_cron(as_dba: Connection) -> None:
    assert as_dba.execute("select from ops.cron_jobs()").fetchall() == []
