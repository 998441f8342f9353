-- Whether all is well, in one row. Last of the files, for it stands on other views: ops.lag, ops.jobs, ops.partitions,
-- ops.set_aside_events, ops.settings.

create view ops.health with (security_barrier = true) as
with buckets as materialized (
    select b.lag_seconds, b.pending_events, b.next_xid, b.held_back_by from ops.lag as b
),

facts as (
    select
        l.lag_seconds,
        l.pending_events,
        l.held_back_by,
        (
            select round(extract(epoch from clock_timestamp() - max(r.heartbeat_at)), 3) from data.runners as r
        ) as runner_seconds_ago,
        (select count(*) from ops.set_aside_events) as set_aside_events,
        ops.events_without_partition() as default_partition_rows,
        (select max(p.ends_at) from ops.partitions as p) as partition_horizon,
        (select coalesce(array_agg(j.job order by j.job), '{}') from ops.jobs as j where j.is_failing) as failing_jobs,
        (
            select round(extract(epoch from clock_timestamp() - min(t.started_at)), 3)
            from (
                select a.xact_start as started_at
                from pg_stat_activity as a
                where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
                union all
                select p.prepared from pg_prepared_xacts as p where p.database = current_database()
            ) as t
        ) as oldest_transaction_seconds,
        (select nullif(r.refreshed_at, '-infinity') from data.mart_refreshes as r) as marts_refreshed_at,
        (
            select round(extract(epoch from clock_timestamp() - min(d.due_at)), 3)
            from (
                select min(k.marked_at) as due_at from data.mart_marks as k
                union all
                -- a day has closed; or, where they never were refreshed, since there is a merchant
                select greatest(r.next_close_at, min(m.created_at))
                from data.mart_refreshes as r
                cross join data.merchants as m
                where r.next_close_at <= clock_timestamp()
                group by r.next_close_at
            ) as d
        ) as marts_due_seconds,
        pg_snapshot_xmax(pg_current_snapshot())::text::numeric < l.newest_xmax as is_restored,
        (select age(d.datfrozenxid) from pg_database as d where d.datname = current_database()) as xid_age,
        pg_database_size(current_database()) as database_bytes,
        (select json_object_agg(v.kind, v.digest) from data.code_versions as v) as code_versions
    from (
        select
            max(b.lag_seconds) as lag_seconds,
            sum(b.pending_events)::bigint as pending_events,
            max(b.next_xid::text::numeric) as newest_xmax,
            (
                select coalesce(array_agg(distinct h.reason order by h.reason), '{}')
                from buckets as g cross join lateral unnest(g.held_back_by) as h (reason)
            ) as held_back_by
        from buckets as b
    ) as l
),

limits as (
    select
        (select s.value from ops.settings as s where s.name = 'alarm_lag_seconds') as lag_seconds,
        (select s.value * 60 from ops.settings as s where s.name = 'alarm_transaction_minutes') as transaction_seconds,
        (select s.value * 60 from ops.settings as s where s.name = 'alarm_mart_minutes') as mart_seconds,
        (select s.value * 3 + 10 from ops.settings as s where s.name = 'heartbeat_seconds') as heartbeat_seconds,
        (select make_interval(days => s.value::integer) from ops.settings as s where s.name = 'partition_days') as partition_length
)

select
    cardinality(r.reasons) = 0 as is_healthy,
    r.reasons,
    f.lag_seconds,
    f.pending_events,
    f.held_back_by,
    f.runner_seconds_ago,
    f.set_aside_events,
    f.default_partition_rows,
    f.partition_horizon,
    f.failing_jobs,
    f.oldest_transaction_seconds,
    f.marts_refreshed_at,
    f.marts_due_seconds,
    f.xid_age,
    f.database_bytes,
    f.code_versions
from facts as f
cross join limits as m
cross join lateral (
    select coalesce(array_agg(c.reason order by c.n) filter (where c.is_so), '{}') as reasons
    from (values
        (
            1, f.is_restored,
            'the database was restored from another server: select ops.adopt_restored_database()'
        ),
        (
            2, coalesce(f.runner_seconds_ago > m.heartbeat_seconds, true),
            'no runner is alive: start molam worker, or see cron.job and ops.jobs where pg_cron runs it'
        ),
        (
            3, f.lag_seconds > m.lag_seconds,
            format('an event has waited for %s s: see ops.lag.held_back_by and ops.jobs', f.lag_seconds)
        ),
        (
            4, f.set_aside_events > 0,
            format('%s events are not in the figures: see the reason in ops.set_aside_events, mend it, then select ops.retry_set_aside_events()', f.set_aside_events)
        ),
        (
            5, cardinality(f.failing_jobs) > 0,
            format('%s failed: see last_error in ops.jobs', array_to_string(f.failing_jobs, ', '))
        ),
        (
            6, f.default_partition_rows > 0,
            format('%s events lie in transaction_events_default, for there was no partition for them: select ops.create_partitions()', f.default_partition_rows)
        ),
        (
            7, coalesce(f.partition_horizon < now() + m.partition_length, true),
            'less than one partition is left ahead: select ops.create_partitions()'
        ),
        (
            8, f.oldest_transaction_seconds > m.transaction_seconds,
            format('a transaction has been open for %s s, vacuum cannot clean up behind it: see pg_stat_activity and pg_prepared_xacts', f.oldest_transaction_seconds)
        ),
        (
            9, f.xid_age > 1000000000,
            'transaction ids run out: let vacuum freeze the oldest tables (see ops.bloat, pg_stat_activity), then vacuum freeze'
        ),
        (
            10, f.marts_due_seconds > m.mart_seconds,
            format('the materialized views have been due for a refresh for %s s, answers are right and slower: see refresh marts in ops.jobs, or select ops.refresh_marts()', f.marts_due_seconds)
        )
    ) as c (n, is_so, reason)
) as r;

comment on view ops.health is 'One row: whether all is well, and if not, what to do. The bounds are settings: alarm_lag_seconds, alarm_transaction_minutes, alarm_mart_minutes.';
comment on column ops.health.is_healthy is 'Whether there is no reason for alarm.';
comment on column ops.health.reasons is 'What is wrong and what to do, the most urgent first.';
comment on column ops.health.lag_seconds is 'Age of the oldest event that waits for the rollup; 0 when none does.';
comment on column ops.health.pending_events is 'Events that wait for the rollup.';
comment on column ops.health.held_back_by is 'What ops.lag says in held_back_by, each once.';
comment on column ops.health.runner_seconds_ago is 'Seconds since a runner was alive; null: never.';
comment on column ops.health.set_aside_events is 'Events that could not be aggregated.';
comment on column ops.health.default_partition_rows is 'Events in the default partition, where none should be.';
comment on column ops.health.partition_horizon is 'Until when there are partitions for new events.';
comment on column ops.health.failing_jobs is 'Jobs and runners whose last run failed (ops.jobs.is_failing).';
comment on column ops.health.oldest_transaction_seconds is 'Age of the oldest open or prepared transaction of this database; null when there is none, or it may not be seen (pg_monitor).';
comment on column ops.health.marts_refreshed_at is 'When the materialized views were last refreshed; null: never.';
comment on column ops.health.marts_due_seconds is 'For how long they have been due for a refresh, as a day has closed or closed days have changed; null when they are not.';
comment on column ops.health.xid_age is 'Transactions since the oldest one that is not frozen; alarm at a thousand million of the two thousand that there are.';
comment on column ops.health.database_bytes is 'Size of the database.';
comment on column ops.health.code_versions is 'Digests of the functions, views and triggers in force; molam migrate changes them.';
grant select on ops.health to molam_dba;
