"""Two merchants, and every operation of the API's description: nothing of theirs is in any answer to us.

The operations come from the description, so that none can be forgotten. Each is asked with each kind of our
credentials, and with their ids and cursors wherever a request has a place for one.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import psycopg
import pytest

from app import base62
from app.api_keys import parse_api_key
from tests.http.conftest import BOTH_SCOPES, Tenant, create_tenant, event, post
from tests.http.people import ENDPOINTS, KEYS, Person
from tests.http.senders import Sender, message, sign

Json = dict[str, Any]
Connection = psycopg.Connection[Any]

# What is asked for without a credential says nothing of any merchant, which is checked as well.
NEEDED = {"start_date": "2026-11-01", "end_date": "2026-11-23"}
# Volatile by nature: when figures are of, when a credential was last seen.
MOMENTS = re.compile(r'"(as_of|last_used_at|last_received_at)" ?: ?("[^"]*"|null)')


SUMS = "overview|analytics"


@dataclass(frozen=True)
class Side:
    """A merchant with one of everything, each of which has its mark."""

    mark: str
    tenant: Tenant
    owner: Person
    sender: Sender
    key_id: str
    cursor: str = ""

    @property
    def credentials(self) -> dict[str, dict[str, str]]:
        return {"Bearer": self.owner.headers, "ApiKey": self.tenant.headers}

    @property
    def path_ids(self) -> dict[str, str]:
        return {
            "key_id": self.key_id,
            "endpoint_id": self.sender.endpoint_id,
            "transaction_id": f"txn-{self.mark}",
        }

    @property
    def query_values(self) -> dict[str, list[str]]:
        """What a query may name of a merchant's; a place in a list may be one of any list."""
        places = [self.cursor, f"txn-{self.mark}", self.key_id, self.sender.endpoint_id]
        return {
            "starting_after": places,
            "ending_before": places,
            "customer_id": [f"c-{self.mark}"],
            "product_id": [f"p-{self.mark}"],
            "payment_method": [f"m-{self.mark}"],
            "search": [f"txn-{self.mark}", f"c-{self.mark}"],
        }

    @property
    def own(self) -> list[str]:
        """What nobody else may ever see."""
        ids = [self.key_id, self.tenant.key_id, self.sender.endpoint_id, self.sender.secret, self.cursor]
        return [self.mark, str(self.tenant.merchant_id), *ids]


@pytest.fixture
def sides(
    client: httpx.Client,
    db: Connection,
    merchant: Callable[..., UUID],
    person: Callable[..., Person],
    drain: Callable[[Connection], None],
) -> tuple[Side, Side]:
    """We, and they."""

    def make(mark: str) -> Side:
        owner = person(merchant(name=f"shop {mark}"), role="owner", sub=f"ada-{mark}")
        tenant = create_tenant(db, owner.merchant_id, BOTH_SCOPES)
        fields = {"customer_id": f"c-{mark}", "product_id": f"p-{mark}", "payment_method": f"m-{mark}"}
        sent = [event(**fields, transaction_id=f"txn-{mark}{more}") for more in ("", "-2")]
        sent.append(event(event_type="payment_failed", failure_code=f"f-{mark}"))
        post(client, "/api/events/transaction/batch", tenant, sent)
        drain(db)
        page = client.get("/api/transactions?limit=1", headers=tenant.headers).json()
        key_id = owner.make(KEYS, {"name": f"key {mark}"})["key_id"]
        owner.make(ENDPOINTS, {"description": f"endpoint {mark}"})
        return Side(mark, tenant, owner, Sender(owner), key_id, page["next_cursor"])

    return make("ours7310"), make("theirs9284")


@pytest.fixture
def document(client: httpx.Client) -> Json:
    return client.get("/docs/openapi.json").json()


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, described in document["paths"].items():
        for method, operation in described.items():
            yield method.upper(), path, operation


def credentials_for(operation: Json, side: Side) -> list[dict[str, str]]:
    """One of each kind that the operation takes; none where it takes none."""
    kinds = [kind for alternative in operation["security"] for kind in alternative]
    return [side.credentials[kind] for kind in kinds if kind in side.credentials] or [{}]


def fill(path: str, side: Side) -> str:
    """The path with ids of that side; one that nobody has said how to fill is an error."""
    ids = {**side.path_ids, "slug": "not-found"}
    return re.sub(r"\{(\w+)\}", lambda match: quote(ids[match[1]], safe=""), path)


def needed(operation: Json) -> dict[str, str]:
    names = [p["name"] for p in operation["parameters"] if p["in"] == "query" and p["required"]]
    return {name: NEEDED[name] for name in names}


def ask(client: httpx.Client, method: str, path: str, headers: Json, **options: Any) -> httpx.Response:
    """An answer; of a stream, which has no end, what comes at once."""
    with client.stream(method, path, headers=headers, **options) as response:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            content = next(response.iter_bytes())
        else:
            content = response.read()
        headers = {k: v for k, v in response.headers.items() if k != "content-encoding"}
        return httpx.Response(response.status_code, headers=headers, content=content)


