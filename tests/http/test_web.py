"""The dashboard's files over HTTP, from a small folder in place of the built one; how browsers sign in."""

import gzip
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.local_identity import ISSUER as LOCAL_ISSUER
from app.settings import Settings
from app.web_app import WebApp
from tests.conftest import Server
from tests.http.conftest import Service, assert_problem, run_service

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PLAIN = {"Accept-Encoding": "identity"}
SCRIPT = b"console.log('molam');" * 50
GZIPPED = gzip.compress(SCRIPT)
PAGE = b"<!doctype html><title>Molam</title><script type=module src=/assets/app-1a2b.js></script>"
OIDC = {
    "MOLAM_JWT_ISSUER": "https://id.example/tenant",
    "MOLAM_OIDC_CLIENT_ID": "dashboard",
    "MOLAM_OIDC_SCOPE": "openid figures",
    "MOLAM_OIDC_RESOURCE": "urn:molam",
    "MOLAM_OIDC_ORIGINS": "https://login.example:8443",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build leaves behind. What is under `.br` is told apart without a decoder."""
    folder = tmp_path_factory.mktemp("dist")
    for name, content in {
        "index.html": PAGE,
        "favicon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "assets/app-1a2b.js": SCRIPT,
        "assets/app-1a2b.js.gz": GZIPPED,
        "assets/app-1a2b.js.br": b"br of it",
        "assets/app-1a2b.css": b"a{}",
        "docs/index.html": b"of the API",
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (folder.parent / "secret.txt").write_text("hush")
    return folder


@pytest.fixture(scope="module")
def web(
    wheel_server: Server, settings: dict[str, str], folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One that signs in by OpenID Connect. None of this needs the database."""
    log = tmp_path_factory.mktemp("service") / "log"
    options = {**settings, **OIDC, "TESTS_WEB_FOLDER": str(folder)}
    factory = "tests.http.web_service:create_app"
    with run_service(wheel_server.url("migrated"), log, factory, **options) as service:
        yield service


@pytest.fixture(scope="module")
def browser(web: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.url, verify=False, headers={**HTML, **PLAIN}) as client:
        yield client


def test_every_path_of_nobody_else_is_the_page(browser: httpx.Client) -> None:
    for path in ("/", "/transactions?range=7d", "/transactions/a%2Fb.c", "/signin/callback?code=x", "/Api/x"):
        response = browser.get(path)
        assert (response.status_code, response.content) == (200, PAGE), path
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache"
        again = browser.get(path, headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (
            304,
            b"",
            response.headers["etag"],
        )
        assert "accept" in again.headers["vary"].lower()
        head = browser.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(PAGE))
    # whoever asks for anything at the root is shown the page, too
    assert browser.get("/", headers={"Accept": "*/*"}).content == PAGE


def test_other_paths_stay_what_they_are(browser: httpx.Client) -> None:
    for path in ("/api", "/api/nope", "/problems", "/healthz/x", "/metrics/x", "/assets/nope.js", "/assets"):
        assert_problem(browser.get(path), 404, "not-found")
    assert browser.get("/docs/nope.json").status_code == 404
    assert browser.get("/healthz").json() == {"ok": True}
    assert_problem(browser.get("/transactions", headers={"Accept": "*/*"}), 404, "not-found")
    assert_problem(browser.get("/favicon.ico", headers={"Accept": "image/*"}), 404, "not-found")
    refused = browser.post("/transactions")
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_assets_are_kept_for_good_in_the_smallest_encoding(browser: httpx.Client) -> None:
    tags = set()
    for accepted, encoding in (
        ("", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("gzip;q=0, br;q=0.0", None),
        ("gzip", "gzip"),
        ("br;q=0, GZIP;q=0.5, *", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
    ):
        with browser.stream(
            "GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": accepted, "Accept": "*/*"}
        ) as r:
            content = b"".join(r.iter_raw())
            assert (r.status_code, r.headers.get("content-encoding")) == (200, encoding), accepted
            assert content == {None: SCRIPT, "gzip": GZIPPED, "br": b"br of it"}[encoding]
            assert r.headers["content-type"] == "text/javascript; charset=utf-8"
            assert r.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert "accept-encoding" in r.headers["vary"].lower()
            tags.add(r.headers["etag"])
    assert len(tags) == 3
    for given in (f'"other", W/{tags.pop()}, {tags.pop()}, {tags.pop()}', "*"):
        assert browser.get("/assets/app-1a2b.js", headers={"If-None-Match": given}).status_code == 304
    assert browser.get("/assets/app-1a2b.js", headers={"If-None-Match": '"other"'}).status_code == 200
    only_plain = browser.get("/assets/app-1a2b.css", headers={"Accept-Encoding": "br, identity;q=0"})
    assert only_plain.content == b"a{}"
    icon = browser.get("/favicon.svg", headers={"Accept": "image/*"})
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
    ],
)
def test_nothing_beside_the_folder(web: Service, path: str) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2].replace(b"secret.txt", b"")


def test_the_policy_lets_nothing_else_in(browser: httpx.Client) -> None:
    for path in ("/", "/keys", "/assets/app-1a2b.js"):
        headers = browser.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["connect-src"] == "'self' https://id.example https://login.example:8443"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_folder_in_which_nothing_is_built(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        app = WebApp(folder, Settings.from_environment({}))
        assert b"make web" in app.index.choose("gzip, br").content
        assert "connect-src 'self';" in app.headers["Content-Security-Policy"]


def test_how_to_sign_in(
    browser: httpx.Client, client: httpx.Client, service: Service, settings: dict[str, str], tmp_path: Path
) -> None:
    assert browser.get("/api/sign-in").json() == {
        "mode": "oidc",
        "issuer": OIDC["MOLAM_JWT_ISSUER"],
        "client_id": "dashboard",
        "scope": "openid figures",
        "audience": None,
        "resource": "urn:molam",
    }
    # an issuer alone lets servers' people in, but no browser knows how to ask it
    assert client.get("/api/sign-in").json()["mode"] == "none"
    local = {**settings, "MOLAM_JWT_ISSUER": LOCAL_ISSUER}
    with run_service(service.database_url, tmp_path / "log", **local) as embedded:
        answer = httpx.get(f"{embedded.url}/api/sign-in", verify=False)
    assert answer.json()["mode"] == "development"
    assert answer.headers["cache-control"] == "private, no-store"
