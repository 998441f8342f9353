"""Reading over all servers from the router: the rows of all, asked for where they are."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from app.demo import SHOPS, load_demo
from bench.cookbook import questions
from tests.conftest import HAS_PLPROXY, Server, create_database, missing_software
from tests.processes import molam, molam_environment, molam_json, wait_until
from tests.shards.cluster import TestCluster, cluster_of, watching

Connection = psycopg.Connection[Any]

# What an analyst asks, and how many servers are asked for groups that they have worked out.
GROUPED = {
    "a sum over all": (
        "select shard, currency, sum(revenue), count(*) from analytics.daily_figures "
        "where local_date >= '2026-01-01' group by shard, currency",
        4,
    ),
    "a count of all": (
        "select sum(n) from (select shard, count(*) as n from analytics.events group by shard) as s",
        4,
    ),
    "the lag of all": ("select shard, sum(pending_events), max(lag_seconds) from ops.lag group by shard", 4),
    "one server": (
        "select shard, currency, sum(revenue) from analytics.daily_figures where shard = 's1' group by 1, 2",
        1,
    ),
    "all but one": (
        "select shard, currency, sum(revenue) from analytics.daily_figures where shard <> 's1' group by 1, 2",
        3,
    ),
    "with a day of now": (
        "select shard, sum(revenue) from analytics.daily_figures "
        "where local_date > (select current_date - 30) group by shard",
        4,
    ),
}  # fmt: skip


class Platform(NamedTuple):
    """A cluster with the demo's shops on its servers, and one database with all that is on them."""

    cluster: TestCluster
    union_url: str

    @property
    def router_url(self) -> str:
        return self.cluster.router_url


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    if not HAS_PLPROXY:
        pytest.skip("; ".join(missing_software()))
    wheel: Server = request.getfixturevalue("wheel_server")
    system: Server = request.getfixturevalue("system_server")
    with (
        cluster_of(system, [wheel, system], 4) as cluster,
        contextmanager(create_database)(wheel, "migrated") as union_url,
    ):
        spread_shops(cluster)
        load_demo(cluster.router_url, lambda _share, _events: None)
        with psycopg.connect(union_url, autocommit=True) as union:
            for place in cluster.places.values():
                with psycopg.connect(place.url, autocommit=True) as server:
                    catch_up(server)
                    server.execute("vacuum analyze")
                    copy_merchants(server, union)
            union.execute("vacuum analyze")
        yield Platform(cluster, union_url)


def spread_shops(cluster: TestCluster) -> None:
    """Over all servers but the last, which has nobody."""
    query = """
        select ops.place_partition(internal.partition_of(%s, cardinality(shards)), %s) from data.placement
    """
    with psycopg.connect(cluster.router_url, autocommit=True) as router:
        for shop, place in zip(SHOPS, cycle([*cluster.places][:-1]), strict=False):
            router.execute(query, [shop.merchant_id, place])


def catch_up(server: Connection) -> None:
    while server.execute("select rollup.pending_buckets()").fetchone() != ([],):
        server.execute("call rollup.run('test', 0)")


def copy_merchants(server: Connection, union: Connection) -> None:
    """All that a server has of merchants, events and figures alike."""
    query = """
        select t.table_name, string_agg(quote_ident(c.column_name), ', ')
        from information_schema.tables as t
        inner join information_schema.columns as c using (table_schema, table_name)
        where
            t.table_schema = 'data' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
            and (
                t.table_name in ('merchants', 'transaction_events')
                or t.table_name ~ '^merchant_.*(stats|aggregates|products|customers)$'
            )
        group by t.table_name
    """
    with union.transaction():
        union.execute("set local session_replication_role = replica")
        for table, columns in server.execute(query).fetchall():
            rows = io.BytesIO()
            with server.cursor().copy(f"copy (select {columns} from data.{table}) to stdout") as copy:
                rows.writelines(bytes(block) for block in copy)
            with union.cursor().copy(f"copy data.{table} ({columns}) from stdin") as copy:
                copy.write(rows.getvalue())


