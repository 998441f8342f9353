-- The list of transactions: kept by the rollup, so that a page of it is read by index however long it is.
-- depends: 0013_webhook_endpoints

set local role molam_owner;

-- One row per transaction and currency (hardly any has events in two). What its events say is written so that windows can
-- be added in any order: the earliest time, sums, and the event that decides, with the key by which one decides before
-- another. Each filter has an index in the order of the list; the order among those that started at the same instant, by
-- transaction and currency, is sorted out when they are read.
create table data.merchant_transactions (
    merchant_id uuid not null,
    started_at timestamptz not null,
    decided_at timestamptz not null,
    decided_by uuid not null,
    last_received_at timestamptz not null,
    refunded bigint not null,
    transaction_id text collate "C" not null,
    currency text collate "C" not null,
    status text collate "C" not null,
    outcome text collate "C" not null,
    amount numeric(19, 4) not null,
    revenue numeric(38, 4) not null,
    refunds numeric(38, 4) not null,
    fees numeric(38, 4) not null,
    payment_method text collate "C" not null,
    customer_id text collate "C",
    product_id text collate "C",
    failure_code text collate "C",
    constraint merchant_transactions_pkey primary key (merchant_id, transaction_id, currency),
    constraint merchant_transactions_outcome_is_known check (outcome in (
        'created',   -- neither of the others yet; also of a refund that came first
        'failed',    -- failures and no success
        'succeeded'  -- a success, whatever else
    )),
    constraint merchant_transactions_status_is_known check (status in (
        'created', 'failed', 'succeeded',  -- its outcome, while nothing was refunded
        'partially_refunded',              -- a refund, and less than what was paid
        'refunded'                         -- refunds of all that was paid, or more
    ))
);
comment on table data.merchant_transactions is 'The list of transactions, per currency; of those that have raw events.';
comment on column data.merchant_transactions.merchant_id is 'The merchant.';
comment on column data.merchant_transactions.started_at is 'When its first event, of whatever type, occurred: the order of the list.';
comment on column data.merchant_transactions.decided_at is 'When the event that decides occurred: the latest success, else the latest failure, else the latest event.';
comment on column data.merchant_transactions.decided_by is 'The event that decides; of two at the same instant the one with the greater id.';
comment on column data.merchant_transactions.last_received_at is 'When the last of its events to arrive was received: retention goes by it.';
comment on column data.merchant_transactions.refunded is 'Number of refunds.';
comment on column data.merchant_transactions.transaction_id is 'The merchant''s id of the payment.';
comment on column data.merchant_transactions.currency is 'ISO 4217 code; amounts are in units of it.';
comment on column data.merchant_transactions.status is 'created, failed, succeeded, partially_refunded or refunded.';
comment on column data.merchant_transactions.outcome is 'created, failed or succeeded: what it is apart from refunds. The greater word decides.';
comment on column data.merchant_transactions.amount is 'What was to be paid, as the event that decides says.';
comment on column data.merchant_transactions.revenue is 'What was paid: sum of its successes.';
comment on column data.merchant_transactions.refunds is 'What was paid back: sum of its refunds.';
comment on column data.merchant_transactions.fees is 'Fees of its successes and refunds.';
comment on column data.merchant_transactions.payment_method is 'As the event that decides says.';
comment on column data.merchant_transactions.customer_id is 'As the event that decides says; null when it names none.';
comment on column data.merchant_transactions.product_id is 'As the event that decides says; null when it names none.';
comment on column data.merchant_transactions.failure_code is 'Of the latest failure, when there is no success; null when it said none.';

create index merchant_transactions_by_status on data.merchant_transactions (merchant_id, currency, status, started_at);
comment on index data.merchant_transactions_by_status is 'The whole list, that of a currency and that of a status: five statuses of few currencies, each in order, are merged.';
create index merchant_transactions_by_customer on data.merchant_transactions (merchant_id, customer_id, started_at)
where customer_id is not null;
comment on index data.merchant_transactions_by_customer is 'The list of a customer, and the search by the start of a customer''s id.';
create index merchant_transactions_by_product on data.merchant_transactions (merchant_id, product_id, started_at)
where product_id is not null;
comment on index data.merchant_transactions_by_product is 'The list of a product.';
create index merchant_transactions_by_payment_method on data.merchant_transactions (merchant_id, payment_method, started_at);
comment on index data.merchant_transactions_by_payment_method is 'The list of a payment method.';

-- Retention takes transactions out of the list bucket by bucket, before it drops their events.
alter table data.rollup_progress add column transactions_from timestamptz not null default '-infinity';
comment on column data.rollup_progress.transactions_from is 'The bucket''s list of transactions is made from the events received since then.';

-- What was aggregated before there was the list.
insert into data.rebuild_requests (merchant_id, reason)
select m.merchant_id, 'the list of transactions is new'
from data.merchants as m
on conflict (merchant_id) do nothing;
