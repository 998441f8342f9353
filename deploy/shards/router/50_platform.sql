-- Reading over all servers: on a router the views of analytics and ops have the rows of all its servers, with the server's
-- name before their columns. Each stands on a table whose partitions are foreign tables, one for each server, so that a
-- query for one server asks that one alone, and groups by server are worked out there. All of it is made from the catalogue,
-- which at this point has the views of views/. Needs views/zz_shard.sql, 10_placement.sql, 15_connections.sql,
-- 20_stubs.sql.

-- --- the tables -------------------------------------------------------------------------------------

create function internal.column_definitions(p_relation regclass)
returns text
language sql stable
as $$
    select string_agg(concat(
        quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
        case when a.attcollation <> 0 then ' collate "C"' end
    ), ', ' order by a.attnum)
    from pg_attribute as a
    where a.attrelid = p_relation and a.attnum > 0
$$;
comment on function internal.column_definitions(regclass) is
'The columns of a view or table, as a table with the same ones defines them.';

do $$
declare
    v_view record;
begin
    for v_view in
        select c.oid, c.relname as name from pg_class as c where c.relnamespace = 'shard'::regnamespace and c.relkind = 'v'
    loop
        execute format(
            'create table internal.%I (%s) partition by list (shard)', 'all_' || v_view.name, internal.column_definitions(v_view.oid)
        );
        execute format(
            'comment on table internal.%I is %L', 'all_' || v_view.name, format('shard.%s of all servers.', v_view.name)
        );
    end loop;
end
$$;

-- Which foreign tables there should be, and of which server each is. Analysts read from a replica where there is one.
create view internal.wanted_foreign_tables as
select
    t.oid::regclass as table_name,
    substr(t.relname, 5)::text as view_name,
    format('%s_%s', t.relname, s.shard) as name,
    s.name as shard,
    format('shard_%s%s', s.shard, case when t.relname like 'all\_analytics\_%' and s.read_address <> s.address then '_reading' end)
        as server
from pg_class as t
cross join data.shards as s
where
    t.relnamespace = 'internal'::regnamespace and t.relkind = 'p' and t.relname like 'all\_%'
    and s.removed_at is null;
comment on view internal.wanted_foreign_tables is
'For each table internal.all_… and each server of the cluster: the foreign table that is its partition, and the foreign server.';

-- Attached when it is made, for that blocks no reader of the others.
create function internal.connect_platform()
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
-- only names and types from the catalogue: @plpgsql_check_options: security_warnings = off
declare
    v_table record;
begin
    for v_table in
        select c.oid::regclass as name
        from pg_foreign_table as t
        inner join pg_foreign_server as f on t.ftserver = f.oid
        inner join pg_class as c on t.ftrelid = c.oid
        where
            c.relnamespace = 'internal'::regnamespace and c.relname like 'all\_%'
            and not exists (
                select from internal.wanted_foreign_tables as w where w.name = c.relname and w.server = f.srvname
            )
    loop
        execute format('drop foreign table %s', v_table.name);
    end loop;
    for v_table in
        select w.* from internal.wanted_foreign_tables as w
        inner join pg_foreign_server as f on w.server = f.srvname
        where to_regclass(format('internal.%I', w.name)) is null
        order by w.name
    loop
        execute format(
            'create foreign table internal.%I (%s) server %I '
            'options (schema_name ''shard'', table_name %L, fetch_size ''1000'', async_capable ''true'', use_remote_estimate %L)',
            v_table.name, internal.column_definitions(v_table.table_name), v_table.server, v_table.view_name,
            -- makes plans dearer, and joins such that the servers work them out
            (v_table.view_name = 'analytics_merchants')::text
        );
        execute format(
            'alter table %s attach partition internal.%I for values in (%L)', v_table.table_name, v_table.name, v_table.shard
        );
    end loop;
end
$$;
comment on function internal.connect_platform() is
'Makes the foreign tables of servers that are new, anew those of which the address for reading has come or gone, and drops those of servers that were removed.';

