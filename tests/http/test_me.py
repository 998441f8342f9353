"""GET /api/me: whoever holds a good credential learns whose it is and what it allows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import psycopg

from tests.http.conftest import assert_problem, create_tenant, event
from tests.http.people import MakePerson, bearer

Connection = psycopg.Connection[Any]

ME = "/api/me"


def test_a_person(person: MakePerson, merchant: Callable[..., UUID]) -> None:
    merchant_id = merchant(currency="EUR", timezone="Europe/Paris", name="Épicerie")
    expected = {
        "merchant_id": str(merchant_id),
        "name": "Épicerie",
        "status": "active",
        "timezone": "Europe/Paris",
        "default_currency": "EUR",
        "currencies": ["EUR"],
        "credential": "token",
        "subject": "ada",
        "role": "viewer",
        "scopes": ["dashboard:read"],
    }
    assert person(merchant_id).get(ME) == expected
    assert person(merchant_id, role="owner").get(ME) == {**expected, "role": "owner"}


def test_a_key_whatever_it_allows(
    client: httpx.Client, db: Connection, merchant: Callable[..., UUID]
) -> None:
    for scopes in (("events:write",), ("dashboard:read", "events:write")):
        tenant = create_tenant(db, merchant(), scopes)
        answer = client.get(ME, headers=tenant.headers).json()
        assert answer["merchant_id"] == str(tenant.merchant_id)
        assert (answer["credential"], answer["subject"], answer["role"]) == ("api_key", tenant.key_id, None)
        assert answer["scopes"] == list(scopes)


def test_currencies_are_those_with_figures_and_the_default_first(
    client: httpx.Client,
    db: Connection,
    merchant: Callable[..., UUID],
    person: MakePerson,
    drain: Callable[[Connection], None],
) -> None:
    tenant = create_tenant(db, merchant(currency="XOF"))
    for currency in ("USD", "EUR", "CHF", "USD"):
        sent = event(currency=currency, amount=5)
        assert client.post("/api/events/transaction", json=sent, headers=tenant.headers).is_success
    drain(db)
    me = person(tenant.merchant_id)
    assert me.get(ME)["currencies"] == ["XOF", "CHF", "EUR", "USD"]
    db.execute("update data.merchants set default_currency = 'EUR' where merchant_id = %s", [me.merchant_id])
    assert me.get(ME)["currencies"] == ["EUR", "CHF", "USD"]


def test_nobody(client: httpx.Client) -> None:
    assert_problem(client.get(ME), 401, "unauthenticated")
    assert_problem(client.get(ME, headers=bearer("x")), 401, "unauthenticated")
    assert_problem(client.get(ME, headers={"X-API-Key": "mk_x"}), 401, "unauthenticated")
