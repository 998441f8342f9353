-- API keys as people manage them: made, listed, rotated, revoked, and the trail of who did it.
-- Needs data.merchant_api_keys, data.merchant_api_key_audit, triggers/merchant_api_keys.sql, internal.rfc3339.

-- --- for API keys and webhook endpoints -----------------------------------------------------------------

create function internal.act_for(p_subject text)
returns void
language plpgsql volatile
as $$
begin
    perform set_config('molam.subject', coalesce(p_subject, ''), true);
end
$$;
comment on function internal.act_for(text) is
'Names the person for whom this transaction works, for the audit trails; null: nobody but the session''s user.';

create function internal.overlap_end(p_overlap_seconds integer)
returns timestamptz
language plpgsql stable
as $$
begin
    perform internal.check_bounds('overlap_seconds', p_overlap_seconds, 0, 30 * 86400);
    return now() + make_interval(secs => p_overlap_seconds);
end
$$;
comment on function internal.overlap_end(integer) is
'Until when a rotated secret stays good. Error: ML422 beyond 30 days.';

create function internal.page(p_items json[], p_limit integer)
returns json
language sql stable parallel safe
as $$
    select json_build_object('data', to_json(p_items[:p_limit]), 'has_more', cardinality(p_items) > p_limit)
$$;
comment on function internal.page(json[], integer) is
'A page {data, has_more} of p_limit items, given those and one more where there are more.';

create function internal.audit_entry(
    p_action text, p_acted_at timestamptz, p_subject text, p_database_user text, p_changes jsonb
)
returns json
language sql stable parallel safe
as $$
    select json_build_object(
        'action', p_action,
        'acted_at', internal.rfc3339(p_acted_at),
        'actor', coalesce(p_subject, p_database_user),
        'actor_kind', case when p_subject is null then 'database_user' else 'token' end,
        'changes', p_changes
    )
$$;
comment on function internal.audit_entry(text, timestamptz, text, text, jsonb) is
'An entry of an audit trail as people see it: the actor is a person (token), or who was at the database without one.';

-- The name of a constraint says the rule that it keeps; of whose table and column it is, callers need not know.
-- As an answer, which it never comes to, so that who asks may return it.
create function internal.refuse_row(p_table text, p_constraint text, p_column text)
returns json
language plpgsql stable
as $$
begin
    if p_column <> '' then
        raise exception 'must not be null' using errcode = 'ML422', detail = p_column;
    end if;
    raise exception 'breaks a rule: %', replace(substr(p_constraint, length(p_table) + 2), '_', ' ')
    using errcode = 'ML422', detail = '';
end
$$;
comment on function internal.refuse_row(text, text, text) is
'Raises ML422 for a row that its table has refused, of the constraint or the column that the error names.';

-- --- keys -----------------------------------------------------------------------------------------------

create function internal.is_live(p_key data.merchant_api_keys)
returns boolean
language sql stable
as $$
    select p_key.revoked_at is null and coalesce(p_key.expires_at > now(), true)
$$;
comment on function internal.is_live(data.merchant_api_keys) is 'Whether the key is neither revoked nor expired.';

create function internal.api_key_answer(p_key data.merchant_api_keys)
returns json
language sql stable
as $$
    select json_build_object(
        'key_id', p_key.key_id,
        'name', p_key.name,
        'scopes', p_key.scopes,
        'state', case
            when p_key.revoked_at is not null then 'revoked'
            when internal.is_live(p_key) then 'active'
            else 'expired'
        end,
        'created_at', internal.rfc3339(p_key.created_at),
        'created_by', (
            select coalesce(a.subject, a.database_user)
            from data.merchant_api_key_audit as a
            where a.merchant_id = p_key.merchant_id and a.key_id = p_key.key_id and a.action = 'created'
            order by a.audit_id
            limit 1
        ),
        'last_used_at', internal.rfc3339(p_key.last_used_at),
        'expires_at', internal.rfc3339(p_key.expires_at),
        'revoked_at', internal.rfc3339(p_key.revoked_at),
        'replaced_by', p_key.replaced_by
    )
    where p_key.key_id is not null
