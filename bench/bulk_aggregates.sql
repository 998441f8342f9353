-- The yardstick of the rollup: each aggregate table made by one statement over all events, as an analyst would do it
-- who may start from nothing. Needs bulk_tables.sql.

insert into bulk.merchant_customer_stats
select
    e.merchant_id, e.currency, e.customer_id, count(*), sum(e.amount), min(e.occurred_at), max(e.occurred_at),
    array_agg(distinct e.local_date), array_agg(distinct e.hour_start)
from bulk.local_events as e
where e.event_type = 'payment_succeeded' and e.customer_id is not null
group by e.merchant_id, e.currency, e.customer_id;

insert into bulk.merchant_customer_totals
select c.merchant_id, c.currency, count(*), sum(c.transactions), sum(c.total_spent)
from bulk.merchant_customer_stats as c
group by c.merchant_id, c.currency;

insert into bulk.merchant_returning_customers
select d.merchant_id, d.currency, d.local_date, d.previous_date, count(*)
from (
    select
        c.merchant_id, c.currency, a.local_date,
        lag(a.local_date) over (partition by c.merchant_id, c.currency, c.customer_id order by a.local_date) as previous_date
    from bulk.merchant_customer_stats as c
    cross join lateral unnest(c.active_dates) as a (local_date)
) as d
where d.previous_date is not null
group by d.merchant_id, d.currency, d.local_date, d.previous_date;

insert into bulk.merchant_hourly_aggregates
select
    e.merchant_id, e.currency, e.hour_start,
    count(*) filter (where e.event_type = 'payment_created'),
    count(*) filter (where e.event_type = 'payment_succeeded'),
    count(*) filter (where e.event_type = 'payment_failed'),
    count(*) filter (where e.event_type = 'payment_refunded'),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded'), 0),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_refunded'), 0),
    coalesce(sum(e.fee) filter (where e.event_type in ('payment_succeeded', 'payment_refunded')), 0),
    count(distinct e.customer_id) filter (where e.event_type = 'payment_succeeded'),
    coalesce(max(n.customers), 0)
from bulk.local_events as e
left join (
    select c.merchant_id, c.currency, date_trunc('hour', c.first_at, m.timezone) as hour_start, count(*) as customers
    from bulk.merchant_customer_stats as c
    inner join data.merchants as m using (merchant_id)
    group by c.merchant_id, c.currency, date_trunc('hour', c.first_at, m.timezone)
) as n using (merchant_id, currency, hour_start)
group by e.merchant_id, e.currency, e.hour_start;

insert into bulk.merchant_daily_aggregates
select
    e.merchant_id, e.currency, e.local_date,
    count(*) filter (where e.event_type = 'payment_created'),
    count(*) filter (where e.event_type = 'payment_succeeded'),
    count(*) filter (where e.event_type = 'payment_failed'),
    count(*) filter (where e.event_type = 'payment_refunded'),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded'), 0),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_refunded'), 0),
    coalesce(sum(e.fee) filter (where e.event_type in ('payment_succeeded', 'payment_refunded')), 0),
    count(distinct e.customer_id) filter (where e.event_type = 'payment_succeeded'),
    coalesce(max(n.customers), 0)
from bulk.local_events as e
left join (
    select c.merchant_id, c.currency, c.active_dates[1] as local_date, count(*) as customers
    from bulk.merchant_customer_stats as c
    group by c.merchant_id, c.currency, c.active_dates[1]
) as n using (merchant_id, currency, local_date)
group by e.merchant_id, e.currency, e.local_date;

insert into bulk.merchant_payment_method_stats
select
    e.merchant_id, e.currency, e.local_date, e.payment_method,
    count(*) filter (where e.event_type = 'payment_succeeded'),
    count(*) filter (where e.event_type = 'payment_failed'),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded'), 0)
from bulk.local_events as e
where e.event_type in ('payment_succeeded', 'payment_failed')
group by e.merchant_id, e.currency, e.local_date, e.payment_method;

insert into bulk.merchant_failure_stats
select
    e.merchant_id, e.currency, e.local_date, coalesce(e.failure_code, ''), e.payment_method, count(*), sum(e.amount)
from bulk.local_events as e
where e.event_type = 'payment_failed'
group by e.merchant_id, e.currency, e.local_date, coalesce(e.failure_code, ''), e.payment_method;

insert into bulk.merchant_product_stats
select e.merchant_id, e.currency, e.local_date, e.product_id, count(*), sum(e.amount)
from bulk.local_events as e
where e.event_type = 'payment_succeeded' and e.product_id is not null
group by e.merchant_id, e.currency, e.local_date, e.product_id;

insert into bulk.merchant_products
select distinct on (e.merchant_id, e.currency, e.product_id)
    e.merchant_id, e.currency, e.product_id, e.product_name, e.occurred_at, e.event_id
from data.transaction_events as e
where e.event_type = 'payment_succeeded' and e.product_id is not null
order by e.merchant_id, e.currency, e.product_id, e.occurred_at desc, e.event_id desc;

insert into bulk.merchant_transactions
select distinct on (e.transaction_id, e.merchant_id, e.currency)
    e.merchant_id, min(e.occurred_at) over told, e.occurred_at, e.event_id, max(e.received_at) over told,
    count(*) filter (where e.event_type = 'payment_refunded') over told,
    e.transaction_id, e.currency,
    case
        when bool_or(e.event_type = 'payment_refunded') over told is not true then e.outcome
        when coalesce(sum(e.amount) filter (where e.event_type = 'payment_refunded') over told, 0)
            >= coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded') over told, 0) then 'refunded'
        else 'partially_refunded'
    end,
    e.outcome, e.amount,
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded') over told, 0),
    coalesce(sum(e.amount) filter (where e.event_type = 'payment_refunded') over told, 0),
    coalesce(sum(e.fee) filter (where e.event_type in ('payment_succeeded', 'payment_refunded')) over told, 0),
    e.payment_method, e.customer_id, e.product_id, e.failure_code
from (
    select
        t.*,
        case t.event_type
            when 'payment_succeeded' then 'succeeded'
            when 'payment_failed' then 'failed'
            else 'created'
        end as outcome
    from data.transaction_events as t
) as e
window told as (partition by e.transaction_id, e.merchant_id, e.currency)
order by e.transaction_id, e.merchant_id, e.currency, e.outcome desc, e.occurred_at desc, e.event_id desc;
