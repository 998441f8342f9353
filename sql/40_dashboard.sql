-- What the dashboard reads: one JSON text per endpoint, from the aggregates alone.
-- Needs data.merchant_*, data.rollup_progress, mart.*. All are stable: every figure of an answer is of one snapshot. What the
-- planner cannot inline is PL/pgSQL, whose plans live as long as the session; planning takes longer than running them.

-- n / d rounded half away from zero, exactly. A division of numerics is itself rounded, to as many decimals as its operands
-- have at least; 48 tell a quotient of numbers with 4 decimals from the nearest half wherever the divisor is below 10^38.
create function internal.divide(p_dividend numeric, p_divisor numeric, p_decimals integer)
returns numeric
language sql immutable parallel safe
as $$
    select round(p_dividend * 1.000000000000000000000000000000000000000000000000 / nullif(p_divisor, 0), p_decimals)
$$;
comment on function internal.divide(numeric, numeric, integer) is
'p_dividend / p_divisor (not negative), rounded half away from zero to p_decimals; null for a divisor of 0.';

create function internal.rfc3339(p_at timestamptz)
returns text
language sql stable parallel safe
as $$
    select btrim(to_json(p_at at time zone 'UTC')::text, '"') || 'Z'  -- half the time of to_char
$$;
comment on function internal.rfc3339(timestamptz) is 'An instant as RFC 3339 in UTC, with a fraction only when it has one.';

-- The offset is the one at the end of the hour: clocks that go back by half an hour do so within a local hour, and what
-- follows is an hour of its own that began, by its own clock, before.
create function internal.hour_label(p_hour_start timestamptz, p_timezone text)
returns text
language plpgsql stable parallel safe
as $$
declare
    v_last_at timestamptz := p_hour_start + interval '59 minutes 59 seconds';
    v_utc_offset interval := (v_last_at at time zone p_timezone) - (v_last_at at time zone 'UTC');
begin
    return to_char((p_hour_start at time zone 'UTC') + v_utc_offset, 'YYYY-MM-DD"T"HH24:MI:SS')
        || case when v_utc_offset < interval '0' then '-' else '+' end
        || to_char(greatest(v_utc_offset, -v_utc_offset), 'HH24:MI');
end
$$;
comment on function internal.hour_label(timestamptz, text) is 'The start of a local hour as RFC 3339 with the offset that the zone has in it.';

-- Where a local day begins. PostgreSQL reads a midnight that happens twice as the second one.
create function internal.day_start(p_date date, p_timezone text)
returns timestamptz
language plpgsql stable parallel safe
as $$
declare
    v_start timestamptz := p_date::timestamp at time zone p_timezone;
    v_hour_before timestamptz := v_start - interval '1 hour';
begin
    return case when (v_hour_before at time zone p_timezone)::date = p_date then v_hour_before else v_start end;
end
$$;
comment on function internal.day_start(date, text) is 'The first instant of a local day.';

-- A replica shows what the primary had committed before the latest heartbeat that it shows, as it replays commits in their
-- order. (pg_last_xact_replay_timestamp may tell of a commit after the snapshot.)
create function internal.shown_until()
returns timestamptz
language plpgsql stable
as $$
begin
    if pg_is_in_recovery() then
        return (select max(r.heartbeat_at) from data.runners as r);
    end if;
    return now();
end
$$;
comment on function internal.shown_until() is
'Whatever was committed before this instant is in the snapshot: now, or, on a replica, when a runner was last seen alive; null when none is known.';

-- Transactions that were open when the snapshot was taken may have stored events since.
create function internal.oldest_late_event(p_merchant_id uuid, p_bucket_id smallint, p_snapshot pg_snapshot)
returns timestamptz
language plpgsql stable
as $$
begin
    return (
        select case when count(*) < 1000 then min(e.received_at) filter (where e.merchant_id = p_merchant_id) else '-infinity' end
        from (
            select o.merchant_id, o.received_at
            from data.transaction_events as o
            where o.bucket_id = p_bucket_id and o.xid = any(array(select pg_snapshot_xip(p_snapshot)))
            limit 1000
        ) as e
    );
end
$$;
comment on function internal.oldest_late_event(uuid, smallint, pg_snapshot) is
'When the merchant''s oldest event was received whose transaction was open at the snapshot; null for none, -infinity when there are too many to tell.';

