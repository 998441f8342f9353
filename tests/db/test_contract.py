"""What the database promises: names, arguments and results of `api`, comments, grants, keys."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.db.shop import run_once, sell

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]

# Rebuilt by the loader, and the tables.
SCHEMAS = ["api", "internal", "rollup", "analytics", "ops", "triggers", "data"]

JSON = "json"
API = {
    "get_merchant": (
        "p_merchant_id uuid",
        "TABLE(name text, status text, default_currency text, timezone text)",
    ),
    "find_api_key": (
        "p_merchant_id uuid, p_key_id text",
        "TABLE(secret_sha256 bytea, scopes text[], is_live boolean, merchant_status text)",
    ),
    "touch_api_key": ("p_merchant_id uuid, p_key_id text", "void"),
    "describe_merchant": ("p_merchant_id uuid", JSON),
    "create_api_key": (
        "p_merchant_id uuid, p_key_id text, p_secret_sha256 bytea, p_scopes text[], p_name text,"
        " p_expires_at timestamp with time zone, p_subject text",
        JSON,
    ),
    "rotate_api_key": (
        "p_merchant_id uuid, p_key_id text, p_new_key_id text, p_secret_sha256 bytea,"
        " p_overlap_seconds integer, p_expires_at timestamp with time zone, p_subject text",
        JSON,
    ),
    "revoke_api_key": ("p_merchant_id uuid, p_key_id text, p_subject text", JSON),
    "get_api_key": ("p_merchant_id uuid, p_key_id text", JSON),
    "list_api_keys": ("p_merchant_id uuid, p_limit integer, p_starting_after text", JSON),
    "api_key_audit": ("p_merchant_id uuid, p_key_id text", JSON),
    "find_webhook_endpoint": (
        "p_merchant_id uuid, p_endpoint_id text",
        "TABLE(secrets bytea[], merchant_status text)",
    ),
    "touch_webhook_endpoint": ("p_merchant_id uuid, p_endpoint_id text", "void"),
    "create_webhook_endpoint": (
        "p_merchant_id uuid, p_endpoint_id text, p_secret bytea, p_description text, p_subject text",
        JSON,
    ),
    "rotate_webhook_secret": (
        "p_merchant_id uuid, p_endpoint_id text, p_secret bytea, p_overlap_seconds integer, p_subject text",
        JSON,
    ),
    "disable_webhook_endpoint": ("p_merchant_id uuid, p_endpoint_id text, p_subject text", JSON),
    "get_webhook_endpoint": ("p_merchant_id uuid, p_endpoint_id text", JSON),
    "list_webhook_endpoints": ("p_merchant_id uuid, p_limit integer, p_starting_after text", JSON),
    "webhook_endpoint_audit": ("p_merchant_id uuid, p_endpoint_id text", JSON),
    "ingest_event": (
        "p_merchant_id uuid, p_event json, p_idempotency_key text,"
        " OUT outcome text, OUT event_id uuid, OUT body json",
        "record",
    ),
    "ingest_events": (
        "p_merchant_id uuid, p_events json, p_is_lenient boolean, OUT is_stored boolean, OUT body json",
        "record",
    ),
    "dashboard_overview": ("p_merchant_id uuid, p_currency text, p_now timestamp with time zone", JSON),
    "dashboard_analytics": (
        "p_merchant_id uuid, p_start_date date, p_end_date date, p_granularity text, p_currency text",
        JSON,
    ),
    "dashboard_payment_methods": (
        "p_merchant_id uuid, p_days integer, p_currency text, p_now timestamp with time zone",
        JSON,
    ),
    "dashboard_top_products": (
        "p_merchant_id uuid, p_days integer, p_limit integer, p_currency text,"
        " p_now timestamp with time zone",
        JSON,
    ),
    "dashboard_customers": ("p_merchant_id uuid, p_limit integer, p_currency text", JSON),
    "service_status": ("", JSON),
}


def names(db: Connection, query: str) -> list[str]:
    """The first column of a query over the catalog; %s stands for our schemas."""
    return [row[0] for row in db.execute(query, (SCHEMAS,)).fetchall()]


def test_api_is_what_the_architecture_page_says(db: Connection) -> None:
    query = """
        select proname, pg_get_function_identity_arguments(oid), pg_get_function_result(oid)
        from pg_proc where pronamespace = 'api'::regnamespace
    """
    rows = db.execute(query).fetchall()
    assert {name: (arguments, result) for name, arguments, result in rows} == API
    assert len(rows) == len(API), "a name stands for one function"


def test_api_calls_can_be_routed_by_merchant() -> None:
    without = [name for name, (arguments, _) in API.items() if not arguments.startswith("p_merchant_id uuid")]
    assert without == ["service_status"]


def test_keys_of_tenants_data_start_with_the_merchant(db: Connection) -> None:
    query = """
        select indexrelid::regclass::text
        from pg_index join pg_class as t on t.oid = indrelid
        where
            t.relnamespace::regnamespace::text = any(%s)
            and (indisunique or indisprimary)
            and exists (select from pg_attribute where attrelid = t.oid and attname = 'merchant_id')
            and pg_get_indexdef(indexrelid, 1, true) <> 'merchant_id'
    """
    assert names(db, query) == []


def test_everything_public_is_commented(db: Connection) -> None:
    query = """
        select oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text = any(%s) and pronamespace::regnamespace::text <> 'data'
            and obj_description(oid, 'pg_proc') is null
    """
    assert names(db, query) == []
    query = """
        select oid::regclass::text from pg_class
        where relnamespace::regnamespace::text = any(%s) and relkind in ('r', 'p', 'v', 'm')
            and not relispartition and obj_description(oid, 'pg_class') is null
    """
    assert names(db, query) == []


def test_security_definers_fix_their_search_path(db: Connection) -> None:
    query = """
        select oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text = any(%s) and prosecdef
            and not coalesce('search_path=pg_catalog, pg_temp' = any(proconfig), false)
    """
    assert names(db, query) == []


def test_everything_belongs_to_the_owner(db: Connection) -> None:
    query = """
        select oid::regclass::text from pg_class
        where relnamespace::regnamespace::text = any(%s) and relowner <> 'molam_owner'::regrole
    """
    assert names(db, query) == []
    query = """
        select oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text = any(%s) and proowner <> 'molam_owner'::regrole
    """
    assert names(db, query) == []


def test_nothing_is_granted_to_everybody(db: Connection) -> None:
    query = """
        select oid::regprocedure::text
        from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
        where pronamespace::regnamespace::text = any(%s) and acl.grantee = 0
    """
    assert names(db, query) == []
    query = """
        select oid::regclass::text
        from pg_class, aclexplode(relacl) as acl
        where relnamespace::regnamespace::text = any(%s) and acl.grantee = 0
    """
    assert names(db, query) == []
    query = """
        select nspname from pg_namespace, aclexplode(nspacl) as acl
        where nspname = any(%s) and acl.grantee = 0
    """
    assert names(db, query) == []


# Who may use which schema, run which schema's functions, and read which schema's relations. What analysts may
# run in a schema that they may not use, only the views call for them.
ROLES = {
    "molam_api": ({"api"}, {"api"}, set()),
    "molam_rollup": ({"rollup"}, {"rollup"}, set()),
    "molam_analyst": ({"analytics"}, {"internal"}, {"analytics"}),
    "molam_limited_analyst": ({"analytics"}, {"internal"}, {"analytics"}),
    "molam_dba": ({"ops", "rollup"}, {"ops", "rollup"}, {"ops"}),
}


@pytest.mark.parametrize("role", ROLES)
def test_roles_may_do_no_more_than_they_need(db: Connection, role: str) -> None:
    usable, runnable, readable = ROLES[role]
    query = (
        "select nspname from pg_namespace where nspname = any(%s) and has_schema_privilege('{}', oid, '{}')"
    )
    assert set(names(db, query.format(role, "usage"))) == usable
    assert names(db, query.format(role, "create")) == []
    query = f"""
        select distinct pronamespace::regnamespace::text from pg_proc
        where pronamespace::regnamespace::text = any(%s) and has_function_privilege('{role}', oid, 'execute')
    """
    assert set(names(db, query)) == runnable
    query = f"""
        select distinct relnamespace::regnamespace::text from pg_class
        where relnamespace::regnamespace::text = any(%s) and relkind in ('r', 'p', 'v', 'm')
            and has_table_privilege('{role}', oid, 'select')
    """
    assert set(names(db, query)) <= readable
    query = f"""
        select oid::regclass::text from pg_class
        where relnamespace::regnamespace::text = any(%s) and relkind in ('r', 'p', 'v', 'm')
            and has_any_column_privilege('{role}', oid, 'insert, update')
    """
    assert names(db, query) == (["ops.settings"] if role == "molam_dba" else [])


def test_roles_are_ordinary(db: Connection) -> None:
    query = """
        select rolname from pg_roles
        where rolname like 'molam%'
            and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)
    """
    assert db.execute(query).fetchall() == []


def test_service_cannot_go_round_its_functions(as_api: Connection) -> None:
    for query in (
        "select from data.transaction_events",
        "insert into data.transaction_event_keys values (gen_random_uuid(), gen_random_uuid(), now())",
        "select internal.set_aside(1, '', '')",
        "call rollup.run('intruder', 0)",
        "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_api.execute(query)


@pytest.fixture
def event_table(db: Connection, as_api: Connection, merchant: Callable[..., UUID]) -> str:
    """Where an aggregated event lies: the partition itself."""
    sell(as_api, merchant(), "a")
    run_once(db)
    return db.execute("select tableoid::regclass::text from data.transaction_events").fetchone()[0]


@pytest.mark.parametrize("role", ["molam_owner", None], ids=["owner", "superuser"])
@pytest.mark.parametrize("statement", ["update {} set amount = 1", "delete from {}", "truncate {}"])
def test_events_are_append_only_for_everybody(
    db: Connection, connect: Connect, event_table: str, statement: str, role: str | None
) -> None:
    session = connect(role)
    for table in ("data.transaction_events", event_table):
        with pytest.raises(psycopg.errors.RestrictViolation):
            session.execute(statement.format(table))
    assert db.execute("select count(*) from data.transaction_events").fetchone() == (1,)