@pytest.fixture
def connect_to() -> Iterator[Callable[..., Connection]]:
    """Opens sessions, as the superuser or as one of our roles, whose time zone is the same everywhere."""
    connections: list[Connection] = []

    def open_session(url: str, role: str | None = None) -> Connection:
        options = "-c timezone=UTC" + (f" -c role={role}" if role else "")
        connections.append(psycopg.connect(make_conninfo(url, options=options), autocommit=True))
        return connections[-1]

    yield open_session
    for connection in connections:
        connection.close()


@pytest.fixture
def router(platform: Platform, connect_to: Callable[..., Connection]) -> Connection:
    return connect_to(platform.router_url)


@pytest.fixture
def as_analyst(platform: Platform, connect_to: Callable[..., Connection]) -> Connection:
    return connect_to(platform.router_url, "molam_analyst")


@pytest.fixture
def as_dba(platform: Platform, connect_to: Callable[..., Connection]) -> Connection:
    return connect_to(platform.router_url, "molam_dba")


@pytest.fixture
def places(platform: Platform, connect_to: Callable[..., Connection]) -> dict[str, Connection]:
    """The superuser's session at each server."""
    return {name: connect_to(place.url) for name, place in platform.cluster.places.items()}


def value(connection: Connection, query: str, *arguments: object) -> Any:
    row = connection.execute(query.encode(), arguments).fetchone()
    assert row is not None
    return row[0]


def columns_of(connection: Connection, schema: str) -> dict[str, list[str]]:
    """The views of a schema and their columns."""
    query = """
        select c.relname::text, array_agg(a.attname::text order by a.attnum)
        from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
        where c.relnamespace = %s::regnamespace and c.relkind = 'v' and a.attnum > 0
        group by c.relname
    """
    return dict(connection.execute(query, [schema]).fetchall())


# --- which rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["analytics", "ops"])
def test_every_view_has_the_server_before_its_columns(
    router: Connection, places: dict[str, Connection], schema: str
) -> None:
    there = columns_of(places["s1"], schema)
    here = columns_of(router, schema)
    alike = {"currencies", "health"}
    assert {view: here[view] for view in there.keys() & alike} == {
        view: there[view] for view in there.keys() & alike
    }
    expected = {view: ["shard", *columns] for view, columns in there.items() if view not in alike}
    own = {"shards", "shard_healths", "partition_placements"}
    assert {view: columns for view, columns in here.items() if view not in alike | own} == expected
    comments = """
        select count(*) from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
        where
            c.relnamespace = %s::regnamespace and c.relkind = 'v' and a.attnum > 0
            and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null)
    """
    assert value(router, comments, schema) == 0


def test_analysts_see_the_rows_of_all_servers(as_analyst: Connection, places: dict[str, Connection]) -> None:
    views = columns_of(places["s1"], "analytics")
    del views["currencies"]
    for view, columns in views.items():
        digest = sql.SQL(
            """
            select count(*), md5(string_agg(r.row::text, ';' order by r.row::text collate "C"))
            from (select row({columns}) as row from {view} {condition}) as r
            """
        )
        parts = {
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            "view": sql.Identifier("analytics", view),
        }
        for shard, place in places.items():
            place.execute("set role molam_analyst")
            here = sql.SQL("where shard = {}").format(shard)
            there = sql.SQL("")
            assert (
                as_analyst.execute(digest.format(**parts, condition=here)).fetchone()
                == place.execute(digest.format(**parts, condition=there)).fetchone()
            ), view
        assert value(as_analyst, f"select count(distinct shard) from analytics.{view}") == 3, view