-- What every dashboard function starts from, in one statement. Every event of the merchant acknowledged before as_of is in
-- the figures of the same snapshot: the instant up to which the server shows all, when none of its events waits; else what
-- the last window or its oldest waiting event shows. By index alone: a plan of one kind of node starts faster than one that
-- suits tables as small as these, and stays right when they grow.
create function internal.scope(
    p_merchant_id uuid, p_currency text,
    out timezone text, out currency text, out exponent integer, out as_of text
)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    v_bucket_id smallint;
    v_snapshot pg_snapshot;
    v_taken_until timestamptz;
    v_waiting_at timestamptz;
    v_late_at timestamptz;
    v_set_aside_at timestamptz;
begin
    select
        m.aggregated_timezone, coalesce(p_currency, m.default_currency), c.exponent,
        p.bucket_id, p.snapshot, p.as_of, w.oldest_at,
        (select min(s.received_at) from data.set_aside_events as s where s.merchant_id = p_merchant_id)
    into timezone, currency, exponent, v_bucket_id, v_snapshot, v_taken_until, v_waiting_at, v_set_aside_at
    from data.merchants as m
    inner join data.rollup_progress as p using (bucket_id)
    left join data.currencies as c on c.code = coalesce(p_currency, m.default_currency)
    cross join lateral (
        select case when count(*) < 1000 then min(e.received_at) filter (where e.merchant_id = p_merchant_id) else '-infinity' end as oldest_at
        from (
            -- what came after the last window was received after it: other partitions need no look, a day being more
            -- than clocks go wrong
            select n.merchant_id, n.received_at
            from data.transaction_events as n
            where
                n.bucket_id = p.bucket_id and n.xid >= pg_snapshot_xmax(p.snapshot)
                and n.received_at >= p.as_of - interval '1 day' and n.received_at < now() + interval '1 day'
            order by n.xid
            limit 1000
        ) as e
    ) as w
    where m.merchant_id = p_merchant_id;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    elsif exponent is null then
        raise exception 'must be an active ISO 4217 code in upper case' using errcode = 'ML422', detail = 'currency';
    end if;
    if pg_snapshot_xmin(v_snapshot) < pg_snapshot_xmax(v_snapshot) then
        v_late_at := internal.oldest_late_event(p_merchant_id, v_bucket_id, v_snapshot);
    end if;
    as_of := internal.rfc3339(least(
        greatest(v_taken_until, coalesce(least(v_waiting_at, v_late_at), internal.shown_until())), v_set_aside_at
    ));
end
$$;
comment on function internal.scope(uuid, text) is
'Zone, currency, its decimals and as_of for one answer: every acknowledged event received before as_of is in the figures. Errors: ML404 unknown merchant, ML422 unknown currency.';

-- These give back what they checked: PL/pgSQL runs a `perform` as a query, but an assignment as an expression.
create function internal.check_bounds(p_name text, p_value integer, p_minimum integer, p_maximum integer)
returns integer
language plpgsql immutable
as $$
begin
    if p_value between p_minimum and p_maximum then
        return p_value;
    end if;
    raise exception 'must be from % to %', p_minimum, p_maximum using errcode = 'ML422', detail = p_name;
end
$$;
comment on function internal.check_bounds(text, integer, integer, integer) is 'The value; raises ML422 that names the parameter when it is null or out of bounds.';

create function internal.check_range(p_start_date date, p_end_date date, p_max_days integer)
returns integer
language plpgsql immutable
as $$
begin
    if p_start_date is null or not isfinite(p_start_date) then
        raise exception 'must be a date' using errcode = 'ML422', detail = 'start_date';
    elsif p_end_date is null or not isfinite(p_end_date) or p_end_date < p_start_date then
        raise exception 'must be a date not before start_date' using errcode = 'ML422', detail = 'end_date';
    end if;
    return internal.check_bounds('end_date', p_end_date - p_start_date + 1, 1, p_max_days);
end
$$;
comment on function internal.check_range(date, date, integer) is
'Number of days; raises ML422 that names the parameter when a range, both ends included, is none or has more than p_max_days days.';

create function internal.period(
    p_days integer, p_start_date date, p_end_date date, p_today date,
    out start_date date, out end_date date, out days integer
)
language plpgsql immutable
as $$
begin
    if p_start_date is null and p_end_date is null then
        days := internal.check_bounds('days', coalesce(p_days, 30), 1, 366);
        start_date := p_today - days + 1;
        end_date := p_today;
    elsif p_days is null then
        days := internal.check_range(p_start_date, p_end_date, 731);
        start_date := p_start_date;
        end_date := p_end_date;
    else
        raise exception 'must not be given together with start_date and end_date' using errcode = 'ML422', detail = 'days';
    end if;
