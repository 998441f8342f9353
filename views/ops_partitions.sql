-- Partitions of the events. Needs data.transaction_events.

create view ops.partitions with (security_barrier = true) as
select
    c.relname::text as partition,
    ((regexp_match(b.bounds, $re$FROM \('([^']+)'\)$re$))[1])::timestamptz as starts_at,
    ((regexp_match(b.bounds, $re$TO \('([^']+)'\)$re$))[1])::timestamptz as ends_at,
    greatest(c.reltuples, 0)::bigint as estimated_rows,
    pg_total_relation_size(c.oid) as bytes
from pg_inherits as i
inner join pg_class as c on i.inhrelid = c.oid
cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as bounds) as b
where i.inhparent = 'data.transaction_events'::regclass;

comment on view ops.partitions is 'Partitions of transaction_events by time of receipt.';
comment on column ops.partitions.partition is 'Table in schema data.';
comment on column ops.partitions.starts_at is 'First instant that it holds; null for the default partition.';
comment on column ops.partitions.ends_at is 'First instant after it; null for the default partition.';
comment on column ops.partitions.estimated_rows is 'Rows by the last analyze.';
comment on column ops.partitions.bytes is 'Size with indexes.';
grant select on ops.partitions to molam_dba;
