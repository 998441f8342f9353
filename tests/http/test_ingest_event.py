"""POST /api/events/transaction: outcomes, and every wrong input with nothing stored."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.http.conftest import Tenant, assert_problem, event, post
from tests.oracle import MAX_LENGTHS

PATH = "/api/events/transaction"

Stored = Callable[[], int]


def send(client: httpx.Client, tenant: Tenant, body: Any, **headers: str) -> httpx.Response:
    return post(client, PATH, tenant, body, **headers)


# --- outcomes ------------------------------------------------------------------------------------


def test_a_new_event_is_queued(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    response = send(client, tenant, event())
    assert response.status_code == 202
    body = response.json()
    UUID(body.pop("event_id"))
    assert body == {"ok": True, "queued": True, "duplicate": False, "message": "Event queued for processing"}
    assert stored() == before + 1


def test_a_repeated_event_is_a_duplicate(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    sent = event()
    first = send(client, tenant, sent)
    before = stored()
    again = send(client, tenant, sent)
    assert again.status_code == 200
    assert again.json()["event_id"] == first.json()["event_id"]
    assert (again.json()["queued"], again.json()["duplicate"]) == (False, True)
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 1001),
        ("fee", 1),
        ("currency", "EUR"),
        ("customer_id", "other"),
        ("product_id", "other"),
        ("payment_method", "card"),
        ("occurred_at", "2026-01-01T00:00:01Z"),
    ],
)
def test_other_values_for_the_same_identity_conflict(
    client: httpx.Client, tenant: Tenant, stored: Stored, field: str, value: object
) -> None:
    sent = event(occurred_at="2026-01-01T00:00:00Z")
    assert send(client, tenant, sent).status_code == 202
    before = stored()
    assert_problem(send(client, tenant, {**sent, field: value}), 409, "event-conflict", [f"/{field}"])
    assert stored() == before


def test_all_fields_are_stored_exactly(
    client: httpx.Client, tenant: Tenant, db: psycopg.Connection[Any]
) -> None:
    sent = event(
        event_type="payment_failed",
        amount="999999999999999.99",
        currency="EUR",
        fee=0.1,
        payment_method="mobile_money",
        product_id="prod-é",
        product_name='Ünïcode "quoted" \\ / \U0001f600',
        customer_id="client:1",
        failure_code="insufficient_funds",
        occurred_at="2026-01-31T10:30:00.123456+01:00",
        idempotency_key="attempt 2",
    )
    assert send(client, tenant, sent).status_code == 202
    row = db.execute(
        """
        select transaction_id, event_type, amount::text, currency, fee::text, payment_method, product_id,
            product_name, customer_id, failure_code, (occurred_at at time zone 'UTC')::text, idempotency_key
        from data.transaction_events where merchant_id = %s
        """,
        [tenant.merchant_id],
    ).fetchone()
    expected = {**sent, "amount": "999999999999999.9900", "fee": "0.1000"}
    expected["occurred_at"] = "2026-01-31 09:30:00.123456"
    assert row == tuple(expected.values())


@pytest.mark.parametrize("name", ["fee", "payment_method", "product_id", "product_name", "customer_id"])
@pytest.mark.parametrize("event_type", ["payment_created", "payment_refunded"])
def test_null_counts_as_missing(client: httpx.Client, tenant: Tenant, name: str, event_type: str) -> None:
    sent = event(event_type=event_type)
    assert send(client, tenant, {**sent, name: None}).status_code == 202
    assert send(client, tenant, sent).status_code == 200


@pytest.mark.parametrize(
    "amount",
    [
        "0",
        "-0",
        "0.0",
        "1000",
        "1000.00",
        "1e3",
        "1E+3",
        "10e2",
        "100000e-2",
        '"1000"',
        '"1000.000"',
        "999999999999999",
    ],
)
def test_numbers_that_are_amounts_of_xof(client: httpx.Client, tenant: Tenant, amount: str) -> None:
    body = json.dumps(event()).replace("1000", amount)
    assert send(client, tenant, body).status_code == 202


# --- wrong values --------------------------------------------------------------------------------


WRONG_TEXTS = ["", 5, True, ["a"], {"a": 1}, "a\0b"]
WRONG_AMOUNTS = [
    *(-1, 1.5, 1e15, 10**40, True, [1], {"a": 1}, "", "abc", "1.50", "-1", "NaN", "Infinity", "-Infinity"),
    *(" 1", "1 ", "1_000", "0x10", "١٢", "1,5", "1e", ".5", "5.", "007", "9" * 500),
]
WRONG_TIMES = [
    *("", "yesterday", "now", "infinity", 1767225600, "2026-01-01", "2026-01-01T00:00:00"),
    *("2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00Z\n", "2026-01-01T00:00Z"),
    *("2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+16:00", "2026-01-01T00:00:00-23:59"),
    *("1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "0001-01-01T00:00:00Z"),
    "9999-12-31T23:59:59-15:00",
]
WRONG_VALUES: dict[str, list[Any]] = {
    **{name: [*WRONG_TEXTS, "é" * (length + 1)] for name, length in MAX_LENGTHS.items()},
    "event_type": [None, "payment_lost", "PAYMENT_CREATED", 1],
    "currency": [None, "", "xof", "XO", "XOFF", "XXX", "ZZZ", "XO\n", 952],
    "amount": [None, *WRONG_AMOUNTS],
    "fee": WRONG_AMOUNTS,
    "occurred_at": WRONG_TIMES,
}


@pytest.mark.parametrize(("name", "values"), WRONG_VALUES.items(), ids=WRONG_VALUES.keys())
def test_a_wrong_value_is_named(
    client: httpx.Client, tenant: Tenant, stored: Stored, name: str, values: list[Any]
) -> None:
    before = stored()
    for value in values:
        assert_problem(send(client, tenant, event(**{name: value})), 422, "validation-failed", [f"/{name}"])
    assert stored() == before


@pytest.mark.parametrize("name", ["transaction_id", "event_type", "amount", "currency"])
def test_a_required_field_is_missed(client: httpx.Client, tenant: Tenant, stored: Stored, name: str) -> None:
    before = stored()
    sent = event()
    del sent[name]
    problem = assert_problem(send(client, tenant, sent), 422, "validation-failed", [f"/{name}"])
    assert problem["errors"][0]["detail"] == "is required"
    assert stored() == before


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("colour", "/colour"),
        ("Amount", "/Amount"),
        ("", "/"),
        ("a/b~c", "/a~1b~0c"),
        ("x` - at `$.amount", "/x` - at `$.amount"),
        ("nul\0", "/nul\0"),
        ("long" * 1000, "/" + "long" * 25),
        ("merchant_id", "/merchant_id"),
    ],
)
def test_an_unknown_field_is_named(
    client: httpx.Client, tenant: Tenant, stored: Stored, name: str, pointer: str
) -> None:
    before = stored()
    assert_problem(send(client, tenant, event(**{name: 1})), 422, "validation-failed", [pointer])
    assert stored() == before


def test_a_future_event_is_refused(client: httpx.Client, tenant: Tenant, db: psycopg.Connection[Any]) -> None:
    def at(offset: str) -> str:
        query = "select to_char(now() at time zone 'UTC' + %s::interval, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        row = db.execute(query, [offset]).fetchone()
        assert row
        return row[0]

    assert send(client, tenant, event(occurred_at=at("4 minutes"))).status_code == 202
    late = send(client, tenant, event(occurred_at=at("6 minutes")))
    assert_problem(late, 422, "validation-failed", ["/occurred_at"])


# --- wrong JSON ----------------------------------------------------------------------------------

GOOD = json.dumps(event(transaction_id="t"))

MALFORMED: dict[str, str | bytes] = {
    "empty": "",
    "blank": "  \n",
    "word": "hello",
    "truncated": GOOD[:-1],
    "truncated after an unknown field": '{"colour": 1, ',
    "trailing": GOOD + "x",
    "two values": GOOD + GOOD,
    "trailing comma": GOOD.replace("}", ",}"),
    "single quotes": GOOD.replace('"', "'"),
    "comment": GOOD.replace("{", "{/* */"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "utf-16": GOOD.encode("utf-16"),
    "latin-1": GOOD.replace('"t"', '"é"').encode("latin-1"),
    "overlong utf-8": GOOD.encode().replace(b'"t"', b'"\xc0\xaf"'),
    "surrogate in utf-8": GOOD.encode().replace(b'"t"', b'"\xed\xa0\x80"'),
    "invalid utf-8 in a key": GOOD.encode().replace(b"{", b'{"\xff": 1, '),
    "lone high surrogate": GOOD.replace('"t"', r'"\ud800"'),
    "lone low surrogate": GOOD.replace('"t"', r'"\udc00"'),
    "high surrogate and a letter": GOOD.replace('"t"', r'"\ud800a"'),
    "bare NUL": GOOD.replace('"t"', '"\0"'),
    "bare line feed": GOOD.replace('"t"', '"\n"'),
    "unknown escape": GOOD.replace('"t"', r'"\x41"'),
    "NaN": GOOD.replace("1000", "NaN"),
    "Infinity": GOOD.replace("1000", "-Infinity"),
    "leading zero": GOOD.replace("1000", "01000"),
    "plus": GOOD.replace("1000", "+1000"),
    "hexadecimal": GOOD.replace("1000", "0x10"),
    "bare fraction": GOOD.replace("1000", ".5"),
    "same key twice": GOOD.replace("{", '{"amount": 1000, '),
    "same key twice, escaped": GOOD.replace("{", r'{"\u0061mount": 1000, '),
    "same key twice, quotes in between": GOOD.replace("{", r'{"transaction_id": "\"\\", '),
    "same key twice, spaced": GOOD.replace("{", '{"currency" : "XOF" , '),
    "same optional key twice": GOOD.replace("{", '{"fee": null, "fee": null, '),
    "deep": "[" * 100_000,
    "deep in an amount": GOOD.replace("1000", "[" * 50_000 + "]" * 50_000),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_text_that_is_not_unambiguous_json(
    client: httpx.Client, tenant: Tenant, stored: Stored, text: str | bytes
) -> None:
    before = stored()
    assert_problem(send(client, tenant, text), 400, "malformed-json")
    assert stored() == before


@pytest.mark.parametrize("text", ["[]", "null", "5", '"text"', "true", f"[{GOOD}]"])
def test_json_that_is_no_object(client: httpx.Client, tenant: Tenant, stored: Stored, text: str) -> None:
    before = stored()
    assert_problem(send(client, tenant, text), 422, "validation-failed", [""])
    assert stored() == before


@pytest.mark.parametrize(
    "number", ["1e400", "1e-400", "1e999999999", "1" * 10_000, "0." + "1" * 10_000, "1e-30"]
)
def test_numbers_beyond_all_bounds(client: httpx.Client, tenant: Tenant, stored: Stored, number: str) -> None:
    before = stored()
    for text in (number, f'"{number}"'):
        response = send(client, tenant, json.dumps(event(amount=0)).replace(": 0", f": {text}"))
        assert_problem(response, 422, "validation-failed", ["/amount"])
    assert stored() == before


def test_an_escaped_backslash_before_a_quote_is_no_duplicate_key(
    client: httpx.Client, tenant: Tenant
) -> None:
    assert send(client, tenant, event(product_name='\\"\\\\":"', customer_id='":":')).status_code == 202


# --- Idempotency-Key -----------------------------------------------------------------------------


def test_the_header_is_the_field(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    sent = event()
    before = stored()
    by_header = send(client, tenant, sent, **{"Idempotency-Key": "second"})
    by_field = send(client, tenant, {**sent, "idempotency_key": "second"})
    by_both = send(client, tenant, {**sent, "idempotency_key": "second"}, **{"Idempotency-Key": "second"})
    by_null = send(client, tenant, {**sent, "idempotency_key": None}, **{"Idempotency-Key": "second"})
    assert by_header.status_code == 202
    assert [answer.status_code for answer in (by_field, by_both, by_null)] == [200, 200, 200]
    assert len({answer.json()["event_id"] for answer in (by_header, by_field, by_both, by_null)}) == 1
    assert send(client, tenant, sent).status_code == 202
    assert stored() == before + 2


def test_header_and_field_must_agree(client: httpx.Client, tenant: Tenant, stored: Stored) -> None:
    before = stored()
    response = send(client, tenant, event(idempotency_key="one"), **{"Idempotency-Key": "two"})
    assert_problem(response, 422, "validation-failed", ["/idempotency_key"])
    assert stored() == before


@pytest.mark.parametrize("key", ["", "x" * 256, "é".encode(), b"\xff", b"a\tb"])
def test_a_bad_header(client: httpx.Client, tenant: Tenant, stored: Stored, key: str | bytes) -> None:
    before = stored()
    headers = {"Content-Type": "application/json", **tenant.headers, "Idempotency-Key": key}
    response = client.post(PATH, content=json.dumps(event()), headers=headers)  # type: ignore[arg-type]
    assert_problem(response, 400, "malformed-request")
    assert stored() == before
