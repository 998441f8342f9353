-- What may be called: names, arguments, results, volatility, and with whose rights it runs.
-- Needs a migrated database, and pgTAP on the search path.

select no_plan();

create temporary view functions as
select p.oid, p.oid::regprocedure::text as function, n.nspname as schema, p.proname, p.prosecdef, p.proconfig
from pg_proc as p inner join pg_namespace as n on p.pronamespace = n.oid
where pg_get_userbyid(n.nspowner) = 'molam_owner';

-- As in `create function`: parallel unsafe and the caller's rights go without saying. Defaults are shown without casts.
create function pg_temp.signatures(p_schema text)
returns setof text
language sql
as $$
    select concat_ws(
        ' ',
        format('%s(%s)', p.proname, regexp_replace(
            replace(pg_get_function_arguments(p.oid), 'timestamp with time zone', 'timestamptz'), '::[a-z]+(\[\])?', '', 'g'
        )),
        'returns ' || replace(pg_get_function_result(p.oid), 'timestamp with time zone', 'timestamptz'),
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
        case when p.prosecdef then 'security definer' end
    )
    from pg_proc as p where p.pronamespace = p_schema::regnamespace
$$;

select bag_eq(
    $$ select pg_temp.signatures('api') $$,
    array[
        'api_key_audit(p_merchant_id uuid, p_key_id text) returns json stable security definer',
        $$create_api_key(p_merchant_id uuid, p_key_id text, p_secret_sha256 bytea, p_scopes text[] DEFAULT ARRAY['events:write'], p_name text DEFAULT '', p_expires_at timestamptz DEFAULT NULL, p_subject text DEFAULT NULL) returns json volatile security definer$$,
        $$create_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text, p_secret bytea, p_description text DEFAULT '', p_subject text DEFAULT NULL) returns json volatile security definer$$,
        $$dashboard_analytics(p_merchant_id uuid, p_start_date date, p_end_date date, p_granularity text DEFAULT 'daily', p_currency text DEFAULT NULL) returns json stable security definer$$,
        'dashboard_customers(p_merchant_id uuid, p_limit integer DEFAULT 50, p_currency text DEFAULT NULL) returns json stable security definer',
        'dashboard_overview(p_merchant_id uuid, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now()) returns json stable security definer',
        'dashboard_payment_methods(p_merchant_id uuid, p_days integer DEFAULT NULL, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL) returns json stable security definer',
        'dashboard_failures(p_merchant_id uuid, p_days integer DEFAULT NULL, p_limit integer DEFAULT 10, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL) returns json stable security definer',
        'dashboard_top_products(p_merchant_id uuid, p_days integer DEFAULT NULL, p_limit integer DEFAULT 10, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL) returns json stable security definer',
        'describe_merchant(p_merchant_id uuid) returns json stable security definer',
        'disable_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text, p_subject text DEFAULT NULL) returns json volatile security definer',
        'echo(p_token text) returns void volatile security definer',
        'figures_version(p_merchant_id uuid, p_now timestamptz DEFAULT now()) returns json stable security definer',
        'find_api_key(p_merchant_id uuid, p_key_id text) returns TABLE(secret_sha256 bytea, scopes text[], is_live boolean, expires_at timestamptz, merchant_status text) stable security definer',
        'find_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text) returns TABLE(secrets bytea[], merchant_status text) stable security definer',
        'get_api_key(p_merchant_id uuid, p_key_id text) returns json stable security definer',
        'get_merchant(p_merchant_id uuid) returns TABLE(name text, status text, default_currency text, timezone text) stable security definer',
        'get_transaction(p_merchant_id uuid, p_transaction_id text) returns json stable security definer',
        'get_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text) returns json stable security definer',
        'ingest_events(p_merchant_id uuid, p_events json, p_is_lenient boolean DEFAULT false, OUT is_stored boolean, OUT body json) returns record volatile security definer',
        'ingest_single_events(p_merchant_id uuid, p_events json) returns TABLE(index bigint, outcome text, body json) volatile security definer',
        'ingest_single_events_agg(p_merchant_id uuid, p_events json) returns json[] immutable',
        'lease_quota(p_merchant_id uuid, p_caller text, p_requests bigint, p_events bigint, p_more_requests bigint DEFAULT 0, p_more_events bigint DEFAULT 0, OUT requests_per_second bigint, OUT events_per_second bigint, OUT burst_seconds bigint, OUT is_granted boolean, OUT requests bigint, OUT events bigint, OUT requests_left double precision, OUT events_left double precision) returns record volatile security definer',
        'list_api_keys(p_merchant_id uuid, p_limit integer DEFAULT 100, p_starting_after text DEFAULT NULL) returns json stable security definer',
        'list_transactions(p_merchant_id uuid, p_limit integer DEFAULT 50, p_starting_after text DEFAULT NULL, p_ending_before text DEFAULT NULL, p_status text DEFAULT NULL, p_from text DEFAULT NULL, p_to text DEFAULT NULL, p_customer_id text DEFAULT NULL, p_product_id text DEFAULT NULL, p_payment_method text DEFAULT NULL, p_currency text DEFAULT NULL, p_search text DEFAULT NULL) returns json stable security definer',
        'list_webhook_endpoints(p_merchant_id uuid, p_limit integer DEFAULT 100, p_starting_after text DEFAULT NULL) returns json stable security definer',
        $$report_analytics(p_merchant_id uuid, p_start_date date, p_end_date date, p_granularity text DEFAULT 'daily', p_currency text DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer$$,
        'report_customers(p_merchant_id uuid, p_limit integer DEFAULT 50, p_currency text DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer',
        'report_payment_methods(p_merchant_id uuid, p_days integer DEFAULT NULL, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer',
        'report_failures(p_merchant_id uuid, p_days integer DEFAULT NULL, p_limit integer DEFAULT 10, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer',
        'report_top_products(p_merchant_id uuid, p_days integer DEFAULT NULL, p_limit integer DEFAULT 10, p_currency text DEFAULT NULL, p_now timestamptz DEFAULT now(), p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer',
        'report_transactions(p_merchant_id uuid, p_status text DEFAULT NULL, p_from text DEFAULT NULL, p_to text DEFAULT NULL, p_customer_id text DEFAULT NULL, p_product_id text DEFAULT NULL, p_payment_method text DEFAULT NULL, p_currency text DEFAULT NULL, p_search text DEFAULT NULL, OUT file_name text, OUT header text, OUT lines refcursor) returns record stable security definer',
        'note_auth_failures(p_address text, p_failures bigint, OUT failures_per_minute bigint, OUT allowance double precision) returns record volatile security definer',
        'revoke_api_key(p_merchant_id uuid, p_key_id text, p_subject text DEFAULT NULL) returns json volatile security definer',
        'rotate_api_key(p_merchant_id uuid, p_key_id text, p_new_key_id text, p_secret_sha256 bytea, p_overlap_seconds integer DEFAULT 86400, p_expires_at timestamptz DEFAULT NULL, p_subject text DEFAULT NULL) returns json volatile security definer',
        'rotate_webhook_secret(p_merchant_id uuid, p_endpoint_id text, p_secret bytea, p_overlap_seconds integer DEFAULT 86400, p_subject text DEFAULT NULL) returns json volatile security definer',
        'service_status() returns json stable security definer',
        'touch_api_key(p_merchant_id uuid, p_key_id text) returns void volatile security definer',
        'touch_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text) returns void volatile security definer',
        'webhook_endpoint_audit(p_merchant_id uuid, p_endpoint_id text) returns json stable security definer'
    ],
    'functions of api'
);

