-- How a window's events are added to each aggregate table. Every function takes the events p_first to p_last of
-- pg_temp.window_events, groups them (one row per key) and upserts in key order. Needs 30_rollup.sql's tables.

create function internal.add_to_hours(p_first bigint, p_last bigint)
returns void
language sql volatile
as $$
    insert into data.merchant_hourly_aggregates as a (
        merchant_id, currency, hour_start, created, successful, failed, refunded, revenue, refunds, fees
    )
    select
        w.merchant_id, w.currency, w.hour_start,
        count(*) filter (where w.event_type = 'payment_created'),
        count(*) filter (where w.event_type = 'payment_succeeded'),
        count(*) filter (where w.event_type = 'payment_failed'),
        count(*) filter (where w.event_type = 'payment_refunded'),
        coalesce(sum(w.amount) filter (where w.event_type = 'payment_succeeded'), 0),
        coalesce(sum(w.amount) filter (where w.event_type = 'payment_refunded'), 0),
        coalesce(sum(w.fee) filter (where w.event_type in ('payment_succeeded', 'payment_refunded')), 0)
    from pg_temp.window_events as w
    where w.number between p_first and p_last
    group by w.merchant_id, w.currency, w.hour_start
    order by w.merchant_id, w.currency, w.hour_start
    on conflict (merchant_id, currency, hour_start) do update set
        created = a.created + excluded.created,
        successful = a.successful + excluded.successful,
        failed = a.failed + excluded.failed,
        refunded = a.refunded + excluded.refunded,
        revenue = a.revenue + excluded.revenue,
        refunds = a.refunds + excluded.refunds,
        fees = a.fees + excluded.fees
$$;
comment on function internal.add_to_hours(bigint, bigint) is 'Counts and sums per local hour.';

create function internal.add_to_days(p_first bigint, p_last bigint)
returns void
language sql volatile
as $$
    insert into data.merchant_daily_aggregates as a (
        merchant_id, currency, local_date, created, successful, failed, refunded, revenue, refunds, fees
    )
    select
        w.merchant_id, w.currency, w.local_date,
        count(*) filter (where w.event_type = 'payment_created'),
        count(*) filter (where w.event_type = 'payment_succeeded'),
        count(*) filter (where w.event_type = 'payment_failed'),
        count(*) filter (where w.event_type = 'payment_refunded'),
        coalesce(sum(w.amount) filter (where w.event_type = 'payment_succeeded'), 0),
        coalesce(sum(w.amount) filter (where w.event_type = 'payment_refunded'), 0),
        coalesce(sum(w.fee) filter (where w.event_type in ('payment_succeeded', 'payment_refunded')), 0)
    from pg_temp.window_events as w
    where w.number between p_first and p_last
    group by w.merchant_id, w.currency, w.local_date
    order by w.merchant_id, w.currency, w.local_date
    on conflict (merchant_id, currency, local_date) do update set
        created = a.created + excluded.created,
        successful = a.successful + excluded.successful,
        failed = a.failed + excluded.failed,
        refunded = a.refunded + excluded.refunded,
        revenue = a.revenue + excluded.revenue,
        refunds = a.refunds + excluded.refunds,
        fees = a.fees + excluded.fees
$$;
comment on function internal.add_to_days(bigint, bigint) is 'Counts and sums per local day.';

create function internal.add_to_payment_methods(p_first bigint, p_last bigint)
returns void
language sql volatile
as $$
    insert into data.merchant_payment_method_stats as a (
        merchant_id, currency, local_date, payment_method, successful, failed, amount
    )
    select
        w.merchant_id, w.currency, w.local_date, w.payment_method,
        count(*) filter (where w.event_type = 'payment_succeeded'),
        count(*) filter (where w.event_type = 'payment_failed'),
        coalesce(sum(w.amount) filter (where w.event_type = 'payment_succeeded'), 0)
    from pg_temp.window_events as w
    where
        w.number between p_first and p_last
        and w.event_type in ('payment_succeeded', 'payment_failed')
    group by w.merchant_id, w.currency, w.local_date, w.payment_method
    order by w.merchant_id, w.currency, w.local_date, w.payment_method
    on conflict (merchant_id, currency, local_date, payment_method) do update set
        successful = a.successful + excluded.successful,
        failed = a.failed + excluded.failed,
        amount = a.amount + excluded.amount
