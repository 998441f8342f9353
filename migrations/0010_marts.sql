-- What the materialized views of schema mart are made from and how it is known where they are old.
-- depends: 0006_rollup_state

set local role molam_owner;

-- Up to which local day the views hold each merchant's figures; written by the refresh that made them so.
create table data.mart_closed_days (
    merchant_id uuid not null,
    closed_date date not null,
    constraint mart_closed_days_pkey primary key (merchant_id)
);
comment on table data.mart_closed_days is 'The last local day of each merchant that the materialized views hold.';

-- Without a key, on purpose: a mark is never held up by the refresh that is about to take the ones before it away.
create table data.mart_marks (
    merchant_id uuid,
    marked_at timestamptz not null default clock_timestamp()
);
comment on table data.mart_marks is 'Merchants (null: all) whose closed days changed since the last refresh: their figures are read from the aggregates meanwhile.';
create index mart_marks_merchant on data.mart_marks (merchant_id);

create table data.mart_refreshes (
    is_only_row boolean not null default true,
    refreshed_at timestamptz not null default '-infinity',
    next_close_at timestamptz not null default '-infinity',
    constraint mart_refreshes_pkey primary key (is_only_row),
    constraint mart_refreshes_has_one_row check (is_only_row)
);
comment on table data.mart_refreshes is 'When the materialized views were refreshed, and when the next day of any merchant closes. One row.';
insert into data.mart_refreshes default values;

insert into data.settings (name, value, unit, minimum, maximum, description) values
('mart_refresh_seconds', 60, 's', 1, 86400, 'The least time between two refreshes of the materialized views; meanwhile merchants with late events are read from the aggregates.');
