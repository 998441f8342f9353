-- What DBAs look at when something is slow, stuck or large. The views of ops stand on it. Needs 30_rollup.sql.

-- --- what holds a window back -----------------------------------------------------------------------

-- A writer of events holds a lock on their table until it ends, and one on its transaction id; subtransactions, which
-- are younger, have ids of their own.
create function ops.open_writers()
returns table (
    xid xid, pid integer, prepared_as text, user_name text, application_name text, state text,
    started_at timestamptz, query text
)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    with locks as materialized (
        select l.locktype, l.virtualtransaction, l.pid, l.transactionid, l.relation, l.mode, l.database
        from pg_locks as l
        where l.granted
    ),

    writers as (
        select distinct on (t.virtualtransaction) t.transactionid as xid, t.pid
        from locks as t
        inner join locks as w on t.virtualtransaction = w.virtualtransaction
        where
            t.locktype = 'transactionid' and t.mode = 'ExclusiveLock'
            and w.database = (select d.oid from pg_database as d where d.datname = current_database())
            and w.relation in (select e.relid from pg_partition_tree('data.transaction_events') as e)
            and w.mode = 'RowExclusiveLock'
        order by t.virtualtransaction, age(t.transactionid) desc
    )

    select
        w.xid, w.pid, p.gid, coalesce(a.usename, p.owner)::text, a.application_name, a.state,
        coalesce(a.xact_start, p.prepared), a.query
    from writers as w
    left join pg_stat_activity as a on w.pid = a.pid
    left join pg_prepared_xacts as p on w.xid = p.transaction
    order by age(w.xid) desc
$$;
comment on function ops.open_writers() is
'Transactions, prepared ones too, that have written events and are still open, oldest first. Nothing waits for them: windows go on, and their events count when they commit. To be rid of one: select pg_terminate_backend(pid), or rollback prepared. Whose details are empty: molam_owner lacks pg_monitor.';

create function ops.held_back_by(p_bucket_id smallint)
returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(h.reason order by h.reason), '{}')
    from (
        select format(
            'session %s (%s) has been working on the bucket for %s',
            l.pid, a.application_name, date_trunc('second', clock_timestamp() - a.xact_start)
        ) as reason
        from data.rollup_progress as p
        inner join pg_locks as l
            on l.locktype = 'transactionid' and l.transactionid = p.xmax and l.mode = 'ExclusiveLock' and l.granted
        left join pg_stat_activity as a on l.pid = a.pid
        where p.bucket_id = p_bucket_id
        union all
        select format('%s failed at %s: %s', r.runner, r.error_at, r.error)
        from data.runners as r
        inner join data.rollup_progress as p on r.error_at > p.as_of
        where p.bucket_id = p_bucket_id and r.error like format('bucket %s: %%', p_bucket_id)
        union all
        select format(
            'transaction %s of %s (%s) has been open for %s: what it has written counts when it commits',
            w.xid, coalesce('session ' || w.pid, 'nobody, prepared as ' || w.prepared_as), w.application_name,
            date_trunc('second', clock_timestamp() - w.started_at)
        )
        from ops.open_writers() as w
    ) as h
$$;
comment on function ops.held_back_by(smallint) is
'Why events of the bucket may not be counted yet: a session at work on it (its row is locked), a window that failed, open transactions that have written events (of which bucket cannot be seen before they commit).';

-- --- pg_cron ----------------------------------------------------------------------------------------

-- Each user of pg_cron sees its own jobs only, and those of ours are the migrating user's.
create function ops.show_cron_jobs()
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    v_table text;
begin
    grant usage on schema cron to molam_owner;
    foreach v_table in array array['job', 'job_run_details'] loop
        execute format('grant select on cron.%I to molam_owner', v_table);
        if not exists (
            select from pg_policies as p
            where p.schemaname = 'cron' and p.tablename = v_table and p.policyname = 'molam_owner_sees_all'
        ) then
            execute format('create policy molam_owner_sees_all on cron.%I for select to molam_owner using (true)', v_table);
        end if;
    end loop;
exception when insufficient_privilege or invalid_schema_name or undefined_table then
    raise notice 'ops.jobs cannot show the jobs of pg_cron: %', sqlerrm;
