-- Ingest: the only way into data.transaction_events. Set-based, exactly once, order-free.
-- Needs data.merchants, data.currencies, data.transaction_events, data.transaction_event_keys, data.rollup_progress.

-- The identity as an id (a UUID of version 8, RFC 9562): 122 bits of a SHA-256 over merchant, type, transaction and
-- idempotency key. Types are known words and the transaction carries its length, so no two identities share a text.
-- Stable, as convert_to is, or the planner would not inline it.
create function internal.event_id(
    p_merchant_id uuid, p_event_type text, p_transaction_id text, p_idempotency_key text
)
returns uuid
language sql stable parallel safe
as $$
    select overlay(overlay(left(encode(sha256(convert_to(
        p_merchant_id::text || p_event_type || length(p_transaction_id)::text || ':'
        || p_transaction_id || coalesce(p_idempotency_key, ''), 'UTF8'
    )), 'hex'), 32) placing '8' from 13 for 1) placing '8' from 17 for 1)::uuid
$$;
comment on function internal.event_id(uuid, text, text, text) is 'The id of the event with this identity.';

-- Items of a request as rows, one per item, with the fields as they will be stored and whether each item keeps the rules.
-- Written so that the planner inlines it into its callers.
create function internal.parse_events(p_merchant_id uuid, p_events json, p_received_at timestamptz)
returns table (
    index bigint, event_id uuid, is_valid boolean, exponent smallint,
    transaction_id text, event_type text, amount numeric, currency text, fee numeric, payment_method text,
    product_id text, product_name text, customer_id text, failure_code text, occurred_at timestamptz,
    idempotency_key text
)
language sql stable
as $$
    select
        e.number - 1,
        internal.event_id(p_merchant_id, e.event_type, e.transaction_id, e.idempotency_key),
        coalesce(length(e.transaction_id) between 1 and 128, false)
        and coalesce(e.event_type in (
            'payment_created', 'payment_succeeded', 'payment_failed', 'payment_refunded'
        ), false)
        and c.exponent is not null
        and coalesce(e.amount >= 0 and e.amount < 1e15 and e.amount = trunc(e.amount, c.exponent), false)
        and coalesce(e.fee >= 0 and e.fee < 1e15 and e.fee = trunc(e.fee, c.exponent), e.fee is null)
        and coalesce(length(e.payment_method) between 1 and 64, true)
        and coalesce(length(e.product_id) between 1 and 128, true)
        and coalesce(length(e.product_name) between 1 and 256, true)
        and coalesce(length(e.customer_id) between 1 and 128, true)
        and coalesce(length(e.failure_code) between 1 and 64, true)
        and coalesce(length(e.idempotency_key) between 1 and 255, true)
        and coalesce(
            e.occurred_at >= '1970-01-01 00:00:00+00' and e.occurred_at <= p_received_at + interval '5 minutes', true
        ),
        c.exponent,
        e.transaction_id,
        e.event_type,
        e.amount,
        e.currency,
        coalesce(e.fee, 0),
        coalesce(e.payment_method, 'unknown'),
        e.product_id,
        e.product_name,
        e.customer_id,
        case when e.event_type = 'payment_failed' then e.failure_code end,
        e.occurred_at,
        e.idempotency_key
    from rows from (json_to_recordset(p_events) as (
        transaction_id text, event_type text, amount numeric, currency text, fee numeric, payment_method text,
        product_id text, product_name text, customer_id text, failure_code text, occurred_at timestamptz,
        idempotency_key text
    )) with ordinality as e (
        transaction_id, event_type, amount, currency, fee, payment_method,
        product_id, product_name, customer_id, failure_code, occurred_at, idempotency_key, number
    )
    left join data.currencies as c on e.currency = c.code
$$;
comment on function internal.parse_events(uuid, json, timestamptz) is
'The items of a JSON array of events as rows: index from 0, identity, whether the rules of the contract hold, fields.';

