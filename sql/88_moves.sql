-- Merchants that move to another server (docs/shards.md): what molam shards move calls at both ends, as molam_owner. Each call
-- is a step that may be made again. Needs data.moves, data.merchants, 20_ingest.sql, 30_rollup.sql.

-- --- at the server that it leaves -------------------------------------------------------------------

create function internal.begin_departure(p_merchant_id uuid, p_to text)
returns data.moves
language plpgsql volatile
as $$
declare
    v_move data.moves;
begin
    if not exists (select from data.merchants as m where m.merchant_id = p_merchant_id for update) then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    end if;
    select m.* into v_move from data.moves as m where m.merchant_id = p_merchant_id and m.finished_at is null;
    if v_move.is_arrival then
        raise exception 'the move of merchant % from % to here is not finished', p_merchant_id, v_move.other_server
        using errcode = 'ML409', hint = 'Finish it by a move to where it is.';
    elsif v_move.other_server <> p_to then
        raise exception 'a move of merchant % to % is not finished', p_merchant_id, v_move.other_server
        using errcode = 'ML409', hint = format('Finish it with --to %s, or undo it by a move to where it is.', v_move.other_server);
    elsif v_move.merchant_id is null then
        insert into data.moves as m (merchant_id, is_arrival, other_server, snapshot)
        values (p_merchant_id, false, p_to, pg_current_snapshot())
        on conflict (merchant_id) do update set
            is_arrival = false, other_server = excluded.other_server, started_at = clock_timestamp(),
            snapshot = excluded.snapshot, copied_transaction_id = null, copied_event_id = null, is_base_copied = false,
            switched_at = null, verified_at = null, finished_at = null
        returning m.* into v_move;
    end if;
    return v_move;
end
$$;
comment on function internal.begin_departure(uuid, text) is
'Begins the merchant''s move to another server, or goes on with it. Errors: ML404; ML409 another move of it is not finished.';

create function internal.departing_merchant(p_merchant_id uuid)
returns jsonb
language sql stable
as $$
    select jsonb_object_agg(t.name, t.rows)
    from (
        select 'merchants' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.merchants as r where r.merchant_id = p_merchant_id
        union all
        select 'merchant_api_keys' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.merchant_api_keys as r where r.merchant_id = p_merchant_id
        union all
        select 'merchant_api_key_audit' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.merchant_api_key_audit as r where r.merchant_id = p_merchant_id
        union all
        select 'webhook_endpoints' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.webhook_endpoints as r where r.merchant_id = p_merchant_id
        union all
        select 'webhook_endpoint_audit' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.webhook_endpoint_audit as r where r.merchant_id = p_merchant_id
        union all
        select 'merchant_limits' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.merchant_limits as r where r.merchant_id = p_merchant_id
        union all
        select 'erasures' as name, coalesce(jsonb_agg(to_jsonb(r)), '[]') as rows
        from data.erasures as r where r.merchant_id = p_merchant_id
    ) as t
$$;
comment on function internal.departing_merchant(uuid) is
'All that is known of the merchant but its events and what is made of them, by table. Grants of analysts are of roles of this server, and stay.';

create function internal.departing_base(p_merchant_id uuid, p_limit integer)
returns setof data.transaction_events
language plpgsql stable set plan_cache_mode = force_custom_plan
as $$
declare
    v_move data.moves;
begin
    select m.* into v_move from data.moves as m where m.merchant_id = p_merchant_id;
    return query
    select e.*
    from internal.retained_events as e
    where
        e.merchant_id = p_merchant_id
        and (
            v_move.copied_transaction_id is null
            or (e.transaction_id, e.event_id) > (v_move.copied_transaction_id, v_move.copied_event_id)
        )
        and pg_visible_in_snapshot(e.xid, v_move.snapshot)
    order by e.transaction_id, e.event_id
    limit p_limit;
end
$$;
comment on function internal.departing_base(uuid, integer) is
'The next events that were there when the move began, by transaction and event, after those that internal.note_base has noted.';

create function internal.departing_retired_events(p_merchant_id uuid)
returns setof data.retired_events
language sql stable
as $$
    select r.* from data.retired_events as r where r.merchant_id = p_merchant_id
$$;
comment on function internal.departing_retired_events(uuid) is 'What retention has condensed of the merchant; it condenses nothing more until the move is finished.';

