"""/metrics: what it counts, for all worker processes, with and without the database."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import metrics
from tests.conftest import Server, create_database
from tests.http.conftest import create_tenant, event, free_port, run_service, wait_until_alive
from tests.http.test_protocol import BATCH, SINGLE
from tests.processes import molam_environment, start_molam, wait_until

Connection = psycopg.Connection[Any]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database apart, so that nobody else is counted."""
    yield from create_database(server, "migrated")


def scrape(url: str, **headers: str) -> Samples:
    """Every sample, by its name and labels."""
    response = httpx.get(f"{url}/metrics", headers=headers, verify=False, timeout=30)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def test_what_is_counted(
    database_url: str, db: Connection, merchant: Callable[..., UUID], tmp_path: Path
) -> None:
    tenant = create_tenant(db, merchant())
    with (
        run_service(database_url, tmp_path / "log", MOLAM_METRICS_TOKEN="hush") as service,
        httpx.Client(base_url=service.url, headers=tenant.headers, verify=False) as client,
    ):
        first = event()
        assert client.post(SINGLE, json=first).status_code == 202
        assert client.post(SINGLE, json=first).status_code == 200
        assert client.post(SINGLE, json={**first, "amount": 1}).status_code == 409
        answer = client.post(
            BATCH, json=[event(), first, {}, {**first, "amount": 1}], headers={"Prefer": "handling=lenient"}
        )
        assert answer.status_code == 202
        assert client.post(SINGLE, json={}).status_code == 422
        assert client.post(SINGLE, json=event(currency="XXX")).status_code == 422
        assert client.post(BATCH, json=[event(), {}]).status_code == 422
        assert client.post(BATCH, json=[event(), event(currency="XXX")]).status_code == 422
        client.request("LINK", f"/api/keys/{tenant.api_key}/tea")
        client.get("/api/nowhere")
        client.delete(SINGLE)
        for headers in ({}, {"Authorization": "Bearer hush!"}, {"Authorization": "hush"}):
            response = httpx.get(f"{service.url}/metrics", headers=headers, verify=False)
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Bearer")
        samples = scrape(service.url, Authorization="Bearer hush")
        for outcome, count in {"ingested": 2, "duplicate": 2, "conflict": 2, "rejected": 7}.items():
            assert value(samples, "molam_events_total", outcome=outcome) == count, outcome
        for status, count in {"202": 1, "200": 1, "409": 1}.items():
            labels = {"method": "POST", "path": SINGLE, "status_code": status}
            assert value(samples, "molam_requests_total", **labels) == count
        assert value(samples, "molam_request_duration_seconds_count", method="POST", path=SINGLE) == 5
        unrouted = {"method": "none", "path": "none"}
        assert value(samples, "molam_requests_total", status_code="404", **unrouted) == 2
        assert value(samples, "molam_requests_total", status_code="405", **unrouted) == 1
        assert value(samples, "molam_pending_events") == 2
        assert value(samples, "molam_database_up") == 1
        assert value(samples, "molam_runner_age_seconds") is None, "there was none"
        text = str(samples)
        assert tenant.api_key not in text
        assert str(tenant.merchant_id) not in text

        for _ in range(3):  # each pass runs one of the jobs that are due
            db.execute("call rollup.run('test', 0)")
        wait_until(
            lambda: value(scrape(service.url, Authorization="Bearer hush"), "molam_pending_events") == 0,
            "it is not told for long what was",
        )
        samples = scrape(service.url, Authorization="Bearer hush")
        assert value(samples, "molam_lag_seconds") == 0
        for name in ("runner_age", "view_age", "partition_horizon"):
            assert value(samples, f"molam_{name}_seconds") is not None, name
        assert value(samples, "molam_job_age_seconds", job="maintenance") is not None
        assert value(samples, "molam_job_failing", job="maintenance") == 0
        wait_until(
            lambda: value(
                scrape(service.url, Authorization="Bearer hush"), "molam_pool_connections", server="primary"
            ),
            "the pool is told",
        )


def test_without_a_database(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with run_service(url, tmp_path / "log", MOLAM_POOL_TIMEOUT_SECONDS="0.2") as service:
        samples = scrape(service.url)
        assert value(samples, "molam_database_up") == 0
        assert value(samples, "molam_listener_up") == 0
        assert value(samples, "molam_pending_events") is None
        wait_until(
            lambda: value(scrape(service.url), "molam_pool_failed_requests_total", server="primary"),
            "failures are counted",
        )


@contextmanager
def serve_with_two_workers(database_url: str) -> Iterator[tuple[str, int]]:
    """`molam serve` as in production; its address and process."""
    port = free_port()
    environment = molam_environment(database_url) | {"MOLAM_PORT": str(port), "MOLAM_WORKERS": "2"}
    process = start_molam(environment, "serve")
    try:
        wait_until_alive(port)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(40)


def workers(pid: int) -> list[int]:
    """The processes that serve; beside them is one that cleans up after them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def metrics_folder(pid: int) -> Path:
    """Where the workers share what they count."""
    maps = Path(f"/proc/{workers(pid)[0]}/maps").read_text()
    return next(Path(line.split()[-1]).parent for line in maps.splitlines() if line.endswith(".db"))


def test_files_in_which_nothing_is_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    ours, of_the_dead = tmp_path / f"counter_{os.getpid()}.db", tmp_path / f"counter_{2**22 + 1}.db"
    ours.touch()
    of_the_dead.touch()
    assert metrics.expose() == b""
    assert ours.exists()
    assert not of_the_dead.exists()


def test_sums_outlive_the_processes_that_counted(
    database_url: str, db: Connection, merchant: Callable[..., UUID]
) -> None:
    labels = {"method": "GET", "path": "/healthz", "status_code": "200"}
    with serve_with_two_workers(database_url) as (url, pid):
        wait_until(lambda: len(workers(pid)) == 2, "both are there")

        def requests() -> float:
            return value(scrape(url), "molam_requests_total", **labels) or 0

        before = requests()
        for _ in range(40):  # each over a connection of its own, so that both get some
            assert httpx.get(f"{url}/healthz", verify=False).is_success
        wait_until(lambda: requests() == before + 40, "all are counted")
        folder = metrics_folder(pid)
        killed = workers(pid)
        for _ in range(3):
            assert httpx.get(f"{url}/healthz", verify=False).is_success
        # an answer is sent, then counted
        wait_until(lambda: requests() >= before + 43, "all are counted")
        os.kill(killed[0], signal.SIGKILL)
        wait_until(lambda: len(set(workers(pid)) - {killed[0]}) == 2, "another takes its place", 60)
        wait_until(lambda: requests() >= before + 43, "nothing is lost", 60)
        assert not list(folder.glob(f"*_{killed[0]}.db"))
        assert (folder / "counter_ended.db").exists()
        # a worker that is told to stop while it starts would end as if it had failed
        [started] = set(workers(pid)) - set(killed)
        wait_until(lambda: (folder / f"gauge_livemin_{started}.db").exists(), "it counts", 60)
        wait_until(lambda: value(scrape(url), "molam_listener_up") == 1, "and listens, as the other", 60)
    assert not folder.exists()