-- What is wrong with one invalid item, as [{pointer, detail}]. Only the slow path comes here.
create function internal.event_errors(p_event json, p_pointer text, p_received_at timestamptz)
returns json
language sql stable
as $$
    select json_agg(json_build_object('pointer', p_pointer || '/' || rule.field, 'detail', rule.detail))
    from (
        select e.*, c.exponent
        from json_to_record(p_event) as e (
            transaction_id text, event_type text, amount numeric, currency text, fee numeric, payment_method text,
            product_id text, product_name text, customer_id text, failure_code text, occurred_at timestamptz,
            idempotency_key text
        )
        left join data.currencies as c on e.currency = c.code
    ) as e
    cross join lateral (values
        ('transaction_id', length(e.transaction_id) between 1 and 128, true, 'must have 1 to 128 characters'),
        ('event_type', e.event_type in ('payment_created', 'payment_succeeded', 'payment_failed', 'payment_refunded'), true,
            'must be payment_created, payment_succeeded, payment_failed or payment_refunded'),
        ('amount', e.amount >= 0 and e.amount < 1e15, true, 'must be a number from 0 with at most 15 integer digits'),
        ('amount', e.amount = trunc(e.amount, e.exponent), false,
            format('has more decimals than %s, which has %s', e.currency, e.exponent)),
        ('currency', e.exponent is not null, true, 'must be an active ISO 4217 code in upper case'),
        ('fee', e.fee >= 0 and e.fee < 1e15, false, 'must be a number from 0 with at most 15 integer digits'),
        ('fee', e.fee = trunc(e.fee, e.exponent), false,
            format('has more decimals than %s, which has %s', e.currency, e.exponent)),
        ('payment_method', length(e.payment_method) between 1 and 64, false, 'must have 1 to 64 characters'),
        ('product_id', length(e.product_id) between 1 and 128, false, 'must have 1 to 128 characters'),
        ('product_name', length(e.product_name) between 1 and 256, false, 'must have 1 to 256 characters'),
        ('customer_id', length(e.customer_id) between 1 and 128, false, 'must have 1 to 128 characters'),
        ('failure_code', length(e.failure_code) between 1 and 64, false, 'must have 1 to 64 characters'),
        ('occurred_at', e.occurred_at >= '1970-01-01 00:00:00+00', false, 'must not be before 1970-01-01'),
        ('occurred_at', e.occurred_at <= p_received_at + interval '5 minutes', false,
            'must not be more than 5 minutes in the future'),
        ('idempotency_key', length(e.idempotency_key) between 1 and 255, false, 'must have 1 to 255 characters')
    ) as rule (field, is_kept, is_required, detail)
    where coalesce(not rule.is_kept, rule.is_required)
$$;
comment on function internal.event_errors(json, text, timestamptz) is
'What the contract''s rules find wrong with one item, each with its JSON pointer.';

-- The bucket to write to, or the reason why nothing may be written.
create function internal.open_for_writing(p_merchant_id uuid)
returns smallint
language plpgsql volatile
as $$
declare
    v_merchant record;
    -- before it looks whether the merchant is frozen: who freezes it waits for those that have one
    v_xid xid8 := pg_current_xact_id();
begin
    select m.status, m.bucket_id, m.frozen_until, p.snapshot, r.retired_until into v_merchant
    from data.merchants as m
    inner join data.rollup_progress as p using (bucket_id)
    cross join data.retention as r
    where m.merchant_id = p_merchant_id;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    elsif v_merchant.status <> 'active' then
        raise exception 'merchant % is suspended', p_merchant_id using errcode = 'ML403';
    elsif v_merchant.frozen_until > clock_timestamp() then
        raise exception 'merchant % is being moved to another server', p_merchant_id
        using errcode = 'ML307', hint = 'Try again in a second.';
    end if;
    -- This transaction is still open, so no window can have seen it, but where the windows are another server's.
    if pg_visible_in_snapshot(v_xid, v_merchant.snapshot) then
        perform internal.refuse_restored_database();
    -- What is received in time that was retired would be dropped without having been condensed.
    elsif clock_timestamp() < v_merchant.retired_until then
        raise exception 'the server''s clock is before %, until when events were retired', v_merchant.retired_until
        using errcode = 'ML503', hint = 'Set the clock of the server right.';
    end if;
    return v_merchant.bucket_id;