end
$$;
comment on function internal.period(integer, date, date, date) is
'The local days that are asked for: the last p_days (1 to 366, or 30) up to p_today, or the range (up to 731 days) when one is given instead. Errors: ML422 naming the parameter.';

-- Distinct customers are the days' customers less those who had been there in the range already (see
-- data.merchant_returning_customers).
create function internal.sum_days(
    p_merchant_id uuid, p_currency text, p_start_date date, p_end_date date
)
returns table (
    created bigint, successful bigint, failed bigint, refunded bigint,
    revenue numeric, refunds numeric, fees numeric, customers bigint, new_customers bigint
)
language sql stable
as $$
    select
        coalesce(sum(a.created), 0)::bigint, coalesce(sum(a.successful), 0)::bigint, coalesce(sum(a.failed), 0)::bigint,
        coalesce(sum(a.refunded), 0)::bigint, coalesce(sum(a.revenue), 0), coalesce(sum(a.refunds), 0),
        coalesce(sum(a.fees), 0),
        (coalesce(sum(a.customers), 0) - (
            select coalesce(sum(r.customers), 0)
            from data.merchant_returning_customers as r
            where
                r.merchant_id = p_merchant_id and r.currency = p_currency and r.previous_date >= p_start_date
                -- day by day, for the index has the previous dates of each in order
                and r.local_date = any(array(select p_start_date + n from generate_series(1, p_end_date - p_start_date) as n))
        ))::bigint,
        coalesce(sum(a.new_customers), 0)::bigint
    from data.merchant_daily_aggregates as a
    where
        a.merchant_id = p_merchant_id and a.currency = p_currency
        and a.local_date between p_start_date and p_end_date
$$;
comment on function internal.sum_days(uuid, text, date, date) is
'Sums over local days, both ends included, and the exact distinct customers of the range; zeros when there is nothing.';

-- A view that is not fresh is not so much as named in a statement that runs, which would wait for whoever has locked it.
create function internal.closed_month(
    p_merchant_id uuid, p_currency text, p_today date,
    out created bigint, out successful bigint, out failed bigint, out refunded bigint,
    out revenue numeric, out refunds numeric, out fees numeric, out customers bigint, out new_customers bigint
)
language plpgsql stable
as $$
begin
    if internal.is_mart_fresh(p_merchant_id, p_today) then
        select m.created, m.successful, m.failed, m.refunded, m.revenue, m.refunds, m.fees, m.customers, m.new_customers
        into created, successful, failed, refunded, revenue, refunds, fees, customers, new_customers
        from mart.month_totals as m
        where m.merchant_id = p_merchant_id and m.currency = p_currency;
    else
        select s.created, s.successful, s.failed, s.refunded, s.revenue, s.refunds, s.fees, s.customers, s.new_customers
        into created, successful, failed, refunded, revenue, refunds, fees, customers, new_customers
        from internal.sum_days(p_merchant_id, p_currency, date_trunc('month', p_today)::date, p_today - 1) as s;
    end if;
end
$$;
comment on function internal.closed_month(uuid, text, date) is
'The measures from the first of the month to the day before p_today, as of internal.sum_days; from mart.month_totals where that is fresh, and then null for none.';

-- Today's completed local hours against the same clock hours of yesterday, in percent.
create function internal.growth(
    p_merchant_id uuid, p_currency text, p_timezone text, p_now timestamptz,
    out transactions text, out revenue text
)
language plpgsql stable
as $$
declare
    v_today date := (p_now at time zone p_timezone)::date;
    v_today_start timestamptz := internal.day_start(v_today, p_timezone);
    v_yesterday_start timestamptz := internal.day_start(v_today - 1, p_timezone);
    -- an hour is completed an hour after its start
    v_last_hour timestamptz := p_now - interval '1 hour';
    v_clock_hours integer[];
