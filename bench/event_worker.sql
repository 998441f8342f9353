-- What a worker that takes one event at a time writes to: each event with a mark whether it is done, the tables of the
-- first design, and which customers a day has had, for a day's figures tell how many. An hour's do not, nor are there a
-- list of transactions, failure codes, and customers of a range: that makes it faster than it would have to be.

drop schema if exists per_event cascade;
create schema per_event;

create table per_event.events (
    id bigint generated always as identity primary key,
    processed boolean not null default false,
    merchant_id uuid not null,
    occurred_at timestamptz not null,
    event_type text not null,
    currency text not null,
    amount numeric(19, 4) not null,
    fee numeric(19, 4) not null,
    payment_method text not null,
    customer_id text,
    product_id text,
    product_name text
);
create index on per_event.events (id) where not processed;

create table per_event.daily (
    merchant_id uuid not null, currency text not null, local_date date not null,
    created bigint not null, successful bigint not null, failed bigint not null, refunded bigint not null,
    revenue numeric not null, refunds numeric not null, fees numeric not null,
    customers bigint not null, new_customers bigint not null,
    primary key (merchant_id, currency, local_date)
);

create table per_event.hourly (
    merchant_id uuid not null, currency text not null, hour_start timestamptz not null,
    created bigint not null, successful bigint not null, failed bigint not null, refunded bigint not null,
    revenue numeric not null, refunds numeric not null, fees numeric not null,
    primary key (merchant_id, currency, hour_start)
);

create table per_event.payment_methods (
    merchant_id uuid not null, currency text not null, payment_method text not null, local_date date not null,
    successful bigint not null, failed bigint not null, amount numeric not null,
    primary key (merchant_id, currency, payment_method, local_date)
);

create table per_event.products (
    merchant_id uuid not null, currency text not null, product_id text not null, local_date date not null,
    product_name text, transactions bigint not null, amount numeric not null,
    primary key (merchant_id, currency, product_id, local_date)
);

create table per_event.customers (
    merchant_id uuid not null, currency text not null, customer_id text not null,
    transactions bigint not null, total_spent numeric not null, first_at timestamptz not null, last_at timestamptz not null,
    primary key (merchant_id, currency, customer_id)
);

create table per_event.customer_days (
    merchant_id uuid not null, currency text not null, customer_id text not null, local_date date not null,
    primary key (merchant_id, currency, customer_id, local_date)
);