-- --- the views --------------------------------------------------------------------------------------

-- No security barrier, which would keep groups from being worked out by the servers: who may read one of these sees all of
-- it. Limited analysts may not: the servers are asked as one user, who sees every merchant.
do $$
declare
    v_view record;
    v_comment record;
begin
    -- how each server is by its own account; ops.health is about them all
    alter view ops.health rename to shard_healths;
    for v_view in
        select
            c.oid, n.schema, n.name, format('%I.%I', n.schema, n.name) as view, format('shard.%I', c.relname) as shard_view,
            format('internal.%I', 'all_' || c.relname) as all_table,
            c.relname in ('ops_settings', 'ops_jobs', 'ops_job_runs', 'ops_bloat', 'ops_slow_functions') as has_own_rows,
            (select string_agg(format('a.%I', a.attname), ', ' order by a.attnum) from pg_attribute as a where a.attrelid = c.oid)
                as columns,
            (
                select jsonb_object_agg(a.attname, col_description(a.attrelid, a.attnum))
                from pg_attribute as a where a.attrelid = c.oid
            ) as comments,
            obj_description(c.oid, 'pg_class') || ' Of all servers.' as words
        from pg_class as c
        cross join lateral (
            select
                split_part(c.relname, '_', 1) as schema,
                case c.relname when 'ops_health' then 'shard_healths' else substr(c.relname, strpos(c.relname, '_') + 1) end as name
        ) as n
        where c.relnamespace = 'shard'::regnamespace and c.relkind = 'v'
        -- ops.health, which stands on others, is the first to go
        order by c.relname = 'ops_health' desc, c.relname
    loop
        if v_view.has_own_rows then
            execute format('alter view %s rename to %I', v_view.view, 'own_' || v_view.name);
            execute format('alter view %I.%I set schema internal', v_view.schema, 'own_' || v_view.name);
        else
            execute format('drop view %s, %s', v_view.shard_view, v_view.view);
        end if;
        execute format(
            'create view %s as select %s from %s as a %s', v_view.view, v_view.columns, v_view.all_table,
            case when v_view.has_own_rows then format('union all select a.* from %s as a', v_view.shard_view) end
        );
        execute format('comment on view %s is %L', v_view.view, v_view.words);
        for v_comment in select c.key as name, c.value as words from jsonb_each_text(v_view.comments) as c loop
            execute format('comment on column %s.%I is %L', v_view.view, v_comment.name, case
                when v_comment.name = 'shard' and v_view.has_own_rows then 'The server; router: the router itself.'
                else v_comment.words
            end);
        end loop;
        execute format(
            'grant select on %s to %s', v_view.view, case v_view.schema when 'analytics' then 'molam_analyst' else 'molam_dba' end
        );
    end loop;
end
$$;

select internal.connect_platform();

-- a limited analyst sees no merchant here
revoke select on analytics.currencies from molam_limited_analyst;

create function analytics.shard_of(p_merchant_id uuid)
returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select ops.shard_of(p_merchant_id)
$$;
comment on function analytics.shard_of(uuid) is
'Of a router: the server of this merchant. With "where shard = analytics.shard_of(…)" no other one is asked. Errors: 08001 the server is known to be away.';

-- --- settings ---------------------------------------------------------------------------------------

create function internal.change_setting()
returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if old.shard = 'router' then
        update only data.settings as s set value = new.value where s.name = old.name;
    else
        -- as constants, for postgres_fdw leaves to the server no comparison with a value that has a collation of its own
        execute format('update internal.all_ops_settings set value = $1 where shard = %L and name = %L', old.shard, old.name)
        using new.value;
    end if;
    return new;
end
$$;
comment on function internal.change_setting() is 'Changes a row of ops.settings where it is: at the server, or here.';

create trigger change_setting instead of update on ops.settings for each row execute function internal.change_setting();
comment on trigger change_setting on ops.settings is 'Makes the view of all servers'' settings one that can be changed.';
comment on view ops.settings is
'Tunables of all servers and of the router: update ops.settings set value = 200 where name = ''poll_milliseconds'' changes one everywhere or, if a server is away, nowhere; with a condition for shard, at that server. Read at each use, so a change takes effect without a restart. Error: ML422 out of bounds.';
grant update (value) on ops.settings to molam_dba;

