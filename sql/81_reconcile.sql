-- Reconciliation: every aggregate worked out again from the raw events and what is left of retired ones, by plain queries
-- that share nothing with the rollup. Needs internal.retained_events, data.retired_events and the aggregate tables.

-- The events that the aggregates should hold, in local hours and days; a row of retired ones stands for several.
create function internal.aggregated_events(p_merchant_id uuid, p_from timestamptz, p_to timestamptz)
returns table (
    merchant_id uuid, currency text, event_type text, events bigint, amount numeric, fee numeric,
    first_at timestamptz, last_at timestamptz, event_id uuid, hour_start timestamptz, local_date date,
    payment_method text, product_id text, product_name text, customer_id text, failure_code text
)
language sql stable
as $$
    select
        e.merchant_id, e.currency, e.event_type, e.events, e.amount, e.fee, e.first_at, e.last_at, e.event_id,
        date_trunc('hour', e.first_at, m.aggregated_timezone),
        (e.first_at at time zone m.aggregated_timezone)::date,
        e.payment_method, e.product_id, e.product_name, e.customer_id, e.failure_code
    from (
        select
            t.merchant_id, t.currency, t.event_type, 1::bigint as events, t.amount, t.fee,
            t.occurred_at as first_at, t.occurred_at as last_at, t.event_id,
            t.payment_method, t.product_id, t.product_name, t.customer_id, t.failure_code
        from internal.retained_events as t
        inner join data.rollup_progress as p on t.bucket_id = p.bucket_id
        where
            t.occurred_at >= p_from and t.occurred_at < p_to
            and pg_visible_in_snapshot(t.xid, p.snapshot)
        union all
        select
            r.merchant_id, r.currency, r.event_type, r.events, r.amount, r.fee, r.first_at, r.last_at, r.named_by,
            r.payment_method, r.product_id, r.product_name, r.customer_id, r.failure_code
        from data.retired_events as r
        where r.first_at >= p_from and r.first_at < p_to
    ) as e
    inner join data.merchants as m on e.merchant_id = m.merchant_id
    where
        (p_merchant_id is null or e.merchant_id = p_merchant_id)
        and not exists (
            select from data.set_aside_events as s where s.merchant_id = e.merchant_id and s.event_id = e.event_id
        )
$$;
comment on function internal.aggregated_events(uuid, timestamptz, timestamptz) is
'Events of a merchant (null: of all) that occurred from p_from up to p_to, raw or retired, that windows have taken and not set aside.';