create function internal.first_received_at(p_merchant_id uuid, out received_at timestamptz, out events bigint)
language sql stable
as $$
    select min(k.received_at), count(*) from data.transaction_event_keys as k where k.merchant_id = p_merchant_id
$$;
comment on function internal.first_received_at(uuid) is 'When the first of the merchant''s raw events was received (null: there is none), and how many there are.';

create function internal.departed_event_ids(p_merchant_id uuid)
returns setof uuid
language sql stable
as $$
    select e.event_id from internal.retained_events as e where e.merchant_id = p_merchant_id
$$;
comment on function internal.departed_event_ids(uuid) is 'The ids of all raw events of the merchant.';

create function internal.note_base(p_merchant_id uuid, p_transaction_id text, p_event_id uuid)
returns void
language sql volatile
as $$
    update data.moves as m
    set
        copied_transaction_id = coalesce(p_transaction_id, m.copied_transaction_id),
        copied_event_id = coalesce(p_event_id, m.copied_event_id),
        is_base_copied = p_event_id is null
    where m.merchant_id = p_merchant_id
$$;
comment on function internal.note_base(uuid, text, uuid) is
'Notes that the base up to this event has been stored at the other server; null: all of it.';

create function internal.departing_window(p_merchant_id uuid, p_until pg_snapshot)
returns setof data.transaction_events
language plpgsql stable set plan_cache_mode = force_custom_plan
as $$
declare
    v_from pg_snapshot := (select m.snapshot from data.moves as m where m.merchant_id = p_merchant_id);
    v_bucket_id smallint := (select m.bucket_id from data.merchants as m where m.merchant_id = p_merchant_id);
begin
    return query
    select e.* from data.transaction_events as e
    where
        e.merchant_id = p_merchant_id and e.bucket_id = v_bucket_id
        and e.xid >= pg_snapshot_xmax(v_from) and pg_visible_in_snapshot(e.xid, p_until)
    union all
    select e.* from data.transaction_events as e
    where
        e.merchant_id = p_merchant_id and e.bucket_id = v_bucket_id
        and e.xid = any(array(select pg_snapshot_xip(v_from))) and pg_visible_in_snapshot(e.xid, p_until);
end
$$;
comment on function internal.departing_window(uuid, pg_snapshot) is
'The events that have become visible since the snapshot that internal.note_window noted last, as in the rollup''s windows.';

create function internal.note_window(p_merchant_id uuid, p_until pg_snapshot)
returns void
language sql volatile
as $$
    update data.moves as m set snapshot = p_until where m.merchant_id = p_merchant_id
$$;
comment on function internal.note_window(uuid, pg_snapshot) is 'Notes that the window up to this snapshot has been stored at the other server.';

create function internal.is_base_copied(p_merchant_id uuid)
returns boolean
language sql stable
as $$
    select m.is_base_copied from data.moves as m where m.merchant_id = p_merchant_id
$$;
comment on function internal.is_base_copied(uuid) is 'Whether all events that were there when the move began have been copied.';

create function internal.merchants_of_partition(p_partition integer, p_partitions integer, p_are_all boolean default false)
returns uuid[]
language sql stable
as $$
    select array(
        select m.merchant_id from data.merchants as m
        where (m.residence = 'here' or p_are_all) and internal.partition_of(m.merchant_id, p_partitions) = p_partition
        order by m.merchant_id
    )
$$;
comment on function internal.merchants_of_partition(integer, integer, boolean) is
'The merchants here that are of a virtual partition, of so many; all: also those who are on their way from or to another server.';

-- A lease: if whoever moves it is no more, the merchant goes on by itself.
create function internal.freeze_merchant(p_merchant_id uuid, p_seconds double precision)
returns void
language sql volatile
as $$
    update data.merchants as m set frozen_until = clock_timestamp() + make_interval(secs => p_seconds)
    where m.merchant_id = p_merchant_id and m.residence = 'here'
$$;
comment on function internal.freeze_merchant(uuid, double precision) is
'From its commit on refuses what is written for the merchant (ML307), for so many seconds; 0 ends that. Who wrote before is waited for by internal.older_writers.';

