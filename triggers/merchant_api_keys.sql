-- The audit trail of API keys, whoever writes. Needs data.merchant_api_keys, data.merchant_api_key_audit.

-- The service tells for whom it acts by a setting of its transaction; who works in the database has none.
create function triggers.subject()
returns text
language sql stable
as $$
    select nullif(current_setting('molam.subject', true), '')
$$;
comment on function triggers.subject() is 'The person for whom the service writes, or null.';

create function triggers.differences(p_old jsonb, p_new jsonb)
returns jsonb
language sql immutable
as $$
    select coalesce(jsonb_object_agg(key, jsonb_build_object('from', o.value, 'to', n.value)), '{}')
    from jsonb_each(jsonb_strip_nulls(p_old)) as o
    full join jsonb_each(jsonb_strip_nulls(p_new)) as n using (key)
    where o.value is distinct from n.value
$$;
comment on function triggers.differences(jsonb, jsonb) is
'What differs between two rows (null: there is none), as {column: {from, to}}.';

create function triggers.fingerprint(p_secret bytea)
returns text
language sql immutable
as $$
    select left(encode(p_secret, 'hex'), 8)
$$;
comment on function triggers.fingerprint(bytea) is 'The start of a SHA-256, by which two secrets can be told apart and nothing else.';

create function triggers.audited(p_key data.merchant_api_keys)
returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'name', p_key.name, 'scopes', p_key.scopes, 'secret', triggers.fingerprint(p_key.secret_sha256),
        'expires_at', p_key.expires_at, 'revoked_at', p_key.revoked_at, 'replaced_by', p_key.replaced_by
    )
    where p_key.key_id is not null
$$;
comment on function triggers.audited(data.merchant_api_keys) is 'What of a key the trail compares; last_used_at is no change.';

create function triggers.audit_api_key()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
    v_key data.merchant_api_keys := case when tg_op = 'DELETE' then old else new end;
begin
    if triggers.is_moving(v_key.merchant_id) then
        return null;
    end if;
    insert into data.merchant_api_key_audit (merchant_id, key_id, action, subject, changes)
    values (v_key.merchant_id, v_key.key_id, case
        when tg_op = 'INSERT' then 'created'
        when tg_op = 'DELETE' then 'deleted'
        when old.revoked_at is null and new.revoked_at is not null then 'revoked'
        when old.replaced_by is null and new.replaced_by is not null then 'rotated'
        else 'changed'
    end, triggers.subject(), triggers.differences(triggers.audited(old), triggers.audited(new)));
    return null;
end
$$;
comment on function triggers.audit_api_key() is 'Notes what was done to the key, by whom, and what changed.';

create or replace trigger _100_audit_write after insert or delete on data.merchant_api_keys
for each row execute function triggers.audit_api_key();

create or replace trigger _110_audit_change after update on data.merchant_api_keys
for each row when (triggers.audited(old) is distinct from triggers.audited(new))
execute function triggers.audit_api_key();

create function triggers.refuse_audit_change()
returns trigger
language plpgsql
as $$
begin
    -- a merchant's whole trail goes with it to another server
    if tg_op = 'DELETE' and exists (select from data.moves as m where m.xid = pg_current_xact_id_if_assigned()) then
        return null;
    end if;
    raise exception '% of data.% is refused: an audit trail is append-only', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end
$$;
comment on function triggers.refuse_audit_change() is 'Refuses the statement, but for what a move to another server does.';

create or replace trigger _100_append_only before update or delete or truncate on data.merchant_api_key_audit
for each statement execute function triggers.refuse_audit_change();
