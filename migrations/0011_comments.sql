-- Says in the database what every column and index is for, so that \d+ and docs/schema.md show it.
-- depends: 0007_analyst_grants 0008_retention 0009_dba 0010_marts

set local role molam_owner;

comment on column data.code_versions.kind is 'code, triggers, or mart. and a view''s name.';
comment on column data.code_versions.digest is 'SHA-256 over the files that were loaded.';
comment on column data.code_versions.loaded_at is 'When they were.';

comment on column data.currencies.code is 'ISO 4217 code.';
comment on column data.currencies.name is 'English name.';

comment on column data.merchants.name is 'Name, for people.';
comment on column data.merchants.default_currency is 'Currency of an answer when none is asked for.';
comment on column data.merchants.status is 'active: may send and read. suspended: every call is refused with ML403; figures stay.';
comment on column data.merchants.created_at is 'When it was created.';

comment on column data.merchant_api_keys.key_id is 'The public part of the key, by which it is looked up.';
comment on column data.merchant_api_keys.secret_sha256 is 'SHA-256 of the secret part.';
comment on column data.merchant_api_keys.name is 'Name, for people; may be empty.';
comment on column data.merchant_api_keys.created_at is 'When it was created.';
comment on column data.merchant_api_keys.expires_at is 'From then on it is refused; null: never.';
comment on column data.merchant_api_keys.revoked_at is 'From then on it is refused; null: it was not revoked.';

comment on column data.merchant_api_key_audit.audit_id is 'Number of the entry.';
comment on column data.merchant_api_key_audit.key_id is 'The key.';
comment on column data.merchant_api_key_audit.action is 'created, changed, revoked or deleted.';
comment on column data.merchant_api_key_audit.acted_at is 'When.';
comment on column data.merchant_api_key_audit.actor is 'The user of the database session.';

comment on column data.transaction_events.received_at is 'When it was accepted; says in which partition it lies.';
comment on column data.transaction_events.xid is 'The transaction that wrote the row: what the rollup''s windows are cut by.';
comment on column data.transaction_events.bucket_id is 'The merchant''s bucket.';
comment on column data.transaction_events.occurred_at is 'When it happened: the day and hour in which it counts.';
comment on column data.transaction_events.is_occurred_at_given is 'Whether the client gave occurred_at; a repeat is compared with it only when both gave one.';
comment on column data.transaction_events.event_type is 'payment_created, payment_succeeded, payment_failed or payment_refunded.';
comment on column data.transaction_events.fee is 'In units of the currency, with no more decimals than it has; 0 when the event gave none.';
comment on column data.transaction_events.transaction_id is 'The merchant''s id of the payment.';
comment on column data.transaction_events.payment_method is 'As the merchant names it; unknown when the event gave none.';
comment on column data.transaction_events.customer_id is 'The merchant''s id of the customer; null when the event gave none.';
comment on column data.transaction_events.product_id is 'The merchant''s id of the product; null when the event gave none.';
comment on column data.transaction_events.product_name is 'Name of the product; null when the event gave none.';
comment on column data.transaction_events.failure_code is 'Why a payment failed; null for other events, or when the event gave none.';
comment on column data.transaction_events.idempotency_key is 'Tells events of one type and transaction from each other; null when the event gave none.';
comment on index data.transaction_events_bucket_xid is 'The rollup''s windows: two scans of it a window.';
comment on index data.transaction_events_merchant_transaction is
'One transaction''s events; the first event of a repeated identity; all events of a merchant.';
comment on index data.transaction_events_merchant_occurred_at is
'A merchant''s events of a span of time, in whatever order they came: what analytics asks of the raw events.';
comment on index data.transaction_events_failures is 'Why payments failed: analytics.failure_codes reads nothing else.';

comment on column data.transaction_event_keys.received_at is 'Leads to the event''s partition; the key retires with it.';

comment on column data.merchant_returning_customers.local_date is 'Local day of their successful payment.';
comment on column data.merchant_returning_customers.previous_date is 'Local day of their last one before that.';
comment on column data.merchant_returning_customers.customers is 'How many they are.';

comment on column data.merchant_payment_method_stats.amount is 'Sum of successful payments.';
comment on column data.merchant_product_stats.amount is 'Sum of successful payments.';

comment on column data.merchant_products.product_name is 'Name on its latest successful payment in the currency; null when that one gave none.';
comment on column data.merchant_products.named_at is 'When the event that gave the name occurred.';
comment on column data.merchant_products.named_by is 'That event: the latest by (occurred_at, event_id).';

comment on column data.merchant_customer_stats.first_at is 'Their first successful payment.';
comment on column data.merchant_customer_stats.last_at is 'Their latest successful payment.';
comment on index data.merchant_customer_stats_by_total_spent is
'The ranking of customers. Only a query that says total_spent >= 0 may use it: the rollup looks them up by their key.';

comment on column data.merchant_customer_totals.customers is 'Number of customers.';
comment on column data.merchant_customer_totals.transactions is 'Number of their successful payments.';
comment on column data.merchant_customer_totals.total_spent is 'Sum of their successful payments.';

comment on column data.rollup_progress.bucket_id is 'Bucket, 0 to 15.';
comment on column data.rollup_progress.windows is 'Windows aggregated so far.';
comment on column data.rollup_progress.events is 'Events aggregated so far.';

