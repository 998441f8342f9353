"""POST /api/webhooks/{endpoint_id}: signed messages of other systems, the same way in as any event."""

import base64
import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.webhooks import new_endpoint_id
from tests.http.conftest import AUTH_CACHE_SECONDS, MAX_BODY_BYTES, Tenant, assert_problem, event
from tests.http.people import Json, MakePerson, Person
from tests.http.senders import TIME, Sender, message, sign

Connection = psycopg.Connection[Any]
Stored = Callable[[], int]


@pytest.fixture
def sender(owner: Person) -> Sender:
    return Sender(owner)


def assert_refused(response: httpx.Response) -> Json:
    problem = assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith("StandardWebhooks")
    return {name: problem[name] for name in ("type", "title", "detail")}


# --- outcomes ------------------------------------------------------------------------------------


def test_a_webhook_is_an_event(sender: Sender, db: Connection) -> None:
    body = message(amount=1000, customer_id="cust-é", fee="30.0", failure_code=None)
    response = sender.send(body, "msg_1")
    assert response.status_code == 202
    answer = response.json()
    assert (answer["ok"], answer["queued"], answer["duplicate"]) == (True, True, False)
    row = db.execute(
        """
        select event_id::text, event_type, amount, fee, currency, customer_id, idempotency_key,
            occurred_at = %s, is_occurred_at_given
        from data.transaction_events where merchant_id = %s
        """,
        [TIME, sender.merchant_id],
    ).fetchone()
    expected = ("payment_succeeded", 1000, 30, "XOF", "cust-é", "msg_1", True, True)
    assert row == (answer["event_id"], *expected)


def test_a_webhook_is_signed_before_it_is_compressed(sender: Sender) -> None:
    body = message()
    compressed, encoding = gzip.compress(body), {"Content-Encoding": "gzip"}
    assert sender.post(compressed, {**sign(sender.secret, body), **encoding}).status_code == 202
    assert_refused(sender.post(compressed, {**sign(sender.secret, compressed), **encoding}))


def test_a_webhook_sent_again_is_a_duplicate(sender: Sender, stored: Stored) -> None:
    body = message()
    first = sender.send(body, "msg_1", seconds_ago=200).json()
    before = stored()
    again = sender.send(body, "msg_1")
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["event_id"] == first["event_id"]
    assert stored() == before
    # another message about the same transaction is another event, as a second partial refund is
    assert sender.send(body, "msg_2").status_code == 202
    assert stored() == before + 1


def test_identity_is_the_same_for_every_way_in(
    client: httpx.Client, sender: Sender, person: MakePerson
) -> None:
    key = person(sender.merchant_id, role="owner").make("/api/keys")
    sent = event(occurred_at=TIME)
    first = sender.send(message(**sent, idempotency_key="msg_1"), "msg_1")
    assert first.status_code == 202
    headers = {"X-API-Key": key["api_key"], "Idempotency-Key": "msg_1"}
    again = client.post("/api/events/transaction", json=sent, headers=headers)
    assert (again.status_code, again.json()["event_id"]) == (200, first.json()["event_id"])


@pytest.mark.parametrize("given", [..., None, "2026-02-01T00:00:00.25+01:00"])
def test_the_time_of_the_event_before_that_of_the_message(
    sender: Sender, db: Connection, given: object
) -> None:
    assert sender.send(message(occurred_at=given)).status_code == 202
    query = "select occurred_at = %s from data.transaction_events where merchant_id = %s"
    expected = given if isinstance(given, str) else TIME
    assert db.execute(query, [expected, sender.merchant_id]).fetchone() == (True,)


@pytest.mark.parametrize("amount", ["999999999999999.99", 0.1, 0, "1e3"])
def test_amounts_stay_exact(sender: Sender, db: Connection, amount: object) -> None:
    assert sender.send(message(amount=amount, currency="EUR")).status_code == 202
    query = "select amount = %s::numeric from data.transaction_events where merchant_id = %s"
    assert db.execute(query, [str(amount), sender.merchant_id]).fetchone() == (True,)


