"""A customer who is forgotten: the identifier is nowhere, no figure changes, and the log tells of it."""

import re
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.life.aging import age, keep, retire
from tests.db.shop import run_once, sale, sell, shown

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]

FORGET = "select ops.forget_customer(%s, %s)"
PSEUDONYM = r"forgotten-[0-9a-f-]{36}"


def everything(db: Connection) -> str:
    """All that the tables hold, as one text."""
    tables = db.execute(
        "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind in ('r', 'p')"
    ).fetchall()
    return "\n".join(
        row[0] for table in tables for row in db.execute(f"select t::text from data.{table[0]} as t")
    )


def figures(api: Connection, shop: UUID) -> list[str]:
    """Answers of the dashboard with who is who left out."""
    queries = (
        "select api.dashboard_customers(%s)::jsonb - 'as_of'",
        "select api.dashboard_analytics(%s, current_date - 300, current_date)::jsonb - 'as_of'",
        "select api.dashboard_top_products(%s, 366)::jsonb - 'as_of'",
    )
    answers = [api.execute(query, (shop,)).fetchone()[0] for query in queries]
    return [re.sub(f"{PSEUDONYM}|maria", "X", str(answer)) for answer in answers]


def test_nothing_remembers_a_forgotten_customer(
    db: Connection, as_api: Connection, as_dba: Connection, shop: UUID, merchant: Callable[..., UUID]
) -> None:
    """Neither retired events nor aggregated, waiting or set aside ones. Other merchants' customers stay."""
    keep(db)
    sales = [sale(f"t{n}", customer_id="maria", product_id="p", amount=n) for n in range(4)]
    ingest(as_api, shop, [*sales[:1], sale("others", customer_id="mar")])
    run_once(db)
    age(db)
    retire(db)
    retire(db)
    refusal = "check (customer_id <> 'maria' or total_spent < 3) not valid"
    db.execute(f"alter table data.merchant_customer_stats add constraint no_maria {refusal}")
    ingest(as_api, shop, [*sales[1:2], sales[3]])
    run_once(db)
    db.execute("update data.set_aside_events set reason = 'maria did it'")
    db.execute("alter table data.merchant_customer_stats drop constraint no_maria")
    ingest(as_api, shop, sales[2:3])
    elsewhere = merchant()
    ingest(as_api, elsewhere, [sale("t", customer_id="maria")])
    before = figures(as_api, shop)

    assert as_dba.execute(FORGET, (shop, "maria")).fetchone() == (6,)
    assert figures(as_api, shop) == before
    assert "maria" not in "\n".join(
        line for line in everything(db).splitlines() if str(elsewhere) not in line
    )
    assert shown(as_api, elsewhere) == set()
    run_once(db)
    assert shown(as_api, elsewhere) == {"maria"}
    db.execute("select ops.rebuild(%s)", (shop,))
    check_reconciled(db)
    customers = as_api.execute("select api.dashboard_customers(%s)", (shop,)).fetchone()[0]["top_customers"]
    totals = {c["customer_id"]: (c["transactions"], c["total_spent"]) for c in customers}
    assert sorted(totals.values()) == [(1, 100), (4, 6)]
    query = "select pseudonym from ops.erasures where merchant_id = %s"
    pseudonym = as_dba.execute(query, (shop,)).fetchone()[0]
    assert re.fullmatch(PSEUDONYM, pseudonym)
    assert totals.keys() == {pseudonym, "mar"}


def test_erasure_is_logged(db: Connection, as_api: Connection, as_dba: Connection, shop: UUID) -> None:
    sell(as_api, shop, "maria")
    run_once(db)
    as_dba.execute(FORGET, (shop, "maria"))
    query = """
        select merchant_id, erased_by, rows, erased_at between now() - interval '1 minute' and now()
        from ops.erasures
    """
    row = as_dba.execute(query).fetchone()
    assert row == (shop, as_dba.info.user, 3, True)


def test_unknown_customers_and_merchants(db: Connection, as_dba: Connection, shop: UUID) -> None:
    for merchant_id in (shop, UUID(int=0)):
        with pytest.raises(psycopg.Error) as refusal:
            as_dba.execute(FORGET, (merchant_id, "nobody"))
        assert refusal.value.sqlstate == "ML404"
    assert db.execute("select count(*) from data.erasures").fetchone() == (0,)


def test_forgotten_event_sent_again_is_a_duplicate(
    db: Connection, as_api: Connection, as_dba: Connection, shop: UUID
) -> None:
    """A late retry stores nothing and brings nothing back. What else differs is a conflict as ever."""
    sell(as_api, shop, "maria")
    as_dba.execute(FORGET, (shop, "maria"))
    _, answer = ingest(as_api, shop, [sale("maria")])
    assert (answer["ingested"], answer["duplicates"]) == (0, 1)
    _, answer = ingest(as_api, shop, [sale("maria", amount=5)])
    assert [error["pointer"] for error in answer["results"][0]["errors"]] == ["/0/amount"]
    run_once(db)
    assert "maria" not in str(as_api.execute("select api.dashboard_customers(%s)", (shop,)).fetchone())
    check_reconciled(db)


def test_open_transactions_and_windows_go_on(
    db: Connection, connect: Connect, as_api: Connection, as_dba: Connection, drain: Drain, shop: UUID
) -> None:
    """Windows pass while an erasure is at work; an event that commits later is a new customer's."""
    late = connect("molam_api", autocommit=False)
    ingest(late, shop, [sale("late", customer_id="maria")])
    ingest(as_api, shop, [sale("early", customer_id="maria")])
    run_once(db)
    ingest(as_api, shop, [sale("waiting", customer_id="maria")])
    dba = connect("molam_dba", autocommit=False)
    dba.execute(FORGET, (shop, "maria"))
    ingest(as_api, shop, [sale("meanwhile", customer_id="maria")])  # waits for nobody
    run_once(db)
    dba.commit()
    late.commit()
    drain(db)
    customers = as_api.execute("select api.dashboard_customers(%s)", (shop,)).fetchone()[0]["top_customers"]
    assert sorted((c["customer_id"][:9], c["transactions"]) for c in customers) == [
        ("forgotten", 2),
        ("maria", 2),
    ]
    check_reconciled(db)


@pytest.mark.parametrize("change", ["amount = 1", "merchant_id = gen_random_uuid()", "customer_id = 'x'"])
def test_an_erasure_opens_the_table_to_nothing_else(
    db: Connection, as_api: Connection, connect: Connect, shop: UUID, change: str
) -> None:
    """Even the owner, in the same transaction, with the same pseudonym."""
    sell(as_api, shop, "maria")
    owner = connect("molam_owner", autocommit=False)
    owner.execute(FORGET, (shop, "maria"))
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(f"update data.transaction_events set {change}")
    owner.rollback()
    as_api.execute("select 1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_api.execute("insert into data.erasures (merchant_id, pseudonym) values (gen_random_uuid(), 'x')")


def test_a_later_transaction_cannot_use_the_log(
    db: Connection, as_api: Connection, connect: Connect, shop: UUID
) -> None:
    sell(as_api, shop, "maria", "other")
    db.execute(FORGET, (shop, "maria"))
    with pytest.raises(psycopg.errors.RestrictViolation):
        connect("molam_owner").execute(
            "update data.transaction_events set customer_id = (select pseudonym from data.erasures)"
        )