def test_operators_see_what_is_on_all_servers_and_on_the_router(
    as_dba: Connection, places: dict[str, Connection]
) -> None:
    names = [*places]
    for view, rows in {
        "merchants": "merchant_id, name, residence, currencies, first_date, last_date",
        "lag": "bucket_id, pending_events, as_of, windows, events, next_xid, held_back_by",
        "partitions": "partition, starts_at, ends_at, state, covered_until",
        "job_runs": "job, started_at, error",
        "settings": "name, value, minimum, maximum, description",
        "merchant_limits": "merchant_id, requests_per_second, is_exception",
        "set_aside_events": "merchant_id, event_id, reason",
        "credentials": "merchant_id, credential_id, name, scopes",
    }.items():
        for shard, place in places.items():
            here = as_dba.execute(f"select {rows} from ops.{view} where shard = %s".encode(), [shard])
            there = place.execute(f"select {rows} from ops.{view}".encode())
            assert sorted(map(repr, here)) == sorted(map(repr, there)), view
    for view in ("settings", "jobs", "bloat"):
        shards = {row[0] for row in as_dba.execute(f"select distinct shard from ops.{view}".encode())}
        assert shards <= {*names, "router"}
        assert view == "jobs" or "router" in shards
    assert {row[0] for row in as_dba.execute("select distinct shard from ops.partitions")} == {*names}


def test_the_cookbook_gives_what_one_database_would(
    platform: Platform, as_analyst: Connection, connect_to: Callable[..., Connection]
) -> None:
    union = connect_to(platform.union_url, "molam_analyst")
    for question in questions():
        here = as_analyst.execute(question.sql.encode()).fetchall()
        there = union.execute(question.sql.encode()).fetchall()
        assert sorted(map(repr, here)) == sorted(map(repr, there)), question.title
        assert here, question.title


def test_texts_are_sorted_by_code_point_whatever_the_servers_do(as_analyst: Connection) -> None:
    rows = as_analyst.execute(
        "select product_id from analytics.products where product_id is not null order by product_id limit 500"
    ).fetchall()
    assert rows == sorted(rows)
    names = as_analyst.execute(
        "select merchant_name from analytics.merchants order by merchant_name"
    ).fetchall()
    assert len(names) >= 4
    assert names == sorted(names)


# --- where it is worked out --------------------------------------------------------------------------


def plan_of(connection: Connection, query: str) -> str:
    rows = connection.execute(f"explain (verbose, costs off) {query}".encode()).fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_are_worked_out_by_the_servers(
    platform: Platform, connect_to: Callable[..., Connection], name: str
) -> None:
    query, servers = GROUPED[name]
    session = connect_to(platform.router_url, "molam_dba" if "ops." in query else "molam_analyst")
    plan = plan_of(session, query)
    assert plan.count("Relations: Aggregate on") == plan.count("Remote SQL:") == servers, plan
    session.execute(query.encode()).fetchall()


def test_a_join_with_merchants_is_worked_out_by_the_servers(as_analyst: Connection) -> None:
    plan = plan_of(
        as_analyst,
        """
        select shard, m.timezone, sum(f.revenue) from analytics.daily_figures as f
        inner join analytics.merchants as m using (shard, merchant_id)
        group by shard, m.timezone
        """,
    )
    assert plan.count(") INNER JOIN (internal.all_analytics_merchants_") == plan.count("Remote SQL:") == 4, (
        plan
    )
    # a server of which the planner knows that nothing comes from there may be grouped here
    assert plan.count("Relations: Aggregate on") >= 3, plan


def test_conditions_are_passed_on(as_analyst: Connection) -> None:
    merchant_id = value(as_analyst, "select merchant_id from analytics.merchants limit 1")
    plan = plan_of(
        as_analyst,
        f"""
        select * from analytics.daily_figures
        where
            merchant_id = '{merchant_id}' and merchant_name = 'x' and currency = 'XOF'
            and local_date between '2026-01-01' and '2026-02-01'
        """,
    )
    assert "Filter" not in plan
    assert plan.count("Remote SQL:") == plan.count("Async Foreign Scan") == 4
    for column in ("merchant_id", "merchant_name", "currency", "local_date"):
        assert plan.count(f"(({column} ") >= 4, plan


def test_one_merchant_s_server_alone_is_asked(as_analyst: Connection) -> None:
    (merchant_id, shard) = as_analyst.execute(
        "select merchant_id, shard from analytics.merchants"
    ).fetchall()[0]
    query = f"""
        select distinct shard from (
            select shard, local_date from analytics.daily_figures
            where merchant_id = '{merchant_id}' and shard = analytics.shard_of('{merchant_id}')
            offset 0
        ) as s
    """
    plan = as_analyst.execute(f"explain (analyze, verbose, costs off) {query}".encode()).fetchall()
    assert "Subplans Removed: 3" in "\n".join(row[0] for row in plan)
    assert [row[0] for row in as_analyst.execute(query.encode())] == [shard]


