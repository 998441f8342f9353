"""POST /api/events/transaction/batch: strict and lenient, and every wrong input with nothing stored."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.conftest import Tenant, assert_problem, event, post
from tests.http.test_ingest_event import GOOD, MALFORMED, WRONG_VALUES

PATH = "/api/events/transaction/batch"
LENIENT = {"Prefer": "handling=lenient"}

Stored = Callable[[], int]


def send(client: httpx.Client, tenant: Tenant, body: Any, **headers: str) -> httpx.Response:
    return post(client, PATH, tenant, body, **headers)


# --- outcomes ------------------------------------------------------------------------------------


def test_a_batch_of_1000(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    response = send(client, tenant, [event() for _ in range(1000)])
    assert response.status_code == 202
    counts = {"ok": True, "total": 1000, "ingested": 1000, "duplicates": 0, "conflicts": 0, "rejected": 0}
    assert response.json() == {**counts, "results": []}
    assert stored() == before + 1000


def test_results_list_what_was_not_ingested(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    first, second = event(), event()
    assert send(client, tenant, [first, second]).status_code == 202
    before = stored()
    third = event()
    answer = send(client, tenant, [first, third, {**second, "amount": 7}, third]).json()
    results = answer.pop("results")
    assert answer == {"ok": True, "total": 4, "ingested": 1, "duplicates": 2, "conflicts": 1, "rejected": 0}
    assert [(result["index"], result["outcome"]) for result in results] == [
        (0, "duplicate"),
        (2, "conflict"),
        (3, "duplicate"),
    ]
    assert [error["pointer"] for error in results[1]["errors"]] == ["/2/amount"]
    assert stored() == before + 1


def test_single_and_batch_share_identities(client: httpx.Client, tenant: Tenant) -> None:
    sent = event()
    headers = {"Content-Type": "application/json", **tenant.headers}
    single = client.post("/api/events/transaction", content=json.dumps(sent), headers=headers)
    answer = send(client, tenant, [sent]).json()
    assert answer["results"] == [
        {"index": 0, "outcome": "duplicate", "event_id": single.json()["event_id"]},
    ]


# --- strict --------------------------------------------------------------------------------------


def test_one_invalid_item_refuses_the_whole_batch(
    client: httpx.Client, tenant: Tenant, stored: Stored
) -> None:
    before = stored()
    for name, values in WRONG_VALUES.items():
        for value in values:
            items = [event(), event(), event(**{name: value})]
            assert_problem(send(client, tenant, items), 422, "validation-failed", [f"/2/{name}"])
    assert stored() == before


def test_every_invalid_item_is_listed(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    ill_shaped = [event(amount=None), event(), event(colour=1), 5, None, [], {}]
    pointers = ["/0/amount", "/2/colour", "/3", "/4", "/5", "/6/transaction_id"]
    assert_problem(send(client, tenant, ill_shaped), 422, "validation-failed", pointers)
    ill_valued = [
        event(amount=1.5),
        event(),
        event(currency="ZZZ"),
        event(occurred_at="1900-01-01T00:00:00Z"),
    ]
    pointers = ["/0/amount", "/2/currency", "/3/occurred_at"]
    assert_problem(send(client, tenant, ill_valued), 422, "validation-failed", pointers)
    assert stored() == before


@pytest.mark.parametrize(
    "prefer", ["handling=strict", "handling=loose", "return=minimal", "xhandling=lenient"]
)
def test_other_preferences_are_strict(
    client: httpx.Client, tenant: Tenant, stored: Stored, prefer: str
) -> None:
    before = stored()
    assert send(client, tenant, [event(), event(amount=-1)], Prefer=prefer).status_code == 422
    assert stored() == before


# --- lenient -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefer",
    [
        "handling=lenient",
        "HANDLING=Lenient",
        'handling="lenient"',
        "respond-async, wait=100, handling=lenient",
        "handling = lenient; foo=bar, return=minimal",
    ],
)
def test_lenient_stores_the_valid_items(
    client: httpx.Client, tenant: Tenant, stored: Stored, prefer: str
) -> None:
    known = event()
    assert send(client, tenant, [known]).status_code == 202
    before = stored()
    items = [known, event(amount=1.5), event(), "text", event(colour=1), {**known, "amount": 1}, event()]
    response = send(client, tenant, items, Prefer=prefer)
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "handling=lenient"
    answer = response.json()
    results = answer.pop("results")
    assert answer == {"ok": True, "total": 7, "ingested": 2, "duplicates": 1, "conflicts": 1, "rejected": 3}
    outcomes = [
        (result["index"], result["outcome"], [error["pointer"] for error in result.get("errors", [])])
        for result in results
    ]
    assert outcomes == [
        (0, "duplicate", []),
        (1, "rejected", ["/1/amount"]),
        (3, "rejected", ["/3"]),
        (4, "rejected", ["/4/colour"]),
        (5, "conflict", ["/5/amount"]),
    ]
    assert stored() == before + 2


def test_lenient_takes_any_wrong_value_for_a_rejected_item(
    client: httpx.Client, tenant: Tenant, stored: Stored
) -> None:
    wrong = [(name, value) for name, values in WRONG_VALUES.items() for value in values]
    before = stored()
    answer = send(client, tenant, [event(**{name: value}) for name, value in wrong], **LENIENT).json()
    assert (answer["rejected"], answer["ingested"]) == (len(wrong), 0)
    assert [(result["index"], result["errors"][0]["pointer"]) for result in answer["results"]] == [
        (index, f"/{index}/{name}") for index, (name, _) in enumerate(wrong)
    ]
    assert stored() == before


# --- wrong JSON, wrong sizes ---------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, LENIENT], ids=["strict", "lenient"])
def test_text_that_is_not_unambiguous_json(
    client: httpx.Client, tenant: Tenant, stored: Stored, headers: dict[str, str]
) -> None:
    before = stored()
    for text in MALFORMED.values():
        item = text.encode() if isinstance(text, str) else text
        response = send(client, tenant, b"[%b, %b]" % (GOOD.encode(), item), **headers)
        assert_problem(response, 400, "malformed-json")
    assert stored() == before


@pytest.mark.parametrize("headers", [{}, LENIENT], ids=["strict", "lenient"])
@pytest.mark.parametrize("body", [[], {}, event(), None, 5, "text", [event()] * 1001, [{}] * 5000])
def test_anything_but_1_to_1000_items(
    client: httpx.Client, tenant: Tenant, stored: Stored, body: Any, headers: dict[str, str]
) -> None:
    before = stored()
    response = send(client, tenant, json.dumps(body), **headers)
    assert_problem(response, 422, "validation-failed", [""])
    assert stored() == before


def test_the_header_is_for_single_events(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    response = send(client, tenant, [event()], **{"Idempotency-Key": "one"})
    assert_problem(response, 400, "malformed-request")
    assert stored() == before


def test_a_batch_touches_one_merchant_only(
    client: httpx.Client, tenant: Tenant, db: psycopg.Connection[Any]
) -> None:
    assert send(client, tenant, [event(), event()]).status_code == 202
    query = "select count(*) from data.transaction_events where merchant_id = %s"
    assert db.execute(query, [tenant.merchant_id]).fetchone() == (2,)
