-- How far behind each bucket of the rollup is. Needs data.rollup_progress, data.transaction_events, ops.held_back_by().

create view ops.lag with (security_barrier = true) as
select
    p.bucket_id,
    w.pending_events,
    coalesce(extract(epoch from clock_timestamp() - w.oldest_received_at), 0)::numeric(12, 3) as lag_seconds,
    p.as_of,
    p.windows,
    p.events,
    pg_snapshot_xmax(p.snapshot) as next_xid,
    ops.held_back_by(p.bucket_id) as held_back_by
from data.rollup_progress as p
cross join lateral (
    select count(*) as pending_events, min(e.received_at) as oldest_received_at
    from (
        select n.received_at from data.transaction_events as n
        where n.bucket_id = p.bucket_id and n.xid >= pg_snapshot_xmax(p.snapshot)
        union all
        select o.received_at from data.transaction_events as o
        where o.bucket_id = p.bucket_id and o.xid = any(array(select pg_snapshot_xip(p.snapshot)))
    ) as e
) as w;

comment on view ops.lag is 'Events and seconds that each bucket of the rollup is behind, and why.';
comment on column ops.lag.bucket_id is 'Bucket, 0 to 15.';
comment on column ops.lag.pending_events is 'Events accepted and not aggregated yet.';
comment on column ops.lag.lag_seconds is 'Age of the oldest of them in seconds; 0 when there is none.';
comment on column ops.lag.as_of is 'Every event acknowledged before this instant is in the figures.';
comment on column ops.lag.windows is 'Windows aggregated so far.';
comment on column ops.lag.events is 'Events aggregated so far.';
comment on column ops.lag.next_xid is 'The first transaction that the next window looks at, beside those open at the last one.';
comment on column ops.lag.held_back_by is
'Why events may not be counted yet: a session at work on the bucket, a window that failed, open transactions that have written events, of whatever bucket. Windows wait for no open transaction; its events are in a later window.';
grant select on ops.lag to molam_dba;