def test_what_is_not_passed_on(as_analyst: Connection) -> None:
    """As the page says: groups across servers, and moments of now that are not a subquery."""
    plan = plan_of(as_analyst, "select currency, sum(revenue) from analytics.daily_figures group by currency")
    assert "Relations: Aggregate on" not in plan
    plan = plan_of(as_analyst, "select * from analytics.daily_figures where local_date > current_date - 30")
    assert "WHERE" not in plan


# --- who may ------------------------------------------------------------------------------------------


def test_limited_analysts_see_nothing_here(
    platform: Platform, router: Connection, connect_to: Callable[..., Connection]
) -> None:
    role = f"limited_{uuid4().hex}"
    router.execute(sql.SQL("create role {} in role molam_limited_analyst").format(sql.Identifier(role)))
    try:
        check_sees_nothing(connect_to(platform.router_url, role), router)
    finally:
        router.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.mark.parametrize("role", ["molam_api", "molam_rollup"])
def test_services_see_nothing_either(
    platform: Platform, router: Connection, connect_to: Callable[..., Connection], role: str
) -> None:
    check_sees_nothing(connect_to(platform.router_url, role), router)


def check_sees_nothing(session: Connection, router: Connection) -> None:
    query = """
        select c.oid::regclass::text from pg_class as c
        where
            c.relkind in ('v', 'p', 'f')
            and c.relnamespace::regnamespace::text in ('analytics', 'internal', 'ops', 'shard')
    """
    relations = [row[0] for row in router.execute(query)]
    assert len(relations) > 150
    for relation in relations:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"select from {relation}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("select analytics.shard_of(gen_random_uuid())")


@pytest.mark.parametrize("role", ["molam_analyst", "molam_dba"])
def test_nobody_reaches_a_server_but_through_the_views(
    platform: Platform, connect_to: Callable[..., Connection], role: str
) -> None:
    session = connect_to(platform.router_url, role)
    for statement in (
        "select from internal.all_analytics_events",
        "select from internal.all_analytics_events_0",
        "create foreign table pg_temp.mine (name text) server shard_0",
        "create user mapping for current_user server shard_0",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement.encode())
    assert session.execute("select from pg_user_mappings where umoptions is not null").fetchall() == []
    other = "ops.merchants" if role == "molam_analyst" else "analytics.merchants"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(f"select from {other}".encode())


# --- operators' work ----------------------------------------------------------------------------------


def test_settings_are_changed_everywhere_or_at_one(as_dba: Connection, places: dict[str, Connection]) -> None:
    def there() -> set[int]:
        query = "select value::integer from ops.settings where name = 'log_days'"
        return {value(place, query) for place in places.values()}

    before = value(as_dba, "select value from ops.settings where name = 'log_days' and shard = 'router'")
    as_dba.execute("update ops.settings set value = 7 where name = 'log_days'")
    assert there() == {7}
    assert value(as_dba, "select value from ops.settings where name = 'log_days' and shard = 'router'") == 7
    as_dba.execute("update ops.settings set value = 8 where name = 'log_days' and shard = 's2'")
    assert there() == {7, 8}
    with pytest.raises(psycopg.Error) as error:
        as_dba.execute("update ops.settings set value = 0 where name = 'log_days' and shard <> 'router'")
    assert error.value.sqlstate == "ML422"
    with as_dba.transaction(force_rollback=True):
        as_dba.execute("update ops.settings set value = 9 where name = 'log_days'")
    assert there() == {7, 8}
    as_dba.execute("update ops.settings set value = %s where name = 'log_days'", [before])
    assert there() == {int(before)}


