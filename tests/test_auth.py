"""API keys as text, signing keys from a URL, and the cache of what the database said."""

import ast
import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app import auth
from app.api_keys import new_api_key, parse_api_key
from app.auth import JwksKeys, PemKey
from app.database import StoredKey
from app.release import PROJECT_DIR
from app.settings import SettingsError
from tests.loops import run

# --- API keys ------------------------------------------------------------------------------------


@given(st.uuids() | st.sampled_from([UUID(int=0), UUID(int=2**128 - 1)]))
def test_a_key_says_whose_it_is(merchant_id: UUID) -> None:
    key = new_api_key(merchant_id)
    assert parse_api_key(key.text) == (merchant_id, key.key_id, key.secret_sha256)


def test_keys_differ() -> None:
    keys = [new_api_key(UUID(int=1)) for _ in range(1000)]
    assert len({key.key_id for key in keys}) == len({key.secret_sha256 for key in keys}) == 1000


A_KEY = new_api_key(UUID(int=7)).text


@given(st.data())
def test_a_mistyped_key_is_none(data: st.DataObject) -> None:
    text = A_KEY
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[at]))
    assert parse_api_key(text[:at] + other + text[at + 1 :]) is None
    assert parse_api_key(text[:at] + text[at + 1 :]) is None
    if at and text[at - 1] != text[at]:
        assert parse_api_key(text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]) is None


@given(st.text())
def test_any_text_is_no_key(text: str) -> None:
    assert parse_api_key(text) is None
    assert parse_api_key(f"mk_{text}") is None


# --- comparing secrets ---------------------------------------------------------------------------

SECRET = re.compile("secret|token|signature|sha256|digest|password|api_key", re.IGNORECASE)