-- --- how all servers are, without asking them -------------------------------------------------------

create view ops.shards with (security_barrier = true) as
select
    s.name as shard,
    s.shard as number,
    coalesce(t.is_up, false) as is_up,
    t.changed_at as since,
    t.checked_at,
    case when t.shard is null then 'nobody has looked yet' else t.error end as error,
    (
        select string_agg(r.part, '.' order by r.number)
        from json_array_elements_text((t.status ->> 'release')::json) with ordinality as r (part, number)
    ) as release,
    (
        select count(*) from data.placement as c cross join unnest(c.shards) as p (shard) where p.shard = s.shard
    ) as partitions,
    (t.status ->> 'pending_events')::bigint as pending_events,
    (t.status ->> 'lag_seconds')::numeric(12, 3) as lag_seconds,
    (t.status ->> 'set_aside_events')::bigint as set_aside_events,
    round((t.status ->> 'runner_seconds_ago')::numeric + a.seconds, 3) as runner_seconds_ago,
    t.checked_at - make_interval(secs => (t.status ->> 'view_seconds_ago')::double precision) as marts_refreshed_at,
    t.checked_at + make_interval(secs => (t.status ->> 'partition_seconds_left')::double precision) as partition_horizon,
    array(
        select j.key from json_each(t.status -> 'jobs') as j where (j.value ->> 'is_failing')::boolean order by j.key
    ) as failing_jobs
from data.shards as s
left join data.shard_states as t on s.shard = t.shard
cross join lateral (select extract(epoch from clock_timestamp() - t.checked_at) as seconds) as a
where s.removed_at is null;

comment on view ops.shards is
'Of a router: its servers, as the watch (rollup.run) has noted them, which is once a second; of one that is away, how it was when it last answered. Asks no server, so it answers whatever is away. Each server''s own ops.health, asked for now: ops.shard_healths.';
comment on column ops.shards.shard is 'The server.';
comment on column ops.shards.number is 'Its number: its foreign server is shard_<number>, by which name PostgreSQL''s errors call it.';
comment on column ops.shards.is_up is 'Whether it answered when the watch last looked.';
comment on column ops.shards.since is 'Since when that is so; null: nobody has looked yet.';
comment on column ops.shards.checked_at is 'When the watch last looked.';
comment on column ops.shards.error is 'Why it does not answer; null when it does.';
comment on column ops.shards.release is 'The release that migrated it.';
comment on column ops.shards.partitions is 'How many virtual partitions it has.';
comment on column ops.shards.pending_events is 'Events that wait for its rollup, counted to 20,000 a bucket.';
comment on column ops.shards.lag_seconds is 'Age of the oldest of them when the watch looked.';
comment on column ops.shards.set_aside_events is 'Events that could not be aggregated.';
comment on column ops.shards.runner_seconds_ago is 'Seconds since a runner of its own was known to be alive; null: never.';
comment on column ops.shards.marts_refreshed_at is 'When its materialized views were last refreshed; null: never.';
comment on column ops.shards.partition_horizon is 'Until when it has partitions for new events.';
comment on column ops.shards.failing_jobs is 'Its scheduled jobs whose last run failed.';
grant select on ops.shards to molam_dba;

