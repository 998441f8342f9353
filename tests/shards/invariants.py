"""What must hold of a router and its servers once everything has come to rest."""

from collections import defaultdict
from uuid import UUID

from tests.db.dashboards import check_reconciled
from tests.faults.world import Database
from tests.shards.world import ShardedWorld

TABLES_OF_MERCHANTS = """
    select c.relname
    from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid
    where
        c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        -- marks of what is to be refreshed go with the next refresh
        and a.attname = 'merchant_id' and c.relname not in ('moves', 'mart_marks')
"""
PLACES = """
    select m.merchant_id, s.name
    from unnest(%s::uuid[]) as m (merchant_id)
    inner join data.shards as s on s.name = ops.shard_of(m.merchant_id)
"""
NOT_AT_HOME = """
    select merchant_id, residence, frozen_until from data.merchants
    where residence <> 'here' or frozen_until > clock_timestamp()
"""


def check_cluster(world: ShardedWorld) -> None:
    """Every merchant is on one server, whole, the one to which the router leads; nothing is left to do."""
    passing = world.execute("select merchant_id from data.merchant_placements where is_passing")
    assert passing == [], "these wait for their turn for ever"
    held: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, shard in world.shards.items():
        check_shard(name, shard)
        for table, merchant_ids in tables(shard).items():
            for merchant_id in merchant_ids:
                held[merchant_id][name].append(table)
    places = dict(world.execute(PLACES, (list(held),)))
    for merchant_id, servers in held.items():
        there = {name: tables for name, tables in servers.items() if name != places[merchant_id]}
        assert not there, f"{merchant_id} is on {places[merchant_id]}, and on others are rows: {dict(there)}"
        assert "merchants" in servers[places[merchant_id]], f"{merchant_id} is nowhere whole"
    with world.connect() as db:
        check_reconciled(db)


def check_shard(name: str, shard: Database) -> None:
    unfinished = shard.execute("select * from ops.unfinished_moves")
    assert unfinished == [], f"moves are not finished on {name}: {unfinished}"
    assert shard.execute(NOT_AT_HOME) == [], f"{name} has merchants who are not at home"
    with shard.connect() as db:
        check_reconciled(db)


def tables(shard: Database) -> dict[str, list[UUID]]:
    """Whose rows are in each table."""
    return {
        table: [row[0] for row in shard.execute(f"select distinct merchant_id from data.{table}")]
        for (table,) in shard.execute(TABLES_OF_MERCHANTS)
    }