-- When only rows of some local days are asked for, only those days are read, a day more at both ends for the zones, and of
-- the time before them what tells which of their customers had been there.
create function internal.expected_aggregates(
    p_merchant_id uuid, p_start_date date, p_end_date date, p_is_undated_too boolean
)
returns table (relation text, merchant_id uuid, currency text, key text, measures jsonb)
language sql stable
as $$
    with asked as (
        select coalesce(p_start_date, '-infinity') as first_date, coalesce(p_end_date, 'infinity') as last_date
    ),

    events as materialized (
        select e.*, e.local_date between a.first_date and a.last_date as is_asked
        from asked as a
        cross join lateral internal.aggregated_events(
            p_merchant_id,
            case when p_is_undated_too then '-infinity' else (a.first_date - 1)::timestamp at time zone 'UTC' end,
            case when p_is_undated_too then 'infinity' else (a.last_date + 2)::timestamp at time zone 'UTC' end
        ) as e
    ),

    earlier as materialized (
        select e.merchant_id, e.currency, e.customer_id, max(e.local_date) as last_date
        from internal.aggregated_events(
            p_merchant_id, '-infinity', (p_start_date + 1)::timestamp at time zone 'UTC'
        ) as e
        where
            not p_is_undated_too and e.local_date < p_start_date
            and e.event_type = 'payment_succeeded' and e.customer_id is not null
        group by e.merchant_id, e.currency, e.customer_id
    ),

    periods as (
        select 'merchant_hourly_aggregates' as relation, internal.rfc3339(e.hour_start) as key, e.*
        from events as e where e.is_asked
        union all
        select 'merchant_daily_aggregates', e.local_date::text, e.* from events as e where e.is_asked
    ),

    purchases as materialized (
        select
            e.*,
            x.customer_id is null and row_number() over (
                partition by e.merchant_id, e.currency, e.customer_id order by e.first_at, e.event_id
            ) = 1 as is_first
        from events as e
        left join earlier as x on (e.merchant_id, e.currency, e.customer_id) = (x.merchant_id, x.currency, x.customer_id)
        where e.event_type = 'payment_succeeded' and e.customer_id is not null
    ),

    newcomers as (
        select 'merchant_hourly_aggregates' as relation, f.merchant_id, f.currency, internal.rfc3339(f.hour_start) as key
        from purchases as f where f.is_first and f.is_asked
        union all
        select 'merchant_daily_aggregates', f.merchant_id, f.currency, f.local_date::text
        from purchases as f where f.is_first and f.is_asked
    ),

    visits as (
        select v.*, lag(v.local_date) over (
            partition by v.merchant_id, v.currency, v.customer_id order by v.local_date
        ) as previous_date
        from (
            select distinct f.merchant_id, f.currency, f.customer_id, f.local_date from purchases as f
            union all
            select x.merchant_id, x.currency, x.customer_id, x.last_date from earlier as x
        ) as v
    )

    select
        p.relation, p.merchant_id, p.currency, p.key,
        jsonb_build_object(
            'created', coalesce(sum(p.events) filter (where p.event_type = 'payment_created'), 0),
            'successful', coalesce(sum(p.events) filter (where p.event_type = 'payment_succeeded'), 0),
            'failed', coalesce(sum(p.events) filter (where p.event_type = 'payment_failed'), 0),
            'refunded', coalesce(sum(p.events) filter (where p.event_type = 'payment_refunded'), 0),
            'revenue', coalesce(sum(p.amount) filter (where p.event_type = 'payment_succeeded'), 0),
            'refunds', coalesce(sum(p.amount) filter (where p.event_type = 'payment_refunded'), 0),
            'fees', coalesce(sum(p.fee) filter (where p.event_type in ('payment_succeeded', 'payment_refunded')), 0),
            'customers', count(distinct p.customer_id) filter (where p.event_type = 'payment_succeeded'),
            'new_customers', coalesce(max(n.customers), 0)
        )
    from periods as p
    left join (
        select c.relation, c.merchant_id, c.currency, c.key, count(*) as customers
        from newcomers as c
        group by c.relation, c.merchant_id, c.currency, c.key
    ) as n using (relation, merchant_id, currency, key)
    group by p.relation, p.merchant_id, p.currency, p.key
    union all
    select
        'merchant_returning_customers', v.merchant_id, v.currency, v.local_date || ' after ' || v.previous_date,
        jsonb_build_object('customers', count(*))
    from asked as a
    inner join visits as v on v.local_date between a.first_date and a.last_date
    where v.previous_date is not null
    group by v.merchant_id, v.currency, v.local_date, v.previous_date
    union all
    select
        'merchant_payment_method_stats', e.merchant_id, e.currency, e.local_date || ' ' || e.payment_method,
        jsonb_build_object(
            'successful', coalesce(sum(e.events) filter (where e.event_type = 'payment_succeeded'), 0),
            'failed', coalesce(sum(e.events) filter (where e.event_type = 'payment_failed'), 0),
            'amount', coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded'), 0)
        )
    from events as e
    where e.is_asked and e.event_type in ('payment_succeeded', 'payment_failed')
    group by e.merchant_id, e.currency, e.local_date, e.payment_method
    union all
    select
        'merchant_failure_stats', e.merchant_id, e.currency,
        e.local_date || ' ' || jsonb_build_array(coalesce(e.failure_code, ''), e.payment_method),
        jsonb_build_object('failed', sum(e.events), 'amount', sum(e.amount))
    from events as e
    where e.is_asked and e.event_type = 'payment_failed'
    group by e.merchant_id, e.currency, e.local_date, coalesce(e.failure_code, ''), e.payment_method
    union all
    select
        'merchant_product_stats', e.merchant_id, e.currency, e.local_date || ' ' || e.product_id,
        jsonb_build_object('successful', sum(e.events), 'amount', sum(e.amount))
    from events as e
    where e.is_asked and e.event_type = 'payment_succeeded' and e.product_id is not null
    group by e.merchant_id, e.currency, e.local_date, e.product_id
    union all
    select
        'merchant_products', e.merchant_id, e.currency, e.product_id,
        jsonb_build_object('product_name', (
            array_agg(e.product_name order by e.last_at desc, e.event_id desc, e.product_name desc nulls last)
        )[1])
    from events as e
    where e.event_type = 'payment_succeeded' and e.product_id is not null
    group by e.merchant_id, e.currency, e.product_id
    union all
    select
        'merchant_customer_stats', f.merchant_id, f.currency, f.customer_id,
        jsonb_build_object(
            'transactions', sum(f.events), 'total_spent', sum(f.amount),
            'first_at', min(f.first_at), 'last_at', max(f.last_at),
            'active_dates', array_agg(distinct f.local_date), 'active_hours', array_agg(distinct f.hour_start)
        )
    from purchases as f
    group by f.merchant_id, f.currency, f.customer_id
    union all
    select
        'merchant_customer_totals', f.merchant_id, f.currency, '',
        jsonb_build_object(
            'customers', count(distinct f.customer_id), 'transactions', sum(f.events), 'total_spent', sum(f.amount)
        )
    from purchases as f
    group by f.merchant_id, f.currency
    union all
    select 'merchant_transactions', t.merchant_id, t.currency, t.transaction_id,
        to_jsonb(t) - array['merchant_id', 'currency', 'transaction_id']
    from internal.told_transactions(p_merchant_id, null, true) as t
    inner join data.merchants as m on t.merchant_id = m.merchant_id
