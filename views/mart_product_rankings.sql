-- What each product sold in the closed days of the usual periods. Built without a schema: the loader builds it beside
-- the one in use. Needs data.mart_closed_days, data.merchant_product_stats.

create materialized view product_rankings as
select
    s.merchant_id,
    s.currency,
    s.days,
    s.product_id,
    s.successful,
    s.amount,
    row_number() over (
        partition by s.merchant_id, s.currency, s.days order by s.amount desc, s.product_id
    ) as rank
from (
    select
        a.merchant_id, a.currency, w.days, a.product_id,
        sum(a.successful)::bigint as successful, sum(a.amount) as amount
    from data.mart_closed_days as c
    inner join data.merchant_product_stats as a
        on c.merchant_id = a.merchant_id and a.local_date between c.closed_date - 88 and c.closed_date
    cross join (values (7), (30), (90)) as w (days)
    where a.local_date > c.closed_date + 1 - w.days
    group by a.merchant_id, a.currency, w.days, a.product_id
) as s;
create unique index product_rankings_key on product_rankings (merchant_id, currency, days, product_id);
comment on index product_rankings_key is 'One row per product: what a refresh compares by, and what finds today''s products.';
create index product_rankings_rank on product_rankings (merchant_id, currency, days, rank);
comment on index product_rankings_rank is 'The best ones without reading the others.';

comment on materialized view product_rankings is 'Products of the last 7, 30 and 90 local days without the open one, ranked.';
comment on column product_rankings.merchant_id is 'The merchant.';
comment on column product_rankings.currency is 'Currency of the amounts.';
comment on column product_rankings.days is 'Length of the period in local days: one less than this are closed, and here.';
comment on column product_rankings.product_id is 'The product.';
comment on column product_rankings.successful is 'Number of successful payments.';
comment on column product_rankings.amount is 'Sum of successful payments.';
comment on column product_rankings.rank is 'From 1, largest amount first, ties by product_id.';