$$;
comment on function internal.add_to_payment_methods(bigint, bigint) is 'Outcomes per local day and payment method.';

create function internal.add_to_products(p_first bigint, p_last bigint)
returns void
language sql volatile
as $$
    insert into data.merchant_product_stats as a (merchant_id, currency, local_date, product_id, successful, amount)
    select w.merchant_id, w.currency, w.local_date, w.product_id, count(*), sum(w.amount)
    from pg_temp.window_events as w
    where
        w.number between p_first and p_last
        and w.event_type = 'payment_succeeded'
        and w.product_id is not null
    group by w.merchant_id, w.currency, w.local_date, w.product_id
    order by w.merchant_id, w.currency, w.local_date, w.product_id
    on conflict (merchant_id, currency, local_date, product_id) do update set
        successful = a.successful + excluded.successful,
        amount = a.amount + excluded.amount;

    -- the row is only written when the name comes from a later event
    insert into data.merchant_products as a (merchant_id, currency, product_id, product_name, named_at, named_by)
    select distinct on (w.merchant_id, w.currency, w.product_id)
        w.merchant_id, w.currency, w.product_id, w.product_name, w.occurred_at, w.event_id
    from pg_temp.window_events as w
    where
        w.number between p_first and p_last
        and w.event_type = 'payment_succeeded'
        and w.product_id is not null
    order by w.merchant_id, w.currency, w.product_id, w.occurred_at desc, w.event_id desc
    on conflict (merchant_id, currency, product_id) do update set
        product_name = excluded.product_name,
        named_at = excluded.named_at,
        named_by = excluded.named_by
    where (excluded.named_at, excluded.named_by) > (a.named_at, a.named_by);
$$;
comment on function internal.add_to_products(bigint, bigint) is 'Successful payments per local day and product, and the products'' names.';

-- Customers: what is new about each (hours, days, first payment) is worked out against what is known of it, then
-- counted into hours and days, and last written to the customer's own row.
create function internal.add_to_customers(p_first bigint, p_last bigint)
returns void
language plpgsql volatile
as $$
begin
    delete from pg_temp.window_customers;
    perform internal.gather_customers(p_first, p_last);
    perform internal.count_customers_of_hours();
    perform internal.count_customers_of_days();
    perform internal.count_returning_customers();
    perform internal.write_customers();
end
$$;
comment on function internal.add_to_customers(bigint, bigint) is 'Distinct, new and returning customers, and each customer''s own figures.';

create function internal.gather_customers(p_first bigint, p_last bigint)
returns void
language sql volatile
as $$
    with grouped as (
        select
            w.merchant_id, w.currency, w.customer_id,
            count(*) as transactions, sum(w.amount) as spent,
            min(w.occurred_at) as first_at, max(w.occurred_at) as last_at,
            array_agg(distinct w.hour_start) as hours, array_agg(distinct w.local_date) as dates
        from pg_temp.window_events as w
        where
            w.number between p_first and p_last
            and w.event_type = 'payment_succeeded'
            and w.customer_id is not null
        group by w.merchant_id, w.currency, w.customer_id
    ),

    known as (
        select
            g.*, c.first_at as known_first_at,
            -- in order of time, the usual case, all is new but what the last known hour and day hold already
            c.active_dates[cardinality(c.active_dates)] as last_date,
            case
                when c.customer_id is null or g.hours[1] > c.last_at then g.hours
                else internal.not_in(g.hours, c.active_hours)
            end as new_hours,
            case
                when c.customer_id is null or g.dates[1] > c.active_dates[cardinality(c.active_dates)] then g.dates
                else internal.not_in(g.dates, c.active_dates)
            end as new_dates,
            c.active_dates
        from grouped as g
        left join data.merchant_customer_stats as c using (merchant_id, currency, customer_id)
    )

    insert into pg_temp.window_customers
    select
        k.merchant_id, k.currency, k.customer_id, k.transactions, k.spent, k.first_at, k.last_at,
        k.known_first_at, k.new_hours, k.new_dates, around.dates_before, around.dates_after
    from known as k
    -- The days between which the new ones come to lie: behind the last known day only that one matters.
    cross join lateral (
        select
            case
                when k.new_dates = '{}' then '{}'
                when k.new_dates[1] > k.last_date then array[k.last_date]
                else coalesce(k.active_dates, '{}')
            end as dates_before,
            case
                when k.new_dates = '{}' then '{}'
                when k.new_dates[1] > k.last_date then k.last_date || k.new_dates
                else internal.merge(k.active_dates, k.new_dates)
            end as dates_after
    ) as around
