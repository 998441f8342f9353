-- Events and their identity keys.
-- depends: 0003_merchants

set local role molam_owner;

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
    event_type text collate "C" not null,
    currency text collate "C" not null,
    amount numeric(19, 4) not null,
    fee numeric(19, 4) not null,
    transaction_id text collate "C" not null,
    payment_method text collate "C" not null,
    customer_id text collate "C",
    product_id text collate "C",
    product_name text,
    failure_code text collate "C",
    idempotency_key text collate "C",
    constraint transaction_events_event_type_is_known check (event_type in (
        'payment_created', 'payment_succeeded', 'payment_failed', 'payment_refunded'
    )),
    constraint transaction_events_amount_is_in_bounds check (amount >= 0 and amount < 1e15),
    constraint transaction_events_fee_is_in_bounds check (fee >= 0 and fee < 1e15),
    constraint transaction_events_transaction_id_has_1_to_128_characters check (length(transaction_id) between 1 and 128),
    constraint transaction_events_payment_method_has_1_to_64_characters check (length(payment_method) between 1 and 64),
    constraint transaction_events_customer_id_has_1_to_128_characters check (length(customer_id) between 1 and 128),
    constraint transaction_events_product_id_has_1_to_128_characters check (length(product_id) between 1 and 128),
    constraint transaction_events_product_name_has_1_to_256_characters check (length(product_name) between 1 and 256),
    constraint transaction_events_failure_code_has_1_to_64_characters check (length(failure_code) between 1 and 64),
    constraint transaction_events_idempotency_key_has_1_to_255_characters check (length(idempotency_key) between 1 and 255),
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