end
$$;
comment on function ops.show_cron_jobs() is
'Lets ops.jobs show the jobs of pg_cron; only the owner of the extension''s tables may. Called by ops.schedule_jobs.';

create function ops.cron_jobs()
returns table (job text, schedule text, is_active boolean, last_run_at timestamptz, last_seconds numeric, last_error text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    for job, schedule, is_active, last_run_at, last_seconds, last_error in execute format($sql$
        select
            j.jobname::text, j.schedule, j.active, r.start_time,
            extract(epoch from r.end_time - r.start_time)::numeric(12, 3),
            case when r.status = 'failed' then r.return_message end
        from %1$I.job as j
        left join lateral (
            select d.start_time, d.end_time, d.status, d.return_message
            from %1$I.job_run_details as d
            where d.jobid = j.jobid
            order by d.runid desc
            limit 1
        ) as r on true
        where j.database = current_database()
    $sql$, 'cron') loop
        return next;
    end loop;
exception when undefined_table or invalid_schema_name or insufficient_privilege then
    return;
end
$$;
comment on function ops.cron_jobs() is
'pg_cron''s jobs in this database and the last run of each, as pg_cron tells it; nothing where there is no pg_cron or its tables may not be read.';

create function internal.is_cron_match(p_field text, p_value integer)
returns boolean
language sql immutable parallel safe
as $$
    select bool_or(
        (p.part[1] = '*' or p_value between p.part[1]::integer and coalesce(p.part[2], p.part[1])::integer)
        and (p_value - case p.part[1] when '*' then 0 else p.part[1]::integer end) % coalesce(p.part[3], '1')::integer = 0
    )
    from (
        select regexp_match(f.part, '^(\*|\d+)(?:-(\d+))?(?:/(\d+))?$') as part
        from string_to_table(p_field, ',') as f (part)
    ) as p
$$;
comment on function internal.is_cron_match(text, integer) is
'Whether a field of a cron schedule (*, n, a-b, each with /step, lists of them) holds the number; null when it is none of these.';

create function ops.next_cron_run(p_schedule text, p_last_run_at timestamptz, p_now timestamptz default now())
returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_schedule ~ '^\d+ seconds?$' then greatest(p_last_run_at + p_schedule::interval, p_now)
        when p_schedule ~ '^\S+ \S+ \* \* \*$' then (
            select m.minute
            from (
                select date_trunc('minute', p_now) + make_interval(mins => n) as minute
                from generate_series(1, 1440) as n
            ) as m
            where
                internal.is_cron_match(split_part(p_schedule, ' ', 1), extract(minute from m.minute at time zone 'UTC')::integer)
                and internal.is_cron_match(split_part(p_schedule, ' ', 2), extract(hour from m.minute at time zone 'UTC')::integer)
            order by m.minute
            limit 1
        )
    end
$$;
comment on function ops.next_cron_run(text, timestamptz, timestamptz) is
'When pg_cron runs a schedule next: intervals of seconds, and minutes and hours (UTC) of every day; null for others.';

-- --- sizes ------------------------------------------------------------------------------------------

-- A function, for a view of the partition would keep it from being replaced (docs/operations.md).
create function ops.events_without_partition()
returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select count(*) from data.transaction_events_default
$$;
comment on function ops.events_without_partition() is 'How many events lie in the default partition, where there should be none.';

-- From the planner's statistics, as there is no pgstattuple to read the pages: rows of the average width, packed as
-- tightly as the fill factor allows, and an index's first page. Alignment between columns, keys that an index shares and
-- its upper levels are left out.
create function ops.needed_bytes(p_relation oid)
returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        b.page_bytes * (
            case c.relkind when 'i' then 1 else 0 end
            + ceil(c.reltuples / greatest(floor(
                (b.page_bytes - case c.relkind when 'i' then 40 else 24 end) * f.fillfactor / 100 / w.row_bytes
            ), 1))::bigint
        )
    from pg_class as c
    cross join (select current_setting('block_size')::integer as page_bytes) as b
    cross join lateral (
        select coalesce(
            (select o.option_value::integer from pg_options_to_table(c.reloptions) as o where o.option_name = 'fillfactor'),
            case c.relkind when 'i' then 90 else 100 end
        ) as fillfactor
    ) as f
    cross join lateral (
        select 4 + 8 * ceil((sum((1 - s.null_frac) * s.avg_width) + case c.relkind when 'i' then 8 else 24 end) / 8) as row_bytes
        from pg_attribute as k
        inner join pg_class as t
            on t.oid = coalesce((select i.indrelid from pg_index as i where i.indexrelid = c.oid), c.oid)
        inner join pg_stats as s
            on s.schemaname = t.relnamespace::regnamespace::text and s.tablename = t.relname and s.attname = k.attname
        where k.attrelid = c.oid and k.attnum > 0 and not k.attisdropped
    ) as w
    where c.oid = p_relation and c.reltuples >= 0
$$;
comment on function ops.needed_bytes(oid) is
'About how many bytes a table or a B-tree would need if it were written anew, by the statistics of the last analyze; null when there are none.';

-- --- times ------------------------------------------------------------------------------------------

create function ops.statement_times()
returns table (function_name text, calls bigint, total_ms numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema name := (
        select n.nspname
        from pg_extension as e
        inner join pg_namespace as n on e.extnamespace = n.oid
        where e.extname = 'pg_stat_statements'
    );
begin
    if v_schema is null then
        return;
    end if;
    for function_name, calls, total_ms in execute format($sql$
        select f.name, sum(s.calls)::bigint, sum(s.total_exec_time)::numeric(20, 3)
        from %I.pg_stat_statements as s
        cross join lateral substring(s.query from '(?i)^\s*select\M.*\m(api\.\w+)\s*\(') as f (name)
        where s.dbid = (select d.oid from pg_database as d where d.datname = current_database()) and f.name is not null
        group by f.name
    $sql$, v_schema) loop
        return next;
    end loop;
exception when object_not_in_prerequisite_state then
    return;
end
$$;
comment on function ops.statement_times() is
'Calls of api functions and their milliseconds from pg_stat_statements; nothing where it is not installed, or not in shared_preload_libraries.';

-- The times of the functions within a call: those counted in this transaction less those counted before the call.
create function internal.function_times()
returns table (function_name text, calls bigint, total_ms double precision, self_ms double precision)
language sql volatile
as $$
    select format('%s.%s', f.schemaname, f.funcname), f.calls, f.total_time, f.self_time
    from pg_stat_xact_user_functions as f
$$;
comment on function internal.function_times() is 'Functions called by this session and not yet in pg_stat_user_functions, with their times.';

create function internal.api_call(p_function text, p_merchant_id uuid, p_arguments jsonb)
returns text
language plpgsql stable
as $$
declare
    v_function pg_proc;
    v_arguments text;
begin
    select p.* into v_function
    from pg_proc as p
    where p.pronamespace = 'api'::regnamespace and p.proname = p_function and 'p_merchant_id' = p.proargnames[1];
    if not found or v_function.provolatile = 'v' then
        raise exception 'there is no api.% that reads a merchant''s data', p_function
        using errcode = 'ML422', detail = 'p_function';
    end if;
    if exists (select from jsonb_object_keys(p_arguments) as k where k <> all(v_function.proargnames)) then
        raise exception 'api.% has the arguments %', p_function, pg_get_function_identity_arguments(v_function.oid)
        using errcode = 'ML422', detail = 'p_arguments';
    end if;
    select string_agg(
        format(', %I => %L::%s', a.key, a.value, format_type(
            v_function.proargtypes[array_position(v_function.proargnames, a.key) - 1], null
        )), ''
    ) into v_arguments
    from jsonb_each_text(p_arguments) as a;
    return format('api.%I(%L::uuid%s)', p_function, p_merchant_id, v_arguments);
end
$$;
comment on function internal.api_call(text, uuid, jsonb) is 'The text of a call of a reading api function. Error: ML422 (p_function, p_arguments).';

-- auto_explain tells the plans of statements inside functions. It decides when a statement of the client begins
-- whether to look at all, so it must be on by then, though it may be for statements of some weeks only.
create function internal.show_inner_plans()
returns boolean
language plpgsql volatile
as $$
begin
    if not exists (
        select from pg_settings as s where s.name = 'auto_explain.log_min_duration' and s.setting::integer >= 0
    ) then
        return false;
    end if;
    set local auto_explain.log_nested_statements = on;
    set local auto_explain.log_analyze = on;
    set local auto_explain.log_buffers = on;
    set local auto_explain.log_level = notice;
    set local auto_explain.log_min_duration = 0;
    return true;
exception when insufficient_privilege then
    return false;
end
$$;
comment on function internal.show_inner_plans() is
'Makes auto_explain send the plans of all statements of this transaction to the client, as notices; returns whether it can.';

create function ops.explain_api(p_function text, p_merchant_id uuid, p_arguments jsonb default '{}')
returns setof text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
-- internal.api_call has quoted each part: @plpgsql_check_options: security_warnings = off
declare
    v_call text := internal.api_call(p_function, p_merchant_id, p_arguments);
    v_before jsonb;
    v_has_plans boolean;
    v_has_times boolean := true;
begin
    begin
        perform set_config('track_functions', 'all', true);
    exception when insufficient_privilege then
        v_has_times := current_setting('track_functions') = 'all';
    end;
    execute 'select ' || v_call;  -- what a session does once only: look up, plan, read into memory
    select coalesce(jsonb_object_agg(f.function_name, to_jsonb(f)), '{}') into v_before from internal.function_times() as f;
    v_has_plans := internal.show_inner_plans();
    return query execute 'explain (analyze, buffers, settings) select ' || v_call;
    if v_has_plans then
        set local auto_explain.log_min_duration = 2147483647;
    end if;
    return query
    select format(
        '%s: %s calls, %s ms, %s ms of it its own', f.function_name,
        f.calls - coalesce(v_before -> f.function_name ->> 'calls', '0')::bigint,
        round((f.total_ms - coalesce(v_before -> f.function_name ->> 'total_ms', '0')::double precision)::numeric, 3),
        round((f.self_ms - coalesce(v_before -> f.function_name ->> 'self_ms', '0')::double precision)::numeric, 3)
    )
    from internal.function_times() as f
    where v_has_times and f.calls > coalesce(v_before -> f.function_name ->> 'calls', '0')::bigint
        and f.function_name not in ('internal.function_times', 'internal.show_inner_plans')
    order by f.self_ms - coalesce(v_before -> f.function_name ->> 'self_ms', '0')::double precision desc;
    return next case
        when v_has_plans then 'The plans of the statements inside came as notices.'
        else 'Plans of the statements inside need a superuser once, see docs/operations.md: auto_explain.'
    end;
    if not v_has_times then
        return next 'Times of the functions inside need: grant set on parameter track_functions to molam_owner.';
    end if;
end
$$;
comment on function ops.explain_api(text, uuid, jsonb) is
'Calls a reading function of api as the service does, the second time in this session with explain (analyze, buffers): time and buffers of the whole, time of each function inside, and, where auto_explain is loaded and may be set, the plan of each statement inside as a notice. Arguments by name: ops.explain_api(''dashboard_overview'', merchant_id, ''{"p_currency": "XOF"}''). Error: ML422.';

-- --- all of it --------------------------------------------------------------------------------------

create function ops.status()
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'health', (select to_json(h) from ops.health as h),
        'lag', (select coalesce(json_agg(l order by l.bucket_id), '[]') from ops.lag as l),
        'jobs', (select coalesce(json_agg(j order by j.last_seen_at desc nulls last, j.job), '[]') from ops.jobs as j),
        'partitions', (select coalesce(json_agg(p order by p.starts_at nulls last), '[]') from ops.partitions as p),
        'changed_settings', (
            select coalesce(json_agg(s order by s.name), '[]') from ops.settings as s where s.value <> s.default_value
        ),
        'set_aside_events', (
            select coalesce(json_agg(s order by s.set_aside_at desc), '[]')
            from (select e.* from ops.set_aside_events as e order by e.set_aside_at desc limit 20) as s
        )
    )
$$;
comment on function ops.status() is
'What molam status prints: ops.health, lag, jobs, partitions, the settings that were changed, the last 20 events set aside.';
