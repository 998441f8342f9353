-- Rate limits: how much each caller may still do, what merchants are allowed beside the settings, failures by address.
-- depends: 0013_webhook_endpoints

set local role molam_owner;

-- Unlogged: nothing of it is worth a wait for the disk. After a crash every bucket is full again.
create unlogged table data.rate_buckets (
    merchant_id uuid not null,
    caller text collate "C" not null,
    requests numeric not null,
    events numeric not null,
    filled_at timestamptz not null,
    constraint rate_buckets_pkey primary key (merchant_id, caller)
) with (fillfactor = 50);
comment on table data.rate_buckets is 'Token buckets: how much each caller may still do. Empty after a crash, which makes every bucket full.';
comment on column data.rate_buckets.merchant_id is 'The merchant.';
comment on column data.rate_buckets.caller is 'The id of an API key or of a webhook endpoint, or sub:<sub of the token>.';
comment on column data.rate_buckets.requests is 'Requests that no process has leased yet, at filled_at.';
comment on column data.rate_buckets.events is 'The same in events; below 0 after a batch larger than the bucket.';
comment on column data.rate_buckets.filled_at is 'Up to when the bucket was filled.';

create table data.merchant_limits (
    merchant_id uuid not null,
    requests_per_second bigint,
    events_per_second bigint,
    burst_seconds bigint,
    constraint merchant_limits_pkey primary key (merchant_id),
    constraint merchant_limits_merchant_exists foreign key (merchant_id) references data.merchants (merchant_id),
    constraint merchant_limits_says_something check (
        num_nonnulls(requests_per_second, events_per_second, burst_seconds) > 0
    )
);
comment on table data.merchant_limits is 'Limits of single merchants in place of the settings of the same name; written by ops.limit_merchant.';
comment on column data.merchant_limits.merchant_id is 'The merchant.';
comment on column data.merchant_limits.requests_per_second is 'Requests a second of each of its callers, 0 for no limit; null: as the setting says.';
comment on column data.merchant_limits.events_per_second is 'Events a second of each of its callers, 0 for no limit; null: as the setting says.';
comment on column data.merchant_limits.burst_seconds is 'How many seconds'' worth may come at once; null: as the setting says.';

create unlogged table data.auth_failures (
    address text collate "C" not null,
    allowance numeric not null,
    filled_at timestamptz not null,
    constraint auth_failures_pkey primary key (address)
) with (fillfactor = 50);
comment on table data.auth_failures is 'Token buckets: how often each address may still fail to say who it is. Empty after a crash.';
comment on column data.auth_failures.address is 'IPv4 address or IPv6 /64 network of the client.';
comment on column data.auth_failures.allowance is 'Failures that are still allowed, at filled_at.';
comment on column data.auth_failures.filled_at is 'Up to when the bucket was filled.';

-- On the embedded server, where one person tries things out, nothing is limited until that person says so.
insert into data.settings (name, value, unit, minimum, maximum, description)
select
    s.name,
    case when s.may_be_off and current_setting('molam.is_embedded', true) = 'on' then 0 else s.value end,
    s.unit, s.minimum, s.maximum, s.description
from (
    values
    ('requests_per_second', 1000, 'requests/s', 0, 1000000, true, 'Requests that each API key, person and webhook endpoint may make; 0: no limit. ops.limit_merchant makes exceptions.'),
    ('events_per_second', 100000, 'events/s', 0, 10000000, true, 'Events that each API key and webhook endpoint may send; 0: no limit. ops.limit_merchant makes exceptions.'),
    ('burst_seconds', 1, 's', 1, 600, false, 'How many seconds'' worth of requests and events a caller that was quiet may send at once.'),
    ('auth_failures_per_minute', 60, 'failures/min', 0, 100000, true, 'Wrong credentials from one address (IPv6: one /64) before it is refused with 429; 0: no limit.')
) as s (name, value, unit, minimum, maximum, may_be_off, description);
