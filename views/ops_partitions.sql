-- Partitions of the events. Needs data.transaction_events, data.retention.

create view ops.partitions with (security_barrier = true) as
select
    c.relname::text as partition,
    b.starts_at,
    b.ends_at,
    case
        when b.ends_at is null then 'default'
        when b.ends_at <= r.retired_until then 'retired'
        when b.ends_at <= now() then 'past'
        when b.starts_at <= now() then 'current'
        else 'ahead'
    end as state,
    greatest(c.reltuples, 0)::bigint as estimated_rows,
    pg_total_relation_size(c.oid) as bytes,
    case when b.ends_at is null then exists (select from data.transaction_events_default) else false end as is_alarm,
    max(b.ends_at) over () as covered_until
from pg_inherits as i
inner join pg_class as c on i.inhrelid = c.oid
cross join lateral (
    select
        ((regexp_match(e.bounds, $re$FROM \('([^']+)'\)$re$))[1])::timestamptz as starts_at,
        ((regexp_match(e.bounds, $re$TO \('([^']+)'\)$re$))[1])::timestamptz as ends_at
    from (select pg_get_expr(c.relpartbound, c.oid) as bounds) as e
) as b
cross join data.retention as r
where i.inhparent = 'data.transaction_events'::regclass;

comment on view ops.partitions is 'Partitions of transaction_events by time of receipt.';
comment on column ops.partitions.partition is 'Table in schema data.';
comment on column ops.partitions.starts_at is 'First instant that it holds; null for the default partition.';
comment on column ops.partitions.ends_at is 'First instant after it; null for the default partition.';
comment on column ops.partitions.state is
'ahead, current, past; retired: its events are condensed and it is dropped next; default: catches what no other holds.';
comment on column ops.partitions.estimated_rows is 'Rows by the last analyze.';
comment on column ops.partitions.bytes is 'Size with indexes.';
comment on column ops.partitions.is_alarm is 'Whether it is the default partition and holds rows.';
comment on column ops.partitions.covered_until is 'Until when partitions are made.';
grant select on ops.partitions to molam_dba;
