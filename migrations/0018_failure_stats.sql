-- Why payments failed, by day: kept by the rollup like the other figures, and by retention.
-- depends: 0017_mart_alarm

set local role molam_owner;

create table data.merchant_failure_stats (
    merchant_id uuid not null,
    currency text collate "C" not null,
    local_date date not null,
    failure_code text collate "C" not null,
    payment_method text collate "C" not null,
    failed bigint not null default 0,
    amount numeric(38, 4) not null default 0,
    constraint merchant_failure_stats_pkey primary key (
        merchant_id, currency, local_date, failure_code, payment_method
    )
) with (fillfactor = 80);
comment on table data.merchant_failure_stats is 'Failed payments per local day, failure code and payment method.';
comment on column data.merchant_failure_stats.merchant_id is 'The merchant.';
comment on column data.merchant_failure_stats.currency is 'ISO 4217 code; amounts are in units of it.';
comment on column data.merchant_failure_stats.local_date is 'Local day of the merchant.';
comment on column data.merchant_failure_stats.failure_code is 'As the event says; empty when it says none, as no code is.';
comment on column data.merchant_failure_stats.payment_method is 'As the event says; unknown when it said none.';
comment on column data.merchant_failure_stats.failed is 'Number of failed payments.';
comment on column data.merchant_failure_stats.amount is 'Sum of what was to be paid.';

-- Failures that retention has condensed before this have no code any more.
alter table data.retired_events add column failure_code text collate "C";
comment on column data.retired_events.failure_code is 'Of failed payments; null when they said none, and for other events.';
-- What is unique without the code is unique with it. Made anew under the lock, for which only retention, rebuilds and
-- reconciliation wait.
-- squawk-ignore ban-drop-constraint
alter table data.retired_events drop constraint retired_events_slot_is_one_row;
-- squawk-ignore disallowed-unique-constraint, constraint-missing-not-valid
alter table data.retired_events add constraint retired_events_slot_is_one_row unique nulls not distinct (
    merchant_id, slot_at, event_type, currency, payment_method, customer_id, product_id, failure_code
);

-- What was aggregated before there was this. Not at once: the functions that know of it come after the migrations, and a
-- runner must not rebuild by those before.
insert into data.rebuild_requests (merchant_id, requested_at, reason)
select m.merchant_id, clock_timestamp() + interval '1 minute', 'the failure codes are new'
from data.merchants as m
on conflict (merchant_id) do nothing;
