"""Who sees what, and the ways in which one might try to see more."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Server

Connection = psycopg.Connection[tuple]
LogIn = Callable[[str], Connection]
Shops = tuple[UUID, UUID]

# An analyst's own function that tells what it is shown; cheap, so that the planner would call it first.
TELL = """
    create function pg_temp.tell(p_row text) returns boolean language plpgsql cost 0.0000000001
    as $$ begin raise notice '%', p_row; return true; end $$
"""


def views(session: Connection) -> list[sql.Identifier]:
    """The views with rows of merchants."""
    query = """
        select viewname from pg_views where schemaname = 'analytics' and viewname <> 'currencies' order by 1
    """
    return [sql.Identifier("analytics", row[0]) for row in session.execute(query).fetchall()]


def seen(session: Connection) -> set[UUID]:
    """The merchants that the user sees, the same in every view."""
    each = []
    for view in views(session):
        query = sql.SQL("select distinct merchant_id from {}").format(view)
        each.append({row[0] for row in session.execute(query).fetchall()})
    assert len(each) > 15
    assert all(merchants == each[0] for merchants in each)
    return each[0]


# --- who sees what -------------------------------------------------------------------------------


def test_an_analyst_sees_all(as_analyst: Connection, shops: Shops) -> None:
    assert seen(as_analyst) == set(shops)


def test_the_owner_sees_all(connect: Callable[..., Connection], shops: Shops) -> None:
    """Whatever is built upon the views by the owner is whole."""
    assert seen(connect("molam_owner")) == set(shops)


def test_a_limited_analyst_sees_what_was_granted(log_in: LogIn, as_dba: Connection, shops: Shops) -> None:
    ana = log_in("ana")
    assert seen(ana) == set()
    as_dba.execute("select ops.grant_analyst('ana', %s)", (shops[0],))
    as_dba.execute("select ops.grant_analyst('ana', %s)", (shops[0],))
    assert seen(ana) == {shops[0]}
    as_dba.execute("select ops.grant_analyst('ana', %s)", (shops[1],))
    assert seen(ana) == set(shops)
    assert as_dba.execute("select ops.revoke_analyst('ana', %s)", (shops[0],)).fetchone() == (True,)
    assert as_dba.execute("select ops.revoke_analyst('ana', %s)", (shops[0],)).fetchone() == (False,)
    assert seen(ana) == {shops[1]}


def test_what_is_granted_to_a_team_its_members_see(log_in: LogIn, as_dba: Connection, shops: Shops) -> None:
    as_dba.execute("select ops.grant_analyst('team', %s)", (shops[0],))
    assert seen(log_in("bob")) == {shops[0]}
    assert seen(log_in("ana")) == set()


def test_others_see_nothing(log_in: LogIn, shops: Shops) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        log_in("eve").execute("select from analytics.merchants")


def test_grants_are_listed(ana: Connection, as_dba: Connection, shops: Shops) -> None:
    query = "select role, merchant_id, merchant_name, granted_by from ops.analyst_grants"
    assert as_dba.execute(query).fetchall() == [("ana", shops[0], "Mine", "postgres")]


@pytest.mark.parametrize(
    ("role", "merchant_id", "code"),
    [("nobody", None, "ML422"), ("eve", None, "ML422"), ("ana", uuid4(), "ML404")],
)
def test_grants_that_would_have_no_effect_are_refused(
    people: None, as_dba: Connection, shops: Shops, role: str, merchant_id: UUID | None, code: str
) -> None:
    with pytest.raises(psycopg.Error) as error:
        as_dba.execute("select ops.grant_analyst(%s, %s)", (role, merchant_id or shops[0]))
    assert error.value.sqlstate == code


def test_a_namesake_of_one_who_left_sees_nothing(
    server: Server, log_in: LogIn, as_dba: Connection, shops: Shops
) -> None:
    join = "create role leo login password 'test' in role molam_limited_analyst"
    server.execute(join)
    as_dba.execute("select ops.grant_analyst('leo', %s)", (shops[0],))
    server.execute("drop role leo")
    server.execute(join)
    assert seen(log_in("leo")) == set()
    server.execute("drop role leo")
    assert as_dba.execute("select role, merchant_id from ops.analyst_grants").fetchall() == [(None, shops[0])]


# --- trying to get out ---------------------------------------------------------------------------


FORBIDDEN = [
    "set role molam_analyst",
    "set role molam_owner",
    "set role bob",
    "set session authorization bob",
    "select ops.grant_analyst('ana', gen_random_uuid())",
    "select internal.divide(1, 2, 3)",
    "create view analytics.mine as select 1 as one",
    "create materialized view public.mine as select * from analytics.events",
    "alter view analytics.events set (security_barrier = false)",
    "comment on view analytics.events is ''",
    "select from pg_statistic",
    "select pg_read_file('PG_VERSION')",
    "copy (select 1) to program 'true'",
    "insert into analytics.currencies values ('AAA', 0, '')",
]


def test_what_a_limited_analyst_may_not_do(ana: Connection) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ana.execute(statement)


def test_schemas_other_than_analytics_are_closed(ana: Connection) -> None:
    query = """
        select n.nspname, c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where
            c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('analytics', 'information_schema')
            and n.nspname not like 'pg\\_%'
            -- what an extension gives to everybody
            and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')
    """
    relations = ana.execute(query).fetchall()
    assert {"data", "ops", "internal"} <= {schema for schema, _ in relations}
    for relation in relations:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ana.execute(sql.SQL("select from {}").format(sql.Identifier(*relation)))
    query = """
        select nspname from pg_namespace
        where has_schema_privilege(oid, 'usage') and nspname not like 'pg\\_%' order by 1
    """
    assert (
        {"analytics"}
        <= {row[0] for row in ana.execute(query).fetchall()}
        <= {
            "analytics",
            "information_schema",
            "public",
            "cron",
        }
    )


def test_membership_of_the_group_alone_shows_nothing(ana: Connection) -> None:
    ana.execute("set role molam_limited_analyst")
    assert seen(ana) == set()


def test_functions_in_conditions_are_shown_nothing_else(ana: Connection) -> None:
    told: list[str] = []
    ana.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    ana.execute(TELL)
    for view in views(ana):
        before = len(told)
        ana.execute(sql.SQL("select from {} as v where pg_temp.tell(v::text)").format(view))
        assert len(told) > before
    assert [text for text in told if "secret" in text] == []


def test_error_messages_show_nothing_else(ana: Connection, shops: Shops) -> None:
    """Conditions that would fail upon the other merchant's rows."""
    for condition in (
        "customer_id::integer = 1",
        "1 / (product_name <> 'secret')::integer = 1",
        "1 / (payment_method <> 'secret')::integer = 1",
        "1 / (merchant_name <> 'secret shop')::integer = 1",
    ):
        found = ana.execute(f"select distinct merchant_id from analytics.events where {condition}").fetchall()
        assert found == [(shops[0],)]
    query = "select merchant_id from analytics.customers where customer_id::integer = 1"
    assert ana.execute(query).fetchall() == [(shops[0],)]


