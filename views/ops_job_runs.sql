-- Each run of a job. Needs data.job_runs.

create view ops.job_runs with (security_barrier = true) as
select
    j.job,
    j.started_at,
    extract(epoch from j.finished_at - j.started_at)::numeric(12, 3) as seconds,
    j.rows,
    j.error,
    j.note
from data.job_runs as j;

comment on view ops.job_runs is 'Log of the jobs beside the windows, kept for settings.log_days: maintenance, rebuilds, repairs, replays.';
comment on column ops.job_runs.job is 'Name, with the merchant where it is of one.';
comment on column ops.job_runs.started_at is 'When it began.';
comment on column ops.job_runs.seconds is 'How long it took.';
comment on column ops.job_runs.rows is 'Partitions made; events rebuilt; rows repaired; events tried again.';
comment on column ops.job_runs.error is 'Why it failed, with the SQLSTATE; null when it did not.';
comment on column ops.job_runs.note is 'Which rows were repaired, the first hundred.';
grant select on ops.job_runs to molam_dba;