create function internal.older_writers(p_snapshot pg_snapshot)
returns text[]
language sql stable
as $$
    select array(
        select format('session %s (%s, %s)', a.pid, a.application_name, a.state)
        from pg_locks as l
        inner join pg_stat_activity as a on l.pid = a.pid
        where
            -- what the rollup writes does not move
            a.query not ilike 'call rollup.run%'
            and l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
            and a.datname = current_database()
            and l.transactionid = any(array(select x::text::numeric::bigint::text::xid8::xid from pg_snapshot_xip(p_snapshot) as x))
        union all
        select format('prepared transaction %s', p.gid)
        from pg_prepared_xacts as p
        where
            p.database = current_database()
            and p.transaction = any(array(select x::xid from pg_snapshot_xip(p_snapshot) as x))
    )
$$;
comment on function internal.older_writers(pg_snapshot) is
'Transactions of this database that were writing when the snapshot was taken, and still are: whoever was told before a freeze that it may write is among them, for writers have their transaction id before they look.';

create function internal.depart(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.merchants as m set residence = 'departed', frozen_until = 'infinity' where m.merchant_id = p_merchant_id
$$;
comment on function internal.depart(uuid) is 'From its commit on nothing is written here for the merchant any more; what was, is still read.';

create function internal.note_switch(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.moves as m set switched_at = coalesce(m.switched_at, clock_timestamp()) where m.merchant_id = p_merchant_id
$$;
comment on function internal.note_switch(uuid) is 'Notes that calls go to the other server.';

create function internal.is_verified(p_merchant_id uuid)
returns boolean
language sql stable
as $$
    select m.verified_at is not null from data.moves as m where m.merchant_id = p_merchant_id
$$;
comment on function internal.is_verified(uuid) is 'Whether it is known that all is on the other side.';

create function internal.note_verified(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.moves as m set verified_at = clock_timestamp() where m.merchant_id = p_merchant_id
$$;
comment on function internal.note_verified(uuid) is 'Notes that all is on the other side: what is here may be removed.';

create function internal.seconds_since_switch(p_merchant_id uuid)
returns numeric
language sql stable
as $$
    select extract(epoch from clock_timestamp() - m.switched_at) from data.moves as m where m.merchant_id = p_merchant_id
$$;
comment on function internal.seconds_since_switch(uuid) is 'Seconds since the switch.';

create function internal.unfinished_move(p_merchant_id uuid)
returns text
language sql stable
as $$
    select m.other_server from data.moves as m
    where m.merchant_id = p_merchant_id and not m.is_arrival and m.finished_at is null
$$;
comment on function internal.unfinished_move(uuid) is 'The server to which the merchant is moving from here, or has moved and left something; null: nowhere.';

create function internal.forget_copies(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.moves as m set copied_transaction_id = null, copied_event_id = null, is_base_copied = false
    where m.merchant_id = p_merchant_id
$$;
comment on function internal.forget_copies(uuid) is
'Before what was copied is removed at the other server: if the move goes on nevertheless, it begins with the first event again.';

create function internal.undo_departure(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.merchants as m set residence = 'here', frozen_until = null where m.merchant_id = p_merchant_id;
    update data.moves as m set finished_at = clock_timestamp() where m.merchant_id = p_merchant_id
$$;
comment on function internal.undo_departure(uuid) is 'The merchant stays here. What was copied to the other server must have been removed there.';

-- --- at the server to which it comes ----------------------------------------------------------------

create function internal.begin_arrival(p_merchant_id uuid, p_from text, p_first_received_at timestamptz)
returns void
language plpgsql volatile
as $$
declare
    v_length interval := make_interval(days => internal.setting('partition_days')::integer);
    v_first timestamptz;
begin
    if exists (select from data.merchants as m where m.merchant_id = p_merchant_id and m.residence <> 'arriving') then
        raise exception 'merchant % is on both servers', p_merchant_id
        using errcode = 'ML409', hint = 'An earlier move from here is not finished: finish it first.';
    end if;
    insert into data.moves (merchant_id, is_arrival, other_server) values (p_merchant_id, true, p_from)
    on conflict (merchant_id) do update set
        is_arrival = true, other_server = excluded.other_server, started_at = clock_timestamp(), snapshot = null,
        copied_transaction_id = null, copied_event_id = null, is_base_copied = false, switched_at = null,
        verified_at = null, finished_at = null;
    perform pg_advisory_xact_lock(hashtext('molam partitions'));
    select min(p.starts_at) into v_first from ops.partitions as p;
    while v_first > p_first_received_at and v_first > (select r.retired_until from data.retention as r) loop
        perform internal.make_partition(v_first - v_length, v_first);
        v_first := v_first - v_length;
    end loop;
end
$$;
comment on function internal.begin_arrival(uuid, text, timestamptz) is
'Makes ready for a merchant whose first event was received then; makes partitions back to that time. Errors: ML409 it is here already; 55P03 somebody reads the events, try again.';

-- Whole again at each call, so that the last one counts. The log comes first: by it, in this transaction alone, the triggers
-- of audit trails keep still.
create function internal.arrive_merchant(p_merchant_id uuid, p_rows jsonb)
returns void
language plpgsql volatile
as $$
begin
    update data.moves as m set xid = pg_current_xact_id() where m.merchant_id = p_merchant_id;
    insert into data.merchants as m (
        merchant_id, name, default_currency, timezone, aggregated_timezone, status, created_at, residence, frozen_until
    )
    select r.merchant_id, r.name, r.default_currency, r.timezone, r.timezone, r.status, r.created_at, 'arriving', 'infinity'
    from jsonb_populate_recordset(null::data.merchants, p_rows -> 'merchants') as r
    on conflict (merchant_id) do update set
        name = excluded.name, default_currency = excluded.default_currency, timezone = excluded.timezone,
        status = excluded.status;
    delete from data.merchant_api_keys as k where k.merchant_id = p_merchant_id;
    insert into data.merchant_api_keys
    select r.* from jsonb_populate_recordset(null::data.merchant_api_keys, p_rows -> 'merchant_api_keys') as r;
    delete from data.webhook_endpoints as e where e.merchant_id = p_merchant_id;
    insert into data.webhook_endpoints
    select r.* from jsonb_populate_recordset(null::data.webhook_endpoints, p_rows -> 'webhook_endpoints') as r;
    delete from data.merchant_limits as l where l.merchant_id = p_merchant_id;
    insert into data.merchant_limits
    select r.* from jsonb_populate_recordset(null::data.merchant_limits, p_rows -> 'merchant_limits') as r;
    delete from data.erasures as e where e.merchant_id = p_merchant_id;
    insert into data.erasures (merchant_id, pseudonym, erased_at, erased_by, rows)
    select r.merchant_id, r.pseudonym, r.erased_at, r.erased_by, r.rows
    from jsonb_populate_recordset(null::data.erasures, p_rows -> 'erasures') as r;
    perform internal.arrive_trails(p_merchant_id, p_rows);
end
$$;
comment on function internal.arrive_merchant(uuid, jsonb) is
'Takes over what internal.departing_merchant says, in the place of what an earlier call took.';

-- Numbered anew, in their order, for this server numbers its own.
create function internal.arrive_trails(p_merchant_id uuid, p_rows jsonb)
returns void
language sql volatile
as $$
    delete from data.merchant_api_key_audit as a where a.merchant_id = p_merchant_id;
    insert into data.merchant_api_key_audit (merchant_id, key_id, action, acted_at, database_user, subject, changes)
    select r.merchant_id, r.key_id, r.action, r.acted_at, r.database_user, r.subject, r.changes
    from jsonb_populate_recordset(null::data.merchant_api_key_audit, p_rows -> 'merchant_api_key_audit') as r
    order by r.audit_id;
    delete from data.webhook_endpoint_audit as a where a.merchant_id = p_merchant_id;
    insert into data.webhook_endpoint_audit (merchant_id, endpoint_id, action, acted_at, subject, database_user, changes)
    select r.merchant_id, r.endpoint_id, r.action, r.acted_at, r.subject, r.database_user, r.changes
    from jsonb_populate_recordset(null::data.webhook_endpoint_audit, p_rows -> 'webhook_endpoint_audit') as r
    order by r.audit_id;
$$;
comment on function internal.arrive_trails(uuid, jsonb) is 'The audit trails of what internal.arrive_merchant takes over.';

create function internal.prepare_arrival()
returns void
language plpgsql volatile
as $$
begin
    create temporary table if not exists arriving_events (like data.transaction_events) on commit delete rows;
    create temporary table if not exists arriving_retired_events (like data.retired_events) on commit delete rows;
    create temporary table if not exists departed_event_ids (event_id uuid not null) on commit delete rows;
end
$$;
-- the functions that follow are checked with them
select internal.prepare_arrival();
comment on function internal.prepare_arrival() is
'Makes the session''s pg_temp.arriving_events, arriving_retired_events and departed_event_ids, which are empty at the begin of each transaction.';

-- Exactly once by the events'' identity, as in ingest. An event that retention would have condensed here counts as received
-- when that came to its end, or it would belong to neither side.
create function internal.arrive_events(out events bigint, out last_transaction_id text, out last_event_id uuid)
language plpgsql volatile set plan_cache_mode = force_custom_plan
as $$
declare
    v_retired_until timestamptz := (select r.retired_until from data.retention as r);
begin
    with new_keys as (
        insert into data.transaction_event_keys (merchant_id, event_id, received_at)
        select a.merchant_id, a.event_id, greatest(a.received_at, v_retired_until)
        from pg_temp.arriving_events as a
        order by a.event_id
        on conflict (merchant_id, event_id) do nothing
        returning event_id
    )

    insert into data.transaction_events (
        merchant_id, event_id, received_at, occurred_at, bucket_id, is_occurred_at_given, event_type, currency,
        amount, fee, transaction_id, payment_method, customer_id, product_id, product_name, failure_code, idempotency_key
    )
    select
        a.merchant_id, a.event_id, greatest(a.received_at, v_retired_until), a.occurred_at, a.bucket_id,
        a.is_occurred_at_given, a.event_type, a.currency, a.amount, a.fee, a.transaction_id, a.payment_method,
        a.customer_id, a.product_id, a.product_name, a.failure_code, a.idempotency_key
    from pg_temp.arriving_events as a
    inner join new_keys as k on a.event_id = k.event_id;
    select count(*) into events from pg_temp.arriving_events;
    select a.transaction_id, a.event_id into last_transaction_id, last_event_id
    from pg_temp.arriving_events as a
    order by a.transaction_id desc, a.event_id desc
    limit 1;
end
$$;
comment on function internal.arrive_events() is
'Stores what is new of pg_temp.arriving_events, for the rollup to take up as if it had been sent; returns how many there were and the last by transaction and event.';

create function internal.arrive_retired_events(p_merchant_id uuid)
returns bigint
language plpgsql volatile
as $$
declare
    v_rows bigint;
begin
    delete from data.retired_events as r where r.merchant_id = p_merchant_id;
    insert into data.retired_events select a.* from pg_temp.arriving_retired_events as a;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then
        perform internal.rebuild_merchant(p_merchant_id);
    end if;
    return v_rows;
end
$$;
comment on function internal.arrive_retired_events(uuid) is
'Takes over pg_temp.arriving_retired_events, all that there are of the merchant, and works out its figures by them; returns how many.';

create function internal.is_settled(p_merchant_id uuid)
returns boolean
language sql volatile
as $$
    select not exists (
        select
        from data.merchants as m
        inner join data.rollup_progress as p using (bucket_id)
        inner join data.transaction_events as e on m.bucket_id = e.bucket_id and e.merchant_id = m.merchant_id
        where
            m.merchant_id = p_merchant_id
            and (e.xid >= pg_snapshot_xmax(p.snapshot) or e.xid = any(array(select pg_snapshot_xip(p.snapshot))))
    )
$$;
comment on function internal.is_settled(uuid) is 'Whether all of the merchant''s events here are in its figures.';

create function internal.arrive(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.merchants as m set residence = 'here', frozen_until = null where m.merchant_id = p_merchant_id;
    update data.moves as m set switched_at = coalesce(m.switched_at, clock_timestamp())
    where m.merchant_id = p_merchant_id;
$$;
comment on function internal.arrive(uuid) is 'The merchant is here: it may be written for, and counts in what is read of all merchants.';

create function internal.settle(p_merchant_id uuid)
returns boolean
language plpgsql volatile
as $$
begin
    perform rollup.process_window((select m.bucket_id from data.merchants as m where m.merchant_id = p_merchant_id));
    return internal.is_settled(p_merchant_id);
end
$$;
comment on function internal.settle(uuid) is
'Aggregates a window of the merchant''s bucket, or leaves it to who is at it; returns whether all of the merchant''s events are in its figures now.';

create function internal.arrived_from(p_merchant_id uuid)
returns text
language sql stable
as $$
    select m.other_server from data.moves as m
    where m.merchant_id = p_merchant_id and m.is_arrival and m.finished_at is null
$$;
comment on function internal.arrived_from(uuid) is
'The server from which the merchant comes, or has come and left something there; null: nothing is left to do.';

create function internal.arrivals_of_partition(p_partition integer, p_partitions integer)
returns uuid[]
language sql stable
as $$
    select array(
        select m.merchant_id from data.moves as m
        where m.is_arrival and m.finished_at is null and internal.partition_of(m.merchant_id, p_partitions) = p_partition
        order by m.merchant_id
    )
$$;
comment on function internal.arrivals_of_partition(integer, integer) is
'The merchants of a virtual partition, of so many, whose move to here is not finished.';

-- Only now may retention condense what has come: until then it is compared with what is at the other server.
create function internal.finish_arrival(p_merchant_id uuid)
returns void
language sql volatile
as $$
    update data.moves as m set finished_at = coalesce(m.finished_at, clock_timestamp())
    where m.merchant_id = p_merchant_id and m.is_arrival
$$;
comment on function internal.finish_arrival(uuid) is 'Nothing is left of the merchant at the other server.';

create function internal.is_half_removed(p_merchant_id uuid)
returns boolean
language sql stable
as $$
    select exists (
        select from data.merchants as m
        inner join data.moves as v on m.merchant_id = v.merchant_id
        where m.merchant_id = p_merchant_id and m.residence = 'departed' and v.is_arrival
    )
$$;
comment on function internal.is_half_removed(uuid) is
'Whether what was copied here was being removed, for the merchant was to stay where it is, and is not whole any more.';

create function internal.missing_events(p_merchant_id uuid)
returns bigint
language sql volatile
as $$
    select count(*)
    from pg_temp.departed_event_ids as d
    where not exists (
        select from data.transaction_event_keys as k where k.merchant_id = p_merchant_id and k.event_id = d.event_id
    )
$$;
comment on function internal.missing_events(uuid) is 'How many of pg_temp.departed_event_ids are not here.';

-- --- at both ----------------------------------------------------------------------------------------

-- In batches: events first, then the rest at once, with the bucket held, or a window could bring figures back.
create function internal.remove_merchant(p_merchant_id uuid, p_limit integer)
returns bigint
language plpgsql volatile set plan_cache_mode = force_custom_plan
as $$
declare
    v_table text;
    v_rows bigint;
begin
    update data.merchants as m set residence = 'departed', frozen_until = 'infinity'
    from data.moves as v
    where
        m.merchant_id = p_merchant_id and v.merchant_id = m.merchant_id
        and (m.residence = 'arriving' or m.residence = 'departed' and (v.is_arrival or v.verified_at is not null));
    if not found then
        -- of an arrival that was undone before there was anything
        update data.moves as v set finished_at = coalesce(v.finished_at, clock_timestamp())
        where
            v.merchant_id = p_merchant_id
            and not exists (select from data.merchants as m where m.merchant_id = p_merchant_id);
        return 0;
    end if;
    update data.moves as m set xid = pg_current_xact_id() where m.merchant_id = p_merchant_id;
    with doomed as (
        select e.event_id, e.received_at from data.transaction_events as e where e.merchant_id = p_merchant_id limit p_limit
    ),

    keys as (
        delete from data.transaction_event_keys as k using doomed as d
        where k.merchant_id = p_merchant_id and k.event_id = d.event_id
    )

    delete from data.transaction_events as e using doomed as d
    where e.merchant_id = p_merchant_id and e.event_id = d.event_id and e.received_at = d.received_at;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then
        return v_rows;
    end if;
    perform internal.lock_merchant(p_merchant_id);
    perform internal.clear_merchant(p_merchant_id);
    foreach v_table in array array[
        'transaction_event_keys', 'retired_events', 'set_aside_events', 'rebuild_requests', 'merchant_transactions', 'figure_changes',
        'merchant_api_keys', 'merchant_api_key_audit', 'webhook_endpoints', 'webhook_endpoint_audit', 'merchant_limits',
        'rate_buckets', 'erasures', 'analyst_merchants', 'merchants'
    ] loop
        execute format('delete from data.%I where merchant_id = $1', v_table) using p_merchant_id;
    end loop;
    update data.moves as m set finished_at = clock_timestamp(), xid = null where m.merchant_id = p_merchant_id;
    return 0;
end
$$;
comment on function internal.remove_merchant(uuid, integer) is
'Removes so many events of a merchant that has departed and is known to be on the other side, or that is arriving and shall not; when there are none left, all the rest. Returns how many events were removed; 0: nothing is left.';
