-- API keys that people manage: which key replaced which, and who did it when the service acted for a person.
-- depends: 0011_comments

set local role molam_owner;

alter table data.merchant_api_keys add column replaced_by text collate "C";
comment on column data.merchant_api_keys.replaced_by is 'The key that took its place by rotation; both live until expires_at of this one.';

-- The actor so far was the session's user, which stays on record whoever the service acts for.
-- squawk-ignore renaming-column
alter table data.merchant_api_key_audit rename column actor to database_user;
alter table data.merchant_api_key_audit add column subject text;
alter table data.merchant_api_key_audit add column changes jsonb not null default '{}';
-- one more word is allowed
-- squawk-ignore ban-drop-constraint
alter table data.merchant_api_key_audit drop constraint merchant_api_key_audit_action_is_known;
-- squawk-ignore constraint-missing-not-valid
alter table data.merchant_api_key_audit add constraint merchant_api_key_audit_action_is_known check (
    action in ('created', 'changed', 'rotated', 'revoked', 'deleted')
);
comment on column data.merchant_api_key_audit.action is 'created, changed, rotated, revoked or deleted.';
comment on column data.merchant_api_key_audit.subject is 'The person for whom the service acted: sub of the token. Null for who works in the database.';
comment on column data.merchant_api_key_audit.database_user is 'session_user of whoever wrote: a person, or the service.';
comment on column data.merchant_api_key_audit.changes is 'What changed: {"name": {"from": …, "to": …}}; of a secret only the start of its SHA-256.';
-- a small table, so its writers wait only for a moment
-- squawk-ignore require-concurrent-index-creation
create index merchant_api_key_audit_key on data.merchant_api_key_audit (merchant_id, key_id, audit_id);
comment on index data.merchant_api_key_audit_key is 'The trail of one key, and who created it.';

insert into data.settings (name, value, unit, minimum, maximum, description) values
('max_api_keys', 50, 'keys', 1, 10000, 'How many live API keys a merchant may have; a key that was rotated does not count.');
