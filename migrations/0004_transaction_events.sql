-- Events and their identity keys.
-- depends: 0003_merchants

set local role molam_owner;

-- What the fields of an event may hold. Domains, because a server reads a table's check constraints anew for each
-- statement, which takes a quarter as long as storing an event.
create domain data.event_type as text collate "C" check (value in (
    'payment_created', 'payment_succeeded', 'payment_failed', 'payment_refunded'
));
create domain data.amount as numeric(19, 4) check (value >= 0 and value < 1e15);
create domain data.external_id as text collate "C" check (length(value) between 1 and 128);
create domain data.code as text collate "C" check (length(value) between 1 and 64);
create domain data.product_name as text check (length(value) between 1 and 256);
create domain data.idempotency_key as text collate "C" check (length(value) between 1 and 255);
comment on domain data.event_type is 'One of the four kinds of facts about a payment.';
comment on domain data.amount is 'Of money: from 0, in units of its currency, with at most 15 integer digits and 4 decimals.';
comment on domain data.external_id is 'The merchant''s own name of a transaction, customer or product.';
comment on domain data.code is 'A payment method or the reason of a failure, as the merchant calls it.';
comment on domain data.product_name is 'What a product is called.';
comment on domain data.idempotency_key is 'What tells several events of one type on one transaction apart.';

-- Append-only. Partitioned by time of receipt, so that retention drops whole partitions; the partitions
-- are made by ops.create_partitions. No foreign keys: api.ingest_events is the only way in and checks them.
create table data.transaction_events (
    merchant_id uuid not null,
    event_id uuid not null,
    received_at timestamptz not null,
    occurred_at timestamptz not null,
    -- The transaction that wrote the row: what the rollup's windows are cut by.
    xid xid8 not null default pg_current_xact_id(),
    bucket_id smallint not null,
    -- Whether the client gave occurred_at: a repeat is compared with it only when both times were given.
    is_occurred_at_given boolean not null,
    event_type data.event_type not null,
    currency text collate "C" not null,
    amount data.amount not null,
    fee data.amount not null,
    transaction_id data.external_id not null,
    payment_method data.code not null,
    customer_id data.external_id,
    product_id data.external_id,
    product_name data.product_name,
    failure_code data.code,
    idempotency_key data.idempotency_key,
    constraint transaction_events_occurred_at_is_in_bounds check (
        occurred_at >= '1970-01-01 00:00:00+00' and occurred_at <= received_at + interval '5 minutes'
    )
) partition by range (received_at);

comment on table data.transaction_events is 'One row per accepted event, never changed. Written by api.ingest_events only.';
comment on column data.transaction_events.event_id is 'Derived from the identity (merchant, transaction, type, idempotency key): the same event has the same id everywhere.';
comment on column data.transaction_events.amount is 'In units of the currency, with no more decimals than it has.';

-- The rollup's windows: two index scans a window.
create index transaction_events_bucket_xid on data.transaction_events (bucket_id, xid);
-- One transaction's events; also finds the first event of a repeated identity, and all events of a merchant.
create index transaction_events_merchant_transaction on data.transaction_events (merchant_id, transaction_id);

-- Catches what no partition was made for, so that an event is never refused for want of one.
create table data.transaction_events_default partition of data.transaction_events default;

-- Identity across partitions: whoever inserts the key first owns the event.
create table data.transaction_event_keys (
    merchant_id uuid not null,
    event_id uuid not null,
    -- Leads to the event's partition; keys retire with it.
    received_at timestamptz not null,
    constraint transaction_event_keys_pkey primary key (merchant_id, event_id)
);
comment on table data.transaction_event_keys is 'Identity of every retained event: makes ingest exactly once, whatever partition the first one lies in.';
