-- When each merchant's figures last changed, for streams that were away; and which release the database is of.
-- depends: 0006_rollup_state

set local role molam_owner;

-- Written under the lock of the merchant's bucket only, as the figures are, so that nobody waits for a row of it.
create table data.figure_changes (
    merchant_id uuid not null,
    changed_at timestamptz not null,
    constraint figure_changes_pkey primary key (merchant_id)
) with (fillfactor = 50);
comment on table data.figure_changes is 'When the figures of each merchant last changed: by a window of the rollup, a rebuild, a repair, an erasure.';
comment on column data.figure_changes.merchant_id is 'The merchant.';
comment on column data.figure_changes.changed_at is 'When; another value means another change, whatever the clock did.';

create table data.release (
    is_only_row boolean not null default true,
    release bigint[] not null,
    migrations text[] not null,
    released_at timestamptz not null default now(),
    constraint release_pkey primary key (is_only_row),
    constraint release_has_one_row check (is_only_row)
);
comment on table data.release is 'The release that last migrated this database: a service is ready when it is not ahead of it. One row.';
comment on column data.release.is_only_row is 'True; keeps the table to one row.';
comment on column data.release.release is 'Its number, the parts between the dots.';
comment on column data.release.migrations is 'The migrations that are applied.';
comment on column data.release.released_at is 'When it did.';