$$;
comment on function internal.expected_aggregates(uuid, date, date, boolean) is
'What each row of each aggregate table should hold, of those that are of a local day the ones in the range (null: without bound); the others are right only when they are asked for, too.';

create function internal.actual_aggregates(p_merchant_id uuid, p_start_date date, p_end_date date)
returns table (relation text, merchant_id uuid, currency text, key text, measures jsonb)
language sql stable
as $$
    select 'merchant_hourly_aggregates', a.merchant_id, a.currency, internal.rfc3339(a.hour_start),
        to_jsonb(a) - array['merchant_id', 'currency', 'hour_start']
    from data.merchant_hourly_aggregates as a
    left join data.merchants as m on a.merchant_id = m.merchant_id
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id)
        and (a.hour_start at time zone coalesce(m.aggregated_timezone, 'UTC'))::date
        between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_daily_aggregates', a.merchant_id, a.currency, a.local_date::text,
        to_jsonb(a) - array['merchant_id', 'currency', 'local_date']
    from data.merchant_daily_aggregates as a
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id)
        and a.local_date between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_returning_customers', a.merchant_id, a.currency, a.local_date || ' after ' || a.previous_date,
        jsonb_build_object('customers', a.customers)
    from data.merchant_returning_customers as a
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id) and a.customers <> 0
        and a.local_date between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_payment_method_stats', a.merchant_id, a.currency, a.local_date || ' ' || a.payment_method,
        to_jsonb(a) - array['merchant_id', 'currency', 'local_date', 'payment_method']
    from data.merchant_payment_method_stats as a
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id)
        and a.local_date between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_failure_stats', a.merchant_id, a.currency,
        a.local_date || ' ' || jsonb_build_array(a.failure_code, a.payment_method),
        to_jsonb(a) - array['merchant_id', 'currency', 'local_date', 'failure_code', 'payment_method']
    from data.merchant_failure_stats as a
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id)
        and a.local_date between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_product_stats', a.merchant_id, a.currency, a.local_date || ' ' || a.product_id,
        to_jsonb(a) - array['merchant_id', 'currency', 'local_date', 'product_id']
    from data.merchant_product_stats as a
    where
        (p_merchant_id is null or a.merchant_id = p_merchant_id)
        and a.local_date between coalesce(p_start_date, '-infinity') and coalesce(p_end_date, 'infinity')
    union all
    select 'merchant_products', a.merchant_id, a.currency, a.product_id, jsonb_build_object('product_name', a.product_name)
    from data.merchant_products as a where p_merchant_id is null or a.merchant_id = p_merchant_id
    union all
    select 'merchant_customer_stats', a.merchant_id, a.currency, a.customer_id,
        to_jsonb(a) - array['merchant_id', 'currency', 'customer_id']
    from data.merchant_customer_stats as a where p_merchant_id is null or a.merchant_id = p_merchant_id
    union all
    select 'merchant_customer_totals', a.merchant_id, a.currency, '', to_jsonb(a) - array['merchant_id', 'currency']
    from data.merchant_customer_totals as a where p_merchant_id is null or a.merchant_id = p_merchant_id
    union all
    select 'merchant_transactions', a.merchant_id, a.currency, a.transaction_id,
        to_jsonb(a) - array['merchant_id', 'currency', 'transaction_id']
    from data.merchant_transactions as a where p_merchant_id is null or a.merchant_id = p_merchant_id
