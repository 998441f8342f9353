"""/healthz and /readyz tell the truth, and say which check failed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

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


def readiness(url: str) -> tuple[int, dict[str, Any]]:
    response = httpx.get(f"{url}/readyz", verify=False)
    return response.status_code, response.json()


def beat(db: Connection) -> None:
    db.execute("call rollup.run('test', 0)")


def test_ready_while_the_database_answers_and_is_aggregated(url: str, db: Connection) -> None:
    status, report = readiness(url)
    assert (status, report["ready"]) == (503, False)
    assert {name: result == "ok" for name, result in report["checks"].items()} == {
        "database": True,
        "code": True,
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


def test_not_ready_before_this_release_is_deployed(url: str, db: Connection) -> None:
    beat(db)
    digest = db.execute("select digest from data.code_versions where kind = 'code'").fetchone()
    db.execute("update data.code_versions set digest = 'other' where kind = 'code'")
    status, report = readiness(url)
    assert status == 503
    assert "migrate" in report["checks"]["code"]
    db.execute("update data.code_versions set digest = %s where kind = 'code'", digest)
    assert readiness(url)[0] == 200


def test_ready_while_the_next_release_is_being_rolled_out(url: str, db: Connection) -> None:
    beat(db)
    assert readiness(url)[0] == 200
    db.execute("update data.code_versions set digest = 'of the next release'")
    assert readiness(url)[0] == 200


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