begin
    -- yesterday's same clock hours began 24 hours before, unless clocks change on one of the days
    if internal.day_start(v_today + 1, p_timezone) - v_yesterday_start <> interval '48 hours' then
        v_clock_hours := array(
            select extract(hour from h at time zone p_timezone)::integer
            from generate_series(v_today_start, v_last_hour, interval '1 hour') as h
        );
    end if;
    select
        internal.divide((s.transactions - s.earlier_transactions) * 100, s.earlier_transactions, 2)::text,
        internal.divide((s.revenue - s.earlier_revenue) * 100, s.earlier_revenue, 2)::text
    into transactions, revenue
    from (
        select
            coalesce(sum(h.transactions) filter (where h.is_today), 0) as transactions,
            coalesce(sum(h.revenue) filter (where h.is_today), 0) as revenue,
            coalesce(sum(h.transactions) filter (where not h.is_today), 0) as earlier_transactions,
            coalesce(sum(h.revenue) filter (where not h.is_today), 0) as earlier_revenue
        from (
            select a.successful + a.failed as transactions, a.revenue, a.hour_start >= v_today_start as is_today
            from data.merchant_hourly_aggregates as a
            where
                a.merchant_id = p_merchant_id and a.currency = p_currency
                and a.hour_start >= v_yesterday_start and a.hour_start <= v_last_hour
                and case
                    when a.hour_start >= v_today_start then true
                    when v_clock_hours is null then a.hour_start <= v_last_hour - interval '24 hours'
                    else extract(hour from a.hour_start at time zone p_timezone)::integer = any(v_clock_hours)
                end
        ) as h
    ) as s;
end
$$;
comment on function internal.growth(uuid, text, text, timestamptz) is
'Growth of today''s transactions and revenue as text with 2 decimals; null when yesterday''s are zero or no hour is completed.';

create function api.dashboard_overview(p_merchant_id uuid, p_currency text default null, p_now timestamptz default now())
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_growth record := internal.growth(p_merchant_id, v_scope.currency, v_scope.timezone, p_now);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_month_start date := date_trunc('month', v_today)::date;
    v_closed record := internal.closed_month(p_merchant_id, v_scope.currency, v_today);
begin
    return (
        select json_build_object(
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'today', json_build_object(
                'date', v_today,
                'transactions', t.successful + t.failed,
                'successful_transactions', t.successful,
                'failed_transactions', t.failed,
                'revenue', round(t.revenue, v_scope.exponent),
                'refunds', round(t.refunds, v_scope.exponent),
                'fees', round(t.fees, v_scope.exponent),
                'net_revenue', round(t.revenue - t.refunds - t.fees, v_scope.exponent),
                'avg_transaction', coalesce(internal.divide(t.revenue, t.successful, 2), 0.00),
                'success_rate', internal.divide(t.successful, t.successful + t.failed, 4),
                'customers', t.customers,
                'new_customers', t.new_customers,
                'transaction_growth', v_growth.transactions,
                'revenue_growth', v_growth.revenue
            ),
            'month', json_build_object(
                'start_date', v_month_start,
                'transactions', m.successful + m.failed,
                'successful_transactions', m.successful,
                'failed_transactions', m.failed,
                'revenue', round(m.revenue, v_scope.exponent),
                'refunds', round(m.refunds, v_scope.exponent),
                'fees', round(m.fees, v_scope.exponent),
                'net_revenue', round(m.revenue - m.refunds - m.fees, v_scope.exponent),
                'avg_transaction', coalesce(internal.divide(m.revenue, m.successful, 2), 0.00),
                'success_rate', internal.divide(m.successful, m.successful + m.failed, 4),
                'customers', m.customers,
                'new_customers', m.new_customers
            )
        )
        from (
            select
                coalesce(d.successful, 0) as successful, coalesce(d.failed, 0) as failed,
                coalesce(d.revenue, 0) as revenue, coalesce(d.refunds, 0) as refunds, coalesce(d.fees, 0) as fees,
                coalesce(d.customers, 0) as customers, coalesce(d.new_customers, 0) as new_customers
            from (select) as one
            left join data.merchant_daily_aggregates as d
                on d.merchant_id = p_merchant_id and d.currency = v_scope.currency and d.local_date = v_today
        ) as t
        -- today added to the closed days: a customer of today counts when it had not been there in the month yet
        cross join lateral (
            select
                coalesce(v_closed.successful, 0) + t.successful as successful,
                coalesce(v_closed.failed, 0) + t.failed as failed,
                coalesce(v_closed.revenue, 0) + t.revenue as revenue,
                coalesce(v_closed.refunds, 0) + t.refunds as refunds,
                coalesce(v_closed.fees, 0) + t.fees as fees,
                coalesce(v_closed.customers, 0) + t.customers - (
                    select coalesce(sum(r.customers), 0)
                    from data.merchant_returning_customers as r
                    where
                        r.merchant_id = p_merchant_id and r.currency = v_scope.currency
                        and r.local_date = v_today and r.previous_date >= v_month_start
                ) as customers,
                coalesce(v_closed.new_customers, 0) + t.new_customers as new_customers
        ) as m
    );
