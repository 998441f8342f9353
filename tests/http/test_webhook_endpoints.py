"""/api/webhook-endpoints: an endpoint's life, and two secrets at once while one takes the other's place."""

import base64
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.http.conftest import AUTH_CACHE_SECONDS, assert_problem
from tests.http.people import ENDPOINTS, MakePerson, Person
from tests.http.test_keys import at_once
from tests.http.test_webhooks import Sender, message, sign

Connection = psycopg.Connection[Any]


def statuses(sender: Sender, *secrets: str) -> list[int]:
    """What a message signed with each secret is answered."""
    body = message()
    return [sender.post(body, sign(secret, body)).status_code for secret in secrets]


def test_the_life_of_an_endpoint(owner: Person) -> None:
    made = owner.make(ENDPOINTS, {"description": "Till 3 \U0001f6d2"})
    secret = made.pop("secret")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert (made["description"], made["state"], made["created_by"]) == ("Till 3 \U0001f6d2", "active", "ada")
    path = f"{ENDPOINTS}/{made['endpoint_id']}"
    assert owner.get(path) == made
    sender = Sender(owner)
    assert statuses(sender, sender.secret) == [202]
    response = owner.ask("GET", ENDPOINTS)
    assert [e["endpoint_id"] for e in response.json()["data"]] == [sender.endpoint_id, made["endpoint_id"]]
    assert [e["last_received_at"] is None for e in response.json()["data"]] == [False, True]
    assert "whsec_" not in response.text
    assert secret[6:20] not in response.text

    path = f"{ENDPOINTS}/{sender.endpoint_id}"
    owner.end(path)
    owner.end(path)
    time.sleep(AUTH_CACHE_SECONDS)
    assert statuses(sender, sender.secret) == [401]
    ended = owner.get(path)
    assert ended["state"] == "disabled"
    assert ended["disabled_at"]
    assert_problem(owner.ask("POST", f"{path}/rotate"), 409, "conflict")


def test_rotation_with_an_overlap(owner: Person, db: Connection) -> None:
    sender = Sender(owner)
    path = f"{ENDPOINTS}/{sender.endpoint_id}"
    rotated = owner.make(f"{path}/rotate", {"overlap_seconds": 3600})
    new = rotated["secret"]
    until = datetime.fromisoformat(rotated["previous_secret_expires_at"])
    row = db.execute("select now()").fetchone()
    assert row
    assert timedelta(minutes=59) < until - row[0] <= timedelta(hours=1)
    # the new one counts at once wherever the endpoint is not remembered, and soon everywhere
    time.sleep(AUTH_CACHE_SECONDS)
    assert statuses(sender, sender.secret, new) == [202, 202]
    # a third one would end the one that senders still use
    refused = assert_problem(owner.ask("POST", f"{path}/rotate"), 409, "conflict")
    assert rotated["previous_secret_expires_at"] in refused["detail"]
    db.execute(
        "update data.webhook_endpoints set previous_secret_expires_at = now() where endpoint_id = %s",
        [sender.endpoint_id],
    )
    time.sleep(AUTH_CACHE_SECONDS)
    assert statuses(sender, sender.secret, new) == [401, 202]
    assert owner.get(path)["previous_secret_expires_at"] is None
    owner.make(f"{path}/rotate")


def test_rotation_that_ends_all_earlier_secrets(owner: Person) -> None:
    sender = Sender(owner)
    path = f"{ENDPOINTS}/{sender.endpoint_id}/rotate"
    second = owner.make(path)["secret"]
    third = owner.make(path, {"overlap_seconds": 0})
    assert third["previous_secret_expires_at"] is None
    time.sleep(AUTH_CACHE_SECONDS)
    assert statuses(sender, sender.secret, second, third["secret"]) == [401, 401, 202]


def test_of_rotations_at_the_same_moment_one_counts(owner: Person) -> None:
    for _ in range(5):
        sender = Sender(owner)
        path = f"{ENDPOINTS}/{sender.endpoint_id}/rotate"
        assert at_once(6, lambda path=path: owner.ask("POST", path)) == [201, *[409] * 5]
        assert statuses(sender, sender.secret) == [202]


def test_the_number_of_endpoints_is_limited(owner: Person, db: Connection) -> None:
    change = "update ops.settings set value = %s where name = 'max_webhook_endpoints'"
    db.execute(change, [3])
    try:
        assert at_once(6, lambda: owner.ask("POST", ENDPOINTS)) == [201] * 3 + [409] * 3
        first = owner.get(ENDPOINTS)["data"][0]
        owner.end(f"{ENDPOINTS}/{first['endpoint_id']}")
        owner.make(ENDPOINTS)
        assert_problem(owner.ask("POST", ENDPOINTS), 409, "conflict")
    finally:
        db.execute(change, [20])


def test_the_trail_says_who_did_what(owner: Person, person: MakePerson, db: Connection) -> None:
    made = owner.make(ENDPOINTS, {"description": "till"})
    path = f"{ENDPOINTS}/{made['endpoint_id']}"
    rotated = person(owner.merchant_id, role="owner", sub="bob").make(f"{path}/rotate")
    db.execute(
        "update data.webhook_endpoints set description = 'till 1' where endpoint_id = %s",
        [made["endpoint_id"]],
    )
    owner.end(path)
    row = db.execute("select session_user").fetchone()
    assert row
    response = owner.ask("GET", f"{path}/audit")
    trail = response.json()["data"]
    assert [(entry["action"], entry["actor"], entry["actor_kind"]) for entry in trail] == [
        ("disabled", "ada", "token"),
        ("changed", row[0], "database_user"),
        ("rotated", "bob", "token"),
        ("created", "ada", "token"),
    ]
    assert trail[1]["changes"] == {"description": {"from": "till", "to": "till 1"}}
    assert trail[2]["changes"]["secret"]["from"] == trail[2]["changes"]["previous_secret"]["to"]
    for secret in (made["secret"], rotated["secret"]):
        assert secret[6:] not in response.text
        assert base64.b64decode(secret[6:]).hex()[:8] not in response.text
