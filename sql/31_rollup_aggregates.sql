-- How a window is added to each aggregate table: grouped first (one row per key), then upserted in the order of the key.
-- Needs the temporary tables of 30_rollup.sql.

-- Customers with a successful payment in the window, with what is new about each against what is known of it.
-- One index look-up each: left to itself the planner hashes the whole table of customers for every window.
create function internal.gather_customers()
returns void
language sql volatile set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
    with grouped as (
        select
            w.merchant_id, w.currency, w.customer_id,
            sum(w.successful) as transactions, sum(w.revenue) as spent,
            min(w.first_at) as first_at, max(w.last_at) as last_at,
            array_agg(distinct w.hour_start) as hours, array_agg(distinct w.local_date) as dates
        from pg_temp.window_events as w
        where w.successful > 0 and w.customer_id is not null
        group by w.merchant_id, w.currency, w.customer_id
    ),

    known as (
        select
            g.*, c.active_dates, c.active_dates[cardinality(c.active_dates)] as last_date,
            c.active_hours[1] as known_first_hour, c.active_dates[1] as known_first_date,
            -- in the order of time, the usual case, only the last known hour and day may come again
            case
                when c.customer_id is null or g.hours[1] > c.active_hours[cardinality(c.active_hours)] then g.hours
                when g.hours[1] = c.active_hours[cardinality(c.active_hours)] then g.hours[2:]
                else array(select h from unnest(g.hours) as h where h <> all(c.active_hours) order by h)
            end as new_hours,
            case
                when c.customer_id is null or g.dates[1] > c.active_dates[cardinality(c.active_dates)] then g.dates
                when g.dates[1] = c.active_dates[cardinality(c.active_dates)] then g.dates[2:]
                else array(select d from unnest(g.dates) as d where d <> all(c.active_dates) order by d)
            end as new_dates
        from grouped as g
        left join data.merchant_customer_stats as c using (merchant_id, currency, customer_id)
    )

    insert into pg_temp.window_customers
    select
        k.merchant_id, k.currency, k.customer_id, k.transactions, k.spent, k.first_at, k.last_at,
        k.hours[1], k.dates[1], k.known_first_hour, k.known_first_date, k.new_hours, k.new_dates,
        -- behind the last known day only that one matters
        case
            when k.last_date is null or k.new_dates = '{}' then '{}'
            when k.new_dates[1] > k.last_date then array[k.last_date]
            else k.active_dates
        end,
        case
            when k.last_date is null or k.new_dates = '{}' then k.new_dates
            when k.new_dates[1] > k.last_date then k.last_date || k.new_dates
            else array(select d from unnest(k.active_dates || k.new_dates) as d order by d)
        end
    from known as k
$$;
comment on function internal.gather_customers() is 'Fills pg_temp.window_customers: one row per customer with a successful payment in the window.';