end
$$;
comment on function api.dashboard_overview(uuid, text, timestamptz) is
'Today and the month to date of a merchant in one currency (default: its own) at p_now, as JSON. Amounts in units of the currency with its decimals. Errors: ML404, ML422 currency.';

-- The measures of one bucket or of the totals, under the names of the API, behind what they are of. As text, for a range
-- has hundreds of buckets: json_build_object takes twice the time. Stable, as format is, for the planner to inline it.
create function internal.measures(
    p_key text, p_value text,
    p_created bigint, p_successful bigint, p_failed bigint, p_refunded bigint, p_revenue numeric,
    p_refunds numeric, p_fees numeric, p_customers bigint, p_new_customers bigint, p_exponent integer
)
returns text
language sql stable parallel safe
as $$
    select format(
        '{"%s": "%s", "transactions": %s, "successful": %s, "failed": %s, "created": %s, "refunded": %s, '
        '"revenue": %s, "refunds": %s, "fees": %s, "net_revenue": %s, "avg_transaction": %s, "success_rate": %s, '
        '"customers": %s, "new_customers": %s}',
        p_key, p_value, p_successful + p_failed, p_successful, p_failed, p_created, p_refunded,
        round(p_revenue, p_exponent), round(p_refunds, p_exponent), round(p_fees, p_exponent),
        round(p_revenue - p_refunds - p_fees, p_exponent),
        coalesce(internal.divide(p_revenue, p_successful, 2), 0.00),
        coalesce(internal.divide(p_successful, p_successful + p_failed, 4)::text, 'null'),
        p_customers, p_new_customers
    )
$$;
comment on function internal.measures(text, text, bigint, bigint, bigint, bigint, numeric, numeric, numeric, bigint, bigint, integer) is
'Measures as the text of a JSON object that begins with p_key: p_value (neither needs escaping); amounts with p_exponent decimals.';

create function internal.daily_buckets(p_merchant_id uuid, p_currency text, p_exponent integer, p_start_date date, p_days integer)
returns json
language plpgsql stable
as $$
begin
    return (
        select ('[' || string_agg(internal.measures(
            'date', d.local_date::text,
            coalesce(a.created, 0), coalesce(a.successful, 0), coalesce(a.failed, 0), coalesce(a.refunded, 0),
            coalesce(a.revenue, 0), coalesce(a.refunds, 0), coalesce(a.fees, 0),
            coalesce(a.customers, 0), coalesce(a.new_customers, 0), p_exponent
        ), ', ' order by d.local_date) || ']')::json
        from (select p_start_date + n as local_date from generate_series(0, p_days - 1) as n) as d
        left join data.merchant_daily_aggregates as a
            on
                a.merchant_id = p_merchant_id and a.currency = p_currency and d.local_date = a.local_date
                and a.local_date between p_start_date and p_start_date + p_days - 1  -- or the whole history is read
    );
end
$$;
comment on function internal.daily_buckets(uuid, text, integer, date, integer) is 'One JSON object per local day of the range, zeros included.';

create function internal.hourly_buckets(
    p_merchant_id uuid, p_currency text, p_exponent integer, p_timezone text, p_start_date date, p_end_date date
)
returns json
language plpgsql stable
as $$
begin
    return (
        select ('[' || coalesce(string_agg(internal.measures(
            'hour', internal.hour_label(h.hour_start, p_timezone),
            coalesce(a.created, 0), coalesce(a.successful, 0), coalesce(a.failed, 0), coalesce(a.refunded, 0),
            coalesce(a.revenue, 0), coalesce(a.refunds, 0), coalesce(a.fees, 0),
            coalesce(a.customers, 0), coalesce(a.new_customers, 0), p_exponent
        ), ', ' order by h.hour_start), '') || ']')::json
        from (
            -- steps of an hour meet every local hour, also where clocks change by half an hour
            select distinct date_trunc('hour', t, p_timezone) as hour_start
            from generate_series(
                internal.day_start(p_start_date, p_timezone),
                internal.day_start(p_end_date + 1, p_timezone) - interval '1 second',
                interval '1 hour'
            ) as t
        ) as h
        left join data.merchant_hourly_aggregates as a
            on
                a.merchant_id = p_merchant_id and a.currency = p_currency and h.hour_start = a.hour_start
                -- or the whole history is read; the range's first hour may have begun before its first day
                and a.hour_start > internal.day_start(p_start_date, p_timezone) - interval '1 hour'
                and a.hour_start < internal.day_start(p_end_date + 1, p_timezone)
    );
