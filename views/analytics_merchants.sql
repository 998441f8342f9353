-- The merchants that an analyst sees, and the currencies. Needs internal.seen_merchants, data.rollup_progress,
-- data.currencies. What a column's name means in every view is said in analytics_words.sql.

create view analytics.merchants with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    m.status,
    m.default_currency,
    m.timezone,
    m.created_at,
    p.as_of
from internal.seen_merchants as m
inner join data.rollup_progress as p on m.bucket_id = p.bucket_id;

comment on view analytics.merchants is 'The merchants that you see.';
comment on column analytics.merchants.status is 'active; or suspended: it neither sends nor reads, its figures stay.';
comment on column analytics.merchants.default_currency is 'Currency that its own dashboard shows first.';
comment on column analytics.merchants.timezone is 'IANA zone of its local days and hours.';
comment on column analytics.merchants.created_at is 'When it was created.';
comment on column analytics.merchants.as_of is 'Every event acknowledged before this instant is in the figures; it stands still while nothing comes in.';

create view analytics.currencies with (security_barrier = true) as
select c.code as currency, c.exponent as decimals, c.name as currency_name
from data.currencies as c;

comment on view analytics.currencies is 'Active ISO 4217 currencies.';
comment on column analytics.currencies.decimals is 'Decimals of an amount: 0 for XOF, 2 for EUR, 3 for KWD.';
comment on column analytics.currencies.currency_name is 'English name.';