-- Hours and days: counts and sums of the events, and customers. A late event can move a customer's first payment
-- back: one new customer more then, one fewer where it was known to be new. The events are read once: hours make days.
create function internal.add_to_hours_and_days()
returns void
language sql volatile
as $$
    with events as materialized (
        select
            e.merchant_id, e.currency, e.hour_start, e.local_date, sum(e.created) as created,
            sum(e.successful) as successful, sum(e.failed) as failed, sum(e.refunded) as refunded,
            sum(e.revenue) as revenue, sum(e.refunds) as refunds, sum(e.fees) as fees
        from pg_temp.window_events as e
        group by e.merchant_id, e.currency, e.hour_start, e.local_date
    ),

    hours as (
        insert into data.merchant_hourly_aggregates as a (
            merchant_id, currency, hour_start,
            created, successful, failed, refunded, revenue, refunds, fees, customers, new_customers
        )
        select
            w.merchant_id, w.currency, w.hour_start, sum(w.created), sum(w.successful), sum(w.failed), sum(w.refunded),
            sum(w.revenue), sum(w.refunds), sum(w.fees), sum(w.customers), sum(w.new_customers)
        from (
            select
                e.merchant_id, e.currency, e.hour_start, e.created, e.successful, e.failed, e.refunded,
                e.revenue, e.refunds, e.fees, 0 as customers, 0 as new_customers
            from events as e
            union all
            select c.merchant_id, c.currency, h.hour_start, 0, 0, 0, 0, 0, 0, 0, 1, 0
            from pg_temp.window_customers as c cross join lateral unnest(c.new_hours) as h (hour_start)
            union all
            select c.merchant_id, c.currency, c.first_hour, 0, 0, 0, 0, 0, 0, 0, 0, 1
            from pg_temp.window_customers as c
            where c.known_first_hour is null or c.first_hour < c.known_first_hour
            union all
            select c.merchant_id, c.currency, c.known_first_hour, 0, 0, 0, 0, 0, 0, 0, 0, -1
            from pg_temp.window_customers as c
            where c.first_hour < c.known_first_hour
        ) as w
        group by w.merchant_id, w.currency, w.hour_start
        order by w.merchant_id, w.currency, w.hour_start
        on conflict (merchant_id, currency, hour_start) do update set
            created = a.created + excluded.created,
            successful = a.successful + excluded.successful,
            failed = a.failed + excluded.failed,
            refunded = a.refunded + excluded.refunded,
            revenue = a.revenue + excluded.revenue,
            refunds = a.refunds + excluded.refunds,
            fees = a.fees + excluded.fees,
            customers = a.customers + excluded.customers,
            new_customers = a.new_customers + excluded.new_customers
    )

    insert into data.merchant_daily_aggregates as a (
        merchant_id, currency, local_date,
        created, successful, failed, refunded, revenue, refunds, fees, customers, new_customers
    )
    select
        w.merchant_id, w.currency, w.local_date, sum(w.created), sum(w.successful), sum(w.failed), sum(w.refunded),
        sum(w.revenue), sum(w.refunds), sum(w.fees), sum(w.customers), sum(w.new_customers)
    from (
        select
            e.merchant_id, e.currency, e.local_date, e.created, e.successful, e.failed, e.refunded,
            e.revenue, e.refunds, e.fees, 0 as customers, 0 as new_customers
        from events as e
        union all
        select c.merchant_id, c.currency, d.local_date, 0, 0, 0, 0, 0, 0, 0, 1, 0
        from pg_temp.window_customers as c cross join lateral unnest(c.new_dates) as d (local_date)
        union all
        select c.merchant_id, c.currency, c.first_date, 0, 0, 0, 0, 0, 0, 0, 0, 1
        from pg_temp.window_customers as c
        where c.known_first_date is null or c.first_date < c.known_first_date
        union all
        select c.merchant_id, c.currency, c.known_first_date, 0, 0, 0, 0, 0, 0, 0, 0, -1
        from pg_temp.window_customers as c
        where c.first_date < c.known_first_date
    ) as w
    group by w.merchant_id, w.currency, w.local_date
    order by w.merchant_id, w.currency, w.local_date
    on conflict (merchant_id, currency, local_date) do update set
        created = a.created + excluded.created,
        successful = a.successful + excluded.successful,
        failed = a.failed + excluded.failed,
        refunded = a.refunded + excluded.refunded,
        revenue = a.revenue + excluded.revenue,
        refunds = a.refunds + excluded.refunds,
        fees = a.fees + excluded.fees,
        customers = a.customers + excluded.customers,
        new_customers = a.new_customers + excluded.new_customers
$$;
comment on function internal.add_to_hours_and_days() is 'Adds the window to merchant_hourly_aggregates and merchant_daily_aggregates.';

-- Days that follow each other in a customer's history: those after the window less those before it.
create function internal.add_to_returning_customers()
returns void
language sql volatile
as $$
    insert into data.merchant_returning_customers as a (merchant_id, currency, local_date, previous_date, customers)
    select p.merchant_id, p.currency, p.local_date, p.previous_date, sum(p.customers)
    from (
        select c.merchant_id, c.currency, c.dates_after[i] as local_date, c.dates_after[i - 1] as previous_date, 1 as customers
        from pg_temp.window_customers as c
        cross join lateral generate_series(2, cardinality(c.dates_after)) as i
        union all
        select c.merchant_id, c.currency, c.dates_before[i], c.dates_before[i - 1], -1
        from pg_temp.window_customers as c
        cross join lateral generate_series(2, cardinality(c.dates_before)) as i
    ) as p
    group by p.merchant_id, p.currency, p.local_date, p.previous_date
    having sum(p.customers) <> 0
    order by p.merchant_id, p.currency, p.local_date, p.previous_date
    on conflict (merchant_id, currency, local_date, previous_date) do update set
        customers = a.customers + excluded.customers
$$;
comment on function internal.add_to_returning_customers() is 'Moves customers between the pairs (day, previous day) as days come in between.';

-- Known customers are updated, new ones inserted: cheaper than asking each row with on conflict, and safe, for the
-- bucket is worked by one runner at a time.
create function internal.add_to_customers()
returns void
language sql volatile set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
    update data.merchant_customer_stats as c
    set
        transactions = c.transactions + w.transactions,
        total_spent = c.total_spent + w.spent,
        first_at = least(c.first_at, w.first_at),
        last_at = greatest(c.last_at, w.last_at),
        active_dates = case
            when w.new_dates = '{}' then c.active_dates
            when w.new_dates[1] > c.active_dates[cardinality(c.active_dates)] then c.active_dates || w.new_dates
            else array(select d from unnest(c.active_dates || w.new_dates) as d order by d)
        end,
        active_hours = case
            when w.new_hours = '{}' then c.active_hours
            when w.new_hours[1] > c.active_hours[cardinality(c.active_hours)] then c.active_hours || w.new_hours
            else array(select h from unnest(c.active_hours || w.new_hours) as h order by h)
        end
    from pg_temp.window_customers as w
    where
        w.known_first_date is not null
        and (c.merchant_id, c.currency, c.customer_id) = (w.merchant_id, w.currency, w.customer_id);

    insert into data.merchant_customer_stats (
        merchant_id, currency, customer_id, transactions, total_spent, first_at, last_at, active_dates, active_hours
    )
    select
        w.merchant_id, w.currency, w.customer_id, w.transactions, w.spent, w.first_at, w.last_at, w.new_dates, w.new_hours
    from pg_temp.window_customers as w
    where w.known_first_date is null
    order by w.merchant_id, w.currency, w.customer_id;

    insert into data.merchant_customer_totals as t (merchant_id, currency, customers, transactions, total_spent)
    select
        w.merchant_id, w.currency, count(*) filter (where w.known_first_date is null), sum(w.transactions), sum(w.spent)
    from pg_temp.window_customers as w
    group by w.merchant_id, w.currency
    order by w.merchant_id, w.currency
    on conflict (merchant_id, currency) do update set
        customers = t.customers + excluded.customers,
        transactions = t.transactions + excluded.transactions,
        total_spent = t.total_spent + excluded.total_spent;
