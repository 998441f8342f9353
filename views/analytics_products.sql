-- What was sold. Needs internal.seen_merchants, data.currencies, data.merchant_product_stats, data.merchant_products.
-- What a column's name means in every view is said in analytics_words.sql.

create view analytics.products with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.local_date,
    a.product_id,
    n.product_name,
    a.successful,
    round(a.amount, c.exponent) as revenue
from data.merchant_product_stats as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code
inner join data.merchant_products as n
    on a.merchant_id = n.merchant_id and a.currency = n.currency and a.product_id = n.product_id;

comment on view analytics.products is 'Successful payments per local day and product.';

create view analytics.product_totals with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.product_id,
    n.product_name,
    sum(a.successful)::bigint as successful,
    round(sum(a.amount), c.exponent) as revenue,
    coalesce(internal.divide(sum(a.amount), sum(a.successful), 2), 0.00) as avg_transaction,
    count(*) as active_days,
    min(a.local_date) as first_date,
    max(a.local_date) as last_date
from data.merchant_product_stats as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code
inner join data.merchant_products as n
    on a.merchant_id = n.merchant_id and a.currency = n.currency and a.product_id = n.product_id
group by m.merchant_id, m.merchant_name, a.currency, c.exponent, a.product_id, n.product_name;

comment on view analytics.product_totals is 'Successful payments per product, all time.';
