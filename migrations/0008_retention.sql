-- The end of an event's life: what remains of dropped partitions, who was forgotten, and the cluster that counts xids.
-- depends: 0006_rollup_state

set local role molam_owner;

-- Raw events of dropped partitions, condensed to what a figure can need: one row per merchant, currency, type and slot
-- of time, and for successful payments also per method, product and customer. No zone changes its hour within a slot,
-- so a rebuild works out any zone's hours and days from it.
create table data.retired_events (
    merchant_id uuid not null,
    slot_at timestamptz not null,
    -- of the earliest and the latest event
    first_at timestamptz not null,
    last_at timestamptz not null,
    -- the latest event by (occurred_at, event_id), whose product_name it is
    named_by uuid not null,
    events bigint not null,
    amount numeric(38, 4) not null,
    fee numeric(38, 4) not null,
    event_type text collate "C" not null,
    currency text collate "C" not null,
    payment_method text collate "C",
    customer_id text collate "C",
    product_id text collate "C",
    product_name text,
    constraint retired_events_slot_is_one_row unique nulls not distinct (
        merchant_id, slot_at, event_type, currency, payment_method, customer_id, product_id
    ),
    constraint retired_events_counts_events check (events > 0)
);
comment on table data.retired_events is 'Events whose partitions retention drops, condensed: the figures can still be worked out again from them.';
comment on column data.retired_events.slot_at is 'Start of the quarter of an hour (internal.slot_at).';
comment on column data.retired_events.payment_method is 'Of successful and failed payments; null for other events.';
comment on column data.retired_events.customer_id is 'Of successful payments; null for other events.';
comment on column data.retired_events.product_id is 'Of successful payments; null for other events.';

-- One row. Moved in the transaction that condenses a partition, so an event counts once at every moment.
create table data.retention (
    is_only_row boolean not null default true,
    retired_until timestamptz not null default '-infinity',
    constraint retention_pkey primary key (is_only_row),
    constraint retention_has_one_row check (is_only_row)
);
comment on table data.retention is 'How far retention has come.';
comment on column data.retention.retired_until is 'Events received before this instant count by retired_events; their raw rows are dropped or about to be.';
insert into data.retention default values;

create table data.erasures (
    merchant_id uuid not null,
    pseudonym text collate "C" not null,
    erased_at timestamptz not null default clock_timestamp(),
    erased_by text not null default session_user,
    rows bigint not null default 0,
    -- While this transaction lasts the append-only trigger lets the pseudonym in.
    xid xid8 not null default pg_current_xact_id(),
    constraint erasures_pkey primary key (merchant_id, pseudonym)
);
comment on table data.erasures is 'Customers who were forgotten, without their identifier; written by ops.forget_customer.';

-- Transaction ids mean something in one cluster only. A physical copy keeps the identifier, a restored dump does not.
create table data.cluster (
    is_only_row boolean not null default true,
    system_identifier bigint not null,
    constraint cluster_pkey primary key (is_only_row),
    constraint cluster_has_one_row check (is_only_row)
);
comment on table data.cluster is 'The cluster whose transaction ids the events and snapshots here hold.';
insert into data.cluster (system_identifier) select c.system_identifier from pg_control_system() as c;

insert into data.settings (name, value, unit, minimum, maximum, description) values
('retention_days', 0, 'days', 0, 36500, 'Age at which raw events and their identities are dropped, by whole partitions; their figures stay. 0 keeps all for ever.');
-- Less could drop what clients still send again.
-- squawk-ignore constraint-missing-not-valid
alter table data.settings add constraint settings_retention_days_is_0_or_2_and_more
check (name <> 'retention_days' or value = 0 or value >= 2);
