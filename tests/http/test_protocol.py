"""What every endpoint owes to HTTP: methods, media types, sizes, broken requests, ids, headers, logs."""

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.http.conftest import MAX_BODY_BYTES, Service, Tenant, assert_problem, event
from tests.processes import wait_until

SINGLE = "/api/events/transaction"
BATCH = "/api/events/transaction/batch"
INGEST = (SINGLE, BATCH)
DASHBOARD = tuple(
    f"/api/dashboard/{name}"
    for name in ("overview", "analytics", "payment-methods", "top-products", "failures", "customers")
)
REPORTS = tuple(
    f"/api/reports/{name}.csv"
    for name in ("analytics", "payment-methods", "top-products", "failures", "customers", "transactions")
)
READS = (*DASHBOARD, "/api/transactions", "/api/transactions/t", *REPORTS)

Stored = Callable[[], int]


# --- routes and methods --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nope", "/api", "/api/events", "/api/dashboard/", "/healthz/x", "/%00%ff"])
def test_unknown_paths(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        *(("GET", path, "POST") for path in INGEST),
        *(("DELETE", path, "POST") for path in INGEST),
        *(("POST", path, "GET") for path in READS),
        ("PUT", "/healthz", "GET"),
        ("LINK", "/readyz", "GET"),
    ],
)
def test_other_methods(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    assert_problem(response, 405, "method-not-allowed")
    assert set(response.headers["allow"].split(", ")) == {allowed, "OPTIONS"}


def test_a_method_that_nobody_knows(client: httpx.Client) -> None:
    assert client.request("BREW", "/readyz").status_code == 400


@pytest.mark.parametrize("path", READS)
def test_head_and_options(client: httpx.Client, tenant: Tenant, path: str) -> None:
    for method, status in (("HEAD", 405), ("OPTIONS", 204)):
        response = client.request(method, path, headers=tenant.headers)
        assert (response.status_code, response.content) == (status, b"")
        assert set(response.headers["allow"].split(", ")) == {"GET", "OPTIONS"}


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", INGEST)
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/x-ndjson; charset=latin-1",
        "a/b;;=",
        "json",
    ],
)
def test_other_media_types(
    client: httpx.Client, tenant: Tenant, stored: Stored, path: str, content_type: str | None
) -> None:
    before = stored()
    headers = {**tenant.headers, **({"Content-Type": content_type} if content_type is not None else {})}
    response = client.post(path, content=json.dumps(event()), headers=headers)
    assert_problem(response, 415, "unsupported-media-type")
    lines = ", application/x-ndjson" if path == BATCH else ""
    assert response.headers["accept-post"] == f"application/json{lines}"
    assert stored() == before


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", 'Application/JSON; charset="utf-8"']
)
def test_json_by_other_spellings(client: httpx.Client, tenant: Tenant, content_type: str) -> None:
    headers = {**tenant.headers, "Content-Type": content_type}
    assert client.post(SINGLE, content=json.dumps(event()), headers=headers).status_code == 202


def send_encoded(
    client: httpx.Client, tenant: Tenant, path: str, body: bytes, encoding: str = "gzip"
) -> httpx.Response:
    headers = {**tenant.headers, "Content-Type": "application/json", "Content-Encoding": encoding}
    return client.post(path, content=body, headers=headers)


def one_event(path: str) -> bytes:
    return json.dumps(event() if path == SINGLE else [event()]).encode()


@pytest.mark.parametrize("path", INGEST)
def test_compressed_bodies(client: httpx.Client, tenant: Tenant, path: str) -> None:
    for encoding in ("gzip", "GZIP", "x-gzip"):
        body = gzip.compress(one_event(path))
        assert send_encoded(client, tenant, path, body, encoding).status_code == 202, encoding
    assert send_encoded(client, tenant, path, one_event(path), "identity").status_code == 202
    spaced = one_event(path).ljust(MAX_BODY_BYTES)
    assert send_encoded(client, tenant, path, gzip.compress(spaced)).status_code == 202


