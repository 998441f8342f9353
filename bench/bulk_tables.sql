-- Empty copies of the aggregate tables, with the same keys and indexes, for bulk_aggregates.sql to fill.

drop schema if exists bulk cascade;
create schema bulk;
create table bulk.merchant_hourly_aggregates (like data.merchant_hourly_aggregates including all);
create table bulk.merchant_daily_aggregates (like data.merchant_daily_aggregates including all);
create table bulk.merchant_returning_customers (like data.merchant_returning_customers including all);
create table bulk.merchant_payment_method_stats (like data.merchant_payment_method_stats including all);
create table bulk.merchant_failure_stats (like data.merchant_failure_stats including all);
create table bulk.merchant_product_stats (like data.merchant_product_stats including all);
create table bulk.merchant_products (like data.merchant_products including all);
create table bulk.merchant_customer_stats (like data.merchant_customer_stats including all);
create table bulk.merchant_customer_totals (like data.merchant_customer_totals including all);
create table bulk.merchant_transactions (like data.merchant_transactions including all);

create view bulk.local_events as
select
    e.merchant_id, e.currency, e.event_type, e.amount, e.fee, e.payment_method, e.customer_id, e.product_id,
    e.failure_code, e.occurred_at,
    date_trunc('hour', e.occurred_at, m.timezone) as hour_start,
    (e.occurred_at at time zone m.timezone)::date as local_date
from data.transaction_events as e
inner join data.merchants as m using (merchant_id);
