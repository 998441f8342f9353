-- The list of transactions, page by page, and one transaction with its events.
-- Needs data.merchant_transactions, data.transaction_events, and internal.scope() of 40_dashboard.sql.

-- Where an entry stands in the list: of those that started at the same instant by transaction, then by currency.
create type internal.transaction_position as (
    started_at timestamptz,
    transaction_id text collate "C",
    currency text collate "C"
);

-- What is asked of the list, null where nothing is: entries that lie between two positions, neither included.
create type internal.transaction_query as (
    merchant_id uuid,
    status text collate "C",
    customer_id text collate "C",
    product_id text collate "C",
    payment_method text collate "C",
    currency text collate "C",
    search text collate "C",
    newer_than internal.transaction_position,
    older_than internal.transaction_position
);

create function internal.transaction_position(p_transaction data.merchant_transactions)
returns internal.transaction_position
language sql immutable parallel safe
as $$
    select (p_transaction.started_at, p_transaction.transaction_id, p_transaction.currency)::internal.transaction_position
$$;
comment on function internal.transaction_position(data.merchant_transactions) is 'Where the entry stands in the list.';

-- --- cursors ----------------------------------------------------------------------------------------

-- The digest is of the merchant too: a cursor that was altered, or is another merchant's, is none.
create function internal.transaction_cursor(p_merchant_id uuid, p_position internal.transaction_position)
returns text
language sql stable parallel safe
as $$
    select
        'cur_' || translate(
            encode(substr(sha256(uuid_send(p_merchant_id) || p.bytes), 1, 8) || p.bytes, 'base64'), E'+/=\n', '-_'
        )
    from (
        select
            int8send((extract(epoch from p_position.started_at) * 1000000)::bigint)
            || convert_to(p_position.currency || p_position.transaction_id, 'UTF8') as bytes
    ) as p
$$;
comment on function internal.transaction_cursor(uuid, internal.transaction_position) is
'A position in the list as text that clients pass back.';

create function internal.read_transaction_cursor(p_merchant_id uuid, p_cursor text)
returns internal.transaction_position
language plpgsql stable
as $$
declare
    v_base64 text := translate(substr(p_cursor, length('cur_') + 1), '-_', '+/');
    v_bytes bytea;
    v_microseconds bigint;
    v_text text;
    v_position internal.transaction_position;
begin
    v_bytes := decode(rpad(v_base64, (length(v_base64) + 3) / 4 * 4, '='), 'base64');
    v_microseconds := ('x' || encode(substr(v_bytes, 9, 8), 'hex'))::bit(64)::bigint;
    v_text := convert_from(substr(v_bytes, 17), 'UTF8');
    v_position := (
        timestamptz 'epoch' + v_microseconds / 1000000 * interval '1 second'
        + v_microseconds % 1000000 * interval '1 microsecond',
        substr(v_text, 4), left(v_text, 3)
    );
    return case when internal.transaction_cursor(p_merchant_id, v_position) = p_cursor then v_position end;
exception when data_exception then
    return null;
end
$$;
comment on function internal.read_transaction_cursor(uuid, text) is
'The position; null when the text is no cursor of the merchant''s list.';

create function internal.find_position(p_merchant_id uuid, p_parameter text, p_text text)
returns internal.transaction_position
language plpgsql stable
as $$
declare
    v_position internal.transaction_position := internal.read_transaction_cursor(p_merchant_id, p_text);
begin
    if v_position is null then
        -- as in other lists, by id; where it has several entries, the last of them
        select t.started_at, t.transaction_id, t.currency into v_position
        from data.merchant_transactions as t
        where t.merchant_id = p_merchant_id and t.transaction_id = p_text
        order by t.started_at, t.currency
        limit 1;
    end if;
    if v_position is null then
        raise exception 'must be a cursor of this list, or the id of a transaction in it'
        using errcode = 'ML422', detail = p_parameter;
    end if;
    return v_position;
