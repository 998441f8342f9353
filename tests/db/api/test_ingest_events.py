"""api.ingest_events and api.ingest_single_events by example: answers, boundaries, and who is refused."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest, outcomes
from tests.db.shop import sale
from tests.oracle import Json, Outcome

pytestmark = pytest.mark.shared_database

Connection = psycopg.Connection[tuple]


def ingest_singly(api: Connection, merchant_id: UUID, *events: Json | str) -> list[tuple[str, Any]]:
    """Outcomes and answers, in the order of the events; an event may be given as text."""
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    query = "select outcome, body from api.ingest_single_events(%s, %s) order by index"
    return api.execute(query, (merchant_id, f"[{','.join(texts)}]")).fetchall()


def ingest_together(
    api: Connection, batches: list[tuple[UUID, list[Json]]]
) -> dict[str, list[tuple[str, Any]]]:
    """Outcomes and answers of each merchant's events."""
    query = """
        select unnest(api.ingest_single_events_agg(b.merchant_id, b.events))
        from unnest(%s::uuid[], %s::json[]) as b (merchant_id, events)
    """
    merchants, events = [merchant for merchant, _ in batches], [json.dumps(batch) for _, batch in batches]
    answers: dict[str, list[tuple[str, Any]]] = {}
    for (part,) in api.execute(query, (merchants, events)):
        answers |= {merchant: [tuple(answer) for answer in told] for merchant, told in part.items()}
    return answers


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


@pytest.mark.shared_database(False)
def test_a_batch_sent_again_reads_its_own_events_alone(db: Connection, shop: UUID) -> None:
    """Without statistics too, as while a first file comes in."""
    batches = [[sale(f"{number}-{index}") for index in range(1000)] for number in range(10)]
    for batch in batches:
        ingest(db, shop, batch)
    query = """
        select sum(seq_tup_read + idx_tup_fetch) from pg_stat_xact_all_tables
        where relname like 'transaction\\_event%%'
    """
    with db.transaction():
        _, answer = ingest(db, shop, batches[0])
        assert answer["duplicates"] == 1000
        row = db.execute(query).fetchone()
    assert row
    assert 2000 <= row[0] < 4000  # the identity's row and the event's, not the merchant's ten thousand


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


def test_single_events(as_api: Connection, shop: UUID) -> None:
    [(outcome, first), (_, other)] = ingest_singly(as_api, shop, sale("a"), sale("b"))
    assert outcome == "ingested"
    event_id, message = first.pop("event_id"), first.pop("message")
    assert first == {"ok": True, "queued": True, "duplicate": False}
    assert UUID(event_id) != UUID(other["event_id"])
    assert message

    answers = ingest_singly(
        as_api,
        shop,
        sale("c"),
        sale("a"),
        sale("a", amount=1, customer_id="z"),
        sale("d", fee=-1, amount="1.5"),
        sale("c"),
        sale("c", amount=1),
    )
    assert [outcome for outcome, _ in answers] == [
        "ingested", "duplicate", "conflict", "rejected", "duplicate", "conflict",
    ]  # fmt: skip
    stored, repeated, conflict, rejected, again, late_conflict = [answer for _, answer in answers]
    assert stored["queued"]
    assert repeated.pop("message") != message
    assert repeated == {"ok": True, "event_id": event_id, "queued": False, "duplicate": True}
    assert {error["pointer"] for error in conflict} == {"/amount", "/customer_id"}
    assert {error["pointer"] for error in rejected} == {"/fee", "/amount"}
    assert again["event_id"] == stored["event_id"]
    assert [error["pointer"] for error in late_conflict] == ["/amount"]


def test_of_a_field_given_twice_the_last_counts(as_api: Connection, shop: UUID) -> None:
    """The service puts the key of a header after the event's fields."""

    def with_key(event: Json) -> str:
        return json.dumps(event)[:-1] + ', "idempotency_key": "k"}'

    plain = sale("a")
    keyed = [with_key(plain), with_key({**plain, "idempotency_key": None}), plain | {"idempotency_key": "k"}]
    answers = ingest_singly(as_api, shop, *keyed, plain, with_key({**plain, "fee": 5}))
    assert [outcome for outcome, _ in answers] == [
        "ingested", "duplicate", "duplicate", "ingested", "conflict",
    ]  # fmt: skip


def test_identity_is_the_merchant_s_own(as_api: Connection, merchant: Callable[..., UUID]) -> None:
    answers = [ingest_singly(as_api, merchant(), sale("a")) for _ in range(2)]
    assert [outcome for [(outcome, _)] in answers] == ["ingested", "ingested"]
    assert len({answer["event_id"] for [(_, answer)] in answers}) == 2


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


def test_events_of_several_merchants_together(
    db: Connection,
    as_api: Connection,
    shop: UUID,
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
) -> None:
    """Each is answered as if it were alone, and the figures have them all."""
    other = merchant()
    ingest_singly(as_api, shop, sale("a"))
    mixed = [sale("a"), sale("b"), sale("a", amount=1), sale("c", amount=-1)]
    batches = [(shop, mixed), (other, [sale("a")])]
    answers = ingest_together(as_api, batches)
    told = {owner: [outcome for outcome, _ in answers[owner]] for owner in answers}
    assert told == {str(shop): ["duplicate", "ingested", "conflict", "rejected"], str(other): ["ingested"]}
    # told as before, now that all that can be stored is a duplicate
    again = ingest_singly(as_api, shop, *mixed)
    assert [answers[str(shop)][index] for index in (0, 2, 3)] == [again[index] for index in (0, 2, 3)]
    assert [len(stored(db, owner)) for owner in (shop, other)] == [2, 1]
    drain(db)
    for owner in (shop, other):
        check_reconciled(db, owner)


def test_of_several_merchants_one_is_refused_and_nothing_stored(
    db: Connection, as_api: Connection, shop: UUID
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        ingest_together(as_api, [(shop, [sale("a")]), (uuid4(), [sale("a")])])
    assert refusal.value.sqlstate == "ML404"
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
        for query in ("select api.ingest_events(%s, %s, true)", "select api.ingest_single_events(%s, %s)"):
            with pytest.raises(psycopg.Error):
                as_api.execute(query, (shop, text))
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
