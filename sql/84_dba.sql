-- What DBAs do when figures are wrong or missing: try again what was set aside, repair, replay. Needs 80_ops.sql,
-- 81_reconcile.sql.

-- --- rows that differ -------------------------------------------------------------------------------

-- A key as 81_reconcile.sql writes it, taken apart again.
create function internal.key_columns(p_relation text, p_key text)
returns jsonb
language sql immutable parallel safe
as $$
    select case p_relation
        when 'merchant_hourly_aggregates' then jsonb_build_object('hour_start', p_key)
        when 'merchant_daily_aggregates' then jsonb_build_object('local_date', p_key)
        when 'merchant_returning_customers'
            then jsonb_build_object('local_date', left(p_key, 10), 'previous_date', right(p_key, 10))
        when 'merchant_payment_method_stats'
            then jsonb_build_object('local_date', left(p_key, 10), 'payment_method', substr(p_key, 12))
        when 'merchant_failure_stats'
            then jsonb_build_object(
                'local_date', left(p_key, 10),
                'failure_code', substr(p_key, 12)::jsonb ->> 0, 'payment_method', substr(p_key, 12)::jsonb ->> 1
            )
        when 'merchant_product_stats'
            then jsonb_build_object('local_date', left(p_key, 10), 'product_id', substr(p_key, 12))
        when 'merchant_products' then jsonb_build_object('product_id', p_key)
        when 'merchant_customer_stats' then jsonb_build_object('customer_id', p_key)
        when 'merchant_customer_totals' then '{}'
        when 'merchant_transactions' then jsonb_build_object('transaction_id', p_key)
    end
$$;
comment on function internal.key_columns(text, text) is
'The key of a row of an aggregate table, beside merchant and currency, by the names of its columns.';

create function internal.is_dated(p_relation text)
returns boolean
language sql immutable parallel safe
as $$
    select p_relation = any(array[
        'merchant_hourly_aggregates', 'merchant_daily_aggregates', 'merchant_returning_customers',
        'merchant_payment_method_stats', 'merchant_failure_stats', 'merchant_product_stats'
    ])
$$;
comment on function internal.is_dated(text) is 'Whether the rows of the aggregate table are each of a local day.';

-- What no range asks for is left out before anything is compared: those branches of the recomputation do not run.
create function internal.different_rows(
    p_merchant_id uuid, p_start_date date, p_end_date date, p_is_undated_too boolean
)
returns table (relation text, merchant_id uuid, currency text, key text, expected jsonb, actual jsonb)
language sql stable
as $$
    select relation, merchant_id, currency, key, e.measures as expected, a.measures as actual
    from (
        select x.* from internal.expected_aggregates(p_merchant_id, p_start_date, p_end_date, p_is_undated_too) as x
        where p_is_undated_too or internal.is_dated(x.relation)
    ) as e
    full join (
        select x.* from internal.actual_aggregates(p_merchant_id, p_start_date, p_end_date) as x
        where p_is_undated_too or internal.is_dated(x.relation)
    ) as a using (relation, merchant_id, currency, key)
    where e.measures is distinct from a.measures
$$;
comment on function internal.different_rows(uuid, date, date, boolean) is
'Rows of the aggregate tables that are not what the raw events say, of a merchant (null: of all) and of local days (null: without bound), with those of no day or without; expected is null where there should be no row, actual where there is none.';

-- --- repair -----------------------------------------------------------------------------------------

-- A temporary table holds what differs while it is repaired: made once a session.
create function internal.prepare_repair()
returns void
language plpgsql volatile
as $$
declare
    v_code text := internal.code_in_force();
begin
    if internal.has_table('wrong_rows') then
        delete from pg_temp.wrong_rows;
        return;
    end if;
    drop table if exists pg_temp.wrong_rows;
    create temporary table wrong_rows (
        relation text, merchant_id uuid, currency text collate "C", key text collate "C", expected jsonb
    ) on commit delete rows;
    perform internal.sign_table('wrong_rows', v_code);
end
$$;
comment on function internal.prepare_repair() is 'Makes or empties pg_temp.wrong_rows.';
-- For the loader, which checks the functions that read it.
select internal.prepare_repair();