$$;
comment on function internal.api_key_answer(data.merchant_api_keys) is 'A key as people see it, without its secret.';

create function api.create_api_key(
    p_merchant_id uuid,
    p_key_id text,
    p_secret_sha256 bytea,
    p_scopes text[] default array['events:write'],
    p_name text default '',
    p_expires_at timestamptz default null,
    p_subject text default null
)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_key data.merchant_api_keys;
    v_table text;
    v_constraint text;
    v_column text;
begin
    if p_expires_at not between now() and now() + interval '10 years' then
        raise exception 'must be in the future, within 10 years' using errcode = 'ML422', detail = 'expires_at';
    end if;
    perform internal.act_for(p_subject);
    -- one at a time, so that the count is right
    perform pg_advisory_xact_lock(hashtextextended('molam keys ' || p_merchant_id, 0));
    insert into data.merchant_api_keys (merchant_id, key_id, secret_sha256, scopes, name, expires_at)
    values (
        p_merchant_id, p_key_id, p_secret_sha256,
        array(select distinct s.scope from unnest(p_scopes) as s (scope) order by s.scope),
        coalesce(p_name, ''), p_expires_at
    )
    on conflict (merchant_id, key_id) do nothing;
    select k.* into v_key from data.merchant_api_keys as k where k.merchant_id = p_merchant_id and k.key_id = p_key_id;
    -- the same call again, after its answer was lost, finds its own key
    if v_key.secret_sha256 <> p_secret_sha256 then
        raise exception 'is taken' using errcode = 'ML422', detail = 'key_id';
    end if;
    perform internal.check_number_of_keys(p_merchant_id);
    return internal.api_key_answer(v_key);
exception
    when foreign_key_violation then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    when check_violation or not_null_violation then
        get stacked diagnostics v_table = table_name, v_constraint = constraint_name, v_column = column_name;
        return internal.refuse_row(v_table, v_constraint, v_column);
end
$$;
comment on function api.create_api_key(uuid, text, bytea, text[], text, timestamptz, text) is
'Stores a new key: its id (8 to 32 letters and digits), the SHA-256 of its secret, scopes, a name, an optional end, the person who asks for it (null: the session''s user). Returns {key_id, name, scopes, state, created_at, created_by, last_used_at, expires_at, revoked_at, replaced_by}. May be repeated. Errors: ML404 unknown merchant, ML409 too many keys, ML422 unknown scope, malformed id, wrong end.';

create function internal.check_number_of_keys(p_merchant_id uuid)
returns void
language plpgsql stable
as $$
declare
    v_limit integer := internal.setting('max_api_keys');
begin
    if (
        select count(*) > v_limit
        from data.merchant_api_keys as k
        where k.merchant_id = p_merchant_id and k.replaced_by is null and internal.is_live(k)
    ) then
        raise exception 'a merchant may have % live keys: revoke one first', v_limit using errcode = 'ML409';
    end if;
end
$$;
comment on function internal.check_number_of_keys(uuid) is 'Raises ML409 when the merchant has more live keys than it may.';

create function api.rotate_api_key(
    p_merchant_id uuid,
    p_key_id text,
    p_new_key_id text,
    p_secret_sha256 bytea,
    p_overlap_seconds integer default 86400,
    p_expires_at timestamptz default null,
    p_subject text default null
)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_overlap_end timestamptz := internal.overlap_end(p_overlap_seconds);
    v_old data.merchant_api_keys;
