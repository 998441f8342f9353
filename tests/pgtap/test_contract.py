"""What the database promises, told by pgTAP: a test for each file beside this one."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.deploy import PROJECT_DIR
from tests.conftest import Server, create_database

Connection = psycopg.Connection[tuple]

PACKAGE = PROJECT_DIR / ".cache/pgtap/node_modules/@electric-sql/pglite-pgtap/dist/pgtap.tar.gz"
MEMBER = "share/postgresql/extension/pgtap.sql"
FILES = sorted(Path(__file__).parent.glob("*.sql"))


@pytest.fixture(scope="module")
def tap_url(server: Server) -> Iterator[str]:
    """A migrated database in which pgTAP was run as a script, for the server has no files of it."""
    if not PACKAGE.exists():
        pytest.skip("pgTAP is not there; `make pgtap` fetches it")
    with tarfile.open(PACKAGE) as package:
        script = package.extractfile(MEMBER).read()
    for url in create_database(server, "migrated"):
        with psycopg.connect(url, options="-c search_path=tap,pg_catalog") as connection:
            connection.execute("create schema tap")
            connection.execute(script)
        yield url


@pytest.fixture
def tap(tap_url: str) -> Iterator[Connection]:
    """A session in which a file can be run; nothing of it stays."""
    with psycopg.connect(tap_url, options="-c search_path=tap,pg_catalog") as connection:
        yield connection
        connection.rollback()


def failures(tap: Connection, file: Path) -> str:
    """What pgTAP says about the assertions of a file that do not hold."""
    results = [result.fetchall() for result in tap.execute(file.read_bytes()).results() if result.description]
    lines = "\n".join(text for rows in results for (text,) in rows).splitlines()
    assert any(re.fullmatch(r"1\.\.[1-9]\d*", line) for line in lines), "it did not finish"
    return "\n".join(line for line in lines if not re.match(r"ok |1\.\.", line))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_contract(tap: Connection, file: Path) -> None:
    if told := failures(tap, file):
        pytest.fail(told, pytrace=False)


# What breaks the contract, by the file that must notice it, and a line in which it is told.
BREACHES = [
    ("schemas", "create schema extra", "extra"),
    ("schemas", "alter role molam_api login", "(molam_api)"),
    ("schemas", "grant molam_dba to molam_api", "(molam_api,molam_dba)"),
    ("schemas", "alter view ops.lag owner to postgres", "(relation,ops.lag)"),
    (
        "functions",
        "create function api.extra() returns void language sql as ''",
        "extra() returns void volatile",
    ),
    ("functions", "alter function api.service_status() rename to health", "health() returns json"),
    ("functions", "alter function api.service_status() volatile", "returns json volatile security definer"),
    ("functions", "alter function api.service_status() security invoker", 'returns json stable"'),
    (
        "functions",
        "alter function api.service_status() parallel safe",
        "stable parallel safe security definer",
    ),
    ("functions", "alter function ops.maintain() reset search_path", "ops.maintain()"),
    ("functions", "create function ops.rebuild() returns void language sql as ''", "(ops,rebuild)"),
    (
        "functions",
        "create function api.rebuild(p_id uuid) returns void language sql as ''",
        "api.rebuild(uuid)",
    ),
    ("views", "alter view ops.lag rename as_of to at", 'next_xid, held_back_by")'),
    ("views", "drop view analytics.growth cascade", "(growth,"),
    ("views", "alter view analytics.events set (security_barrier = false)", "(analytics.events)"),
    ("comments", "comment on schema api is null", "(api)"),
    ("comments", "comment on table data.merchants is null", "(data.merchants)"),
    ("comments", "comment on column analytics.events.amount is null", "(analytics.events,amount)"),
    ("comments", "create index extra on data.merchants (name)", "(data.extra)"),
    ("comments", "comment on function internal.shown_until() is null", "internal.shown_until("),
    ("tables", "alter table data.merchants rename to shops", "there is data.merchants"),
    ("tables", "create table data.extra (name text)", "extra"),
    ("tables", "create index extra on data.transaction_events (customer_id)", "data.extra"),
    ("tables", "alter table data.merchants add rate double precision", "(data.merchants,rate,"),
    ("grants", "grant execute on function api.service_status() to public", "everybody,EXECUTE"),
    ("grants", "grant select on data.merchants to molam_analyst", "(molam_analyst,data.merchants,select)"),
    ("grants", "grant update (name) on data.settings to molam_dba", "(molam_dba,data.settings,update)"),
    ("grants", "grant update on ops.settings to molam_dba", "unit"),
    ("grants", "grant usage on schema ops to molam_api", "(molam_api,ops,usage)"),
    ("grants", "grant execute on function ops.status() to molam_api", '(molam_api,"ops.status()")'),
    (
        "grants",
        "revoke execute on function api.service_status() from molam_api",
        '(molam_api,"api.service_status()")',
    ),
    ("grants", "grant select on ops.lag to molam_dba with grant option", "(ops.lag,molam_dba,SELECT)"),
    (
        "grants",
        "grant execute on all functions in schema internal to molam_api",
        '(molam_api,"internal.divide(',
    ),
    (
        "grants",
        "grant usage on schema data to molam_api; grant select on data.transaction_events to molam_api",
        "the service is refused: select",
    ),
    (
        "grants",
        "alter default privileges for role molam_owner grant execute on functions to public",
        "a new function is nobody's",
    ),
]


def test_breaches_are_told(tap: Connection) -> None:
    untold = []
    for name, statement, words in BREACHES:
        tap.execute(statement)
        told = failures(tap, Path(__file__).with_name(f"{name}.sql"))
        tap.rollback()
        if words not in told:
            untold.append((statement, told))
    assert untold == []