end
$$;
comment on function internal.find_position(uuid, text, text) is
'The position that starting_after or ending_before says, by cursor or transaction id. Error: ML422.';

-- --- what is asked ----------------------------------------------------------------------------------

create function internal.read_instant(p_parameter text, p_text text, p_timezone text, p_is_end boolean)
returns timestamptz
language plpgsql stable
as $$
begin
    if p_text is null then
        return null;
    elsif p_text ~ '^\d{4}-\d\d-\d\d$' then
        return internal.day_start(p_text::date + p_is_end::integer, p_timezone);
    elsif p_text ~ '^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$' then
        return p_text::timestamptz;
    end if;
    raise data_exception;
exception when data_exception then
    raise exception 'must be a date like 2026-01-31 or an RFC 3339 time with offset (in a query + is written %%2B)'
    using errcode = 'ML422', detail = p_parameter;
end
$$;
comment on function internal.read_instant(text, text, text, boolean) is
'A bound of time: a local date, whose start it means, or as an end its end; or an instant. Error: ML422.';

create function internal.transaction_query(
    p_merchant_id uuid, p_timezone text, p_starting_after text, p_ending_before text, p_status text, p_from text, p_to text,
    p_customer_id text, p_product_id text, p_payment_method text, p_currency text, p_search text
)
returns internal.transaction_query
language plpgsql stable
as $$
declare
    v_newer_than internal.transaction_position := (
        coalesce(internal.read_instant('from', p_from, p_timezone, false), '-infinity'), '', ''
    );
    v_older_than internal.transaction_position := (
        coalesce(internal.read_instant('to', p_to, p_timezone, true), 'infinity'), '', ''
    );
begin
    if p_status not in ('created', 'failed', 'succeeded', 'partially_refunded', 'refunded') then
        raise exception 'must be created, failed, succeeded, partially_refunded or refunded'
        using errcode = 'ML422', detail = 'status';
    elsif p_search = '' then
        raise exception 'must have at least one character' using errcode = 'ML422', detail = 'search';
    elsif p_starting_after is not null and p_ending_before is not null then
        raise exception 'must not be given together with starting_after' using errcode = 'ML422', detail = 'ending_before';
    end if;
    if p_starting_after is not null then
        v_older_than := least(v_older_than, internal.find_position(p_merchant_id, 'starting_after', p_starting_after));
    elsif p_ending_before is not null then
        v_newer_than := greatest(v_newer_than, internal.find_position(p_merchant_id, 'ending_before', p_ending_before));
    end if;
    return (
        p_merchant_id, p_status, p_customer_id, p_product_id, p_payment_method, p_currency, p_search,
        v_newer_than, v_older_than
    );
end
$$;
comment on function internal.transaction_query(uuid, text, text, text, text, text, text, text, text, text, text, text) is
'The parameters of the list, checked. Errors: ML422 naming the parameter.';

create function internal.is_asked_for(p_transaction data.merchant_transactions, p_query internal.transaction_query)
returns boolean
language sql immutable parallel safe
as $$
    select
        coalesce(p_transaction.status = p_query.status, p_query.status is null)
        and coalesce(p_transaction.customer_id = p_query.customer_id, p_query.customer_id is null)
        and coalesce(p_transaction.product_id = p_query.product_id, p_query.product_id is null)
        and coalesce(p_transaction.payment_method = p_query.payment_method, p_query.payment_method is null)
        and coalesce(p_transaction.currency = p_query.currency, p_query.currency is null)
        and (
            p_query.search is null
            or starts_with(p_transaction.transaction_id, p_query.search)
            or coalesce(starts_with(p_transaction.customer_id, p_query.search), false)
        )
        and internal.transaction_position(p_transaction) > p_query.newer_than
        and internal.transaction_position(p_transaction) < p_query.older_than
$$;
comment on function internal.is_asked_for(data.merchant_transactions, internal.transaction_query) is
'Whether the entry is one of those asked for.';

