"""Connections of clients that send too much or too slowly, by accident or on purpose."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import psycopg
import pytest

from app.http_protocol import MAX_HEAD_BYTES
from tests.conftest import Server, create_database
from tests.http.conftest import Service, Tenant, event, run_service
from tests.http.impatient_service import PATIENCE_SECONDS
from tests.http.test_protocol import peak_memory

PATH = "/api/events/transaction/batch"


@pytest.fixture(scope="module")
def service(
    server: Server, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("impatient") / "log"
    for url in create_database(server, "migrated"):
        with run_service(url, log, "tests.http.impatient_service:create_app", **settings) as service:
            yield service


@pytest.fixture
def connection(service: Service) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        yield connection


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def read_to_the_end(connection: socket.socket) -> bytes:
    """What is answered until the connection is closed, which it must be."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def ask(connection: socket.socket) -> None:
    """Makes a good request, and leaves the connection open."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b'{"ok":true}'):
        answer += connection.recv(65536)
    assert status(answer) == 200


def batch(tenant: Tenant, size: int = 3) -> tuple[bytes, bytes]:
    """The head and the body of a request."""
    body = json.dumps([event(customer_id="c" * 100) for _ in range(size)]).encode()
    lines = [
        f"POST {PATH} HTTP/1.1",
        "Host: x",
        f"X-API-Key: {tenant.api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode(), body


@pytest.mark.parametrize(
    ("first", "more"),
    [(b"GET /healthz HTTP/1.1\r\n", b"a: b\r\n" * 1000), (b"GET /healthz?", b"a" * 6000)],
    ids=["headers without end", "a target without end"],
)
def test_a_head_without_end(connection: socket.socket, first: bytes, more: bytes) -> None:
    connection.sendall(first)
    sent = 0
    # what is sent after the answer may meet a closed connection
    with pytest.raises(ConnectionError):  # noqa: PT012
        while sent < 100 * MAX_HEAD_BYTES:
            connection.sendall(more)
            sent += len(more)
            time.sleep(0.001)


def test_the_answer_to_too_large_a_head(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\n")
    time.sleep(0.1)
    connection.sendall(b"a: " + b"b" * (MAX_HEAD_BYTES - 20))
    time.sleep(0.1)
    connection.sendall(b"b" * 100)
    assert status(read_to_the_end(connection)) == 431


@pytest.mark.parametrize("more", [b"a: b\r\n" * 10_000, b"b" * 60_000], ids=["many fields", "a long one"])
def test_trailers_without_end(connection: socket.socket, service: Service, more: bytes) -> None:
    """Fields behind the last chunk of a body are not gathered up, nor does anybody need them."""
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: "
    connection.sendall(head)
    peak, sent = peak_memory(service), 0
    with suppress(ConnectionError):
        while sent < 30_000_000:
            connection.sendall(more)
            sent += len(more)
    assert peak_memory(service) - peak < 20_000_000
    assert httpx.get(f"{service.url}/healthz", verify=False).is_success


def test_a_head_that_is_large_but_ends(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
    time.sleep(0.1)
    connection.sendall(b"a: " + b"b" * (MAX_HEAD_BYTES - 200) + b"\r\n\r\n")
    assert status(read_to_the_end(connection)) == 200


def test_nothing_is_sent(connection: socket.socket) -> None:
    assert read_to_the_end(connection) == b""


def test_half_a_head(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\n")
    assert status(read_to_the_end(connection)) == 408


def test_a_head_byte_by_byte(connection: socket.socket) -> None:
    """Each byte is in time, but not the whole."""
    connection.settimeout(0.05)
    answer = b""
    for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"a" * 1000:
        connection.sendall(bytes([byte]))
        try:
            answer = connection.recv(1000)
            break
        except TimeoutError:
            pass
    assert status(answer) == 408


def test_half_a_head_after_a_request(connection: socket.socket) -> None:
    ask(connection)
    connection.sendall(b"GET /healthz HTTP/1.1\r\n")
    assert status(read_to_the_end(connection)) == 408


def test_half_a_body(connection: socket.socket, tenant: Tenant, stored: Callable[[], int]) -> None:
    before = stored()
    head, body = batch(tenant)
    connection.sendall(head + body[:100])
    assert read_to_the_end(connection) == b""
    assert stored() == before


def test_a_slow_body(connection: socket.socket, tenant: Tenant, stored: Callable[[], int]) -> None:
    """It takes three times as long as a piece of it may."""
    before = stored()
    head, body = batch(tenant)
    connection.sendall(head)
    pieces = 30
    size = len(body) // pieces + 1
    for start in range(0, len(body), size):
        time.sleep(3 * PATIENCE_SECONDS / pieces)
        connection.sendall(body[start : start + size])
    assert status(read_to_the_end(connection)) == 202
    assert stored() == before + 3


def test_a_body_that_waits_for_the_service(
    connection: socket.socket, service: Service, tenant: Tenant, stored: Callable[[], int]
) -> None:
    """While the caller is being looked up, no more is read than a first piece; then the client has time."""
    before = stored()
    head, body = batch(tenant, 1000)
    with psycopg.connect(service.database_url) as blocker:
        blocker.execute("lock table data.merchant_api_keys in access exclusive mode")
        connection.sendall(head + body[:100_000])
        time.sleep(2.75 * PATIENCE_SECONDS)
    time.sleep(0.5 * PATIENCE_SECONDS)
    connection.sendall(body[100_000:])
    assert status(read_to_the_end(connection)) == 202
    assert stored() == before + 1000


def test_connections_that_are_kept(service: Service, tenant: Tenant) -> None:
    """Between requests a client may be silent for longer than within one."""
    with httpx.Client(base_url=service.url, verify=False) as client:
        for _ in range(2):
            answer = client.post(PATH, json=[event()], headers=tenant.headers)
            assert answer.status_code == 202
            time.sleep(2 * PATIENCE_SECONDS)
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            for _ in range(2):
                ask(connection)
                time.sleep(2 * PATIENCE_SECONDS)
