-- The audit trail of API keys, whoever writes. Needs data.merchant_api_keys, data.merchant_api_key_audit.

create function triggers.audit_api_key()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_key data.merchant_api_keys := case when tg_op = 'DELETE' then old else new end;
begin
    insert into data.merchant_api_key_audit (merchant_id, key_id, action)
    values (v_key.merchant_id, v_key.key_id, case
        when tg_op = 'INSERT' then 'created'
        when tg_op = 'DELETE' then 'deleted'
        when old.revoked_at is null and new.revoked_at is not null then 'revoked'
        else 'changed'
    end);
    return null;
end
$$;
comment on function triggers.audit_api_key() is 'Notes what was done to the key; its use alone (last_used_at) is not a change.';

create or replace trigger _100_audit_write after insert or delete on data.merchant_api_keys
for each row execute function triggers.audit_api_key();

create or replace trigger _110_audit_change after update on data.merchant_api_keys
for each row when (
    (old.secret_sha256, old.name, old.scopes, old.expires_at, old.revoked_at)
    is distinct from (new.secret_sha256, new.name, new.scopes, new.expires_at, new.revoked_at)
) execute function triggers.audit_api_key();
