-- Payments as wholes, and how far they got. Needs internal.seen_merchants, data.currencies, internal.retained_events,
-- data.merchant_daily_aggregates. What a column's name means in every view is said in analytics_words.sql.

-- Starts from a transaction's first event and looks the others up, so that a span of started_at costs what lies in it: a
-- grouping would read all events before it knew when each transaction began.
create view analytics.transactions with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    e.currency,
    e.transaction_id::text,
    case
        when t.refunded > 0 and t.refunds >= t.revenue then 'refunded'
        when t.refunded > 0 then 'partially_refunded'
        when t.successful > 0 then 'succeeded'
        when t.failed > 0 then 'failed'
        else 'created'
    end as status,
    (t.decisive).payment_method::text,
    (t.decisive).customer_id::text,
    (t.decisive).product_id::text,
    round((t.decisive).amount, c.exponent) as amount,
    round(t.revenue, c.exponent) as revenue,
    round(t.refunds, c.exponent) as refunds,
    round(t.fees, c.exponent) as fees,
    t.successful + t.failed as attempts,
    t.failure_code::text,
    e.occurred_at as started_at,
    (e.occurred_at at time zone m.timezone)::date as local_date,
    t.created_at,
    t.succeeded_at,
    t.failed_at,
    t.refunded_at,
    t.last_event_at,
    t.succeeded_at - t.created_at as created_to_succeeded,
    t.refunded_at - t.succeeded_at as succeeded_to_refunded
from internal.retained_events as e
inner join internal.seen_merchants as m on e.merchant_id = m.merchant_id
inner join data.currencies as c on e.currency = c.code
cross join lateral (
    select
        count(*) filter (where x.event_type = 'payment_succeeded') as successful,
        count(*) filter (where x.event_type = 'payment_failed') as failed,
        count(*) filter (where x.event_type = 'payment_refunded') as refunded,
        coalesce(sum(x.amount) filter (where x.event_type = 'payment_succeeded'), 0) as revenue,
        coalesce(sum(x.amount) filter (where x.event_type = 'payment_refunded'), 0) as refunds,
        coalesce(sum(x.fee) filter (where x.event_type in ('payment_succeeded', 'payment_refunded')), 0) as fees,
        min(x.occurred_at) filter (where x.event_type = 'payment_created') as created_at,
        min(x.occurred_at) filter (where x.event_type = 'payment_succeeded') as succeeded_at,
        max(x.occurred_at) filter (where x.event_type = 'payment_failed') as failed_at,
        min(x.occurred_at) filter (where x.event_type = 'payment_refunded') as refunded_at,
        max(x.occurred_at) as last_event_at,
        -- who paid what and how is said by the latest success, else by the latest failure, else by the latest event
        (array_agg(x order by
            x.event_type = 'payment_succeeded' desc, x.event_type = 'payment_failed' desc, x.occurred_at desc, x.event_id desc
        ))[1] as decisive,
        (array_agg(x.failure_code order by x.occurred_at desc, x.event_id desc)
            filter (where x.event_type = 'payment_failed'))[1] as failure_code
    from internal.retained_events as x
    where x.merchant_id = e.merchant_id and x.transaction_id = e.transaction_id and x.currency = e.currency
) as t
where
    not exists (
        select from internal.retained_events as f
        where
            f.merchant_id = e.merchant_id and f.transaction_id = e.transaction_id and f.currency = e.currency
            and (f.occurred_at, f.event_id) < (e.occurred_at, e.event_id)
    );

comment on view analytics.transactions is 'Payments (per currency, should one have events in two), whatever order their events came in. From the raw events, so only as far back as they are retained. Ask for a span of started_at, or for a merchant and transaction: those are found by index.';
comment on column analytics.transactions.status is 'refunded (all that was paid) or partially_refunded, else succeeded, else failed, else created.';
comment on column analytics.transactions.payment_method is 'As its latest success said, else its latest failure, else its latest event.';
comment on column analytics.transactions.customer_id is 'As its latest success said, else its latest failure, else its latest event; null when that named none.';
comment on column analytics.transactions.product_id is 'As its latest success said, else its latest failure, else its latest event; null when that named none.';
comment on column analytics.transactions.amount is 'What was to be paid: as its latest success said, else its latest failure, else its latest event.';
comment on column analytics.transactions.revenue is 'What was paid: sum of its successes.';
comment on column analytics.transactions.refunds is 'What was paid back.';
comment on column analytics.transactions.attempts is 'Successes and failures.';
comment on column analytics.transactions.failure_code is 'Of its latest failure; null when there is none or it said no code.';
comment on column analytics.transactions.started_at is 'Its first event, of whatever type.';
comment on column analytics.transactions.local_date is 'Local day of started_at.';
comment on column analytics.transactions.created_at is 'First payment_created; null when there is none.';
comment on column analytics.transactions.succeeded_at is 'First success; null when there is none.';
comment on column analytics.transactions.failed_at is 'Latest failure; null when there is none.';
comment on column analytics.transactions.refunded_at is 'First refund; null when there is none.';
comment on column analytics.transactions.last_event_at is 'Latest event, of whatever type.';
comment on column analytics.transactions.created_to_succeeded is 'Time from created_at to succeeded_at.';
comment on column analytics.transactions.succeeded_to_refunded is 'Time from succeeded_at to refunded_at.';

