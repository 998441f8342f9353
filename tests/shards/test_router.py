"""A router: the same contract as any database, led to the server that holds the merchant."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app import shards
from tests.conftest import Server
from tests.faults.proxy import Proxy
from tests.http.conftest import create_tenant, event, run_service
from tests.processes import molam, molam_environment, molam_json, wait_until
from tests.shards.cluster import TestCluster, cluster_of, watching
from tests.shards.conftest import value
from tests.shards.world import hash_of

Connection = psycopg.Connection[Any]

UNKNOWN = UUID("11111111-1111-4111-8111-111111111111")

SIGNATURES = """
    select
        p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
        p.provolatile, p.prosecdef, obj_description(p.oid), p.proacl::text, p.proowner::regrole::text
    from pg_proc as p
    where
        p.pronamespace = 'api'::regnamespace
        or p.pronamespace = 'ops'::regnamespace and 'p_merchant_id' = any(p.proargnames)
    order by p.pronamespace, p.proname
"""
# What a router has of its own: how all servers are.
OWN = {"service_status"}


def test_its_functions_have_the_signatures_of_the_originals(
    router: Connection, places: dict[str, Connection]
) -> None:
    there = [row for row in places["s1"].execute(SIGNATURES) if row[0] not in OWN]
    assert [row for row in router.execute(SIGNATURES) if row[0] not in OWN] == there
    assert len(there) > 40


def test_every_function_about_a_merchant_leads_to_its_server(router: Connection) -> None:
    query = """
        select p.proname from pg_proc as p
        where
            p.pronamespace in ('api'::regnamespace, 'ops'::regnamespace)
            and 'p_merchant_id' = any(p.proargnames)
            and p.prokind = 'f'
            and p.prosrc !~ 'internal\\.(remote_(api|ops)_\\w+|open_report)\\('
    """
    assert router.execute(query).fetchall() == []


def test_merchants_are_spread_and_each_is_on_one_server(
    router: Connection, places: dict[str, Connection], merchant: Callable[..., UUID]
) -> None:
    merchants = {merchant() for _ in range(40)}
    found = {
        row[0]: name
        for name, place in places.items()
        for row in place.execute("select merchant_id from data.merchants")
    }
    assert merchants <= found.keys()
    assert {found[m] for m in merchants} == set(places)
    assert all(value(router, "select ops.shard_of(%s)", m) == found[m] for m in merchants)
    assert value(router, "select count(*) from data.merchants") == 0


def test_an_event_goes_to_its_merchants_server(
    api: Connection, places: dict[str, Connection], router: Connection, merchant: Callable[..., UUID]
) -> None:
    shop = merchant()
    text = json.dumps([event(), event()])
    assert value(api, "select is_stored from api.ingest_events(%s, %s)", shop, text)
    answers = api.execute("select outcome from api.ingest_single_events(%s, %s)", [shop, text]).fetchall()
    assert answers == [("duplicate",)] * 2
    server = places[value(router, "select ops.shard_of(%s)", shop)]
    assert value(server, "select count(*) from data.transaction_events where merchant_id = %s", shop) == 2
    assert router.execute("select * from ops.reconcile()").fetchall() == []


CALLS = [
    ("select * from api.ingest_events(%s, '[]')", UNKNOWN),
    ("select api.dashboard_overview(%s)", UNKNOWN),
    ("select api.dashboard_top_products(%s, p_days => 9999)", None),
    ("select api.list_api_keys(%s, 5000)", None),
    ("select api.create_api_key(%s, 'x', '\\x00')", None),
    ("select * from api.ingest_events(%s, '{\"a\": 1}')", None),
    ("select * from api.report_customers(%s, 0)", None),
]


@pytest.mark.parametrize(("query", "merchant_id"), CALLS)
def test_errors_are_told_as_the_server_tells_them(
    query: str,
    merchant_id: UUID | None,
    cluster: TestCluster,
    api: Connection,
    connect_to: Callable[..., Connection],
    merchant: Callable[..., UUID],
) -> None:
    arguments = [merchant_id or merchant("s2")]
    server = connect_to(cluster.places["s2"].url, "molam_api")
    told = []
    for session in (server, api):
        with pytest.raises(psycopg.Error) as caught:
            session.execute(query, arguments).fetchall()  # type: ignore[arg-type]
        diagnosis = caught.value.diag
        told.append((diagnosis.sqlstate, diagnosis.message_primary, diagnosis.message_detail or ""))
    assert told[0] == told[1]


def test_a_changed_place_is_in_force_at_once_and_in_open_sessions(
    router: Connection, api: Connection, merchant: Callable[..., UUID]
) -> None:
    shop = merchant("s0")
    query = "select name from api.get_merchant(%s)"
    assert api.execute(query, [shop]).fetchall() == [("Boutique",)]
    version = value(router, "select ops.place_merchant(%s, 's1')", shop)
    assert value(router, "select ops.shard_of(%s)", shop) == "s1"
    assert api.execute(query, [shop]).fetchall() == []
    assert value(router, "select ops.place_merchant(%s, 's0')", shop) == version + 1
    assert api.execute(query, [shop]).fetchall() == [("Boutique",)]
    assert value(router, "select count(*) from data.merchant_placements") == 0
    changes = router.execute(
        "select from_shard, to_shard from data.placement_changes where merchant_id = %s order by version",
        [shop],
    )
    assert changes.fetchall() == [(0, 1), (1, 0)]


def merchant_ids(dice: Random) -> Iterator[tuple[str, list[UUID]]]:
    """Of kinds that a platform may have given its merchants."""
    count = range(6400)
    yield "random", [UUID(int=dice.getrandbits(128), version=4) for _ in count]
    since_1970 = [number << 80 | dice.getrandbits(80) for number in count]
    yield "of a time, in front", [UUID(int=each, version=4) for each in since_1970]
    times = [dice.getrandbits(32) for _ in count]
    yield (
        "of a time and a machine",
        [UUID(fields=(each, 7, 0x11EE, 0x80, 1, 0x0242AC120002)) for each in times],
    )
    yield "numbers", [UUID(int=number + 1) for number in count]
    yield "large steps", [UUID(int=number << 64) for number in count]


def test_partitions_are_the_same_on_all_versions(router: Connection, places: dict[str, Connection]) -> None:
    query = """
        select array_agg(internal.partition_of(id, 65536) order by number)
        from unnest(%s) with ordinality as i (id, number)
    """
    for _, given in merchant_ids(Random(2)):
        for connection in (router, *places.values()):
            assert value(connection, query, given) == [hash_of(each) % 65536 for each in given]


def test_partitions_are_alike_whatever_the_ids(router: Connection) -> None:
    query = "select internal.partition_of(id, 64), internal.partition_of(id, 65536) from unnest(%s) as id"
    for kind, given in merchant_ids(Random(1)):
        small, large = zip(*router.execute(query, [given]).fetchall(), strict=True)
        sizes = Counter(small)
        assert sizes.keys() == set(range(64)), kind
        assert all(50 < size < 150 for size in sizes.values()), (kind, sizes)
        # so that partitions can be doubled: partition p of n becomes p and p + n
        assert [each % 64 for each in large] == [*small]
        assert kind != "random" or len(set(large)) > 5900


def test_a_partition_has_a_place(router: Connection, merchant: Callable[..., UUID]) -> None:
    shop = merchant("s3")
    query = "select internal.partition_of(%s, cardinality(shards)) from data.placement"
    partition = value(router, query, shop)
    value(router, "select ops.place_partition(%s, 's1')", partition)
    assert value(router, "select ops.shard_of(%s)", shop) == "s1"
    rows = router.execute(
        "select shard, count(*) from ops.partition_placements group by shard order by shard"
    )
    assert rows.fetchall() == [("s0", 16), ("s1", 17), ("s2", 16), ("s3", 15)]
    value(router, "select ops.place_partition(%s, 's3')", partition)
    for statement in ("ops.place_partition(64, 's1')", "ops.place_partition(1, 'nowhere')"):
        with pytest.raises(psycopg.Error) as caught:
            router.execute(f"select {statement}")  # type: ignore[arg-type]
        assert caught.value.sqlstate == "ML422"


def test_nobody_but_the_owner_reaches_the_servers(
    cluster: TestCluster, api: Connection, connect_to: Callable[..., Connection]
) -> None:
    analyst = connect_to(cluster.router_url, "molam_analyst")
    for session in (api, analyst):
        for statement in (
            "select extensions.dblink('shard_0', 'select 1')",
            "select extensions.dblink_connect_u('x', 'shard_0')",
            "select internal.remote_api_get_merchant(gen_random_uuid())",
            "create foreign table pg_temp.x (a integer) server shard_0",
            "create function pg_temp.x() returns int language plproxy as $$ cluster 'shards'; run on 0; $$",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)  # type: ignore[arg-type]
    shown = analyst.execute("select umoptions from pg_user_mappings").fetchall()
    assert shown
    assert all(options == (None,) for options in shown)


# --- commands ------------------------------------------------------------------------------------


def write_file(cluster: TestCluster, folder: Path) -> Path:
    """The cluster's description; passwords come from the environment."""
    lines = [f'router = "{cluster.router_url}"', f'user = "{cluster.definition.user}"']
    for shard in cluster.definition.shards:
        lines += ["[[shards]]", f'name = "{shard.name}"', f'url = "{shard.url}"']
    path = folder / "shards.toml"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def commands(cluster: TestCluster, tmp_path: Path) -> dict[str, str]:
    environment = molam_environment(cluster.router_url)
    return environment | {"MOLAM_SHARDS_FILE": str(write_file(cluster, tmp_path))}


