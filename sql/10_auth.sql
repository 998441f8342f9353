-- Who may call: merchants and API keys, as the service needs them.
-- Needs data.merchants, data.merchant_api_keys.

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

create function api.touch_api_key(p_merchant_id uuid, p_key_id text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update data.merchant_api_keys as k
    set last_used_at = now()
    where
        k.merchant_id = p_merchant_id
        and k.key_id = p_key_id
        and coalesce(k.last_used_at < now() - interval '1 minute', true)
$$;
comment on function api.touch_api_key(uuid, text) is
'Notes that the key was used; writes at most once a minute.';

create function api.create_api_key(
    p_merchant_id uuid,
    p_key_id text,
    p_secret_sha256 bytea,
    p_scopes text[] default array['events:write'],
    p_name text default '',
    p_expires_at timestamptz default null
)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into data.merchant_api_keys (merchant_id, key_id, secret_sha256, scopes, name, expires_at)
    values (p_merchant_id, p_key_id, p_secret_sha256, p_scopes, coalesce(p_name, ''), p_expires_at);
exception
    when foreign_key_violation then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    when check_violation then
        raise exception 'the key is not acceptable: %', sqlerrm using errcode = 'ML422', detail = 'scopes';
end
$$;
comment on function api.create_api_key(uuid, text, bytea, text[], text, timestamptz) is
'Stores a new key: its id (8 to 32 letters and digits), the SHA-256 of its secret, scopes, a name, an optional end. Errors: ML404 unknown merchant, ML422 unknown scope or malformed id.';