def test_other_values_under_the_same_id_conflict(sender: Sender, stored: Stored) -> None:
    sent = event()
    assert sender.send(message(**sent), "msg_1").status_code == 202
    before = stored()
    other = sender.send(message(**{**sent, "amount": 5, "customer_id": "eve"}), "msg_1")
    assert_problem(other, 409, "event-conflict", ["/data/amount", "/data/customer_id"])
    later = message(**sent).replace(TIME.encode(), b"2026-01-31T09:30:01Z")
    assert_problem(sender.send(later, "msg_1"), 409, "event-conflict", ["/timestamp"])
    own = sender.send(message(**sent, occurred_at="2026-01-31T09:30:01Z"), "msg_1")
    assert_problem(own, 409, "event-conflict", ["/data/occurred_at"])
    assert stored() == before


# --- wrong values --------------------------------------------------------------------------------

WRONG_DATA: dict[str, Any] = {
    "transaction_id": "",
    "amount": "1000.50",
    "fee": -1,
    "currency": "ZZZ",
    "payment_method": "x" * 65,
    "occurred_at": "1969-01-01T00:00:00Z",
    "customer_id": 5,
    "product_id": "a\0b",
    "idempotency_key": "another",
    "colour": "red",
}


def test_a_wrong_value_is_named_by_its_place_in_the_message(sender: Sender, stored: Stored) -> None:
    before = stored()
    for name, value in WRONG_DATA.items():
        response = sender.send(message(**{name: value}))
        assert_problem(response, 422, "validation-failed", [f"/data/{name}"])
    good = json.loads(message())
    future = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    wrong: list[tuple[Any, str]] = [
        ({**good, "type": "payment_succeeded"}, "/type"),
        ({**good, "type": "customer.created"}, "/type"),
        ({**good, "timestamp": future}, "/timestamp"),
        ({**good, "timestamp": "2026-01-31"}, "/timestamp"),
        ({**good, "timestamp": None}, "/timestamp"),
        ({**good, "timestamp": "2026-01-31T00:00:00+20:00"}, "/timestamp"),
        ({**good, "data": []}, "/data"),
        ({**good, "data": None}, "/data"),
        ({**good, "data": {**good["data"], "event_type": "payment_succeeded"}}, "/data/event_type"),
        ({**good, "id": "msg_1"}, "/id"),
        ([good], ""),
        *(({name: good[name] for name in good if name != left_out}, f"/{left_out}") for left_out in good),
    ]
    for body, pointer in wrong:
        assert_problem(sender.send(json.dumps(body).encode()), 422, "validation-failed", [pointer])
    for name in ("transaction_id", "amount", "currency"):
        response = sender.send(message(**{name: ...}))
        assert_problem(response, 422, "validation-failed", [f"/data/{name}"])
    assert stored() == before


def test_several_wrong_values_are_all_named(sender: Sender) -> None:
    response = sender.send(message(amount="0.5", currency="XOF", occurred_at="1969-01-01T00:00:00Z"))
    assert_problem(response, 422, "validation-failed", ["/data/amount", "/data/occurred_at"])


def test_signed_text_that_is_not_unambiguous_json(sender: Sender, stored: Stored) -> None:
    before = stored()
    good = message().decode()
    for text in (
        "",
        "{",
        good[:-1],
        good + "x",
        good.replace('"data": {', '"data": {"amount": 1, '),
        good.replace('{"type"', '{"timestamp": "2026-01-31T09:30:00Z", "type"'),
        good.replace("1000", "NaN"),
        good.replace("XOF", r"\ud800"),
        "[" * 100_000,
    ):
        assert_problem(sender.send(text.encode()), 400, "malformed-json")
    assert stored() == before


def test_ids_that_cannot_be_kept(sender: Sender, stored: Stored) -> None:
    before = stored()
    body = message()
    assert_problem(sender.send(body, "x" * 256), 400, "malformed-request")
    assert stored() == before
    assert sender.send(body, "x" * 255).status_code == 202


# --- signatures ----------------------------------------------------------------------------------