-- --- where it is read from ---------------------------------------------------------------------------

-- Which index has the fewest entries to pass over. A status other than succeeded is rarer than a payment method.
create function internal.leading_filter(p_query internal.transaction_query)
returns text
language sql immutable parallel safe
as $$
    select case
        when p_query.customer_id is not null then 'customer_id'
        when p_query.product_id is not null then 'product_id'
        when p_query.payment_method is not null and coalesce(p_query.status = 'succeeded', true) then 'payment_method'
    end
$$;
comment on function internal.leading_filter(internal.transaction_query) is
'The column by whose index the list is read; null: by status and currency.';

create function internal.is_answered_by_index(p_query internal.transaction_query)
returns boolean
language sql immutable parallel safe
as $$
    select case
        when internal.leading_filter(p_query) is null
            then num_nonnulls(p_query.customer_id, p_query.product_id, p_query.payment_method, p_query.search) = 0
        else num_nonnulls(
            p_query.status, p_query.customer_id, p_query.product_id, p_query.payment_method, p_query.currency, p_query.search
        ) = 1
    end
$$;
comment on function internal.is_answered_by_index(internal.transaction_query) is
'Whether every entry read is one asked for.';

create function internal.transaction_currencies(p_merchant_id uuid)
returns text[]
language plpgsql stable
as $$
begin
    return array(
        -- from one to the next, for there are few and millions of entries
        with recursive found as (
            select min(t.currency) as currency from data.merchant_transactions as t where t.merchant_id = p_merchant_id
            union all
            select (
                select min(t.currency) from data.merchant_transactions as t
                where t.merchant_id = p_merchant_id and t.currency > f.currency
            )
            from found as f
            where f.currency is not null
        )

        select f.currency from found as f where f.currency is not null
    );
end
$$;
comment on function internal.transaction_currencies(uuid) is 'The currencies of the merchant''s transactions.';

create function internal.scan_transactions(p_query internal.transaction_query, p_is_ascending boolean, p_rows integer)
returns setof data.merchant_transactions
language plpgsql stable
as $$
-- format puts in no more than words from here: @plpgsql_check_options: security_warnings = off
declare
    v_lead text := internal.leading_filter(p_query);
    v_currencies text[] := array[p_query.currency];
    v_statuses text[] := array[p_query.status];
begin
    if v_lead is null then
        v_currencies := case
            when p_query.currency is null then internal.transaction_currencies(p_query.merchant_id) else v_currencies
        end;
        v_statuses := case
            when p_query.status is null
                then array['created', 'failed', 'succeeded', 'partially_refunded', 'refunded']
            else v_statuses
        end;
    end if;
    return query execute format(
        $sql$
            select t.*
            from unnest($2) as c (currency)
            cross join unnest($3) as s (status)
            cross join lateral (
                select t.*
                from data.merchant_transactions as t
                where
                    t.merchant_id = ($1).merchant_id and %1$s
                    and (t.started_at, t.transaction_id, t.currency) > (
                        (($1).newer_than).started_at, (($1).newer_than).transaction_id, (($1).newer_than).currency
                    )
                    and (t.started_at, t.transaction_id, t.currency) < (
                        (($1).older_than).started_at, (($1).older_than).transaction_id, (($1).older_than).currency
                    )
                order by t.started_at %2$s, t.transaction_id %2$s, t.currency %2$s
                limit $4
            ) as t
            order by t.started_at %2$s, t.transaction_id %2$s, t.currency %2$s
            limit $4
        $sql$,
        case
            when v_lead is null then 't.currency = c.currency and t.status = s.status'
            else format('t.%1$I = ($1).%1$I', v_lead)
        end,
        case when p_is_ascending then 'asc' else 'desc' end
    ) using p_query, v_currencies, v_statuses, p_rows;
