-- The merchants, and since when and until when each has figures. Needs data.merchants, data.merchant_daily_aggregates.

create view ops.merchants with (security_barrier = true) as
select
    m.merchant_id,
    m.name,
    m.status,
    m.default_currency,
    m.timezone,
    m.bucket_id,
    m.created_at,
    m.residence,
    d.currencies,
    d.first_date,
    d.last_date
from data.merchants as m
left join lateral (
    select
        array_agg(distinct a.currency order by a.currency) as currencies,
        min(a.local_date) as first_date,
        max(a.local_date) as last_date
    from data.merchant_daily_aggregates as a
    where a.merchant_id = m.merchant_id
) as d on true;

comment on view ops.merchants is 'The merchants, and since when and until when each has figures.';
comment on column ops.merchants.merchant_id is 'The merchant.';
comment on column ops.merchants.name is 'Its name.';
comment on column ops.merchants.status is 'active, or suspended: then it neither sends nor reads.';
comment on column ops.merchants.default_currency is 'Currency of an answer when none is asked for.';
comment on column ops.merchants.timezone is 'IANA zone of its local days and hours.';
comment on column ops.merchants.bucket_id is 'Bucket of the rollup that aggregates it.';
comment on column ops.merchants.created_at is 'When it was created.';
comment on column ops.merchants.residence is 'here; arriving from another server, where it still is; or departed to another one, and being removed here.';
comment on column ops.merchants.currencies is 'Currencies in which it has figures; null when it has none.';
comment on column ops.merchants.first_date is 'First local day with figures.';
comment on column ops.merchants.last_date is 'Last local day with figures.';
grant select on ops.merchants to molam_dba;
