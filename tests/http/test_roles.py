"""Who may manage keys and webhook endpoints: owners manage, viewers look, others see nothing of it."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.conftest import Tenant, assert_problem
from tests.http.people import ENDPOINTS, KEYS, Json, MakePerson, Person

Connection = psycopg.Connection[Any]

RESOURCES = pytest.mark.parametrize(("path", "id_name"), [(KEYS, "key_id"), (ENDPOINTS, "endpoint_id")])


def calls(one: str, path: str) -> dict[tuple[str, str], str]:
    """Every call of a resource, and who may make it at least; `one` is the address of one of them."""
    return {
        ("GET", path): "viewer",
        ("GET", one): "viewer",
        ("POST", path): "owner",
        ("POST", f"{one}/rotate"): "owner",
        ("GET", f"{one}/audit"): "owner",
        ("DELETE", one): "owner",
    }


@pytest.fixture
def trail(db: Connection) -> Callable[[], int]:
    """How much was ever done to any key or endpoint."""
    query = """
        select (select count(*) from data.merchant_api_key_audit)
            + (select count(*) from data.webhook_endpoint_audit)
    """

    def count() -> int:
        row = db.execute(query).fetchone()
        assert row
        return row[0]

    return count


@RESOURCES
@pytest.mark.parametrize("role", [None, "viewer", "Owner", "admin", ["owner"], {"owner": True}, "owner "])
def test_whoever_is_no_owner_may_only_look(
    owner: Person, person: MakePerson, trail: Callable[[], int], path: str, id_name: str, role: object
) -> None:
    made = owner.make(path)
    viewer = person(owner.merchant_id, role=role)
    before = trail()
    for (method, address), needed in calls(f"{path}/{made[id_name]}", path).items():
        response = viewer.ask(method, address)
        if needed == "viewer":
            assert response.status_code == 200
        else:
            assert "role owner" in assert_problem(response, 403, "forbidden")["detail"]
    assert trail() == before


@RESOURCES
def test_keys_manage_nothing(
    client: httpx.Client, owner: Person, tenant: Tenant, trail: Callable[[], int], path: str, id_name: str
) -> None:
    made = owner.make(path)
    before = trail()
    for method, address in calls(f"{path}/{made[id_name]}", path):
        for headers in ({}, tenant.headers, {"Authorization": "Bearer x"}):
            response = client.request(method, address, headers=headers)
            assert_problem(response, 401, "unauthenticated")
            assert "Bearer" in response.headers["www-authenticate"]
        both = {**tenant.headers, **owner.headers}
        assert_problem(client.request(method, address, headers=both), 400, "malformed-request")
    assert trail() == before


@RESOURCES
def test_of_another_merchant_there_is_nothing(
    owner: Person, person: MakePerson, trail: Callable[[], int], path: str, id_name: str
) -> None:
    made = owner.make(path)
    stranger = person(role="owner")
    before = trail()
    assert stranger.get(path) == {"data": [], "has_more": False}
    one = f"{path}/{made[id_name]}"
    for method, address in calls(one, path):
        if address != path:
            assert_problem(stranger.ask(method, address), 404, "not-found")
    after_it = stranger.ask("GET", f"{path}?starting_after={made[id_name]}")
    assert_problem(after_it, 422, "validation-failed", ["/starting_after"])
    assert trail() == before
    assert owner.get(one)["state"] == "active"


@RESOURCES
@pytest.mark.parametrize("name", ["unknown", "%00", "%ff", "..%2f..", "a'b", "x" * 500])
def test_what_is_no_id_is_not_found(owner: Person, path: str, id_name: str, name: str) -> None:
    for method, address in calls(f"{path}/{name}", path):
        if address != path:
            response = owner.ask(method, address)
            assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


WRONG_BODIES: dict[str, list[tuple[Json, str]]] = {
    KEYS: [
        ({"name": "x" * 201}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"name": None}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["events:write", "everything"]}, "/scopes"),
        ({"scopes": "events:write"}, "/scopes"),
        ({"scopes": [["events:write"]]}, "/scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-15:00"}, "/expires_at"),
        ({"expires_at": "2027-01-01T00:00:00+20:00"}, "/expires_at"),
        ({"expires_at": "2027-01-01"}, "/expires_at"),
        ({"secret": "mine"}, "/secret"),
        ({"merchant_id": "other"}, "/merchant_id"),
    ],
    ENDPOINTS: [
        ({"description": "x" * 201}, "/description"),
        ({"description": "a\0b"}, "/description"),
        ({"description": 5}, "/description"),
        ({"secret": "mine"}, "/secret"),
    ],
}
WRONG_ROTATIONS: list[Json] = [
    {"overlap_seconds": -1},
    {"overlap_seconds": 2592001},
    {"overlap_seconds": 10**30},
    {"overlap_seconds": 1.5},
    {"overlap_seconds": "60"},
    {"overlap_seconds": None},
]


@RESOURCES
def test_wrong_bodies_are_named_and_leave_nothing(
    owner: Person, trail: Callable[[], int], path: str, id_name: str
) -> None:
    rotation = f"{path}/{owner.make(path)[id_name]}/rotate"
    before = trail()
    for body, pointer in WRONG_BODIES[path]:
        assert_problem(owner.ask("POST", path, body), 422, "validation-failed", [pointer])
    for body in WRONG_ROTATIONS:
        assert_problem(owner.ask("POST", rotation, body), 422, "validation-failed", ["/overlap_seconds"])
    for address in (path, rotation):
        headers = {**owner.headers, "Content-Type": "application/json"}
        response = owner.client.post(address, content=b"{", headers=headers)
        assert_problem(response, 400, "malformed-json")
        response = owner.client.post(address, content=b"[]", headers=headers)
        assert_problem(response, 422, "validation-failed", [""])
        response = owner.client.post(address, content=b"{}", headers=owner.headers)
        assert_problem(response, 415, "unsupported-media-type")
    twice = b'{"overlap_seconds": 1, "overlap_seconds": 2}'
    response = owner.client.post(rotation, content=twice, headers=headers)
    assert_problem(response, 400, "malformed-json")
    for query in ("limit=0", "limit=101", "limit=x", "starting_after=", "starting_after=%00", "page=2"):
        pointer = "/" + query.split("=")[0]
        response = owner.ask("GET", f"{path}?{query}")
        assert_problem(response, 422, "validation-failed", [pointer])
    assert trail() == before


@RESOURCES
def test_pages(owner: Person, path: str, id_name: str) -> None:
    made = [owner.make(path)[id_name] for _ in range(5)]
    seen: list[str] = []
    query, has_more = "limit=2", True
    while has_more:
        page = owner.get(f"{path}?{query}")
        seen += [one[id_name] for one in page["data"]]
        query, has_more = f"limit=2&starting_after={seen[-1]}", page["has_more"]
    assert seen == made[::-1]
    assert owner.get(f"{path}?limit=5")["has_more"] is False
    assert owner.get(f"{path}?starting_after={made[0]}") == {"data": [], "has_more": False}


def test_a_subject_that_cannot_be_put_on_record_is_refused(person: MakePerson) -> None:
    for subject in ("", "x" * 256, "a\0b", "a\nb", "\ud800"):
        response = person(role="owner", sub=subject).ask("GET", KEYS)
        assert_problem(response, 401, "unauthenticated")
    assert person(role="owner", sub="é" * 255).make(KEYS)["created_by"] == "é" * 255