def secret_comparisons() -> Iterator[str]:
    """Those of the service that would end at the first difference, of something that is called a secret."""
    for path in sorted((PROJECT_DIR / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and isinstance(
                node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn
            ):
                text = ast.unparse(node)
                if SECRET.search(text):
                    yield f"{path.name}: {text}"


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By construction: an API key by the SHA-256 of all of it, and nothing secret by any other comparison."""
    # a mark that every listener may read
    assert [*secret_comparisons()] == ["notifications.py: notice.payload == token"]
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(auth.hmac, "compare_digest", compare)
    right = parse_api_key(A_KEY)
    assert right
    for other in (right.secret_sha256, b"\0" * 32, right.secret_sha256[:-1] + b"\0"):
        stored = StoredKey(other, [], True, None, "active")
        assert auth._is_secret_right(right, stored) == (other == right.secret_sha256)
        assert compared[-1] == (right.secret_sha256, other)


# --- signing keys --------------------------------------------------------------------------------


PRIVATE_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]


class Issuer:
    """A web server that publishes keys, or misbehaves."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.body: bytes | None = None
        self.delay = 0.0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.paths.append(self.path)
                time.sleep(issuer.delay)
                body = json.dumps({"keys": issuer.keys}).encode() if issuer.body is None else issuer.body
                self.send_response(issuer.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def requests(self) -> int:
        return len(self.paths)

    def publish(self, key_id: str, **changes: Any) -> None:
        key = PRIVATE_KEYS[len(self.keys) % len(PRIVATE_KEYS)].public_key()
        self.keys.append({**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": key_id, **changes})


@contextmanager
def run_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as issuer:
        yield issuer


def test_keys_are_fetched_once(issuer: Issuer) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        found = await asyncio.gather(*(keys.find("one") for _ in range(20)), keys.find("two"))
        assert all(found)
        assert found[0] is not found[-1]
        assert issuer.requests == 1

    issuer.publish("one")
    issuer.publish("two")
    run(steps())


def test_a_flood_of_unknown_keys_asks_once(issuer: Issuer) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        for number in range(100):
            assert await keys.find(f"unknown {number}") is None
        assert await keys.find(None) is None
        assert await keys.find("one")
        assert issuer.requests == 1

    issuer.publish("one")
    run(steps())


def test_a_new_key_is_found_after_the_pause(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        new = issuer.keys.pop()
        assert await keys.find("old")
        issuer.keys = [new]
        assert await keys.find("new") is None
        monkeypatch.setattr(auth, "monotonic", lambda: now + 10)
        assert await keys.find("new")
        assert await keys.find("old") is None

    now = time.monotonic()
    monkeypatch.setattr(auth, "monotonic", lambda: now)
    issuer.publish("old")
    issuer.publish("new")
    run(steps())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (302, b""),
        (200, b""),
        (200, b"not json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": 5}'),
        (200, b'{"keys": [5, {"kty": "RSA"}]}'),
        (200, b"[" * 100_000),
        (200, b" " * 300_000 + b'{"keys": []}'),
    ],
)
def test_keys_known_from_before_outlast_an_outage(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        assert await keys.find("one")
        issuer.status, issuer.body = status, body
        assert await keys.find("two") is None
        assert issuer.requests == 2
        assert await keys.find("one")

    monkeypatch.setattr(JwksKeys, "_PAUSE_SECONDS", 0.0)
    issuer.publish("one")
    run(steps())


def test_aged_keys_are_refreshed_in_the_background(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        assert await keys.find("one")
        issuer.keys.pop(0)
        issuer.delay = 1.0
        started = time.monotonic()
        assert await keys.find("one")
        assert time.monotonic() - started < 0.8
        assert keys._fetching
        await keys._fetching
        assert await keys.find("one") is None

    monkeypatch.setattr(JwksKeys, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(JwksKeys, "_FRESH_SECONDS", 0.0)
    issuer.publish("one")
    issuer.publish("kept")
    run(steps())


def test_a_slow_issuer_is_given_up(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps() -> None:
        started = time.monotonic()
        assert await JwksKeys(issuer.url).find("one") is None
        assert time.monotonic() - started < 2

    monkeypatch.setattr(JwksKeys, "_TIMEOUT_SECONDS", 0.3)
    issuer.delay = 3.0
    run(steps())


def test_only_rsa_keys_for_signatures_count(issuer: Issuer) -> None:
    async def steps() -> None:
        keys = JwksKeys(issuer.url)
        assert await keys.find("good")
        for name in ("encryption", "other algorithm", "private", "secret", "curve"):
            assert await keys.find(name) is None

    issuer.publish("good", use="sig", alg="RS256")
    issuer.publish("encryption", use="enc")
    issuer.publish("other algorithm", alg="PS256")
    private = RSAAlgorithm.to_jwk(PRIVATE_KEYS[0], as_dict=True)
    issuer.keys.append({**private, "kid": "private"})
    issuer.keys.append({"kty": "oct", "k": "c2VjcmV0", "kid": "secret"})
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    issuer.keys.append({**ECAlgorithm.to_jwk(curve, as_dict=True), "kid": "curve"})
    run(steps())


@pytest.mark.parametrize(
    "url", ["http://id.example/keys", "http://169.254.169.254/", "ftp://127.0.0.1.evil/"]
)
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(SettingsError):
        JwksKeys(url)


def test_a_pem_must_hold_a_public_rsa_key() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (pem, "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", ""):
        with pytest.raises(SettingsError):
            PemKey(text)


# --- the cache -----------------------------------------------------------------------------------


def test_the_cache_forgets_in_time_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps() -> None:
        cache = auth._Cache[int, str](seconds=3, size=2)
        loads: list[int] = []

        async def ask(key: int, answer: str | None = "yes") -> str | None:
            async def load() -> str | None:
                loads.append(key)
                return answer

            return (await cache.get(key, load))[0]

        assert [await ask(1), await ask(1)] == ["yes", "yes"]
        assert loads == [1]
        clock[0] += 3
        assert await ask(1, None) is None
        assert await ask(1, None) is None
        assert loads == [1, 1, 1]
        for key in (1, 2, 1, 3, 1):
            await ask(key)
        assert loads == [1, 1, 1, 1, 2, 3]
        await ask(2)
        assert loads == [1, 1, 1, 1, 2, 3, 2]

    clock = [100.0]
    monkeypatch.setattr(auth, "monotonic", lambda: clock[0])
    run(steps())


def test_who_asks_the_cache_at_once_shares_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps() -> None:
        cache = auth._Cache[int, str](seconds=3)
        loads: list[int] = []

        async def load() -> str:
            loads.append(1)
            await asyncio.sleep(0)
            clock[0] += 2
            if len(loads) == 1:
                raise ConnectionError
            return "yes"

        first = await asyncio.gather(*(cache.get(1, load) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in first] == [ConnectionError] * 3
        # good from when it was asked, whenever the answer came
        assert await asyncio.gather(*(cache.get(1, load) for _ in range(3))) == [("yes", 105.0)] * 3
        assert len(loads) == 2

    clock = [100.0]
    monkeypatch.setattr(auth, "monotonic", lambda: clock[0])
    run(steps())
