"""The list of transactions: what it says, in which order, in pages that hold while payments come in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.dashboards import check_transactions, exact, page, stored_events, transaction, walk
from tests.db.ingestion import ingest
from tests.db.shop import run_once, sale
from tests.oracle import EVENT_TYPES, Event, Json, transactions

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop(merchant: Callable[..., UUID]) -> UUID:
    return merchant("EUR", "Europe/Paris")


def told(number: int, event_type: str = "payment_succeeded", **fields: Any) -> Json:
    """An event of the transaction with this number, which started so many minutes after START."""
    at = START + timedelta(minutes=number)
    event = {"transaction_id": f"t{number:03}", "event_type": event_type, "amount": 10, "currency": "EUR"}
    return {**event, "occurred_at": at.isoformat(), **fields}


def events_of(db: Connection, merchant_id: UUID) -> list[Event]:
    return [event for _, _, event in stored_events(db, merchant_id).values()]


def ids(entries: list[Json]) -> list[str]:
    return [entry["transaction_id"] for entry in entries]


# --- what an entry says ---------------------------------------------------------------------------

of_one_payment = st.fixed_dictionaries(
    {
        "transaction_id": st.sampled_from(["one", "other"]),
        "event_type": st.sampled_from(EVENT_TYPES),
        "amount": st.sampled_from(["0", "0.10", "2.5", "5"]),
        "currency": st.sampled_from(["EUR", "EUR", "EUR", "XOF"]).filter(bool),
        "fee": st.sampled_from([None, "1"]),
        "payment_method": st.sampled_from([None, "card", "cash"]),
        "customer_id": st.sampled_from([None, "ana", "bob"]),
        "product_id": st.sampled_from([None, "tea"]),
        "failure_code": st.sampled_from([None, "no_money"]),
        "occurred_at": st.integers(0, 3).map(lambda n: (START + timedelta(seconds=n)).isoformat()),
    }
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_order_of_arrival_changes_an_entry(
    db: Connection, as_api: Connection, merchant: Callable[..., UUID], data: st.DataObject
) -> None:
    events = data.draw(st.lists(of_one_payment, min_size=1, max_size=8))
    for number, event in enumerate(events):
        event["idempotency_key"] = str(number)
        if event["currency"] == "XOF":
            event["amount"] = event["amount"][:1]
    lists = []
    for order in (events, data.draw(st.permutations(events))):
        merchant_id = merchant("EUR")
        for event in order:
            ingest(as_api, merchant_id, [event])
            if data.draw(st.booleans()):
                run_once(db)
        run_once(db)
        check_transactions(as_api, merchant_id, events_of(db, merchant_id))
        # which of two events at the same instant decides, their ids say, and those are the merchant's own
        lists.append([(e["transaction_id"], e["currency"], e["status"]) for e in walk(as_api, merchant_id)])
    assert lists[0] == lists[1]


def test_events_of_one_instant_stand_in_the_order_of_a_payment(as_api: Connection, shop: UUID) -> None:
    types = ("payment_refunded", "payment_succeeded", "payment_failed", "payment_created")
    ingest(as_api, shop, [told(1, event_type) for event_type in types])
    answer = transaction(as_api, shop, "t001")
    assert [e["event_type"] for e in answer["events"]] == [types[3], types[2], types[1], types[0]]


def test_transaction_is_there_before_the_rollup_has_taken_it(as_api: Connection, shop: UUID) -> None:
    ingest(as_api, shop, [told(1)])
    assert transaction(as_api, shop, "t001")["status"] == "succeeded"
    assert page(as_api, shop)["data"] == []


def test_of_very_many_events_the_latest_are_shown(as_api: Connection, shop: UUID) -> None:
    refunds = [told(n, "payment_refunded", transaction_id="t", idempotency_key=str(n)) for n in range(1001)]
    ingest(as_api, shop, refunds[:1000])
    ingest(as_api, shop, refunds[1000:])
    answer = transaction(as_api, shop, "t")
    assert [e["idempotency_key"] for e in answer["events"]] == [str(n) for n in range(1, 1001)]
    assert answer["refunds"] == 10010


# --- pages ---------------------------------------------------------------------------------------


def test_pages_hold_while_payments_come_in(
    db: Connection, connect: Connect, as_api: Connection, shop: UUID
) -> None:
    """Newer and older ones, refunds, and writers that commit late: what was there is met, once each."""
    before = [told(n) for n in range(20, 60)]
    late = connect("molam_api", autocommit=False)
    ingest(as_api, shop, before)
    run_once(db)
    ingest(late, shop, [told(70, transaction_id="late"), told(22, "payment_refunded")])

    seen: list[str] = []
    answer = page(as_api, shop, limit=7)
    for step in range(100):
        seen += ids(answer["data"])
        if not answer["has_more"]:
            break
        ingest(as_api, shop, [told(100 + step), told(step, transaction_id=f"old {step}")])
        ingest(as_api, shop, [told(59 - step, "payment_refunded"), told(25 + step, "payment_created")])
        if step == 2:
            late.commit()
        run_once(db)
        answer = page(as_api, shop, limit=7, starting_after=answer["next_cursor"])
    expected = [event["transaction_id"] for event in reversed(before)]
    assert [name for name in seen if name in expected] == expected
    assert len(seen) == len(set(seen))
    assert "late" not in seen
    assert set(ids(walk(as_api, shop))) >= {"late", *seen}


def test_transaction_that_turns_out_older_is_not_missed(
    db: Connection, as_api: Connection, shop: UUID
) -> None:
    """Its first event came last: it moves on in the list, where a walk meets it (again)."""
    ingest(as_api, shop, [told(n) for n in range(10, 20)])
    run_once(db)
    first = page(as_api, shop, limit=5)
    ingest(
        as_api,
        shop,
        [
            told(5, "payment_created", transaction_id="t012"),
            told(4, "payment_created", transaction_id="t017"),
        ],
    )
    run_once(db)
    rest = walk(as_api, shop, limit=5, starting_after=first["next_cursor"])
    assert ids(first["data"]) == ["t019", "t018", "t017", "t016", "t015"]
    assert ids(rest) == ["t014", "t013", "t011", "t010", "t012", "t017"]


def test_back_and_forth(db: Connection, as_api: Connection, shop: UUID) -> None:
    """Cursors and ids lead on from an entry, in both directions, also among those of one instant."""
    ingest(as_api, shop, [told(n // 4, transaction_id=f"t{n:02}") for n in range(20)])
    run_once(db)
    newest_first = [f"t{n:02}" for n in reversed(range(20))]
    assert ids(walk(as_api, shop, limit=3)) == newest_first

    middle = page(as_api, shop, limit=5, starting_after="t15")
    assert ids(middle["data"]) == newest_first[5:10]
    newer = page(as_api, shop, limit=5, ending_before=middle["previous_cursor"])
    assert ids(newer["data"]) == newest_first[:5]
    assert not newer["has_more"]
    newer = page(as_api, shop, limit=2, ending_before="t10")
    assert (ids(newer["data"]), newer["has_more"]) == (["t12", "t11"], True)
    again = page(as_api, shop, limit=100, ending_before=newer["previous_cursor"])
    assert (ids(again["data"]), again["has_more"]) == (newest_first[:7], False)
    on = page(as_api, shop, limit=100, starting_after=newer["next_cursor"])
    assert on["data"]
    assert page(as_api, shop, ending_before="t19")["data"] == []


# --- filters -------------------------------------------------------------------------------------

FILTERS: dict[str, list[str | None]] = {
    "status": [None, "created", "failed", "succeeded", "partially_refunded", "refunded"],
    "customer_id": [None, "ana", "nobody"],
    "product_id": [None, "tea"],
    "payment_method": [None, "card"],
    "currency": [None, "XOF"],
    "search": [None, "t00", "an"],
}


@pytest.fixture
def assortment(db: Connection, as_api: Connection, shop: UUID) -> list[Event]:
    """All statuses, with and without customers and products, in two currencies."""
    events = []
    for n in range(60):
        fields = {
            "customer_id": ("ana", "bob", None)[n % 3],
            "product_id": ("tea", None)[n % 2],
            "payment_method": ("card", "cash")[n // 2 % 2],
            "currency": ("EUR", "EUR", "XOF")[n // 4 % 3],
        }
        events.append(told(n, "payment_created", **fields))
        if n % 5:
            events.append(told(n, "payment_failed" if n % 5 == 1 else "payment_succeeded", **fields))
        if n % 5 > 2:
            events.append(told(n, "payment_refunded", **{**fields, "amount": 10 if n % 5 == 3 else 1}))
    ingest(as_api, shop, events)
    run_once(db)
    return events_of(db, shop)


def is_asked_for(entry: Json, filters: dict[str, str]) -> bool:
    search = filters.get("search", "")
    is_found = any((entry[name] or "").startswith(search) for name in ("transaction_id", "customer_id"))
    return is_found and all(entry[name] == value for name, value in filters.items() if name != "search")


def test_every_combination_of_filters(as_api: Connection, shop: UUID, assortment: list[Event]) -> None:
    entries = transactions(assortment)
    met = 0
    for values in product(*FILTERS.values()):
        filters = {name: value for name, value in zip(FILTERS, values, strict=True) if value is not None}
        expected = [entry for entry in entries if is_asked_for(entry, filters)]
        met += bool(expected)
        answer = page(as_api, shop, limit=100, **filters)
        assert exact(answer["data"]) == exact(expected), filters
        assert not answer["has_more"]
    assert met > 100, "most combinations have entries"
    for filters in ({"status": "succeeded"}, {"customer_id": "ana", "status": "failed"}, {"search": "t01"}):
        assert ids(walk(as_api, shop, limit=1, **filters)) == ids(page(as_api, shop, **filters)["data"])


@pytest.mark.parametrize(
    ("bounds", "minutes"),
    [
        ({}, range(60)),
        ({"from": "2026-03-01", "to": "2026-03-01"}, range(60)),
        ({"from": "2026-03-02"}, []),
        ({"to": "2026-02-28"}, []),
        ({"from": "2026-03-01T00:10:00Z", "to": "2026-03-01T00:12:00Z"}, [10, 11]),
        ({"from": "2026-03-01T01:10:00.000+01:00", "to": "2026-03-01T05:42:00+05:30"}, [10, 11]),
        ({"from": "2026-03-02", "to": "2026-03-01"}, []),
    ],
)
def test_spans_of_time(
    as_api: Connection,
    shop: UUID,
    assortment: list[Event],
    bounds: dict[str, str],
    minutes: range | list[int],
) -> None:
    """A date is a local day (Paris is an hour ahead), both included; an instant is excluded at the end."""
    expected = [f"t{minute:03}" for minute in reversed(minutes)]
    assert ids(walk(as_api, shop, limit=7, **bounds)) == expected
    if expected:
        assert ids(walk(as_api, shop, limit=7, **bounds, status="created")) == [
            name for name in expected if int(name[1:]) % 5 == 0
        ]


def test_search_takes_no_character_for_another(db: Connection, as_api: Connection, shop: UUID) -> None:
    names = ["a%b", "a_b", "a\\b", "axb", "A%b", "é", "e\u0301", "\U0010ffff\U0010ffff", "a'b", "ab*"]
    ingest(
        as_api, shop, [told(n, transaction_id=name, customer_id=f"c {name}") for n, name in enumerate(names)]
    )
    run_once(db)
    for name in names:
        assert ids(page(as_api, shop, search=name)["data"]) == [name]
        assert ids(page(as_api, shop, search=f"c {name}")["data"]) == [name]
    assert ids(page(as_api, shop, search="a")["data"]) == ["ab*", "a'b", "axb", "a\\b", "a_b", "a%b"]
    assert len(page(as_api, shop, search="c ")["data"]) == len(names)


# --- many ----------------------------------------------------------------------------------------


@pytest.fixture
def many(db: Connection, shop: UUID) -> None:
    """12,000 entries, put there without their events: one in a thousand failed; the oldest one is odd."""
    db.execute(
        """
        insert into data.merchant_transactions (
            merchant_id, started_at, decided_at, decided_by, last_received_at, refunded, transaction_id,
            currency, status, outcome, amount, revenue, refunds, fees, payment_method, customer_id, product_id
        )
        select
            %s, %s::timestamptz + n * interval '1 minute', now(), gen_random_uuid(), now(), 0, 't' || n,
            'EUR', o.outcome, o.outcome, 1, 1, 0, 0,
            case n when 1 then 'odd' else 'card' end, 'c' || n %% 100, case n when 1 then 'odd' else 'tea' end
        from generate_series(1, 12000) as n
        cross join lateral (select case n %% 1000 when 0 then 'failed' else 'succeeded' end as outcome) as o
        """,
        (shop, START),
    )


SINGLE_FILTERS: list[dict[str, str]] = [
    {},
    {"status": "succeeded"},
    {"status": "failed"},
    {"status": "created"},
    {"currency": "EUR"},
    {"currency": "XOF"},
    {"customer_id": "c7"},
    {"product_id": "tea"},
    {"product_id": "odd"},
    {"payment_method": "card"},
    {"payment_method": "odd"},
    {"status": "failed", "payment_method": "card"},
    {"from": "2026-03-05", "to": "2026-03-05"},
    {"search": "t1199"},
    {"search": "c77"},
]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("is_analyzed", [False, True])
def test_a_page_is_read_by_index(db: Connection, connect: Connect, shop: UUID, is_analyzed: bool) -> None:
    """However many there are, and whether or not the planner knows it."""
    if is_analyzed:
        db.execute("analyze data.merchant_transactions")
    api = connect("molam_api", autocommit=False)
    for filters in SINGLE_FILTERS:
        page(api, shop, limit=10, **filters)
        buffers = f"""
            explain (analyze, buffers, format json)
            select api.list_transactions(%s, 10{"".join(f", p_{name} => %s" for name in filters)})
        """
        plan = api.execute(buffers, (shop, *filters.values())).fetchone()[0][0]["Plan"]
        read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        assert read < 700, (filters, read)
    query = "select seq_scan from pg_stat_xact_all_tables where relname = 'merchant_transactions'"
    assert api.execute(query).fetchone() == (0,)


@pytest.mark.usefixtures("many")
def test_what_no_index_knows_takes_several_pages(as_api: Connection, shop: UUID) -> None:
    """Each is bounded; together they have everything, forwards and backwards."""
    assert walk(as_api, shop, product_id="tea", payment_method="odd") == []
    answer = page(as_api, shop, product_id="odd", payment_method="odd")
    assert ids(answer["data"]) == ["t1"]

    answer = page(as_api, shop, search="t", status="failed", limit=100)
    assert 0 < len(answer["data"]) <= 12
    found = ids(walk(as_api, shop, search="t", customer_id="c1", limit=100))
    assert found == [f"t{n}" for n in reversed(range(1, 12000, 100))]
    assert ids(walk(as_api, shop, search="t", payment_method="odd")) == ["t1"]
    answer = page(as_api, shop, product_id="tea", payment_method="odd")
    assert (answer["data"], answer["has_more"]) == ([], True)

    answer, newer = page(as_api, shop, search="t", status="failed", ending_before="t1", limit=5), []
    while answer["has_more"]:
        newer = ids(answer["data"]) + newer
        cursor = answer["previous_cursor"]
        answer = page(as_api, shop, search="t", status="failed", ending_before=cursor, limit=5)
    assert ids(answer["data"]) + newer == [f"t{n}" for n in reversed(range(1000, 12001, 1000))]


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", 0),
        ("limit", 101),
        ("limit", None),
        ("status", "lost"),
        ("currency", "XXX"),
        ("currency", "eur"),
        ("from", "2026-02-30"),
        ("from", "today"),
        ("from", "infinity"),
        ("to", "2026-03-01T25:00:00Z"),
        ("to", "2026-03-01T00:00:00"),
        ("to", ""),
        ("search", ""),
        ("starting_after", ""),
        ("starting_after", "cur_"),
        ("ending_before", "cur_!!!"),
        ("ending_before", "unknown"),
    ],
)
def test_what_is_refused_names_the_parameter(
    as_api: Connection, shop: UUID, parameter: str, value: object
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        page(as_api, shop, **{parameter: value})
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", parameter)


def test_cursors_are_good_for_nothing_else(
    db: Connection, as_api: Connection, shop: UUID, merchant: Callable[..., UUID]
) -> None:
    """Not for another merchant, not altered; nor are another merchant's ids."""
    other = merchant("EUR")
    ingest(as_api, shop, [told(n, customer_id="ana") for n in range(3)])
    ingest(as_api, other, [sale("x", currency="EUR", customer_id="ana")])
    run_once(db)
    cursor = page(as_api, shop, limit=1)["next_cursor"]
    assert len(page(as_api, shop, starting_after=cursor)["data"]) == 2
    altered = [cursor[:n] + chr(ord(cursor[n]) ^ 1) + cursor[n + 1 :] for n in range(len(cursor))]
    for merchant_id, text in [
        (other, cursor),
        (other, "t001"),
        (shop, cursor[:-1]),
        (shop, cursor + "A"),
        (shop, cursor + "="),
        *((shop, text) for text in altered),
    ]:
        for parameter in ("starting_after", "ending_before"):
            with pytest.raises(psycopg.Error) as refusal:
                page(as_api, merchant_id, **{parameter: text})
            assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", parameter)
    with pytest.raises(psycopg.Error) as refusal:
        page(as_api, shop, starting_after=cursor, ending_before=cursor)
    assert refusal.value.diag.message_detail == "ending_before"
    assert transaction(as_api, other, "t001") is None
    assert ids(walk(as_api, other, customer_id="ana")) == ["x"]