$$;
comment on function internal.gather_customers(bigint, bigint) is 'Fills pg_temp.window_customers: one row per customer with a successful payment among the events.';

create function internal.not_in(p_values anyarray, p_known anyarray)
returns anyarray
language sql immutable parallel safe
as $$
    select coalesce(array_agg(v order by v), '{}') from unnest(p_values) as v where v <> all(p_known)
$$;
comment on function internal.not_in(anyarray, anyarray) is 'The values that are not among the known ones, ascending.';

create function internal.merge(p_known anyarray, p_new anyarray)
returns anyarray
language sql immutable parallel safe
as $$
    select array_agg(v order by v) from unnest(p_known || p_new) as v
$$;
comment on function internal.merge(anyarray, anyarray) is 'Two disjoint sets of values as one, ascending.';

create function internal.count_customers_of_hours()
returns void
language sql volatile
as $$
    update data.merchant_hourly_aggregates as a
    set customers = a.customers + d.customers, new_customers = a.new_customers + d.new_customers
    from (
        select c.merchant_id, c.currency, c.hour_start, sum(c.customers) as customers, sum(c.new_customers) as new_customers
        from (
            select w.merchant_id, w.currency, h.hour_start, 1 as customers, 0 as new_customers
            from pg_temp.window_customers as w
            cross join lateral unnest(w.new_hours) as h (hour_start)
            union all
            select f.merchant_id, f.currency, date_trunc('hour', f.first_at, m.aggregated_timezone), 0, f.new_customers
            from internal.moved_firsts() as f
            inner join data.merchants as m using (merchant_id)
        ) as c
        group by c.merchant_id, c.currency, c.hour_start
    ) as d
    where (a.merchant_id, a.currency, a.hour_start) = (d.merchant_id, d.currency, d.hour_start)
$$;
comment on function internal.count_customers_of_hours() is 'Adds distinct and new customers to the hours'' rows, which internal.add_to_hours has made.';

create function internal.count_customers_of_days()
returns void
language sql volatile
as $$
    update data.merchant_daily_aggregates as a
    set customers = a.customers + d.customers, new_customers = a.new_customers + d.new_customers
    from (
        select c.merchant_id, c.currency, c.local_date, sum(c.customers) as customers, sum(c.new_customers) as new_customers
        from (
            select w.merchant_id, w.currency, n.local_date, 1 as customers, 0 as new_customers
            from pg_temp.window_customers as w
            cross join lateral unnest(w.new_dates) as n (local_date)
            union all
            select f.merchant_id, f.currency, (f.first_at at time zone m.aggregated_timezone)::date, 0, f.new_customers
            from internal.moved_firsts() as f
            inner join data.merchants as m using (merchant_id)
        ) as c
        group by c.merchant_id, c.currency, c.local_date
    ) as d
    where (a.merchant_id, a.currency, a.local_date) = (d.merchant_id, d.currency, d.local_date)
