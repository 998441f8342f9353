"""`molam migrate`: what it applies, what it refuses, and that a failure leaves everything as it was.

Most tests work on a small project of their own: the real first migration, and a few files beside it.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import pytest
import yoyo
from psycopg.conninfo import make_conninfo

from app import code_loader, deploy, old_code, operations, patience
from app.deploy import DeployError, MigrationReport
from app.sql_files import CodeError
from tests.conftest import Server
from tests.processes import wait_until
from tests.projects import Project, copy_of_ours

pytestmark = pytest.mark.every_server

# What migrate itself calls.
OPS = """
    create function ops.create_partitions() returns integer language sql as $$ select 0 $$;
    create function ops.schedule_jobs() returns text language sql as $$ select 'worker' $$;
    create function ops.note_release(bigint[], text[]) returns void language sql as '';
"""
ITEMS = """
    set local role molam_owner;
    create table data.items (item_id integer primary key, price numeric not null);
    create table data.mart_marks (merchant_id uuid);
"""
TRIGGER = """
    create function triggers.refuse() returns trigger language plpgsql as $$
    begin
        raise exception 'no';
    end $$;
    create or replace trigger _100_refuse before delete on data.items
    for each row execute function triggers.refuse();
"""
SUMS = """
    create materialized view sums as select 1 as only_row, sum(price) as total from data.items;
    create unique index sums_key on sums (only_row);
"""
DOUBLE = """
    create function api.double() returns numeric language sql stable
    as $$ select m.double from mart.sums as m $$;
