"""Who may call: API keys and tokens, good and forged, on every endpoint that asks for them."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

from app.api_keys import new_api_key
from tests.http.conftest import AUTH_CACHE_SECONDS, ISSUER, Tenant, assert_problem, create_tenant, event
from tests.http.test_protocol import DASHBOARD, INGEST, READS, SINGLE

OVERVIEW = "/api/dashboard/overview"

Connection = psycopg.Connection[Any]
Merchant = Callable[..., UUID]
MakeToken = Callable[..., str]


def send_event(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post(SINGLE, json=event(), headers=headers)


def read(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.get(OVERVIEW, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def assert_unauthenticated(response: httpx.Response) -> str:
    problem = assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith("Bearer ")
    return problem["detail"]


# --- no credentials, or too many -----------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [*(("POST", p) for p in INGEST), *(("GET", p) for p in READS)])
def test_credentials_are_required(client: httpx.Client, method: str, path: str) -> None:
    assert_unauthenticated(client.request(method, path))
    for headers in (
        {"X-API-Key": ""},
        {"Authorization": ""},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
    ):
        assert_unauthenticated(client.request(method, path, headers=headers))


@pytest.mark.parametrize("path", [SINGLE, OVERVIEW])
def test_one_credential_at_a_time(
    client: httpx.Client, tenant: Tenant, make_token: MakeToken, path: str
) -> None:
    key = ("X-API-Key", tenant.api_key)
    token = ("Authorization", f"Bearer {make_token(tenant.merchant_id)}")
    method = "POST" if path == SINGLE else "GET"
    for headers in ([key, token], [key, key], [token, token]):
        assert_problem(client.request(method, path, headers=headers), 400, "malformed-request")


def test_a_token_sends_no_events(client: httpx.Client, tenant: Tenant, make_token: MakeToken) -> None:
    detail = assert_unauthenticated(send_event(client, **bearer(make_token(tenant.merchant_id))))
    assert "API key" in detail


# --- API keys ------------------------------------------------------------------------------------


def test_scopes(client: httpx.Client, db: Connection, merchant: Merchant) -> None:
    merchant_id = merchant()
    writer = create_tenant(db, merchant_id, scopes=("events:write",))
    reader = create_tenant(db, merchant_id, scopes=("dashboard:read",))
    assert send_event(client, **writer.headers).status_code == 202
    assert read(client, **reader.headers).status_code == 200
    assert_problem(read(client, **writer.headers), 403, "forbidden")
    assert_problem(send_event(client, **reader.headers), 403, "forbidden")


def test_two_live_keys(client: httpx.Client, db: Connection, tenant: Tenant) -> None:
    second = create_tenant(db, tenant.merchant_id)
    assert send_event(client, **tenant.headers).status_code == 202
    assert send_event(client, **second.headers).status_code == 202


def test_keys_that_are_none(client: httpx.Client, tenant: Tenant) -> None:
    key = tenant.api_key
    merchant, key_id, secret = key.removeprefix("mk_").split("_")
    swapped = chr(ord(secret[0]) ^ 1) if secret[0].isalpha() else "a"
    forged = [
        key[:-1],
        key[:60],
        key + "0",
        key.lower(),
        key.swapcase(),
        key.replace("mk_", "sk_"),
        f"mk_{merchant}_{key_id}_{swapped}{secret[1:]}",
        f"mk_{merchant}_{key_id}x_{secret}",
        f"mk_{'z' * 22}_{key_id}_{secret}",
        f"mk__{key_id}_{secret}",
        "mk_",
        "mk",
        "a" * 5000,
        "' or 1=1 --",
    ]
    for text in forged:
        assert "cut off or mistyped" in assert_unauthenticated(send_event(client, **{"X-API-Key": text})), (
            text
        )


def test_well_formed_keys_that_are_not_known(client: httpx.Client, tenant: Tenant) -> None:
    own = new_api_key(tenant.merchant_id).text
    assert "not known" in assert_unauthenticated(send_event(client, **{"X-API-Key": own}))
    nobodys = new_api_key(uuid4()).text
    assert "not known" in assert_unauthenticated(send_event(client, **{"X-API-Key": nobodys}))


def test_the_secret_decides(client: httpx.Client, db: Connection, tenant: Tenant) -> None:
    # well-formed, of a stored key's id, with another secret; asked twice: before and after it is cached
    other = new_api_key(tenant.merchant_id)
    db.execute("select api.create_api_key(%s, %s, %s, %s, '', null)", [
        tenant.merchant_id, other.key_id, b"\0" * 32, ["events:write"],
    ])  # fmt: skip
    assert_unauthenticated(send_event(client, **{"X-API-Key": other.text}))
    assert_unauthenticated(send_event(client, **{"X-API-Key": other.text}))
    row = db.execute(
        "select last_used_at from data.merchant_api_keys where key_id = %s", [other.key_id]
    ).fetchone()
    assert row == (None,)


def test_revocation_is_seen_within_the_cache_time(
    client: httpx.Client, db: Connection, tenant: Tenant
) -> None:
    assert send_event(client, **tenant.headers).status_code == 202
    db.execute("update data.merchant_api_keys set revoked_at = now() where key_id = %s", [tenant.key_id])
    time.sleep(AUTH_CACHE_SECONDS)
    assert "revoked" in assert_unauthenticated(send_event(client, **tenant.headers))


def test_an_expired_key(client: httpx.Client, db: Connection, tenant: Tenant) -> None:
    db.execute(
        "update data.merchant_api_keys set expires_at = now() - interval '1 second' where key_id = %s",
        [tenant.key_id],
    )
    assert "expired" in assert_unauthenticated(send_event(client, **tenant.headers))


def test_a_new_key_works_at_once(client: httpx.Client, db: Connection, tenant: Tenant) -> None:
    key = new_api_key(tenant.merchant_id)
    assert_unauthenticated(send_event(client, **{"X-API-Key": key.text}))
    db.execute(
        "select api.create_api_key(%s, %s, %s, %s, '', null)",
        [tenant.merchant_id, key.key_id, key.secret_sha256, ["events:write"]],
    )
    assert send_event(client, **{"X-API-Key": key.text}).status_code == 202


def test_last_use_is_noted(client: httpx.Client, db: Connection, tenant: Tenant) -> None:
    query = "select last_used_at from data.merchant_api_keys where key_id = %s"
    assert db.execute(query, [tenant.key_id]).fetchone() == (None,)
    send_event(client, **tenant.headers)
    assert db.execute(query, [tenant.key_id]).fetchone() != (None,)


# --- tokens --------------------------------------------------------------------------------------


def test_a_good_token(client: httpx.Client, tenant: Tenant, make_token: MakeToken) -> None:
    assert read(client, **bearer(make_token(tenant.merchant_id))).status_code == 200
    assert read(client, Authorization=f"bearer  {make_token(tenant.merchant_id)}").status_code == 200
    several = make_token(tenant.merchant_id, aud=["other", "molam-connect"])
    assert read(client, **bearer(several)).status_code == 200


def test_a_credential_that_was_let_in_is_none_of_the_other_kind(
    client: httpx.Client, tenant: Tenant, make_token: MakeToken
) -> None:
    token = make_token(tenant.merchant_id)
    assert read(client, **bearer(token)).status_code == 200
    assert_unauthenticated(read(client, **{"X-API-Key": token}))
    assert send_event(client, **tenant.headers).status_code == 202
    assert_unauthenticated(read(client, **bearer(tenant.headers["X-API-Key"])))


def test_a_token_ends_in_the_middle_of_what_is_remembered_of_it(
    client: httpx.Client, tenant: Tenant, make_token: MakeToken
) -> None:
    # 10 seconds of leeway for clocks
    ends_at = int(time.time()) - 8
    token = make_token(tenant.merchant_id, exp=ends_at)
    while time.time() < ends_at + 9.9 - AUTH_CACHE_SECONDS / 4:
        assert read(client, **bearer(token)).status_code == 200
    time.sleep(max(0.0, ends_at + 10 - time.time()))
    assert "expired" in assert_unauthenticated(read(client, **bearer(token)))


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "issuer with a slash more": {"iss": ISSUER + "/"},
    "issuer that is a list": {"iss": [ISSUER]},
    "another audience": {"aud": "other"},
    "no audience in a list": {"aud": []},
    "expired": {"exp": 1_700_000_000},
    "expired a minute ago": {"exp": lambda now: now - 60},
    "expiry that is no number": {"exp": "never"},
    "issued in the future": {"iat": lambda now: now + 120},
    "not valid yet": {"nbf": lambda now: now + 120},
    "subject that is no text": {"sub": 5},
    "merchant that is no UUID": {"merchant_id": "me"},
    "merchant that is no text": {"merchant_id": 5},
    "merchant that is a list": {"merchant_id": ["00000000-0000-0000-0000-000000000000"]},
    **{f"no {claim}": {claim: None} for claim in ("iss", "aud", "exp", "iat", "sub", "merchant_id")},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_wrong_claims(
    client: httpx.Client, tenant: Tenant, make_token: MakeToken, changes: dict[str, Any]
) -> None:
    now = int(time.time())
    claims = {name: value(now) if callable(value) else value for name, value in changes.items()}
    assert_unauthenticated(read(client, **bearer(make_token(tenant.merchant_id, **claims))))


def test_clocks_may_differ_a_little(client: httpx.Client, tenant: Tenant, make_token: MakeToken) -> None:
    now = int(time.time())
    token = make_token(tenant.merchant_id, iat=now + 5, exp=now - 5)
    assert read(client, **bearer(token)).status_code == 200


def test_other_keys_and_algorithms(
    client: httpx.Client, tenant: Tenant, make_token: MakeToken, signing_key: rsa.RSAPrivateKey
) -> None:
    merchant_id = tenant.merchant_id
    public_pem = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = make_token(merchant_id)
    _, payload, signature = good.split(".")
    tokens = {
        "another key": make_token(merchant_id, key=rsa.generate_private_key(65537, 2048)),
        "RS512 of the right key": make_token(merchant_id, algorithm="RS512"),
        "PS256 of the right key": make_token(merchant_id, algorithm="PS256"),
        "ES256": make_token(merchant_id, key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
        "HS256 with the public key": forge_hs256(good, public_pem),
        "none": ".".join([encode({"alg": "none", "typ": "JWT"}), payload, ""]),
        "None": ".".join([encode({"alg": "None", "typ": "JWT"}), payload, ""]),
        "no algorithm": ".".join([encode({"typ": "JWT"}), payload, signature]),
        "key in the header": embed_key(good),
        "no signature": good.rsplit(".", 1)[0] + ".",
        "signature cut off": good[:-8],
        "other payload": good.replace(payload, encode({"sub": "eve"})),
        "detached payload": ".".join(
            [encode({"alg": "RS256", "b64": False, "crit": ["b64"]}), "", signature]
        ),
        "two parts": good.rsplit(".", 1)[0],
        "four parts": good + ".x",
        "no token": "x",
        "bytes that are no text": "ÿþ",
        "too long": good + "A" * 10_000,
    }
    for name, token in tokens.items():
        headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
        assert assert_unauthenticated(client.get(OVERVIEW, headers=headers)), name  # type: ignore[arg-type]


def encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forge_hs256(good: str, secret: bytes) -> str:
    claims = jwt.decode(good, options={"verify_signature": False})
    header = {"alg": "HS256", "typ": "JWT"}
    signing_input = f"{encode(header)}.{encode(claims)}"
    signature = HMACAlgorithm(HMACAlgorithm.SHA256).sign(signing_input.encode(), secret)
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def embed_key(good: str) -> str:
    """A token signed by a key that its own header brings along, in every way there is."""
    key = rsa.generate_private_key(65537, 2048)
    jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    claims = jwt.decode(good, options={"verify_signature": False})
    url = "http://127.0.0.1:1/keys"
    return jwt.encode(
        claims, key, "RS256", headers={"jwk": jwk, "jku": url, "x5u": url, "kid": "../../etc/passwd"}
    )


# --- merchants -----------------------------------------------------------------------------------


def test_a_suspended_merchant(
    client: httpx.Client, db: Connection, tenant: Tenant, make_token: MakeToken
) -> None:
    token = bearer(make_token(tenant.merchant_id))
    assert send_event(client, **tenant.headers).status_code == 202
    assert read(client, **token).status_code == 200
    query = "update data.merchants set status = %s where merchant_id = %s"
    db.execute(query, ["suspended", tenant.merchant_id])
    # the cached answer may last, but the database itself refuses writes at once
    assert_problem(send_event(client, **tenant.headers), 403, "merchant-suspended")
    time.sleep(AUTH_CACHE_SECONDS)
    assert_problem(send_event(client, **tenant.headers), 403, "merchant-suspended")
    assert_problem(read(client, **tenant.headers), 403, "merchant-suspended")
    assert_problem(read(client, **token), 403, "merchant-suspended")
    db.execute(query, ["active", tenant.merchant_id])
    time.sleep(AUTH_CACHE_SECONDS)
    assert send_event(client, **tenant.headers).status_code == 202


def test_a_token_for_an_unknown_merchant(client: httpx.Client, make_token: MakeToken) -> None:
    assert_problem(read(client, **bearer(make_token(uuid4()))), 403, "forbidden")


@pytest.mark.parametrize("path", DASHBOARD)
def test_a_caller_sees_its_own_merchant_only(
    client: httpx.Client,
    db: Connection,
    merchant: Merchant,
    tenant: Tenant,
    make_token: MakeToken,
    drain: Callable[[Connection], None],
    path: str,
) -> None:
    other = create_tenant(db, merchant())
    sent = event(customer_id="own", product_id="own", payment_method="own", amount=7654321)
    failed = event(event_type="payment_failed", failure_code="own-7654321")
    for each in (sent, failed):
        assert client.post(SINGLE, json=each, headers=tenant.headers).status_code == 202
    drain(db)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    query = {"start_date": today, "end_date": today} if path.endswith("analytics") else {}
    for headers in (tenant.headers, bearer(make_token(tenant.merchant_id))):
        assert "7654321" in client.get(path, params=query, headers=headers).text
    for headers in (other.headers, bearer(make_token(other.merchant_id))):
        response = client.get(path, params=query, headers=headers)
        assert response.status_code == 200
        assert "7654321" not in response.text
        assert '"own"' not in response.text
