"""Tokens for a service whose signing keys come from a URL: no other is ever asked, whatever a token says."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.conftest import Server, create_database
from tests.http.conftest import AUDIENCE, ISSUER, Service, assert_problem, run_service
from tests.http.people import bearer
from tests.http.test_authentication import encode, forge_hs256
from tests.processes import wait_until
from tests.test_auth import PRIVATE_KEYS, Issuer, run_issuer

ME = "/api/me"
GOOD_KEY, EVIL_KEY = PRIVATE_KEYS

MakeToken = Callable[..., str]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with run_issuer() as issuer:
        issuer.publish("key-1")
        yield issuer


@pytest.fixture
def evil() -> Iterator[Issuer]:
    """Publishes the attacker's key under the name of ours; nobody should ask."""
    with run_issuer() as issuer:
        issuer.publish("unused")
        issuer.publish("key-1")
        yield issuer


@pytest.fixture(scope="module")
def service(
    server: Server, issuer: Issuer, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    keys = {"MOLAM_JWT_PUBLIC_KEY": "", "MOLAM_JWT_JWKS_URL": issuer.url}
    for url in create_database(server, "migrated"):
        with run_service(url, tmp_path_factory.mktemp("jwks") / "log", **(settings | keys)) as service:
            yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, verify=False, timeout=15) as client:
        yield client


@pytest.fixture
def claims(merchant: Callable[..., UUID]) -> dict[str, Any]:
    now = int(time.time())
    times = {"iat": now, "exp": now + 600}
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "merchant_id": str(merchant()), **times}


def sign(claims: dict[str, Any], key: rsa.RSAPrivateKey, **header: Any) -> str:
    """A token with any header, which no library would write."""
    signing_input = f"{encode({'alg': 'RS256', 'typ': 'JWT', **header})}.{encode(claims)}"
    signature = jwt.get_algorithm_by_name("RS256").sign(signing_input.encode(), key)
    return f"{signing_input}.{jwt.utils.base64url_encode(signature).decode()}"


def status(client: httpx.Client, token: str) -> int:
    return client.get(ME, headers=bearer(token)).status_code


def test_a_token_by_a_published_key(client: httpx.Client, claims: dict[str, Any]) -> None:
    wait_until(lambda: status(client, sign(claims, GOOD_KEY, kid="key-1")) == 200, "the key is fetched")


def test_what_a_header_brings_along_is_no_key(
    client: httpx.Client, issuer: Issuer, evil: Issuer, claims: dict[str, Any]
) -> None:
    jwk = {**RSAAlgorithm.to_jwk(EVIL_KEY.public_key(), as_dict=True), "kid": "key-1", "use": "sig"}
    brought = {"jwk": jwk, "jku": evil.url, "x5u": evil.url, "x5c": ["MIIB"], "x5t": "x", "iss": evil.url}
    for name in (*brought, "crit"):
        header = {name: brought.get(name, ["jku"])}
        for kid in ({"kid": "key-1"}, {"kid": "key-2"}, {"kid": evil.url}, {}):
            token = sign(claims, EVIL_KEY, **header, **kid)
            assert_problem(client.get(ME, headers=bearer(token)), 401, "unauthenticated")
    assert status(client, sign({**claims, "iss": evil.url}, EVIL_KEY, kid="key-1", **brought)) == 401
    # what is right stays right, whatever stands beside it
    assert status(client, sign(claims, GOOD_KEY, kid="key-1", **brought)) == 200
    assert evil.paths == []
    assert set(issuer.paths) == {"/keys"}


ODD_KEY_IDS = [
    *(None, 5, True, ["key-1"], {"kid": "key-1"}, "", " key-1", "KEY-1", "key-1\0", "key-1\n", "*", "%"),
    *("../../../../etc/passwd", "/dev/null", "file:///dev/null", "' or '1'='1", "key-1' --", "$(id)", "|id"),
    *("http://169.254.169.254/latest/meta-data", "\u202ekey-1", "k" * 5_000),
]


@pytest.mark.parametrize("key", [EVIL_KEY, GOOD_KEY], ids=["another key", "the right key"])
def test_a_key_id_is_a_name_and_nothing_else(
    client: httpx.Client, issuer: Issuer, claims: dict[str, Any], key: rsa.RSAPrivateKey
) -> None:
    for kid in ODD_KEY_IDS:
        token = sign(claims, key, kid=kid)
        assert_problem(client.get(ME, headers=bearer(token)), 401, "unauthenticated")
    assert status(client, sign(claims, key)) == 401  # without any
    assert set(issuer.paths) == {"/keys"}


def test_the_published_key_is_no_secret_to_sign_with(client: httpx.Client, claims: dict[str, Any]) -> None:
    """As PEM it is tried in test_authentication.py; here as it is published."""
    good = sign(claims, GOOD_KEY, kid="key-1")
    jwk = RSAAlgorithm.to_jwk(GOOD_KEY.public_key())
    assert status(client, forge_hs256(good, jwk.encode())) == 401
    assert status(client, sign(claims, GOOD_KEY, kid="key-1", alg="none")) == 401
    assert status(client, f"{good.rsplit('.', 1)[0]}.") == 401


def test_a_flood_of_unknown_keys_is_not_passed_on(
    client: httpx.Client, issuer: Issuer, claims: dict[str, Any]
) -> None:
    """One request each ten seconds at most, and who has a known key notices nothing."""
    asked, started = len(issuer.paths), time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        tokens = [sign(claims, EVIL_KEY, kid=f"unknown-{number}") for number in range(200)]
        flood = pool.map(lambda token: status(client, token), tokens)
        assert status(client, sign(claims, GOOD_KEY, kid="key-1")) == 200
        assert set(flood) == {401}
    assert len(issuer.paths) - asked <= 1 + (time.monotonic() - started) / 10