$$;
comment on function internal.add_to_customers() is 'Adds the window to merchant_customer_stats and merchant_customer_totals.';

create function internal.add_to_payment_methods()
returns void
language sql volatile
as $$
    insert into data.merchant_payment_method_stats as a (
        merchant_id, currency, local_date, payment_method, successful, failed, amount
    )
    select
        w.merchant_id, w.currency, w.local_date, w.payment_method, sum(w.successful), sum(w.failed), sum(w.revenue)
    from pg_temp.window_events as w
    where w.successful + w.failed > 0
    group by w.merchant_id, w.currency, w.local_date, w.payment_method
    order by w.merchant_id, w.currency, w.local_date, w.payment_method
    on conflict (merchant_id, currency, local_date, payment_method) do update set
        successful = a.successful + excluded.successful,
        failed = a.failed + excluded.failed,
        amount = a.amount + excluded.amount
$$;
comment on function internal.add_to_payment_methods() is 'Adds the window to merchant_payment_method_stats.';

-- Most windows have few failures, and many none.
create function internal.add_to_failures()
returns void
language sql volatile
as $$
    insert into data.merchant_failure_stats as a (
        merchant_id, currency, local_date, failure_code, payment_method, failed, amount
    )
    select
        w.merchant_id, w.currency, w.local_date, coalesce(w.failure_code, ''), w.payment_method,
        sum(w.failed), sum(w.amount)
    from pg_temp.window_events as w
    where w.failed > 0
    group by w.merchant_id, w.currency, w.local_date, coalesce(w.failure_code, ''), w.payment_method
    order by w.merchant_id, w.currency, w.local_date, coalesce(w.failure_code, ''), w.payment_method
    on conflict (merchant_id, currency, local_date, failure_code, payment_method) do update set
        failed = a.failed + excluded.failed,
        amount = a.amount + excluded.amount
$$;
comment on function internal.add_to_failures() is 'Adds the window to merchant_failure_stats.';

create function internal.add_to_products()
returns void
language sql volatile
as $$
    insert into data.merchant_product_stats as a (merchant_id, currency, local_date, product_id, successful, amount)
    select w.merchant_id, w.currency, w.local_date, w.product_id, sum(w.successful), sum(w.revenue)
    from pg_temp.window_events as w
    where w.successful > 0 and w.product_id is not null
    group by w.merchant_id, w.currency, w.local_date, w.product_id
    order by w.merchant_id, w.currency, w.local_date, w.product_id
    on conflict (merchant_id, currency, local_date, product_id) do update set
        successful = a.successful + excluded.successful,
        amount = a.amount + excluded.amount;

    insert into data.merchant_products as a (merchant_id, currency, product_id, product_name, named_at, named_by)
    select distinct on (w.merchant_id, w.currency, w.product_id)
        w.merchant_id, w.currency, w.product_id, w.product_name, w.last_at, w.event_id
    from pg_temp.window_events as w
    inner join (
        select e.merchant_id, e.currency, e.product_id, max(e.last_at) as last_at
        from pg_temp.window_events as e
        where e.successful > 0 and e.product_id is not null
        group by e.merchant_id, e.currency, e.product_id
    ) as latest using (merchant_id, currency, product_id, last_at)
    where w.successful > 0
    order by w.merchant_id, w.currency, w.product_id, w.event_id desc, w.product_name desc nulls last
    on conflict (merchant_id, currency, product_id) do update set
        product_name = excluded.product_name,
        named_at = excluded.named_at,
        named_by = excluded.named_by
    -- The row is only written when the name comes from a later event. One that was retired may have come again, with
    -- the same id and another name: then the greater name, so that the order of arrival changes nothing.
    where
        (excluded.named_at, excluded.named_by, coalesce(excluded.product_name, ''))
        > (a.named_at, a.named_by, coalesce(a.product_name, ''));
$$;
comment on function internal.add_to_products() is 'Adds the window to merchant_product_stats, and its names to merchant_products.';
