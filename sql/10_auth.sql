-- Who may call: merchants and API keys, as the service needs them for each call.
-- Needs data.merchants, data.merchant_api_keys, data.merchant_daily_aggregates.

create function api.get_merchant(p_merchant_id uuid)
returns table (name text, status text, default_currency text, timezone text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select m.name, m.status, m.default_currency, m.timezone
    from data.merchants as m
    where m.merchant_id = p_merchant_id
$$;
comment on function api.get_merchant(uuid) is
'The merchant: one row (name, status active or suspended, default currency, IANA time zone), or none when it is unknown.';

create function api.find_api_key(p_merchant_id uuid, p_key_id text)
returns table (secret_sha256 bytea, scopes text[], is_live boolean, expires_at timestamptz, merchant_status text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        k.secret_sha256,
        k.scopes,
        k.revoked_at is null and coalesce(k.expires_at > now(), true),
        k.expires_at,
        m.status
    from data.merchant_api_keys as k
    inner join data.merchants as m using (merchant_id)
    where k.merchant_id = p_merchant_id and k.key_id = p_key_id
$$;
comment on function api.find_api_key(uuid, text) is
'The key as stored: one row (SHA-256 of its secret, scopes, neither revoked nor expired, when it expires, the merchant''s status), or none. The caller compares the secret.';

-- Called whenever a process asks for the key again, so it writes nothing most of the time, and never waits: whoever
-- holds the row's lock is noting the same use, or is changing the key.
create function api.touch_api_key(p_merchant_id uuid, p_key_id text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update data.merchant_api_keys as k
    set last_used_at = now()
    where (k.merchant_id, k.key_id) in (
        select d.merchant_id, d.key_id
        from data.merchant_api_keys as d
        where
            d.merchant_id = p_merchant_id
            and d.key_id = p_key_id
            and coalesce(d.last_used_at < now() - interval '1 minute', true)
        for no key update skip locked
    )
$$;
comment on function api.touch_api_key(uuid, text) is
'Notes that the key was used; writes at most once a minute and never waits for a lock.';

create function api.describe_merchant(p_merchant_id uuid)
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_merchant data.merchants;
begin
    select m.* into v_merchant from data.merchants as m where m.merchant_id = p_merchant_id;
    if not found then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    end if;
    return json_build_object(
        'merchant_id', p_merchant_id,
        'name', v_merchant.name,
        'status', v_merchant.status,
        'timezone', v_merchant.timezone,
        'default_currency', v_merchant.default_currency,
        'currencies', to_json(array[v_merchant.default_currency] || array_remove(
            internal.currencies_with_figures(p_merchant_id), v_merchant.default_currency
        ))
    );
end
$$;
comment on function api.describe_merchant(uuid) is
'The merchant {merchant_id, name, status, timezone, default_currency, currencies}: its own currency first, then the others that it has figures in. Error: ML404.';

-- One step of the index per currency, however many days there are.
create function internal.currencies_with_figures(p_merchant_id uuid)
returns text[]
language sql stable
as $$
    with recursive found (currency) as (
        select min(a.currency) from data.merchant_daily_aggregates as a where a.merchant_id = p_merchant_id
        union all
        select (
            select min(a.currency)
            from data.merchant_daily_aggregates as a
            where a.merchant_id = p_merchant_id and a.currency > f.currency
        )
        from found as f
        where f.currency is not null
    )

    select coalesce(array_agg(f.currency order by f.currency), '{}') from found as f where f.currency is not null
$$;
comment on function internal.currencies_with_figures(uuid) is 'The currencies in which the merchant has figures, in order.';