end
$$;
comment on function internal.open_for_writing(uuid) is
'The merchant''s bucket. Errors: ML404 unknown, ML403 suspended, ML307 on its way to another server, ML503 restored database not adopted yet or a clock far behind.';

create function internal.refuse_restored_database()
returns void
language plpgsql volatile
as $$
begin
    raise exception 'this database was restored from another server, whose transaction ids mean nothing here'
    using errcode = 'ML503', hint = 'Run ops.adopt_restored_database() as molam_dba, then go on.';
end
$$;
comment on function internal.refuse_restored_database() is 'Raises ML503.';

-- Stores what is valid and new; returns counts of items in all, valid ones, and rows stored, and, when lenient, the
-- items' ids in their order.
create function internal.store_events(
    p_merchant_id uuid, p_bucket_id smallint, p_events json, p_is_lenient boolean, p_received_at timestamptz,
    out total bigint, out valid bigint, out stored bigint, out event_ids uuid[]
)
language plpgsql volatile
as $$
begin
    if json_typeof(p_events) <> 'array' then
        raise exception 'events must be an array' using errcode = 'ML422';
    end if;
    with parsed as materialized (
        select * from internal.parse_events(p_merchant_id, p_events, p_received_at)
    ),

    counted as (
        select count(*) as total, count(*) filter (where is_valid) as valid from parsed
    ),

    -- the first of equal identities; in the order of the key, so that concurrent calls cannot deadlock
    firsts as materialized (
        select distinct on (p.event_id) p.*
        from parsed as p
        where p.is_valid and (p_is_lenient or (select c.total = c.valid from counted as c))
        order by p.event_id, p.index
    ),

    new_keys as (
        insert into data.transaction_event_keys (merchant_id, event_id, received_at)
        select p_merchant_id, f.event_id, p_received_at
        from firsts as f
        order by f.event_id
        on conflict (merchant_id, event_id) do nothing
        returning event_id
    ),

    new_events as (
        insert into data.transaction_events (
            merchant_id, event_id, received_at, occurred_at, bucket_id, is_occurred_at_given, event_type, currency,
            amount, fee, transaction_id, payment_method, customer_id, product_id, product_name, failure_code,
            idempotency_key
        )
        select
            p_merchant_id, f.event_id, p_received_at, coalesce(f.occurred_at, p_received_at), p_bucket_id,
            f.occurred_at is not null, f.event_type, f.currency, f.amount, f.fee, f.transaction_id, f.payment_method,
            f.customer_id, f.product_id, f.product_name, f.failure_code, f.idempotency_key
        from firsts as f
        inner join new_keys as k using (event_id)
        order by f.index
        returning 1
    )

    select
        c.total, c.valid, (select count(*) from new_events),
        case when p_is_lenient then (select array_agg(p.event_id order by p.index) from parsed as p) end
    into total, valid, stored, event_ids
    from counted as c;
    if total > 1000 then
        raise exception 'a batch holds at most 1000 events, this one has %', total using errcode = 'ML413';
    elsif total = 0 then
        raise exception 'a batch holds at least one event' using errcode = 'ML422';
    end if;
end
$$;
comment on function internal.store_events(uuid, smallint, json, boolean, timestamptz) is
'Stores the valid items whose identity is new; nothing at all when strict and any item is invalid.';

-- The same for one item: starting the statement for many takes longer than all that it does for one.
create function internal.store_event(
    p_merchant_id uuid, p_bucket_id smallint, p_events json, p_received_at timestamptz
)
returns uuid
language plpgsql volatile
as $$
declare
    v_event record;
