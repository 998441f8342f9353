"""Where time and space go."""

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.shop import sell

Connect = Callable[..., Connection]

READING_FUNCTIONS = {
    "dashboard_overview": '{"p_currency": "XOF"}',
    "dashboard_analytics": '{"p_start_date": "2024-03-01", "p_end_date": "2024-03-31"}',
    "dashboard_payment_methods": "{}",
    "dashboard_top_products": '{"p_days": 366, "p_limit": 5, "p_currency": null}',
    "dashboard_failures": '{"p_start_date": "2024-03-01", "p_end_date": "2024-03-31"}',
    "dashboard_customers": "{}",
    "get_merchant": "{}",
}


@pytest.mark.parametrize("function", READING_FUNCTIONS)
def test_explain_api(as_dba: Connection, shop: UUID, function: str) -> None:
    notices: list[str] = []
    as_dba.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    query = "select explain_api from ops.explain_api(%s, %s, %s)"
    for _ in range(2):  # the second time in a session, too
        notices.clear()
        lines = [line for (line,) in as_dba.execute(query, (function, shop, READING_FUNCTIONS[function]))]
        assert any(line.startswith("Execution Time:") for line in lines)
        assert any("Buffers: shared hit=" in line for line in lines)
        assert any(line.startswith(f"api.{function}: 1 calls, ") for line in lines)
        assert lines[-1] == "The plans of the statements inside came as notices."
        inner = [notice for notice in notices if "data.merchant" in notice and "actual time=" in notice]
        assert inner, notices

    # nothing is left switched on
    notices.clear()
    as_dba.execute("select count(*) from ops.settings")
    assert notices == []


@pytest.mark.parametrize(
    ("function", "arguments", "detail"),
    [
        ("ingest_events", "{}", "p_function"),  # it would write
        ("service_status", "{}", "p_function"),
        ("nothing", "{}", "p_function"),
        ("dashboard_overview", '{"p_days": 1}', "p_arguments"),
    ],
)
def test_explain_api_refuses(as_dba: Connection, function: str, arguments: str, detail: str) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        as_dba.execute("select ops.explain_api(%s, %s, %s)", (function, uuid4(), arguments))
    assert (refusal.value.sqlstate, refusal.value.diag.message_detail) == ("ML422", detail)


def test_explain_api_passes_values_not_sql(as_dba: Connection, shop: UUID) -> None:
    arguments = """{"p_currency": "XOF') from pg_sleep(0); drop table data.merchants; --"}"""
    with pytest.raises(psycopg.Error) as refusal:
        as_dba.execute("select ops.explain_api('dashboard_overview', %s, %s)", (shop, arguments))
    assert refusal.value.sqlstate == "ML422"


@pytest.mark.parametrize("lacking", ["track_functions", "auto_explain.log_level"])
def test_explain_api_without_the_rights(db: Connection, as_dba: Connection, shop: UUID, lacking: str) -> None:
    """Where no superuser has migrated: it says what is missing and shows the rest."""
    db.execute(f"revoke set on parameter {lacking} from molam_owner")
    try:
        query = "select ops.explain_api('dashboard_overview', %s)"
        lines = [line for (line,) in as_dba.execute(query, (shop,))]
    finally:
        db.execute(f"grant set on parameter {lacking} to molam_owner")
    assert any(line.startswith("Execution Time:") for line in lines)
    has_plans = "The plans of the statements inside came as notices." in lines
    assert has_plans == (lacking == "track_functions")


def test_slow_functions(db: Connection, as_api: Connection, as_dba: Connection, shop: UUID) -> None:
    for _ in range(3):
        as_api.execute("select api.dashboard_overview(%s)", (shop,))
    as_api.execute("select pg_stat_force_next_flush()")
    query = """
        select source, calls, total_ms > 0, mean_ms > 0
        from ops.slow_functions where function_name = 'api.dashboard_overview' order by source
    """
    rows = as_dba.execute(query).fetchall()
    assert rows == [("pg_stat_statements", 3, True, True), ("pg_stat_user_functions", 3, True, True)]
    (times,) = as_dba.execute("select array_agg(total_ms) from ops.slow_functions").fetchone()
    assert times == sorted(times, reverse=True)


def test_slow_functions_without_the_extension(db: Connection, as_dba: Connection) -> None:
    db.execute("drop extension pg_stat_statements")
    assert as_dba.execute("select from ops.statement_times()").fetchall() == []


def test_bloat(db: Connection, as_dba: Connection, as_api: Connection, shop: UUID) -> None:
    """Figures that are written again and again leave rows behind; vacuum full leaves none."""
    sell(as_api, shop, *(f"customer {n}" for n in range(1000)))
    db.execute("call rollup.run('test', 0)")
    db.execute("alter table data.merchant_customer_stats set (autovacuum_enabled = off)")
    for _ in range(5):
        db.execute("update data.merchant_customer_stats set transactions = transactions + 0")
    db.execute("select pg_stat_force_next_flush()")

    def look(relation: str) -> tuple:
        db.execute("analyze data.merchant_customer_stats")
        query = """
            select kind, bytes, estimated_rows, dead_rows, dead_share, estimated_bloat_bytes
            from ops.bloat where relation = %s
        """
        return as_dba.execute(query, (relation,)).fetchone()

    kind, size, rows, dead_rows, dead_share, bloat = look("merchant_customer_stats")
    assert (kind, rows) == ("table", 1003)
    assert dead_rows >= 3000  # some are pruned on the way
    assert 0.7 < dead_share < 0.85
    assert 0.7 * size < bloat < 0.9 * size
    kind, size, rows, *_, bloat = look("merchant_customer_stats_pkey")
    assert (kind, rows) == ("index", 1003)
    assert bloat > 0.3 * size

    db.execute("vacuum full data.merchant_customer_stats")
    for relation in ("merchant_customer_stats", "merchant_customer_stats_pkey"):
        _, size, _, _, _, bloat = look(relation)
        assert bloat <= 0.25 * size, relation
