-- The watch: what runs on a router in the place of the rollup, by molam worker or pg_cron. It passes on what the servers
-- notify, and notes which of them answer. Needs data.shard_states, 10_placement.sql.

-- A connection for each server that is up, which listens. What was said before it is lost: whoever listens here is told.
create function internal.watch_shard(p_shard smallint)
returns void
language plpgsql volatile
as $$
declare
    v_name text := 'watch_' || p_shard;
begin
    if v_name = any(extensions.dblink_get_connections()) then
        perform extensions.dblink_disconnect(v_name);
    end if;
    perform extensions.dblink_connect_u(v_name, 'shard_' || p_shard);
    perform extensions.dblink_exec(v_name, 'listen molam_figures; listen molam_access');
    perform pg_notify('molam_lost', '');
    perform internal.note_shard(p_shard, null);
exception when others then
    perform internal.note_shard(p_shard, sqlerrm);
end
$$;
comment on function internal.watch_shard(smallint) is 'Connects to a server and listens; notes whether it could.';

create function internal.note_shard(p_shard smallint, p_error text, p_status json default null)
returns void
language plpgsql volatile
as $$
declare
    v_was_up boolean := (select s.is_up from data.shard_states as s where s.shard = p_shard);
    v_is_up boolean := p_error is null;
begin
    insert into data.shard_states as s (shard, is_up, error, status) values (p_shard, v_is_up, p_error, p_status)
    on conflict (shard) do update set
        is_up = excluded.is_up,
        changed_at = case when s.is_up = excluded.is_up then s.changed_at else excluded.changed_at end,
        checked_at = excluded.checked_at,
        asked_at = null,
        error = excluded.error,
        status = coalesce(excluded.status, s.status);
    if v_was_up is distinct from v_is_up then
        perform internal.make_places();
    end if;
    if not v_is_up and 'watch_' || p_shard = any(extensions.dblink_get_connections()) then
        perform extensions.dblink_disconnect('watch_' || p_shard);
    end if;
end
$$;
comment on function internal.note_shard(smallint, text, json) is 'Notes that a server is up, and what it said, or that it is away (p_error).';

create function internal.pass_on(p_connection text)
returns bigint
language sql volatile
as $$
    select count(pg_notify(n.notify_name, n.extra)::text)
    from extensions.dblink_get_notify(p_connection) as n (notify_name, be_pid, extra)
$$;
comment on function internal.pass_on(text) is 'Notifies here what a server notified; returns how much.';

-- Asked without waiting: the answer is there in one of the next rounds, or the server is away.
create function internal.check_shard(p_shard smallint)
returns void
language plpgsql volatile
as $$
declare
    v_name text := 'watch_' || p_shard;
    v_asked_at timestamptz := (select s.asked_at from data.shard_states as s where s.shard = p_shard);
    v_status json;
begin
    if v_asked_at is null then
        if (select s.status is not null and s.checked_at > clock_timestamp() - interval '1 second' from data.shard_states as s where s.shard = p_shard) then
            return;
        elsif extensions.dblink_send_query(v_name, 'select api.service_status()') = 0 then
            perform internal.note_shard(p_shard, extensions.dblink_error_message(v_name));
        end if;
        update data.shard_states set asked_at = clock_timestamp() where shard = p_shard;
    elsif extensions.dblink_is_busy(v_name) = 1 then
        if v_asked_at < clock_timestamp() - interval '3 seconds' then
            perform internal.note_shard(p_shard, 'gave no answer for 3 seconds');
        end if;
    else
        select r.status into v_status from extensions.dblink_get_result(v_name, false) as r (status json);
        if v_status is null then
            perform internal.note_shard(p_shard, extensions.dblink_error_message(v_name));
        else
            perform from extensions.dblink_get_result(v_name, false) as r (status json);
            perform internal.note_shard(p_shard, null, v_status);
        end if;
    end if;
end
$$;
comment on function internal.check_shard(smallint) is
'Asks a watched server how it is, or looks whether it has answered; after 3 seconds without an answer it counts as away.';

-- One session watches. To connect to a server that is away may take as long as packets get lost, so another one does that, if
-- there is one; both are the sessions' as long as they last.
create function rollup.watch_shards()
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_shard record;
    v_notices bigint := 0;
    v_is_watch boolean := pg_try_advisory_lock(hashtext('molam watch'));
    v_is_scout boolean := case
        when v_is_watch then pg_try_advisory_xact_lock(hashtext('molam scout'))
        else pg_try_advisory_lock(hashtext('molam scout'))
    end;