select bag_eq(
    $$ select pg_temp.signatures('ops') $$,
    array[
        'add_shard(p_name text, p_address jsonb, p_listen_address jsonb DEFAULT NULL, p_read_address jsonb DEFAULT NULL, p_partitions integer DEFAULT 64) returns smallint volatile security definer',
        'admit_router(p_user text, p_password text, p_ops_password text, p_server_name text DEFAULT NULL) returns void volatile',
        'adopt_restored_database() returns bigint volatile security definer',
        'apply_retention() returns text volatile security definer',
        'is_pg_cron_alive() returns boolean stable security definer',
        'create_merchant(p_name text, p_default_currency text, p_timezone text, p_merchant_id uuid DEFAULT NULL) returns uuid volatile security definer',
        'create_partitions() returns integer volatile security definer',
        'cron_jobs() returns TABLE(job text, schedule text, is_active boolean, last_run_at timestamptz, last_seconds numeric, last_error text) stable security definer',
        'cron_schedule(p_version text) returns TABLE(job text, schedule text, command text) immutable',
        'disable_webhook_endpoint(p_merchant_id uuid, p_endpoint_id text) returns json volatile security definer',
        'events_without_partition() returns bigint stable security definer',
        $$explain_api(p_function text, p_merchant_id uuid, p_arguments jsonb DEFAULT '{}') returns SETOF text volatile security definer$$,
        'forget_customer(p_merchant_id uuid, p_customer_id text) returns bigint volatile security definer',
        'grant_analyst(p_role text, p_merchant_id uuid) returns void volatile security definer',
        'held_back_by(p_bucket_id smallint) returns text[] stable security definer',
        'limit_merchant(p_merchant_id uuid, p_requests_per_second bigint DEFAULT NULL, p_events_per_second bigint DEFAULT NULL, p_burst_seconds bigint DEFAULT NULL) returns void volatile security definer',
        'maintain() returns bigint volatile security definer',
        'needed_bytes(p_relation oid) returns bigint stable security definer',
        'next_cron_run(p_schedule text, p_last_run_at timestamptz, p_now timestamptz DEFAULT now()) returns timestamptz stable security definer',
        'note_release(p_release bigint[], p_migrations text[]) returns void volatile security definer',
        'open_writers() returns TABLE(xid xid, pid integer, prepared_as text, user_name text, application_name text, state text, started_at timestamptz, query text) stable security definer',
        'rebuild(p_merchant_id uuid) returns bigint volatile security definer',
        'reconcile(p_merchant_id uuid DEFAULT NULL, p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL) returns TABLE(relation text, merchant_id uuid, currency text, key text, measure text, expected text, actual text) stable security definer',
        'refresh_marts() returns bigint volatile security definer',
        'remote_cron_schedule(p_version text, p_cron_database text) returns TABLE(job text, schedule text, command text, database text) stable security definer',
        'repair(p_merchant_id uuid, p_start_date date DEFAULT NULL, p_end_date date DEFAULT NULL) returns bigint volatile security definer',
        'replay(p_merchant_id uuid, p_from timestamptz, p_to timestamptz) returns bigint volatile security definer',
        'retry_set_aside_events(p_merchant_id uuid DEFAULT NULL) returns bigint volatile security definer',
        'revoke_analyst(p_role text, p_merchant_id uuid) returns boolean volatile security definer',
        'revoke_api_key(p_merchant_id uuid, p_key_id text) returns json volatile security definer',
        'schedule_jobs() returns text volatile',
        'show_cron_jobs() returns void volatile',
        'statement_times() returns TABLE(function_name text, calls bigint, total_ms numeric) stable security definer',
        'status() returns json stable security definer',
        'unknown_merchants() returns SETOF uuid stable security definer',
        'update_merchant(p_merchant_id uuid, p_name text DEFAULT NULL, p_default_currency text DEFAULT NULL, p_timezone text DEFAULT NULL, p_status text DEFAULT NULL) returns void volatile security definer'
    ],
    'functions of ops'
);

select bag_eq(
    $$ select pg_temp.signatures('rollup') $$,
    array[
        'beat(p_runner text, p_windows bigint, p_events bigint, p_error text) returns boolean volatile security definer',
        'pause(p_events bigint, p_is_failed boolean) returns double precision stable security definer',
        'pending_buckets() returns smallint[] stable security definer',
        'process_window(p_bucket_id smallint) returns bigint volatile security definer',
        'run(IN p_runner text, IN p_seconds numeric) volatile',
        'run_due_jobs() returns void volatile security definer'
    ],
    'functions of rollup'
);

select is_empty(
    $$
    select function from functions
    where schema = 'api' and proname not in ('service_status', 'note_auth_failures', 'echo')
        and not coalesce(pg_get_function_arguments(oid) like 'p\_merchant\_id uuid%', false)
    $$,
    'the merchant comes first, so that a call can be routed by it; but for what touches no merchant''s data'
);

select is_empty(
    $$ select schema, proname from functions group by schema, proname having count(*) > 1 $$,
    'a name stands for one function'
);

select is_empty(
    $$
    select function from functions
    where prosecdef and not coalesce('search_path=pg_catalog, pg_temp' = any(proconfig), false)
    $$,
    'whoever lends rights fixes the search path'
);

select finish();
