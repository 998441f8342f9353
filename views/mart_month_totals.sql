-- The closed days of the month to date. Built without a schema: the loader builds it beside the one in use.
-- Needs data.mart_closed_days, data.merchant_daily_aggregates, data.merchant_returning_customers.

create materialized view month_totals as
select
    a.merchant_id, a.currency,
    sum(a.created)::bigint as created, sum(a.successful)::bigint as successful, sum(a.failed)::bigint as failed,
    sum(a.refunded)::bigint as refunded, sum(a.revenue) as revenue, sum(a.refunds) as refunds, sum(a.fees) as fees,
    -- without those who had been there in the month already
    sum(a.customers - (
        select coalesce(sum(r.customers), 0)
        from data.merchant_returning_customers as r
        where
            r.merchant_id = a.merchant_id and r.currency = a.currency
            and r.local_date = a.local_date and r.previous_date >= m.start_date
    ))::bigint as customers,
    sum(a.new_customers)::bigint as new_customers
from (
    select c.merchant_id, c.closed_date, date_trunc('month', c.closed_date + 1)::date as start_date
    from data.mart_closed_days as c
) as m
inner join data.merchant_daily_aggregates as a
    on m.merchant_id = a.merchant_id and a.local_date between m.start_date and m.closed_date
group by a.merchant_id, a.currency;
create unique index month_totals_key on month_totals (merchant_id, currency);
comment on index month_totals_key is 'What a refresh compares by, and how the dashboard reads.';

comment on materialized view month_totals is 'The local month to date without the open day, per merchant and currency.';
comment on column month_totals.merchant_id is 'The merchant.';
comment on column month_totals.currency is 'Currency of the amounts.';
comment on column month_totals.created is 'Number of payments created.';
comment on column month_totals.successful is 'Number of successful payments.';
comment on column month_totals.failed is 'Number of failed payments.';
comment on column month_totals.refunded is 'Number of refunds.';
comment on column month_totals.revenue is 'Sum of successful payments.';
comment on column month_totals.refunds is 'Sum of refunds.';
comment on column month_totals.fees is 'Sum of fees.';
comment on column month_totals.customers is 'Distinct customers with a successful payment.';
comment on column month_totals.new_customers is 'Customers whose first successful payment ever is in it.';