begin
    -- no maintenance runs here
    delete from data.runners as r where r.heartbeat_at < now() - interval '1 day';
    for v_shard in
        select
            s.shard, coalesce(t.is_up, true) as is_up, 'watch_' || s.shard as name,
            'watch_' || s.shard = any(extensions.dblink_get_connections()) is true as is_watched
        from data.shards as s
        left join data.shard_states as t using (shard)
        where s.removed_at is null
        order by s.shard
    loop
        if v_is_watch and v_shard.is_watched then
            v_notices := v_notices + internal.pass_on(v_shard.name);
            perform internal.check_shard(v_shard.shard);
        elsif v_is_watch and v_shard.is_up or v_is_scout and not v_shard.is_up then
            perform internal.watch_shard(v_shard.shard);
            if not v_is_watch and v_shard.name = any(extensions.dblink_get_connections()) then
                perform extensions.dblink_disconnect(v_shard.name);
            end if;
        end if;
    end loop;
    return v_notices;
end
$$;
comment on function rollup.watch_shards() is
'One round of the watch: passes on what servers have notified, asks each once a second how it is, connects to those that it does not hear. Returns the number of notifications.';

create or replace procedure rollup.run(p_runner text, p_seconds numeric)
language plpgsql
as $$
declare
    v_until timestamptz := clock_timestamp() + make_interval(secs => p_seconds::double precision);
    v_notices bigint := 0;
    v_error text;
begin
    loop
        v_error := null;
        begin
            v_notices := v_notices + rollup.watch_shards();
        exception when others then
            v_error := format('%s %s', sqlstate, sqlerrm);
        end;
        commit;
        if rollup.beat(p_runner, 0, v_notices, v_error) then
            v_notices := 0;
        end if;
        commit;
        exit when clock_timestamp() >= v_until;
        perform pg_sleep(case when v_error is null then 0.05 else 1 end);
    end loop;
end
$$;
comment on procedure rollup.run(text, numeric) is
'On a router: keeps the watch for about p_seconds (0: one round) under the name p_runner, one commit a round; any number may run at once, two are wanted. It must be the only statement of its transaction.';

-- A job runs at each server; of the service's metrics it is the worst of them.
create function internal.shard_job_status()
returns json
language sql stable
as $$
    select coalesce(json_object_agg(w.job, json_build_object(
        'seconds_ago', w.seconds_ago, 'is_failing', w.is_failing
    )), '{}')
    from (
        select
            j.key as job,
            max((j.value ->> 'seconds_ago')::numeric + round(extract(epoch from clock_timestamp() - s.checked_at), 3)) as seconds_ago,
            bool_or((j.value ->> 'is_failing')::boolean) as is_failing
        from data.shard_states as s
        inner join data.shards as h using (shard)
        cross join json_each(s.status -> 'jobs') as j
        where h.removed_at is null
        group by j.key
    ) as w
$$;
comment on function internal.shard_job_status() is
'Of each scheduled job of the servers that has run at one: how many seconds ago it ended where that is longest ago, and whether it failed anywhere.';

create or replace function api.service_status()
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'release', (select r.release from data.release as r),
        'migrations', (select r.migrations from data.release as r),
        'pending_events', coalesce(sum((s.status ->> 'pending_events')::bigint), 0),
        'lag_seconds', coalesce(max((s.status ->> 'lag_seconds')::numeric), 0),
        'runner_seconds_ago', (
            select round(extract(epoch from clock_timestamp() - max(r.heartbeat_at)), 3) from data.runners as r
        ),
        'set_aside_events', coalesce(sum((s.status ->> 'set_aside_events')::bigint), 0),
        'jobs', internal.shard_job_status(),
        'view_seconds_ago', max(s.seconds + (s.status ->> 'view_seconds_ago')::numeric),
        'partition_seconds_left', min((s.status ->> 'partition_seconds_left')::numeric - s.seconds),
        'shards', json_object_agg(s.name, json_build_object(
            'is_up', s.is_up, 'error', s.error, 'status', (s.status::jsonb - 'migrations')::json
        ) order by s.name)
    )
    from (
        select
            h.name,
            coalesce(t.is_up, false) as is_up,
            coalesce(t.error, case when t.shard is null then 'never watched' end) as error,
            t.status,
            round(extract(epoch from clock_timestamp() - t.checked_at), 3) as seconds
        from data.shards as h
        left join data.shard_states as t using (shard)
        where h.removed_at is null
    ) as s
$$;
comment on function api.service_status() is
'Of a router, as of any database, but events that wait and are set aside are those of all servers, the lag is the longest, jobs, views and partitions are as where they are worst, and the runner is the watch; and of each server (shards) whether it is up, else why not (error), and what its own service_status said last.';