comment on column data.set_aside_events.received_at is 'When it was accepted.';
comment on column data.set_aside_events.error_code is 'SQLSTATE of the failure.';
comment on column data.set_aside_events.reason is 'Message of the failure.';
comment on column data.set_aside_events.set_aside_at is 'When that was.';

comment on column data.rebuild_requests.requested_at is 'From when on it is due: when it was asked for, or a minute after it last failed.';
comment on column data.rebuild_requests.reason is 'Why.';

comment on column data.runners.runner is 'Name: a pg_cron job''s, or a worker process''s.';
comment on column data.runners.started_at is 'When it was first seen.';
comment on column data.runners.heartbeat_at is 'When it last said that it is alive.';
comment on column data.runners.windows is 'Windows that it aggregated.';
comment on column data.runners.events is 'Events that it aggregated.';
comment on column data.runners.error is 'Its last error, with SQLSTATE; null when there was none.';
comment on column data.runners.error_at is 'When that was.';

comment on column data.job_runs.job_run_id is 'Number of the run.';
comment on column data.job_runs.job is 'What ran.';
comment on column data.job_runs.started_at is 'Begin.';
comment on column data.job_runs.finished_at is 'End.';
comment on column data.job_runs.rows is 'How much it did, in rows, events or partitions; null when it failed.';
comment on column data.job_runs.error is 'Why it failed, or what is wrong; null when all is well.';
comment on index data.job_runs_job_finished_at is 'The last run of each job.';

comment on column data.settings.name is 'Name.';
comment on column data.settings.value is 'Value in force.';
comment on column data.settings.unit is 'Unit of value, minimum, maximum and default_value.';
comment on column data.settings.minimum is 'Least value allowed.';
comment on column data.settings.maximum is 'Largest value allowed.';
comment on column data.settings.description is 'What it does.';

comment on column data.analyst_merchants.analyst is 'The role, by its identity: one made later under the same name gets nothing.';
comment on column data.analyst_merchants.granted_at is 'When.';
comment on column data.analyst_merchants.granted_by is 'By whom: the user of the database session.';

comment on column data.retired_events.first_at is 'When the earliest of them occurred.';
comment on column data.retired_events.last_at is 'When the latest of them occurred.';
comment on column data.retired_events.named_by is 'The latest of them by (occurred_at, event_id), whose product_name it is.';
comment on column data.retired_events.events is 'How many they are.';
comment on column data.retired_events.event_type is 'Their type.';
comment on column data.retired_events.amount is 'Sum of their amounts.';
comment on column data.retired_events.fee is 'Sum of their fees.';
comment on column data.retired_events.product_name is 'Name of the product on the latest of them; null when it gave none.';

comment on column data.erasures.pseudonym is 'What stands in the place of the customer''s identifier.';
comment on column data.erasures.erased_at is 'When.';
comment on column data.erasures.erased_by is 'By whom: the user of the database session.';
comment on column data.erasures.rows is 'How many rows were changed.';
comment on column data.erasures.xid is 'The transaction that did it, in which alone events may be changed so.';

comment on column data.cluster.system_identifier is 'As pg_control_system() gives it.';

comment on column data.mart_closed_days.closed_date is 'Its last local day that they hold.';
comment on column data.mart_marks.merchant_id is 'The merchant; null: all.';
comment on column data.mart_marks.marked_at is 'When its closed days changed.';
comment on index data.mart_marks_merchant is 'Whether a merchant is marked: asked by every read of the dashboard.';
comment on column data.mart_refreshes.refreshed_at is 'When the last refresh was.';
comment on column data.mart_refreshes.next_close_at is 'When the next local day of any merchant ends.';

-- What a column's name means in every table that says nothing more about it.
do $$
declare
    v_words jsonb := jsonb_build_object(
        'merchant_id', 'The merchant.',
        'event_id', 'The event.',
        'currency', 'ISO 4217 code. Amounts are in units of it; never add those of two currencies.',
        'hour_start', 'Start of the local hour.',
        'local_date', 'Local day of the merchant.',
        'payment_method', 'As the merchant names it.',
        'product_id', 'The merchant''s id of the product.',
        'customer_id', 'The merchant''s id of the customer.',
        'successful', 'Number of payment_succeeded events.',
        'failed', 'Number of payment_failed events.',
        'created', 'Number of payment_created events.',
        'refunded', 'Number of payment_refunded events.',
        'revenue', 'Sum of successful payments.',
        'refunds', 'Sum of refunds.',
        'fees', 'Sum of the fees of successful payments and refunds.',
        'customers', 'Distinct customers with a successful payment in the period.',
        'new_customers', 'Customers whose first successful payment ever is in it.',
        'is_only_row', 'True; keeps the table to one row.'
    );
    v_column record;
begin
    for v_column in
        select a.attrelid::regclass as table_name, a.attname, v_words ->> a.attname as words
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on a.attrelid = c.oid
        where
            c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and v_words ? a.attname and col_description(a.attrelid, a.attnum) is null
    loop
        execute format('comment on column %s.%I is %L', v_column.table_name, v_column.attname, v_column.words);
    end loop;
end
$$;
