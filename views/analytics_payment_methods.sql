-- How payments were made, and why they failed. Needs internal.seen_merchants, data.currencies,
-- data.merchant_payment_method_stats, data.merchant_failure_stats. What a column's name means in every view is said in
-- analytics_words.sql.

create view analytics.payment_methods with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.local_date,
    a.payment_method,
    a.successful + a.failed as transactions,
    a.successful,
    a.failed,
    round(a.amount, c.exponent) as revenue,
    coalesce(internal.divide(a.amount, a.successful, 2), 0.00) as avg_transaction,
    internal.divide(a.successful, a.successful + a.failed, 4) as success_rate
from data.merchant_payment_method_stats as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code;

comment on view analytics.payment_methods is 'Outcomes per local day and payment method.';

create view analytics.failure_codes with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.local_date,
    a.payment_method,
    coalesce(nullif(a.failure_code, ''), 'unknown') as failure_code,
    sum(a.failed)::bigint as failed,
    round(sum(a.amount), c.exponent) as failed_amount
from data.merchant_failure_stats as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
inner join data.currencies as c on a.currency = c.code
group by
    m.merchant_id, m.merchant_name, a.currency, c.exponent, a.local_date, a.payment_method,
    coalesce(nullif(a.failure_code, ''), 'unknown');

comment on view analytics.failure_codes is 'Failed payments per local day, payment method and failure code.';
comment on column analytics.failure_codes.failure_code is 'Why, in the words of the merchant''s provider; unknown when it did not say.';
comment on column analytics.failure_codes.failed_amount is 'Sum of the amounts that were to be paid.';
