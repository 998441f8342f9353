-- The end of an event's life (docs/data-life.md): partitions that retention condenses and drops, customers who are
-- forgotten. Needs data.retired_events, data.retention, data.erasures and 30_rollup.sql.

-- Zones change their offset at quarters of an hour by multiples of one; until 2023 some did it a minute past
-- midnight, and Monrovia was 44 minutes and 30 seconds behind until 1972.
create function internal.slot_at(p_occurred_at timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
    select date_bin(
        case when p_occurred_at < '2024-01-01 00:00:00+00' then interval '30 seconds' else interval '15 minutes' end,
        p_occurred_at, timestamptz '2000-01-01 00:00:00+00'
    )
$$;
comment on function internal.slot_at(timestamptz) is 'Start of the slot of time in which all events are in the same local hour, in whatever zone.';

create view internal.retired_rows as
select
    m.bucket_id, null::xid8 as xid,
    r.merchant_id, r.currency, r.named_by as event_id, r.last_at as received_at, r.first_at, r.last_at,
    date_trunc('hour', r.first_at, m.aggregated_timezone) as hour_start,
    (r.first_at at time zone m.aggregated_timezone)::date as local_date,
    case when r.event_type = 'payment_created' then r.events::integer else 0 end as created,
    case when r.event_type = 'payment_succeeded' then r.events::integer else 0 end as successful,
    case when r.event_type = 'payment_failed' then r.events::integer else 0 end as failed,
    case when r.event_type = 'payment_refunded' then r.events::integer else 0 end as refunded,
    case when r.event_type = 'payment_succeeded' then r.amount else 0 end as revenue,
    case when r.event_type = 'payment_refunded' then r.amount else 0 end as refunds,
    case when r.event_type in ('payment_succeeded', 'payment_refunded') then r.fee else 0 end as fees,
    r.payment_method, r.product_id, r.product_name, r.customer_id,
    null::text as transaction_id, r.amount, r.failure_code
from data.retired_events as r
inner join data.merchants as m on r.merchant_id = m.merchant_id;
comment on view internal.retired_rows is 'Retired events in the columns of internal.window_rows: what a rebuild adds to the raw ones.';

-- Between the two steps of retention a partition's events are in both places, and one of them may have been sent again, for
-- its identity is forgotten.
create view internal.retained_events as
select e.*
from data.transaction_events as e
where e.received_at >= (select r.retired_until from data.retention as r);
comment on view internal.retained_events is
'The raw events that count: without those that data.retired_events stands for, whose rows are about to be dropped.';

-- One step at a time, each in a transaction of its own: the horizon moves with the condensing, so that every event counts
-- once at every moment; the drop, which needs the table for an instant, is quick to try again.
create function ops.apply_retention()
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '1s' set plan_cache_mode = force_custom_plan
as $$
declare
    v_days integer := internal.setting('retention_days');
    v_started_at timestamptz := clock_timestamp();
    v_retired_until timestamptz;
    v_partition record;
    v_events bigint := 0;
    v_done text;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'retention must see what commits while it waits: run it in read committed';
    end if;
    perform pg_advisory_xact_lock(hashtext('molam partitions'));
    -- an event that is copied to another server must not be condensed between two looks
    if exists (select from data.moves as m where m.finished_at is null) then
        return null;
    end if;
    select r.retired_until into v_retired_until from data.retention as r;
    select p.partition, p.ends_at, p.ends_at <= v_retired_until as is_retired into v_partition
    from ops.partitions as p
    where
        p.ends_at <= v_retired_until
        or (v_days > 0 and p.ends_at <= v_started_at - make_interval(days => v_days))
    order by p.ends_at
    limit 1;
    if v_partition.is_retired then
        v_events := internal.retire_all_transactions();
        if clock_timestamp() > v_started_at + interval '1 second' then
            v_done := format('%s: %s transactions taken out of the list', v_partition.partition, v_events);
        else
            execute format('drop table data.%I', v_partition.partition);
            v_done := format('%s: dropped', v_partition.partition);
        end if;
    elsif not v_partition.is_retired then
        v_events := internal.condense_partition(v_partition.partition, v_partition.ends_at);
        v_done := format('%s: %s events condensed', v_partition.partition, v_events);
    end if;
    insert into data.job_runs (job, started_at, rows) values ('retention', v_started_at, v_events);
    return v_done;
end
$$;
comment on function ops.apply_retention() is
'Takes retention (setting retention_days) one step on: of the partition whose events were condensed takes the transactions out of their list, about a second''s worth, and drops it when there are no more; else condenses the oldest one that is old enough. Returns what it did; null when nothing is due, and while a merchant is on its way from or to another server. The scheduled job makes a step every maintenance_minutes. Waits for nobody longer than a second; fails, and leaves all as it was, while events of the partition wait for the rollup or are set aside.';

create function internal.retire_all_transactions()
returns bigint
language plpgsql volatile
as $$
declare
    v_started_at timestamptz := clock_timestamp();
    v_bucket_id smallint;
    v_transactions bigint := 0;
begin
    for v_bucket_id in select p.bucket_id from data.rollup_progress as p order by p.bucket_id loop
        perform from data.rollup_progress as p where p.bucket_id = v_bucket_id for update;
        v_transactions := v_transactions + internal.retire_transactions(v_bucket_id);
        exit when clock_timestamp() > v_started_at + interval '1 second';
    end loop;
    return v_transactions;
end
$$;
comment on function internal.retire_all_transactions() is
'Takes transactions with retired events out of the list, bucket by bucket until a second is over; those buckets wait for the commit. Returns how many.';

create function internal.condense_partition(p_partition text, p_ends_at timestamptz)
returns bigint
language plpgsql volatile
as $$
declare
    v_waiting bigint;
    v_set_aside bigint;
    v_events bigint;
begin
    -- no transaction, open or prepared, has rows in them that cannot be seen yet
    execute format('lock table data.%I, data.transaction_events_default in share mode', p_partition);
    execute format(
        'select count(*) filter (where not pg_visible_in_snapshot(e.xid, p.snapshot)), count(s.event_id) '
        'from data.%I as e inner join data.rollup_progress as p using (bucket_id) '
        'left join data.set_aside_events as s using (merchant_id, event_id)', p_partition
    ) into v_waiting, v_set_aside;
    if v_waiting > 0 then
        raise exception '% has % events that the rollup has not aggregated', p_partition, v_waiting;
    elsif v_set_aside > 0 then
        raise exception '% has % events that are set aside', p_partition, v_set_aside
        using hint = 'See ops.set_aside_events; ops.rebuild(merchant_id) tries them again.';
    elsif exists (select from data.transaction_events_default as e where e.received_at < p_ends_at) then
        raise exception 'transaction_events_default has events from before %', p_ends_at
        using hint = 'Run ops.create_partitions(), which makes a partition for them.';
    end if;
    perform internal.condense_events(p_ends_at);
    -- With the keys, not with the drop: one that has to be tried again repeats no work.
    execute format(
        'delete from data.transaction_event_keys as k using data.%I as e '
        'where (k.merchant_id, k.event_id) = (e.merchant_id, e.event_id)', p_partition
    );
    get diagnostics v_events = row_count;
    update data.retention set retired_until = p_ends_at;
    return v_events;
end
$$;
comment on function internal.condense_partition(text, timestamptz) is
'Adds the partition''s events to data.retired_events, deletes their identity keys and moves data.retention to its end; returns their number.';

create function internal.condense_events(p_until timestamptz)
returns void
language sql volatile
as $$
    insert into data.retired_events as r (
        merchant_id, slot_at, event_type, currency, payment_method, customer_id, product_id, failure_code,
        first_at, last_at, named_by, product_name, events, amount, fee
    )
    select
        e.merchant_id, e.slot_at, e.event_type, e.currency, e.payment_method, e.customer_id, e.product_id, e.failure_code,
        min(e.occurred_at), max(e.occurred_at),
        (array_agg(e.event_id order by e.occurred_at desc, e.event_id desc))[1],
        (array_agg(e.product_name order by e.occurred_at desc, e.event_id desc))[1],
        count(*), sum(e.amount), sum(e.fee)
    from (
        select
            t.merchant_id, internal.slot_at(t.occurred_at) as slot_at, t.event_type, t.currency,
            -- where no figure asks for it, one row does for all
            case when t.event_type in ('payment_succeeded', 'payment_failed') then t.payment_method end as payment_method,
            case when t.event_type = 'payment_succeeded' then t.customer_id end as customer_id,
            case when t.event_type = 'payment_succeeded' then t.product_id end as product_id,
            case when t.event_type = 'payment_failed' then t.failure_code end as failure_code,
            t.occurred_at, t.event_id, t.amount, t.fee,
            case when t.event_type = 'payment_succeeded' then t.product_name end as product_name
        from internal.retained_events as t
        where t.received_at < p_until
    ) as e
    group by
        e.merchant_id, e.slot_at, e.event_type, e.currency, e.payment_method, e.customer_id, e.product_id, e.failure_code
    order by e.merchant_id, e.slot_at
    on conflict on constraint retired_events_slot_is_one_row do update set
        first_at = least(r.first_at, excluded.first_at),
        last_at = greatest(r.last_at, excluded.last_at),
        product_name = case
            when internal.is_later_name(excluded, r) then excluded.product_name else r.product_name
        end,
        named_by = case when internal.is_later_name(excluded, r) then excluded.named_by else r.named_by end,
        events = r.events + excluded.events,
        amount = r.amount + excluded.amount,
        fee = r.fee + excluded.fee
$$;
comment on function internal.condense_events(timestamptz) is 'Adds the events received from the horizon until p_until to data.retired_events.';

create function internal.is_later_name(p_one data.retired_events, p_other data.retired_events)
returns boolean
language sql immutable parallel safe
as $$
    select (p_one.last_at, p_one.named_by, coalesce(p_one.product_name, ''))
        > (p_other.last_at, p_other.named_by, coalesce(p_other.product_name, ''))
$$;
comment on function internal.is_later_name(data.retired_events, data.retired_events) is
'Whether the first row''s product name is of a later event; of an event that came again after it was retired, the greater name.';

-- The log comes first: by it, in this transaction alone, the append-only trigger lets the pseudonym in. The bucket's lock
-- keeps windows and rebuilds away; xids stay as they are, so no window sees an event again.
create function ops.forget_customer(p_merchant_id uuid, p_customer_id text)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    v_pseudonym text := 'forgotten-' || gen_random_uuid();
    v_rows bigint;
begin
    perform internal.lock_merchant(p_merchant_id);
    insert into data.erasures (merchant_id, pseudonym) values (p_merchant_id, v_pseudonym);
    v_rows := internal.replace_customer(p_merchant_id, p_customer_id, v_pseudonym);
    if v_rows = 0 then
        raise exception 'merchant % has no such customer', p_merchant_id using errcode = 'ML404';
    end if;
    update data.erasures as e set rows = v_rows
    where e.merchant_id = p_merchant_id and e.pseudonym = v_pseudonym;
    perform internal.tell_changes(array[p_merchant_id]);
    return v_rows;
end
$$;
comment on function ops.forget_customer(uuid, text) is
'Erasure on request: replaces the customer''s identifier by a random pseudonym wherever the merchant''s data hold it; no figure changes. Covers every event acknowledged before the call. Logged without the identifier in ops.erasures. Returns the number of rows changed. Errors: ML404 unknown merchant or customer.';

create function internal.replace_customer(p_merchant_id uuid, p_customer_id text, p_pseudonym text)
returns bigint
language plpgsql volatile
as $$
declare
    v_rows bigint;
    v_more bigint;
begin
    update data.set_aside_events as s set reason = replace(s.reason, p_customer_id, p_pseudonym)
    from data.transaction_events as e
    where
        s.merchant_id = p_merchant_id
        and (e.merchant_id, e.event_id, e.received_at) = (s.merchant_id, s.event_id, s.received_at)
        and e.customer_id = p_customer_id;
    update data.transaction_events as e set customer_id = p_pseudonym
    where e.merchant_id = p_merchant_id and e.customer_id = p_customer_id;
    get diagnostics v_rows = row_count;
    -- after the raw events: retention that was at work on them has ended by now
    update data.retired_events as r set customer_id = p_pseudonym
    where r.merchant_id = p_merchant_id and r.customer_id = p_customer_id;
    get diagnostics v_more = row_count;
    v_rows := v_rows + v_more;
    update data.merchant_customer_stats as c set customer_id = p_pseudonym
    where c.merchant_id = p_merchant_id and c.customer_id = p_customer_id;
    get diagnostics v_more = row_count;
    v_rows := v_rows + v_more;
    update data.merchant_transactions as t set customer_id = p_pseudonym
    where t.merchant_id = p_merchant_id and t.customer_id = p_customer_id;
    get diagnostics v_more = row_count;
    return v_rows + v_more;
end
$$;
comment on function internal.replace_customer(uuid, text, text) is
'Replaces the customer''s identifier in events, raw, set aside and retired, in merchant_customer_stats and in merchant_transactions; returns the number of rows.';