def assert_nothing_of(side: Side, response: httpx.Response, asked: str) -> None:
    # a problem repeats the path
    text = response.text.replace(asked, "") + repr(response.headers.multi_items())
    seen = [own for own in side.own if own in text]
    assert not seen, f"{asked}: {seen} in {text}"


def told_to(side: Side, client: httpx.Client, document: Json) -> dict[str, str]:
    """All that a merchant can read of its own, but for moments."""
    told = {}
    for method, path, operation in operations(document):
        if method == "GET" and operation["security"] and "stream" not in path and path != "/metrics":
            for credential in credentials_for(operation, side):
                response = ask(client, "GET", fill(path, side), credential, params=needed(operation))
                assert response.status_code == 200, response.text
                told[f"{path} {list(credential)}"] = MOMENTS.sub("", response.text)
    return told


def test_every_operation_tells_of_ours_alone(
    client: httpx.Client, document: Json, sides: tuple[Side, Side]
) -> None:
    ours, theirs = sides
    before = told_to(theirs, client, document)
    # sums name nobody; all else would be seen, were it there
    assert all(theirs.mark in text for asked, text in before.items() if not re.search(SUMS, asked))
    asked = 0
    for method, path, operation in operations(document):
        for credential in credentials_for(operation, ours):
            for response, place in answers(client, method, path, operation, credential, theirs):
                assert_nothing_of(theirs, response, place)
                asked += 1
    assert asked > len(list(operations(document)))
    assert told_to(theirs, client, document) == before


def answers(
    client: httpx.Client, method: str, path: str, operation: Json, credential: Json, theirs: Side
) -> Iterator[tuple[httpx.Response, str]]:
    """With their ids in the path, then with each of their values in the query; plain without such places."""
    given = needed(operation)
    body = {"json": {}} if method == "POST" else {}
    filled = fill(path, theirs)
    response = ask(client, method, filled, credential, params=given, **body)
    if filled != path and operation["security"]:
        assert response.status_code in (401, 404), f"{method} {filled}: {response.text}"
    yield response, filled
    for parameter in operation["parameters"]:
        for value in theirs.query_values.get(parameter["name"], []) if parameter["in"] == "query" else []:
            params = {**given, parameter["name"]: value}
            response = ask(client, method, filled, credential, params=params)
            assert response.status_code in (200, 404, 422), response.text
            yield response, filled


def test_what_is_sent_is_ours_alone(client: httpx.Client, sides: tuple[Side, Side], document: Json) -> None:
    """Under the identity of an event of theirs it is a new event of ours."""
    ours, theirs = sides
    before = told_to(theirs, client, document)
    same = event(transaction_id=f"txn-{theirs.mark}", amount=77)
    for path, body in (
        ("transaction", same),
        ("transaction/batch", [{**same, "event_type": "payment_failed"}]),
    ):
        response = post(client, f"/api/events/{path}", ours.tenant, body)
        assert response.status_code == 202
        assert_nothing_of(theirs, response, path)
    webhook = message(transaction_id=f"txn-{theirs.mark}")
    response = ours.sender.send(webhook)
    assert response.status_code == 202
    assert_nothing_of(theirs, response, ours.sender.path)
    assert told_to(theirs, client, document) == before


def test_their_credentials_are_not_ours_in_parts(
    client: httpx.Client, sides: tuple[Side, Side], document: Json
) -> None:
    """Their merchant in our key, our secret for their endpoint, both credentials at once: all are refused."""
    ours, theirs = sides
    their_prefix, our_secret = theirs.tenant.api_key.rpartition("_")[0], ours.tenant.api_key[-49:-6]
    forged = f"{their_prefix}_{our_secret}"
    forged += base62.encode(zlib.crc32(forged.encode()), 6)
    assert parse_api_key(forged)  # well-formed, so it is the secret that is wrong
    for method, path, operation in operations(document):
        kinds = [kind for alternative in operation["security"] for kind in alternative]
        asked = fill(path, ours)
        given = needed(operation)
        if "ApiKey" in kinds:
            response = ask(client, method, asked, {"X-API-Key": forged}, params=given)
            assert response.status_code == 401
            assert_nothing_of(theirs, response, asked)
        if {"ApiKey", "Bearer"} & set(kinds):
            both = {**ours.tenant.headers, **theirs.owner.headers}
            response = ask(client, method, asked, both, params=given)
            assert response.status_code in (400, 401)
            assert_nothing_of(theirs, response, asked)
    body = message()
    response = client.post(theirs.sender.path, content=body, headers=sign(ours.sender.secret, body))
    assert response.status_code == 401
    assert_nothing_of(theirs, response, theirs.sender.path)
