-- Who runs what, when it was last alive, and what went wrong. Needs data.runners, data.job_runs.

create view ops.jobs with (security_barrier = true) as
select
    r.runner as job,
    r.started_at,
    r.heartbeat_at as last_seen_at,
    r.windows,
    r.events as rows,
    r.error as last_error,
    r.error_at as last_error_at
from data.runners as r
union all
select
    j.job,
    min(j.started_at),
    max(j.finished_at),
    count(*),
    sum(j.rows)::bigint,
    (array_agg(j.error order by j.finished_at desc) filter (where j.error is not null))[1],
    max(j.finished_at) filter (where j.error is not null)
from data.job_runs as j
group by j.job;

comment on view ops.jobs is 'Runners of the rollup, and the maintenance and rebuilds that they made.';
comment on column ops.jobs.job is 'Name of the runner, or maintenance, or rebuild and the merchant.';
comment on column ops.jobs.started_at is 'When it was first seen (in what the log keeps).';
comment on column ops.jobs.last_seen_at is 'Heartbeat of a runner; end of the last run of a job.';
comment on column ops.jobs.windows is 'Windows that a runner aggregated; runs of a job.';
comment on column ops.jobs.rows is 'Events aggregated; partitions made; events rebuilt.';
comment on column ops.jobs.last_error is 'The last error, with its SQLSTATE; null when there was none.';
comment on column ops.jobs.last_error_at is 'When that was.';
grant select on ops.jobs to molam_dba;