end
$$;
comment on function internal.hourly_buckets(uuid, text, integer, text, date, date) is
'One JSON object per local hour of the range, zeros included; 23 or 25 of them on days when clocks change, none on a day that the zone left out.';

create function api.dashboard_analytics(
    p_merchant_id uuid, p_start_date date, p_end_date date, p_granularity text default 'daily', p_currency text default null
)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_days integer;
    v_data json;
begin
    if p_granularity is null or p_granularity not in ('daily', 'hourly') then
        raise exception 'must be daily or hourly' using errcode = 'ML422', detail = 'granularity';
    end if;
    v_days := internal.check_range(p_start_date, p_end_date, case p_granularity when 'daily' then 731 else 31 end);
    if p_granularity = 'daily' then
        v_data := internal.daily_buckets(p_merchant_id, v_scope.currency, v_scope.exponent, p_start_date, v_days);
    else
        v_data := internal.hourly_buckets(
            p_merchant_id, v_scope.currency, v_scope.exponent, v_scope.timezone, p_start_date, p_end_date
        );
    end if;
    return (
        select json_build_object(
            'granularity', p_granularity,
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'data', v_data,
            'totals', internal.measures(
                'period', p_start_date || '/' || p_end_date,
                s.created, s.successful, s.failed, s.refunded, s.revenue, s.refunds, s.fees,
                s.customers, s.new_customers, v_scope.exponent
            )::json
        )
        from internal.sum_days(p_merchant_id, v_scope.currency, p_start_date, p_end_date) as s
    );
end
$$;
comment on function api.dashboard_analytics(uuid, date, date, text, text) is
'Measures per local day (daily, up to 731) or local hour (hourly, up to 31 days) of an inclusive range, with totals, as JSON. Errors: ML404, ML422 naming the parameter.';

-- The views hold what ends yesterday, for what ends today.
create function internal.mart_days(p_merchant_id uuid, p_start_date date, p_end_date date, p_today date)
returns integer
language plpgsql stable
as $$
declare
    v_days integer := p_end_date - p_start_date + 1;
begin
    if p_end_date = p_today and v_days in (7, 30, 90) and internal.is_mart_fresh(p_merchant_id, p_today) then
        return v_days;
    end if;
    return null;
end
$$;
comment on function internal.mart_days(uuid, date, date, date) is
'How many days the period has, when the materialized views by period are of it, and fresh; else null.';

create function internal.closed_payment_methods(p_merchant_id uuid, p_currency text, p_mart_days integer)
returns table (payment_method text, successful bigint, failed bigint, amount numeric)
language plpgsql stable strict
as $$
begin
    return query
    select m.payment_method, m.successful, m.failed, m.amount
    from mart.payment_method_mixes as m
    where m.merchant_id = p_merchant_id and m.currency = p_currency and m.days = p_mart_days;
end
$$;
comment on function internal.closed_payment_methods(uuid, text, integer) is
'The period''s closed days by payment method, from the materialized view; none when p_mart_days (internal.mart_days) is null, and then without a look at it.';

create function api.dashboard_payment_methods(
    p_merchant_id uuid, p_days integer default null, p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null
)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_period record := internal.period(p_days, p_start_date, p_end_date, v_today);
    v_mart_days integer := internal.mart_days(p_merchant_id, v_period.start_date, v_period.end_date, v_today);
    v_first_date date := case when v_mart_days is null then v_period.start_date else v_today end;
