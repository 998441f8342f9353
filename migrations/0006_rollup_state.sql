-- What the rollup remembers between windows, its runners and jobs, and the tunables.
-- depends: 0005_aggregates

set local role molam_owner;

-- One row per bucket; the row's lock is the right to work on the bucket.
create table data.rollup_progress (
    bucket_id smallint not null,
    snapshot pg_snapshot not null default '3:3:',
    as_of timestamptz not null default now(),
    windows bigint not null default 0,
    events bigint not null default 0,
    constraint rollup_progress_pkey primary key (bucket_id),
    constraint rollup_progress_bucket_id_is_0_to_15 check (bucket_id between 0 and 15)
) with (fillfactor = 50);
comment on table data.rollup_progress is 'How far each bucket of merchants has been aggregated.';
comment on column data.rollup_progress.snapshot is 'Every event whose transaction is visible in this snapshot is in the aggregates, and no other.';
comment on column data.rollup_progress.as_of is 'Every event acknowledged before this instant is in the aggregates.';

insert into data.rollup_progress (bucket_id)
select n from generate_series(0, 15) as n;

create table data.set_aside_events (
    merchant_id uuid not null,
    event_id uuid not null,
    received_at timestamptz not null,
    error_code text not null,
    reason text not null,
    set_aside_at timestamptz not null default clock_timestamp(),
    constraint set_aside_events_pkey primary key (merchant_id, event_id)
);
comment on table data.set_aside_events is 'Events that the rollup could not aggregate: kept out of the figures so that others go on, shown with the reason, tried again by a rebuild.';

create table data.rebuild_requests (
    merchant_id uuid not null,
    requested_at timestamptz not null default clock_timestamp(),
    reason text not null,
    constraint rebuild_requests_pkey primary key (merchant_id),
    constraint rebuild_requests_merchant_exists foreign key (merchant_id) references data.merchants (merchant_id)
);
comment on table data.rebuild_requests is 'Merchants whose aggregates the next runner is to recreate from the raw events.';

create table data.runners (
    runner text not null,
    started_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    windows bigint not null default 0,
    events bigint not null default 0,
    error text,
    error_at timestamptz,
    constraint runners_pkey primary key (runner)
) with (fillfactor = 50);
comment on table data.runners is 'Who runs the rollup (pg_cron jobs, molam worker processes) and when each was last alive.';

create table data.job_runs (
    job_run_id bigint generated always as identity,
    job text not null,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    rows bigint,
    error text,
    constraint job_runs_pkey primary key (job_run_id)
);
comment on table data.job_runs is 'Log of jobs that ran to an end or failed: maintenance, rebuilds, failed windows.';
create index job_runs_job_finished_at on data.job_runs (job, finished_at);

create table data.settings (
    name text not null,
    value numeric not null,
    unit text not null,
    minimum numeric not null,
    maximum numeric not null,
    description text not null,
    constraint settings_pkey primary key (name),
    constraint settings_value_is_in_bounds check (value between minimum and maximum)
);
comment on table data.settings is 'Tunables; read at each use, so a change takes effect without a restart.';

insert into data.settings (name, value, unit, minimum, maximum, description) values
('window_events', 10000, 'events', 1, 1000000, 'A window of the rollup is cut after about this many events; a larger one is more efficient, a smaller one commits sooner.'),
('poll_milliseconds', 100, 'ms', 1, 10000, 'How long a runner sleeps when it has caught up. Larger windows gather meanwhile.'),
('heartbeat_seconds', 5, 's', 1, 60, 'How often a runner that has nothing to do says that it is alive.'),
('maintenance_minutes', 5, 'min', 1, 1440, 'How often partitions are made ahead and logs are cut.'),
('partition_days', 30, 'days', 1, 366, 'Length of a new partition of transaction_events.'),
('partitions_ahead', 3, 'partitions', 1, 100, 'How many partitions are kept ready after the current one.'),
('log_days', 30, 'days', 1, 3650, 'How long job_runs, gone runners and pg_cron''s run details are kept.');
