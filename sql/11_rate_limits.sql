-- Rate limits: quota leased to the service's processes from token buckets, and authentication failures by address.
-- Needs data.rate_buckets, data.merchant_limits, data.auth_failures, views/ops_merchant_limits.sql.

-- A bucket refills by the clock, up to its size. It may be below 0, and then takes longer.
create function internal.refilled(p_level numeric, p_filled_at timestamptz, p_now timestamptz, p_rate numeric, p_size numeric)
returns numeric
language sql immutable parallel safe
as $$
    select least(p_size, p_level + greatest(extract(epoch from p_now - p_filled_at), 0) * p_rate)
$$;
comment on function internal.refilled(numeric, timestamptz, timestamptz, numeric, numeric) is
'What is in a bucket at p_now that held p_level at p_filled_at, gains p_rate a second and holds p_size at most.';

-- What is granted beyond the need saves a process its next calls. It is kept so small that what a process may hold and
-- not use is little: a tenth of a second's worth, or an eighth of what is there.
create function internal.lease(p_level numeric, p_need bigint, p_wish bigint, p_rate bigint)
returns bigint
language sql immutable parallel safe
as $$
    select p_need + greatest(0, floor(least(
        p_wish, p_level - p_need, greatest(p_rate / 10.0, (p_level - p_need) / 8)
    )))::bigint
$$;
comment on function internal.lease(numeric, bigint, bigint, bigint) is
'How much of a bucket''s level is leased to who needs p_need now and wishes for p_wish more.';

-- A caller and an address are keys of tables, and an index has no room for more. A subject has 255 characters.
create function internal.check_usage(p_name text, p_caller text, variadic p_counts bigint[])
returns void
language plpgsql immutable
as $$
begin
    if p_caller is null or length(p_caller) > 300 then
        raise exception 'must have at most 300 characters' using errcode = 'ML422', detail = p_name;
    elsif 0 > any(p_counts) is not false then
        raise exception 'all counts must be numbers from 0' using errcode = 'ML422', detail = '';
    end if;
end
$$;
comment on function internal.check_usage(text, text, bigint[]) is
'Raises ML422 when who used something (p_name, for the error) is null or too long, or how much is null or below 0.';

