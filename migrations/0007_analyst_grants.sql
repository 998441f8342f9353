-- Analysts: the role of those who see some merchants only, which merchants those are, and what makes a year of raw
-- events answer at once.
-- depends: 0006_rollup_state

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'molam_limited_analyst') then
        create role molam_limited_analyst nologin;
    end if;
    -- as in 0001: whoever migrates may act in each role
    begin
        set local role molam_limited_analyst;
        set local role none;
    exception when insufficient_privilege then
        execute format('grant molam_limited_analyst to %I', current_user);
    end;
    execute format('grant connect on database %I to molam_limited_analyst', current_database());
end
$$;

set local role molam_owner;

-- By the role's identity, not by its name: a role made later under the name of one that is gone gets nothing.
create table data.analyst_merchants (
    merchant_id uuid not null,
    analyst regrole not null,
    granted_at timestamptz not null default now(),
    granted_by text not null default session_user,
    constraint analyst_merchants_pkey primary key (merchant_id, analyst),
    constraint analyst_merchants_merchant_exists foreign key (merchant_id) references data.merchants (merchant_id)
);
comment on table data.analyst_merchants is 'Which merchants a limited analyst, or a role that limited analysts are members of, sees in analytics.';

-- A merchant's events of a span of time, in whatever order they came: what analytics asks of the raw events. One more entry
-- for each event when it is stored: measured, about a sixth of the processor time of api.ingest_events.
-- squawk-ignore require-concurrent-index-creation
create index transaction_events_merchant_occurred_at on data.transaction_events (merchant_id, occurred_at);

-- Why payments failed: analytics.failure_codes reads nothing else. Failed payments only, one event in twenty or so:
-- one more entry for each of them when it is stored, none for others.
-- squawk-ignore require-concurrent-index-creation
create index transaction_events_failures on data.transaction_events (merchant_id, occurred_at)
include (currency, payment_method, failure_code, amount, received_at) where event_type = 'payment_failed';
