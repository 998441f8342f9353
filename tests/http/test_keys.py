"""/api/keys: a key's life, rotation with two live keys, revocation in every process, limits, the trail."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.api_keys import new_api_key, parse_api_key
from tests.http.conftest import AUTH_CACHE_SECONDS, Service, assert_problem, event, run_service
from tests.http.people import ENDPOINTS, KEYS, Json, MakePerson, Person
from tests.http.test_webhooks import message, sign

Connection = psycopg.Connection[Any]

SINGLE = "/api/events/transaction"
OVERVIEW = "/api/dashboard/overview"


def send(client: httpx.Client, key: Json) -> httpx.Response:
    return client.post(SINGLE, json=event(), headers={"X-API-Key": key["api_key"]})


def states(owner: Person) -> dict[str, str]:
    return {key["key_id"]: key["state"] for key in owner.get(KEYS)["data"]}


def at_once(times: int, call: Callable[[], httpx.Response]) -> list[int]:
    """The statuses of calls that set out together."""
    start = threading.Barrier(times)

    def run(_: int) -> int:
        start.wait()
        return call().status_code

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(run, range(times)))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_life_of_a_key(client: httpx.Client, owner: Person, person: MakePerson) -> None:
    end = (datetime.now(UTC) + timedelta(days=90)).replace(microsecond=0)
    wanted = {
        "name": "Till 3 \U0001f6d2",
        "scopes": ["dashboard:read", "events:write", "dashboard:read"],
        "expires_at": end.isoformat(),
    }
    made = owner.make(KEYS, wanted)
    parsed = parse_api_key(made["api_key"])
    assert parsed
    assert (parsed.merchant_id, parsed.key_id) == (owner.merchant_id, made["key_id"])
    assert made["api_key"].startswith(made["prefix"] + "_")
    assert instant(made["expires_at"]) == end
    assert made["scopes"] == ["dashboard:read", "events:write"]
    assert (made["name"], made["state"], made["created_by"]) == (wanted["name"], "active", "ada")
    assert (made["last_used_at"], made["revoked_at"], made["replaced_by"]) == (None, None, None)

    assert send(client, made).status_code == 202
    assert client.get(OVERVIEW, headers={"X-API-Key": made["api_key"]}).status_code == 200
    one = owner.get(f"{KEYS}/{made['key_id']}")
    assert instant(one.pop("last_used_at")) > instant(made["created_at"])
    assert one == {name: made[name] for name in made if name not in ("api_key", "last_used_at")}

    owner.end(f"{KEYS}/{made['key_id']}")
    owner.end(f"{KEYS}/{made['key_id']}")
    time.sleep(AUTH_CACHE_SECONDS)
    assert "revoked" in assert_problem(send(client, made), 401, "unauthenticated")["detail"]
    response = owner.ask("GET", KEYS)
    assert [key["state"] for key in response.json()["data"]] == ["revoked"]
    assert made["api_key"][-49:] not in response.text
    rotation = owner.ask("POST", f"{KEYS}/{made['key_id']}/rotate")
    assert "was revoked" in assert_problem(rotation, 409, "conflict")["detail"]


def test_a_key_sends_events_alone_unless_asked(client: httpx.Client, owner: Person) -> None:
    made = owner.make(KEYS)
    assert (made["scopes"], made["name"], made["expires_at"]) == (["events:write"], "", None)
    assert send(client, made).status_code == 202
    read = client.get(OVERVIEW, headers={"X-API-Key": made["api_key"]})
    assert_problem(read, 403, "forbidden")


def test_rotation_with_an_overlap(client: httpx.Client, owner: Person, db: Connection) -> None:
    end = datetime.now(UTC) + timedelta(days=90)
    old = owner.make(KEYS, {"name": "till", "scopes": ["events:write"], "expires_at": end.isoformat()})
    new = owner.make(f"{KEYS}/{old['key_id']}/rotate", {"overlap_seconds": 3600})
    assert new["key_id"] != old["key_id"]
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    # as long a life as the old one was given, from now on
    lives = [instant(key["expires_at"]) - instant(key["created_at"]) for key in (old, new)]
    assert lives[0] == lives[1]
    assert [send(client, key).status_code for key in (old, new)] == [202, 202]
    replaced = owner.get(f"{KEYS}/{old['key_id']}")
    assert (replaced["state"], replaced["replaced_by"]) == ("active", new["key_id"])
    assert instant(replaced["expires_at"]) - instant(new["created_at"]) == timedelta(hours=1)

    # the hour is over
    db.execute("update data.merchant_api_keys set expires_at = now() where key_id = %s", [old["key_id"]])
    time.sleep(AUTH_CACHE_SECONDS)
    assert "expired" in assert_problem(send(client, old), 401, "unauthenticated")["detail"]
    assert send(client, new).status_code == 202
    assert states(owner) == {old["key_id"]: "expired", new["key_id"]: "active"}


def test_rotation_never_lengthens_a_life_and_may_end_it_at_once(client: httpx.Client, owner: Person) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    short = owner.make(KEYS, {"expires_at": soon.isoformat()})
    owner.make(f"{KEYS}/{short['key_id']}/rotate")
    assert owner.get(f"{KEYS}/{short['key_id']}")["expires_at"] == short["expires_at"]
    endless = owner.make(KEYS)
    later = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)
    asked = {"overlap_seconds": 0, "expires_at": later.isoformat()}
    new = owner.make(f"{KEYS}/{endless['key_id']}/rotate", asked)
    assert instant(new["expires_at"]) == later
    time.sleep(AUTH_CACHE_SECONDS)
    assert send(client, endless).status_code == 401
    assert send(client, new).status_code == 202


def test_of_rotations_at_the_same_moment_one_counts(owner: Person) -> None:
    for _ in range(5):
        key_id = owner.make(KEYS)["key_id"]
        before = len(states(owner))
        rotation = f"{KEYS}/{key_id}/rotate"
        assert at_once(6, lambda path=rotation: owner.ask("POST", path)) == [201, *[409] * 5]
        assert len(states(owner)) == before + 1


def test_the_number_of_live_keys_is_limited(owner: Person, db: Connection) -> None:
    change = "update ops.settings set value = %s where name = 'max_api_keys'"
    db.execute(change, [4])
    try:
        assert at_once(8, lambda: owner.ask("POST", KEYS)) == [201] * 4 + [409] * 4
        first, second, third, _ = states(owner)
        assert_problem(owner.ask("POST", KEYS), 409, "conflict")
        # who rotates needs no room, and who revokes makes some
        owner.make(f"{KEYS}/{first}/rotate")
        owner.end(f"{KEYS}/{second}")
        db.execute("update data.merchant_api_keys set expires_at = now() where key_id = %s", [third])
        for _ in range(2):
            owner.make(KEYS)
        assert_problem(owner.ask("POST", KEYS), 409, "conflict")
    finally:
        db.execute(change, [50])


def test_an_end_is_seen_by_every_process(
    client: httpx.Client,
    owner: Person,
    service: Service,
    settings: dict[str, str],
    tmp_path: Path,
) -> None:
    """The second process remembers as long as one does that was told nothing else."""
    kept, revoked = owner.make(KEYS), owner.make(KEYS)
    endpoint = owner.make(ENDPOINTS)
    path = f"/api/webhooks/{endpoint['endpoint_id']}"

    def statuses(client: httpx.Client) -> list[int]:
        body = message()
        signed = client.post(path, content=body, headers=sign(endpoint["secret"], body))
        return [send(client, kept).status_code, send(client, revoked).status_code, signed.status_code]

    own = {name: value for name, value in settings.items() if name != "MOLAM_AUTH_CACHE_SECONDS"}
    with (
        run_service(service.database_url, tmp_path / "log", **own) as other,
        httpx.Client(base_url=other.url, verify=False, timeout=15) as elsewhere,
    ):
        assert statuses(elsewhere) == [202, 202, 202]
        owner.end(f"{KEYS}/{revoked['key_id']}")
        owner.end(f"{ENDPOINTS}/{endpoint['endpoint_id']}")
        time.sleep(5)
        assert statuses(elsewhere) == [202, 401, 401]
    assert statuses(client) == [202, 401, 401]


def test_a_mistyped_key_is_refused_without_the_database(tmp_path: Path) -> None:
    key = new_api_key(uuid4()).text
    mistyped = key[:-10] + ("a" if key[-10] != "a" else "b") + key[-9:]
    with run_service("postgresql://nobody@127.0.0.1:1/none", tmp_path / "log") as service:
        answers = [
            httpx.post(service.url + SINGLE, json=event(), headers={"X-API-Key": text}, verify=False)
            for text in (mistyped, key)
        ]
    assert_problem(answers[0], 401, "unauthenticated")
    assert_problem(answers[1], 503, "unavailable")


def test_use_is_noted_without_a_write_per_request_nor_a_wait(
    client: httpx.Client, owner: Person, db: Connection, connect: Callable[..., Connection]
) -> None:
    key = owner.make(KEYS)
    # the place of the row's version: each write would move it
    query = "select last_used_at, ctid::text from data.merchant_api_keys where key_id = %s"
    assert send(client, key).status_code == 202
    noted = db.execute(query, [key["key_id"]]).fetchone()
    assert noted
    assert noted[0] is not None
    for _ in range(3):
        time.sleep(AUTH_CACHE_SECONDS)
        assert send(client, key).status_code == 202
    assert db.execute(query, [key["key_id"]]).fetchone() == noted
    db.execute(
        "update data.merchant_api_keys set last_used_at = now() - interval '61 seconds' where key_id = %s",
        [key["key_id"]],
    )
    with connect(autocommit=False) as changing:
        changing.execute("select from data.merchant_api_keys where key_id = %s for update", [key["key_id"]])
        time.sleep(AUTH_CACHE_SECONDS)
        assert send(client, key).status_code == 202
    time.sleep(AUTH_CACHE_SECONDS)
    assert send(client, key).status_code == 202
    row = db.execute(query, [key["key_id"]]).fetchone()
    assert row
    assert row[0] > noted[0]


def test_the_trail_says_who_did_what(owner: Person, person: MakePerson, db: Connection) -> None:
    key = owner.make(KEYS, {"name": "till"})
    path = f"{KEYS}/{key['key_id']}"
    new = person(owner.merchant_id, role="owner", sub="auth0|bob").make(f"{path}/rotate")
    db.execute(
        "update data.merchant_api_keys set name = 'till 1', secret_sha256 = sha256('mine') where key_id = %s",
        [key["key_id"]],
    )
    owner.end(path)
    owner.end(path)  # nothing more to do, nothing more to tell
    row = db.execute("select session_user").fetchone()
    assert row
    trail = owner.get(f"{path}/audit")["data"]
    assert [(entry["action"], entry["actor"], entry["actor_kind"]) for entry in trail] == [
        ("revoked", "ada", "token"),
        ("changed", row[0], "database_user"),
        ("rotated", "auth0|bob", "token"),
        ("created", "ada", "token"),
    ]
    assert [instant(entry["acted_at"]) for entry in trail] == sorted(
        (instant(entry["acted_at"]) for entry in trail), reverse=True
    )
    revoked, changed, rotated, created = [entry["changes"] for entry in trail]
    assert list(revoked) == ["revoked_at"]
    assert changed["name"] == {"from": "till", "to": "till 1"}
    assert changed["secret"]["from"] == parse_api_key(key["api_key"]).secret_sha256.hex()[:8]  # type: ignore[union-attr]
    assert rotated["replaced_by"] == {"from": None, "to": new["key_id"]}
    assert instant(rotated["expires_at"]["to"]) - instant(new["created_at"]) == timedelta(days=1)
    assert created["scopes"] == {"from": None, "to": ["events:write"]}
    assert key["api_key"][-49:] not in str(trail)


@pytest.mark.parametrize("statement", ["update {} set subject = 'eve'", "delete from {}", "truncate {}"])
@pytest.mark.parametrize("table", ["data.merchant_api_key_audit", "data.webhook_endpoint_audit"])
def test_the_trail_is_append_only(owner: Person, db: Connection, table: str, statement: str) -> None:
    owner.make(KEYS)
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.execute(statement.format(table))  # type: ignore[arg-type]