"""
TWICE = "create function api.twice(p_value integer) returns integer language sql as $$ select p_value * 2 $$;"


@pytest.fixture
def project(tmp_path: Path, empty_database_url: str) -> Project:
    project = Project(tmp_path, empty_database_url)
    (tmp_path / "migrations").mkdir()
    shutil.copy(deploy.PROJECT_DIR / "migrations" / "0001_foundation.sql", tmp_path / "migrations")
    project.write("migrations/0002_items.sql", f"-- depends: 0001_foundation\n{ITEMS}")
    project.write("sql/10_calls.sql", TWICE)
    project.write("sql/80_ops.sql", OPS)
    project.write("views/ops_items.sql", "create view ops.items as select item_id from data.items;")
    project.write("triggers/items.sql", TRIGGER)
    return project


@pytest.fixture
def deployed(project: Project) -> Project:
    project.migrate()
    return project


# --- what is applied -------------------------------------------------------------------------------


def test_a_fresh_database_gets_everything_and_a_second_run_does_nothing(project: Project) -> None:
    report = project.migrate()
    assert report.applied == ["0001_foundation", "0002_items"]
    assert report.reloaded == ["code", "triggers"]
    assert report.runner == "worker"
    versions = project.execute("select kind, digest, loaded_at from data.code_versions order by kind")
    again = project.migrate()
    assert (again.applied, again.reloaded) == ([], [])
    assert project.execute("select kind, digest, loaded_at from data.code_versions order by kind") == versions
    assert [row[1] for row in versions] == [
        code_loader.code_digest("code", project.folder),
        code_loader.code_digest("triggers", project.folder),
    ]


def test_all_code_belongs_to_the_owner(deployed: Project) -> None:
    owners = deployed.execute(
        """
        select distinct pg_get_userbyid(owner) from (
            select proowner as owner from pg_proc where pronamespace = 'ops'::regnamespace
            union all select relowner from pg_class where relnamespace = 'ops'::regnamespace
            union all select nspowner from pg_namespace where nspname in ('api', 'rollup', 'ops', 'triggers')
        ) as objects
        """
    )
    assert owners == [("molam_owner",)]


def test_a_changed_file_rebuilds_its_kind_alone(deployed: Project) -> None:
    deployed.write(
        "sql/10_calls.sql", TWICE.replace("integer language", "text language").replace("* 2", "* 2 || ''")
    )
    assert deployed.migrate().reloaded == ["code"]
    assert deployed.execute("select api.twice(2)") == [("4",)]
    deployed.write("triggers/items.sql", TRIGGER.replace("'no'", "'never'"))
    assert deployed.migrate().reloaded == ["triggers"]
    deployed.execute("insert into data.items values (1, 1)")
    with pytest.raises(psycopg.errors.RaiseException, match="never"):
        deployed.execute("delete from data.items")


def test_a_changed_materialized_view_is_swapped(deployed: Project) -> None:
    with psycopg.connect(deployed.url, autocommit=True) as reader:
        deployed.execute("insert into data.items values (1, 10), (2, 20)")
        deployed.write("views/mart_sums.sql", SUMS)
        assert deployed.migrate().reloaded == ["code", "mart.sums"]
        assert reader.execute("select total from mart.sums").fetchall() == [(Decimal(30),)]
        oid = deployed.execute("select 'mart.sums'::regclass::oid")

        deployed.write("sql/10_calls.sql", TWICE.replace("p_value", "p_number"))
        assert deployed.migrate().reloaded == ["code"]
        assert deployed.execute("select 'mart.sums'::regclass::oid") == oid  # not filled again for that

        deployed.write("views/mart_sums.sql", SUMS.replace("as total", "* 2 as double"))
        deployed.write("sql/20_doubles.sql", DOUBLE)
        assert deployed.migrate().reloaded == ["code", "mart.sums"]
        assert reader.execute("select api.double()").fetchall() == [(Decimal(60),)]
        assert reader.execute("select to_regclass('mart.sums_key') is not null").fetchone() == (True,)
        # nobody reads it before its first refresh: it may have missed what came while it was built
        assert deployed.execute("select count(*) from data.mart_marks where merchant_id is null") == [(2,)]
        assert deployed.execute("select to_regnamespace('mart_next')") == [(None,)]


def test_a_materialized_view_that_fails_changes_nothing(deployed: Project) -> None:
    deployed.write("views/mart_sums.sql", SUMS)
    deployed.migrate()
    deployed.write("views/mart_sums.sql", SUMS.replace("sum(price)", "sum(price) / 0"))
    deployed.execute("insert into data.items values (1, 10)")
    assert_refused(deployed, CodeError, "mart_sums.sql", "division by zero")
    deployed.execute("refresh materialized view mart.sums")
    assert deployed.execute("select total from mart.sums") == [(Decimal(10),)]


def test_no_view_may_stand_on_a_materialized_view_that_changes(deployed: Project) -> None:
    deployed.write("views/mart_sums.sql", SUMS)
    deployed.migrate()
    deployed.execute("create view public.mine as select total from mart.sums")
    deployed.write("sql/20_more.sql", "")
    deployed.migrate()
    deployed.write("views/mart_sums.sql", SUMS.replace("sum(price)", "avg(price)"))
    assert_refused(deployed, CodeError, "rebuilding mart.sums would drop", '"_RETURN" on public.mine')


def test_a_function_that_does_not_fit_the_new_materialized_view(deployed: Project) -> None:
    deployed.write("views/mart_sums.sql", SUMS)
    deployed.write("sql/20_doubles.sql", DOUBLE.replace("m.double", "m.total"))
    deployed.migrate()
    deployed.write("views/mart_sums.sql", SUMS.replace("as total", "as double"))
    assert_refused(deployed, CodeError, "api.double(): column m.total does not exist")


def test_a_materialized_view_without_a_file_is_dropped(deployed: Project) -> None:
    deployed.write("views/mart_sums.sql", SUMS)
    deployed.migrate()
    (deployed.folder / "views" / "mart_sums.sql").unlink()
    assert deployed.migrate().reloaded == ["code"]
    assert deployed.execute("select to_regclass('mart.sums')") == [(None,)]
    assert deployed.migrate().reloaded == []


def test_what_no_file_holds_any_more_is_gone(deployed: Project) -> None:
    (deployed.folder / "sql" / "10_calls.sql").unlink()
    (deployed.folder / "triggers" / "items.sql").unlink()
    deployed.migrate()
    assert deployed.execute("select to_regproc('api.twice')") == [(None,)]
    assert deployed.execute("select count(*) from pg_trigger where not tgisinternal") == [(0,)]


def test_the_order_of_files_need_not_follow_who_calls_whom(project: Project) -> None:
    project.write(
        "sql/05_early.sql", "create function api.four() returns integer language sql as 'select api.twice(2)'"
    )
    project.migrate()
    assert project.execute("select api.four()") == [(4,)]


# --- what is refused, leaving all as it was --------------------------------------------------------


def assert_refused(project: Project, error: type[Exception], *says: str) -> None:
    before = project.execute("select api.twice(3), (select array_agg(digest) from data.code_versions)")
    with pytest.raises(error) as caught:
        project.migrate()
    for words in says:
        assert words in str(caught.value)
    assert (
        project.execute("select api.twice(3), (select array_agg(digest) from data.code_versions)") == before
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\nselect 1;\ncreat function api.x()", 'sql/20_more.sql:4: syntax error at or near "creat"'),
        ("select 'é';\nselect no_such_column", "sql/20_more.sql:2: column"),
        ("create function api.x() returns integer language sql as 'select nothing'", "api.x(): column"),
        (
            "create function api.x() returns void language plpgsql as 'begin bad end'",
            "api.x(): unexpected end of function definition",
        ),
    ],
    ids=["syntax", "column", "sql body", "plpgsql body"],
)
def test_a_broken_file_is_named_with_its_line(deployed: Project, text: str, says: str) -> None:
    deployed.write("sql/20_more.sql", text)
    assert_refused(deployed, CodeError, says)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "alter table data.items add constraint is_twice check (api.twice(item_id) > 0)",
            "is_twice on data.items",
        ),
        ("alter table data.items alter price set default api.twice(1)", "default value for data.items.price"),
        ("create index twice on data.items (price) where ops.fixed(item_id) > 1", "index data.twice"),
        ("create view public.mine as select * from ops.items", '"_RETURN" on public.mine'),
        ("create policy mine on data.items using (api.twice(item_id) > 0)", "policy mine on data.items"),
        ("create table public.mine (item ops.items)", "column public.mine.item"),
        (
            "create trigger mine after insert on data.items for each row execute function ops.mine()",
            "trigger mine on data.items",
        ),
    ],
    ids=["check", "default", "index", "view", "policy", "column type", "trigger"],
)
def test_what_stands_on_rebuilt_code_is_named(project: Project, statement: str, says: str) -> None:
    project.write(
        "sql/20_more.sql",
        "create function ops.fixed(p integer) returns integer immutable language sql as 'select p';"
        "create function ops.mine() returns trigger language plpgsql as 'begin return null; end'",
    )
    project.migrate()
    project.execute(statement)
    project.write("sql/20_more.sql", "")
    assert_refused(project, CodeError, "would drop what depends on it", says)


def test_a_bad_migration_is_named_and_can_be_mended(deployed: Project) -> None:
    deployed.write("migrations/0003_more.sql", "create table data.more ();\ncreate tabel x")
    assert_refused(deployed, DeployError, "0003_more.sql", 'syntax error at or near "tabel"')
    assert deployed.execute("select to_regclass('data.more')") == [(None,)]
    deployed.write("migrations/0003_more.sql", "create table data.more ()")
    assert deployed.migrate().applied == ["0003_more"]


def test_a_migration_with_an_unknown_dependency(deployed: Project) -> None:
    deployed.write("migrations/0003_more.sql", "-- depends: 0002_typo\nselect 1")
    assert_refused(deployed, DeployError, "0003_more.sql")


def test_a_migration_is_marked_in_its_own_transaction(
    deployed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    deployed.write("migrations/0003_more.sql", "create table data.more ()")
    with monkeypatch.context() as patch:
        patch.setattr(yoyo.backends.base.DatabaseBackend, "mark_one", die)
        with pytest.raises(KeyboardInterrupt):
            deployed.migrate()
    assert deployed.execute("select to_regclass('data.more')") == [(None,)]
    assert deployed.migrate().applied == ["0003_more"]


def test_a_database_of_a_newer_version_is_left_alone(deployed: Project) -> None:
    (deployed.folder / "migrations" / "0002_items.sql").unlink()
    assert_refused(deployed, DeployError, "migrated by a newer one")


def test_a_user_who_is_no_superuser_can_migrate(server: Server) -> None:
    roles = "molam_owner, molam_api, molam_rollup, molam_analyst, molam_limited_analyst, molam_dba"
    server.execute("create role boss login createrole password 'x'")
    server.execute(f"grant {roles} to boss with admin option")
    server.execute("create database managed owner boss template pristine")
    try:
        url = make_conninfo(server.url("managed"), user="boss", password="x")
        deploy.migrate(url)
        assert deploy.migrate(url).applied == []
        with psycopg.connect(url, autocommit=True) as connection:
            merchant_id = operations.create_merchant(connection, "Shop", "XOF", "Africa/Dakar")
            event = {"transaction_id": "1", "event_type": "payment_created", "amount": 1, "currency": "XOF"}
            answer = operations.ingest_events(connection, merchant_id, json.dumps([event]).encode())
            assert answer["ingested"] == 1
            connection.execute("set role molam_rollup")
            connection.execute("call rollup.run('test', 0)")
            connection.execute("reset role")
            assert operations.reconcile(connection) == []
            assert operations.last_date(connection, merchant_id) is not None
    finally:
        server.execute("drop database managed with (force)")
        server.execute("drop role boss")


def test_another_encoding_is_refused(server: Server, tmp_path: Path) -> None:
    server.execute("create database latin encoding 'LATIN1' template template0 locale 'C'")
    with pytest.raises(DeployError, match="encoding is LATIN1"):
        deploy.migrate(server.url("latin"))
    server.execute("drop database latin")


# --- others at the same time -----------------------------------------------------------------------


def test_replicas_migrate_at_once(project: Project) -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: project.migrate(), range(4)))
    assert sorted(len(report.applied) for report in reports) == [0, 0, 0, 2]


def test_the_lock_of_a_killed_process_is_broken(deployed: Project) -> None:
    deployed.execute("insert into yoyo_lock values (1, now(), 4711)")
    deployed.write("migrations/0003_more.sql", "create table data.more ()")
    assert deployed.migrate().applied == ["0003_more"]


def test_waiting_for_another_migration_has_an_end(deployed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "_LOCK_TIMEOUT", "100ms")
    with psycopg.connect(deployed.url) as connection:
        connection.execute("select pg_advisory_lock(%s)", [deploy._LOCK_KEY])
        with pytest.raises(DeployError, match="another molam migrate"):
            deployed.migrate()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_WAIT", "50ms")
    monkeypatch.setattr(patience, "_PAUSES", (0.1, 0.2, 0.4, 0.8))
    monkeypatch.setattr(old_code, "_PAUSES", (0.1,))
    monkeypatch.setattr(old_code, "_SECONDS_FOR_CALLS", 0.1)


@pytest.fixture
def other(deployed: Project) -> Iterator[psycopg.Connection]:
    """A session that stays in its transaction."""
    with psycopg.connect(deployed.url) as connection:
        yield connection


def old_schemas(project: Project) -> list[tuple]:
    return project.execute("select nspname from pg_namespace where nspname like '%!_old!_%' escape '!'")


@pytest.mark.usefixtures("impatient")
def test_who_reads_a_view_holds_up_nobody(deployed: Project, other: psycopg.Connection) -> None:
    """New code is in force at once; the old is dropped by the first `migrate` that finds it unused."""
    other.execute("select item_id from ops.items")
    for number in range(2):
        deployed.write(
            "sql/20_more.sql", f"create function api.n() returns text language sql as 'select {number}'"
        )
        report = deployed.migrate()
        assert report.reloaded == ["code"]
        assert "somebody is still reading" in report.warnings[0]
        assert "ops_old_1" in report.warnings[0]
        assert deployed.execute("select api.n()") == [(str(number),)]
    assert deployed.migrate() == MigrationReport([], [], report.warnings, "worker")
    other.rollback()
    assert deployed.migrate() == MigrationReport([], [], [], "worker")
    assert old_schemas(deployed) == []
    assert deployed.execute("select api.n()") == [("1",)]


def test_calls_under_way_end_with_the_functions_that_they_began_with(
    deployed: Project, other: psycopg.Connection
) -> None:
    deployed.write(
        "sql/20_more.sql",
        """
        create function api.two() returns integer language sql immutable as 'select 2';
        create function api.slow() returns integer language plpgsql as $$
        begin
            return (select api.two() from (select pg_sleep(1)) as s offset 0);
        end $$;
        """,
    )
    deployed.migrate()
    with ThreadPoolExecutor() as pool:
        call = pool.submit(other.execute, "select api.slow()")
        deployed.write("sql/20_more.sql", "")
        deployed.migrate()
        assert call.result().fetchone() == (2,)
    assert old_schemas(deployed) == []


CHANGED_TRIGGER = TRIGGER.replace("'no'", "'never'")


@pytest.mark.usefixtures("impatient")
def test_a_rebuild_tries_again_while_others_hold_locks(deployed: Project, other: psycopg.Connection) -> None:
    other.execute("insert into data.items values (1, 1)")
    deployed.write("triggers/items.sql", CHANGED_TRIGGER)
    with ThreadPoolExecutor() as pool:
        report = pool.submit(deployed.migrate)
        time.sleep(0.3)
        assert not report.done()
        other.commit()
        assert report.result().reloaded == ["triggers"]


@pytest.mark.usefixtures("impatient")
def test_a_migration_holds_up_nobody_behind_who_reads(
    deployed: Project, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a lock briefly, lets those behind it go on, and tries again."""
    monkeypatch.setattr(patience, "_PAUSES", [0.1] * 200)
    other.execute("select from data.items")
    deployed.write("migrations/0003_more.sql", "alter table data.items add column more text;")
    said: list[str] = []
    with ThreadPoolExecutor() as pool:
        report = pool.submit(deploy.migrate, deployed.url, project_dir=deployed.folder, progress=said.append)
        wait_until(lambda: any("trying again" in text for text in said), "it has not got the lock")
        deployed.execute("insert into data.items values (1, 1)")
        other.commit()
        assert report.result().applied == ["0003_more"]


