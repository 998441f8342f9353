-- The columns of every view, in their order: what analysts and DBAs write their queries against.
-- Needs a migrated database, and pgTAP on the search path.

select no_plan();

create function pg_temp.views(p_schema text)
returns table (view text, columns text)
language sql
as $$
    select c.relname::text, string_agg(a.attname::text, ', ' order by a.attnum)
    from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
    where c.relnamespace = p_schema::regnamespace and c.relkind in ('v', 'm') and a.attnum > 0
    group by c.oid
$$;

select bag_eq(
    $$ select view, columns from pg_temp.views('analytics') $$,
    $$
    values
        ('cohorts', 'merchant_id, merchant_name, currency, cohort_month, customers, returned, return_rate, successful, total_spent, avg_spent'),
        ('currencies', 'currency, decimals, currency_name'),
        ('customer_days', 'merchant_id, merchant_name, currency, customer_id, cohort_month, local_date, visit_number, previous_date, days_since_previous'),
        ('customers', 'merchant_id, merchant_name, currency, customer_id, cohort_month, successful, total_spent, avg_transaction, active_days, first_date, last_date, first_at, last_at'),
        ('daily_figures', 'merchant_id, merchant_name, currency, local_date, transactions, successful, failed, created, refunded, revenue, refunds, fees, net_revenue, avg_transaction, success_rate, customers, new_customers'),
        ('events', 'merchant_id, merchant_name, event_id, transaction_id, event_type, currency, amount, fee, payment_method, customer_id, product_id, product_name, failure_code, idempotency_key, occurred_at, local_date, local_time, received_at'),
        ('failure_codes', 'merchant_id, merchant_name, currency, local_date, payment_method, failure_code, failed, failed_amount'),
        ('funnels', 'merchant_id, merchant_name, currency, local_date, created, succeeded, refunded, created_to_succeeded_rate, succeeded_to_refunded_rate, median_created_to_succeeded, p95_created_to_succeeded, median_succeeded_to_refunded'),
        ('growth', 'merchant_id, merchant_name, currency, period, period_start, is_complete, transactions, previous_transactions, transaction_growth, revenue, previous_revenue, revenue_growth, customers, previous_customers, customer_growth'),
        ('hourly_figures', 'merchant_id, merchant_name, currency, hour_start, local_date, local_hour, transactions, successful, failed, created, refunded, revenue, refunds, fees, net_revenue, avg_transaction, success_rate, customers, new_customers'),
        ('merchants', 'merchant_id, merchant_name, status, default_currency, timezone, created_at, as_of'),
        ('monthly_figures', 'merchant_id, merchant_name, currency, month_start, transactions, successful, failed, created, refunded, revenue, refunds, fees, net_revenue, avg_transaction, success_rate, customers, new_customers'),
        ('payment_methods', 'merchant_id, merchant_name, currency, local_date, payment_method, transactions, successful, failed, revenue, avg_transaction, success_rate'),
        ('product_totals', 'merchant_id, merchant_name, currency, product_id, product_name, successful, revenue, avg_transaction, active_days, first_date, last_date'),
        ('products', 'merchant_id, merchant_name, currency, local_date, product_id, product_name, successful, revenue'),
        ('retention', 'merchant_id, merchant_name, currency, cohort_month, month_start, months_since, customers, cohort_size, retention_rate'),
        ('transactions', 'merchant_id, merchant_name, currency, transaction_id, status, payment_method, customer_id, product_id, amount, revenue, refunds, fees, attempts, failure_code, started_at, local_date, created_at, succeeded_at, failed_at, refunded_at, last_event_at, created_to_succeeded, succeeded_to_refunded'),
        ('weekly_figures', 'merchant_id, merchant_name, currency, week_start, iso_week, transactions, successful, failed, created, refunded, revenue, refunds, fees, net_revenue, avg_transaction, success_rate, customers, new_customers')
    $$,
    'views of analytics'
);

select bag_eq(
    $$ select view, columns from pg_temp.views('ops') $$,
    $$
    values
        ('analyst_grants', 'role, merchant_id, merchant_name, granted_at, granted_by'),
        ('bloat', 'relation, kind, bytes, estimated_rows, dead_rows, dead_share, estimated_bloat_bytes, last_vacuum_at, last_analyze_at'),
        ('credential_audit', 'merchant_id, credential_id, action, acted_at, subject, database_user, changes'),
        ('credentials', 'merchant_id, kind, credential_id, name, scopes, created_at, last_used_at, ends_at'),
        ('erasures', 'merchant_id, pseudonym, erased_at, erased_by, rows'),
        ('health', 'is_healthy, reasons, lag_seconds, pending_events, held_back_by, runner_seconds_ago, set_aside_events, default_partition_rows, partition_horizon, failing_jobs, oldest_transaction_seconds, marts_refreshed_at, marts_due_seconds, xid_age, database_bytes, code_versions'),
        ('job_runs', 'job, started_at, seconds, rows, error, note'),
        ('jobs', 'job, last_run_at, last_seconds, last_seen_at, next_run_at, windows, rows, is_failing, last_error, last_error_at'),
        ('lag', 'bucket_id, pending_events, lag_seconds, as_of, windows, events, next_xid, held_back_by'),
        ('merchant_limits', 'merchant_id, name, requests_per_second, events_per_second, burst_seconds, is_exception'),
        ('merchants', 'merchant_id, name, status, default_currency, timezone, bucket_id, created_at, residence, currencies, first_date, last_date'),
        ('partitions', 'partition, starts_at, ends_at, state, estimated_rows, bytes, is_alarm, covered_until'),
        ('pending_events', 'bucket_id, merchant_id, event_id, transaction_id, event_type, received_at, xid'),
        ('set_aside_events', 'merchant_id, event_id, received_at, error_code, reason, set_aside_at'),
        ('unfinished_moves', 'merchant_id, direction, other_server, started_at, switched_at'),
        ('settings', 'name, value, unit, minimum, maximum, default_value, description'),
        ('slow_functions', 'source, function_name, calls, total_ms, mean_ms, self_ms')
    $$,
    'views of ops'
);

select bag_eq(
    $$ select view, columns from pg_temp.views('shard') $$,
    $$
    select format('%s_%s', s.schema, v.view), 'shard, ' || v.columns
    from unnest(array['analytics', 'ops']) as s (schema)
    cross join pg_temp.views(s.schema) as v
    where v.view <> 'currencies'
    $$,
    'views of shard: those of analytics and ops with the server before their columns'
);

select bag_eq(
    $$ select view, columns from pg_temp.views('mart') $$,
    $$
    values
        ('month_totals', 'merchant_id, currency, created, successful, failed, refunded, revenue, refunds, fees, customers, new_customers'),
        ('payment_method_mixes', 'merchant_id, currency, days, payment_method, successful, failed, amount'),
        ('product_rankings', 'merchant_id, currency, days, product_id, successful, amount, rank')
    $$,
    'views of mart'
);

select is_empty(
    $$
    select oid::regclass from pg_class
    where
        relnamespace = 'analytics'::regnamespace
        and (relkind <> 'v' or not coalesce('security_barrier=true' = any(reloptions), false))
    $$,
    'no condition of a query is tried on rows that a view of analytics hides'
);

select finish();
