-- Indexes whose entries are hardly ever equal, as each holds an instant or an amount: looking for equal ones to put
-- together, as PostgreSQL does whenever a page is full, finds none and takes a sixteenth of the rollup's time for the list.
-- depends: 0018_failure_stats

set local role molam_owner;

alter index data.merchant_transactions_by_status set (deduplicate_items = off); -- noqa: PRS
alter index data.merchant_transactions_by_customer set (deduplicate_items = off); -- noqa: PRS
alter index data.merchant_transactions_by_product set (deduplicate_items = off); -- noqa: PRS
alter index data.merchant_transactions_by_payment_method set (deduplicate_items = off); -- noqa: PRS
alter index data.merchant_customer_stats_by_total_spent set (deduplicate_items = off); -- noqa: PRS
