-- The materialized views of schema mart: when they may be read, and their refresh (docs/marts.md).
-- Needs data.mart_closed_days, data.mart_marks, data.mart_refreshes, views/mart_*.sql, triggers/marts.sql.

create function internal.is_mart_fresh(p_merchant_id uuid, p_today date)
returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from data.mart_closed_days as c
        where
            c.merchant_id = p_merchant_id and c.closed_date = p_today - 1
            and not exists (select from data.mart_marks as k where k.merchant_id = p_merchant_id)
            and not exists (select from data.mart_marks as k where k.merchant_id is null)
    );
end
$$;
comment on function internal.is_mart_fresh(uuid, date) is
'Whether the materialized views hold exactly the merchant''s days before p_today, as the aggregates have them.';

-- Every transaction that changes the bucket's aggregates and is not visible yet began after this instant: it will mark
-- what it changes before it. When the bucket is free that is now; else when its last window began.
create function internal.settled_until(p_bucket_id smallint)
returns timestamptz
language plpgsql volatile
as $$
declare
    v_settled_until timestamptz := (select p.as_of from data.rollup_progress as p where p.bucket_id = p_bucket_id);
begin
    perform from data.rollup_progress as p where p.bucket_id = p_bucket_id for update nowait;
    v_settled_until := clock_timestamp();
    raise exception using errcode = 'ML000', message = 'gives the lock back';
exception when sqlstate 'ML000' or lock_not_available then
    return v_settled_until;
end
$$;
comment on function internal.settled_until(smallint) is 'The instant before which no change of the bucket is still to come unmarked.';

create function internal.close_days()
returns void
language sql volatile
as $$
    insert into data.mart_closed_days as d (merchant_id, closed_date)
    select m.merchant_id, (b.settled_until at time zone m.aggregated_timezone)::date - 1
    from (
        select p.bucket_id, internal.settled_until(p.bucket_id) as settled_until from data.rollup_progress as p
    ) as b
    inner join data.merchants as m using (bucket_id)
    on conflict (merchant_id) do update set closed_date = excluded.closed_date
    where d.closed_date <> excluded.closed_date
$$;
comment on function internal.close_days() is 'Sets each merchant''s last closed day.';

-- A mark that this transaction does not see yet stays. What it sees is deleted first, so that the views, made after,
-- hold what was marked.
create function internal.refresh_marts()
returns bigint
language plpgsql volatile
as $$
declare
    v_mart text;
    v_marts bigint := 0;
begin
    delete from data.mart_marks;
    perform internal.close_days();
    for v_mart in
        select c.relname from pg_class as c
        where c.relnamespace = 'mart'::regnamespace and c.relkind = 'm'
        order by c.relname
    loop
        execute format('refresh materialized view concurrently %I.%I', 'mart', v_mart);
        v_marts := v_marts + 1;
    end loop;
    update data.mart_refreshes
    set
        refreshed_at = clock_timestamp(),
        next_close_at = coalesce((
            select min(internal.day_start(c.closed_date + 2, m.aggregated_timezone))
            from data.mart_closed_days as c inner join data.merchants as m using (merchant_id)
        ), clock_timestamp() + interval '1 hour');  -- there is no merchant yet
    return v_marts;
end
$$;
comment on function internal.refresh_marts() is 'Closes the days that are over and refreshes all materialized views; returns how many.';

create function internal.are_marts_due()
returns boolean
language sql volatile
as $$
    select
        exists (
            select from data.mart_refreshes as r
            where clock_timestamp() >= r.next_close_at or exists (select from data.mart_marks)
        )
        -- also after a failure
        and not exists (
            select from data.job_runs as j
            where
                j.job = 'refresh marts'
                and j.finished_at > clock_timestamp() - make_interval(secs => internal.setting('mart_refresh_seconds')::double precision)
        )
        and pg_try_advisory_xact_lock(hashtext('molam marts'))
$$;
comment on function internal.are_marts_due() is
'Whether a day has closed or closed days have changed, the last refresh is long enough ago, and nobody else is at it.';

create function ops.refresh_marts()
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_marts bigint;
begin
    perform pg_advisory_xact_lock(hashtext('molam marts'));
    v_marts := internal.refresh_marts();
    insert into data.job_runs (job, started_at, rows) values ('refresh marts', v_started_at, v_marts);
    return v_marts;
end
$$;
comment on function ops.refresh_marts() is
'Refreshes the materialized views now, as the scheduled job does when they are due; returns how many there are. Readers go on meanwhile.';
