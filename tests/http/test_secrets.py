"""Secrets are where they belong alone: not in logs, process lists, the database's statistics, or answers.

A service and a worker run with secrets of every kind, each is used rightly and wrongly, then all that an
operator or a neighbour on the machine might read is searched for them.
"""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Server, create_database
from tests.http.conftest import Service, create_tenant, event, run_service
from tests.http.people import ENDPOINTS, KEYS, Person, bearer
from tests.http.senders import Sender, message, sign
from tests.processes import molam_environment, molam_json, start_molam

METRICS_TOKEN = "metrics-token-7c2e51"
PASSWORD = "database-password-93ab1f"

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Run:
    """What has run, the secrets of it, and the answers that may hold none of them."""

    service: Service
    secrets: dict[str, str]
    answers: list[httpx.Response]


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A database that is reached with a password of our own."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as session:
        # as psql's \password does it, for pg_stat_statements keeps the text of such statements
        verifier = session.pgconn.encrypt_password(PASSWORD.encode(), b"secretive", b"scram-sha-256").decode()
        session.execute(f"create role secretive login superuser password '{verifier}'")  # type: ignore[arg-type]
    try:
        for url in create_database(server, "migrated"):
            given = conninfo_to_dict(url)
            yield f"postgresql://secretive:{PASSWORD}@{given['host']}:{given['port']}/{given['dbname']}"
    finally:
        server.execute("drop role secretive")


@pytest.fixture
def run(
    database_url: str,
    settings: dict[str, str],
    merchant: Callable[..., UUID],
    make_token: Callable[..., str],
    db: Connection,
    tmp_path: Path,
) -> Iterator[Run]:
    given = {**settings, "MOLAM_METRICS_TOKEN": METRICS_TOKEN}
    worker = start_molam(molam_environment(database_url), "worker")
    try:
        with (
            run_service(database_url, tmp_path / "log", **given) as service,
            httpx.Client(base_url=service.url, verify=False, timeout=15) as client,
        ):
            yield use(service, client, db, merchant(), make_token)
    finally:
        worker.terminate()
        worker.wait(timeout=20)


def use(
    service: Service,
    client: httpx.Client,
    db: Connection,
    merchant_id: UUID,
    make_token: Callable[..., str],
) -> Run:
    """Uses each secret as it should be, and in ways that fail."""
    token = make_token(merchant_id, role="owner")
    owner = Person(client, merchant_id, bearer(token))
    made = owner.make(KEYS)
    rotated = owner.make(f"{KEYS}/{made['key_id']}/rotate")
    command = ("key", "create", "--merchant", str(merchant_id))
    by_command = molam_json(molam_environment(service.database_url), *command)
    sender, tenant = Sender(owner), create_tenant(db, merchant_id)
    endpoint = f"{ENDPOINTS}/{sender.endpoint_id}"
    renewed = owner.make(f"{endpoint}/rotate")
    secrets = {
        "token": token,
        "signature of the token": token.rsplit(".", 1)[1],
        "key": made["api_key"],
        "rotated key": rotated["api_key"],
        "key by command": by_command["api_key"],
        "key with all scopes": tenant.api_key,
        "webhook secret": sender.secret,
        "renewed webhook secret": renewed["secret"],
        "metrics token": METRICS_TOKEN,
        "password": PASSWORD,
    }
    body = message()
    headers = {**tenant.headers, "Content-Type": "application/json"}
    answers = [
        client.post("/api/events/transaction", json=event(), headers=tenant.headers),
        client.post("/api/events/transaction", json=event(amount="x"), headers=tenant.headers),
        client.post("/api/events/transaction", content=b"{", headers=headers),
        client.post("/api/events/transaction", json=event(product_name="a\0"), headers=tenant.headers),
        client.get("/api/dashboard/overview", headers=bearer(token + "x")),
        client.get("/api/dashboard/overview?currency=ZZZ", headers=bearer(token)),
        client.get("/api/dashboard/overview", headers={"X-API-Key": made["api_key"][:-1]}),
        client.get("/metrics", headers=bearer(METRICS_TOKEN)),
        client.get("/metrics", headers=bearer(METRICS_TOKEN + "x")),
        sender.post(body, sign(sender.secret, body)),
        sender.post(body, sign(renewed["secret"], body + b" ")),
        owner.ask("GET", KEYS),
        owner.ask("GET", ENDPOINTS),
        owner.ask("GET", f"{endpoint}/audit"),
        owner.ask("GET", f"{KEYS}/{made['key_id']}/audit"),
        owner.ask("POST", KEYS, {"name": "x" * 500}),
    ]
    assert {answer.status_code for answer in answers} >= {200, 202, 400, 401, 422}
    # the database itself fails while it is given one
    for query, secret in (
        ("select api.create_webhook_endpoint(%s, 'x', %s)", key_of(sender.secret)),
        (f"select api.rotate_webhook_secret(%s, '{sender.endpoint_id}', %s, 0)", b"too short"),
    ):
        with pytest.raises(psycopg.Error, match="breaks a rule"):
            db.execute(query, (merchant_id, secret))
    return Run(service, secrets, answers)


