-- Operators' functions: merchants, partitions, settings, rebuilding, restored databases. Needs 30_rollup.sql.

create function ops.create_merchant(
    p_name text, p_default_currency text, p_timezone text, p_merchant_id uuid default null
)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_merchant_id uuid := coalesce(p_merchant_id, gen_random_uuid());
begin
    perform internal.check_merchant(p_name, p_default_currency, p_timezone);
    insert into data.merchants (merchant_id, name, default_currency, timezone, aggregated_timezone)
    values (v_merchant_id, p_name, p_default_currency, p_timezone, p_timezone);
    return v_merchant_id;
exception when unique_violation then
    raise exception 'merchant % exists already', v_merchant_id using errcode = 'ML422', detail = 'id';
end
$$;
comment on function ops.create_merchant(text, text, text, uuid) is
'Creates an active merchant and returns its id. Errors: ML422 naming the argument (unknown currency or time zone, existing id).';

create function internal.check_merchant(p_name text, p_default_currency text, p_timezone text)
returns void
language plpgsql volatile
as $$
begin
    if not exists (select from pg_timezone_names as z where z.name = p_timezone)
        or p_timezone !~ '^([A-Z][A-Za-z0-9_+-]*/)*[A-Z][A-Za-z0-9_+-]*$' then
        raise exception '"%" is not an IANA time zone', p_timezone using errcode = 'ML422', detail = 'timezone';
    elsif not exists (select from data.currencies as c where c.code = p_default_currency) then
        raise exception '"%" is not an active ISO 4217 code', p_default_currency
        using errcode = 'ML422', detail = 'currency';
    elsif p_name is null or length(p_name) not between 1 and 200 then
        raise exception 'a name has 1 to 200 characters' using errcode = 'ML422', detail = 'name';
    end if;
end
$$;
comment on function internal.check_merchant(text, text, text) is 'Raises ML422, naming the argument, for what no merchant may have.';

create function ops.update_merchant(
    p_merchant_id uuid,
    p_name text default null, p_default_currency text default null, p_timezone text default null,
    p_status text default null
)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_merchant data.merchants;
begin
    select m.* into v_merchant from data.merchants as m where m.merchant_id = p_merchant_id for no key update;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    elsif p_status not in ('active', 'suspended') then
        raise exception 'a merchant is active or suspended' using errcode = 'ML422', detail = 'status';
    end if;
    v_merchant.name := coalesce(p_name, v_merchant.name);
    v_merchant.default_currency := coalesce(p_default_currency, v_merchant.default_currency);
    v_merchant.timezone := coalesce(p_timezone, v_merchant.timezone);
    perform internal.check_merchant(v_merchant.name, v_merchant.default_currency, v_merchant.timezone);
    update data.merchants as m
    set
        name = v_merchant.name,
        default_currency = v_merchant.default_currency,
        timezone = v_merchant.timezone,
        status = coalesce(p_status, m.status)
    where m.merchant_id = p_merchant_id;
end
$$;
comment on function ops.update_merchant(uuid, text, text, text, text) is
'Changes what is given of a merchant; null leaves it. Safe at any time. A new time zone makes the next runner rebuild the merchant, whose figures stay in the old zone until then. Errors: ML404; ML422 naming the argument.';

-- Partitions of transaction_events follow each other without gaps; a changed length takes effect with the next one.
create function ops.create_partitions()
returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_length interval := make_interval(days => internal.setting('partition_days')::integer);
    v_horizon timestamptz := now() + v_length * internal.setting('partitions_ahead')::integer;
    v_from timestamptz;
    v_first timestamptz;
    v_stray timestamptz;
    v_made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('molam partitions'));
    select min(p.starts_at), coalesce(max(p.ends_at), date_trunc('day', now(), 'UTC')) into v_first, v_from
    from ops.partitions as p;
    -- a clock was behind: one partition for all that came before the first
    select date_trunc('day', min(e.received_at), 'UTC') into v_stray
    from data.transaction_events_default as e where e.received_at < v_first;
    if v_stray is not null then
        perform internal.make_partition(v_stray, v_first);
        v_made := 1;
    end if;
    while v_from <= v_horizon loop
        perform internal.make_partition(v_from, v_from + v_length);
        v_from := v_from + v_length;
        v_made := v_made + 1;
    end loop;
    return v_made;
end
$$;
comment on function ops.create_partitions() is
'Makes the partitions of transaction_events that are missing up to the horizon (settings partition_days, partitions_ahead), and moves into them what the default partition caught meanwhile; returns how many.';

