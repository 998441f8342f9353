-- How a window is added to the list of transactions, and how retention takes them out of it again.
-- Needs data.merchant_transactions and the temporary tables of 30_rollup.sql.

create function internal.transaction_status(p_outcome text, p_refunded bigint, p_refunds numeric, p_revenue numeric)
returns text
language sql immutable parallel safe
as $$
    select case
        when p_refunded = 0 then p_outcome
        when p_refunds >= p_revenue then 'refunded'
        else 'partially_refunded'
    end
$$;
comment on function internal.transaction_status(text, bigint, numeric, numeric) is
'A transaction''s status, from its outcome, the number and sum of its refunds, and the sum of its successes.';

create function internal.decides_before(p_one data.merchant_transactions, p_other data.merchant_transactions)
returns boolean
language sql immutable parallel safe
as $$
    select (p_one.outcome, p_one.decided_at, p_one.decided_by) > (p_other.outcome, p_other.decided_at, p_other.decided_by)
$$;
comment on function internal.decides_before(data.merchant_transactions, data.merchant_transactions) is
'Whether the event that decides the first of two states of a transaction decides before that of the other.';

create function internal.add_to_transactions()
returns void
language sql volatile
as $$
    insert into data.merchant_transactions as t (
        merchant_id, transaction_id, currency, status, outcome, started_at, decided_at, decided_by, last_received_at,
        amount, revenue, refunds, fees, refunded, payment_method, customer_id, product_id, failure_code
    )
    select distinct on (e.transaction_id, e.merchant_id, e.currency)
        e.merchant_id, e.transaction_id, e.currency,
        internal.transaction_status(
            e.outcome, sum(e.refunded) over told, sum(e.refunds) over told, sum(e.revenue) over told
        ),
        e.outcome, min(e.first_at) over told, e.last_at, e.event_id, max(e.received_at) over told, e.amount,
        sum(e.revenue) over told, sum(e.refunds) over told, sum(e.fees) over told, sum(e.refunded) over told,
        e.payment_method, e.customer_id, e.product_id, e.failure_code
    from (
        select w.*, o.outcome
        from pg_temp.window_events as w
        cross join lateral (
            select case when w.successful > 0 then 'succeeded' when w.failed > 0 then 'failed' else 'created' end as outcome
        ) as o
        -- retired events are nobody's
        where w.transaction_id is not null
        -- what tells most apart comes first, and numbers before texts: sorting is most of the work
        order by
            w.transaction_id, w.merchant_id, w.currency, w.successful desc, w.failed desc, w.last_at desc, w.event_id desc
    ) as e
    window told as (partition by e.transaction_id, e.merchant_id, e.currency)
    order by e.transaction_id, e.merchant_id, e.currency, e.successful desc, e.failed desc, e.last_at desc, e.event_id desc
    on conflict (merchant_id, transaction_id, currency) do update set
        status = internal.transaction_status(
            greatest(t.outcome, excluded.outcome), t.refunded + excluded.refunded, t.refunds + excluded.refunds,
            t.revenue + excluded.revenue
        ),
        outcome = greatest(t.outcome, excluded.outcome),
        started_at = least(t.started_at, excluded.started_at),
        last_received_at = greatest(t.last_received_at, excluded.last_received_at),
        revenue = t.revenue + excluded.revenue,
        refunds = t.refunds + excluded.refunds,
        fees = t.fees + excluded.fees,
        refunded = t.refunded + excluded.refunded,
        decided_at = case when internal.decides_before(t, excluded) then t.decided_at else excluded.decided_at end,
        decided_by = case when internal.decides_before(t, excluded) then t.decided_by else excluded.decided_by end,
        amount = case when internal.decides_before(t, excluded) then t.amount else excluded.amount end,
        payment_method
        = case when internal.decides_before(t, excluded) then t.payment_method else excluded.payment_method end,
        customer_id = case when internal.decides_before(t, excluded) then t.customer_id else excluded.customer_id end,
        product_id = case when internal.decides_before(t, excluded) then t.product_id else excluded.product_id end,
        failure_code = case when internal.decides_before(t, excluded) then t.failure_code else excluded.failure_code end;
$$;
comment on function internal.add_to_transactions() is 'Adds the window to merchant_transactions.';

-- Takes the bucket's transactions that have retired events out of the list, and makes those that have others too anew
-- of these alone. The caller has locked the bucket. By index look-ups: what is retired is a small part of what there is.
create function internal.retire_transactions(p_bucket_id smallint)
returns bigint
language plpgsql volatile
set plan_cache_mode = force_custom_plan set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    v_progress data.rollup_progress;
    v_retired_until timestamptz := (select r.retired_until from data.retention as r);
    v_transactions bigint;
begin
    select p.* into v_progress from data.rollup_progress as p where p.bucket_id = p_bucket_id;
    if v_progress.transactions_from >= v_retired_until then
        return 0;
    end if;
    perform internal.prepare_window();
    with retired as (
        delete from data.merchant_transactions as t
        using (
            select distinct e.merchant_id, e.transaction_id
            from data.transaction_events as e
            where
                e.bucket_id = p_bucket_id
                and e.received_at >= v_progress.transactions_from and e.received_at < v_retired_until
        ) as e
        where (t.merchant_id, t.transaction_id) = (e.merchant_id, e.transaction_id)
        returning t.merchant_id, t.transaction_id, t.currency, t.last_received_at
    ),

    others as (
        insert into pg_temp.window_events
        select w.*
        from retired as r
        inner join internal.window_rows as w using (merchant_id, transaction_id, currency)
        where
            r.last_received_at >= v_retired_until and w.received_at >= v_retired_until
            and pg_visible_in_snapshot(w.xid, v_progress.snapshot)
            and not exists (
                select from data.set_aside_events as s
                where s.merchant_id = w.merchant_id and s.event_id = w.event_id
            )
    )

    select count(*) into v_transactions from retired;
    perform internal.add_to_transactions();
    update data.rollup_progress as p set transactions_from = v_retired_until where p.bucket_id = p_bucket_id;
    return v_transactions;
end
$$;
comment on function internal.retire_transactions(smallint) is
'Makes the bucket''s list of transactions one of the events since data.retention alone; returns how many transactions had older ones.';
