-- The audit trail of webhook endpoints, whoever writes. Needs data.webhook_endpoints, data.webhook_endpoint_audit, and
-- what triggers/merchant_api_keys.sql has for every trail.

create function triggers.audited_endpoint(p_endpoint data.webhook_endpoints)
returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'description', p_endpoint.description,
        'secret', triggers.fingerprint(sha256(p_endpoint.secret)),
        'previous_secret', triggers.fingerprint(sha256(p_endpoint.previous_secret)),
        'previous_secret_expires_at', p_endpoint.previous_secret_expires_at,
        'disabled_at', p_endpoint.disabled_at
    )
    where p_endpoint.endpoint_id is not null
$$;
comment on function triggers.audited_endpoint(data.webhook_endpoints) is
'What of an endpoint the trail compares; last_received_at is no change.';

create function triggers.audit_webhook_endpoint()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
    v_endpoint data.webhook_endpoints := case when tg_op = 'DELETE' then old else new end;
begin
    if triggers.is_moving(v_endpoint.merchant_id) then
        return null;
    end if;
    insert into data.webhook_endpoint_audit (merchant_id, endpoint_id, action, subject, changes)
    values (v_endpoint.merchant_id, v_endpoint.endpoint_id, case
        when tg_op = 'INSERT' then 'created'
        when tg_op = 'DELETE' then 'deleted'
        when old.disabled_at is null and new.disabled_at is not null then 'disabled'
        when old.secret is distinct from new.secret then 'rotated'
        else 'changed'
    end, triggers.subject(), triggers.differences(triggers.audited_endpoint(old), triggers.audited_endpoint(new)));
    return null;
end
$$;
comment on function triggers.audit_webhook_endpoint() is 'Notes what was done to the endpoint, by whom, and what changed.';

create or replace trigger _100_audit_write after insert or delete on data.webhook_endpoints
for each row execute function triggers.audit_webhook_endpoint();

create or replace trigger _110_audit_change after update on data.webhook_endpoints
for each row when (triggers.audited_endpoint(old) is distinct from triggers.audited_endpoint(new))
execute function triggers.audit_webhook_endpoint();

create or replace trigger _100_append_only before update or delete or truncate on data.webhook_endpoint_audit
for each statement execute function triggers.refuse_audit_change();
