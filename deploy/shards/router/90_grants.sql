-- Grants on what only a router has; what it puts in the place of something keeps that one's.

grant execute on function rollup.watch_shards() to molam_rollup, molam_dba;
grant execute on function
    ops.shard_of(uuid), ops.place_partition(integer, text), ops.place_merchant(uuid, text), ops.spread_partitions(text[]),
    ops.misplaced_merchants()
to molam_dba;
grant execute on function analytics.shard_of(uuid) to molam_analyst;
