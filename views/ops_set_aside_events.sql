-- Events that could not be aggregated. Needs data.set_aside_events.

create view ops.set_aside_events with (security_barrier = true) as
select s.merchant_id, s.event_id, s.received_at, s.error_code, s.reason, s.set_aside_at
from data.set_aside_events as s;

comment on view ops.set_aside_events is 'Events kept out of the figures because adding them failed. Mend the reason, then select ops.retry_set_aside_events(merchant_id).';
comment on column ops.set_aside_events.merchant_id is 'The merchant.';
comment on column ops.set_aside_events.event_id is 'The event.';
comment on column ops.set_aside_events.received_at is 'When it was accepted.';
comment on column ops.set_aside_events.error_code is 'SQLSTATE of the failure.';
comment on column ops.set_aside_events.reason is 'Message of the failure.';
comment on column ops.set_aside_events.set_aside_at is 'When that was.';
grant select on ops.set_aside_events to molam_dba;
