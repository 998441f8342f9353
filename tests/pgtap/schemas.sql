-- Which schemas and roles there are, and whose everything is.
-- Needs a migrated database, and pgTAP in a schema `tap` on the search path.

select no_plan();

create temporary view schemas as
select n.oid, n.nspname as name, n.nspowner from pg_namespace as n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public', 'tap');

select set_eq(
    'select name::text from schemas',
    array['analytics', 'api', 'data', 'internal', 'mart', 'ops', 'rollup', 'shard', 'triggers'],
    'schemas'
);

select set_eq(
    $$ select rolname::text from pg_roles where rolname like 'molam%' $$,
    array['molam_analyst', 'molam_api', 'molam_dba', 'molam_limited_analyst', 'molam_owner', 'molam_rollup'],
    'roles'
);

select is_empty(
    $$
    select rolname from pg_roles
    where
        rolname like 'molam%'
        and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)
    $$,
    'roles are groups without any right over the cluster'
);

select set_eq(
    $$
    select member::regrole::text, roleid::regrole::text from pg_auth_members
    where member::regrole::text like 'molam%'
    $$,
    $$ values ('molam_owner', 'pg_monitor'), ('molam_dba', 'pg_monitor') $$,
    'what the roles are members of'
);

select is_empty(
    $$
    select 'schema', name::text from schemas where nspowner <> 'molam_owner'::regrole
    union all
    select 'relation', c.oid::regclass::text
    from pg_class as c inner join schemas as s on c.relnamespace = s.oid
    where c.relowner <> 'molam_owner'::regrole
    union all
    select 'function', p.oid::regprocedure::text
    from pg_proc as p inner join schemas as s on p.pronamespace = s.oid
    where p.proowner <> 'molam_owner'::regrole
    $$,
    'everything belongs to molam_owner'
);

select finish();
