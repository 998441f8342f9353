-- The raw events. Needs internal.seen_merchants, data.currencies, internal.retained_events.
-- What a column's name means in every view is said in analytics_words.sql. Plain types, for tools know no domains.

create view analytics.events with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    e.event_id,
    e.transaction_id::text,
    e.event_type::text,
    e.currency,
    round(e.amount, c.exponent) as amount,
    round(e.fee, c.exponent) as fee,
    e.payment_method::text,
    e.customer_id::text,
    e.product_id::text,
    e.product_name::text,
    e.failure_code::text,
    e.idempotency_key::text,
    e.occurred_at,
    (e.occurred_at at time zone m.timezone)::date as local_date,
    e.occurred_at at time zone m.timezone as local_time,
    e.received_at
from internal.retained_events as e
inner join internal.seen_merchants as m on e.merchant_id = m.merchant_id
inner join data.currencies as c on e.currency = c.code;

comment on view analytics.events is 'Every accepted event, as far back as they are retained. Ask for a span of occurred_at, or for a merchant and transaction: those are found by index.';
comment on column analytics.events.event_id is 'The event; derived from merchant, transaction, type and idempotency key.';
comment on column analytics.events.event_type is 'payment_created, payment_succeeded, payment_failed or payment_refunded.';
comment on column analytics.events.amount is 'Amount of this event.';
comment on column analytics.events.fee is 'Fee of this event.';
comment on column analytics.events.product_name is 'The product''s name as this event gave it; null when it gave none.';
comment on column analytics.events.failure_code is 'Of a failed payment: why; null when the merchant''s provider did not say.';
comment on column analytics.events.idempotency_key is 'Tells events of one type of one transaction apart, such as two partial refunds; mostly null.';
comment on column analytics.events.occurred_at is 'When it happened.';
comment on column analytics.events.local_time is 'When it happened, by the merchant''s clock.';
comment on column analytics.events.received_at is 'When it was accepted.';
