-- Whose access may have ended: the service ends the streams of those who may no longer read, by what channel
-- molam_access says. Needs data.merchants, data.merchant_api_keys.

create function triggers.tell_access()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_notify('molam_access', old.merchant_id::text);
    return null;
end
$$;
comment on function triggers.tell_access() is 'Notifies channel molam_access of the merchant.';

create or replace trigger _200_tell_access after update of status on data.merchants
for each row when (old.status is distinct from new.status) execute function triggers.tell_access();

create or replace trigger _200_tell_access after update on data.merchant_api_keys
for each row when (
    (old.secret_sha256, old.scopes, old.expires_at, old.revoked_at)
    is distinct from (new.secret_sha256, new.scopes, new.expires_at, new.revoked_at)
) execute function triggers.tell_access();

create or replace trigger _210_tell_access after delete on data.merchant_api_keys
for each row execute function triggers.tell_access();
