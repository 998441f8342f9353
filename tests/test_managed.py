"""A managed PostgreSQL, as far as one can be had here.

An administrator who is no superuser, deploy/managed/*.sql, pg_cron in the database `postgres`, and users who
may do only what they must.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest

from tests.conftest import FIRST_JOB_SECONDS, INSTALLATIONS, Connection, Server
from tests.db.dashboards import check_reconciled
from tests.db.shop import sell, shown
from tests.processes import molam, molam_environment, molam_json, start_molam, wait_until

pytestmark = pytest.mark.every_server

SCRIPTS = Path(__file__).parents[1] / "deploy" / "managed"
DATABASE = "payments"
PASSWORDS = {user: f"{user}'s secret" for user in ("migrator", "service", "worker")}

# What services give their administrator, as far as PostgreSQL itself knows of it.
ADMINISTRATOR = """
    create role cloud_admin login createrole createdb password 'x';
    grant pg_monitor to cloud_admin with admin option;
"""
# Services let theirs create pg_cron; PostgreSQL itself lets a superuser.
CRON_ADMINISTRATOR = """
    create extension pg_cron;
    grant usage on schema cron to cloud_admin with grant option;
    grant execute on function cron.schedule_in_database to cloud_admin with grant option;
"""


@dataclass
class Managed:
    """A server, and the database on it that setup.sql has made."""

    server: Server

    @property
    def has_pg_cron(self) -> bool:
        return "pg_cron" in self.server.installation.extensions

    def url(self, user: str) -> str:
        _, place = self.server.url(DATABASE).split("@")
        return f"postgresql://molam_{user}:{quote(PASSWORDS[user])}@{place}"

    def environment(self, user: str) -> dict[str, str]:
        cron = {"MOLAM_CRON_DATABASE": "postgres"} if self.has_pg_cron else {}
        return molam_environment(self.url(user)) | cron

    def connect(self, user: str) -> Connection:
        return psycopg.connect(self.url(user), autocommit=True)

    def run_script(self, name: str) -> None:
        """As the administrator, as the head of the script says."""
        _, place = self.server.url("postgres").split("@")
        psql = str(self.server.postgres.program("psql"))
        arguments = ["--no-psqlrc", "--file", str(SCRIPTS / name), "--set", f"database={DATABASE}"]
        secrets = {f"MOLAM_{user.upper()}_PASSWORD": password for user, password in PASSWORDS.items()}
        result = subprocess.run(
            [psql, *arguments, f"postgresql://cloud_admin:x@{place}"],
            env={**os.environ, **secrets}, capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert "ERROR" not in result.stderr


@pytest.fixture(scope="module", params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def managed(request: pytest.FixtureRequest) -> Iterator[Managed]:
    settings = "cron.database_name = 'postgres'\n" if "pg_cron" in request.param.extensions else ""
    with tempfile.TemporaryDirectory(prefix="molam-tests-") as folder:
        managed = Managed(Server(request.param, Path(folder), settings))
        managed.server.start()
        try:
            managed.server.execute(ADMINISTRATOR)
            managed.run_script("setup.sql")
            if managed.has_pg_cron:
                managed.server.execute(CRON_ADMINISTRATOR)
                managed.run_script("pg_cron.sql")
            yield managed
        finally:
            managed.server.postgres.stop()


@pytest.fixture(scope="module")
def migrated(managed: Managed) -> Managed:
    report = molam_json(managed.environment("migrator"), "migrate")
    assert report["warnings"] == []
    assert report["runner"] == ("pg_cron" if managed.has_pg_cron else "worker")
    return managed


@pytest.fixture
def shop(migrated: Managed) -> UUID:
    create = ("merchant", "create", "--name", "Boutique", "--currency", "XOF", "--timezone", "Africa/Dakar")
    return UUID(molam_json(migrated.environment("migrator"), *create)["merchant_id"])


def test_scripts_and_migrations_may_run_again(migrated: Managed) -> None:
    before = jobs(migrated)
    migrated.run_script("setup.sql")
    if migrated.has_pg_cron:
        migrated.run_script("pg_cron.sql")
    report = molam_json(migrated.environment("migrator"), "migrate")
    assert (report["applied"], report["reloaded"]) == ([], [])
    assert jobs(migrated) == before


def jobs(managed: Managed) -> list[tuple]:
    if not managed.has_pg_cron:
        return []
    with psycopg.connect(managed.server.url("postgres")) as db:
        query = "select jobname, schedule, command, database, username, active from cron.job order by jobname"
        return db.execute(query).fetchall()


def test_jobs_say_whose_they_are_and_where_they_run(migrated: Managed) -> None:
    if not migrated.has_pg_cron:
        pytest.skip("no pg_cron (Debian: postgresql-15-cron)")
    assert {(name, database, user) for name, _, _, database, user, _ in jobs(migrated)} == {
        ("molam-rollup-0@payments", DATABASE, "molam_migrator"),
        ("molam-rollup-1@payments", DATABASE, "molam_migrator"),
        ("molam-rollup-2@payments", DATABASE, "molam_migrator"),
        ("molam-log@payments", "postgres", "molam_migrator"),
    }


def test_log_of_pg_cron_is_cut_there(migrated: Managed) -> None:
    """The job's own command, as its user, where it runs."""
    if not migrated.has_pg_cron:
        pytest.skip("no pg_cron (Debian: postgresql-15-cron)")
    (command,) = (command for name, _, command, *_ in jobs(migrated) if name.startswith("molam-log"))
    log_run = """
        insert into cron.job_run_details (runid, username, end_time)
        select -days, 'molam_migrator', now() - make_interval(days => days) from unnest(array[29, 31]) as days
    """
    with psycopg.connect(migrated.server.url("postgres"), autocommit=True) as db:
        db.execute(log_run)
        db.execute("set role molam_migrator")
        db.execute(command)
        assert db.execute("select runid from cron.job_run_details where runid < 0").fetchall() == [(-29,)]