def test_explain_shows_no_values(ana: Connection, shops: Shops) -> None:
    for view in views(ana):
        query = sql.SQL("explain (analyze, verbose, costs off) select * from {}").format(view)
        plan = "\n".join(row[0] for row in ana.execute(query).fetchall())
        assert "secret" not in plan
        assert str(shops[1]) not in plan


def test_statistics_show_no_values(db: Connection, ana: Connection) -> None:
    db.execute("analyze")
    query = "select count(*) from pg_stats where schemaname in ('data', 'internal', 'analytics')"
    assert ana.execute(query).fetchone() == (0,)


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
def test_a_prepared_statement_goes_by_who_executes_it(
    connect: Callable[..., Connection], ana: Connection, shops: Shops, mode: str
) -> None:
    """As a pool of connections does it: one session, one role after the other."""
    session = connect()
    session.execute(f"set plan_cache_mode = {mode}")
    session.execute("set role molam_analyst")
    session.execute("prepare all_customers as select merchant_id from analytics.customers")

    def customers_of() -> set[UUID]:
        return {row[0] for row in session.execute("execute all_customers").fetchall()}

    assert customers_of() == set(shops)
    session.execute("set role ana")
    assert customers_of() == {shops[0]}
    session.execute("set role bob")
    assert customers_of() == set()
    session.execute("set role molam_analyst")
    assert customers_of() == set(shops)