end
$$;
comment on function internal.scan_transactions(internal.transaction_query, boolean, integer) is
'The first p_rows entries between the positions in the order of the list, or, ascending, against it; of the filters only those that an index answers are looked at.';

-- Ids that start with a text lie next to each other in an index. No id is longer than 128 characters.
create function internal.search_transactions(p_query internal.transaction_query, p_is_ascending boolean)
returns data.merchant_transactions[]
language plpgsql stable
as $$
declare
    v_last text collate "C" := p_query.search || repeat(chr(1114111), 128);
    v_found data.merchant_transactions[] := array(
        (
            select t
            from data.merchant_transactions as t
            where
                t.merchant_id = p_query.merchant_id
                and t.transaction_id >= p_query.search and t.transaction_id <= v_last
            order by t.transaction_id
            limit 1001
        )
        union
        (
            select t
            from data.merchant_transactions as t
            where
                t.merchant_id = p_query.merchant_id
                and t.customer_id >= p_query.search and t.customer_id <= v_last
            order by t.customer_id
            limit 1001
        )
    );
begin
    return case
        when cardinality(v_found) > 1000 then null
        when p_is_ascending
            then array(select t from unnest(v_found) as t order by t.started_at, t.transaction_id, t.currency)
        else array(select t from unnest(v_found) as t order by t.started_at desc, t.transaction_id desc, t.currency desc)
    end;
end
$$;
comment on function internal.search_transactions(internal.transaction_query, boolean) is
'The entries whose transaction''s or customer''s id starts with the searched text, wherever they stand, in the order of the list, or, ascending, against it; null when they are more than a thousand.';

-- The work for a page is bounded: where no index knows the entries asked for, or too many ids start with what is
-- searched, up to 5000 entries are looked through, in each of the orders that are merged. The next page goes on there.
create function internal.read_page(
    p_query internal.transaction_query, p_is_ascending boolean, p_limit integer,
    out page data.merchant_transactions[], out last_cursor text
)
language plpgsql stable
as $$
declare
    v_entries data.merchant_transactions[] := case
        when p_query.search is not null then internal.search_transactions(p_query, p_is_ascending)
    end;
    v_is_all boolean := v_entries is not null;
    v_steps integer[] := case
        when internal.is_answered_by_index(p_query) then array[p_limit + 1]
        else array[p_limit * 4, 5000]
    end;
    v_rows integer;
    v_last data.merchant_transactions;
begin
    foreach v_rows in array v_steps loop
        if not v_is_all then
            v_entries := array(select t from internal.scan_transactions(p_query, p_is_ascending, v_rows) as t);
        end if;
        page := array(select t from unnest(v_entries) as t where internal.is_asked_for(t, p_query) limit p_limit + 1);
        v_is_all := v_is_all or cardinality(v_entries) < v_rows;
        exit when v_is_all or cardinality(page) > p_limit;
    end loop;
    if cardinality(page) > p_limit then
        v_last := page[p_limit];
    elsif not v_is_all then
        v_last := v_entries[cardinality(v_entries)];
    end if;
    last_cursor := internal.transaction_cursor(p_query.merchant_id, internal.transaction_position(v_last));
    page := page[:p_limit];
end
$$;
comment on function internal.read_page(internal.transaction_query, boolean, integer) is
'Up to p_limit of the entries asked for, in the order of the list, or, ascending, against it; and the cursor after which there may be more, null when there are none.';

-- --- answers ----------------------------------------------------------------------------------------