-- A product's row also says which event gave the name.
create function internal.find_product_names(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update pg_temp.wrong_rows as w
    set expected = w.expected || jsonb_build_object('named_at', n.last_at, 'named_by', n.event_id)
    from (
        select distinct on (e.currency, e.product_id) e.currency, e.product_id, e.last_at, e.event_id
        from internal.aggregated_events(p_merchant_id, '-infinity', 'infinity') as e
        where e.event_type = 'payment_succeeded' and e.product_id is not null
        order by e.currency, e.product_id, e.last_at desc, e.event_id desc
    ) as n
    where w.relation = 'merchant_products' and (w.currency, w.key) = (n.currency, n.product_id)
$$;
comment on function internal.find_product_names(uuid) is
'Adds to the products in pg_temp.wrong_rows what 81_reconcile.sql does not compare: named_at, named_by.';

-- The same for each table: the columns of its key come from the catalog, those of a row from the row.
create function internal.rewrite_rows(p_relation text)
returns void
language plpgsql volatile
as $$
-- format has quoted each name: @plpgsql_check_options: security_warnings = off
begin
    execute (
        select format(
            $sql$
                delete from data.%1$I as t
                using pg_temp.wrong_rows as w
                cross join lateral jsonb_populate_record(
                    null::data.%1$I, to_jsonb(w) || internal.key_columns(w.relation, w.key)
                ) as n
                where w.relation = %1$L and (%2$s)
            $sql$,
            p_relation, string_agg(format('t.%1$I = n.%1$I', a.attname), ' and ')
        )
        from pg_index as i
        inner join pg_attribute as a on i.indrelid = a.attrelid and a.attnum = any(i.indkey)
        where i.indrelid = format('data.%I', p_relation)::regclass and i.indisprimary
    );
    execute format(
        $sql$
            insert into data.%1$I
            select n.*
            from pg_temp.wrong_rows as w
            cross join lateral jsonb_populate_record(
                null::data.%1$I, to_jsonb(w) || internal.key_columns(w.relation, w.key) || w.expected
            ) as n
            where w.relation = %1$L and w.expected is not null
        $sql$,
        p_relation
    );
end
$$;
comment on function internal.rewrite_rows(text) is 'Puts what pg_temp.wrong_rows expects into one aggregate table.';

create function internal.repair_rows(
    p_job text, p_merchant_id uuid, p_start_date date, p_end_date date, p_is_undated_too boolean
)
returns bigint
language plpgsql volatile set plan_cache_mode = force_custom_plan
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_relation text;
    v_rows bigint;
    v_note text;
begin
    perform internal.prepare_repair();
    insert into pg_temp.wrong_rows (relation, merchant_id, currency, key, expected)
    select d.relation, d.merchant_id, d.currency, d.key, d.expected
    from internal.different_rows(p_merchant_id, p_start_date, p_end_date, p_is_undated_too) as d;
    get diagnostics v_rows = row_count;
    if exists (select from pg_temp.wrong_rows as w where w.relation = 'merchant_products') then
        perform internal.find_product_names(p_merchant_id);
    end if;
    for v_relation in select distinct w.relation from pg_temp.wrong_rows as w order by w.relation loop
        perform internal.rewrite_rows(v_relation);
    end loop;
    select string_agg(format('%s %s %s', w.relation, w.currency, w.key), ', ' order by w.relation, w.currency, w.key)
    into v_note
    from (select w.relation, w.currency, w.key from pg_temp.wrong_rows as w order by 1, 2, 3 limit 100) as w;
    insert into data.job_runs (job, started_at, rows, note)
    values (p_job || ' ' || p_merchant_id, v_started_at, v_rows, v_note);
    if v_rows > 0 then
        perform internal.tell_changes(array[p_merchant_id]);
    end if;
    return v_rows;
end
$$;
comment on function internal.repair_rows(text, uuid, date, date, boolean) is
'Rewrites the merchant''s rows that differ (see internal.different_rows), while the caller keeps windows off, and logs which, the first hundred by name; returns how many.';

create function ops.repair(p_merchant_id uuid, p_start_date date default null, p_end_date date default null)
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform internal.lock_merchant(p_merchant_id);
    return internal.repair_rows(
        'repair', p_merchant_id, p_start_date, p_end_date, p_start_date is null and p_end_date is null
    );
end
$$;
comment on function ops.repair(uuid, date, date) is
'Rewrites those rows of the merchant''s aggregates that ops.reconcile, given the same arguments, finds different; returns how many. Which ones is in ops.job_runs. Events set aside stay so: see ops.retry_set_aside_events. Payments go on coming in; the merchants of its bucket wait to be aggregated meanwhile. Error: ML404.';

-- --- events set aside -------------------------------------------------------------------------------

-- Their transactions lie before the bucket's snapshot, so no window will ever hold them again: what is added here is
-- added once. Those that fail again are set aside again.
create function internal.retry_set_aside_events(
    p_bucket_id smallint, p_merchant_id uuid, p_from timestamptz, p_to timestamptz
)
returns bigint
language plpgsql volatile set plan_cache_mode = force_custom_plan
as $$
declare
    v_snapshot pg_snapshot;
    v_retried bigint;
    v_failed bigint;
    v_now timestamptz;
    v_merchant_ids uuid[];
begin
    select p.snapshot into v_snapshot from data.rollup_progress as p where p.bucket_id = p_bucket_id for update;
    perform internal.prepare_window();
    with retried as (
        delete from data.set_aside_events as s
        using internal.window_rows as w
        where
            w.bucket_id = p_bucket_id
            and (w.merchant_id, w.event_id, w.received_at) = (s.merchant_id, s.event_id, s.received_at)
            and pg_visible_in_snapshot(w.xid, v_snapshot)
            -- one of several that were retired together is not what was set aside
            and w.received_at >= (select r.retired_until from data.retention as r)
            and (p_merchant_id is null or s.merchant_id = p_merchant_id)
            and s.received_at >= p_from and s.received_at < p_to
        returning w.*
    )

    insert into pg_temp.window_events select r.* from retried as r;
    get diagnostics v_retried = row_count;
    v_now := clock_timestamp();
    v_merchant_ids := internal.window_merchants();
    perform internal.apply_window();
    select count(*) into v_failed
    from data.set_aside_events as s
    inner join data.merchants as m on s.merchant_id = m.merchant_id
    where m.bucket_id = p_bucket_id and s.set_aside_at >= v_now;
    if v_retried > v_failed then
        perform internal.tell_changes(v_merchant_ids);
    end if;
    return v_retried - v_failed;
end
$$;
comment on function internal.retry_set_aside_events(smallint, uuid, timestamptz, timestamptz) is
'What ops.retry_set_aside_events does in one bucket, for events received from p_from up to p_to.';

create function ops.retry_set_aside_events(p_merchant_id uuid default null)
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_bucket_id smallint;
    v_events bigint := 0;
begin
    for v_bucket_id in
        select distinct m.bucket_id
        from data.set_aside_events as s
        inner join data.merchants as m on s.merchant_id = m.merchant_id
        where p_merchant_id is null or s.merchant_id = p_merchant_id
        order by m.bucket_id
    loop
        v_events := v_events
            + internal.retry_set_aside_events(v_bucket_id, p_merchant_id, '-infinity', 'infinity');
    end loop;
    insert into data.job_runs (job, started_at, rows) values ('retry set aside events', v_started_at, v_events);
    return v_events;
end
$$;
comment on function ops.retry_set_aside_events(uuid) is
'Takes the events of ops.set_aside_events, of a merchant (null: of all), into the figures; returns how many went in. Those that fail again stay, with the new reason. Mend the reason first.';

-- --- replay -----------------------------------------------------------------------------------------

create function ops.replay(p_merchant_id uuid, p_from timestamptz, p_to timestamptz)
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_snapshot pg_snapshot := internal.lock_merchant(p_merchant_id);
    v_bucket_id smallint := (select m.bucket_id from data.merchants as m where m.merchant_id = p_merchant_id);
    v_events bigint;
    v_first_date date;
    v_last_date date;
begin
    if p_from is null or p_to is null or p_from >= p_to then
        raise exception 'the range must end after it begins' using errcode = 'ML422', detail = 'p_to';
    end if;
    perform internal.retry_set_aside_events(v_bucket_id, p_merchant_id, p_from, p_to);
    select count(*), min(w.local_date), max(w.local_date) into v_events, v_first_date, v_last_date
    from internal.window_rows as w
    where
        w.merchant_id = p_merchant_id
        and w.received_at >= p_from and w.received_at < p_to
        and pg_visible_in_snapshot(w.xid, v_snapshot);
    if v_events > 0 then
        perform internal.repair_rows('replay', p_merchant_id, v_first_date, v_last_date, true);
    end if;
    return v_events;
end
$$;
comment on function ops.replay(uuid, timestamptz, timestamptz) is
'Takes the merchant''s events received from p_from up to p_to again, as after derived data of that time was lost: those set aside are tried again, and all hours and days from the first to the last that they occurred on, the customers, products and totals are worked out from the raw events and rewritten where they differ. However often it is called, each event counts once. Returns how many events were received then and counted. Errors: ML404, ML422 (p_to).';