create view internal.shard_alarms as
select s.shard, a.n, a.reason
from ops.shards as s
cross join (
    select
        min(v.value) filter (where v.name = 'alarm_lag_seconds') as lag_seconds,
        min(v.value * 3 + 10) filter (where v.name = 'heartbeat_seconds') as heartbeat_seconds,
        make_interval(days => min(v.value) filter (where v.name = 'partition_days')::integer) as partition_length
    from data.settings as v
) as m
cross join lateral (values
    (
        2, not s.is_up,
        format('server %s is away%s: %s; its merchants are answered with 503: see ops.shards', s.shard, ' since ' || date_trunc('second', s.since), s.error)
    ),
    (
        3, s.is_up and coalesce(s.runner_seconds_ago > m.heartbeat_seconds, true),
        format('no runner is alive for server %s: start molam worker there, or see cron.job and ops.jobs where pg_cron runs it', s.shard)
    ),
    (
        4, s.is_up and s.lag_seconds > m.lag_seconds,
        format('an event of server %s has waited for %s s: see ops.lag.held_back_by and ops.jobs', s.shard, s.lag_seconds)
    ),
    (
        5, s.set_aside_events > 0,
        format('%s events of server %s are not in the figures: see the reason in ops.set_aside_events, mend it, then select ops.retry_set_aside_events()', s.set_aside_events, s.shard)
    ),
    (
        6, s.is_up and cardinality(s.failing_jobs) > 0,
        format('%s failed at server %s: see last_error in ops.jobs', array_to_string(s.failing_jobs, ', '), s.shard)
    ),
    (
        7, s.is_up and coalesce(s.partition_horizon < now() + m.partition_length, true),
        format('less than one partition is left ahead at server %s: select ops.create_partitions()', s.shard)
    )
) as a (n, is_so, reason)
where a.is_so;
comment on view internal.shard_alarms is 'What is wrong with which server and what to do, and how urgent that is, from 1. The bounds are the router''s settings.';

create view ops.health with (security_barrier = true) as
with facts as (
    select
        f.*,
        array(select s.shard || ' is away' from ops.shards as s where not s.is_up order by s.shard) as held_back_by,
        (
            select round(extract(epoch from clock_timestamp() - max(r.heartbeat_at)), 3) from data.runners as r
        ) as runner_seconds_ago,
        array(
            select format('%s at %s', j.job, s.shard) from ops.shards as s cross join unnest(s.failing_jobs) as j (job)
            union all
            select o.job from internal.own_jobs as o where o.is_failing
            order by 1
        ) as failing_jobs,
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
        (select age(d.datfrozenxid) from pg_database as d where d.datname = current_database()) as xid_age,
        (
            select count(*) from data.placement as c cross join unnest(c.shards) as p (shard) where p.shard is null
        ) as homeless_partitions
    from (
        select
            max(s.lag_seconds) as lag_seconds,
            sum(s.pending_events)::bigint as pending_events,
            sum(s.set_aside_events)::bigint as set_aside_events,
            min(s.partition_horizon) as partition_horizon,
            min(s.marts_refreshed_at) as marts_refreshed_at
        from ops.shards as s
    ) as f
),

limits as (
    select
        min(s.value * 60) filter (where s.name = 'alarm_transaction_minutes') as transaction_seconds,
        min(s.value * 3 + 10) filter (where s.name = 'heartbeat_seconds') as heartbeat_seconds
    from data.settings as s
)

select
    cardinality(r.reasons) = 0 as is_healthy,
    r.reasons,
    f.lag_seconds,
    f.pending_events,
    f.held_back_by,
    f.runner_seconds_ago,
    f.set_aside_events,
    null::bigint as default_partition_rows,
    f.partition_horizon,
    f.failing_jobs,
    f.oldest_transaction_seconds,
    f.marts_refreshed_at,
    null::numeric as marts_due_seconds,
    f.xid_age,
    pg_database_size(current_database()) as database_bytes,
    (select json_object_agg(v.kind, v.digest) from data.code_versions as v) as code_versions