def test_init_and_migrate_do_nothing_twice(
    commands: dict[str, str], router: Connection, merchant: Callable[..., UUID], api: Connection
) -> None:
    shop = merchant()
    assert molam_json(commands, "shards", "init")["placed_partitions"] == 0
    result = molam(commands, "shards", "migrate")
    assert (result.returncode, result.stdout) == (0, "Nothing to do.\n"), result.stderr
    assert api.execute("select name from api.get_merchant(%s)", [shop]).fetchall() == [("Boutique",)]


def test_status(commands: dict[str, str], router: Connection, merchant: Callable[..., UUID]) -> None:
    merchant("s2")
    servers = molam_json(commands, "shards", "status")["servers"]
    assert [(s["name"], s["is_up"], s["unfinished_moves"]) for s in servers] == [
        (f"s{number}", True, []) for number in range(4)
    ]
    assert sum(s["partitions"] for s in servers) == 64
    assert servers[2]["merchants"] > 0
    shown = molam(commands, "shards", "status")
    assert shown.returncode == 0
    assert "s2" in shown.stdout


def test_the_other_commands_take_a_router_for_their_database(
    commands: dict[str, str], tmp_path: Path
) -> None:
    shop = ("--name", "Boutique", "--currency", "XOF", "--timezone", "Africa/Dakar")
    merchant_id = molam_json(commands, "merchant", "create", *shop)["merchant_id"]
    assert molam_json(commands, "key", "create", "--merchant", merchant_id)["api_key"].startswith("mk_")
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(event()) for _ in range(3)))
    assert molam_json(commands, "import", str(file), "--merchant", merchant_id)["ingested"] == 3
    assert molam_json(commands, "rebuild", "--merchant", merchant_id)["events"] >= 0
    assert molam_json(commands, "reconcile", "--merchant", merchant_id) == {"differences": []}
    assert molam(commands, "migrate").stdout == "Nothing to do.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("router = 1", "Expected `str`"),
        ('router = "x"\nshards = []', "name at least one server"),
        ('router = "x"\n[[shards]]\nname = "a"\nurl = "${MOLAM_NO_SUCH}"', "MOLAM_NO_SUCH"),
        ('router = "x"\n' + '[[shards]]\nname = "a"\nurl = "y"\n' * 2, "the same name"),
        ("router =", "shards.toml"),
    ],
)
def test_a_wrong_file_is_told(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "shards.toml"
    path.write_text(text)
    result = molam(molam_environment(), "shards", "--file", str(path), "status")
    assert result.returncode == 2
    assert message in result.stderr


def test_the_example_is_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUTER", "DAKAR_1", "DAKAR_2"):
        monkeypatch.setenv(f"{name}_PASSWORD", "secret")
    example = Path(__file__).parents[2] / "deploy" / "shards" / "shards.toml.example"
    cluster = shards.read_cluster(example)
    assert [shard.name for shard in cluster.shards] == ["dakar-1", "dakar-2"]
    assert (cluster.partitions, cluster.user) == (64, "molam_router")


def test_servers_come_before_the_router(
    cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what the router's new functions call is there."""
    order: list[str] = []
    monkeypatch.setattr(shards.deploy, "migrate", lambda url, _progress: order.append(url))
    shards.migrate(cluster.definition, lambda _: None)
    assert order == [*(place.url for place in cluster.places.values()), cluster.router_url]


def test_a_database_with_merchants_is_no_router(
    places: dict[str, Connection], merchant: Callable[..., UUID]
) -> None:
    merchant("s0")
    with pytest.raises(psycopg.Error) as caught:
        places["s0"].execute("select ops.add_shard('s9', '{}')")
    assert caught.value.sqlstate == "ML409"


# --- a server that is away -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def line(servers: list[Server]) -> Iterator[Proxy]:
    """Leads to the server of the last place."""
    port = int(conninfo_to_dict(servers[0].url("postgres"))["port"])
    with Proxy(lambda: port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def fragile(servers: list[Server], line: Proxy) -> Iterator[TestCluster]:
    """A cluster to one of whose servers there is a line that can be cut."""
    with cluster_of(servers[-1], servers, 3) as cluster:
        *others, last = cluster.definition.shards
        behind = shards.Shard(last.name, make_conninfo(last.url, port=line.port))
        definition = shards.Cluster(cluster.router_url, [*others, behind], user=cluster.definition.user)
        shards.init(definition, lambda _: None)
        with watching(cluster):
            yield TestCluster(definition, cluster.places)


@pytest.mark.parametrize("is_watched", [True, False])
def test_only_its_merchants_are_told_503(
    fragile: TestCluster,
    line: Proxy,
    is_watched: bool,
    connect_to: Callable[..., Connection],
    tmp_path: Path,
) -> None:
    router = connect_to(fragile.router_url)
    *others, away = [shard.name for shard in fragile.definition.shards]
    tenants = {}
    while len(tenants) < 3:
        merchant_id = value(router, "select ops.create_merchant('B', 'XOF', 'UTC')")
        server = value(router, "select ops.shard_of(%s)", merchant_id)
        if server not in tenants:
            tenants[server] = create_tenant(router, merchant_id)

    def ask(client: httpx.Client, server: str) -> tuple[int, int, int]:
        """A single event, a batch, a figure."""
        headers = tenants[server].headers
        batch = client.post("/api/events/transaction/batch", json=[event()], headers=headers)
        single = client.post("/api/events/transaction", json=event(), headers=headers)
        figures = client.get("/api/dashboard/overview", headers=headers)
        assert all(r.headers["retry-after"] for r in (batch, single, figures) if r.status_code == 503)
        return batch.status_code, single.status_code, figures.status_code

    with (
        run_service(fragile.router_url, tmp_path / "log", MOLAM_AUTH_CACHE_SECONDS="5") as service,
        httpx.Client(base_url=service.url, timeout=15) as client,
    ):
        assert all(ask(client, server) == (202, 202, 200) for server in tenants)
        with line.refusing():
            if is_watched:
                wait_until(lambda: not is_up(router, away), "the watch has seen it")
            assert ask(client, away) == (503, 503, 503)
            assert all(ask(client, server) == (202, 202, 200) for server in others)
            if is_watched:
                ready = client.get("/readyz").json()
                assert ready["ready"]
                assert f"{away}: The server is away" in ready["checks"]["shards"]
                assert f'molam_shard_up{{shard="{away}"}} 0.0' in client.get("/metrics").text
        wait_until(lambda: ask(client, away) == (202, 202, 200), "it is back")
        wait_until(lambda: is_up(router, away), "the watch has seen that, too")
        assert "The server is away" not in client.get("/readyz").text


def is_up(router: Connection, server: str) -> bool:
    query = """
        select coalesce(bool_and(is_up), false)
        from data.shard_states inner join data.shards using (shard)
        where name = %s
    """
    return value(router, query, server)


def outcomes_together(api: Connection, batches: dict[UUID, str]) -> dict[UUID, list[str]]:
    """Stores the single events of several merchants as the service does: the outcomes of each."""
    query = """
        select unnest(api.ingest_single_events_agg(b.merchant_id, b.events))
        from unnest(%s::uuid[], %s::json[]) as b (merchant_id, events)
    """
    parts = [part for (part,) in api.execute(query, [[*batches], [*batches.values()]])]
    return {UUID(m): [outcome for outcome, _ in answers] for part in parts for m, answers in part.items()}


def test_single_events_of_many_merchants_take_a_call_to_each_server(
    router: Connection, api: Connection, places: dict[str, Connection], merchant: Callable[..., UUID]
) -> None:
    """In which they are one transaction; merchants that were moved by themselves among them."""
    shops = [merchant(server) for server in places for _ in range(3)]
    moved = uuid4()
    value(router, "select ops.place_merchant(%s, 's1')", moved)
    value(router, "select ops.create_merchant('B', 'XOF', 'UTC', %s)", moved)
    batches = {shop: json.dumps([event(), event()]) for shop in (*shops, moved)}
    told = outcomes_together(api, batches)
    assert told == {shop: ["ingested"] * 2 for shop in batches}
    query = "select merchant_id, xid::text from data.transaction_events where merchant_id = any(%s)"
    stored = {name: place.execute(query, [[*batches]]).fetchall() for name, place in places.items()}
    assert all(len({xid for _, xid in rows}) == 1 for rows in stored.values())
    for name, rows in stored.items():
        here = [shop for shop in batches if value(router, "select ops.shard_of(%s)", shop) == name]
        assert sorted(shop for shop, _ in rows) == sorted(2 * here)
    assert outcomes_together(api, batches) == {shop: ["duplicate"] * 2 for shop in batches}
    assert router.execute("select * from ops.reconcile()").fetchall() == []


def test_a_merchant_in_a_pause_stops_no_other(
    api: Connection, places: dict[str, Connection], merchant: Callable[..., UUID]
) -> None:
    shops = [merchant("s0"), merchant("s0"), merchant("s1")]
    value(places["s0"], "select internal.freeze_merchant(%s, 60)", shops[0])
    batches = {shop: json.dumps([event()]) for shop in shops}
    assert outcomes_together(api, batches) == dict(
        zip(shops, (["unavailable"], ["ingested"], ["ingested"]), strict=True)
    )
    value(places["s0"], "select internal.freeze_merchant(%s, 0)", shops[0])
    assert outcomes_together(api, batches) == dict(
        zip(shops, (["ingested"], ["duplicate"], ["duplicate"]), strict=True)
    )


@pytest.mark.parametrize("is_watched", [True, False])
def test_one_call_for_several_merchants_answers_for_those_that_can_be_reached(
    fragile: TestCluster, line: Proxy, is_watched: bool, connect_to: Callable[..., Connection]
) -> None:
    router, api = connect_to(fragile.router_url), connect_to(fragile.router_url, "molam_api")
    wait_until(lambda: is_up(router, "s2"), "all are there")
    merchants = {}
    while len(merchants) < 3:
        merchant_id = value(router, "select ops.create_merchant('B', 'XOF', 'UTC')")
        merchants[value(router, "select ops.shard_of(%s)", merchant_id)] = merchant_id
    batches = [json.dumps([event(), event()]) for _ in merchants]
    with line.refusing():
        if is_watched:
            wait_until(lambda: not is_up(router, "s2"), "the watch has seen it")
        stored = outcomes_together(api, dict(zip(merchants.values(), batches, strict=True)))
        answers = api.execute(
            "select q.id, api.dashboard_overview(q.id) from unnest(%s::uuid[]) as q (id)",
            [[*merchants.values()]],
        ).fetchall()
    for server, merchant_id in merchants.items():
        assert stored[merchant_id] == ["unavailable" if server == "s2" else "ingested"] * 2
        assert [a is None for m, a in answers if m == merchant_id] == [server == "s2"]


def test_what_a_server_notifies_is_passed_on(
    cluster: TestCluster,
    router: Connection,
    api: Connection,
    places: dict[str, Connection],
    merchant: Callable[..., UUID],
    connect_to: Callable[..., Connection],
) -> None:
    places["s2"].execute("call rollup.run('test', 0)")  # what other tests have left would be told, too
    listener = connect_to(cluster.router_url)
    listener.execute("listen molam_figures; listen molam_access")
    shop = merchant("s2")
    with watching(cluster):
        wait_until(lambda: is_up(router, "s2"), "the watch hears it")
        value(api, "select is_stored from api.ingest_events(%s, %s)", shop, json.dumps([event()]))
        places["s2"].execute("call rollup.run('test', 0)")
        value(router, "select ops.update_merchant(%s, p_status => 'suspended')", shop)
        heard = {}
        deadline = time.monotonic() + 20
        while len(heard) < 2 and time.monotonic() < deadline:
            for notice in listener.notifies(timeout=0.5, stop_after=1):
                if str(shop) in notice.payload:
                    heard[notice.channel] = notice.payload
    assert json.loads(heard["molam_figures"])["merchants"] == [str(shop)]
    assert heard["molam_access"] == str(shop)


# --- growing -------------------------------------------------------------------------------------


def test_a_server_with_data_becomes_the_first_of_three(servers: list[Server]) -> None:
    """All partitions begin where the merchants are; a server that is added gets what is moved there."""
    with (
        cluster_of(servers[-1], servers, 1) as alone,
        psycopg.connect(alone.router_url, autocommit=True) as router,
    ):
        shop = value(router, "select ops.create_merchant('B', 'XOF', 'UTC')")
        assert value(router, "select ops.shard_of(%s)", shop) == "s0"
        rows = router.execute("select distinct shard from ops.partition_placements").fetchall()
        assert rows == [("s0",)]
        with cluster_of(servers[-1], servers, 2) as others:
            added = [
                shards.Shard(f"new-{number}", place.url)
                for number, place in enumerate(others.places.values())
            ]
            definition = shards.Cluster(
                alone.router_url, [*alone.definition.shards, *added], user=alone.definition.user
            )
            assert shards.init(definition, lambda _: None).placed_partitions == 0
            assert value(router, "select ops.shard_of(%s)", shop) == "s0"
            value(router, "select ops.place_partition(0, 'new-1')")
            rows = router.execute(
                "select shard, count(*) from ops.partition_placements group by 1 order by 1"
            )
            assert rows.fetchall() == [("new-1", 1), ("s0", 63)]


def test_two_servers_with_merchants_are_refused(servers: list[Server]) -> None:
    with cluster_of(servers[-1], servers, 2) as used, cluster_of(servers[-1], servers, 1) as other:
        for place in used.places.values():
            with psycopg.connect(place.url, autocommit=True) as server:
                server.execute("select ops.create_merchant('B', 'XOF', 'UTC', %s)", [uuid4()])
        with psycopg.connect(other.router_url, autocommit=True) as router:
            router.execute("update data.placement set shards = array_fill(null::smallint, array[64])")
        definition = shards.Cluster(other.router_url, used.definition.shards, user=used.definition.user)
        with pytest.raises(shards.ShardsError, match="s0 and s1 hold merchants already"):
            shards.init(definition, lambda _: None)
