"""The real service over real HTTP, in a process of its own, on a migrated database of its own."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.api_keys import new_api_key
from app.postgres_installations import Installation
from bench.server import SERVE
from tests.conftest import PLACES, RouterPlace, create_database
from tests.http.people import Person, bearer
from tests.shards.cluster import cluster_of, open_window, watching

PROJECT_DIR = Path(__file__).parents[2]
ISSUER = "https://id.example"
AUDIENCE = "molam-connect"
MAX_BODY_BYTES = 1024 * 1024
AUTH_CACHE_SECONDS = 0.5
BOTH_SCOPES = ("events:write", "dashboard:read")


# --- the service ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    """A running service, and the database behind it."""

    port: int
    database_url: str
    log: Path
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def run_service(
    database_url: str,
    log: Path,
    application: str = "app.main:create_app",
    folder: Path = PROJECT_DIR,
    **settings: str,
) -> Iterator[Service]:
    """Starts the service of `folder` with these settings, waits until it is alive, stops it in the end."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOLAM_")}
    environment |= {"MOLAM_DATABASE_URL": database_url, "MOLAM_PORT": str(port), **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*SERVE, application], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        try:
            wait_until_alive(port)
        except TimeoutError as error:
            raise TimeoutError(log.read_text()[-3000:]) from error
        yield Service(port, database_url, log, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def free_port() -> int:
    """Not one of those that the system gives to connections, which one may take before it is listened on."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def wait_until_alive(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", verify=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the service did not come up")


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def settings(signing_key: rsa.RSAPrivateKey) -> dict[str, str]:
    """Settings of a service that believes `signing_key`, and with limits that tests reach soon."""
    pem = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "MOLAM_JWT_PUBLIC_KEY": pem.decode(),
        "MOLAM_JWT_ISSUER": ISSUER,
        "MOLAM_JWT_AUDIENCE": AUDIENCE,
        "MOLAM_AUTH_CACHE_SECONDS": str(AUTH_CACHE_SECONDS),
        "MOLAM_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
    }


def place_name(place: Installation | RouterPlace) -> str:
    return f"pg{place.major}" if isinstance(place, Installation) else "router"


@pytest.fixture(scope="session", params=PLACES, ids=place_name)
def service_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of one of the servers, or a router with merchants on four."""
    if isinstance(request.param, Installation):
        server = request.getfixturevalue("wheel_server" if request.param.is_wheel else "system_server")
        yield from create_database(server, "migrated")
        return
    servers = [request.getfixturevalue("wheel_server"), request.getfixturevalue("system_server")]
    with cluster_of(servers[1], servers, 4) as cluster:
        open_window(cluster)
        with watching(cluster):
            yield cluster.router_url


@pytest.fixture(scope="session")
def service(
    service_database_url: str, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One service for all tests: each test makes merchants of its own."""
    log = tmp_path_factory.mktemp("service") / "log"
    with run_service(service_database_url, log, **settings) as service:
        yield service


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, verify=False, timeout=15) as client:
        yield client


@pytest.fixture
def database_url(service: Service) -> str:
    """The service's database, so that the sessions of a test look into it."""
    return service.database_url


# --- callers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tenant:
    """A merchant with a key that may do everything a key can."""

    merchant_id: UUID
    api_key: str
    key_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.api_key}


def create_tenant(
    db: psycopg.Connection[Any], merchant_id: UUID, scopes: tuple[str, ...] = BOTH_SCOPES
) -> Tenant:
    key = new_api_key(merchant_id)
    db.execute(
        "select api.create_api_key(%s, %s, %s, %s, 'test', null)",
        [merchant_id, key.key_id, key.secret_sha256, list(scopes)],
    )
    return Tenant(merchant_id, key.text, key.key_id)


@pytest.fixture
def tenant(db: psycopg.Connection[Any], merchant: Callable[..., UUID]) -> Tenant:
    return create_tenant(db, merchant())


@pytest.fixture(scope="session")
def make_token(signing_key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """Signs a good token; claims given as None are left out, others replace the good ones."""

    def make(
        merchant_id: UUID, /, *, key: Any = signing_key, algorithm: str = "RS256", **changes: Any
    ) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ada",
            "merchant_id": str(merchant_id),
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        # below jwt.encode, which would refuse what the service must refuse
        return jwt.api_jws.encode(json.dumps(kept).encode(), key, algorithm=algorithm)

    return make


@pytest.fixture
def person(
    client: httpx.Client, merchant: Callable[..., UUID], make_token: Callable[..., str]
) -> Callable[..., Person]:
    """Somebody of a merchant, of a new one unless told; claims of the token may be given, such as `role`."""

    def make(merchant_id: UUID | None = None, **claims: Any) -> Person:
        merchant_id = merchant_id or merchant()
        return Person(client, merchant_id, bearer(make_token(merchant_id, **claims)))

    return make


@pytest.fixture
def owner(person: Callable[..., Person]) -> Person:
    return person(role="owner")


# --- events and answers --------------------------------------------------------------------------


def event(**changes: Any) -> dict[str, Any]:
    """A valid event of a new transaction."""
    return {
        "transaction_id": f"txn-{uuid4()}",
        "event_type": "payment_succeeded",
        "amount": 1000,
        "currency": "XOF",
        **changes,
    }


def post(client: httpx.Client, path: str, tenant: Tenant, body: Any, **headers: str) -> httpx.Response:
    """Sends a value as JSON, or text and bytes as they are."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **tenant.headers, **headers}
    return client.post(path, content=body, headers=sent)


@pytest.fixture
def stored(db: psycopg.Connection[Any]) -> Callable[[], int]:
    """How many events there are, of all merchants."""

    def count() -> int:
        row = db.execute("select count(*) from data.transaction_events").fetchone()
        assert row
        return row[0]

    return count


def assert_problem(
    response: httpx.Response, status: int, slug: str, pointers: list[str] | None = None
) -> dict[str, Any]:
    """The answer is this problem, in the right form, naming these places."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.request.url.path
    assert problem["request_id"] == response.headers["x-request-id"]
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
        assert all(error["detail"] for error in problem["errors"])
    else:
        assert "errors" not in problem
    return problem
