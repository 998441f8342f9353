-- Who did what to API keys and webhook endpoints. Needs data.merchant_api_key_audit, data.webhook_endpoint_audit.

create view ops.credential_audit with (security_barrier = true) as
select a.merchant_id, a.key_id as credential_id, a.action, a.acted_at, a.subject, a.database_user, a.changes
from data.merchant_api_key_audit as a
union all
select a.merchant_id, a.endpoint_id, a.action, a.acted_at, a.subject, a.database_user, a.changes
from data.webhook_endpoint_audit as a;

comment on view ops.credential_audit is 'Who did what to which API key or webhook endpoint; append-only.';
comment on column ops.credential_audit.merchant_id is 'The merchant.';
comment on column ops.credential_audit.credential_id is 'As in ops.credentials.';
comment on column ops.credential_audit.action is 'created, changed, rotated, revoked (keys), disabled (endpoints) or deleted.';
comment on column ops.credential_audit.acted_at is 'When.';
comment on column ops.credential_audit.subject is 'The person for whom the service acted (sub of the token); null for who worked in the database.';
comment on column ops.credential_audit.database_user is 'session_user: the service''s, or a person''s.';
comment on column ops.credential_audit.changes is 'What changed, as {column: {from, to}}; of secrets the start of their SHA-256.';
grant select on ops.credential_audit to molam_dba;