def test_what_has_no_merchant_is_done_at_all_servers(
    as_dba: Connection, places: dict[str, Connection]
) -> None:
    def runs() -> int:
        query = "select count(*) from ops.job_runs where job = 'maintenance'"
        return sum(value(place, query) for place in places.values())

    before = runs()
    assert value(as_dba, "select ops.create_partitions()") == 0
    assert value(as_dba, "select ops.maintain()") == 0
    assert runs() == before + 4
    assert value(as_dba, "select ops.refresh_marts()") == 4 * value(
        places["s0"], "select ops.refresh_marts()"
    )
    assert value(as_dba, "select ops.apply_retention()") is None
    assert as_dba.execute("select from ops.reconcile()").fetchall() == []


def test_figures_of_nobody_are_found_at_any_server(as_dba: Connection, places: dict[str, Connection]) -> None:
    merchant_id = uuid4()
    place = places["s3"]
    with place.transaction():
        place.execute("set local session_replication_role = replica")
        place.execute(
            "insert into data.set_aside_events (merchant_id, event_id, received_at, error_code, reason) "
            "values (%s, %s, now(), 'XX000', 'test')",
            [merchant_id, uuid4()],
        )
    try:
        assert as_dba.execute("select ops.unknown_merchants()").fetchall() == [(merchant_id,)]
    finally:
        place.execute("delete from data.set_aside_events where merchant_id = %s", [merchant_id])
    assert as_dba.execute("select ops.unknown_merchants()").fetchall() == []


def test_merchants_to_whom_nobody_is_led_are_found(as_dba: Connection, places: dict[str, Connection]) -> None:
    assert as_dba.execute("select * from ops.misplaced_merchants()").fetchall() == []
    merchant_id: UUID = value(as_dba, "select ops.create_merchant('Left over', 'XOF', 'Africa/Dakar')")
    right = value(as_dba, "select ops.shard_of(%s)", merchant_id)
    wrong = next(name for name in places if name != right)
    place = places[wrong]
    place.execute("select ops.create_merchant('Left over', 'XOF', 'Africa/Dakar', %s)", [merchant_id])
    found = as_dba.execute("select * from ops.misplaced_merchants()").fetchall()
    assert found == [(merchant_id, wrong, "here", right, False)]
    for server in (place, places[right]):
        with server.transaction():
            server.execute("set local session_replication_role = replica")
            server.execute("delete from data.merchants where merchant_id = %s", [merchant_id])


def test_commands_on_a_router(platform: Platform) -> None:
    environment = molam_environment(platform.router_url)
    assert molam_json(environment, "reconcile") == {"differences": []}
    status = molam_json(environment, "status")
    assert [shard["shard"] for shard in status["shards"]] == ["s0", "s1", "s2", "s3"]
    assert {row["shard"] for row in status["lag"]} == {"s0", "s1", "s2", "s3"}
    assert "nobody watches the servers" in status["health"]["reasons"][0]
    shown = molam(environment, "status")
    assert shown.returncode == 0, shown.stderr
    assert "shards" in shown.stdout


# --- a server that is away ----------------------------------------------------------------------------


@pytest.fixture
def without_s2(platform: Platform, router: Connection) -> Iterator[None]:
    """The router is led to a port where nobody listens, and the watch has seen that."""
    port = value(
        router,
        "select o.option_value from pg_foreign_server as f cross join pg_options_to_table(f.srvoptions) as o "
        "where f.srvname = 'shard_2' and o.option_name = 'port'",
    )
    router.execute("alter server shard_2 options (set port '1')")
    try:
        with watching(platform.cluster):
            wait_until(
                lambda: (
                    value(router, "select count(*) from data.shard_states where not is_up") == 1
                    and value(router, "select count(*) from data.shard_states where status is not null") == 3
                ),
                "the watch has seen all servers",
            )
            yield
    finally:
        router.execute(sql.SQL("alter server shard_2 options (set port {})").format(sql.Literal(port)))
        router.execute("delete from data.shard_states")
        router.execute("select internal.make_places()")


