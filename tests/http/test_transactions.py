"""The list of transactions and one of them over HTTP: the database's answers, every wrong parameter named."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from tests.http.conftest import Tenant, assert_problem, create_tenant, event

Connection = psycopg.Connection[Any]
Drain = Callable[[Connection], None]
Json = dict[str, Any]

LIST = "/api/transactions"
BATCH = "/api/events/transaction/batch"
START = datetime(2026, 3, 1, tzinfo=UTC)


def told(number: int, event_type: str = "payment_succeeded", **fields: Any) -> Json:
    """An event of the transaction with this number, which started so many minutes after START."""
    at = (START + timedelta(minutes=number)).isoformat()
    usual = {"transaction_id": f"t{number:03}", "amount": 5, "occurred_at": at}
    return event(event_type=event_type, **{**usual, **fields})


def ids(entries: list[Json]) -> list[str]:
    return [entry["transaction_id"] for entry in entries]


@pytest.fixture
def send(client: httpx.Client, tenant: Tenant, db: Connection, drain: Drain) -> Callable[..., None]:
    """Sends events and waits until they are in the list."""

    def send_and_drain(*events: Json, sender: Tenant = tenant) -> None:
        assert client.post(BATCH, json=events, headers=sender.headers).status_code == 202
        drain(db)

    return send_and_drain


Send = Callable[..., None]


@pytest.fixture
def get(client: httpx.Client, tenant: Tenant) -> Callable[..., Json]:
    """A page, with exact amounts."""

    def get_page(**parameters: object) -> Json:
        query = {name: str(value) for name, value in parameters.items()}
        response = client.get(LIST, params=query, headers=tenant.headers)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return json.loads(response.text, parse_float=Decimal)

    return get_page


Get = Callable[..., Json]


def walk(get: Get, between: Callable[[], None] = lambda: None, **parameters: object) -> Iterator[Json]:
    """All entries, page by page; `between` happens after each page."""
    answer = get(**parameters)
    yield from answer["data"]
    while answer["has_more"]:
        between()
        answer = get(**{**parameters, "starting_after": answer["next_cursor"]})
        yield from answer["data"]


# --- answers -------------------------------------------------------------------------------------


def test_answers_are_the_functions_own(
    client: httpx.Client, tenant: Tenant, db: Connection, send: Send, get: Get
) -> None:
    """Each filter reaches the parameter of its name."""
    send(
        told(1, "payment_created", payment_method="card"),
        told(1, customer_id="ana", product_id="tea", product_name="Tea", payment_method="card"),
        told(2, "payment_failed", customer_id="bob", failure_code="no_money"),
        told(3, customer_id="tea", product_id="ana", payment_method="succeeded"),
        told(3, "payment_refunded", customer_id="tea", amount=2),
        told(4, currency="KWD", amount="1.005", fee="0.001", customer_id="card"),
    )
    questions: list[dict[str, object]] = [
        {},
        {"status": "succeeded"},
        {"status": "partially_refunded"},
        {"customer_id": "ana"},
        {"product_id": "ana"},
        {"payment_method": "succeeded"},
        {"currency": "KWD"},
        {"search": "t00"},
        {"search": "te"},
        {"from": "2026-03-01T00:02:00Z"},
        {"to": "2026-03-01T00:02:00+00:00"},
        {"from": "2026-03-01", "to": "2026-03-01", "limit": 2},
        {"starting_after": "t003", "limit": 1},
        {"ending_before": "t002", "limit": 1},
    ]
    for question in questions:
        arguments = "".join(f", p_{name} => %s" for name in question)
        query = f"select api.list_transactions(%s{arguments})::text"
        actual = get(**question)
        row = db.execute(query, (tenant.merchant_id, *question.values())).fetchone()  # type: ignore[arg-type]
        assert row
        expected = json.loads(row[0], parse_float=Decimal)
        assert actual.pop("as_of") <= expected.pop("as_of")
        assert actual == expected, question
        assert actual["data"]
    assert len({str(ids(get(**question)["data"])) for question in questions}) >= 8, "the filters differ"

    assert [(e["currency"], str(e["revenue"]), str(e["fees"])) for e in get(limit=2)["data"]] == [
        ("KWD", "1.005", "0.001"),
        ("XOF", "5", "0"),
    ]
    answer = client.get(f"{LIST}/t001", headers=tenant.headers).json()
    assert (answer["status"], answer["product_name"]) == ("succeeded", "Tea")
    assert [e["event_type"] for e in answer["events"]] == ["payment_created", "payment_succeeded"]


@pytest.mark.parametrize("path", [LIST, f"{LIST}/t001", "/api/reports/transactions.csv"])
def test_who_may_read(
    client: httpx.Client, db: Connection, tenant: Tenant, person: Any, send: Send, path: str
) -> None:
    """A person, or a key that may read; not one that may only send."""
    send(told(1))
    sender = create_tenant(db, tenant.merchant_id, ("events:write",))
    assert_problem(client.get(path, headers=sender.headers), 403, "forbidden")
    for headers in (tenant.headers, person(tenant.merchant_id, role="viewer").headers):
        assert "t001" in client.get(path, headers=headers).text


AWKWARD_IDS = ["a/b", "/", "//a/", "..", ".", "?q=1&x", "%2F", "a%b", "é", "a b", "+", "#", "\t", "x" * 128]


def test_ids_are_taken_as_they_are(client: httpx.Client, tenant: Tenant, send: Send, get: Get) -> None:
    send(*(told(n, transaction_id=name, customer_id=f"c{name}"[:128]) for n, name in enumerate(AWKWARD_IDS)))
    for name in AWKWARD_IDS:
        encoded = "".join(f"%{byte:02X}" for byte in name.encode())
        answer = client.get(f"{LIST}/{encoded}", headers=tenant.headers)
        assert answer.status_code == 200, name
        assert answer.json()["transaction_id"] == name
        assert get(customer_id=f"c{name}"[:128])["data"][0]["transaction_id"] == name
        assert name in ids(get(search=name)["data"])
    for unknown in ("a", "A%2Fb", "a%2Fb%2F", "%00", "%FF", "x" * 129, "%F0%9F%98%80"):
        assert client.get(f"{LIST}/{unknown}", headers=tenant.headers).status_code == 404
    response = client.get(f"{LIST}/{quote('a/b', safe='')}?limit=1", headers=tenant.headers)
    assert_problem(response, 422, "validation-failed", ["/limit"])


def test_pages_hold_while_payments_come_in(client: httpx.Client, send: Send, get: Get) -> None:
    """Newer ones, older ones, refunds: what was there at the beginning is met, once each, in its order."""
    before = [told(n) for n in range(100, 130)]
    send(*before)
    steps = iter(range(100))

    def pay() -> None:
        n = next(steps)
        send(
            told(200 + n),
            told(n),
            told(129 - n, "payment_refunded"),
            told(100 + n, "payment_created", occurred_at=(START + timedelta(minutes=140)).isoformat()),
        )

    seen = ids(list(walk(get, pay, limit=4)))
    assert [name for name in seen if "t100" <= name <= "t129"] == [f"t{n}" for n in range(129, 99, -1)]
    assert len(seen) == len(set(seen))


def test_nothing_of_another_merchant(
    client: httpx.Client,
    db: Connection,
    tenant: Tenant,
    merchant: Callable[..., Any],
    send: Send,
    get: Get,
) -> None:
    other = create_tenant(db, merchant())
    send(*(told(n, customer_id="ana", product_id="tea", payment_method="card") for n in range(3)))
    send(told(7, transaction_id="theirs", customer_id="ana", amount=7654321), sender=other)
    cursor = get(limit=1)["next_cursor"]
    assert ids(get(starting_after=cursor)["data"]) == ["t001", "t000"]
    for place in (cursor, "t001"):
        for name in ("starting_after", "ending_before"):
            response = client.get(LIST, params={name: place}, headers=other.headers)
            assert_problem(response, 422, "validation-failed", [f"/{name}"])
    assert_problem(client.get(f"{LIST}/t001", headers=other.headers), 404, "not-found")
    for query in ({}, {"customer_id": "ana"}, {"search": "t"}, {"status": "succeeded"}):
        theirs = client.get(LIST, params=query, headers=other.headers)
        assert ids(theirs.json()["data"]) == ["theirs"]
        assert "7654321" not in client.get(LIST, params=query, headers=tenant.headers).text
        report = client.get("/api/reports/transactions.csv", params=query, headers=other.headers)
        assert report.text.count("\r\n") == 2


# --- what is refused -----------------------------------------------------------------------------

WRONG = [
    *(
        (f"limit={value}", "/limit")
        for value in ("", "0", "101", "1.5", "a", "-1", "%201", "null", "9" * 400)
    ),
    *((f"status={value}", "/status") for value in ("", "lost", "Succeeded", "succeeded%00")),
    *((f"currency={value}", "/currency") for value in ("", "eur", "ZZZ", "EUR,XOF")),
    *(
        (f"{name}={value}", f"/{name}")
        for name in ("from", "to")
        for value in (
            "",
            "today",
            "2026-02-30",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:01Z",
            "2026-03-01T00:00:00",
            "2026-03-01 00:00:00Z",
            "2026-03-01T00:00:00+01:00",  # + is a blank
            "2026-03-01T00:00:00%2B99:00",
            "infinity",
            "1767225600",
            "2026-03-01%00",
        )
    ),
    *(
        (f"{name}={value}", f"/{name}")
        for name in ("customer_id", "product_id", "payment_method", "search")
        for value in ("", "%00", "x" * 129)
    ),
    *(
        (f"{name}={value}", f"/{name}")
        for name in ("starting_after", "ending_before")
        for value in ("", "unknown", "cur_", "cur_%00", "cur_!!!!", "cur_" + "A" * 40, "x" * 2000)
    ),
    ("starting_after=a&ending_before=b", "/ending_before"),
    ("search=a&search=b", "/search"),
    ("colour=1", "/colour"),
    ("merchant_id=x", "/merchant_id"),
    ("p_limit=1", "/p_limit"),
]


def test_a_wrong_parameter_is_named(client: httpx.Client, tenant: Tenant) -> None:
    for query, pointer in WRONG:
        response = client.get(f"{LIST}?{query}", headers=tenant.headers)
        assert_problem(response, 422, "validation-failed", [pointer])


def test_the_ends_of_time(get: Get) -> None:
    for bound in ("0001-01-01", "1969-12-31", "9999-12-31", "9999-12-31T23:59:59.999999-12:00"):
        assert get(**{"from": bound})["data"] == get(to=bound)["data"] == []
