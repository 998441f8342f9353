-- What holds for every table: whose rows they are, and what figures are made of.
-- Needs a migrated database, and pgTAP on the search path.

select no_plan();

create temporary view relations as
select c.oid, c.relname::text as name from pg_class as c
where
    c.relnamespace in ('data'::regnamespace, 'mart'::regnamespace) and c.relkind in ('r', 'p', 'm')
    and not c.relispartition;

create temporary view columns as
select r.oid, r.name as relation, a.attname::text as name, a.attnum, a.atttypid
from relations as r inner join pg_attribute as a on r.oid = a.attrelid
where a.attnum > 0 and not a.attisdropped;

select has_table('data', name, 'there is data.' || name)
from unnest(array[
    'merchants', 'merchant_api_keys', 'transaction_events', 'merchant_daily_aggregates', 'merchant_hourly_aggregates',
    'merchant_failure_stats', 'merchant_product_stats', 'merchant_customer_stats'
]) as name;

select set_eq(
    $$ select name from relations except select relation from columns where name = 'merchant_id' $$,
    array[
        'auth_failures', 'cluster', 'code_versions', 'currencies', 'job_runs', 'mart_refreshes', 'placement', 'release',
        'retention', 'rollup_progress', 'routers', 'runners', 'settings', 'shard_states', 'shards'
    ],
    'what is no merchant''s; every other table says whose its rows are'
);

select set_eq(
    $$
    select i.indexrelid::regclass::text
    from columns as c inner join pg_index as i on c.oid = i.indrelid
    where c.name = 'merchant_id' and i.indkey[0] <> c.attnum
    $$,
    -- the rollup's windows: a bucket's events, whosever they are; a log that may be of nobody
    array['data.transaction_events_bucket_xid', 'data.placement_changes_pkey'],
    'every other index of merchants'' rows starts with the merchant'
);

select is_empty(
    $$
    select oid::regclass, name, atttypid::regtype from columns
    where atttypid in ('real'::regtype, 'double precision'::regtype, 'money'::regtype, 'timestamp'::regtype, 'time'::regtype)
    $$,
    'no figure is inexact, and no instant lacks its zone'
);

select finish();
