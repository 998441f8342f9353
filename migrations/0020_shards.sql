-- Which server holds which merchants: on a router alone. A database becomes one by its first shard (docs/shards.md).
-- depends: 0019_index_entries

set local role molam_owner;

create table data.shards (
    shard smallint not null,
    name text collate "C" not null,
    address jsonb not null,
    listen_address jsonb not null,
    read_address jsonb not null,
    added_at timestamptz not null default now(),
    removed_at timestamptz,
    constraint shards_pkey primary key (shard),
    constraint shards_name_is_taken_once unique (name),
    constraint shards_shard_is_a_number_from_0 check (shard >= 0),
    constraint shards_name_has_1_to_40_letters_and_digits check (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    constraint shards_name_is_not_the_router_s check (name <> 'router')
);
comment on table data.shards is 'Of a router: the servers that hold merchants. A database with rows here is a router.';
comment on column data.shards.shard is 'Number of the server, from 0 without gaps; never another server''s.';
comment on column data.shards.name is 'What people call it.';
comment on column data.shards.address is 'Where calls go: libpq''s parameters without user and password, as an object, of the server or of a pooler before it.';
comment on column data.shards.listen_address is 'The same, of the server itself: notifications and cursors do not pass a pooler.';
comment on column data.shards.read_address is 'The same, where reading goes when a session asks for it: a replica, or as address.';
comment on column data.shards.added_at is 'Since when the router knows it.';
comment on column data.shards.removed_at is 'Since when it is no more of the cluster; null while it is.';

-- One row, and the places of all virtual partitions in it, for every call asks for one.
create table data.placement (
    is_only_row boolean not null default true,
    shards smallint[] not null,
    version bigint not null default 1,
    constraint placement_pkey primary key (is_only_row),
    constraint placement_has_one_row check (is_only_row),
    constraint placement_partitions_are_a_power_of_two check (
        cardinality(shards) between 1 and 65536 and (cardinality(shards) & (cardinality(shards) - 1)) = 0
    )
);
comment on table data.placement is 'Of a router: how merchants are spread over virtual partitions, and those over servers. No row elsewhere.';
comment on column data.placement.is_only_row is 'True.';
comment on column data.placement.shards is 'Of each virtual partition, in their order from 0, the server; null: none yet. Their number stays for ever.';
comment on column data.placement.version is 'Counts the changes of placement.';

create table data.merchant_placements (
    merchant_id uuid not null,
    shard smallint not null,
    is_passing boolean not null default false,
    constraint merchant_placements_pkey primary key (merchant_id),
    constraint merchant_placements_shard_exists foreign key (shard) references data.shards (shard)
);
comment on table data.merchant_placements is 'Of a router: merchants that are not where their virtual partition is.';
comment on column data.merchant_placements.merchant_id is 'The merchant.';
comment on column data.merchant_placements.shard is 'Its server.';
comment on column data.merchant_placements.is_passing is 'Whether it only waits there for its turn in the move of its virtual partition.';

create table data.placement_changes (
    version bigint not null,
    -- squawk-ignore prefer-bigint-over-int
    partition integer,
    merchant_id uuid,
    from_shard smallint,
    to_shard smallint not null,
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null default session_user,
    constraint placement_changes_pkey primary key (version),
    constraint placement_changes_is_of_one check (num_nonnulls(partition, merchant_id) = 1)
);
comment on table data.placement_changes is 'Of a router: every change of placement.';
comment on column data.placement_changes.version is 'Its number.';
comment on column data.placement_changes.partition is 'The virtual partition that was placed; null when a merchant was.';
comment on column data.placement_changes.merchant_id is 'The merchant that was placed; null when a virtual partition was.';
comment on column data.placement_changes.from_shard is 'Where it was; null when nowhere.';
comment on column data.placement_changes.to_shard is 'Where it is since then.';
comment on column data.placement_changes.changed_at is 'When.';
comment on column data.placement_changes.changed_by is 'By whom.';

create table data.shard_states (
    shard smallint not null,
    is_up boolean not null,
    changed_at timestamptz not null default clock_timestamp(),
    checked_at timestamptz not null default clock_timestamp(),
    asked_at timestamptz,
    error text,
    status json,
    constraint shard_states_pkey primary key (shard),
    constraint shard_states_shard_exists foreign key (shard) references data.shards (shard)
) with (fillfactor = 50);
comment on table data.shard_states is 'Of a router: how each server was when the watch (rollup.run) last looked.';
comment on column data.shard_states.shard is 'The server.';
comment on column data.shard_states.is_up is 'Whether it answered.';
comment on column data.shard_states.changed_at is 'Since when that is so.';
comment on column data.shard_states.checked_at is 'When the watch last looked.';
comment on column data.shard_states.asked_at is 'Since when an answer is waited for; null when none is.';
comment on column data.shard_states.error is 'Why it did not answer; null when it did.';
comment on column data.shard_states.status is 'What its api.service_status said last.';

create table data.routers (
    router_user text not null,
    server_name text collate "C" not null,
    constraint routers_pkey primary key (router_user)
);
comment on table data.routers is 'Of a server behind a router: who is let in from there to read all, and what the server is called there.';
comment on column data.routers.router_user is 'The user as whom the router reads.';
comment on column data.routers.server_name is 'As in the router''s data.shards.';

-- On every server: merchants that come from another one or go there.
alter table data.merchants add column residence text not null default 'here';
alter table data.merchants add column frozen_until timestamptz;
-- squawk-ignore constraint-missing-not-valid
alter table data.merchants add constraint merchants_residence_is_known check (residence in (
    'here',      -- or nowhere else
    'arriving',  -- its events are being copied here; nobody is led to it yet
    'departed'   -- it is on another server; what is left of it here is being removed
));
comment on column data.merchants.residence is 'here, arriving (still on another server) or departed (already on another one).';
comment on column data.merchants.frozen_until is 'Until then everything written for the merchant is refused with ML307, as it is on its way to another server; null: nothing is.';

-- A refresh that had seen a merchant before it was removed would bring its row back.
-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
alter table data.mart_closed_days add constraint mart_closed_days_merchant_exists
foreign key (merchant_id) references data.merchants (merchant_id) on delete cascade;

create table data.moves (
    merchant_id uuid not null,
    is_arrival boolean not null,
    other_server text not null,
    started_at timestamptz not null default clock_timestamp(),
    snapshot pg_snapshot,
    copied_transaction_id text collate "C",
    copied_event_id uuid,
    is_base_copied boolean not null default false,
    switched_at timestamptz,
    verified_at timestamptz,
    finished_at timestamptz,
    -- While this transaction lasts the triggers let rows of the merchant come and go.
    xid xid8,
    constraint moves_pkey primary key (merchant_id)
);
comment on table data.moves is 'The last move of each merchant from this server to another one, or from there to here.';
comment on column data.moves.merchant_id is 'The merchant.';
comment on column data.moves.is_arrival is 'true: it came from there; false: it went there.';
comment on column data.moves.other_server is 'The name of the other server.';
comment on column data.moves.started_at is 'When it began.';
comment on column data.moves.snapshot is 'Of a departure: events whose transactions are visible in it have been copied, or are to be as the base.';
comment on column data.moves.copied_transaction_id is 'Of a departure: how far the base has been copied, by transaction and event.';
comment on column data.moves.copied_event_id is 'As copied_transaction_id.';
comment on column data.moves.is_base_copied is 'Of a departure: whether all of the base has been.';
comment on column data.moves.switched_at is 'Since when the merchant is on the other side; null: not yet.';
comment on column data.moves.verified_at is 'Of a departure: since when it is known that all is on the other side, and what is here is being removed; null: not yet.';
comment on column data.moves.finished_at is 'When nothing was left to do; null: there is.';
comment on column data.moves.xid is 'The transaction that brings or removes rows of the merchant.';
