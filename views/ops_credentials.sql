-- What lets servers in. Needs data.merchant_api_keys, data.webhook_endpoints.

create view ops.credentials with (security_barrier = true) as
select
    k.merchant_id, 'api_key' as kind, k.key_id as credential_id, k.name, k.scopes, k.created_at, k.last_used_at,
    least(k.expires_at, k.revoked_at) as ends_at
from data.merchant_api_keys as k
union all
select
    e.merchant_id, 'webhook_endpoint', e.endpoint_id, e.description, array['events:write'], e.created_at,
    e.last_received_at, e.disabled_at
from data.webhook_endpoints as e;

comment on view ops.credentials is
'API keys and webhook endpoints, without their secrets. A leaked one ends with ops.revoke_api_key or ops.disable_webhook_endpoint.';
comment on column ops.credentials.merchant_id is 'The merchant.';
comment on column ops.credentials.kind is 'api_key or webhook_endpoint.';
comment on column ops.credentials.credential_id is 'The key''s id, which is its third part (mk_<merchant>_<key id>_…), or the endpoint''s.';
comment on column ops.credentials.name is 'What its maker calls it.';
comment on column ops.credentials.scopes is 'What it allows.';
comment on column ops.credentials.created_at is 'When it was made.';
comment on column ops.credentials.last_used_at is 'Last use, to about a minute; null when it was never used.';
comment on column ops.credentials.ends_at is 'When it ends or has ended; null when it has no end.';
grant select on ops.credentials to molam_dba;
