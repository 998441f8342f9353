-- Events accepted and not aggregated yet. Needs data.rollup_progress, data.transaction_events.

create view ops.pending_events with (security_barrier = true) as
select e.bucket_id, e.merchant_id, e.event_id, e.transaction_id, e.event_type, e.received_at, e.xid
from data.rollup_progress as p
inner join data.transaction_events as e
    on p.bucket_id = e.bucket_id and not pg_visible_in_snapshot(e.xid, p.snapshot);

comment on view ops.pending_events is 'Events accepted and not aggregated yet. Reads all retained events: ops.lag has the counts for less.';
comment on column ops.pending_events.bucket_id is 'Bucket of the rollup, 0 to 15.';
comment on column ops.pending_events.merchant_id is 'The merchant.';
comment on column ops.pending_events.event_id is 'The event.';
comment on column ops.pending_events.transaction_id is 'The payment that it is of.';
comment on column ops.pending_events.event_type is 'What happened to it.';
comment on column ops.pending_events.received_at is 'When it was accepted.';
comment on column ops.pending_events.xid is 'The database transaction that wrote it.';
grant select on ops.pending_events to molam_dba;