$$;
comment on function internal.count_customers_of_days() is 'Adds distinct and new customers to the days'' rows, which internal.add_to_days has made.';

-- A late event can move a customer's first payment back: one fewer new customer then, one more earlier.
create function internal.moved_firsts()
returns table (merchant_id uuid, currency text, first_at timestamptz, new_customers integer)
language sql stable
as $$
    select w.merchant_id, w.currency, w.first_at, 1
    from pg_temp.window_customers as w
    where w.known_first_at is null or w.first_at < w.known_first_at
    union all
    select w.merchant_id, w.currency, w.known_first_at, -1
    from pg_temp.window_customers as w
    where w.first_at < w.known_first_at
$$;
comment on function internal.moved_firsts() is 'Instants at which a customer became new (1) or is no longer new (-1).';

-- Days that follow each other in a customer's history: those after the window less those before it.
create function internal.count_returning_customers()
returns void
language sql volatile
as $$
    insert into data.merchant_returning_customers as a (merchant_id, currency, local_date, previous_date, customers)
    select p.merchant_id, p.currency, p.local_date, p.previous_date, sum(p.customers)
    from (
        select w.merchant_id, w.currency, w.dates_after[i] as local_date, w.dates_after[i - 1] as previous_date, 1 as customers
        from pg_temp.window_customers as w
        cross join lateral generate_series(2, cardinality(w.dates_after)) as i
        union all
        select w.merchant_id, w.currency, w.dates_before[i], w.dates_before[i - 1], -1
        from pg_temp.window_customers as w
        cross join lateral generate_series(2, cardinality(w.dates_before)) as i
    ) as p
    group by p.merchant_id, p.currency, p.local_date, p.previous_date
    having sum(p.customers) <> 0
    order by p.merchant_id, p.currency, p.local_date, p.previous_date
    on conflict (merchant_id, currency, local_date, previous_date) do update set
        customers = a.customers + excluded.customers
$$;
comment on function internal.count_returning_customers() is 'Moves customers between the pairs of (day, previous day) as days come in between.';

create function internal.write_customers()
returns void
language sql volatile
as $$
    insert into data.merchant_customer_stats as c (
        merchant_id, currency, customer_id, transactions, total_spent, first_at, last_at, active_dates, active_hours
    )
    select
        w.merchant_id, w.currency, w.customer_id, w.transactions, w.spent, w.first_at, w.last_at, w.new_dates, w.new_hours
    from pg_temp.window_customers as w
    order by w.merchant_id, w.currency, w.customer_id
    on conflict (merchant_id, currency, customer_id) do update set
        transactions = c.transactions + excluded.transactions,
        total_spent = c.total_spent + excluded.total_spent,
        first_at = least(c.first_at, excluded.first_at),
        last_at = greatest(c.last_at, excluded.last_at),
        active_dates = case
            when excluded.active_dates = '{}' then c.active_dates
            when excluded.active_dates[1] > c.active_dates[cardinality(c.active_dates)]
                then c.active_dates || excluded.active_dates
            else internal.merge(c.active_dates, excluded.active_dates)
        end,
        active_hours = case
            when excluded.active_hours = '{}' then c.active_hours
            when excluded.active_hours[1] > c.last_at then c.active_hours || excluded.active_hours
            else internal.merge(c.active_hours, excluded.active_hours)
        end;

    insert into data.merchant_customer_totals as t (merchant_id, currency, customers, transactions, total_spent)
    select
        w.merchant_id, w.currency, count(*) filter (where w.known_first_at is null), sum(w.transactions), sum(w.spent)
    from pg_temp.window_customers as w
    group by w.merchant_id, w.currency
    order by w.merchant_id, w.currency
    on conflict (merchant_id, currency) do update set
        customers = t.customers + excluded.customers,
        transactions = t.transactions + excluded.transactions,
        total_spent = t.total_spent + excluded.total_spent;
$$;
comment on function internal.write_customers() is 'Writes the window''s customers to their own rows and to the totals.';