begin
    select * into v_event from internal.parse_events(p_merchant_id, p_events, p_received_at);
    if not v_event.is_valid then
        return null;
    end if;
    insert into data.transaction_event_keys (merchant_id, event_id, received_at)
    values (p_merchant_id, v_event.event_id, p_received_at)
    on conflict (merchant_id, event_id) do nothing;
    if not found then
        return null;
    end if;
    insert into data.transaction_events (
        merchant_id, event_id, received_at, occurred_at, bucket_id, is_occurred_at_given, event_type, currency,
        amount, fee, transaction_id, payment_method, customer_id, product_id, product_name, failure_code,
        idempotency_key
    )
    values (
        p_merchant_id, v_event.event_id, p_received_at, coalesce(v_event.occurred_at, p_received_at), p_bucket_id,
        v_event.occurred_at is not null, v_event.event_type, v_event.currency, v_event.amount, v_event.fee,
        v_event.transaction_id, v_event.payment_method, v_event.customer_id, v_event.product_id,
        v_event.product_name, v_event.failure_code, v_event.idempotency_key
    );
    return v_event.event_id;
end
$$;
comment on function internal.store_event(uuid, smallint, json, timestamptz) is
'Stores the only item of the array and returns its id; null, and stores nothing, when it is invalid or was stored before.';

-- Outcomes of a call that did not store every item; runs after internal.store_events in a statement of its own, so that
-- it sees also what another session stored first.
create function internal.event_outcomes(p_merchant_id uuid, p_events json, p_received_at timestamptz)
returns table (index bigint, outcome text, event_id uuid, errors json)
-- `limit 1` looks each event up by index: without statistics, as while a first file comes in, the planner would rather
-- read all events of the merchant for each batch. Planned anew, for a plan of the time when the tables were empty stays.
language sql volatile set plan_cache_mode = force_custom_plan set enable_seqscan = off
as $$
    with parsed as materialized (
        select
            p.*,
            row_number() over (partition by p.event_id, p.is_valid order by p.index) as occurrence
        from internal.parse_events(p_merchant_id, p_events, p_received_at) as p
    ),

    compared as (
        select
            p.index,
            p.event_id,
            p.is_valid,
            p.occurrence = 1 and e.received_at = p_received_at and e.xid = pg_current_xact_id() as is_stored_now,
            -- what was retired this very moment has nothing left to compare
            case when e.event_id is null then '{}' else array_remove(array[
                case when e.amount <> p.amount then 'amount' end,
                case when e.fee <> p.fee then 'fee' end,
                case when e.currency <> p.currency then 'currency' end,
                case when e.customer_id is distinct from p.customer_id and f.pseudonym is null then 'customer_id' end,
                case when e.product_id is distinct from p.product_id then 'product_id' end,
                case when e.payment_method <> p.payment_method then 'payment_method' end,
                case when e.is_occurred_at_given and e.occurred_at <> p.occurred_at then 'occurred_at' end
            ], null) end as differences
        from parsed as p
        left join lateral (
            select l.event_id, l.received_at
            from data.transaction_event_keys as l
            where l.merchant_id = p_merchant_id and l.event_id = p.event_id and p.is_valid
            limit 1
        ) as k on true
        left join lateral (
            select l.*
            from data.transaction_events as l
            where
                l.merchant_id = p_merchant_id and l.transaction_id = p.transaction_id
                and l.event_id = k.event_id and l.received_at = k.received_at
            limit 1
        ) as e on true
        -- nobody remembers whose event a forgotten customer's was
        left join data.erasures as f on f.merchant_id = p_merchant_id and e.customer_id = f.pseudonym
    )

    select
        c.index,
        case
            when not c.is_valid then 'rejected'
            when c.is_stored_now then 'ingested'
            when c.differences = '{}' then 'duplicate'
            else 'conflict'
        end,
        case when c.is_valid then c.event_id end,
        case
            when not c.is_valid then internal.event_errors(p_events -> c.index::integer, '/' || c.index, p_received_at)
            when not c.is_stored_now and c.differences <> '{}' then (
                select json_agg(json_build_object(
                    'pointer', '/' || c.index || '/' || d,
                    'detail', 'differs from the event that was sent first with this identity'
                ))
                from unnest(c.differences) as d
            )
        end
    from compared as c
    order by c.index
