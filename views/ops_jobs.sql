-- Who runs what, when it was last alive, what went wrong, and what is next. Needs data.runners, data.job_runs,
-- data.rebuild_requests, ops.cron_jobs().

create view ops.jobs with (security_barrier = true) as
select
    r.runner as job,
    r.started_at as last_run_at,
    null::numeric(12, 3) as last_seconds,
    r.heartbeat_at as last_seen_at,
    null::timestamptz as next_run_at,
    r.windows,
    r.events as rows,
    -- told again each second while it lasts
    coalesce(r.error_at >= r.heartbeat_at - interval '10 seconds', false) as is_failing,
    r.error as last_error,
    r.error_at as last_error_at
from data.runners as r
union all
select
    coalesce(j.job, q.job),
    (j.last).started_at,
    extract(epoch from (j.last).finished_at - (j.last).started_at)::numeric(12, 3),
    (j.last).finished_at,
    case
        when j.job = 'maintenance' then (j.last).finished_at + make_interval(mins => m.value::integer)
        else q.requested_at
    end,
    j.runs,
    j.rows,
    coalesce((j.last).error is not null, false),
    j.last_error,
    j.last_error_at
from (
    select
        l.job,
        count(*) as runs,
        sum(l.rows)::bigint as rows,
        (array_agg(l order by l.job_run_id desc))[1] as last,
        (array_agg(l.error order by l.job_run_id desc) filter (where l.error is not null))[1] as last_error,
        max(l.finished_at) filter (where l.error is not null) as last_error_at
    from data.job_runs as l
    group by l.job
) as j
full join (
    select 'rebuild ' || r.merchant_id as job, r.requested_at
    from data.rebuild_requests as r
) as q on j.job = q.job
inner join data.settings as m on m.name = 'maintenance_minutes'
union all
select
    'cron.job ' || c.job,
    c.last_run_at,
    c.last_seconds,
    null,
    case when c.is_active then ops.next_cron_run(c.schedule, c.last_run_at) end,
    null,
    null,
    c.last_error is not null,
    c.last_error,
    case when c.last_error is not null then c.last_run_at end
from ops.cron_jobs() as c;

comment on view ops.jobs is
'Runners of the rollup (heartbeats), what they ran beside the windows (maintenance, rebuilds), what DBAs ran (repair, replay), and pg_cron''s own jobs where they may be read. Each single run: ops.job_runs.';
comment on column ops.jobs.job is 'Name of the runner; maintenance; rebuild, repair or replay and the merchant; cron.job and its name.';
comment on column ops.jobs.last_run_at is 'Begin of the last run; of a runner, when it was first seen.';
comment on column ops.jobs.last_seconds is 'How long the last run took; null for a runner, which does not end. pg_cron 1.4 with background workers tells wrong times.';
comment on column ops.jobs.last_seen_at is 'Heartbeat of a runner; end of the last run of a job.';
comment on column ops.jobs.next_run_at is 'When it is due: maintenance, requested rebuilds, pg_cron''s jobs; null for what runs on demand or all the time.';
comment on column ops.jobs.windows is 'Windows that a runner aggregated; runs of a job, as far back as the log goes (settings.log_days).';
comment on column ops.jobs.rows is 'Events aggregated; partitions made; events rebuilt; rows repaired.';
comment on column ops.jobs.is_failing is 'Whether the last run failed, or the runner has met an error within the last 10 s of its life.';
comment on column ops.jobs.last_error is 'The last error, with its SQLSTATE; null when there was none.';
comment on column ops.jobs.last_error_at is 'When that was.';
grant select on ops.jobs to molam_dba;