@pytest.mark.parametrize("path", INGEST)
def test_other_encodings(client: httpx.Client, tenant: Tenant, stored: Stored, path: str) -> None:
    before = stored()
    for encoding in ("br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "made-up"):
        response = send_encoded(client, tenant, path, gzip.compress(one_event(path)), encoding)
        assert_problem(response, 415, "unsupported-media-type")
        assert response.headers["accept-encoding"] == "gzip, identity"
    assert stored() == before


@pytest.mark.parametrize("path", INGEST)
def test_bodies_that_are_not_one_whole_gzip(
    client: httpx.Client, tenant: Tenant, stored: Stored, path: str
) -> None:
    before = stored()
    whole = gzip.compress(one_event(path))
    broken = {
        "empty": b"",
        "not compressed": one_event(path),
        "zlib": zlib.compress(one_event(path)),
        "header cut off": whole[:5],
        "data cut off": whole[: len(whole) // 2],
        "checksum cut off": whole[:-1],
        "checksum wrong": whole[:-8] + b"\0\0\0\0" + whole[-4:],
        "length wrong": whole[:-4] + b"\0\0\0\0",
        "garbage behind": whole + b"\0",
        "two members": whole + gzip.compress(b" "),
    }
    for name, body in broken.items():
        problem = assert_problem(send_encoded(client, tenant, path, body), 400, "malformed-request")
        assert "gzip" in problem["detail"], name
    for text in (b"", b"{", b"\xff"):
        response = send_encoded(client, tenant, path, gzip.compress(text))
        assert_problem(response, 400, "malformed-json")
    assert stored() == before


def bomb() -> bytes:
    """A body within the limit that would inflate to 900 times as much."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = deflate.compress(b" ") + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(b" " * MAX_BODY_BYTES) + deflate.flush(zlib.Z_FULL_FLUSH)
    return head + block * ((MAX_BODY_BYTES - len(head)) // len(block))


@pytest.mark.parametrize("path", INGEST)
def test_a_compressed_body_over_the_limit(
    client: httpx.Client, service: Service, tenant: Tenant, stored: Stored, path: str
) -> None:
    before = stored()
    spaced = one_event(path).ljust(MAX_BODY_BYTES + 1)
    response = send_encoded(client, tenant, path, gzip.compress(spaced))
    assert str(MAX_BODY_BYTES) in assert_problem(response, 413, "content-too-large")["detail"]
    peak = peak_memory(service)
    for _ in range(5):
        assert_problem(send_encoded(client, tenant, path, bomb()), 413, "content-too-large")
    assert peak_memory(service) - peak < 20 * MAX_BODY_BYTES
    assert stored() == before


def peak_memory(service: Service) -> int:
    """The most bytes that any of the service's processes has ever held."""
    parent = psutil.Process(service.pid)
    statuses = [Path(f"/proc/{p.pid}/status").read_text() for p in (parent, *parent.children(recursive=True))]
    lines = [line for status in statuses for line in status.splitlines() if line.startswith("VmHWM:")]
    return max(int(line.split()[1]) * 1024 for line in lines)


@pytest.mark.parametrize("path", INGEST)
@pytest.mark.parametrize("is_chunked", [False, True], ids=["sized", "chunked"])
def test_a_body_over_the_limit(
    client: httpx.Client, tenant: Tenant, stored: Stored, path: str, is_chunked: bool
) -> None:
    before = stored()
    body = json.dumps([event(product_name="x" * 200)]).encode()
    padded = body + b" " * (MAX_BODY_BYTES + 1 - len(body))
    headers = {**tenant.headers, "Content-Type": "application/json"}
    content = iter([padded[i : i + 65536] for i in range(0, len(padded), 65536)]) if is_chunked else padded
    assert_problem(client.post(path, content=content, headers=headers), 413, "content-too-large")
    assert stored() == before


def test_a_body_at_the_limit(client: httpx.Client, tenant: Tenant) -> None:
    body = json.dumps([event()]).encode()
    headers = {**tenant.headers, "Content-Type": "application/json"}
    assert (
        client.post(BATCH, content=body + b" " * (MAX_BODY_BYTES - len(body)), headers=headers).status_code
        == 202
    )


# --- broken requests, byte by byte ---------------------------------------------------------------


def exchange(service: Service, request: bytes, *, is_ended: bool = False) -> tuple[int, bytes]:
    """Sends these bytes; the status and body that come back, (0, b"") when nothing does."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(request)
        if is_ended:
            connection.shutdown(socket.SHUT_WR)
        response = connection.recv(1_000_000)
        head, _, body = response.partition(b"\r\n\r\n")
        return (int(head.split(b" ", 2)[1]), body) if response else (0, b"")


def post(tenant: Tenant, *lines: str, body: bytes = b"") -> bytes:
    head = [
        f"POST {SINGLE} HTTP/1.1",
        "Host: x",
        f"X-API-Key: {tenant.api_key}",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*head, *lines, "", ""]).encode() + body


BROKEN: dict[str, tuple[tuple[str, ...], bytes]] = {
    "shorter than announced": (("Content-Length: 500",), b'{"transaction_id":'),
    "chunk without a size": (("Transfer-Encoding: chunked",), b"zz\r\n{}\r\n0\r\n\r\n"),
    "chunk cut off": (("Transfer-Encoding: chunked",), b'50\r\n{"transaction_id":'),
    "two lengths": (("Content-Length: 2", "Content-Length: 3"), b"{}"),
    "negative length": (("Content-Length: -2",), b"{}"),
    "length that is no number": (("Content-Length: two",), b"{}"),
    "length and chunks": (("Content-Length: 2", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    "header without a colon": (("Content-Length 2",), b"{}"),
    "line feed in a header": (("X-Request-Id: a\r\n b", "Content-Length: 2"), b"{}"),
}


@pytest.mark.parametrize(("lines", "body"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_requests(
    service: Service, tenant: Tenant, stored: Stored, lines: tuple[str, ...], body: bytes
) -> None:
    before = stored()
    status, _ = exchange(service, post(tenant, *lines, body=body), is_ended=True)
    assert status in (0, 400), status
    assert stored() == before
    assert httpx.get(f"{service.url}/healthz", verify=False).is_success


def test_bytes_after_the_announced_length_are_not_part_of_the_body(
    service: Service, tenant: Tenant, stored: Stored
) -> None:
    before = stored()
    body = json.dumps(event()).encode()
    request = post(tenant, f"Content-Length: {len(body)}", "Connection: close", body=body + b"GARBAGE")
    assert exchange(service, request)[0] == 202
    assert stored() == before + 1


def test_chunks_make_one_body(service: Service, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    body = json.dumps(event()).encode()
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    assert exchange(service, post(tenant, "Transfer-Encoding: chunked", body=chunks))[0] == 202
    assert stored() == before + 1


def test_fields_behind_a_body_are_no_headers(service: Service, tenant: Tenant, stored: Stored) -> None:
    """Trailers: a proxy in between would not have looked at them."""
    before = stored()
    body = json.dumps(event()).encode()
    trailers = (
        f"X-API-Key: {tenant.api_key}\r\nX-Forwarded-For: 192.0.2.1\r\nX-Request-Id: trailer-1\r\n".encode()
    )
    chunks = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n" + trailers + b"\r\n"
    head = (
        f"POST {SINGLE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    )
    assert exchange(service, head.encode() + b"\r\n\r\n" + chunks)[0] == 401
    assert stored() == before
    assert exchange(service, post(tenant, "Transfer-Encoding: chunked", body=chunks))[0] == 202
    assert b"trailer-1" not in service.log.read_bytes()


@pytest.mark.parametrize("target", [b"/\xff\xfe", b"/api/dashboard/overview?currency=\xff"])
def test_targets_that_are_not_ascii(service: Service, target: bytes) -> None:
    status, _ = exchange(service, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status in (400, 401, 404)


def test_a_client_that_leaves_in_the_middle(service: Service, tenant: Tenant, stored: Stored) -> None:
    before, logged = stored(), len(service.log.read_bytes())
    threads = [
        threading.Thread(
            target=exchange,
            args=(service, post(tenant, "Content-Length: 99", body=b"{")),
            kwargs={"is_ended": True},
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored() == before
    assert b"Traceback" not in service.log.read_bytes()[logged:]


# --- ids, headers, logs --------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["abc-123_X.z", "a" * 64])
def test_a_plain_request_id_is_kept(client: httpx.Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", 'x"}', "é".encode(), "<script>"])
def test_any_other_request_id_is_replaced(client: httpx.Client, given: str | bytes) -> None:
    response = client.get("/healthz", headers={b"X-Request-Id": given})  # type: ignore[dict-item]
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/api/dashboard/overview", "/docs/openapi.json"])
def test_headers_of_every_answer(client: httpx.Client, tenant: Tenant, path: str) -> None:
    headers = client.get(path, headers=tenant.headers).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-store"


def test_logs_tell_the_request_and_no_secret(
    client: httpx.Client, service: Service, tenant: Tenant, make_token: Callable[..., str]
) -> None:
    token = make_token(tenant.merchant_id)
    secrets = [tenant.api_key, tenant.api_key[-49:], token, "client-of-the-body", "client-of-the-query"]
    secrets += ["client-of-the-path", "forged"]
    headers = {"X-Request-Id": "logged-1", **tenant.headers, "Content-Type": "application/json"}
    client.post(SINGLE, content=json.dumps(event(customer_id="client-of-the-body")), headers=headers)
    client.post(
        SINGLE, content=json.dumps(event(customer_id="client-of-the-body", amount=-1)), headers=headers
    )
    client.get(
        "/api/dashboard/overview?name=client-of-the-query", headers={"Authorization": f"Bearer {token}"}
    )
    client.get("/api/dashboard/overview", headers={"Authorization": f"Bearer {token}x"})
    client.get("/a%0A%1B[31mforged", headers={"X-Request-Id": "logged-2"})
    client.get("/api/%0A%1B[31mforged", headers={"X-Request-Id": "logged-3"})
    client.get(f"/nowhere/{tenant.api_key}/client-of-the-path?token={token}")
    client.get("/metrics", headers={"Authorization": f"Bearer {token}", "X-Request-Id": "logged-last"})
    wait_until(lambda: "logged-last" in service.log.read_text(), "the log is written")
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    logged = [line for line in lines if line.get("request_id") == "logged-1"]
    assert [line["status"] for line in logged] == [202, 422]
    assert all(line["merchant_id"] == str(tenant.merchant_id) for line in logged)
    assert (logged[0]["method"], logged[0]["route"], logged[0]["event"]) == ("POST", SINGLE, "request")
    assert logged[0]["duration_ms"] > 0
    for request_id, route in (("logged-2", "/{path}"), ("logged-3", "none")):
        assert [line["route"] for line in lines if line.get("request_id") == request_id] == [route]
    assert not [secret for secret in secrets if secret in service.log.read_text()]


def test_the_description_of_the_api(client: httpx.Client) -> None:
    description = client.get("/docs/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert {*INGEST, *DASHBOARD, *REPORTS, "/healthz", "/readyz"} <= set(description["paths"])
