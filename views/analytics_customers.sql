-- Customers: each one, each day of each, and by the month in which they came. Needs internal.seen_merchants,
-- data.currencies, data.merchant_customer_stats. What a column's name means in every view is said in analytics_words.sql.

create view analytics.customers with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    s.currency,
    s.customer_id,
    date_trunc('month', s.active_dates[1]::timestamp)::date as cohort_month,
    s.transactions as successful,
    round(s.total_spent, c.exponent) as total_spent,
    internal.divide(s.total_spent, s.transactions, 2) as avg_transaction,
    cardinality(s.active_dates)::bigint as active_days,
    s.active_dates[1] as first_date,
    s.active_dates[cardinality(s.active_dates)] as last_date,
    s.first_at,
    s.last_at
from data.merchant_customer_stats as s
inner join internal.seen_merchants as m on s.merchant_id = m.merchant_id
inner join data.currencies as c on s.currency = c.code;

comment on view analytics.customers is 'Customers with a successful payment, all time.';
comment on column analytics.customers.first_at is 'Their first successful payment.';
comment on column analytics.customers.last_at is 'Their latest successful payment.';

create view analytics.customer_days with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    s.currency,
    s.customer_id,
    date_trunc('month', s.active_dates[1]::timestamp)::date as cohort_month,
    d.local_date,
    d.number as visit_number,
    s.active_dates[d.number - 1] as previous_date,
    d.local_date - s.active_dates[d.number - 1] as days_since_previous
from data.merchant_customer_stats as s
inner join internal.seen_merchants as m on s.merchant_id = m.merchant_id
cross join lateral unnest(s.active_dates) with ordinality as d (local_date, number);

comment on view analytics.customer_days is 'The local days on which each customer made a successful payment.';
comment on column analytics.customer_days.visit_number is '1 for the customer''s first such day, 2 for the next, and so on.';
comment on column analytics.customer_days.previous_date is 'The one before; null for the first.';
comment on column analytics.customer_days.days_since_previous is 'Days since then; null for the first.';

create view analytics.cohorts with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    s.currency,
    d.cohort_month,
    count(*) as customers,
    count(*) filter (where cardinality(s.active_dates) > 1) as returned,
    internal.divide(count(*) filter (where cardinality(s.active_dates) > 1), count(*), 4) as return_rate,
    sum(s.transactions)::bigint as successful,
    round(sum(s.total_spent), c.exponent) as total_spent,
    internal.divide(sum(s.total_spent), count(*), 2) as avg_spent
from data.merchant_customer_stats as s
inner join internal.seen_merchants as m on s.merchant_id = m.merchant_id
inner join data.currencies as c on s.currency = c.code
cross join lateral (select date_trunc('month', s.active_dates[1]::timestamp)::date as cohort_month) as d
group by m.merchant_id, m.merchant_name, s.currency, c.exponent, d.cohort_month;

comment on view analytics.cohorts is 'Customers by the month of their first successful payment in the currency.';
comment on column analytics.cohorts.customers is 'How many came in that month.';
comment on column analytics.cohorts.returned is 'How many of them paid on a second day, whenever.';
comment on column analytics.cohorts.return_rate is 'returned / customers, 4 decimals.';
comment on column analytics.cohorts.avg_spent is 'total_spent / customers, 2 decimals.';

create view analytics.retention with (security_barrier = true) as
select
    r.merchant_id,
    r.merchant_name,
    r.currency,
    r.cohort_month,
    r.month_start,
    ((extract(year from r.month_start) - extract(year from r.cohort_month)) * 12
        + extract(month from r.month_start) - extract(month from r.cohort_month))::integer as months_since,
    r.customers,
    r.cohort_size,
    internal.divide(r.customers, r.cohort_size, 4) as retention_rate
from (
    select
        m.merchant_id,
        m.merchant_name,
        s.currency,
        f.cohort_month,
        d.month_start,
        count(*) as customers,
        -- in their first month all are there
        first_value(count(*)) over (
            partition by m.merchant_id, m.merchant_name, s.currency, f.cohort_month order by d.month_start
        ) as cohort_size
    from data.merchant_customer_stats as s
    inner join internal.seen_merchants as m on s.merchant_id = m.merchant_id
    cross join lateral (select date_trunc('month', s.active_dates[1]::timestamp)::date as cohort_month) as f
    cross join lateral (
        select distinct date_trunc('month', a.local_date::timestamp)::date as month_start
        from unnest(s.active_dates) as a (local_date)
    ) as d
    group by m.merchant_id, m.merchant_name, s.currency, f.cohort_month, d.month_start
) as r;

comment on view analytics.retention is 'How many customers of each cohort made a successful payment in each month since. A month in which none did has no row.';
comment on column analytics.retention.month_start is 'First day of the month that is counted.';
comment on column analytics.retention.months_since is 'Months from cohort_month to month_start; 0 is the first month, in which all are there.';
comment on column analytics.retention.customers is 'Those of the cohort with a successful payment in that month.';
comment on column analytics.retention.cohort_size is 'How many came in cohort_month.';
comment on column analytics.retention.retention_rate is 'customers / cohort_size, 4 decimals.';
