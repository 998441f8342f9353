"""Schemathesis sends what the description allows, and what it does not: the service does as described.

All of its checks, over all operations, once with an API key and once with an owner's token. The seed is that
of the random histories, which pytest prints: --hypothesis-seed replays it.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import Server
from tests.http.conftest import BOTH_SCOPES, PROJECT_DIR, Service, Tenant, create_tenant, event, post
from tests.http.people import KEYS, Person
from tests.http.senders import Sender

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 4

# The ids in paths: of something that is there, and that may be ended.
IDS = """
[[operations]]
include-path = "/api/webhooks/{{endpoint_id}}"
parameters = {{ "path.endpoint_id" = "{endpoint_id}" }}

[parameters]
"path.key_id" = "{key_id}"
"path.transaction_id" = "txn-1"
"""

# Once with either credential is enough of the same odd values.
NO_COVERAGE = """
[[operations]]
include-path = {paths}
phases.coverage.enabled = false
"""


def paths_for(document: dict[str, Any], *schemes: str) -> set[str]:
    """The paths that take one of these credentials."""
    return {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if any(scheme in alternative for alternative in operation["security"] for scheme in schemes)
    }


@pytest.fixture
def tenant(
    client: httpx.Client,
    db: psycopg.Connection[Any],
    owner: Person,
    drain: Callable[[psycopg.Connection[Any]], None],
) -> Tenant:
    """The owner's merchant, with figures."""
    tenant = create_tenant(db, owner.merchant_id, BOTH_SCOPES)
    sent = event(transaction_id="txn-1", customer_id="c-1", product_id="p-1")
    post(client, "/api/events/transaction", tenant, sent)
    drain(db)
    # what is refused here is meant to be
    db.execute("update ops.settings set value = 0 where name = 'auth_failures_per_minute'")
    return tenant


@pytest.mark.parametrize("kind", ["key", "token"])
def test_the_service_does_as_described(
    request: pytest.FixtureRequest,
    server: Server,
    service: Service,
    client: httpx.Client,
    owner: Person,
    tenant: Tenant,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    kind: str,
) -> None:
    if not server.installation.is_wheel:
        pytest.skip("one server is enough: what it answers on the other is compared in test_openapi.py")
    document = client.get("/docs/openapi.json").json()
    sender = Sender(owner)
    config = CONFIG.read_text()
    calls_file = tmp_path / "calls.json"
    environment = {"WEBHOOK_SECRET": sender.secret, "CALLS_FILE": str(calls_file)}
    by_key = paths_for(document, "ApiKey", "StandardWebhooks")
    if kind == "key":
        paths = by_key
        environment |= {"CREDENTIAL_HEADER": "X-API-Key", "CREDENTIAL": tenant.api_key}
    else:
        paths = {path for path in document["paths"] if path not in by_key} | paths_for(document, "Bearer")
        environment |= {"CREDENTIAL_HEADER": "Authorization", "CREDENTIAL": owner.headers["Authorization"]}
        config += NO_COVERAGE.format(paths=sorted(paths & by_key))
    ids = IDS.format(endpoint_id=sender.endpoint_id, key_id=owner.make(KEYS)["key_id"])
    (tmp_path / CONFIG.name).write_text(config + ids)
    result = run_schemathesis(request, service, tmp_path / CONFIG.name, sorted(paths), environment)
    assert result.returncode == 0, result.stdout + result.stderr
    calls = Counter[str](json.loads(calls_file.read_text()))
    check_all_are_called(document, paths, calls)
    check_all_are_called_wrongly(document, paths if kind == "key" else paths - by_key, calls)
    record_property(f"requests of Schemathesis with a {kind}", calls.total())


def check_all_are_called(document: dict[str, Any], paths: set[str], calls: Counter[str]) -> None:
    """Each operation, with what is described."""
    names = {f"{method.upper()} {path}" for path in paths for method in document["paths"][path]}
    assert not {name for name in names if not calls[f"{name} positive"]}


def check_all_are_called_wrongly(document: dict[str, Any], paths: set[str], calls: Counter[str]) -> None:
    """Each operation to which anything can be sent, with what is not described."""
    names = {
        f"{method.upper()} {path}"
        for path in paths
        for method, operation in document["paths"][path].items()
        if operation["parameters"] or "requestBody" in operation
    }
    assert not {name for name in names if not calls[f"{name} negative"]}


def run_schemathesis(
    request: pytest.FixtureRequest,
    service: Service,
    config: Path,
    paths: list[str],
    environment: dict[str, str],
) -> subprocess.CompletedProcess[str]:
    """A process of its own, for its settings and hooks are of the process."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{service.url}/docs/openapi.json", "--max-examples", str(EXAMPLES)]
    command += ["--seed", str(request.config.getoption("hypothesis_seed"))]
    command += [argument for path in paths for argument in ("--include-path", path)]
    return subprocess.run(
        command,
        cwd=PROJECT_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