-- Goes day by day, so that the days asked for are found by index. The ends of a day are made `materialized`: otherwise they
-- would be worked out again for every event.
create view analytics.funnels with (security_barrier = true) as
select
    m.merchant_id,
    m.merchant_name,
    a.currency,
    a.local_date,
    f.created,
    f.succeeded,
    f.refunded,
    internal.divide(f.succeeded, f.created, 4) as created_to_succeeded_rate,
    internal.divide(f.refunded, f.succeeded, 4) as succeeded_to_refunded_rate,
    f.median_created_to_succeeded,
    f.p95_created_to_succeeded,
    f.median_succeeded_to_refunded
from data.merchant_daily_aggregates as a
inner join internal.seen_merchants as m on a.merchant_id = m.merchant_id
cross join lateral (
    with ends as materialized (
        select
            internal.day_start(a.local_date, m.timezone) as starts_at,
            internal.day_start(a.local_date + 1, m.timezone) as ends_at
    )

    select ends.starts_at, ends.ends_at from ends
) as d
cross join lateral (
    select
        count(*) as created,
        count(s.succeeded_at) as succeeded,
        count(s.refunded_at) filter (where s.succeeded_at is not null) as refunded,
        percentile_cont(0.5) within group (order by s.succeeded_at - e.occurred_at) as median_created_to_succeeded,
        percentile_cont(0.95) within group (order by s.succeeded_at - e.occurred_at) as p95_created_to_succeeded,
        percentile_cont(0.5) within group (order by s.refunded_at - s.succeeded_at) as median_succeeded_to_refunded
    from internal.retained_events as e
    cross join lateral (
        select
            min(x.occurred_at) filter (where x.event_type = 'payment_succeeded') as succeeded_at,
            min(x.occurred_at) filter (where x.event_type = 'payment_refunded') as refunded_at
        from internal.retained_events as x
        where x.merchant_id = e.merchant_id and x.transaction_id = e.transaction_id and x.currency = e.currency
    ) as s
    where
        e.merchant_id = a.merchant_id and e.currency = a.currency and e.event_type = 'payment_created'
        and e.occurred_at >= d.starts_at and e.occurred_at < d.ends_at
        and not exists (
            select from internal.retained_events as f
            where
                f.merchant_id = e.merchant_id and f.transaction_id = e.transaction_id and f.currency = e.currency
                and f.event_type = 'payment_created' and (f.occurred_at, f.event_id) < (e.occurred_at, e.event_id)
        )
) as f
where a.created > 0 and f.created > 0;

comment on view analytics.funnels is 'Of the payments created on each local day: how many succeeded and how many of those were refunded, whenever that was, and how long it took. From the raw events, so only as far back as they are retained. Ask for a merchant and a span of local_date.';
comment on column analytics.funnels.local_date is 'Local day on which the payments were created.';
comment on column analytics.funnels.created is 'Payments with a payment_created, counted once each.';
comment on column analytics.funnels.succeeded is 'Those of them that succeeded.';
comment on column analytics.funnels.refunded is 'Those of them that succeeded and were refunded, wholly or in part.';
comment on column analytics.funnels.created_to_succeeded_rate is 'succeeded / created, 4 decimals.';
comment on column analytics.funnels.succeeded_to_refunded_rate is 'refunded / succeeded, 4 decimals; null when none succeeded.';
comment on column analytics.funnels.median_created_to_succeeded is 'Half of those that succeeded took at most this long from creation to success.';
comment on column analytics.funnels.p95_created_to_succeeded is '95 of 100 of those that succeeded took at most this long from creation to success.';
comment on column analytics.funnels.median_succeeded_to_refunded is 'Half of those that were refunded took at most this long from success to the first refund.';
