-- The catalogue of this project's schemas as one JSON document, the same from every version of PostgreSQL: what
-- docs/schema.py writes as a page. Needs a migrated database, search_path = pg_catalog and timezone = UTC.
-- Lists are materialized, for the planner would make each one anew for every schema.

with schemas as (
    select n.oid, n.nspname as name
    from pg_namespace as n
    where pg_get_userbyid(n.nspowner) = 'molam_owner'
),

-- without partitions: which there are depends on the day; those of shard are the views of analytics and ops once more
relations as (
    select c.oid, s.name as schema, c.relname as name, c.relkind
    from pg_class as c
    inner join schemas as s on c.relnamespace = s.oid
    where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and s.name <> 'shard'
),

columns as materialized (
    select
        a.attrelid,
        json_agg(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'is_nullable', not a.attnotnull,
            'default', case
                when a.attidentity <> '' then 'identity'
                when a.attgenerated <> '' then 'generated: ' || pg_get_expr(d.adbin, d.adrelid)
                else pg_get_expr(d.adbin, d.adrelid)
            end,
            'comment', col_description(a.attrelid, a.attnum),
            -- a part of a key, or whose row it is
            'key', (
                select string_agg(k.word, ', ' order by k.word desc)
                from (
                    select distinct case c.contype when 'p' then 'PK' when 'f' then 'FK' else 'UK' end as word
                    from pg_constraint as c
                    where c.conrelid = a.attrelid and c.contype in ('p', 'f', 'u') and a.attnum = any(c.conkey)
                ) as k
            )
        ) order by a.attnum) as items
    from relations as r
    inner join pg_attribute as a on r.oid = a.attrelid
    left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
    where a.attnum > 0 and not a.attisdropped
    group by a.attrelid
),

-- PostgreSQL 18 lists the columns that are not null among them
constraints as materialized (
    select
        c.conrelid,
        json_agg(json_build_object(
            'name', c.conname, 'definition', pg_get_constraintdef(c.oid), 'comment', obj_description(c.oid, 'pg_constraint')
        ) order by array_position('{p,u,f,c}'::text[], c.contype::text), c.conname) as items
    from relations as r
    inner join pg_constraint as c on r.oid = c.conrelid
    where c.contype in ('p', 'u', 'f', 'c')
    group by c.conrelid
),

-- but those that constraints make
indexes as materialized (
    select
        i.indrelid,
        json_agg(json_build_object(
            'name', c.relname,
            'definition',
            case when i.indisunique then 'unique ' else '' end
            || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', ''),
            'comment', obj_description(i.indexrelid, 'pg_class')
        ) order by c.relname) as items
    from relations as r
    inner join pg_index as i on r.oid = i.indrelid
    inner join pg_class as c on i.indexrelid = c.oid
    where not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
    group by i.indrelid
),

triggers as materialized (
    select
        t.tgrelid,
        json_agg(json_build_object(
            'name', t.tgname,
            'definition', regexp_replace(pg_get_triggerdef(t.oid), '^CREATE TRIGGER \S+ (.*?) ON \S+ ', '\1 '),
            'comment', obj_description(t.oid, 'pg_trigger')
        ) order by t.tgname) as items
    from relations as r
    inner join pg_trigger as t on r.oid = t.tgrelid
    where not t.tgisinternal
    group by t.tgrelid
),

functions as materialized (
    select
        p.pronamespace,
        json_agg(json_build_object(
            'name', p.proname,
            'arguments', pg_get_function_arguments(p.oid),
            'result', pg_get_function_result(p.oid),
            'comment', obj_description(p.oid, 'pg_proc')
        ) order by p.proname, p.oid) as items
    from schemas as s
    inner join pg_proc as p on s.oid = p.pronamespace
    group by p.pronamespace
),

domains as materialized (
    select
        t.typnamespace,
        json_agg(json_build_object(
            'name', t.typname,
            'type', format_type(t.typbasetype, t.typtypmod),
            'definition', pg_get_constraintdef(c.oid),
            'comment', obj_description(t.oid, 'pg_type')
        ) order by t.typname) as items
    from schemas as s
    inner join pg_type as t on s.oid = t.typnamespace
    inner join pg_constraint as c on t.oid = c.contypid and c.contype = 'c'
    where t.typtype = 'd'
    group by t.typnamespace
),

-- Of the tables: by foreign keys, and, where only the functions that write keep it so, by merchant_id.
links as (
    select
        c.conrelid as child, c.confrelid as parent, true as is_enforced, c.conkey as columns
    from pg_constraint as c
    where c.contype = 'f'
    union all
    select r.oid, 'data.merchants'::regclass, false, array[a.attnum]
    from relations as r
    inner join pg_attribute as a on r.oid = a.attrelid and a.attname = 'merchant_id'
    where
        r.schema = 'data' and r.name <> 'merchants'
        and not exists (
            select from pg_constraint as c
            where c.conrelid = r.oid and c.confrelid = 'data.merchants'::regclass and c.contype = 'f'
        )
)

select json_build_object(
    'schemas', (
        select json_agg(json_build_object(
            'name', s.name,
            'comment', obj_description(s.oid, 'pg_namespace'),
            'relations', (
                select coalesce(json_agg(json_build_object(
                    'name', r.name,
                    'kind', case r.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
                    'comment', obj_description(r.oid, 'pg_class'),
                    'partition_key', pg_get_partkeydef(r.oid),
                    'columns', c.items,
                    'constraints', coalesce(k.items, '[]'),
                    'indexes', coalesce(i.items, '[]'),
                    'triggers', coalesce(t.items, '[]')
                ) order by r.name), '[]')
                from relations as r
                inner join columns as c on r.oid = c.attrelid
                left join constraints as k on r.oid = k.conrelid
                left join indexes as i on r.oid = i.indrelid
                left join triggers as t on r.oid = t.tgrelid
                where r.schema = s.name
            ),
            'domains', coalesce(d.items, '[]'),
            'functions', coalesce(f.items, '[]')
        ) order by s.name <> 'data', s.name)
        from schemas as s
        left join domains as d on s.oid = d.typnamespace
        left join functions as f on s.oid = f.pronamespace
    ),
    'links', (
        select json_agg(json_build_object(
            'parent', p.name,
            'child', c.name,
            'is_enforced', l.is_enforced,
            'columns', (
                select string_agg(a.attname, ', ' order by a.attnum)
                from pg_attribute as a where a.attrelid = c.oid and a.attnum = any(l.columns)
            ),
            'is_optional', exists (
                select from pg_attribute as a
                where a.attrelid = c.oid and a.attnum = any(l.columns) and not a.attnotnull
            ),
            -- at most one row for each of the parent's
            'is_single', exists (
                select from pg_constraint as k
                where k.conrelid = c.oid and k.contype in ('p', 'u') and k.conkey <@ l.columns
            )
        ) order by not l.is_enforced, p.name, c.name)
        from links as l
        inner join relations as p on l.parent = p.oid
        inner join relations as c on l.child = c.oid
    )
)
