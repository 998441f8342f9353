"""What another site's page, or a forged name of this host, can make of any operation: nothing."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http.conftest import Tenant
from tests.http.people import Person
from tests.http.test_tenants import NEEDED

EVIL = "evil.example"
# Whatever a client or a proxy may say of who this is.
FORGED = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Proto": "javascript",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Original-URL": f"//{EVIL}",
    "X-Rewrite-URL": "/metrics",
    "Forwarded": f"host={EVIL};proto=https",
    "Referer": f"https://{EVIL}/",
}
PAGES = ("/", "/keys", "/docs", "/docs/openapi.json", "/nowhere", "/assets/x.js")

Json = dict[str, Any]


@pytest.fixture
def document(client: httpx.Client) -> Json:
    return client.get("/docs/openapi.json").json()


def operations(document: Json) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, path and query of each operation that has an end, and the pages."""
    for path, described in document["paths"].items():
        if path != "/api/stream":
            for method, operation in described.items():
                needed = {p["name"] for p in operation["parameters"] if p["in"] == "query" and p["required"]}
                filled = re.sub(r"\{\w+\}", "x", path)
                yield method.upper(), filled, {name: NEEDED[name] for name in needed}
    yield from (("GET", page, {}) for page in PAGES)


@pytest.mark.parametrize("origin", [f"https://{EVIL}", "null", "http://127.0.0.1"])
def test_no_other_site_may_read_an_answer(
    client: httpx.Client, tenant: Tenant, owner: Person, document: Json, origin: str
) -> None:
    """A browser keeps from a page what has no header of CORS, and sends no X-API-Key unasked."""
    asked = 0
    for method, path, query in operations(document):
        question = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, x-api-key, content-type",
            "Access-Control-Request-Private-Network": "true",
        }
        answers = [
            client.options(path, headers=question),
            *(
                client.request(method, path, params=query, headers={"Origin": origin, **credential})
                for credential in ({}, tenant.headers, owner.headers)
            ),
        ]
        for answer in answers:
            told = [name for name in answer.headers if name.startswith(("access-control", "set-cookie"))]
            assert not told, f"{method} {path}: {told}"
            asked += 1
    assert asked > 4 * len(document["paths"])


def test_a_forged_host_comes_back_nowhere(
    client: httpx.Client, tenant: Tenant, owner: Person, document: Json
) -> None:
    """Nothing is built of the host's name: no link, no redirect, no key of a cache."""
    for method, path, query in operations(document):
        for credential in ({}, tenant.headers, owner.headers):
            answer = client.request(method, path, params=query, headers={**FORGED, **credential})
            assert answer.status_code < 500 or path == "/readyz", path
            assert not answer.is_redirect, path
            told = answer.text.replace(path, "") + repr(answer.headers.multi_items())
            assert EVIL not in told, f"{method} {path}"
            assert "javascript:" not in told


def test_another_path_by_a_header_is_not_served(client: httpx.Client, tenant: Tenant) -> None:
    answer = client.get("/healthz", headers={**FORGED, **tenant.headers})
    assert answer.json() == {"ok": True}
