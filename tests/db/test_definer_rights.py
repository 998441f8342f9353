"""Functions with their owner's rights run nothing of their caller's: neither its names nor its tables."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.webhooks import new_endpoint_id
from tests.db.api.test_arguments import Caller, functions_of_api
from tests.db.shop import sell

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

IMPOSTORS = Path(__file__).with_name("impostors.sql")

CARELESS = """
create function public.careless() returns boolean language plpgsql security definer
as 'begin return length(''x'') + 1 = 2; end'
"""

# A trigger is fired with the rights of whoever writes to its table.
TRAP = """
    create function pg_temp.tell() returns trigger language plpgsql
    as $$ begin raise notice '%', current_user; return null; end $$
"""


@pytest.fixture
def shop(db: Connection, merchant: Callable[..., UUID]) -> UUID:
    shop = merchant()
    sell(db, shop, "one", "two")
    return shop


# --- names ---------------------------------------------------------------------------------------


@pytest.fixture
def impostors(db: Connection) -> None:
    db.execute(IMPOSTORS.read_bytes())


def intrude(connect: Connect, role: str) -> Connection:
    session = connect(role)
    session.execute("set search_path = pg_temp, intruder, pg_catalog")
    return session


@pytest.mark.usefixtures("impostors")
def test_names_of_the_caller_do_not_stand_in_for_ours(connect: Connect, db: Connection, shop: UUID) -> None:
    functions, outcomes = functions_of_api(db), Counter[str]()
    caller = Caller(intrude(connect, "molam_api"), outcomes, shop, new_endpoint_id(shop))
    for function in functions:
        usual = {parameter: caller.usual_of(parameter)[0] for parameter in function.parameters}
        caller.call(function, usual, is_kept=False)
    assert outcomes["00000"] > len(functions) / 2
    intrude(connect, "molam_rollup").execute("call rollup.run('intruder', 0)")
    dba = intrude(connect, "molam_dba")
    for query in (
        "select ops.status()",
        "select ops.maintain()",
        "select ops.refresh_marts()",
        "select ops.reconcile(%(shop)s)",
        "select ops.repair(%(shop)s)",
        "select ops.rebuild(%(shop)s)",
        "select ops.replay(%(shop)s, '2026-01-01', '2026-01-02')",
        "select ops.update_merchant(%(shop)s, 'Renamed')",
        "select ops.forget_customer(%(shop)s, 'one')",
    ):
        dba.execute(query, {"shop": shop})


@pytest.mark.usefixtures("impostors")
def test_a_function_without_a_path_of_its_own_would_be_hijacked(connect: Connect, db: Connection) -> None:
    """So the test above would notice it."""
    db.execute(CARELESS)
    db.execute("alter function public.careless() owner to molam_owner")
    db.execute("grant usage on schema public to molam_api")
    db.execute("grant execute on function public.careless() to molam_api")
    with pytest.raises(psycopg.Error) as error:
        intrude(connect, "molam_api").execute("select public.careless()")
    assert error.value.sqlstate == "HJ000"


# --- temporary tables ----------------------------------------------------------------------------


def lay_trap(db: Connection, owner: Connection, intruder: Connection, table: str) -> None:
    """A temporary table of the intruder's that looks like the one that our code has made for `owner`."""
    columns = owner.execute(
        """
        select string_agg(
            format('%%I %%s', a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null)),
            ', ' order by a.attnum
        )
        from pg_attribute as a inner join pg_type as t on a.atttypid = t.oid
        where a.attrelid = to_regclass('pg_temp.' || %s) and a.attnum > 0
        """,
        (table,),
    ).fetchone()[0]
    signature = db.execute("select 'internal.window_rows'::regclass::oid::text").fetchone()[0]
    intruder.execute(f"create temporary table {table} ({columns})")
    intruder.execute(f"comment on table {table} is '{signature}'")
    intruder.execute(f"grant all on {table} to public")
    intruder.execute(
        f"create trigger trap after insert or update or delete on {table} execute function pg_temp.tell()"
    )


WINDOW = ("window_events", "window_suspects", "window_customers")


@pytest.mark.parametrize(
    ("role", "tables", "call"),
    [
        ("molam_rollup", WINDOW, "call rollup.run('intruder', 0)"),
        (
            "molam_rollup",
            WINDOW,
            "select rollup.process_window(n::smallint) from generate_series(0, 15) as n",
        ),
        ("molam_dba", WINDOW, "select ops.rebuild(%(shop)s)"),
        ("molam_dba", ("wrong_rows",), "select ops.repair(%(shop)s)"),
    ],
)
def test_no_trigger_of_the_caller_is_fired(
    connect: Connect, db: Connection, shop: UUID, role: str, tables: tuple[str, ...], call: str
) -> None:
    given: dict[str, Any] = {"shop": shop} if "%" in call else {}
    owner, intruder = connect(), connect(role)
    owner.execute(call, given)
    told: list[str] = []
    intruder.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    intruder.execute(TRAP)
    for table in tables:
        lay_trap(db, owner, intruder, table)
    intruder.execute(f"delete from {tables[0]}")
    assert told.pop() == role  # it works
    sell(db, shop, "three")
    with suppress(psycopg.errors.InsufficientPrivilege):
        intruder.execute(call, given)
    assert "molam_owner" not in told
