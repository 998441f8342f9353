-- Webhook endpoints: the secrets that sign what other systems send, and the endpoints as people manage them.
-- Needs data.webhook_endpoints, data.webhook_endpoint_audit, triggers/webhook_endpoints.sql, 12_keys.sql.

create function api.find_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text)
returns table (secrets bytea[], merchant_status text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        array_remove(array[
            e.secret, case when e.previous_secret_expires_at > now() then e.previous_secret end
        ], null),
        m.status
    from data.webhook_endpoints as e
    inner join data.merchants as m using (merchant_id)
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id and e.disabled_at is null
$$;
comment on function api.find_webhook_endpoint(uuid, text) is
'The live secrets of the endpoint, the current one first, and its merchant''s status; no row when it is unknown or disabled. Not for answers: these are the secrets themselves.';

create function api.touch_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update data.webhook_endpoints as e
    set last_received_at = now()
    where (e.merchant_id, e.endpoint_id) in (
        select d.merchant_id, d.endpoint_id
        from data.webhook_endpoints as d
        where
            d.merchant_id = p_merchant_id
            and d.endpoint_id = p_endpoint_id
            and coalesce(d.last_received_at < now() - interval '1 minute', true)
        for no key update skip locked
    )
$$;
comment on function api.touch_webhook_endpoint(uuid, text) is
'Notes that a webhook with a right signature came; writes at most once a minute and never waits for a lock.';

create function internal.webhook_endpoint_answer(p_endpoint data.webhook_endpoints)
returns json
language sql stable
as $$
    select json_build_object(
        'endpoint_id', p_endpoint.endpoint_id,
        'description', p_endpoint.description,
        'state', case when p_endpoint.disabled_at is null then 'active' else 'disabled' end,
        'created_at', internal.rfc3339(p_endpoint.created_at),
        'created_by', (
            select coalesce(a.subject, a.database_user)
            from data.webhook_endpoint_audit as a
            where
                a.merchant_id = p_endpoint.merchant_id
                and a.endpoint_id = p_endpoint.endpoint_id
                and a.action = 'created'
            order by a.audit_id
            limit 1
        ),
        'last_received_at', internal.rfc3339(p_endpoint.last_received_at),
        'previous_secret_expires_at', case
            when p_endpoint.previous_secret_expires_at > now()
                then internal.rfc3339(p_endpoint.previous_secret_expires_at)
        end,
        'disabled_at', internal.rfc3339(p_endpoint.disabled_at)
    )
    where p_endpoint.endpoint_id is not null
$$;
comment on function internal.webhook_endpoint_answer(data.webhook_endpoints) is
'An endpoint as people see it, without its secrets.';

create function api.create_webhook_endpoint(
    p_merchant_id uuid,
    p_endpoint_id text,
    p_secret bytea,
    p_description text default '',
    p_subject text default null
)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := internal.setting('max_webhook_endpoints');
    v_endpoint data.webhook_endpoints;
    v_table text;
    v_constraint text;
    v_column text;
begin
    perform internal.act_for(p_subject);
    -- one at a time, so that the count is right
    perform pg_advisory_xact_lock(hashtextextended('molam webhook endpoints ' || p_merchant_id, 0));
    insert into data.webhook_endpoints (merchant_id, endpoint_id, secret, description)
    values (p_merchant_id, p_endpoint_id, p_secret, coalesce(p_description, ''))
    on conflict (merchant_id, endpoint_id) do nothing;
    select e.* into v_endpoint
    from data.webhook_endpoints as e
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id;
    -- the same call again, after its answer was lost, finds its own endpoint
    if v_endpoint.secret is distinct from p_secret then
        raise exception 'is taken' using errcode = 'ML422', detail = 'endpoint_id';
    elsif (
        select count(*) > v_limit
        from data.webhook_endpoints as e
        where e.merchant_id = p_merchant_id and e.disabled_at is null
    ) then
        raise exception 'a merchant may have % webhook endpoints: delete one first', v_limit using errcode = 'ML409';
    end if;
    return internal.webhook_endpoint_answer(v_endpoint);
exception
    when foreign_key_violation then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    when check_violation or not_null_violation then
        get stacked diagnostics v_table = table_name, v_constraint = constraint_name, v_column = column_name;
        return internal.refuse_row(v_table, v_constraint, v_column);
end
$$;
comment on function api.create_webhook_endpoint(uuid, text, bytea, text, text) is
'Stores a new endpoint: its id (we_<merchant>_<endpoint>), its secret (24 to 64 bytes), a description, the person who asks for it (null: the session''s user). Returns {endpoint_id, description, state, created_at, created_by, last_received_at, previous_secret_expires_at, disabled_at}. May be repeated. Errors: ML404 unknown merchant, ML409 too many endpoints, ML422.';

create function api.rotate_webhook_secret(
    p_merchant_id uuid,
    p_endpoint_id text,
    p_secret bytea,
    p_overlap_seconds integer default 86400,
    p_subject text default null
)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_overlap_end timestamptz := internal.overlap_end(p_overlap_seconds);
    v_endpoint data.webhook_endpoints;
    v_table text;
    v_constraint text;
    v_column text;
begin
    perform internal.act_for(p_subject);
    select e.* into v_endpoint
    from data.webhook_endpoints as e
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id
    for no key update;
    if not found then
        return null;
    elsif v_endpoint.disabled_at is not null then
        raise exception 'endpoint % is disabled', p_endpoint_id using errcode = 'ML409';
    elsif v_endpoint.secret <> p_secret and p_overlap_seconds > 0 and v_endpoint.previous_secret_expires_at > now() then
        -- a third secret would end the one that senders may still use
        raise exception 'the secret was rotated already and the previous one is good until %: wait, or rotate with an overlap of 0 to end both',
            internal.rfc3339(v_endpoint.previous_secret_expires_at)
        using errcode = 'ML409';
    end if;
    update data.webhook_endpoints as e
    set
        secret = p_secret,
        previous_secret = case when p_overlap_seconds > 0 then e.secret end,
        previous_secret_expires_at = case when p_overlap_seconds > 0 then v_overlap_end end
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id and e.secret <> p_secret;
    return api.get_webhook_endpoint(p_merchant_id, p_endpoint_id);
exception when check_violation then
    get stacked diagnostics v_table = table_name, v_constraint = constraint_name, v_column = column_name;
    return internal.refuse_row(v_table, v_constraint, v_column);
end
$$;
comment on function api.rotate_webhook_secret(uuid, text, bytea, integer, text) is
'Gives the endpoint another secret; the one so far stays good p_overlap_seconds more (0 to 30 days; 0 ends all earlier ones at once). Returns the endpoint; null when there is no such endpoint. May be repeated. Errors: ML409 disabled, or an earlier overlap still runs; ML422.';

create function api.disable_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text, p_subject text default null)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform internal.act_for(p_subject);
    update data.webhook_endpoints as e
    set disabled_at = now(), secret = null, previous_secret = null, previous_secret_expires_at = null
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id and e.disabled_at is null;
    return api.get_webhook_endpoint(p_merchant_id, p_endpoint_id);