@pytest.mark.usefixtures("without_s2")
def test_health_and_status_name_a_server_that_is_away(
    platform: Platform, as_dba: Connection, connect_to: Callable[..., Connection]
) -> None:
    is_healthy, reasons, held_back_by, runner = as_dba.execute(
        "select is_healthy, reasons, held_back_by, runner_seconds_ago from ops.health"
    ).fetchall()[0]
    assert not is_healthy
    assert held_back_by == ["s2 is away"]
    assert runner is not None
    assert reasons[0].startswith("server s2 is away since ")
    assert not [reason for reason in reasons[1:] if "s2" in reason]
    query = (
        "select shard, number, is_up, error is not null, release is not null from ops.shards order by shard"
    )
    assert as_dba.execute(query).fetchall() == [
        (f"s{number}", number, number != 2, number == 2, number != 2) for number in range(4)
    ]
    api = connect_to(platform.router_url, "molam_api")
    status = value(api, "select api.service_status()")
    assert [name for name, shard in status["shards"].items() if not shard["is_up"]] == ["s2"]
    assert status["partition_seconds_left"] > 0
    assert "maintenance" in status["jobs"] or status["jobs"] == {}
    printed = molam_json(molam_environment(platform.router_url), "status")
    assert [shard["shard"] for shard in printed["shards"] if shard["error"]] == ["s2"]
    assert {row["shard"] for row in printed["lag"]} == {"s0", "s1", "s3"}
    assert {row["shard"] for row in printed["jobs"]} <= {"s0", "s1", "s3", "router"}
    assert printed["health"]["held_back_by"] == ["s2 is away"]


@pytest.mark.usefixtures("without_s2")
def test_analysts_are_told_and_can_go_on_without_it(
    platform: Platform, connect_to: Callable[..., Connection]
) -> None:
    analyst = connect_to(platform.router_url, "molam_analyst")
    with pytest.raises(psycopg.OperationalError, match="shard_2"):
        analyst.execute("select count(*) from analytics.merchants")
    found = analyst.execute(
        "select distinct shard from analytics.daily_figures where shard <> 's2'"
    ).fetchall()
    assert {row[0] for row in found} <= {"s0", "s1", "s3"}


# --- servers that come and go -------------------------------------------------------------------------


def foreign_tables(router: Connection) -> dict[str, str]:
    query = """
        select c.relname::text, f.srvname::text
        from pg_foreign_table as t
        inner join pg_class as c on t.ftrelid = c.oid
        inner join pg_foreign_server as f on t.ftserver = f.oid
        where c.relnamespace = 'internal'::regnamespace
    """
    return dict(router.execute(query).fetchall())


def test_foreign_tables_follow_the_servers(router: Connection, places: dict[str, Connection]) -> None:
    views = sum(len(columns_of(places["s0"], schema)) for schema in ("analytics", "ops")) - 1
    before = foreign_tables(router)
    assert len(before) == 4 * views
    assert all(server == f"shard_{table[-1]}" for table, server in before.items())
    with router.transaction(force_rollback=True):
        router.execute("update data.shards set removed_at = now() where name = 's3'")
        router.execute("select internal.connect_platform()")
        assert len(foreign_tables(router)) == 3 * views
        assert value(router, "select count(*) from ops.settings where shard = 's3'") == 0
        router.execute("update data.shards set removed_at = null")
        router.execute("select internal.connect_platform()")
        assert foreign_tables(router) == before


def test_analysts_read_from_a_replica_where_there_is_one(router: Connection) -> None:
    with router.transaction(force_rollback=True):
        query = "update data.shards set read_address = address || %s where name = 's1'"
        router.execute(query, [Jsonb({"application_name": "replica"})])
        router.execute("select internal.connect_platform()")
        servers = foreign_tables(router)
        assert servers["all_analytics_events_1"] == "shard_1_reading"
        assert servers["all_ops_lag_1"] == "shard_1"
        assert servers["all_analytics_events_0"] == "shard_0"


def test_status_is_json_of_all(as_dba: Connection) -> None:
    status = value(as_dba, "select ops.status()")
    assert [*status] == [
        "health",
        "shards",
        "lag",
        "jobs",
        "partitions",
        "changed_settings",
        "set_aside_events",
    ]
    assert len(status["lag"]) == 64
    assert json.dumps(status["changed_settings"]) == "[]"