begin
    return (
        select json_build_object(
            'period_days', v_period.days,
            'start_date', v_period.start_date,
            'end_date', v_period.end_date,
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'payment_methods', coalesce(json_agg(json_build_object(
                'method', s.payment_method,
                'count', s.successful,
                'amount', round(s.amount, v_scope.exponent),
                'share', internal.divide(s.amount, s.total, 4),
                'success_rate', internal.divide(s.successful, s.successful + s.failed, 4)
            ) order by s.amount desc, s.payment_method collate "C"), '[]')
        )
        from (
            select
                a.payment_method, sum(a.successful) as successful, sum(a.failed) as failed, sum(a.amount) as amount,
                sum(sum(a.amount)) over () as total
            from (
                -- the closed days, where the view holds them, and the others
                select m.payment_method, m.successful, m.failed, m.amount
                from internal.closed_payment_methods(p_merchant_id, v_scope.currency, v_mart_days) as m
                union all
                select d.payment_method, d.successful, d.failed, d.amount
                from data.merchant_payment_method_stats as d
                where
                    d.merchant_id = p_merchant_id and d.currency = v_scope.currency
                    and d.local_date between v_first_date and v_period.end_date
            ) as a
            group by a.payment_method
        ) as s
    );
end
$$;
comment on function api.dashboard_payment_methods(uuid, integer, text, timestamptz, date, date) is
'Payment methods with an outcome in the last p_days local days (1 to 366, or 30; today included) or in a range (up to 731 days) instead, by amount, as JSON. Errors: ML404, ML422 naming the parameter.';

-- With a fresh view: a product outside its first p_limit that sold nothing today stands behind those, so the best are
-- among them and today's; `limit 1` has each of today's looked up by index, whatever the planner thinks of their number.
-- Without: enable_sort = off (set by the caller) keeps the plan, made for any merchant, from sorting thousands of rows
-- instead of hashing them.
create function internal.top_products(
    p_merchant_id uuid, p_currency text, p_start_date date, p_end_date date, p_limit integer, p_today date
)
returns table (product_id text, successful bigint, amount numeric)
language plpgsql stable
as $$
declare
    v_days integer := internal.mart_days(p_merchant_id, p_start_date, p_end_date, p_today);
begin
    if v_days is not null then
        return query
        with today as materialized (
            select a.product_id, a.successful, a.amount
            from data.merchant_product_stats as a
            where a.merchant_id = p_merchant_id and a.currency = p_currency and a.local_date = p_today
        )

        select p.product_id, sum(p.successful)::bigint, sum(p.amount)
        from (
            select m.product_id, m.successful, m.amount
            from mart.product_rankings as m
            where m.merchant_id = p_merchant_id and m.currency = p_currency and m.days = v_days and m.rank <= p_limit
            union all
            select m.product_id, m.successful, m.amount
            from today as t
            cross join lateral (
                select r.product_id, r.successful, r.amount, r.rank
                from mart.product_rankings as r
                where
                    r.merchant_id = p_merchant_id and r.currency = p_currency and r.days = v_days
                    and r.product_id = t.product_id
                limit 1
            ) as m
            where m.rank > p_limit
            union all
            select t.product_id, t.successful, t.amount from today as t
        ) as p
        group by p.product_id
        order by sum(p.amount) desc, p.product_id
        limit p_limit;
        return;
    end if;
    return query
    select a.product_id, sum(a.successful)::bigint, sum(a.amount)
    from data.merchant_product_stats as a
    where
        a.merchant_id = p_merchant_id and a.currency = p_currency
        and a.local_date between p_start_date and p_end_date
    group by a.product_id
    order by sum(a.amount) desc, a.product_id
    limit p_limit;
end
$$;
comment on function internal.top_products(uuid, text, date, date, integer, date) is
'The p_limit products with the largest successful amount in the range; the closed days from mart.product_rankings where it holds them.';

create function api.dashboard_top_products(
    p_merchant_id uuid, p_days integer default null, p_limit integer default 10,
    p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null
)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_sort = off
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_period record := internal.period(p_days, p_start_date, p_end_date, v_today);
    v_limit integer := internal.check_bounds('limit', p_limit, 1, 100);
begin
    return (
        select json_build_object(
            'period_days', v_period.days,
            'start_date', v_period.start_date,
            'end_date', v_period.end_date,
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'products', coalesce(json_agg(json_build_object(
                'product_id', s.product_id,
                'product_name', (
                    select n.product_name
                    from data.merchant_products as n
                    where n.merchant_id = p_merchant_id and n.currency = v_scope.currency and n.product_id = s.product_id
                ),
                'transactions', s.successful,
                'amount', round(s.amount, v_scope.exponent)
            ) order by s.amount desc, s.product_id collate "C"), '[]')
        )
        from internal.top_products(
            p_merchant_id, v_scope.currency, v_period.start_date, v_period.end_date, v_limit, v_today
        ) as s
    );
