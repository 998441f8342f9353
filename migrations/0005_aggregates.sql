-- Aggregates: what the rollup keeps and the dashboard reads. Per merchant and currency; currencies are never added.
-- depends: 0004_transaction_events

set local role molam_owner;

-- Hours and days have the same measures (docs/concepts.md): counts of events by type, sums in units of the
-- currency, and exact distinct customers. Free room in the pages keeps their updates off the index (HOT).
create table data.merchant_hourly_aggregates (
    merchant_id uuid not null,
    currency text collate "C" not null,
    hour_start timestamptz not null,
    created bigint not null default 0,
    successful bigint not null default 0,
    failed bigint not null default 0,
    refunded bigint not null default 0,
    revenue numeric(38, 4) not null default 0,
    refunds numeric(38, 4) not null default 0,
    fees numeric(38, 4) not null default 0,
    customers bigint not null default 0,
    new_customers bigint not null default 0,
    constraint merchant_hourly_aggregates_pkey primary key (merchant_id, currency, hour_start)
) with (fillfactor = 80);
comment on table data.merchant_hourly_aggregates is 'Measures per local hour. hour_start is an instant, so the repeated hour of an autumn day is two rows.';

create table data.merchant_daily_aggregates (
    merchant_id uuid not null,
    currency text collate "C" not null,
    local_date date not null,
    created bigint not null default 0,
    successful bigint not null default 0,
    failed bigint not null default 0,
    refunded bigint not null default 0,
    revenue numeric(38, 4) not null default 0,
    refunds numeric(38, 4) not null default 0,
    fees numeric(38, 4) not null default 0,
    customers bigint not null default 0,
    new_customers bigint not null default 0,
    constraint merchant_daily_aggregates_pkey primary key (merchant_id, currency, local_date)
) with (fillfactor = 80);
comment on table data.merchant_daily_aggregates is 'Measures per local day.';

-- Gives exact distinct customers of any range [a, b] of days without counting customers: the sum of the days'
-- customers less those who had already been there in the range, that is the rows with a <= previous_date and
-- local_date <= b. At most n(n-1)/2 rows for n days, however many customers there are.
create table data.merchant_returning_customers (
    merchant_id uuid not null,
    currency text collate "C" not null,
    local_date date not null,
    previous_date date not null,
    customers bigint not null,
    constraint merchant_returning_customers_pkey primary key (merchant_id, currency, local_date, previous_date),
    constraint merchant_returning_customers_were_there_before check (previous_date < local_date)
) with (fillfactor = 80);
comment on table data.merchant_returning_customers is
'Of the customers with a successful payment on local_date, how many had their last one before that on previous_date.';

create table data.merchant_payment_method_stats (
    merchant_id uuid not null,
    currency text collate "C" not null,
    local_date date not null,
    payment_method text collate "C" not null,
    successful bigint not null default 0,
    failed bigint not null default 0,
    amount numeric(38, 4) not null default 0,
    constraint merchant_payment_method_stats_pkey primary key (merchant_id, currency, local_date, payment_method)
) with (fillfactor = 80);
comment on table data.merchant_payment_method_stats is 'Outcomes per local day and payment method; amount is of successful payments.';

create table data.merchant_product_stats (
    merchant_id uuid not null,
    currency text collate "C" not null,
    local_date date not null,
    product_id text collate "C" not null,
    successful bigint not null default 0,
    amount numeric(38, 4) not null default 0,
    constraint merchant_product_stats_pkey primary key (merchant_id, currency, local_date, product_id)
) with (fillfactor = 80);
comment on table data.merchant_product_stats is 'Successful payments per local day and product.';

create table data.merchant_products (
    merchant_id uuid not null,
    currency text collate "C" not null,
    product_id text collate "C" not null,
    product_name text,
    -- The event that gave the name: the latest by (occurred_at, event_id), whatever order events arrive in.
    named_at timestamptz not null,
    named_by uuid not null,
    constraint merchant_products_pkey primary key (merchant_id, currency, product_id)
) with (fillfactor = 80);
comment on table data.merchant_products is 'Each product''s name on its latest successful payment in the currency; null when that one gave none.';

create table data.merchant_customer_stats (
    merchant_id uuid not null,
    currency text collate "C" not null,
    customer_id text collate "C" not null,
    transactions bigint not null,
    total_spent numeric(38, 4) not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    -- The sets behind exact distinct counts, sorted: one value per active day or hour instead of one row.
    active_dates date[] not null,
    active_hours timestamptz[] not null,
    constraint merchant_customer_stats_pkey primary key (merchant_id, currency, customer_id)
) with (fillfactor = 80);
comment on table data.merchant_customer_stats is 'Customers with at least one successful payment in the currency.';
comment on column data.merchant_customer_stats.transactions is 'Number of successful payments.';
comment on column data.merchant_customer_stats.total_spent is 'Sum of successful payments; refunds are not taken off.';
comment on column data.merchant_customer_stats.active_dates is 'Local days with a successful payment, ascending.';
comment on column data.merchant_customer_stats.active_hours is 'Starts of the local hours with a successful payment, ascending.';
-- The ranking of customers, largest first, ties by id. Partial, though every row is in it: only a query that says
-- total_spent >= 0 may use it, for with stale statistics the rollup looked customers up in it instead of by their key.
create index merchant_customer_stats_by_total_spent
on data.merchant_customer_stats (merchant_id, currency, total_spent desc, customer_id)
where total_spent >= 0;

create table data.merchant_customer_totals (
    merchant_id uuid not null,
    currency text collate "C" not null,
    customers bigint not null default 0,
    transactions bigint not null default 0,
    total_spent numeric(38, 4) not null default 0,
    constraint merchant_customer_totals_pkey primary key (merchant_id, currency)
) with (fillfactor = 50);
comment on table data.merchant_customer_totals is 'Sums over merchant_customer_stats, so that averages need no scan.';