def key_of(webhook_secret: str) -> bytes:
    return base64.b64decode(webhook_secret.removeprefix("whsec_"))


def spellings(secret: str) -> set[bytes]:
    """As text, and as the database would write the bytes of it."""
    found = {secret.encode()}
    if secret.startswith("mk_"):
        found.add(secret[-49:].encode())
    if secret.startswith("whsec_"):
        # the database shortens the values of a row that it refuses
        found |= {secret.removeprefix("whsec_").encode(), key_of(secret).hex()[:32].encode(), key_of(secret)}
    return found


def assert_none(run: Run, text: bytes, where: str) -> None:
    seen = [name for name, secret in run.secrets.items() if any(s in text for s in spellings(secret))]
    assert not seen, f"{where} holds the {', '.join(seen)}"


def processes() -> Iterator[tuple[int, bytes]]:
    """All processes of this machine, and what everybody may read of each."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), (folder / "cmdline").read_bytes() + (folder / "comm").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile


def test_no_secret_is_told(run: Run, server: Server, db: Connection) -> None:
    log = run.service.log.read_bytes()
    assert b'"request"' in log
    assert_none(run, log, "the service's log")
    own = os.getpid()
    seen = dict(processes())
    assert run.service.pid in seen
    for pid, text in seen.items():
        if pid != own:
            assert_none(run, text, f"the command line of process {pid}")
    for number, answer in enumerate(run.answers):
        assert_none(run, answer.content + repr(answer.headers.multi_items()).encode(), f"answer {number}")
    assert_none_in_database(run, server, db)


def assert_none_in_database(run: Run, server: Server, db: Connection) -> None:
    log = server.postgres.log_file.read_bytes()
    assert b"breaks a rule" in log
    assert_none(run, log, "the database's log")
    db.execute("create extension if not exists pg_stat_statements")
    for view in ("pg_stat_activity", "pg_stat_statements", "pg_prepared_statements"):
        rows = db.execute(f"select array_agg(v::text) from {view} as v").fetchone()  # type: ignore[arg-type]
        assert rows
        assert_none(run, "\n".join(rows[0] or []).encode(), view)
    shown = db.execute("select array_agg(x) from ops.credentials as x").fetchone()
    assert shown
    assert_none(run, repr(shown).encode(), "ops.credentials")


def test_only_webhook_secrets_are_stored_at_all(run: Run, db: Connection) -> None:
    """Keys are stored as their SHA-256; what signs must be there, and is in one table alone."""
    query = """
        select c.oid::regclass::text from pg_class as c
        where c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    """
    for (table,) in db.execute(query).fetchall():
        rows = db.execute(f"select array_agg(t::text) from {table} as t").fetchone()  # type: ignore[arg-type]
        assert rows
        text = "\n".join(rows[0] or []).encode()
        if table != "data.webhook_endpoints":
            assert_none(run, text, table)
        else:
            assert key_of(run.secrets["webhook secret"]).hex().encode() in text