def test_all_that_is_not_signed_right_is_refused_alike(
    sender: Sender, person: MakePerson, stored: Stored
) -> None:
    before = stored()
    body = message()
    good = sign(sender.secret, body, "msg_1")
    mac = good["webhook-signature"].removeprefix("v1,")
    of_another = Sender(person(role="owner"))
    changed = [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)},
        {"webhook-signature": sign(of_another.secret, body, "msg_1")["webhook-signature"]},
        *({name: ""} for name in good if name.startswith("webhook-")),
        *({"webhook-timestamp": value} for value in ("now", "nan", "inf", "-1", "1e400", "9" * 400, TIME)),
        *(
            {"webhook-signature": value}
            for value in (
                mac, f"v1{mac}", f"v2,{mac}", f"v1a,{mac}", "v1", "v1,", "v1,===", "v1,a,b", ",",
                "v1,é".encode(), mac[:-4], f"v1,{mac[:-4]}", f"v1,{mac.swapcase()}",
            )
        ),
    ]  # fmt: skip
    refusals = [assert_refused(sender.post(body, {**good, **change})) for change in changed]
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        refusals.append(assert_refused(sender.post(body, {n: v for n, v in good.items() if n != name})))
        refusals.append(assert_refused(sender.post(body, [*good.items(), (name, good[name])])))
    refusals.append(assert_refused(sender.post(body + b" ", good)))
    refusals.append(assert_refused(sender.post(b"{", good)))
    refusals.append(assert_refused(sender.post(b"\xff", sign(sender.secret, b"\xff"))))
    unknown = new_endpoint_id(sender.merchant_id)
    for endpoint_id in (
        unknown,
        new_endpoint_id(uuid4()),
        of_another.endpoint_id,
        "x",
        f"we_{'z' * 22}_{'a' * 12}",
    ):
        response = sender.client.post(f"/api/webhooks/{endpoint_id}", content=body, headers=good)
        refusals.append(assert_refused(response))
    assert all(refusal == refusals[0] for refusal in refusals)
    assert stored() == before
    assert sender.post(body, good).status_code == 202


def test_one_right_signature_of_several_is_enough(sender: Sender) -> None:
    body = message()
    good = sign(sender.secret, body)
    wrong = sign("whsec_" + base64.b64encode(b"x" * 32).decode(), body)["webhook-signature"]
    several = f"v1a,c2lnbmF0dXJl {wrong} {good['webhook-signature']}"
    assert sender.post(body, {**good, "webhook-signature": several}).status_code == 202


@pytest.mark.parametrize(("seconds_ago", "is_good"), [(290, True), (-290, True), (310, False), (-310, False)])
def test_five_minutes_are_tolerated(sender: Sender, stored: Stored, seconds_ago: int, is_good: bool) -> None:
    before = stored()
    response = sender.send(message(), seconds_ago=seconds_ago)
    if is_good:
        assert response.status_code == 202
    else:
        assert_refused(response)
    assert stored() == before + is_good


def test_the_signature_comes_before_all_else(sender: Sender, tenant: Tenant) -> None:
    """What is not signed gets no answer about its content, and other credentials help nobody."""
    for body in (b"{", b"[]", message(amount=-1)):
        assert_refused(sender.post(body, {"Content-Type": "application/json", **tenant.headers}))


def test_bodies_and_methods(sender: Sender, stored: Stored) -> None:
    before = stored()
    body = message()
    headers = sign(sender.secret, body)
    for change in ({"Content-Type": "text/plain"}, {"Content-Encoding": "br"}):
        assert_problem(sender.post(body, {**headers, **change}), 415, "unsupported-media-type")
    assert_problem(sender.client.get(sender.path), 405, "method-not-allowed")
    padded = body + b" " * (MAX_BODY_BYTES + 1 - len(body))
    assert_problem(sender.send(padded), 413, "content-too-large")
    assert stored() == before


def test_a_suspended_merchant(sender: Sender, db: Connection) -> None:
    assert sender.send(message()).status_code == 202
    query = "update data.merchants set status = 'suspended' where merchant_id = %s"
    db.execute(query, [sender.merchant_id])
    # remembered or not
    assert_problem(sender.send(message()), 403, "merchant-suspended")
    time.sleep(AUTH_CACHE_SECONDS)
    assert_problem(sender.send(message()), 403, "merchant-suspended")
    assert_refused(sender.post(message(), sign(sender.secret, b"{}")))
