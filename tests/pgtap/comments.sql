-- The manual is in the database: everything says what it is.
-- Needs a migrated database, and pgTAP on the search path.

select no_plan();

create temporary view schemas as
select n.oid, n.nspname as name from pg_namespace as n where pg_get_userbyid(n.nspowner) = 'molam_owner';

create temporary view relations as
select c.oid, s.name as schema from pg_class as c inner join schemas as s on c.relnamespace = s.oid
where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition;

select is_empty(
    $$ select name from schemas where obj_description(oid, 'pg_namespace') is null $$,
    'every schema is commented'
);

select is_empty(
    $$ select oid::regclass from relations where obj_description(oid, 'pg_class') is null $$,
    'every table and view is commented'
);

select is_empty(
    $$
    select r.oid::regclass, a.attname from relations as r inner join pg_attribute as a on r.oid = a.attrelid
    where
        r.schema <> 'internal' and a.attnum > 0 and not a.attisdropped
        and col_description(a.attrelid, a.attnum) is null
    $$,
    'every column of a table, and of a view that somebody may read, is commented'
);

select is_empty(
    $$
    select i.indexrelid::regclass from relations as r inner join pg_index as i on r.oid = i.indrelid
    where
        obj_description(i.indexrelid, 'pg_class') is null
        and not exists (select from pg_constraint as c where c.conindid = i.indexrelid)
    $$,
    'every index that is there for speed is commented'
);

select is_empty(
    $$
    select p.oid::regprocedure from pg_proc as p inner join schemas as s on p.pronamespace = s.oid
    where obj_description(p.oid, 'pg_proc') is null
    $$,
    'every function is commented'
);

select finish();
