-- The rollup: carries event rows into the aggregates, one bucket of merchants at a time, in windows between two
-- snapshots (docs/rollup.md). Needs data.rollup_progress and what 31_rollup_aggregates.sql defines.

create function internal.setting(p_name text)
returns numeric
language sql stable
as $$
    select s.value from data.settings as s where s.name = p_name
$$;
comment on function internal.setting(text) is 'The value of a tunable (ops.settings).';

-- Buckets that have events which no window has taken yet.
create function rollup.pending_buckets()
returns smallint[]
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(p.bucket_id order by random()), '{}')
    from data.rollup_progress as p
    where
        exists (
            select from data.transaction_events as e
            where e.bucket_id = p.bucket_id and e.xid >= pg_snapshot_xmax(p.snapshot)
        )
        or exists (
            select from data.transaction_events as e
            where e.bucket_id = p.bucket_id and e.xid = any(array(select pg_snapshot_xip(p.snapshot)))
        )
$$;
comment on function rollup.pending_buckets() is
'Buckets with events to aggregate, in random order so that runners do not queue behind each other.';

-- A snapshot that sees what p_snapshot sees of the transactions before p_xmax, and of this very transaction nothing:
-- it may go on to write events after its window.
create function internal.cut_snapshot(p_snapshot pg_snapshot, p_xmax xid8)
returns pg_snapshot
language sql stable
as $$
    select format('%s:%s:%s', coalesce((array_agg(x.xid order by x.xid))[1], p_xmax), p_xmax, string_agg(x.xid::text, ',' order by x.xid))::pg_snapshot
    from (
        select pg_snapshot_xip(p_snapshot) as xid
        union
        select pg_current_xact_id_if_assigned()
    ) as x
    where x.xid < p_xmax
$$;
comment on function internal.cut_snapshot(pg_snapshot, xid8) is 'p_snapshot up to p_xmax, without the current transaction.';

-- Where a dump was restored into another cluster, a transaction open here may have the number of one that wrote an
-- aggregated event there: windows would take the event again.
create function internal.is_restored()
returns boolean
language sql volatile
as $$
    select s.system_identifier is distinct from (select c.system_identifier from data.cluster as c)
    from pg_control_system() as s
$$;
comment on function internal.is_restored() is 'Whether the transaction ids in this database are another cluster''s.';

-- What a statement sees was written by transactions that its snapshot knows of, or by its own; anything later was
-- written in another server.
create function internal.has_foreign_events(p_bucket_id smallint)
returns boolean
language plpgsql volatile
as $$
begin
    return exists (
        select from data.transaction_events as e
        where
            e.bucket_id = p_bucket_id
            and e.xid >= pg_snapshot_xmax(pg_current_snapshot())
            and e.xid is distinct from pg_current_xact_id_if_assigned()
    );
end
$$;
comment on function internal.has_foreign_events(smallint) is 'Whether the bucket has events of transactions that this server has not begun yet.';

-- Where the bucket's next window ends: now, or after about p_limit events. Planned once, as internal.load_window.
create function internal.next_snapshot(p_bucket_id smallint, p_from pg_snapshot, p_limit bigint)
returns pg_snapshot
language plpgsql volatile
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    v_now pg_snapshot := pg_current_snapshot();
    v_last xid8;
begin
    if
        internal.is_restored()
        or pg_snapshot_xmax(v_now) < pg_snapshot_xmax(p_from)
        or internal.has_foreign_events(p_bucket_id)
    then
        perform internal.refuse_restored_database();
    end if;
    select e.xid into v_last
    from data.transaction_events as e
    where
        e.bucket_id = p_bucket_id
        and e.xid >= pg_snapshot_xmax(p_from)
        and pg_visible_in_snapshot(e.xid, v_now)
    order by e.xid
    offset p_limit - 1
    limit 1;
    return internal.cut_snapshot(
        v_now, case when found then (v_last::text::bigint + 1)::text::xid8 else pg_snapshot_xmax(v_now) end
    );
end
$$;
comment on function internal.next_snapshot(smallint, pg_snapshot, bigint) is
'The end of the next window; it holds whole transactions, so it may be larger than p_limit by the last one''s events. Error: ML503.';

