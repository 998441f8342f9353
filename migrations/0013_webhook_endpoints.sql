-- Webhook endpoints: where other systems send payment events, with the secrets that sign them, and their audit trail.
-- depends: 0012_key_management

set local role molam_owner;

-- A signature can only be checked with the secret itself, so it is stored as it is: readable by the owner of the tables
-- and, for one endpoint at a time, by api.find_webhook_endpoint.
create table data.webhook_endpoints (
    merchant_id uuid not null,
    endpoint_id text collate "C" not null,
    description text not null default '',
    secret bytea,
    previous_secret bytea,
    previous_secret_expires_at timestamptz,
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    last_received_at timestamptz,
    constraint webhook_endpoints_pkey primary key (merchant_id, endpoint_id),
    constraint webhook_endpoints_merchant_exists foreign key (merchant_id) references data.merchants (merchant_id),
    constraint webhook_endpoints_endpoint_id_carries_the_merchant check (
        endpoint_id ~ '^we_[0-9A-Za-z]{22}_[0-9A-Za-z]{12}$'
    ),
    constraint webhook_endpoints_description_has_at_most_200_characters check (length(description) <= 200),
    constraint webhook_endpoints_secrets_have_24_to_64_bytes check (
        length(secret) between 24 and 64 and length(previous_secret) between 24 and 64
    ),
    constraint webhook_endpoints_previous_secret_expires check (
        (previous_secret is null) = (previous_secret_expires_at is null)
    ),
    constraint webhook_endpoints_disabled_ones_keep_no_secret check (
        (disabled_at is null) = (secret is not null) and (disabled_at is null or previous_secret is null)
    )
);
comment on table data.webhook_endpoints is 'Where other systems send events, signed (Standard Webhooks). Holds the secrets as they are.';
comment on column data.webhook_endpoints.merchant_id is 'The merchant.';
comment on column data.webhook_endpoints.endpoint_id is 'As in the address: we_<merchant, encoded>_<endpoint>.';
comment on column data.webhook_endpoints.description is 'What it is for; may be empty.';
comment on column data.webhook_endpoints.secret is 'What signs now; null when the endpoint is disabled.';
comment on column data.webhook_endpoints.previous_secret is 'What signed before the last rotation; good until previous_secret_expires_at.';
comment on column data.webhook_endpoints.previous_secret_expires_at is 'From then on the previous secret is refused.';
comment on column data.webhook_endpoints.created_at is 'When it was created.';
comment on column data.webhook_endpoints.disabled_at is 'From then on everything sent there is refused; null: it was not disabled.';
comment on column data.webhook_endpoints.last_received_at is 'Last webhook with a right signature, kept to about a minute.';

create table data.webhook_endpoint_audit (
    merchant_id uuid not null,
    audit_id bigint generated always as identity,
    endpoint_id text collate "C" not null,
    action text not null,
    acted_at timestamptz not null default clock_timestamp(),
    subject text,
    database_user text not null default session_user,
    changes jsonb not null default '{}',
    constraint webhook_endpoint_audit_pkey primary key (merchant_id, audit_id),
    constraint webhook_endpoint_audit_action_is_known check (
        action in ('created', 'changed', 'rotated', 'disabled', 'deleted')
    )
);
comment on table data.webhook_endpoint_audit is 'Who did what to which webhook endpoint; written by a trigger whoever writes.';
comment on column data.webhook_endpoint_audit.merchant_id is 'The merchant.';
comment on column data.webhook_endpoint_audit.audit_id is 'Number of the entry.';
comment on column data.webhook_endpoint_audit.endpoint_id is 'The endpoint.';
comment on column data.webhook_endpoint_audit.action is 'created, changed, rotated, disabled or deleted.';
comment on column data.webhook_endpoint_audit.acted_at is 'When.';
comment on column data.webhook_endpoint_audit.subject is 'The person for whom the service acted: sub of the token. Null for who works in the database.';
comment on column data.webhook_endpoint_audit.database_user is 'session_user of whoever wrote: a person, or the service.';
comment on column data.webhook_endpoint_audit.changes is 'What changed: {"description": {"from": …, "to": …}}; of a secret only the start of its SHA-256.';
create index webhook_endpoint_audit_endpoint on data.webhook_endpoint_audit (merchant_id, endpoint_id, audit_id);
comment on index data.webhook_endpoint_audit_endpoint is 'The trail of one endpoint, and who created it.';

insert into data.settings (name, value, unit, minimum, maximum, description) values
('max_webhook_endpoints', 20, 'endpoints', 1, 10000, 'How many webhook endpoints a merchant may have, disabled ones not counted.');