$$;
comment on function internal.event_outcomes(uuid, json, timestamptz) is
'Each item''s outcome (ingested, duplicate, conflict, rejected), its event id, and what is wrong with it.';

create function api.ingest_events(
    p_merchant_id uuid, p_events json, p_is_lenient boolean default false,
    out is_stored boolean, out body json
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_bucket_id smallint := internal.open_for_writing(p_merchant_id);
    -- after the transaction id was taken: an event is never received before the window that it belongs to
    v_received_at timestamptz := clock_timestamp();
    v_count record;
begin
    v_count := internal.store_events(p_merchant_id, v_bucket_id, p_events, p_is_lenient, v_received_at);
    is_stored := p_is_lenient or v_count.valid = v_count.total;
    if v_count.stored = v_count.total then
        body := internal.batch_answer(v_count.total, v_count.total, 0, 0, 0, '[]');
    elsif is_stored then
        body := (
            select internal.batch_answer(
                count(*),
                count(*) filter (where o.outcome = 'ingested'),
                count(*) filter (where o.outcome = 'duplicate'),
                count(*) filter (where o.outcome = 'conflict'),
                count(*) filter (where o.outcome = 'rejected'),
                json_agg(json_strip_nulls(json_build_object(
                    'index', o.index, 'outcome', o.outcome, 'event_id', o.event_id, 'errors', o.errors
                )) order by o.index) filter (where o.outcome <> 'ingested')
            )
            from internal.event_outcomes(p_merchant_id, p_events, v_received_at) as o
        );
    else
        body := (
            select json_agg(e.error order by o.index)
            from internal.event_outcomes(p_merchant_id, p_events, v_received_at) as o
            cross join lateral json_array_elements(o.errors) as e (error)
            where o.outcome = 'rejected'
        );
    end if;
end
$$;
comment on function api.ingest_events(uuid, json, boolean) is
'Stores a JSON array of 1 to 1000 events, exactly once each. is_stored true: body is the batch answer {ok, total, ingested, duplicates, conflicts, rejected, results}. is_stored false (strict, and something invalid): nothing was stored and body is [{pointer, detail}]. Errors: ML403, ML404, ML413, ML422, ML503; class 22 for JSON of wrong types.';

create function internal.batch_answer(
    p_total bigint, p_ingested bigint, p_duplicates bigint, p_conflicts bigint, p_rejected bigint, p_results json
)
returns json
language sql immutable parallel safe
as $$
    select json_build_object(
        'ok', true, 'total', p_total, 'ingested', p_ingested, 'duplicates', p_duplicates,
        'conflicts', p_conflicts, 'rejected', p_rejected, 'results', coalesce(p_results, '[]')
    )
$$;
comment on function internal.batch_answer(bigint, bigint, bigint, bigint, bigint, json) is 'The answer to a batch.';

-- Single events of several requests of one merchant, stored together, each with an outcome and an answer of its own.
create function api.ingest_single_events(p_merchant_id uuid, p_events json)
returns table (index bigint, outcome text, body json)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_bucket_id smallint := internal.open_for_writing(p_merchant_id);
    v_received_at timestamptz := clock_timestamp();
    v_event_ids uuid[];
    v_are_stored boolean;
begin
    if json_typeof(p_events) = 'array' and json_array_length(p_events) = 1 then
        v_event_ids := array[internal.store_event(p_merchant_id, v_bucket_id, p_events, v_received_at)];
        v_are_stored := v_event_ids[1] is not null;
    else
        select s.event_ids, s.stored = s.total into v_event_ids, v_are_stored
        from internal.store_events(p_merchant_id, v_bucket_id, p_events, true, v_received_at) as s;
    end if;
    if v_are_stored then
        return query
        select e.number - 1, 'ingested', internal.single_answer(e.event_id, false)
        from unnest(v_event_ids) with ordinality as e (event_id, number);
    else
        return query
        select
            o.index,
            o.outcome,
            case
                when o.outcome in ('ingested', 'duplicate')
                    then internal.single_answer(o.event_id, o.outcome = 'duplicate')
                else internal.single_errors(o.errors)
            end
        from internal.event_outcomes(p_merchant_id, p_events, v_received_at) as o;
    end if;
end
$$;
comment on function api.ingest_single_events(uuid, json) is
'Stores a JSON array of 1 to 1000 events that came one by one, exactly once each. One row per item, index from 0: outcome is ingested, duplicate, conflict or rejected; body is the HTTP answer, or for conflict and rejected [{pointer, detail}]. Errors as of api.ingest_events.';

-- Single events of several merchants are stored together, and yet each call is about one merchant, so that a router can lead it to
-- its server: therefore an aggregate. What it is called with is only kept, and stored at the end: here in one transaction, by a
-- router with one call to each server.
create type api.single_events as (merchant_id uuid, events json);
comment on type api.single_events is 'A merchant''s events, as of api.ingest_single_events.';

create function internal.add_single_events(p_batches api.single_events[], p_merchant_id uuid, p_events json)
returns api.single_events[]
language plpgsql immutable
as $$
begin
    return array_append(p_batches, row(p_merchant_id, p_events)::api.single_events);
end
$$;
comment on function internal.add_single_events(api.single_events[], uuid, json) is 'The batches with one more.';

-- By merchants in one order everywhere, so that calls at the same time cannot deadlock.
create function internal.ingest_one_by_one(p_batches api.single_events[])
returns json
language plpgsql volatile
as $$
begin
    return (
        select json_object_agg(a.merchant_id, a.answers)
        from (
            select b.merchant_id, json_agg(json_build_array(e.outcome, e.body) order by e.index) as answers
            from (select u.merchant_id, u.events from unnest(p_batches) as u order by u.merchant_id) as b
            cross join lateral api.ingest_single_events(b.merchant_id, b.events) as e
            group by b.merchant_id
        ) as a
    );
end
$$;
comment on function internal.ingest_one_by_one(api.single_events[]) is
'api.ingest_single_events for each batch; {merchant_id: [[outcome, body], ...], ...}.';

create function internal.ingest_together(p_batches api.single_events[])
returns json[]
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return array[internal.ingest_one_by_one(p_batches)];
end
$$;
comment on function internal.ingest_together(api.single_events[]) is
'Stores the batches; {merchant_id: [[outcome, body], ...], ...}, in as many parts as there are servers. Errors as of api.ingest_events.';

-- The linter does not know names of an aggregate's arguments.
create aggregate api.ingest_single_events_agg(p_merchant_id uuid, p_events json) ( -- noqa: PRS
    sfunc = internal.add_single_events, stype = api.single_events[], initcond = '{}', finalfunc = internal.ingest_together
);
comment on aggregate api.ingest_single_events_agg(uuid, json) is
'api.ingest_single_events for each merchant of a query, each once, stored together: {merchant_id: [[outcome, body], ...], ...}, in one or more parts. Of a router outcome is unavailable for a merchant whose server is away. Errors as of api.ingest_events: then nothing is stored, but by a router maybe on some servers.';

-- Plain enough to be inlined: as a call of its own each answer would take as long as storing its event.
create function internal.single_answer(p_event_id uuid, p_is_duplicate boolean)
returns json
language sql stable
as $$
    select json_build_object(
        'ok', true, 'event_id', p_event_id, 'queued', not p_is_duplicate, 'duplicate', p_is_duplicate,
        'message', case when p_is_duplicate then 'Event was received before' else 'Event queued for processing' end
    )
$$;
comment on function internal.single_answer(uuid, boolean) is 'The answer to one event that is stored.';

create function internal.single_errors(p_errors json)
returns json
language sql stable
as $$
    select json_agg(json_build_object(
        -- the pointer is into the event, not into the array
        'pointer', regexp_replace(e.error ->> 'pointer', '^/\d+', ''), 'detail', e.error ->> 'detail'
    ))
    from json_array_elements(p_errors) as e (error)
$$;
comment on function internal.single_errors(json) is
'What is wrong with the one event of a request, of what internal.event_outcomes tells of an item.';