create function api.lease_quota(
    p_merchant_id uuid,
    p_caller text,
    p_requests bigint, p_events bigint,
    p_more_requests bigint default 0, p_more_events bigint default 0,
    out requests_per_second bigint, out events_per_second bigint, out burst_seconds bigint,
    out is_granted boolean, out requests bigint, out events bigint,
    out requests_left double precision, out events_left double precision
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_requests numeric;
    v_events numeric;
    v_filled_at timestamptz;
    v_now timestamptz;
begin
    perform internal.check_usage('caller', p_caller, p_requests, p_events, p_more_requests, p_more_events);
    select l.requests_per_second, l.events_per_second, l.burst_seconds
    into requests_per_second, events_per_second, burst_seconds
    from ops.merchant_limits as l
    where l.merchant_id = p_merchant_id;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    end if;
    is_granted := true;
    requests := 0;
    events := 0;
    requests_left := 0;
    events_left := 0;
    if requests_per_second = 0 and events_per_second = 0 then
        return;
    end if;
    loop
        select b.requests, b.events, b.filled_at into v_requests, v_events, v_filled_at
        from data.rate_buckets as b
        where b.merchant_id = p_merchant_id and b.caller = p_caller
        for no key update;
        exit when found;
        insert into data.rate_buckets (merchant_id, caller, requests, events, filled_at)
        values (
            p_merchant_id, p_caller,
            requests_per_second * burst_seconds, events_per_second * burst_seconds, clock_timestamp()
        )
        on conflict (merchant_id, caller) do nothing;
    end loop;
    -- not before the row is ours: others may have filled it while we waited
    v_now := greatest(clock_timestamp(), v_filled_at);
    v_requests := internal.refilled(
        v_requests, v_filled_at, v_now, requests_per_second, requests_per_second * burst_seconds
    );
    v_events := internal.refilled(
        v_events, v_filled_at, v_now, events_per_second, events_per_second * burst_seconds
    );
    -- a batch larger than the bucket takes a full one, and leaves a debt
    is_granted := (requests_per_second = 0 or v_requests >= p_requests)
        and (events_per_second = 0 or v_events >= least(p_events, events_per_second * burst_seconds));
    if is_granted then
        requests := internal.lease(v_requests, p_requests, p_more_requests, requests_per_second);
        events := internal.lease(v_events, p_events, p_more_events, events_per_second);
    end if;
    requests_left := v_requests - requests;
    events_left := v_events - events;
    update data.rate_buckets as b
    set
        requests = case when requests_per_second = 0 then 0 else v_requests - lease_quota.requests end,
        events = case when events_per_second = 0 then 0 else v_events - lease_quota.events end,
        filled_at = v_now
    where b.merchant_id = p_merchant_id and b.caller = p_caller;
end
$$;
comment on function api.lease_quota(uuid, text, bigint, bigint, bigint, bigint) is
'Takes requests and events for a caller out of its buckets: as many as it needs now (p_requests, p_events), or none at all (is_granted false), and of as many more as it is likely to need in the next second a part. Returns the limits in force (0: none), what was leased, and what is left in the buckets. Who leases spends it within a second or forgets it. Errors: ML404, ML422.';

create function api.note_auth_failures(
    p_address text, p_failures bigint, out failures_per_minute bigint, out allowance double precision
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_allowance numeric;
begin
    perform internal.check_usage('address', p_address, p_failures);
    failures_per_minute := internal.setting('auth_failures_per_minute');
    if failures_per_minute = 0 then
        return;
    end if;
    insert into data.auth_failures as f (address, allowance, filled_at)
    values (p_address, greatest(-failures_per_minute, failures_per_minute - p_failures), clock_timestamp())
    on conflict (address) do update
    set
        allowance = greatest(-failures_per_minute, internal.refilled(
            f.allowance, f.filled_at, clock_timestamp(), failures_per_minute / 60.0, failures_per_minute
        ) - p_failures),
        filled_at = greatest(f.filled_at, clock_timestamp())
    returning f.allowance into v_allowance;
    allowance := v_allowance;
end
$$;
comment on function api.note_auth_failures(text, bigint) is
'Counts wrong credentials that came from an address (IPv4, or an IPv6 /64). Returns how many are allowed in a minute (0: no limit) and how many still now; below 1 the address has to wait. Error: ML422.';

create function internal.forget_idle_callers()
returns void
language sql volatile
as $$
    delete from data.rate_buckets as b where b.filled_at < now() - interval '1 hour';
    delete from data.auth_failures as f where f.filled_at < now() - interval '1 hour';
$$;
comment on function internal.forget_idle_callers() is 'Removes buckets that are full again by now.';

create function ops.limit_merchant(
    p_merchant_id uuid,
    p_requests_per_second bigint default null, p_events_per_second bigint default null,
    p_burst_seconds bigint default null
)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform internal.check_limit('requests_per_second', p_requests_per_second);
    perform internal.check_limit('events_per_second', p_events_per_second);
    perform internal.check_limit('burst_seconds', p_burst_seconds);
    if num_nonnulls(p_requests_per_second, p_events_per_second, p_burst_seconds) = 0 then
        delete from data.merchant_limits as m where m.merchant_id = p_merchant_id;
        return;
    end if;
    insert into data.merchant_limits as m (merchant_id, requests_per_second, events_per_second, burst_seconds)
    values (p_merchant_id, p_requests_per_second, p_events_per_second, p_burst_seconds)
    on conflict (merchant_id) do update
    set
        requests_per_second = excluded.requests_per_second,
        events_per_second = excluded.events_per_second,
        burst_seconds = excluded.burst_seconds;
exception when foreign_key_violation then
    raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
end
$$;
comment on function ops.limit_merchant(uuid, bigint, bigint, bigint) is
'Gives each caller of the merchant limits of its own, in force within 5 seconds: requests and events a second (0: no limit), and how many seconds'' worth may come at once. What is null is as the setting of that name says; all null ends the exception. Errors: ML404; ML422 out of the setting''s bounds.';

create function internal.check_limit(p_name text, p_value bigint)
returns void
language plpgsql stable
as $$
declare
    v_setting data.settings;
begin
    select s.* into strict v_setting from data.settings as s where s.name = p_name;
    if p_value not between v_setting.minimum and v_setting.maximum then
        raise exception 'must be from % to %', v_setting.minimum, v_setting.maximum
        using errcode = 'ML422', detail = p_name;
    end if;
end
$$;
comment on function internal.check_limit(text, bigint) is 'Raises ML422 when the value is out of the bounds of the setting; null is in.';