@pytest.mark.usefixtures("impatient")
def test_a_migration_gives_up_in_the_end(deployed: Project, other: psycopg.Connection) -> None:
    other.execute("select from data.items")
    deployed.write("migrations/0003_more.sql", "alter table data.items add column more text;")
    assert_refused(deployed, DeployError, "0003_more", "lock timeout")


@pytest.mark.usefixtures("impatient")
def test_a_rebuild_gives_up_in_the_end(deployed: Project, other: psycopg.Connection) -> None:
    other.execute("insert into data.items values (1, 1)")
    deployed.write("triggers/items.sql", CHANGED_TRIGGER)
    assert_refused(deployed, CodeError, "too busy")


@pytest.mark.usefixtures("impatient")
def test_triggers_change_while_others_read_their_table(deployed: Project, other: psycopg.Connection) -> None:
    """One that no file makes any more does nothing at once, and is dropped when nobody reads the table."""
    triggers = "select tgname, tgenabled, tgfoid::regproc::text from pg_trigger where not tgisinternal"
    deployed.execute("insert into data.items values (1, 1)")
    other.execute("select from data.items")
    deployed.write("triggers/items.sql", CHANGED_TRIGGER)
    assert deployed.migrate().warnings == []
    assert deployed.execute(triggers) == [("_100_refuse", "O", "triggers.refuse")]
    with pytest.raises(psycopg.errors.RaiseException, match="never"):
        deployed.execute("delete from data.items")

    deployed.write("triggers/items.sql", "")
    assert "triggers_old_1" in deployed.migrate().warnings[0]
    assert deployed.execute(triggers) == [("_100_refuse", "D", "triggers_old_1.refuse")]
    deployed.execute("delete from data.items")
    other.rollback()
    assert deployed.migrate().warnings == []
    assert deployed.execute(triggers) == []
    assert old_schemas(deployed) == []


