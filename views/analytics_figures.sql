-- Figures per local hour, day, ISO week and month. Needs internal.seen_merchants, data.currencies, data.merchant_*.
-- What a column's name means in every view is said in analytics_words.sql.

create view analytics.hourly_figures with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.hour_start,
    (a.hour_start at time zone m.timezone)::date as local_date,
    -- where clocks go back by half an hour, an hour begins at its half by the clock of before
    date_trunc('hour', a.hour_start at time zone m.timezone) as local_hour,
    a.successful + a.failed as transactions,
    a.successful,
    a.failed,
    a.created,
    a.refunded,
    round(a.revenue, c.exponent) as revenue,
    round(a.refunds, c.exponent) as refunds,
    round(a.fees, c.exponent) as fees,
    round(a.revenue - a.refunds - a.fees, c.exponent) as net_revenue,
    coalesce(internal.divide(a.revenue, a.successful, 2), 0.00) as avg_transaction,
    internal.divide(a.successful, a.successful + a.failed, 4) as success_rate,
    a.customers,
    a.new_customers
from data.merchant_hourly_aggregates as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code;

comment on view analytics.hourly_figures is 'Figures per local hour with events. An hour that a change of clocks repeats is two rows.';
comment on column analytics.hourly_figures.hour_start is 'The instant at which the hour began.';
comment on column analytics.hourly_figures.local_hour is 'The full hour by the merchant''s clock.';

create view analytics.daily_figures with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.local_date,
    a.successful + a.failed as transactions,
    a.successful,
    a.failed,
    a.created,
    a.refunded,
    round(a.revenue, c.exponent) as revenue,
    round(a.refunds, c.exponent) as refunds,
    round(a.fees, c.exponent) as fees,
    round(a.revenue - a.refunds - a.fees, c.exponent) as net_revenue,
    coalesce(internal.divide(a.revenue, a.successful, 2), 0.00) as avg_transaction,
    internal.divide(a.successful, a.successful + a.failed, 4) as success_rate,
    a.customers,
    a.new_customers
from data.merchant_daily_aggregates as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code;

comment on view analytics.daily_figures is 'Figures per local day with events.';

-- Days, weeks and months in one shape. Of a day's customers those who had been there in the same week or month already
-- are taken off: what is left adds up to the distinct ones (see data.merchant_returning_customers). One look at the index
-- per day, for the whole table has a row for every pair of days.
create view internal.period_figures as
select
    m.merchant_id,
    m.merchant_name,
    m.timezone,
    a.currency,
    p.period,
    p.period_start,
    sum(a.successful + a.failed)::bigint as transactions,
    sum(a.successful)::bigint as successful,
    sum(a.failed)::bigint as failed,
    sum(a.created)::bigint as created,
    sum(a.refunded)::bigint as refunded,
    round(sum(a.revenue), c.exponent) as revenue,
    round(sum(a.refunds), c.exponent) as refunds,
    round(sum(a.fees), c.exponent) as fees,
    round(sum(a.revenue - a.refunds - a.fees), c.exponent) as net_revenue,
    coalesce(internal.divide(sum(a.revenue), sum(a.successful), 2), 0.00) as avg_transaction,
    internal.divide(sum(a.successful), sum(a.successful + a.failed), 4) as success_rate,
    sum(a.customers - (
        select coalesce(sum(r.customers), 0)
        from data.merchant_returning_customers as r
        where
            r.merchant_id = a.merchant_id and r.currency = a.currency
            and r.local_date = a.local_date and r.previous_date >= p.period_start
    ))::bigint as customers,
    sum(a.new_customers)::bigint as new_customers
from data.merchant_daily_aggregates as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code
cross join lateral (
    values
    ('day', a.local_date),
    ('week', date_trunc('week', a.local_date::timestamp)::date),
    ('month', date_trunc('month', a.local_date::timestamp)::date)
) as p (period, period_start)
group by m.merchant_id, m.merchant_name, m.timezone, a.currency, c.exponent, p.period, p.period_start;
comment on view internal.period_figures is 'Figures per local day, ISO week and month of the merchants that the current user sees.';

create view analytics.weekly_figures with (security_barrier = true) as
select
    f.merchant_id,
    f.merchant_name,
    f.currency,
    f.period_start as week_start,
    to_char(f.period_start, 'IYYY-"W"IW') as iso_week,
    f.transactions,
    f.successful,
    f.failed,
    f.created,
    f.refunded,
    f.revenue,
    f.refunds,
    f.fees,
    f.net_revenue,
    f.avg_transaction,
    f.success_rate,
    f.customers,
    f.new_customers
from internal.period_figures as f
where f.period = 'week';

comment on view analytics.weekly_figures is 'Figures per ISO week (Monday to Sunday) with events; the current one to date.';
comment on column analytics.weekly_figures.week_start is 'Its Monday.';
comment on column analytics.weekly_figures.iso_week is 'Its name, such as 2026-W07.';

create view analytics.monthly_figures with (security_barrier = true) as
select
    f.merchant_id,
    f.merchant_name,
    f.currency,
    f.period_start as month_start,
    f.transactions,
    f.successful,
    f.failed,
    f.created,
    f.refunded,
    f.revenue,
    f.refunds,
    f.fees,
    f.net_revenue,
    f.avg_transaction,
    f.success_rate,
    f.customers,
    f.new_customers
from internal.period_figures as f
where f.period = 'month';

comment on view analytics.monthly_figures is 'Figures per calendar month with events; the current one to date.';
comment on column analytics.monthly_figures.month_start is 'Its first day.';