-- Events as the aggregates take them: in local hours and days, with what each adds to each measure. An event is the
-- earliest and the latest of its row, as there are more in a row of internal.retired_rows.
create view internal.window_rows as
select
    e.bucket_id, e.xid,
    e.merchant_id, e.currency, e.event_id, e.received_at, e.occurred_at as first_at, e.occurred_at as last_at,
    date_trunc('hour', e.occurred_at, m.aggregated_timezone) as hour_start,
    (e.occurred_at at time zone m.aggregated_timezone)::date as local_date,
    (e.event_type = 'payment_created')::integer as created,
    (e.event_type = 'payment_succeeded')::integer as successful,
    (e.event_type = 'payment_failed')::integer as failed,
    (e.event_type = 'payment_refunded')::integer as refunded,
    case when e.event_type = 'payment_succeeded' then e.amount else 0 end as revenue,
    case when e.event_type = 'payment_refunded' then e.amount else 0 end as refunds,
    case when e.event_type in ('payment_succeeded', 'payment_refunded') then e.fee else 0 end as fees,
    e.payment_method, e.product_id, e.product_name, e.customer_id,
    e.transaction_id, e.amount, e.failure_code
from data.transaction_events as e
inner join data.merchants as m on e.merchant_id = m.merchant_id;
comment on view internal.window_rows is 'Events with their local hour and day and their part in each measure.';

-- A session lives on when code is deployed. The temporary tables that it has belong to the functions that made them:
-- others may mean something else by the same column.
create function internal.code_in_force()
returns text
language sql stable
as $$
    select to_regclass('internal.window_rows')::oid::text
$$;
comment on function internal.code_in_force() is 'A name for the functions in force: another one after each deployment.';

-- A table of another owner is a trap: its triggers would be fired with our rights.
create function internal.has_table(p_name text)
returns boolean
language sql stable
as $$
    select exists (
        select from pg_class as c
        where
            c.oid = to_regclass('pg_temp.' || p_name)
            and pg_get_userbyid(c.relowner) = current_user
            and obj_description(c.oid, 'pg_class') = internal.code_in_force()
    )
$$;
comment on function internal.has_table(text) is 'Whether this session has a temporary table of that name, made by the code in force.';

-- With what was in force before the table was made: when code is deployed in between, the table is nobody's.
create function internal.sign_table(p_name text, p_code text)
returns void
language plpgsql volatile
as $$
begin
    execute format('comment on table pg_temp.%I is %L', p_name, p_code);
end
$$;
comment on function internal.sign_table(text, text) is 'Notes in a temporary table which code made it, for internal.has_table.';

-- Temporary tables that hold a window while it is applied: no WAL, emptied by the commit, made once a session. Emptied
-- here too, for a transaction may hold several windows.
create function internal.prepare_window()
returns void
language plpgsql volatile
as $$
declare
    v_code text := internal.code_in_force();
begin
    if internal.has_table('window_events') then
        delete from pg_temp.window_events;
        delete from pg_temp.window_suspects;
        delete from pg_temp.window_customers;
        return;
    elsif to_regclass('pg_temp.window_events') is not null then
        drop table pg_temp.window_events, pg_temp.window_suspects, pg_temp.window_customers;
    end if;
    create temporary table window_events on commit delete rows as
    select w.* from internal.window_rows as w
    with no data;
    create temporary table window_suspects (like window_events) on commit delete rows;
    create temporary table window_customers (
        merchant_id uuid, currency text collate "C", customer_id text collate "C",
        transactions bigint, spent numeric, first_at timestamptz, last_at timestamptz,
        -- of the customer's first payment: now, and as known before (null: not known)
        first_hour timestamptz, first_date date, known_first_hour timestamptz, known_first_date date,
        -- hours and days in which it was not known yet; its days around those, as they were and as they are
        new_hours timestamptz[], new_dates date[], dates_before date[], dates_after date[]
    ) on commit delete rows;
    perform internal.sign_table('window_events', v_code);
end
$$;
comment on function internal.prepare_window() is 'Makes or empties pg_temp.window_events, window_suspects and window_customers.';
-- For the loader, which checks the functions that read these tables.
select internal.prepare_window();