@pytest.mark.usefixtures("impatient")
def test_an_automatic_vacuum_makes_way(deployed: Project, server: Server) -> None:
    """Of a large table it takes hours, and a changed trigger would have to wait for it."""
    deployed.execute(
        "alter table data.items set (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    deployed.execute("insert into data.items select n, n from generate_series(1, 30000) as n")
    deployed.execute("update data.items set price = price + 1")
    server.execute("alter system set autovacuum_naptime = '1s'")
    server.execute("select pg_reload_conf()")
    try:
        at_work = "select pid from pg_stat_progress_vacuum where relid = 'data.items'::regclass"
        wait_until(lambda: deployed.execute(at_work), "the table is vacuumed", seconds=60)
        deployed.write("triggers/items.sql", CHANGED_TRIGGER)
        assert deployed.migrate().reloaded == ["triggers"]
    finally:
        server.execute("alter system reset autovacuum_naptime")
        server.execute("select pg_reload_conf()")


def test_partitions_that_cannot_be_made_now_are_left_to_the_runner(database_url: str, tmp_path: Path) -> None:
    project = copy_of_ours(tmp_path, database_url)
    project.execute("update ops.settings set value = 7 where name = 'partitions_ahead'")
    with psycopg.connect(database_url) as reader:
        reader.execute("select from data.transaction_events")
        (warning,) = project.migrate().warnings
        assert "left to the runner" in warning
    assert project.migrate().warnings == []
    assert project.execute("select count(*) from ops.partitions where state = 'ahead'") == [(7,)]


def test_a_rebuild_under_load_makes_no_client_its_victim(
    database_url: str, merchant: Callable[[], UUID], tmp_path: Path
) -> None:
    project = copy_of_ours(tmp_path, database_url)
    merchant_id = merchant()
    is_over = Event()

    def work(statement: str, *arguments: object) -> list[str | None]:
        """The errors of a client that makes the same call all the time."""
        errors: list[str | None] = []
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not is_over.is_set():
                try:
                    connection.execute(statement, arguments)
                except psycopg.Error as error:
                    errors.append(error.sqlstate)
        return errors

    event = '[{"transaction_id": "a", "event_type": "payment_created", "amount": 1, "currency": "XOF"}]'
    with ThreadPoolExecutor() as pool:
        clients = [
            pool.submit(work, "select * from api.ingest_events(%s, %s, true)", merchant_id, event),
            pool.submit(work, "select api.dashboard_overview(%s, null)", merchant_id),
            pool.submit(work, "call rollup.run('test', 0)"),
        ]
        try:
            for number in range(3):
                project.write("sql/99_more.sql", f"-- {number}")
                project.write("triggers/more.sql", f"-- {number}")
                assert project.migrate().reloaded == ["code", "triggers"]
        finally:
            is_over.set()
    assert [error for client in clients for error in client.result()] == []


# --- extensions ------------------------------------------------------------------------------------


@pytest.fixture
def checked(project: Project) -> Project:
    """A project on a database with plpgsql_check."""
    if not project.execute("select 1 from pg_available_extensions where name = 'plpgsql_check'"):
        pytest.skip("this server has no plpgsql_check")
    project.execute("create extension plpgsql_check")
    return project


def test_plpgsql_check_finds_nothing_in_our_code(checked: Project) -> None:
    assert deploy.migrate(checked.url).warnings == []


def test_errors_of_plpgsql_check_stop_the_load(checked: Project) -> None:
    checked.migrate()
    checked.write(
        "sql/20_more.sql",
        "create function api.x() returns void language plpgsql as 'begin perform from data.nowhere; end';",
    )
    assert_refused(checked, CodeError, 'api.x() line 1: error: relation "data.nowhere" does not exist')


def test_trigger_functions_are_checked_with_their_table(checked: Project) -> None:
    checked.migrate()
    checked.write("triggers/items.sql", TRIGGER.replace("raise exception 'no'", "new.no_such_column := 1"))
    assert_refused(checked, CodeError, 'triggers.refuse() line 3: error: record "new" has no field')


def test_warnings_of_plpgsql_check_are_told(checked: Project) -> None:
    checked.write(
        "sql/20_more.sql",
        "create function api.x() returns void language plpgsql as $$ declare v_idle int; begin end $$;",
    )
    assert checked.migrate().warnings == ['api.x() line 1: warning: unused variable "v_idle"']


def test_pg_cron_jobs_are_scheduled_by_name(cron_database_url: str) -> None:
    query = "select jobname, schedule, command from cron.job order by jobname"
    with psycopg.connect(cron_database_url) as connection:
        jobs = connection.execute(query).fetchall()
        assert len(jobs) > 0
        assert deploy.migrate(cron_database_url).runner == "pg_cron"
        assert connection.execute(query).fetchall() == jobs