def test_what_a_limited_analyst_makes_shows_no_more(ana: Connection, shops: Shops) -> None:
    ana.execute("create temporary view mine as select * from analytics.events")
    ana.execute(
        "create function pg_temp.mine() returns setof uuid language sql security definer"
        " as 'select merchant_id from analytics.events'"
    )
    for query in ("select merchant_id from mine", "select pg_temp.mine()", "select merchant_id from copied"):
        if "copied" in query:
            ana.execute("create temporary table copied as select * from analytics.events")
        assert set(ana.execute(query).fetchall()) == {(shops[0],)}


def test_names_of_ones_own_do_not_stand_in_for_the_views(ana: Connection, shops: Shops) -> None:
    ana.execute("set search_path = pg_temp, pg_catalog")
    ana.execute(
        "create function pg_temp.pg_has_role(name, text) returns boolean language sql as 'select true'"
    )
    ana.execute("create temporary table analyst_merchants as select merchant_id from analytics.merchants")
    assert seen(ana) == {shops[0]}


def test_a_cursor_held_open_keeps_to_who_opened_it(ana: Connection, shops: Shops) -> None:
    with ana.transaction():
        ana.execute("declare mine cursor with hold for select merchant_id from analytics.customers")
    assert ana.execute("fetch all from mine").fetchall() == [(shops[0],)]


# --- conditions reach the tables -----------------------------------------------------------------


CONDITIONS = [
    ("daily_figures", "local_date > current_date - 7", "CURRENT_DATE - 7"),
    ("payment_methods", "local_date > current_date - 7", "CURRENT_DATE - 7"),
    ("products", "local_date > current_date - 7", "CURRENT_DATE - 7"),
    ("funnels", "local_date > current_date - 7", "CURRENT_DATE - 7"),
    ("failure_codes", "local_date > current_date - 7", "CURRENT_DATE - 7"),
    ("weekly_figures", "week_start > current_date - 7", "CURRENT_DATE - 7"),
    ("hourly_figures", "hour_start > now() - interval '7 days'", "now() -"),
    ("events", "occurred_at > now() - interval '7 days'", "now() -"),
    ("transactions", "started_at > now() - interval '7 days'", "now() -"),
    ("transactions", "transaction_id = 'one'", "'one'"),
    ("customers", "customer_id = 'one'", "'one'"),
    ("product_totals", "product_id = 'one'", "'one'"),
    ("growth", "currency = 'XOF'", "'XOF'"),
    ("retention", "merchant_name = 'Mine'", "'Mine'"),
]


def test_conditions_reach_the_tables(as_analyst: Connection, ana: Connection) -> None:
    """In spite of the security barrier: what a table is asked for is what was asked of the view."""
    for session in (as_analyst, ana):
        for view, condition, shown_as in CONDITIONS:
            query = f"explain (format json) select * from analytics.{view} where {condition}"
            plan = session.execute(query).fetchone()[0][0]["Plan"]
            assert [text for text in conditions_on_tables(plan) if shown_as in text], (view, condition)


def conditions_on_tables(plan: dict[str, Any]) -> list[str]:
    """All but those that are tried upon the view's finished rows."""
    names = ("Index Cond", "Filter", "Join Filter") if plan["Node Type"] != "Subquery Scan" else ()
    here = [plan[name] for name in names if name in plan]
    return here + [text for part in plan.get("Plans", []) for text in conditions_on_tables(part)]
