-- The rate limits in force for each merchant; api.lease_quota reads them here.
-- Needs data.merchants, data.merchant_limits, data.settings.

create view ops.merchant_limits with (security_barrier = true) as
select
    m.merchant_id,
    m.name,
    coalesce(l.requests_per_second, s.requests_per_second) as requests_per_second,
    coalesce(l.events_per_second, s.events_per_second) as events_per_second,
    coalesce(l.burst_seconds, s.burst_seconds) as burst_seconds,
    l.merchant_id is not null as is_exception
from data.merchants as m
left join data.merchant_limits as l on m.merchant_id = l.merchant_id
cross join (
    select
        min(n.value) filter (where n.name = 'requests_per_second')::bigint as requests_per_second,
        min(n.value) filter (where n.name = 'events_per_second')::bigint as events_per_second,
        min(n.value) filter (where n.name = 'burst_seconds')::bigint as burst_seconds
    from data.settings as n
    where n.name in ('requests_per_second', 'events_per_second', 'burst_seconds')
) as s;

comment on view ops.merchant_limits is 'The rate limits in force for each caller of each merchant. Change them by ops.limit_merchant, or for all others in ops.settings.';
comment on column ops.merchant_limits.merchant_id is 'The merchant.';
comment on column ops.merchant_limits.name is 'Its name.';
comment on column ops.merchant_limits.requests_per_second is 'Requests a second; 0: no limit.';
comment on column ops.merchant_limits.events_per_second is 'Events a second; 0: no limit.';
comment on column ops.merchant_limits.burst_seconds is 'How many seconds'' worth may come at once.';
comment on column ops.merchant_limits.is_exception is 'Whether ops.limit_merchant gave it limits of its own.';
grant select on ops.merchant_limits to molam_dba;
