-- ClickHouse's side of bench/clickhouse.py: raw events, and what it keeps of them incrementally. Columns that only add up are
-- SimpleAggregateFunction, which costs less than a state and reads the same. No key makes an event unique: ClickHouse has
-- none, so unlike ours it would count an event twice that is sent twice.

-- Who sends and where it lives are in the settings of each insert, as a service knows them of its caller: constants
-- of the whole insert, so the zone's arithmetic is done with one zone. `log_comment`, for chdb knows no
-- settings of one's own. An absent text is '' here: ClickHouse's advice is against Nullable, which is slower.
create table events (
    merchant_id UUID default toUUIDOrZero(getSetting('log_comment')),
    currency LowCardinality(String),
    transaction_id String,
    event_type Enum8('payment_created' = 1, 'payment_succeeded' = 2, 'payment_failed' = 3, 'payment_refunded' = 4),
    amount Decimal(19, 4),
    fee Decimal(19, 4),
    payment_method LowCardinality(String),
    customer_id String,
    product_id String,
    product_name String,
    failure_code LowCardinality(String),
    occurred_at DateTime64(6, 'UTC'),
    local_date Date default toDate(toTimeZone(occurred_at, timezone())),
    hour_start DateTime('UTC') default toStartOfHour(toTimeZone(occurred_at, timezone()))
)
engine = MergeTree order by (merchant_id, occurred_at);

create table hourly (
    merchant_id UUID,
    currency LowCardinality(String),
    hour_start DateTime('UTC'),
    created SimpleAggregateFunction(sum, UInt64),
    successful SimpleAggregateFunction(sum, UInt64),
    failed SimpleAggregateFunction(sum, UInt64),
    refunded SimpleAggregateFunction(sum, UInt64),
    revenue SimpleAggregateFunction(sum, Decimal(38, 4)),
    refunds SimpleAggregateFunction(sum, Decimal(38, 4)),
    fees SimpleAggregateFunction(sum, Decimal(38, 4)),
    customers AggregateFunction(uniqExact, String)
)
engine = AggregatingMergeTree order by (merchant_id, currency, hour_start);

create materialized view hourly_of_events to hourly as
select
    merchant_id, currency, hour_start,
    countIf(event_type = 'payment_created') as created,
    countIf(event_type = 'payment_succeeded') as successful,
    countIf(event_type = 'payment_failed') as failed,
    countIf(event_type = 'payment_refunded') as refunded,
    sumIf(amount, event_type = 'payment_succeeded') as revenue,
    sumIf(amount, event_type = 'payment_refunded') as refunds,
    sumIf(fee, event_type in ('payment_succeeded', 'payment_refunded')) as fees,
    uniqExactStateIf(customer_id, event_type = 'payment_succeeded' and customer_id != '') as customers
from events
group by merchant_id, currency, hour_start;

create table daily (
    merchant_id UUID,
    currency LowCardinality(String),
    local_date Date,
    created SimpleAggregateFunction(sum, UInt64),
    successful SimpleAggregateFunction(sum, UInt64),
    failed SimpleAggregateFunction(sum, UInt64),
    refunded SimpleAggregateFunction(sum, UInt64),
    revenue SimpleAggregateFunction(sum, Decimal(38, 4)),
    refunds SimpleAggregateFunction(sum, Decimal(38, 4)),
    fees SimpleAggregateFunction(sum, Decimal(38, 4)),
    customers AggregateFunction(uniqExact, String)
)
engine = AggregatingMergeTree order by (merchant_id, currency, local_date);

create materialized view daily_of_events to daily as
select
    merchant_id, currency, local_date,
    countIf(event_type = 'payment_created') as created,
    countIf(event_type = 'payment_succeeded') as successful,
    countIf(event_type = 'payment_failed') as failed,
    countIf(event_type = 'payment_refunded') as refunded,
    sumIf(amount, event_type = 'payment_succeeded') as revenue,
    sumIf(amount, event_type = 'payment_refunded') as refunds,
    sumIf(fee, event_type in ('payment_succeeded', 'payment_refunded')) as fees,
    uniqExactStateIf(customer_id, event_type = 'payment_succeeded' and customer_id != '') as customers
from events
group by merchant_id, currency, local_date;

create table methods (
    merchant_id UUID,
    currency LowCardinality(String),
    local_date Date,
    payment_method LowCardinality(String),
    successful SimpleAggregateFunction(sum, UInt64),
    failed SimpleAggregateFunction(sum, UInt64),
    amount SimpleAggregateFunction(sum, Decimal(38, 4))
)
engine = AggregatingMergeTree order by (merchant_id, currency, local_date, payment_method);

create materialized view methods_of_events to methods as
select
    merchant_id, currency, local_date, payment_method,
    countIf(event_type = 'payment_succeeded') as successful,
    countIf(event_type = 'payment_failed') as failed,
    sumIf(amount, event_type = 'payment_succeeded') as amount
from events
where event_type in ('payment_succeeded', 'payment_failed')
group by merchant_id, currency, local_date, payment_method;

create table products (
    merchant_id UUID,
    currency LowCardinality(String),
    local_date Date,
    product_id String,
    successful SimpleAggregateFunction(sum, UInt64),
    amount SimpleAggregateFunction(sum, Decimal(38, 4))
)
engine = AggregatingMergeTree order by (merchant_id, currency, local_date, product_id);

create materialized view products_of_events to products as
select merchant_id, currency, local_date, product_id, count() as successful, sum(events.amount) as amount
from events
where event_type = 'payment_succeeded' and product_id != ''
group by merchant_id, currency, local_date, product_id;

-- The latest name of each, apart from the days: argMax states of a year of days would be read for a hundred names.
create table product_names (
    merchant_id UUID,
    currency LowCardinality(String),
    product_id String,
    product_name AggregateFunction(argMax, String, DateTime64(6, 'UTC'))
)
engine = AggregatingMergeTree order by (merchant_id, currency, product_id);

create materialized view product_names_of_events to product_names as
select merchant_id, currency, product_id, argMaxState(events.product_name, occurred_at) as product_name
from events
where event_type = 'payment_succeeded' and product_id != ''
group by merchant_id, currency, product_id;

create table customers (
    merchant_id UUID,
    currency LowCardinality(String),
    customer_id String,
    transactions SimpleAggregateFunction(sum, UInt64),
    total_spent SimpleAggregateFunction(sum, Decimal(38, 4)),
    first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
engine = AggregatingMergeTree order by (merchant_id, currency, customer_id);

create materialized view customers_of_events to customers as
select
    merchant_id, currency, customer_id, count() as transactions, sum(amount) as total_spent,
    min(occurred_at) as first_at, max(occurred_at) as last_at
from events
where event_type = 'payment_succeeded' and customer_id != ''
group by merchant_id, currency, customer_id;
