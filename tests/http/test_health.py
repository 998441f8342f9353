"""/healthz and /readyz tell the truth, and say which check failed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.release import RELEASE, migration_names
from tests.conftest import Server, create_database
from tests.http.conftest import free_port, run_service

Connection = psycopg.Connection[Any]


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database apart: these tests break it."""
    yield from create_database(server, "migrated")


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> Iterator[str]:
    with run_service(database_url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.5") as service:
        yield service.url


def readiness(url: str, query: str = "") -> tuple[int, dict[str, Any]]:
    response = httpx.get(f"{url}/readyz{query}", verify=False)
    return response.status_code, response.json()


def beat(db: Connection) -> None:
    db.execute("call rollup.run('test', 0)")


def test_ready_while_the_database_answers_and_is_aggregated(url: str, db: Connection) -> None:
    status, report = readiness(url)
    assert (status, report["ready"]) == (503, False)
    assert {name: result == "ok" for name, result in report["checks"].items()} == {
        "database": True,
        "schema": True,
        "runner": False,
    }
    beat(db)
    status, report = readiness(url)
    assert (status, report["ready"]) == (200, True)
    assert set(report["checks"].values()) == {"ok"}
    assert report["pending_events"] == 0
    assert report["lag_seconds"] == 0
    db.execute("update data.runners set heartbeat_at = now() - interval '61 seconds'")
    status, report = readiness(url)
    assert status == 503
    assert "61 seconds" in report["checks"]["runner"]


def test_events_are_taken_while_nothing_aggregates(url: str, db: Connection) -> None:
    """What is sent here must not be stopped by a runner that is away."""
    status, report = readiness(url, "?exclude=runner")
    assert (status, report["ready"]) == (200, True)
    assert report["checks"]["runner"].startswith("Nothing has ever aggregated")
    db.execute("delete from data.release")
    assert readiness(url, "?exclude=runner")[0] == 503, "the others count"
    for query in ("?exclude=database", "?exclude=", "?include=runner"):
        assert readiness(url, query)[0] == 422, query


def test_not_ready_while_the_database_is_behind(url: str, db: Connection) -> None:
    """Behind is an older release; neither a newer one is, nor functions that a DBA has changed."""
    beat(db)

    def schema_check(change: str) -> str:
        db.execute(f"update data.release set {change}")
        try:
            status, report = readiness(url)
            assert status == (200 if report["checks"]["schema"] == "ok" else 503)
            return report["checks"]["schema"]
        finally:
            deploy_again(db)

    assert "older release" in schema_check("release = '{0,0,99}'")
    assert "0015_streams" in schema_check("migrations = array_remove(migrations, '0015_streams')")
    assert schema_check("release = release || 1, migrations = migrations || text '9999_next'") == "ok"
    assert schema_check("release = '{99}'") == "ok"
    db.execute("update data.code_versions set digest = 'of files that a DBA has changed'")
    assert readiness(url)[0] == 200
    db.execute("delete from data.release")
    assert "lacks migrations" in readiness(url)[1]["checks"]["schema"]


def deploy_again(db: Connection) -> None:
    db.execute("select ops.note_release(%s, %s)", (list(RELEASE), migration_names()))


def test_alive_without_a_database(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with run_service(url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.2") as service:
        assert httpx.get(f"{service.url}/healthz", verify=False).json() == {"ok": True}
        status, report = readiness(service.url)
        assert (status, list(report["checks"])) == (503, ["database"])


def test_not_ready_before_the_first_migration(empty_database_url: str, tmp_path: Path) -> None:
    with run_service(empty_database_url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.5") as service:
        assert httpx.get(f"{service.url}/healthz", verify=False).is_success
        status, report = readiness(service.url)
        assert (status, list(report["checks"])) == (503, ["database"])