from facts as f
cross join limits as m
cross join lateral (
    select coalesce(array_agg(c.reason order by c.n, c.shard) filter (where c.is_so), '{}') as reasons
    from (
        select a.n, a.shard, true as is_so, a.reason from internal.shard_alarms as a
        union all
        values
        (
            1, null, coalesce(f.runner_seconds_ago > m.heartbeat_seconds, true),
            'nobody watches the servers: start molam worker for the router, or see cron.job and ops.jobs where pg_cron runs it'
        ),
        (
            3, null, f.homeless_partitions > 0,
            format('%s virtual partitions have no server, so their merchants cannot be made: molam shards init', f.homeless_partitions)
        ),
        (
            6, null, exists (select from internal.own_jobs as o where o.is_failing),
            'the watch fails: see last_error of router in ops.jobs'
        ),
        (
            8, null, f.oldest_transaction_seconds > m.transaction_seconds,
            format('a transaction has been open at the router for %s s, vacuum cannot clean up behind it: see pg_stat_activity and pg_prepared_xacts', f.oldest_transaction_seconds)
        ),
        (
            9, null, f.xid_age > 1000000000,
            'the router''s transaction ids run out: let vacuum freeze the oldest tables (see ops.bloat, pg_stat_activity), then vacuum freeze'
        )
    ) as c (n, shard, is_so, reason)
) as r;

comment on view ops.health is
'One row: whether all is well with the router and its servers, and if not, what to do. From what the watch has noted in ops.shards, so it answers whatever is away. The bounds are the router''s settings alarm_lag_seconds and alarm_transaction_minutes. Each server''s own: ops.shard_healths.';
comment on column ops.health.is_healthy is 'Whether there is no reason for alarm.';
comment on column ops.health.reasons is 'What is wrong and what to do, the most urgent first.';
comment on column ops.health.lag_seconds is 'Age of the oldest event that waits for the rollup of its server; 0 when none does.';
comment on column ops.health.pending_events is 'Events that wait for the rollup, of all servers; counted to 20,000 a bucket.';
comment on column ops.health.held_back_by is 'The servers that are away.';
comment on column ops.health.runner_seconds_ago is 'Seconds since the router''s watch was alive; null: never. Runners of the servers: ops.shards.';
comment on column ops.health.set_aside_events is 'Events that could not be aggregated, of all servers.';
comment on column ops.health.default_partition_rows is 'Null: a server tells it in ops.shard_healths; where it is an alarm, maintenance is among failing_jobs.';
comment on column ops.health.partition_horizon is 'Until when all servers have partitions for new events.';
comment on column ops.health.failing_jobs is 'Jobs whose last run failed, with their server, and runners of the watch that fail.';
comment on column ops.health.oldest_transaction_seconds is 'Age of the oldest open or prepared transaction of the router; null when there is none, or it may not be seen (pg_monitor).';
comment on column ops.health.marts_refreshed_at is 'When the materialized views of all servers had been refreshed; null: never.';
comment on column ops.health.marts_due_seconds is 'Null: a server tells it in ops.shard_healths.';
comment on column ops.health.xid_age is 'Of the router: transactions since the oldest one that is not frozen; alarm at a thousand million of the two thousand that there are.';
comment on column ops.health.database_bytes is 'Size of the router''s database.';
comment on column ops.health.code_versions is 'Digests of the functions, views and triggers in force on the router; molam shards migrate changes them.';
grant select on ops.health to molam_dba;

create function internal.servers_that_answer()
returns text[]
language sql stable
as $$
    select array(select s.shard from ops.shards as s where s.is_up or s.since is null order by s.shard) || array['router']
$$;
comment on function internal.servers_that_answer() is 'The servers that the watch has not seen to be away, and router.';

create or replace function ops.status()
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
-- a value that is known when the statement is planned, so that no plan has the others in it
declare
    v_shards text[] := internal.servers_that_answer();
begin
    return json_build_object(
        'health', (select to_json(h) from ops.health as h),
        'shards', (select coalesce(json_agg(s order by s.shard), '[]') from ops.shards as s),
        'lag', (
            select coalesce(json_agg(l order by l.shard, l.bucket_id), '[]') from ops.lag as l
            where l.shard = any(v_shards)
        ),
        'jobs', (
            select coalesce(json_agg(j order by j.last_seen_at desc nulls last, j.shard, j.job), '[]') from ops.jobs as j
            where j.shard = any(v_shards)
        ),
        'partitions', (
            select coalesce(json_agg(p order by p.shard, p.starts_at nulls last), '[]') from ops.partitions as p
            where p.shard = any(v_shards)
        ),
        'changed_settings', (
            select coalesce(json_agg(s order by s.name, s.shard), '[]') from ops.settings as s
            where s.value <> s.default_value and s.shard = any(v_shards)
        ),
        'set_aside_events', (
            select coalesce(json_agg(s order by s.set_aside_at desc), '[]')
            from (
                select e.* from ops.set_aside_events as e
                where e.shard = any(v_shards)
                order by e.set_aside_at desc
                limit 20
            ) as s
        )
    );