-- The window's events: those of transactions that began after p_from, and those of transactions open then and
-- finished since; as two index scans, for with OR the planner read the whole index. By index alone, so that a plan for
-- any window is right, also for partitions that were empty: planning takes longer than reading a small window.
create function internal.load_window(p_bucket_id smallint, p_from pg_snapshot, p_to pg_snapshot)
returns bigint
language plpgsql volatile
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
    v_events bigint;
    v_late_events bigint := 0;
begin
    insert into pg_temp.window_events
    select n.* from internal.window_rows as n
    where
        n.bucket_id = p_bucket_id
        and n.xid >= pg_snapshot_xmax(p_from)
        and n.xid < pg_snapshot_xmax(p_to)
        and pg_visible_in_snapshot(n.xid, p_to);
    get diagnostics v_events = row_count;
    if pg_snapshot_xmin(p_from) < pg_snapshot_xmax(p_from) then
        insert into pg_temp.window_events
        select o.* from internal.window_rows as o
        where
            o.bucket_id = p_bucket_id
            and o.xid = any(array(select pg_snapshot_xip(p_from)))
            and pg_visible_in_snapshot(o.xid, p_to);
        get diagnostics v_late_events = row_count;
    end if;
    return v_events + v_late_events;
end
$$;
comment on function internal.load_window(smallint, pg_snapshot, pg_snapshot) is
'Fills pg_temp.window_events with the events between two snapshots; returns how many.';

-- One window of one bucket. The bucket's row lock is held to the commit: aggregates and snapshot change together.
-- Planned anew each time: a plan from when the tables were empty would read them whole for as long as the session lasts.
create function rollup.process_window(p_bucket_id smallint)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    v_now timestamptz;
    v_from pg_snapshot;
    v_to pg_snapshot;
    v_events bigint;
    v_limit bigint := internal.setting('window_events');
    v_merchant_ids uuid[];
begin
    select p.snapshot into v_from
    from data.rollup_progress as p
    where p.bucket_id = p_bucket_id
    for update skip locked;
    if not found then
        return 0;
    end if;
    perform internal.prepare_window();
    v_now := clock_timestamp();
    v_to := internal.next_snapshot(p_bucket_id, v_from, v_limit);
    v_events := internal.load_window(p_bucket_id, v_from, v_to);
    v_merchant_ids := internal.window_merchants();
    perform internal.apply_window();
    update data.rollup_progress as p
    set
        snapshot = v_to,
        as_of = case when v_events < v_limit then v_now else p.as_of end,
        windows = p.windows + 1,
        events = p.events + v_events
    where p.bucket_id = p_bucket_id;
    if v_events > 0 then
        perform internal.tell_changes(v_merchant_ids);
    end if;
    return v_events;
end
$$;
comment on function rollup.process_window(smallint) is
'Aggregates the bucket''s next window and returns its number of events; 0 at once when another runner has the bucket. Error: ML503.';

-- Applies the window. Bad data in one event must not stop the others: halve until it stands alone, then set it aside.
-- Anything but bad data (locks, disk, a missing function) is for the runner to report and to try again.
create function internal.apply_window()
returns void
language plpgsql volatile
as $$
begin
    perform internal.add_window();
exception when data_exception or integrity_constraint_violation or raise_exception then
    insert into pg_temp.window_suspects select w.* from pg_temp.window_events as w;
    perform internal.apply_suspects(array(select w.event_id from pg_temp.window_suspects as w));
end
$$;
comment on function internal.apply_window() is
'Adds pg_temp.window_events to all aggregates and sets aside those that cannot be added.';

create function internal.add_window()
returns void
language plpgsql volatile
as $$
begin
    perform internal.gather_customers();
    perform internal.add_to_hours_and_days();
    perform internal.add_to_returning_customers();
    perform internal.add_to_customers();
    perform internal.add_to_payment_methods();
    perform internal.add_to_failures();
    perform internal.add_to_products();
    perform internal.add_to_transactions();
    -- each statement finds the functions that are in force when it begins
    if not internal.has_table('window_events') then
        raise exception 'code was deployed while a window was worked on'
        using errcode = 'serialization_failure', hint = 'Nothing was done: try again.';
    end if;