end
$$;
comment on function api.dashboard_top_products(uuid, integer, integer, text, timestamptz, date, date) is
'The p_limit (1 to 100) products with the largest successful amount in the last p_days local days (1 to 366, or 30; today included) or in a range (up to 731 days) instead, as JSON. Errors: ML404, ML422 naming the parameter.';

create function internal.failures(p_merchant_id uuid, p_currency text, p_start_date date, p_end_date date, p_limit integer)
returns table (failure_code text, failed bigint, total bigint)
language sql stable
as $$
    select nullif(a.failure_code, ''), sum(a.failed)::bigint, (sum(sum(a.failed)) over ())::bigint
    from data.merchant_failure_stats as a
    where
        a.merchant_id = p_merchant_id and a.currency = p_currency
        and a.local_date between p_start_date and p_end_date
    group by a.failure_code
    order by sum(a.failed) desc, nullif(a.failure_code, '')
    limit p_limit
$$;
comment on function internal.failures(uuid, text, date, date, integer) is
'How often payments failed in the range by failure code (null: without one), the p_limit most frequent in their order, and all together.';

create function api.dashboard_failures(
    p_merchant_id uuid, p_days integer default null, p_limit integer default 10,
    p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null
)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_period record := internal.period(p_days, p_start_date, p_end_date, v_today);
    v_limit integer := internal.check_bounds('limit', p_limit, 1, 100);
begin
    return (
        select json_build_object(
            'period_days', v_period.days,
            'start_date', v_period.start_date,
            'end_date', v_period.end_date,
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'failed', coalesce(max(f.total), 0),
            'failures', coalesce(json_agg(json_build_object(
                'failure_code', f.failure_code,
                'count', f.failed,
                'share', internal.divide(f.failed, f.total, 4)
            ) order by f.failed desc, f.failure_code collate "C"), '[]')
        )
        from internal.failures(
            p_merchant_id, v_scope.currency, v_period.start_date, v_period.end_date, v_limit
        ) as f
    );
end
$$;
comment on function api.dashboard_failures(uuid, integer, integer, text, timestamptz, date, date) is
'Failed payments of the last p_days local days (1 to 366, or 30; today included) or of a range (up to 731 days) instead: how many, and the p_limit (1 to 100) most frequent failure codes, as JSON. Errors: ML404, ML422 naming the parameter.';

create function internal.top_customers(p_merchant_id uuid, p_currency text, p_limit integer)
returns table (
    customer_id text, transactions bigint, total_spent numeric, first_at timestamptz, last_at timestamptz
)
language sql stable
as $$
    select s.customer_id, s.transactions, s.total_spent, s.first_at, s.last_at
    from data.merchant_customer_stats as s
    where s.merchant_id = p_merchant_id and s.currency = p_currency and s.total_spent >= 0
    order by s.total_spent desc, s.customer_id
    limit p_limit
$$;
comment on function internal.top_customers(uuid, text, integer) is
'The p_limit customers who spent most, ever, in their order.';

create function api.dashboard_customers(p_merchant_id uuid, p_limit integer default 50, p_currency text default null)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_limit integer := internal.check_bounds('limit', p_limit, 1, 500);
begin
    return (
        select json_build_object(
            'currency', v_scope.currency,
            'timezone', v_scope.timezone,
            'as_of', v_scope.as_of,
            'summary', json_build_object(
                'total_customers', coalesce(sum(t.customers), 0),
                'avg_transactions', coalesce(internal.divide(sum(t.transactions), sum(t.customers), 2), 0.00)::text,
                'avg_spend', coalesce(internal.divide(sum(t.total_spent), sum(t.customers), 2), 0.00)::text
            ),
            'top_customers', (
                select coalesce(json_agg(r), '[]')
                from (
                    -- in their order already; as rows, for json_build_object takes twice the time
                    select
                        c.customer_id, c.transactions, round(c.total_spent, v_scope.exponent) as total_spent,
                        internal.rfc3339(c.first_at) as first_transaction, internal.rfc3339(c.last_at) as last_transaction
                    from internal.top_customers(p_merchant_id, v_scope.currency, v_limit) as c
                ) as r
            )
        )
        from data.merchant_customer_totals as t
        where t.merchant_id = p_merchant_id and t.currency = v_scope.currency
    );
end
$$;
comment on function api.dashboard_customers(uuid, integer, text) is
'All-time customers of a merchant in one currency: averages and the p_limit (1 to 500) largest, as JSON. Errors: ML404, ML422 naming the parameter.';
