"""POST /api/events/transaction/batch: strict and lenient, and every wrong input with nothing stored."""

import gzip
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
    "prefer",
    [
        "handling=strict",
        "handling=loose",
        "return=minimal",
        "xhandling=lenient",
        "handling",
        'wait="1, handling=lenient"',
        "wait; handling=lenient",
        "handling=strict, handling=lenient",
        "handling=loose, handling=lenient",
    ],
)
def test_other_preferences_are_strict(
    client: httpx.Client, tenant: Tenant, stored: Stored, prefer: str
) -> None:
    before = stored()
    assert send(client, tenant, [event(), event(amount=-1)], Prefer=prefer).status_code == 422
    assert stored() == before
    applied = send(client, tenant, [event()], Prefer=prefer).headers.get("preference-applied")
    assert applied == ("handling=strict" if prefer.startswith("handling=strict") else None)


# --- lenient -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefer",
    [
        "handling=lenient",
        "HANDLING=Lenient",
        'handling="lenient"',
        "respond-async, wait=100, handling=lenient",
        'wait="1, \\", 2", handling="lenient";x="y,z", handling=strict',
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
    twice = MALFORMED["same key twice"]
    problem = send(client, tenant, f"[{GOOD}, {twice}]", **headers).json()
    assert problem["detail"] == "Item 1: A key occurs twice in one object."
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


# --- one event a line ----------------------------------------------------------------------------

LINES = {"Content-Type": "application/x-ndjson"}


def send_lines(client: httpx.Client, tenant: Tenant, *lines: Any, **headers: str) -> httpx.Response:
    """Sends a line for each value, or lines given as text or bytes."""
    texts = [line if isinstance(line, bytes | str) else json.dumps(line) for line in lines]
    body = b"".join((text.encode() if isinstance(text, str) else text) + b"\n" for text in texts)
    return send(client, tenant, body, **LINES, **headers)


def test_lines_are_a_batch(
    client: httpx.Client, tenant: Tenant, stored: Stored, db: psycopg.Connection[Any]
) -> None:
    before = stored()
    known = event(amount="12345678901234.50", currency="EUR", product_name="\u2028 \\n")
    response = send_lines(client, tenant, "", known, "  \r", json.dumps(event()) + " \r", "", event())
    assert response.status_code == 202
    counts = {"ok": True, "total": 3, "ingested": 3, "duplicates": 0, "conflicts": 0, "rejected": 0}
    assert response.json() == {**counts, "results": []}
    assert stored() == before + 3
    query = "select amount::text, product_name from data.transaction_events where transaction_id = %s"
    row = db.execute(query, [known["transaction_id"]]).fetchone()
    assert row == ("12345678901234.5000", known["product_name"])
    # places count events, not lines; the last line needs no line feed
    body = b"\n".join(json.dumps(item).encode() for item in (event(), known))
    compressed = {**LINES, "Content-Encoding": "gzip"}
    answer = send(client, tenant, gzip.compress(b"\r\n" + body), **compressed).json()
    assert [(result["index"], result["outcome"]) for result in answer["results"]] == [(1, "duplicate")]
    thousand = send_lines(client, tenant, *(event() for _ in range(1000)))
    assert thousand.json()["ingested"] == 1000


def test_wrong_lines_are_named(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    lines = ["", event(amount=1.5), "", event(), event(colour=1), 5, None, [event()], event(amount=-1)]
    shapes = ["/2/colour", "/3", "/4", "/5", "/6/amount"]
    assert_problem(send_lines(client, tenant, *lines), 422, "validation-failed", shapes[:-1])
    ill_valued = send_lines(client, tenant, event(), "", event(amount=1.5))
    assert_problem(ill_valued, 422, "validation-failed", ["/1/amount"])
    assert stored() == before
    answer = send_lines(client, tenant, *lines, **LENIENT).json()
    places = [error["pointer"] for result in answer["results"] for error in result["errors"]]
    assert places == ["/0/amount", *shapes]
    assert (answer["ingested"], answer["rejected"]) == (1, 6)
    assert stored() == before + 1


@pytest.mark.parametrize("headers", [{}, LENIENT], ids=["strict", "lenient"])
def test_lines_that_are_not_one_value_each(
    client: httpx.Client, tenant: Tenant, stored: Stored, headers: dict[str, str]
) -> None:
    before = stored()
    malformed: list[str | bytes] = [text for text in MALFORMED.values() if text.strip()]
    malformed += [
        f"{GOOD} {GOOD}",
        f"{GOOD},",
        f"{GOOD},{GOOD}",
        f"[{GOOD}",
        "]",
        ",",
        f"{GOOD}\x0b",
        "\u00a0",
    ]
    for line in malformed:
        response = send_lines(client, tenant, GOOD, "", line, GOOD, **headers)
        assert assert_problem(response, 400, "malformed-json")["detail"].startswith("Line 3: "), line
    head, tail = GOOD[: GOOD.index(",")], GOOD[GOOD.index(",") + 1 :]
    # good JSON when put together, or when the line feeds are only space
    for lines in ([f"{GOOD},{head}", tail], GOOD.split(" "), ["[", GOOD, "]"]):
        assert_problem(send_lines(client, tenant, *lines, **headers), 400, "malformed-json")
    assert stored() == before


@pytest.mark.parametrize("body", [b"", b"\n\r\n \n", b"{}\n" * 1001, b"\n" * 500_000], ids=len)
def test_anything_but_1_to_1000_lines(
    client: httpx.Client, tenant: Tenant, stored: Stored, body: bytes
) -> None:
    before = stored()
    assert_problem(send(client, tenant, body, **LINES), 422, "validation-failed", [""])
    assert stored() == before
