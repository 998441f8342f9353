-- The rate limits in force for each merchant. Needs data.merchants, data.merchant_limits, internal.merchant_limits.

create view ops.merchant_limits with (security_barrier = true) as
select
    m.merchant_id,
    m.name,
    l.requests_per_second,
    l.events_per_second,
    l.burst_seconds,
    x.merchant_id is not null as is_exception
from data.merchants as m
left join data.merchant_limits as x using (merchant_id)
cross join lateral internal.merchant_limits(m.merchant_id) as l;

comment on view ops.merchant_limits is 'The rate limits in force for each caller of each merchant. Change them by ops.limit_merchant, or for all others in ops.settings.';
comment on column ops.merchant_limits.merchant_id is 'The merchant.';
comment on column ops.merchant_limits.name is 'Its name.';
comment on column ops.merchant_limits.requests_per_second is 'Requests a second; 0: no limit.';
comment on column ops.merchant_limits.events_per_second is 'Events a second; 0: no limit.';
comment on column ops.merchant_limits.burst_seconds is 'How many seconds'' worth may come at once.';
comment on column ops.merchant_limits.is_exception is 'Whether ops.limit_merchant gave it limits of its own.';
grant select on ops.merchant_limits to molam_dba;