-- Made apart and attached, so that no reader or writer of the others has to wait; only while the default partition has
-- rows of that time, which attaching would refuse, all wait for them to be moved.
create function internal.make_partition(p_from timestamptz, p_to timestamptz)
returns void
language plpgsql volatile set lock_timeout = '500ms'
as $$
declare
    v_name text := 'transaction_events_' || to_char(p_from at time zone 'UTC', 'YYYYMMDD');
begin
    execute format('create table data.%I (like data.transaction_events including all)', v_name);
    if exists (
        select from data.transaction_events_default as e where e.received_at >= p_from and e.received_at < p_to
    ) then
        lock table data.transaction_events in access exclusive mode;
        alter table data.transaction_events disable trigger _100_append_only;
        execute format(
            'insert into data.%I select e.* from data.transaction_events_default as e '
            'where e.received_at >= $1 and e.received_at < $2', v_name
        ) using p_from, p_to;
        delete from data.transaction_events_default as e where e.received_at >= p_from and e.received_at < p_to;
        alter table data.transaction_events enable trigger _100_append_only;
    end if;
    execute format(
        'alter table data.transaction_events attach partition data.%I for values from (%L) to (%L)', v_name, p_from, p_to
    );
    perform internal.refuse_truncate(format('data.%I', v_name)::regclass);
end
$$;
comment on function internal.make_partition(timestamptz, timestamptz) is
'Makes one partition of transaction_events. Gives up after half a second of waiting for others, who wait meanwhile.';

-- A partition inherits row triggers only. Here and not in triggers/, for code is checked before triggers are replaced.
create function internal.refuse_truncate(p_table regclass)
returns void
language plpgsql
as $$
begin
    execute format(
        'create or replace trigger _100_append_only_truncate before truncate on %s '
        'for each statement execute function triggers.refuse_change()', p_table
    );
end
$$;
comment on function internal.refuse_truncate(regclass) is 'Makes the table refuse TRUNCATE.';

create function internal.default_partition_has_rows()
returns boolean
language sql volatile
as $$
    select exists (select from data.transaction_events_default)
$$;
comment on function internal.default_partition_has_rows() is
'The alarm: events were received at a time for which there was no partition. No event is lost by it.';

create function ops.maintain()
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz := now() - make_interval(days => internal.setting('log_days')::integer);
    v_started_at timestamptz := clock_timestamp();
    v_rows bigint;
begin
    v_rows := ops.create_partitions();
    delete from data.job_runs as j where j.finished_at < v_before;
    delete from data.runners as r where r.heartbeat_at < now() - interval '1 day';
    perform internal.forget_idle_callers();
    insert into data.job_runs (job, started_at, rows, error) values (
        'maintenance', v_started_at, v_rows,
        case when internal.default_partition_has_rows() then 'transaction_events_default has rows: is the clock right?' end
    );
    return v_rows;
end
$$;
comment on function ops.maintain() is 'Makes partitions ahead and cuts logs to settings.log_days and forgets callers that have been quiet; returns the number of partitions made. Rows in the default partition are told as an error in ops.jobs.';

create function ops.rebuild(p_merchant_id uuid)
returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select internal.rebuild_merchant(p_merchant_id)
$$;
comment on function ops.rebuild(uuid) is
'Recreates the merchant''s aggregates from its events, raw and retired, in its current time zone; returns the number of events. The merchants of its bucket wait meanwhile. Error: ML404.';

-- The merchant before its bucket, and both before its requests, as who changes it does, or the two could wait for each
-- other.
create function internal.lock_merchant(p_merchant_id uuid)
returns pg_snapshot
language plpgsql volatile
as $$
declare
    v_bucket_id smallint;
    v_snapshot pg_snapshot;
begin
    select m.bucket_id into v_bucket_id
    from data.merchants as m
    where m.merchant_id = p_merchant_id
    for no key update;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    end if;
    select p.snapshot into v_snapshot
    from data.rollup_progress as p
    where p.bucket_id = v_bucket_id
    for update;
    return v_snapshot;
end
$$;
comment on function internal.lock_merchant(uuid) is
'Keeps windows off the merchant''s bucket, and changes off the merchant, until the transaction ends; returns how far it has been aggregated. Error: ML404.';

create function internal.rebuild_merchant(p_merchant_id uuid)
returns bigint
language plpgsql volatile set plan_cache_mode = force_custom_plan
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_snapshot pg_snapshot := internal.lock_merchant(p_merchant_id);
    v_events bigint;