create function internal.transaction_entries(p_transactions data.merchant_transactions[])
returns json
language plpgsql stable
as $$
begin
    return (
        select coalesce(json_agg(json_build_object(
            'transaction_id', t.transaction_id,
            'status', t.status,
            'currency', t.currency,
            'amount', round(t.amount, c.exponent),
            'revenue', round(t.revenue, c.exponent),
            'refunds', round(t.refunds, c.exponent),
            'fees', round(t.fees, c.exponent),
            'net_revenue', round(t.revenue - t.refunds - t.fees, c.exponent),
            'payment_method', t.payment_method,
            'customer_id', t.customer_id,
            'product_id', t.product_id,
            'product_name', p.product_name,
            'failure_code', t.failure_code,
            'started_at', internal.rfc3339(t.started_at)
        ) order by t.started_at desc, t.transaction_id desc, t.currency desc), '[]')
        from unnest(p_transactions) as t
        inner join data.currencies as c on t.currency = c.code
        left join data.merchant_products as p using (merchant_id, currency, product_id)
    );
end
$$;
comment on function internal.transaction_entries(data.merchant_transactions[]) is
'Entries of the list as a JSON array, the newest first.';

create function api.list_transactions(
    p_merchant_id uuid, p_limit integer default 50, p_starting_after text default null, p_ending_before text default null,
    p_status text default null, p_from text default null, p_to text default null, p_customer_id text default null,
    p_product_id text default null, p_payment_method text default null, p_currency text default null,
    p_search text default null
)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_sort = off
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_query internal.transaction_query := internal.transaction_query(
        p_merchant_id, v_scope.timezone, p_starting_after, p_ending_before, p_status, p_from, p_to,
        p_customer_id, p_product_id, p_payment_method, p_currency, p_search
    );
    v_is_ascending boolean := p_ending_before is not null;
    v_read record;
    v_first_cursor text;
begin
    perform internal.check_bounds('limit', p_limit, 1, 100);
    v_read := internal.read_page(v_query, v_is_ascending, p_limit);
    v_first_cursor := internal.transaction_cursor(p_merchant_id, internal.transaction_position(v_read.page[1]));
    return json_build_object(
        'as_of', v_scope.as_of,
        'timezone', v_scope.timezone,
        'has_more', v_read.last_cursor is not null,
        'next_cursor', case when v_is_ascending then v_first_cursor else v_read.last_cursor end,
        'previous_cursor', case when v_is_ascending then v_read.last_cursor else v_first_cursor end,
        'data', internal.transaction_entries(v_read.page)
    );
end
$$;
comment on function api.list_transactions(uuid, integer, text, text, text, text, text, text, text, text, text, text) is
'A page of the merchant''s transactions, the newest first, as JSON {as_of, timezone, has_more, next_cursor, previous_cursor, data}: p_limit (1 to 100) older than p_starting_after or newer than p_ending_before (a cursor or a transaction id), with the status, customer, product, payment method and currency given, started from p_from until p_to (local dates, or RFC 3339; until a date means its end, until an instant excludes it), with a transaction or customer id that starts with p_search. has_more is of the direction asked for; a page may then hold fewer than p_limit: go on from its cursor. Errors: ML404, ML422 naming the parameter.';