end
$$;
comment on function internal.add_window() is
'Adds pg_temp.window_events to all aggregates. Error: 40001 when that began with other code, before a deployment.';

create function internal.apply_suspects(p_event_ids uuid[])
returns void
language plpgsql volatile
as $$
declare
    v_half integer := cardinality(p_event_ids) / 2;
begin
    delete from pg_temp.window_events;
    delete from pg_temp.window_customers;
    insert into pg_temp.window_events
    select w.* from pg_temp.window_suspects as w where w.event_id = any(p_event_ids);
    perform internal.add_window();
exception when data_exception or integrity_constraint_violation or raise_exception then
    if v_half = 0 then
        insert into data.set_aside_events (merchant_id, event_id, received_at, error_code, reason)
        select w.merchant_id, w.event_id, w.received_at, sqlstate, sqlerrm
        from pg_temp.window_suspects as w where w.event_id = p_event_ids[1];
    else
        perform internal.apply_suspects(p_event_ids[:v_half]);
        perform internal.apply_suspects(p_event_ids[v_half + 1:]);
    end if;
end
$$;
comment on function internal.apply_suspects(uuid[]) is
'Adds the given events of pg_temp.window_suspects, by halves where adding them fails; one that fails alone is set aside.';

-- How long to sleep after a pass: not at all behind a backlog, a second after an error.
create function rollup.pause(p_events bigint, p_is_failed boolean)
returns double precision
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_is_failed then 1
        when p_events >= internal.setting('window_events') then 0
        else internal.setting('poll_milliseconds') / 1000
    end
$$;
comment on function rollup.pause(bigint, boolean) is 'Seconds to sleep after a pass that aggregated p_events.';

create procedure rollup.run(p_runner text, p_seconds numeric)
language plpgsql
as $$
declare
    v_until timestamptz := clock_timestamp() + make_interval(secs => p_seconds::double precision);
    v_bucket_id smallint;
    v_window bigint;
    v_windows bigint := 0;
    v_events bigint;
    v_events_to_tell bigint := 0;
    v_error text;
    v_pause double precision;
    v_snapshot text;
    v_seen text;
    v_beat_at timestamptz := clock_timestamp();
begin
    loop
        v_snapshot := pg_current_snapshot();
        v_events := 0;
        v_error := null;
        -- While no transaction begins or ends there can be nothing new, and looking costs nothing.
        if v_snapshot is distinct from v_seen then
            v_seen := v_snapshot;
            foreach v_bucket_id in array rollup.pending_buckets() loop
                begin
                    v_window := rollup.process_window(v_bucket_id);
                    v_events := v_events + v_window;
                    v_windows := v_windows + sign(v_window)::bigint;
                exception when serialization_failure then
                    null; -- a deployment came in between: the next pass takes the window
                when others then
                    -- one bucket's trouble is told and tried again, and does not stop the others
                    v_error := format('bucket %s: %s %s', v_bucket_id, sqlstate, sqlerrm);
                end;
                commit;
            end loop;
            perform rollup.run_due_jobs();
            v_pause := rollup.pause(v_events, v_error is not null);
            commit;
        end if;
        v_events_to_tell := v_events_to_tell + v_events;
        -- at rest a heartbeat is not looked for in each round, which would cost more than the round itself
        if v_events_to_tell > 0 or v_error is not null or clock_timestamp() >= v_beat_at then
            v_beat_at := clock_timestamp() + interval '1 second';
            if rollup.beat(p_runner, v_windows, v_events_to_tell, v_error) then
                v_windows := 0;
                v_events_to_tell := 0;
            end if;
        end if;
        commit;
        exit when clock_timestamp() >= v_until;
        perform pg_sleep(v_pause); -- and keeps no lock meanwhile
    end loop;
end
$$;
comment on procedure rollup.run(text, numeric) is
'Runs the rollup for about p_seconds (0: one pass) under the name p_runner, one commit a window; any number may run at once. It must be the only statement of its transaction. Also makes due rebuilds and maintenance. A bucket that fails is shown in ops.jobs.';