begin
    perform internal.act_for(p_subject);
    select k.* into v_old
    from data.merchant_api_keys as k
    where k.merchant_id = p_merchant_id and k.key_id = p_key_id
    for no key update;
    if not found then
        return null;
    elsif v_old.replaced_by <> p_new_key_id then
        raise exception 'key % was rotated already: % took its place', p_key_id, v_old.replaced_by
        using errcode = 'ML409';
    elsif v_old.replaced_by is null and not internal.is_live(v_old) then
        raise exception 'key % was revoked or has expired: create a new one', p_key_id using errcode = 'ML409';
    end if;
    update data.merchant_api_keys as k
    set replaced_by = p_new_key_id, expires_at = least(k.expires_at, v_overlap_end)
    where k.merchant_id = p_merchant_id and k.key_id = p_key_id and k.replaced_by is null;
    return api.create_api_key(
        p_merchant_id, p_new_key_id, p_secret_sha256, v_old.scopes, v_old.name,
        -- as long a life as the old one was given
        coalesce(p_expires_at, now() + (v_old.expires_at - v_old.created_at)),
        p_subject
    );
end
$$;
comment on function api.rotate_api_key(uuid, text, text, bytea, integer, timestamptz, text) is
'Stores a key of the same name and scopes that takes this one''s place, and lets this one live p_overlap_seconds more (0 to 30 days). Without p_expires_at the new one lives as long as the old one was made for. Returns the new key as api.create_api_key does; null when there is no such key. May be repeated. Errors: ML409 rotated before, revoked or expired; ML422.';

create function api.revoke_api_key(p_merchant_id uuid, p_key_id text, p_subject text default null)
returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform internal.act_for(p_subject);
    update data.merchant_api_keys as k
    set revoked_at = now()
    where k.merchant_id = p_merchant_id and k.key_id = p_key_id and k.revoked_at is null;
    return api.get_api_key(p_merchant_id, p_key_id);
end
$$;
comment on function api.revoke_api_key(uuid, text, text) is
'Ends the key: every process of the service refuses it within its cache time, 5 seconds at most. Returns the key; null when there is no such key. May be repeated.';

create function api.get_api_key(p_merchant_id uuid, p_key_id text)
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select internal.api_key_answer(k)
    from data.merchant_api_keys as k
    where k.merchant_id = p_merchant_id and k.key_id = p_key_id
$$;
comment on function api.get_api_key(uuid, text) is 'One key, as api.create_api_key returns it; null when there is no such key.';

create function api.list_api_keys(p_merchant_id uuid, p_limit integer default 100, p_starting_after text default null)
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_after data.merchant_api_keys;
    v_keys json[];
begin
    perform internal.check_bounds('limit', p_limit, 1, 100);
    if p_starting_after is not null then
        select k.* into v_after
        from data.merchant_api_keys as k
        where k.merchant_id = p_merchant_id and k.key_id = p_starting_after;
        if not found then
            raise exception 'must be the id of a key' using errcode = 'ML422', detail = 'starting_after';
        end if;
    end if;
    v_keys := array(
        select internal.api_key_answer(k)
        from data.merchant_api_keys as k
        where
            k.merchant_id = p_merchant_id
            and (p_starting_after is null or (k.created_at, k.key_id) < (v_after.created_at, v_after.key_id))
        order by k.created_at desc, k.key_id desc
        limit p_limit + 1
    );
    return internal.page(v_keys, p_limit);
end
$$;
comment on function api.list_api_keys(uuid, integer, text) is
'A page {data, has_more} of the merchant''s keys, dead ones too, the newest first: p_limit (1 to 100) after the key of that id. Errors: ML422 limit, starting_after.';

create function api.api_key_audit(p_merchant_id uuid, p_key_id text)
returns json
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('data', json_agg(
        internal.audit_entry(a.action, a.acted_at, a.subject, a.database_user, a.changes) order by a.audit_id desc
    ))
    from data.merchant_api_key_audit as a
    where a.merchant_id = p_merchant_id and a.key_id = p_key_id
    having count(*) > 0
$$;
comment on function api.api_key_audit(uuid, text) is
'Who did what to the key, the latest first: {data: [{action, acted_at, actor, actor_kind, changes}]}; null when there was never such a key.';

create function ops.revoke_api_key(p_merchant_id uuid, p_key_id text)
returns json
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select api.revoke_api_key(p_merchant_id, p_key_id)
$$;
comment on function ops.revoke_api_key(uuid, text) is
'Ends the key within 5 seconds, whoever made it. The trail names the database user. Returns the key; null when there is no such key.';
