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
    exception
    when transaction_rollback then
        null;  -- a deployment or a deadlock came in between: still due, so the next pass tries again
    when others then
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
        || '(select max(s.value)::integer from ops.settings as s where s.name = ''log_days''))'
$$;
comment on function ops.cron_schedule(text) is 'The jobs for a version of pg_cron: name, schedule, command.';

-- Over there pg_cron's log can be cut, and our settings cannot be read.
create function ops.remote_cron_schedule(p_version text, p_cron_database text)
returns table (job text, schedule text, command text, database text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        format('%s@%s', c.job, current_database()),
        c.schedule,
        case when c.job = 'molam-log'
            then format(
                'delete from cron.job_run_details where end_time < now() - make_interval(days => %s)',
                internal.setting('log_days')::integer
            )
            else c.command
        end,
        case when c.job = 'molam-log' then p_cron_database else current_database() end
    from ops.cron_schedule(p_version) as c
$$;
comment on function ops.remote_cron_schedule(text, text) is
'The jobs where pg_cron, of that version, lives in another database of the server: name, which says whose they are, schedule, command, and the database to run it in. Scheduled there by molam migrate with MOLAM_CRON_DATABASE; log_days is what it was then.';

create function ops.is_pg_cron_alive()
returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from data.runners as r where r.runner like 'pg_cron %' and r.heartbeat_at > now() - interval '15 seconds'
    )
$$;
comment on function ops.is_pg_cron_alive() is
'Whether a runner of this database that pg_cron has started was alive in the last 15 seconds.';

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

create function ops.note_release(p_release bigint[], p_migrations text[])
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    insert into data.release as r (release, migrations) values (p_release, p_migrations)
    on conflict (is_only_row) do update
    set release = excluded.release, migrations = excluded.migrations, released_at = excluded.released_at
    where (r.release, r.migrations) is distinct from (excluded.release, excluded.migrations)
$$;
comment on function ops.note_release(bigint[], text[]) is
'Notes the release (the parts of its number) that migrated this database and the migrations that are applied, by which services know whether they are ahead of it. Called by molam migrate.';

-- A backlog is not counted to its end: whoever asks each second must not read millions of rows.
create function internal.waiting_events()
returns table (events bigint, oldest_received_at timestamptz)
language sql stable
as $$
    select coalesce(sum(w.events), 0)::bigint, min(w.oldest_received_at)
    from data.rollup_progress as p
    cross join lateral (
        select count(*) as events, min(e.received_at) as oldest_received_at
        from (
            (
                select n.received_at from data.transaction_events as n
                where n.bucket_id = p.bucket_id and n.xid >= pg_snapshot_xmax(p.snapshot)
                order by n.xid
                limit 10000
            )
            union all
            (
                select o.received_at from data.transaction_events as o
                where o.bucket_id = p.bucket_id and o.xid = any(array(select pg_snapshot_xip(p.snapshot)))
                limit 10000
            )
        ) as e
    ) as w
$$;
comment on function internal.waiting_events() is
'Events that wait for the rollup, in each bucket counted up to 20,000, and when the oldest of the counted ones was received; null: none waits.';

create function internal.job_status()
returns json
language sql stable
as $$
    select coalesce(json_object_agg(n.job, json_build_object(
        'seconds_ago', round(extract(epoch from clock_timestamp() - j.finished_at), 3), 'is_failing', j.error is not null
    )), '{}')
    from unnest(array['maintenance', 'retention', 'refresh marts']) as n (job)
    cross join lateral (
        select l.finished_at, l.error from data.job_runs as l where l.job = n.job order by l.finished_at desc limit 1
    ) as j
$$;
comment on function internal.job_status() is 'Of each scheduled job that has run: how many seconds ago its last run ended, and whether that failed.';

create function api.service_status()
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'release', (select r.release from data.release as r),
        'migrations', (select r.migrations from data.release as r),
        'pending_events', w.events,
        'lag_seconds', coalesce(round(extract(epoch from clock_timestamp() - w.oldest_received_at), 3), 0),
        'runner_seconds_ago', (
            select round(extract(epoch from clock_timestamp() - max(r.heartbeat_at)), 3) from data.runners as r
        ),
        'set_aside_events', (select count(*) from data.set_aside_events),
        'jobs', internal.job_status(),
        'view_seconds_ago', (
            select round(extract(epoch from clock_timestamp() - r.refreshed_at), 3)
            from data.mart_refreshes as r
            where isfinite(r.refreshed_at)
        ),
        'partition_seconds_left', (
            select round(extract(epoch from max(p.ends_at) - clock_timestamp()), 3) from ops.partitions as p
        )
    )
    from internal.waiting_events() as w
$$;
comment on function api.service_status() is
'For readiness and metrics: the release that migrated the database and its migrations (null: none noted), events waiting (counted up to 20,000 a bucket), seconds that the oldest waits, seconds since a runner was alive (null: never), events set aside, of each job seconds_ago and is_failing, seconds since the materialized views were refreshed (null: never), seconds until the last partition ends.';