$$;
comment on function internal.actual_aggregates(uuid, date, date) is
'What each row of each aggregate table holds; of those that are of a local day, the ones in the range (null: without bound).';

create function ops.reconcile(
    p_merchant_id uuid default null, p_start_date date default null, p_end_date date default null
)
returns table (
    relation text, merchant_id uuid, currency text, key text, measure text, expected text, actual text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select d.relation, d.merchant_id, d.currency, d.key, m.measure, d.expected ->> m.measure, d.actual ->> m.measure
    from internal.different_rows(
        p_merchant_id, p_start_date, p_end_date, p_start_date is null and p_end_date is null
    ) as d
    cross join lateral jsonb_object_keys(coalesce(d.expected, '{}') || coalesce(d.actual, '{}')) as m (measure)
    where d.expected -> m.measure is distinct from d.actual -> m.measure
    union all
    select 'set_aside_events', s.merchant_id, null, s.event_id::text, 'events', '0', '1'
    from data.set_aside_events as s
    where p_merchant_id is null or s.merchant_id = p_merchant_id;
end
$$;
comment on function ops.reconcile(uuid, date, date) is
'Differences between the aggregates and a recomputation from the events, raw and retired, of a merchant (null: of all), one row per row and measure; none is right. With a first or last local day only what is of those days is compared: hours, days, returning customers, payment methods, failures, products. Events set aside count as differences. Reads one snapshot, so it may run at any time; all merchants at once take long: molam reconcile goes one by one.';

-- Steps through each primary key from merchant to merchant: the cost goes with merchants, not with rows.
create function ops.unknown_merchants()
returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_table text;
    v_more uuid[];
    v_found uuid[] := array[]::uuid[];
begin
    foreach v_table in array array[
        'merchant_hourly_aggregates', 'merchant_daily_aggregates', 'merchant_returning_customers',
        'merchant_payment_method_stats', 'merchant_failure_stats', 'merchant_product_stats', 'merchant_products',
        'merchant_customer_stats', 'merchant_customer_totals', 'merchant_transactions', 'set_aside_events'
    ] loop
        execute format($sql$
            with recursive steps as (
                (select t.merchant_id from data.%1$I as t order by t.merchant_id limit 1)
                union all
                select (
                    select t.merchant_id from data.%1$I as t
                    where t.merchant_id > s.merchant_id order by t.merchant_id limit 1
                )
                from steps as s
                where s.merchant_id is not null
            )

            select array_agg(s.merchant_id) from steps as s
            where
                s.merchant_id is not null
                and not exists (select from data.merchants as m where m.merchant_id = s.merchant_id)
        $sql$, v_table) into v_more;
        v_found := v_found || v_more;
    end loop;
    return query select distinct u.merchant_id from unnest(v_found) as u (merchant_id);
end
$$;
comment on function ops.unknown_merchants() is
'Merchants that have figures, or events set aside, and are not in ops.merchants. None is right: ops.reconcile shows what there is of them.';