begin
    delete from data.rebuild_requests as r where r.merchant_id = p_merchant_id;
    update data.merchants as m set aggregated_timezone = m.timezone
    where m.merchant_id = p_merchant_id and m.aggregated_timezone <> m.timezone;
    perform internal.retire_transactions((select m.bucket_id from data.merchants as m where m.merchant_id = p_merchant_id));
    perform internal.clear_merchant(p_merchant_id);
    perform internal.prepare_window();
    v_events := internal.load_merchant(p_merchant_id, v_snapshot);
    perform internal.apply_window();
    perform internal.tell_changes(array[p_merchant_id]);
    insert into data.job_runs (job, started_at, rows) values ('rebuild ' || p_merchant_id, v_started_at, v_events);
    return v_events;
end
$$;
comment on function internal.rebuild_merchant(uuid) is 'What ops.rebuild does.';

create function internal.clear_merchant(p_merchant_id uuid)
returns void
language sql volatile
as $$
    delete from data.merchant_hourly_aggregates where merchant_id = p_merchant_id;
    delete from data.merchant_daily_aggregates where merchant_id = p_merchant_id;
    delete from data.merchant_returning_customers where merchant_id = p_merchant_id;
    delete from data.merchant_payment_method_stats where merchant_id = p_merchant_id;
    delete from data.merchant_failure_stats where merchant_id = p_merchant_id;
    delete from data.merchant_product_stats where merchant_id = p_merchant_id;
    delete from data.merchant_products where merchant_id = p_merchant_id;
    delete from data.merchant_customer_stats where merchant_id = p_merchant_id;
    delete from data.merchant_customer_totals where merchant_id = p_merchant_id;
    delete from data.merchant_transactions where merchant_id = p_merchant_id;
    delete from data.set_aside_events where merchant_id = p_merchant_id;
$$;
comment on function internal.clear_merchant(uuid) is 'Deletes the merchant''s aggregates and takes back what was set aside.';

create function internal.load_merchant(p_merchant_id uuid, p_snapshot pg_snapshot)
returns bigint
language plpgsql volatile
as $$
begin
    insert into pg_temp.window_events
    select w.* from internal.window_rows as w
    where
        w.merchant_id = p_merchant_id
        and w.received_at >= (select h.retired_until from data.retention as h)
        and pg_visible_in_snapshot(w.xid, p_snapshot)
    union all
    select r.* from internal.retired_rows as r
    where r.merchant_id = p_merchant_id;
    return (select coalesce(sum(w.created + w.successful + w.failed + w.refunded), 0) from pg_temp.window_events as w);
end
$$;
comment on function internal.load_merchant(uuid, pg_snapshot) is
'Fills pg_temp.window_events with the merchant''s events, raw as p_snapshot sees them and retired; returns their number.';

-- Snapshots and transaction ids of another server mean nothing here. So: what that server had not aggregated yet is
-- aggregated now, every event that this server would take for unfinished counts as old, and windows go on from now.
create function ops.adopt_restored_database()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_now pg_snapshot;
    v_progress record;
    v_merchant_ids uuid[] := array[]::uuid[];
    v_events bigint := 0;
begin
    -- also waits for open writers and keeps new ones out
    alter table data.transaction_events disable trigger _100_append_only;
    for v_progress in select p.bucket_id, p.snapshot from data.rollup_progress as p order by p.bucket_id for update loop
        perform internal.prepare_window();
        insert into pg_temp.window_events
        select w.* from internal.window_rows as w
        where w.bucket_id = v_progress.bucket_id and not pg_visible_in_snapshot(w.xid, v_progress.snapshot);
        v_events := v_events + (select count(*) from pg_temp.window_events);
        v_merchant_ids := v_merchant_ids || internal.window_merchants();
        perform internal.apply_window();
    end loop;
    v_now := internal.cut_snapshot(pg_current_snapshot(), pg_snapshot_xmax(pg_current_snapshot()));
    update data.transaction_events as e set xid = '3' where not pg_visible_in_snapshot(e.xid, v_now);
    update data.rollup_progress as p set snapshot = v_now, as_of = v_started_at;
    update data.cluster as c set system_identifier = (select s.system_identifier from pg_control_system() as s);
    perform internal.tell_changes(v_merchant_ids);
    alter table data.transaction_events enable trigger _100_append_only;
    insert into data.job_runs (job, started_at, rows) values ('adopt restored database', v_started_at, v_events);
    return v_events;
end
$$;
comment on function ops.adopt_restored_database() is
'Makes a database that was restored by pg_restore into another server, or upgraded by pg_upgrade, go on (see ML503); returns how many waiting events it aggregated. Writers wait meanwhile. Once more does no harm.';
