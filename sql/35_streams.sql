-- Who is told that figures changed: NOTIFY with the commit that changed them, and how a stream that was away learns
-- whether it missed anything (docs/streams.md). Needs data.figure_changes, 30_rollup.sql, 40_dashboard.sql.

create function internal.microseconds(p_at timestamptz)
returns bigint
language sql stable parallel safe
as $$
    select (extract(epoch from p_at) * 1000000)::bigint
$$;
comment on function internal.microseconds(timestamptz) is 'An instant as microseconds since 1970.';

-- A notification holds less than 8000 bytes: 150 merchants, of 40 bytes each, and what they share.
create function internal.tell_changes(p_merchant_ids uuid[])
returns void
language plpgsql volatile
as $$
declare
    v_changed_at timestamptz := clock_timestamp();
begin
    insert into data.figure_changes (merchant_id, changed_at)
    select c.merchant_id, v_changed_at from unnest(p_merchant_ids) as c (merchant_id) order by c.merchant_id
    on conflict (merchant_id) do update set changed_at = excluded.changed_at;
    perform pg_notify('molam_figures', json_build_object(
        'changed_at', internal.microseconds(v_changed_at), 'as_of', n.as_of, 'merchants', n.merchant_ids
    )::text)
    from (
        select internal.rfc3339(c.as_of) as as_of, json_agg(c.merchant_id) as merchant_ids
        from (
            select
                m.merchant_id,
                least(p.as_of, (
                    select min(s.received_at) from data.set_aside_events as s where s.merchant_id = m.merchant_id
                )) as as_of,
                (row_number() over () - 1) / 150 as part
            from data.merchants as m
            inner join data.rollup_progress as p using (bucket_id)
            where m.merchant_id = any(p_merchant_ids)
        ) as c
        group by c.as_of, c.part
    ) as n;
end
$$;
comment on function internal.tell_changes(uuid[]) is
'Notes that the figures of these merchants change with this transaction, and notifies channel molam_figures when it commits: changed_at (microseconds), as_of, merchants. The caller holds the locks of their buckets.';

create function internal.window_merchants()
returns uuid[]
language sql volatile
as $$
    select array(select distinct w.merchant_id from pg_temp.window_events as w)
$$;
comment on function internal.window_merchants() is 'Whose events are in pg_temp.window_events.';

-- Without an event, too, figures change: growth when a local hour is completed, today and the last days at midnight.
create function api.figures_version(p_merchant_id uuid, p_now timestamptz default now())
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_scope record := internal.scope(p_merchant_id, null);
    v_turned_at timestamptz := date_trunc('hour', p_now, v_scope.timezone);
    v_next_day timestamptz := internal.day_start((p_now at time zone v_scope.timezone)::date + 1, v_scope.timezone);
begin
    if not isfinite(p_now) then
        raise exception 'must be a moment' using errcode = 'ML422', detail = 'now';
    end if;
    return (
        select json_build_object(
            'changed_at', coalesce(internal.microseconds(max(c.changed_at)), 0),
            'turned_at', extract(epoch from v_turned_at)::bigint,
            'seconds_to_turn', extract(epoch from least(v_turned_at + interval '1 hour', v_next_day) - p_now),
            'as_of', v_scope.as_of
        )
        from data.figure_changes as c
        where c.merchant_id = p_merchant_id
    );
end
$$;
comment on function api.figures_version(uuid, timestamptz) is
'Which figures of the merchant are in force at p_now: changed_at (microseconds since 1970 of their last change, 0: none yet) and turned_at (start of the local hour, seconds since 1970), which differ when and only when figures may have changed; seconds_to_turn until the clock alone changes them next; as_of as in every answer. Errors: ML404, ML422.';

create function api.echo(p_token text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select pg_notify('molam_echo', left(p_token, 64))
$$;
comment on function api.echo(text) is
'Notifies channel molam_echo of p_token (at most 64 bytes of it): who listens behind a pooler that loses notifications learns that it is deaf.';
