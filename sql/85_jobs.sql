-- Runners and jobs: heartbeats, what is due beside the windows, and pg_cron's schedule. Needs 80_ops.sql.

create function rollup.beat(p_runner text, p_windows bigint, p_events bigint, p_error text)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update data.runners as r
    set
        heartbeat_at = clock_timestamp(),
        windows = r.windows + p_windows,
        events = r.events + p_events,
        error = coalesce(p_error, r.error),
        error_at = case when p_error is null then r.error_at else clock_timestamp() end
    where
        r.runner = p_runner
        and (
            p_error is not null
            or r.heartbeat_at < clock_timestamp() - make_interval(secs => case
                when p_events > 0 then 1 else internal.setting('heartbeat_seconds')
            end::double precision)
        );
    if found then
        return true;
    end if;
    -- no conflict, no transaction id: a look that finds the runner there leaves no trace
    insert into data.runners (runner, windows, events, error, error_at)
    values (p_runner, p_windows, p_events, p_error, case when p_error is not null then clock_timestamp() end)
    on conflict (runner) do nothing;
    return found;
end
$$;
comment on function rollup.beat(text, bigint, bigint, text) is
'Notes that the runner is alive and what it has done since the last note; at most once a second, or every heartbeat_seconds when idle. Returns whether it was noted.';

create function rollup.run_due_jobs()
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_job text;
    v_merchant_id uuid;
    v_started_at timestamptz := clock_timestamp();
begin
    -- the merchant's row too, and neither waited for: who changes a merchant holds it and goes on to ask for a rebuild
    select r.merchant_id into v_merchant_id
    from data.rebuild_requests as r
    inner join data.merchants as m using (merchant_id)
    where r.requested_at <= clock_timestamp()
    order by r.requested_at
    limit 1
    for update of r skip locked
    for no key update of m skip locked;
    begin
        if found then
            v_job := 'rebuild ' || v_merchant_id;
            perform internal.rebuild_merchant(v_merchant_id);
        elsif internal.is_job_due('maintenance') then
            v_job := 'maintenance';
            perform ops.maintain();
        elsif internal.setting('retention_days') > 0 and internal.is_job_due('retention') then
            v_job := 'retention';
            perform ops.apply_retention();
        elsif internal.are_marts_due() then
            v_job := 'refresh marts';
            perform ops.refresh_marts();
        end if;
    exception when others then
        insert into data.job_runs (job, started_at, error)
        values (v_job, v_started_at, format('%s %s', sqlstate, sqlerrm));
        update data.rebuild_requests as r set requested_at = clock_timestamp() + interval '1 minute'
        where r.merchant_id = v_merchant_id;
    end;
end
$$;
comment on function rollup.run_due_jobs() is
'Makes one requested rebuild, or the maintenance, a step of retention or the refresh of the materialized views when it is due. A failure is noted in ops.jobs and tried again.';

create function internal.is_job_due(p_job text)
returns boolean
language sql volatile
as $$
    select
        not exists (
            select from data.job_runs as j
            where
                j.job = p_job
                and j.finished_at > clock_timestamp() - make_interval(mins => internal.setting('maintenance_minutes')::integer)
        )
        and pg_try_advisory_xact_lock(hashtext('molam ' || p_job))
$$;
comment on function internal.is_job_due(text) is 'Whether the last run of the maintenance or of retention is long enough ago and nobody else is at it.';

-- Two jobs overlap, so that one is running while the other begins its next run, or after it was killed. Before 1.5
-- pg_cron knows minutes only: a run goes on for most of two, and a third job bridges the time from a server's start.
create function ops.cron_schedule(p_version text)
returns table (job text, schedule text, command text)
language sql immutable
as $$
    select j.job, j.schedule, format('call rollup.run(%L, %s)', 'pg_cron ' || right(j.job, 1), j.seconds)
    from (values
        ('molam-rollup-1', '10 seconds', 9.5, true),
        ('molam-rollup-2', '10 seconds', 9.5, true),
        ('molam-rollup-1', '*/2 * * * *', 118.5, false),
        ('molam-rollup-2', '1-59/2 * * * *', 118.5, false),
        ('molam-rollup-0', '@reboot', 61, false)
    ) as j (job, schedule, seconds, knows_seconds)
    where j.knows_seconds = (string_to_array(split_part(p_version, '-', 1), '.')::integer[] >= array[1, 5])
    union all
    -- pg_cron's own log grows without end; only its user may cut it
    select
        'molam-log', '17 3 * * *',
        'delete from cron.job_run_details where end_time < now() - make_interval(days => '
        || '(select s.value::integer from ops.settings as s where s.name = ''log_days''))'
$$;
comment on function ops.cron_schedule(text) is 'The jobs for a version of pg_cron: name, schedule, command.';

create function ops.schedule_jobs()
returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    v_version text;
    v_job record;
begin
    select e.extversion into v_version from pg_extension as e where e.extname = 'pg_cron';
    if not found then
        return 'worker';
    end if;
    for v_job in select * from ops.cron_schedule(v_version) loop
        execute format('select %I.schedule($1, $2, $3)', 'cron') using v_job.job, v_job.schedule, v_job.command;
    end loop;
    perform ops.show_cron_jobs();
    return 'pg_cron';
end
$$;
comment on function ops.schedule_jobs() is
'Schedules the rollup with pg_cron, by name, so that again changes nothing. Returns who runs it: pg_cron, or worker where this database has no pg_cron.';

create function api.service_status()
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'code', (select json_object_agg(v.kind, v.digest) from data.code_versions as v),
        'pending_events', sum(l.pending_events),
        'lag_seconds', max(l.lag_seconds),
        'runner_seconds_ago', (
            select round(extract(epoch from clock_timestamp() - max(r.heartbeat_at)), 3) from data.runners as r
        ),
        'set_aside_events', (select count(*) from data.set_aside_events)
    )
    from ops.lag as l
$$;
comment on function api.service_status() is
'For readiness: digests of the code in force, events waiting, seconds that the oldest waits, seconds since a runner was alive (null: never), events set aside.';