-- What the rows of data.merchant_transactions should be, by one grouping that shares nothing with the rollup.
create function internal.told_transactions(p_merchant_id uuid, p_transaction_id text, p_is_aggregated boolean)
returns setof data.merchant_transactions
language sql stable
as $$
    select
        t.merchant_id, t.started_at, (t.decisive).occurred_at, (t.decisive).event_id, t.last_received_at, t.refunded,
        t.transaction_id, t.currency,
        case
            when t.refunded > 0 and t.refunds >= t.revenue then 'refunded'
            when t.refunded > 0 then 'partially_refunded'
            else t.outcome
        end,
        t.outcome, (t.decisive).amount, t.revenue, t.refunds, t.fees,
        (t.decisive).payment_method, (t.decisive).customer_id, (t.decisive).product_id, (t.decisive).failure_code
    from (
        select
            e.merchant_id, e.transaction_id, e.currency,
            min(e.occurred_at) as started_at,
            max(e.received_at) as last_received_at,
            count(*) filter (where e.event_type = 'payment_refunded') as refunded,
            case
                when bool_or(e.event_type = 'payment_succeeded') then 'succeeded'
                when bool_or(e.event_type = 'payment_failed') then 'failed'
                else 'created'
            end as outcome,
            coalesce(sum(e.amount) filter (where e.event_type = 'payment_succeeded'), 0) as revenue,
            coalesce(sum(e.amount) filter (where e.event_type = 'payment_refunded'), 0) as refunds,
            coalesce(sum(e.fee) filter (where e.event_type in ('payment_succeeded', 'payment_refunded')), 0) as fees,
            (array_agg(e order by
                e.event_type = 'payment_succeeded' desc, e.event_type = 'payment_failed' desc,
                e.occurred_at desc, e.event_id desc
            ))[1] as decisive
        from data.transaction_events as e
        inner join data.rollup_progress as p on e.bucket_id = p.bucket_id
        where
            (p_merchant_id is null or e.merchant_id = p_merchant_id)
            and (p_transaction_id is null or e.transaction_id = p_transaction_id)
            and (
                not p_is_aggregated
                or (
                    e.received_at >= p.transactions_from
                    and pg_visible_in_snapshot(e.xid, p.snapshot)
                    and not exists (
                        select from data.set_aside_events as s
                        where s.merchant_id = e.merchant_id and s.event_id = e.event_id
                    )
                )
            )
        group by e.merchant_id, e.transaction_id, e.currency
    ) as t
$$;
comment on function internal.told_transactions(uuid, text, boolean) is
'What the events say of a transaction (null: of all) of a merchant (null: of all), a row per currency; of all events, or of those alone that windows have taken and not set aside and retention has not taken out.';

-- In the order of a payment's life where events occurred at the same instant.
create function internal.transaction_events(p_merchant_id uuid, p_transaction_id text)
returns json
language sql stable
as $$
    select json_agg(json_build_object(
        'event_id', e.event_id,
        'event_type', e.event_type,
        'amount', round(e.amount, c.exponent),
        'fee', round(e.fee, c.exponent),
        'currency', e.currency,
        'payment_method', e.payment_method,
        'customer_id', e.customer_id,
        'product_id', e.product_id,
        'product_name', e.product_name,
        'failure_code', e.failure_code,
        'idempotency_key', e.idempotency_key,
        'occurred_at', internal.rfc3339(e.occurred_at),
        'received_at', internal.rfc3339(e.received_at)
    ) order by e.occurred_at, t.place, e.event_id)
    from (
        select l.*
        from data.transaction_events as l
        where l.merchant_id = p_merchant_id and l.transaction_id = p_transaction_id
        order by l.occurred_at desc, l.event_id desc
        limit 1000
    ) as e
    inner join data.currencies as c on e.currency = c.code
    inner join unnest(array['payment_created', 'payment_failed', 'payment_succeeded', 'payment_refunded'])
    with ordinality as t (event_type, place) using (event_type)
$$;
comment on function internal.transaction_events(uuid, text) is
'The transaction''s events in their order, the latest 1000 of them, as a JSON array; null when there are none.';

-- Plans anew each time: the grouping is read by index only where its arguments are known.
create function api.get_transaction(p_merchant_id uuid, p_transaction_id text)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    v_told data.merchant_transactions[] := array(
        select t
        from internal.told_transactions(p_merchant_id, p_transaction_id, false) as t
        order by t.outcome desc, t.decided_at desc, t.decided_by desc
    );
begin
    if v_told = '{}' then
        return null;
    end if;
    return format(
        '%s, "other_currencies": %s, "events": %s}',
        left((internal.transaction_entries(v_told[:1]) -> 0)::text, -1), internal.transaction_entries(v_told[2:]),
        internal.transaction_events(p_merchant_id, p_transaction_id)
    )::json;
end
$$;
comment on function api.get_transaction(uuid, text) is
'One transaction as JSON: as it stands in the list (of several currencies the one that decides; the others in other_currencies), with its events in their order (the latest 1000), of all events acknowledged by now. Null when there is none.';
