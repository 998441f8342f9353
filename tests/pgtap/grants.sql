-- Who may do what; whatever is not named here is nobody's but the owner's.
-- Needs a migrated database, and pgTAP on the search path.

select no_plan();

create temporary view schemas as
select n.oid, n.nspname::text as name, n.nspacl from pg_namespace as n where pg_get_userbyid(n.nspowner) = 'molam_owner';

create temporary view roles as
select r.oid, r.rolname::text as name from pg_roles as r where r.rolname like 'molam%' and r.rolname <> 'molam_owner';

-- what they may, however they came by it

select set_eq(
    $$
    select r.name as role, s.name as schema, privilege
    from roles as r cross join schemas as s cross join unnest(array['usage', 'create']) as privilege
    where has_schema_privilege(r.oid, s.oid, privilege)
    $$,
    $$
    values
        ('molam_api', 'api', 'usage'),
        ('molam_rollup', 'rollup', 'usage'),
        ('molam_analyst', 'analytics', 'usage'),
        ('molam_limited_analyst', 'analytics', 'usage'),
        ('molam_dba', 'ops', 'usage'),
        ('molam_dba', 'rollup', 'usage'),
        ('molam_analyst', 'shard', 'usage'),
        ('molam_dba', 'shard', 'usage')
    $$,
    'which schemas each role may use'
);

select set_eq(
    $$
    select r.name, p.oid::regprocedure
    from roles as r cross join schemas as s inner join pg_proc as p on s.oid = p.pronamespace
    where has_function_privilege(r.oid, p.oid, 'execute')
    $$,
    $$
    select g.role, p.oid::regprocedure
    from
        (values ('molam_api', 'api'), ('molam_rollup', 'rollup'), ('molam_dba', 'ops'), ('molam_dba', 'rollup'))
        as g (role, schema)
    inner join pg_proc as p on p.pronamespace = g.schema::regnamespace
    union all
    -- what the views call for them
    select role, function::regprocedure
    from
        unnest(array['molam_analyst', 'molam_limited_analyst']) as role,
        unnest(array['internal.divide(numeric, numeric, integer)', 'internal.day_start(date, text)']) as function
    $$,
    'which functions each role may run'
);

select set_eq(
    $$
    select r.name, c.oid::regclass, privilege
    from
        roles as r
    cross join schemas as s
    inner join pg_class as c on s.oid = c.relnamespace and c.relkind in ('r', 'p', 'v', 'm')
    cross join unnest(array['select', 'insert', 'update', 'references', 'delete', 'truncate', 'trigger']) as privilege
    where
        case
            when privilege in ('delete', 'truncate', 'trigger') then has_table_privilege(r.oid, c.oid, privilege)
            else has_any_column_privilege(r.oid, c.oid, privilege)
        end
    $$,
    $$
    select g.role, c.oid::regclass, 'select'
    from
        (values ('molam_analyst', 'analytics'), ('molam_limited_analyst', 'analytics'), ('molam_dba', 'ops'))
        as g (role, schema)
    inner join pg_class as c on c.relnamespace = g.schema::regnamespace and c.relkind = 'v'
    union all
    -- as the view behind each
    select g.role, c.oid::regclass, 'select'
    from (values ('molam_analyst', 'analytics'), ('molam_dba', 'ops')) as g (role, schema)
    inner join pg_class as c on c.relnamespace = 'shard'::regnamespace and c.relname like g.schema || '\_%'
    union all
    select 'molam_dba', v, 'update' from unnest(array['ops.settings'::regclass, 'shard.ops_settings']) as v
    $$,
    'which tables and views each role may read, and which change'
);

select set_eq(
    $$
    select attname::text from pg_attribute
    where
        attrelid in ('ops.settings'::regclass, 'shard.ops_settings'::regclass) and attnum > 0
        and has_column_privilege('molam_dba', attrelid, attnum, 'update')
    $$,
    array['value'],
    'what a DBA may change of a setting'
);

-- what was granted, to whomever

select is_empty(
    $$
    with granted (what, acl) as (
        select s.name, s.nspacl from schemas as s
        union all
        select c.oid::regclass::text, c.relacl from pg_class as c inner join schemas as s on c.relnamespace = s.oid
        union all
        select format('%s.%I', a.attrelid::regclass, a.attname), a.attacl
        from pg_attribute as a
        inner join pg_class as c on a.attrelid = c.oid
        inner join schemas as s on c.relnamespace = s.oid
        union all
        select p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_proc as p inner join schemas as s on p.pronamespace = s.oid
    )
    select g.what, case when a.grantee = 0 then 'everybody' else a.grantee::regrole::text end, a.privilege_type
    from granted as g cross join aclexplode(g.acl) as a
    where
        a.grantee <> 'molam_owner'::regrole
        and (
            a.grantee not in (select oid from roles) or a.is_grantable
            or a.privilege_type not in ('USAGE', 'EXECUTE', 'SELECT', 'UPDATE')
        )
    $$,
    'nothing is granted to everybody, to others, or to be granted on'
);

set local role molam_owner;
create function api.new_function() returns void language sql as '';
set local role none;
select is_empty(
    $$ select name from roles where has_function_privilege(oid, 'api.new_function()', 'execute') $$,
    'a new function is nobody''s until it is granted'
);

-- and what comes of trying

select throws_ok('set local role molam_api; ' || statement, '42501', null, 'the service is refused: ' || statement)
from unnest(array[
    'select from data.transaction_events',
    'select from data.webhook_endpoints',
    'insert into data.transaction_event_keys values (gen_random_uuid(), gen_random_uuid(), now())',
    'select internal.setting(''window_events'')',
    'call rollup.run(''intruder'', 0)',
    'select ops.create_merchant(''Boutique'', ''XOF'', ''Africa/Dakar'')'
]) as statement;

select finish();
