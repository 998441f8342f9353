-- What each payment method brought in the closed days of the usual periods. Built without a schema: the loader builds
-- it beside the one in use. Needs data.mart_closed_days, data.merchant_payment_method_stats.

create materialized view payment_method_mixes as
select
    a.merchant_id, a.currency, w.days, a.payment_method,
    sum(a.successful)::bigint as successful, sum(a.failed)::bigint as failed, sum(a.amount) as amount
from data.mart_closed_days as c
inner join data.merchant_payment_method_stats as a
    on c.merchant_id = a.merchant_id and a.local_date between c.closed_date - 88 and c.closed_date
cross join (values (7), (30), (90)) as w (days)
where a.local_date > c.closed_date + 1 - w.days
group by a.merchant_id, a.currency, w.days, a.payment_method;
create unique index payment_method_mixes_key on payment_method_mixes (merchant_id, currency, days, payment_method);
comment on index payment_method_mixes_key is 'What a refresh compares by, and how the dashboard reads.';

comment on materialized view payment_method_mixes is 'Payment methods of the last 7, 30 and 90 local days without the open one.';
comment on column payment_method_mixes.merchant_id is 'The merchant.';
comment on column payment_method_mixes.currency is 'Currency of the amounts.';
comment on column payment_method_mixes.days is 'Length of the period in local days: one less than this are closed, and here.';
comment on column payment_method_mixes.payment_method is 'The payment method.';
comment on column payment_method_mixes.successful is 'Number of successful payments.';
comment on column payment_method_mixes.failed is 'Number of failed payments.';
comment on column payment_method_mixes.amount is 'Sum of successful payments.';
