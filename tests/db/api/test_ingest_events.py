"""api.ingest_events and api.ingest_event by example: answers, boundaries, and who is refused."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.db.ingestion import ingest, outcomes
from tests.db.shop import sale
from tests.oracle import Json, Outcome

pytestmark = pytest.mark.shared_database

Connection = psycopg.Connection[tuple]


def ingest_one(
    api: Connection, merchant_id: UUID, event: Json, key: str | None = None
) -> tuple[str, str, Any]:
    query = "select outcome, event_id::text, body from api.ingest_event(%s, %s, %s)"
    return api.execute(query, (merchant_id, json.dumps(event), key)).fetchone()


def stored(db: Connection, shop: UUID, columns: LiteralString = "event_id") -> list[tuple]:
    query = f"select {columns} from data.transaction_events where merchant_id = %s order by 1"
    return db.execute(query, (shop,)).fetchall()


def test_batch_that_is_new_throughout(as_api: Connection, shop: UUID) -> None:
    assert ingest(as_api, shop, [sale("a"), sale("b")], lenient=False) == (
        True,
        {
            "ok": True,
            "total": 2,
            "ingested": 2,
            "duplicates": 0,
            "conflicts": 0,
            "rejected": 0,
            "results": [],
        },
    )


def test_every_outcome_in_one_batch(as_api: Connection, shop: UUID) -> None:
    ingest(as_api, shop, [sale("a")])
    batch = [sale("b"), sale("a"), sale("a", amount=1), sale("c", amount=-1), sale("b"), sale("b", fee=1)]
    is_stored, answer = ingest(as_api, shop, batch)
    assert is_stored
    results = answer.pop("results")
    assert answer == {"ok": True, "total": 6, "ingested": 1, "duplicates": 2, "conflicts": 2, "rejected": 1}
    assert [(r["index"], r["outcome"]) for r in results] == [
        (1, "duplicate"), (2, "conflict"), (3, "rejected"), (4, "duplicate"), (5, "conflict"),
    ]  # fmt: skip
    assert results[0] == {"index": 1, "outcome": "duplicate", "event_id": results[1]["event_id"]}
    assert results[1]["errors"][0]["pointer"] == "/2/amount"
    assert results[2]["errors"][0]["pointer"] == "/3/amount"
    assert "event_id" not in results[2]
    assert results[3]["event_id"] == results[4]["event_id"] != results[0]["event_id"]


def test_strict_batch_with_one_fault_stores_nothing(db: Connection, as_api: Connection, shop: UUID) -> None:
    is_stored, errors = ingest(as_api, shop, [sale("a"), sale("b", currency="XXX")], lenient=False)
    assert not is_stored
    assert [error["pointer"] for error in errors] == ["/1/currency"]
    assert stored(db, shop) == []
    assert ingest(as_api, shop, [sale("a")], lenient=False)[0]


def test_single_event(as_api: Connection, shop: UUID) -> None:
    outcome, event_id, answer = ingest_one(as_api, shop, sale("a"))
    assert outcome == "ingested"
    message = answer.pop("message")
    assert answer == {"ok": True, "event_id": event_id, "queued": True, "duplicate": False}
    assert message

    outcome, repeated_id, answer = ingest_one(as_api, shop, sale("a"))
    assert (outcome, repeated_id) == ("duplicate", event_id)
    assert answer.pop("message") != message
    assert answer == {"ok": True, "event_id": event_id, "queued": False, "duplicate": True}

    outcome, _, errors = ingest_one(as_api, shop, sale("a", amount=1, customer_id="z"))
    assert outcome == "conflict"
    assert {error["pointer"] for error in errors} == {"/amount", "/customer_id"}

    outcome, event_id, errors = ingest_one(as_api, shop, sale("b", fee=-1, amount="1.5"))
    assert (outcome, event_id) == ("rejected", None)
    assert {error["pointer"] for error in errors} == {"/fee", "/amount"}


def test_key_beside_the_event_stands_in_for_its_own(as_api: Connection, shop: UUID) -> None:
    first = ingest_one(as_api, shop, sale("a"))
    second = ingest_one(as_api, shop, sale("a"), "second")
    assert first[0] == second[0] == "ingested"
    assert ingest_one(as_api, shop, sale("a", idempotency_key="second"))[:2] == ("duplicate", second[1])
    # the event's own key counts first
    assert ingest_one(as_api, shop, sale("a", idempotency_key="second"), "other")[:2] == (
        "duplicate",
        second[1],
    )


def test_identity_is_the_merchant_s_own(as_api: Connection, merchant: Callable[..., UUID]) -> None:
    outcomes_ids = [ingest_one(as_api, merchant(), sale("a"))[:2] for _ in range(2)]
    assert [outcome for outcome, _ in outcomes_ids] == ["ingested", "ingested"]
    assert outcomes_ids[0][1] != outcomes_ids[1][1]


def test_identities_whose_parts_run_together(as_api: Connection, shop: UUID) -> None:
    """Transaction and key side by side give the same text; they are different all the same."""
    events = [sale("ab"), sale("a", idempotency_key="b"), sale("a", idempotency_key="b:"), sale("ab:", fee=0)]
    assert outcomes(*ingest(as_api, shop, events), 4) == [Outcome("ingested")] * 4


def test_no_time_window_for_duplicates(db: Connection, as_api: Connection, shop: UUID) -> None:
    """The first event may lie in another partition."""
    ingest(as_api, shop, [sale("a")])
    db.execute("set session_replication_role = replica")  # the only way to change an event
    earlier = "received_at = received_at - interval '400 days'"
    db.execute(
        f"update data.transaction_events set {earlier}, occurred_at = occurred_at - interval '400 days'"
    )
    db.execute(f"update data.transaction_event_keys set {earlier}")
    batch = [sale("a"), sale("a", amount=1)]
    expected = [Outcome("duplicate"), Outcome("conflict", frozenset({"amount"}))]
    assert outcomes(*ingest(as_api, shop, batch), 2) == expected


GOOD = [
    {"amount": 0},
    {"amount": "1000.00"},
    {"amount": Decimal("1000.0000")},
    {"amount": 999_999_999_999_999},
    {"amount": "1.5e2"},
    {"currency": "KWD", "amount": "0.001"},
    {"currency": "CLF", "amount": "0.0001"},
    {"fee": None, "payment_method": None, "occurred_at": None, "idempotency_key": None},
    {"transaction_id": "🍵" * 128},
    {"occurred_at": "1970-01-01T00:00:00Z"},
    {"occurred_at": "1969-12-31T19:00:00-05:00"},
]
BAD = [
    {"amount": "1000.50"},
    {"amount": -1},
    {"amount": 10**15},
    {"amount": "NaN"},
    {"amount": "Infinity"},
    {"amount": "-Infinity"},
    {"currency": "KWD", "amount": "0.0001"},
    {"fee": "0.5"},
    {"currency": "eur"},
    {"currency": "XAU"},
    {"currency": "HRK"},
    {"currency": None},
    {"event_type": "refund"},
    {"transaction_id": ""},
    {"transaction_id": "🍵" * 129},
    {"transaction_id": None},
    {"occurred_at": "1969-12-31T23:59:59.999999Z"},
    {"occurred_at": "2999-01-01T00:00:00Z"},
    {"occurred_at": "infinity"},
    {"occurred_at": "-infinity"},
    {"idempotency_key": ""},
]


def test_good_events(db: Connection, as_api: Connection, shop: UUID) -> None:
    for number, fields in enumerate(GOOD):
        [outcome] = outcomes(*ingest(as_api, shop, [sale(str(number)) | fields]), 1)
        assert outcome == Outcome("ingested"), fields
    assert len(stored(db, shop)) == len(GOOD)


def test_bad_events(db: Connection, as_api: Connection, shop: UUID) -> None:
    for fields in BAD:
        [outcome] = outcomes(*ingest(as_api, shop, [sale("a") | fields]), 1)
        assert outcome.name == "rejected", fields
        assert outcome.fields <= fields.keys() | {"amount"}, fields
    assert stored(db, shop) == []


def test_text_that_is_no_event(db: Connection, as_api: Connection, shop: UUID) -> None:
    """The service refuses these itself; here they must at least leave nothing behind."""
    for text in (
        "{}",
        "null",
        '"text"',
        "[]",
        "[1]",
        "[null]",
        "[[]]",
        '[{"transaction_id": "a\\u0000"}]',
        '[{"transaction_id": "\\ud800"}]',
        "[" * 100_000 + "]" * 100_000,
        json.dumps([sale("a", amount=[])]),
        json.dumps([sale("a", amount="ten")]),
        json.dumps([sale("a", occurred_at="soon")]),
        json.dumps([sale("a") for _ in range(1001)]),
    ):
        with pytest.raises(psycopg.Error):
            as_api.execute("select api.ingest_events(%s, %s, true)", (shop, text))
    assert stored(db, shop) == []


def test_amounts_keep_every_digit(db: Connection, as_api: Connection, shop: UUID) -> None:
    ingest(as_api, shop, [sale("a", currency="KWD", amount=Decimal("123456789012345.678"), fee="0.001")])
    assert stored(db, shop, "amount, fee")[0] == (
        Decimal("123456789012345.678"),
        Decimal("0.001"),
    )


def test_failure_code_is_kept_for_failures_alone(db: Connection, as_api: Connection, shop: UUID) -> None:
    events = [
        sale("a", event_type=f"payment_{kind}", failure_code="no_funds") for kind in ("failed", "succeeded")
    ]
    ingest(as_api, shop, events)
    rows = stored(db, shop, "event_type, failure_code")
    assert rows == [("payment_failed", "no_funds"), ("payment_succeeded", None)]


def test_unknown_and_suspended_merchants(db: Connection, as_api: Connection, shop: UUID) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        ingest(as_api, uuid4(), [sale("a")])
    assert refusal.value.sqlstate == "ML404"
    db.execute("update data.merchants set status = 'suspended'")
    with pytest.raises(psycopg.Error) as refusal:
        ingest(as_api, shop, [sale("a")])
    assert refusal.value.sqlstate == "ML403"
    assert stored(db, shop) == []


def test_batches_of_1_to_1000(as_api: Connection, shop: UUID) -> None:
    assert ingest(as_api, shop, [sale(str(n)) for n in range(1000)])[1]["ingested"] == 1000
    for size, sqlstate in ((0, "ML422"), (1001, "ML413")):
        with pytest.raises(psycopg.Error) as refusal:
            ingest(as_api, shop, [sale(str(n)) for n in range(size)])
        assert refusal.value.sqlstate == sqlstate
