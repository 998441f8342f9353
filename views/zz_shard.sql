-- What a router reads here, for the same views over all its servers (deploy/shards/router/50_platform.sql): each view of
-- analytics and ops with the server's name before its columns. Last of the files, for it is made from the others.

create view internal.this_server as
select coalesce(
    (select r.server_name from data.routers as r where r.router_user = session_user),
    case when exists (select from data.shards) then 'router' end
) as name;
comment on view internal.this_server is
'What the router that asks calls this server; router on a router itself, and null for others who ask.';

-- Texts are compared by code point, whatever the database's collation: a router that sorts and merges what servers of
-- different collations have sorted would mix it up. Plain types, for a router has no need of domains.
do $$
declare
    v_view record;
    v_column record;
begin
    for v_view in
        select
            c.oid, n.nspname as schema, c.relname as name, format('shard.%I', n.nspname || '_' || c.relname) as made,
            string_agg(concat(
                'v.', quote_ident(a.attname),
                case when t.typtype = 'd' then '::' || format_type(t.typbasetype, t.typtypmod) end,
                case when a.attcollation not in (0, '"C"'::regcollation) then ' collate "C"' end,
                ' as ', quote_ident(a.attname)
            ), ', ' order by a.attnum) as columns
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0
        inner join pg_type as t on a.atttypid = t.oid
        where n.nspname in ('analytics', 'ops') and c.relkind = 'v' and (n.nspname, c.relname) <> ('analytics', 'currencies')
        group by c.oid, n.nspname, c.relname
        order by n.nspname, c.relname
    loop
        execute format(
            'create view %s as select (select s.name from internal.this_server as s) as shard, %s from %s as v',
            v_view.made, v_view.columns, v_view.oid::regclass
        );
        execute format('comment on view %s is %L', v_view.made, obj_description(v_view.oid, 'pg_class'));
        execute format('comment on column %s.shard is %L', v_view.made, 'The server.');
        for v_column in
            select a.attname as name, col_description(a.attrelid, a.attnum) as words
            from pg_attribute as a where a.attrelid = v_view.oid and a.attnum > 0
        loop
            execute format('comment on column %s.%I is %L', v_view.made, v_column.name, v_column.words);
        end loop;
        execute format(
            'grant select on %s to %s', v_view.made, case v_view.schema when 'analytics' then 'molam_analyst' else 'molam_dba' end
        );
    end loop;
end
$$;

grant update (value) on shard.ops_settings to molam_dba;