def test_events_become_figures(migrated: Managed, shop: UUID) -> None:
    """By pg_cron where it is there, else by a worker; each under its own user."""
    if migrated.has_pg_cron:
        migrated.server.postgres.stop()
        migrated.server.postgres.start()  # one job begins with the server, the others with a minute
        worker = None
    else:
        worker = start_molam(migrated.environment("worker"), "worker")
    try:
        with migrated.connect("service") as service:
            sell(service, shop, "one", "two")
            wait_until(lambda: shown(service, shop) == {"one", "two"}, "it is counted", FIRST_JOB_SECONDS)
        status = molam_json(migrated.environment("migrator"), "status")
    finally:
        if worker:
            worker.terminate()
            worker.wait(20)
    assert status["runner"] == ("pg_cron" if migrated.has_pg_cron else "worker")
    assert status["health"]["is_healthy"], status["health"]
    assert molam_json(migrated.environment("migrator"), "reconcile") == {"differences": []}
    with migrated.connect("migrator") as db:
        check_reconciled(db)


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        ("service", "select count(*) from data.transaction_events"),
        ("service", "select ops.maintain()"),
        ("service", "call rollup.run('test', 0)"),
        ("worker", "select api.list_api_keys(gen_random_uuid(), 1, null)"),
        ("worker", "select ops.maintain()"),
        ("migrator", "create role intruder"),
        ("migrator", "create database more"),
    ],
)
def test_what_users_may_not(migrated: Managed, user: str, statement: str) -> None:
    with migrated.connect(user) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)


def test_a_database_without_pg_cron_is_named(migrated: Managed) -> None:
    environment = migrated.environment("migrator") | {"MOLAM_CRON_DATABASE": "template1"}
    result = molam(environment, "migrate")
    assert result.returncode == 1
    assert "there is no pg_cron in database template1" in result.stderr


def test_what_must_be_granted_is_named(migrated: Managed) -> None:
    if not migrated.has_pg_cron:
        pytest.skip("no pg_cron (Debian: postgresql-15-cron)")
    with psycopg.connect(migrated.server.url("postgres"), autocommit=True) as db:
        db.execute("set role cloud_admin")
        db.execute("revoke execute on function cron.schedule_in_database from molam_migrator")
    result = molam(migrated.environment("migrator"), "migrate")
    migrated.run_script("pg_cron.sql")
    assert result.returncode == 1
    assert "deploy/managed/pg_cron.sql" in result.stderr
