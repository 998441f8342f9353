-- Each local day, ISO week and month against the one before. Needs internal.period_figures (analytics_figures.sql).
-- What a column's name means in every view is said in analytics_words.sql.

create view analytics.growth with (security_barrier = true) as
select
    g.merchant_id,
    g.merchant_name,
    g.currency,
    g.period,
    g.period_start,
    (g.period_start + ('1 ' || g.period)::interval)::date <= (now() at time zone g.timezone)::date as is_complete,
    g.transactions,
    e.transactions as previous_transactions,
    internal.divide((g.transactions - e.transactions) * 100, e.transactions, 2) as transaction_growth,
    g.revenue,
    e.revenue as previous_revenue,
    internal.divide((g.revenue - e.revenue) * 100, e.revenue, 2) as revenue_growth,
    g.customers,
    e.customers as previous_customers,
    internal.divide((g.customers - e.customers) * 100, e.customers, 2) as customer_growth
from (
    select
        f.merchant_id, f.merchant_name, f.timezone, f.currency, f.period, f.period_start,
        f.transactions, f.revenue, f.customers,
        lag(f.period_start) over w as earlier_start,
        lag(f.transactions) over w as earlier_transactions,
        lag(f.revenue) over w as earlier_revenue,
        lag(f.customers) over w as earlier_customers
    from internal.period_figures as f
    -- by the name, too, so that a condition on it selects before figures are worked out
    window w as (partition by f.merchant_id, f.merchant_name, f.currency, f.period order by f.period_start)
) as g
-- a period without events has no row: then the row before is not of the period before
cross join lateral (
    select g.earlier_start is not null and g.earlier_start = (g.period_start - ('1 ' || g.period)::interval)::date as is_previous
) as r
cross join lateral (
    select
        case when r.is_previous then g.earlier_transactions else 0 end as transactions,
        case when r.is_previous then g.earlier_revenue else round(0.0, scale(g.revenue)) end as revenue,
        case when r.is_previous then g.earlier_customers else 0 end as customers
) as e;

comment on view analytics.growth is 'Each day, week and month with events against the one before it; growth in percent, null when there was nothing before.';
comment on column analytics.growth.period is 'day, week (ISO, from Monday) or month.';
comment on column analytics.growth.period_start is 'First local day of it.';
comment on column analytics.growth.is_complete is 'Whether it is over by the merchant''s clock; a running one has not had all of its days.';
comment on column analytics.growth.previous_transactions is 'The same of the period before; 0 when it had no event.';
comment on column analytics.growth.transaction_growth is 'Change of transactions in percent, 2 decimals.';
comment on column analytics.growth.previous_revenue is 'The same of the period before; 0 when it had no event.';
comment on column analytics.growth.revenue_growth is 'Change of revenue in percent, 2 decimals.';
comment on column analytics.growth.previous_customers is 'The same of the period before; 0 when it had no event.';
comment on column analytics.growth.customer_growth is 'Change of distinct customers in percent, 2 decimals.';
