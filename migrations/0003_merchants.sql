-- Merchants, their API keys and the keys' audit trail.
-- depends: 0002_currencies

set local role molam_owner;

create table data.merchants (
    merchant_id uuid not null,
    name text not null,
    default_currency text collate "C" not null,
    timezone text not null,
    -- The zone that the aggregates are in now; a rebuild brings it to `timezone`.
    aggregated_timezone text not null,
    status text not null default 'active',
    -- Which bucket of the rollup holds the merchant: 16 buckets, spread by the uuid's hash.
    bucket_id smallint generated always as ((uuid_hash(merchant_id) & 15)::smallint) stored,
    created_at timestamptz not null default now(),
    constraint merchants_pkey primary key (merchant_id),
    constraint merchants_default_currency_exists foreign key (default_currency) references data.currencies (code),
    constraint merchants_name_has_1_to_200_characters check (length(name) between 1 and 200),
    constraint merchants_timezone_is_known check ((timestamptz 'epoch' at time zone timezone) is not null),
    constraint merchants_status_is_known check (status in (
        'active',     -- may send and read
        'suspended'   -- every call is refused with ML403; figures stay
    ))
);
comment on table data.merchants is 'Tenants.';
comment on column data.merchants.timezone is 'IANA name; local days and hours are in this zone.';
comment on column data.merchants.aggregated_timezone is 'The zone that the aggregates are in; differs from timezone until the rebuild that its change asked for.';
comment on column data.merchants.bucket_id is 'Bucket of the rollup, 0 to 15.';

create table data.merchant_api_keys (
    merchant_id uuid not null,
    key_id text collate "C" not null,
    secret_sha256 bytea not null,
    name text not null default '',
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    constraint merchant_api_keys_pkey primary key (merchant_id, key_id),
    constraint merchant_api_keys_merchant_exists foreign key (merchant_id) references data.merchants (merchant_id),
    constraint merchant_api_keys_key_id_has_8_to_32_characters check (key_id ~ '^[0-9A-Za-z]{8,32}$'),
    constraint merchant_api_keys_secret_is_a_sha256 check (length(secret_sha256) = 32),
    constraint merchant_api_keys_name_has_at_most_200_characters check (length(name) <= 200),
    constraint merchant_api_keys_scopes_are_known check (
        cardinality(scopes) > 0 and scopes <@ array['events:write', 'dashboard:read']
    )
);
comment on table data.merchant_api_keys is 'Keys of servers. Only the SHA-256 of a secret is stored.';
comment on column data.merchant_api_keys.scopes is 'events:write (send events), dashboard:read (read figures).';
comment on column data.merchant_api_keys.last_used_at is 'Last use, kept to about a minute so that reading costs no write per request.';

create table data.merchant_api_key_audit (
    merchant_id uuid not null,
    audit_id bigint generated always as identity,
    key_id text collate "C" not null,
    action text not null,
    acted_at timestamptz not null default clock_timestamp(),
    actor text not null default session_user,
    constraint merchant_api_key_audit_pkey primary key (merchant_id, audit_id),
    constraint merchant_api_key_audit_action_is_known check (action in ('created', 'changed', 'revoked', 'deleted'))
);
comment on table data.merchant_api_key_audit is 'Who did what to which key; written by a trigger whoever writes.';