end
$$;
comment on function api.disable_webhook_endpoint(uuid, text, text) is
'Ends the endpoint for good and forgets its secrets: every process of the service refuses what is sent there within its cache time, 5 seconds at most. Returns the endpoint; null when there is no such endpoint. May be repeated.';

create function api.get_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text)
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select internal.webhook_endpoint_answer(e)
    from data.webhook_endpoints as e
    where e.merchant_id = p_merchant_id and e.endpoint_id = p_endpoint_id
$$;
comment on function api.get_webhook_endpoint(uuid, text) is
'One endpoint, as api.create_webhook_endpoint returns it; null when there is no such endpoint.';

create function api.list_webhook_endpoints(
    p_merchant_id uuid, p_limit integer default 100, p_starting_after text default null
)
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_after data.webhook_endpoints;
    v_endpoints json[];
begin
    perform internal.check_bounds('limit', p_limit, 1, 100);
    if p_starting_after is not null then
        select e.* into v_after
        from data.webhook_endpoints as e
        where e.merchant_id = p_merchant_id and e.endpoint_id = p_starting_after;
        if not found then
            raise exception 'must be the id of an endpoint' using errcode = 'ML422', detail = 'starting_after';
        end if;
    end if;
    v_endpoints := array(
        select internal.webhook_endpoint_answer(e)
        from data.webhook_endpoints as e
        where
            e.merchant_id = p_merchant_id
            and (p_starting_after is null or (e.created_at, e.endpoint_id) < (v_after.created_at, v_after.endpoint_id))
        order by e.created_at desc, e.endpoint_id desc
        limit p_limit + 1
    );
    return internal.page(v_endpoints, p_limit);
end
$$;
comment on function api.list_webhook_endpoints(uuid, integer, text) is
'A page {data, has_more} of the merchant''s endpoints, disabled ones too, the newest first: p_limit (1 to 100) after the endpoint of that id. Errors: ML422 limit, starting_after.';

create function api.webhook_endpoint_audit(p_merchant_id uuid, p_endpoint_id text)
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('data', json_agg(
        internal.audit_entry(a.action, a.acted_at, a.subject, a.database_user, a.changes) order by a.audit_id desc
    ))
    from data.webhook_endpoint_audit as a
    where a.merchant_id = p_merchant_id and a.endpoint_id = p_endpoint_id
    having count(*) > 0
$$;
comment on function api.webhook_endpoint_audit(uuid, text) is
'Who did what to the endpoint, the latest first: {data: [{action, acted_at, actor, actor_kind, changes}]}; null when there was never such an endpoint.';

create function ops.disable_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text)
returns json
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select api.disable_webhook_endpoint(p_merchant_id, p_endpoint_id)
$$;
comment on function ops.disable_webhook_endpoint(uuid, text) is
'Ends the endpoint within 5 seconds, whoever made it. The trail names the database user. Returns the endpoint; null when there is no such endpoint.';