end
$$;
comment on function ops.status() is
'Of a router: what molam status prints: ops.health, shards and, of the servers that are not known to be away, lag, jobs, partitions, the settings that were changed, the last 20 events set aside.';

-- --- what is done, or looked for, at all servers ----------------------------------------------------

-- Functions without a merchant: called at every server, and what they return is added up.
set local role none;

do $$
declare
    v_function record;
begin
    for v_function in
        select
            p.oid::regprocedure::text as name,
            format('%I.%I', p.pronamespace::regnamespace, p.proname) as target,
            format('internal.%I()', 'remote_all_ops_' || p.proname) as all_name,
            pg_get_function_result(p.oid) as result,
            p.prorettype::regtype::text as type,
            case p.provolatile when 'v' then 'volatile' else 'stable' end as volatility,
            p.proretset as is_set
        from unnest(array[
            'ops.create_partitions()', 'ops.maintain()', 'ops.apply_retention()', 'ops.refresh_marts()', 'ops.unknown_merchants()'
        ]) as f (name)
        inner join pg_proc as p on f.name::regprocedure = p.oid
    loop
        execute format(
            'create function %s returns setof %s language plproxy as %L', v_function.all_name, v_function.type,
            format($code$cluster 'shards_ops'; run on all; target %s;$code$, v_function.target)
        );
        execute format('alter function %s owner to molam_owner', v_function.all_name);
        execute format(
            'create or replace function %s returns %s language plpgsql %s security definer '
            'set search_path = pg_catalog, pg_temp as %L',
            v_function.name, v_function.result, v_function.volatility,
            format($code$
    begin
        if not exists (select from pg_foreign_server as f where f.srvname = 'shards_ops') then
            return %s;  -- while the router is being made
        end if;
        return %s;
    exception when others then
        raise exception using
            errcode = case when internal.is_shard_away(sqlstate, sqlerrm) then '08006' else sqlstate end,
            message = regexp_replace(sqlerrm, '^\w+\.\w+\(\d+\): \[([^]]*)\] REMOTE [^:]+: ', '\1: ');
    end
    $code$,
                case when v_function.is_set then '' when v_function.type = 'text' then 'null' else '0' end,
                format(
                    case
                        when v_function.is_set then 'query select distinct r from %s as r'
                        when v_function.type = 'text' then $code$(select string_agg(r, '; ') from %s as r)$code$
                        else '(select sum(r) from %s as r)'
                    end,
                    v_function.all_name
                )
            )
        );
    end loop;
end
$$;

set local role molam_owner;

create function ops.misplaced_merchants()
returns table (merchant_id uuid, shard text, residence text, right_shard text, is_moving boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        m.merchant_id, m.shard, m.residence, r.name,
        exists (
            select from ops.unfinished_moves as u where u.shard = m.shard and u.merchant_id = m.merchant_id
        )
    from ops.merchants as m
    cross join data.placement as c
    left join data.merchant_placements as p on m.merchant_id = p.merchant_id
    left join data.shards as r
        on r.shard = coalesce(p.shard, c.shards[1 + internal.partition_of(m.merchant_id, cardinality(c.shards))])
    where m.shard is distinct from r.name
    order by m.merchant_id, m.shard
$$;
comment on function ops.misplaced_merchants() is
'Of a router: merchants that are on another server than the one to which it leads (right_shard). While one is moved (is_moving) that is so; if nobody is at it, molam shards move, run again, ends it. Otherwise none is right: nobody reaches what is there. Asks all servers.';
