-- How a router reaches its servers. Needs the extensions plproxy, dblink and postgres_fdw in the
-- schema extensions, which nobody but the owner may use, and sql/87_shards.sql.

-- A network that silently drops packets fails within seconds, as in app/connections.py.
create function internal.with_defaults(p_address jsonb)
returns jsonb
language sql immutable
as $$
    select jsonb_build_object(
        'connect_timeout', '3', 'tcp_user_timeout', '10000',
        'keepalives_idle', '3', 'keepalives_interval', '3', 'keepalives_count', '3',
        'application_name', 'molam router'
    ) || p_address
$$;
comment on function internal.with_defaults(jsonb) is 'The parameters of a connection, over defaults of ours.';

create function internal.conninfo(p_address jsonb)
returns text
language sql immutable
as $$
    select string_agg(
        format('%s=''%s''', a.key, replace(replace(a.value, '\', '\\'), '''', '\''')), ' ' order by a.key
    )
    from jsonb_each_text(internal.with_defaults(p_address)) as a
$$;
comment on function internal.conninfo(jsonb) is 'An address as libpq reads it.';

create function internal.replace_server(p_name text, p_wrapper text, p_options jsonb, p_user text, p_password text)
returns void
language plpgsql volatile
as $$
declare
    v_user text;
begin
    if not exists (select from pg_foreign_server as f where f.srvname = p_name) then
        execute format('create server %I foreign data wrapper %I options (%s)', p_name, p_wrapper, (
            select string_agg(format('%s %L', o.key, o.value), ', ') from jsonb_each_text(p_options) as o
        ));
        execute format('grant usage on foreign server %I to molam_owner', p_name);
    else
        execute format('alter server %I options (%s)', p_name, (
            select string_agg(case
                when n.key is null then format('drop %s', h.option_name)
                when h.option_name is null then format('add %s %L', n.key, n.value)
                else format('set %s %L', n.key, n.value)
            end, ', ')
            from (
                select o.option_name
                from pg_foreign_server as f cross join pg_options_to_table(f.srvoptions) as o
                where f.srvname = p_name
            ) as h
            full join jsonb_each_text(p_options) as n on h.option_name = n.key
        ));
    end if;
    -- dblink connects as the owner of its functions
    for v_user in
        select distinct r.rolname
        from pg_roles as r
        left join pg_proc as p on p.proowner = r.oid and p.oid = 'extensions.dblink_connect_u(text, text)'::regprocedure
        where r.rolname = 'molam_owner' or p.oid is not null
    loop
        execute format('drop user mapping if exists for %I server %I', v_user, p_name);
        execute format(
            'create user mapping for %I server %I options (user %L, password %L)', v_user, p_name, p_user, p_password
        );
    end loop;
end
$$;
comment on function internal.replace_server(text, text, jsonb, text, text) is
'Makes a foreign server, or gives it these options, and tells with which user and password molam_owner reaches it.';

-- By a superuser, as only one may say that a password is used as it is. Two clusters of all servers: for calls of the
-- service, with a second place of each server for reading, and for operators, whose calls may take long.
create function ops.connect_shards(p_user text, p_password text, p_ops_password text)
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    v_cluster record;
    v_server record;
begin
    lock table data.shards in share row exclusive mode;
    for v_cluster in
        select p.cluster, jsonb_build_object('modular_mapping', '1') || jsonb_object_agg('p' || p.place, p.address) as options
        from data.shards as s
        cross join lateral (values
            ('shards', 2 * s.shard, internal.conninfo(s.address)),
            ('shards', 2 * s.shard + 1, internal.conninfo(s.read_address)),
            ('shards_ops', s.shard, internal.conninfo(s.address))
        ) as p (cluster, place, address)
        group by p.cluster
    loop
        perform internal.replace_server(
            v_cluster.cluster, 'plproxy', v_cluster.options,
            case v_cluster.cluster when 'shards' then p_user else p_user || '_ops' end,
            case v_cluster.cluster when 'shards' then p_password else p_ops_password end
        );
    end loop;
    for v_server in
        select v.name, v.address
        from data.shards as s
        cross join lateral (values
            ('shard_' || s.shard, s.listen_address), ('shard_' || s.shard || '_reading', s.read_address)
        ) as v (name, address)
    loop
        perform internal.replace_server(
            v_server.name, 'postgres_fdw',
            -- what a row costs on its way, as PostgreSQL 17 and newer see it by default: dear enough to join over there
            internal.with_defaults(v_server.address) || '{"fdw_tuple_cost": "0.2", "parallel_commit": "true"}',
            p_user || '_ops', p_ops_password
        );
    end loop;
    grant execute on function extensions.dblink_connect_u(text, text) to molam_owner;
    perform internal.connect_platform();
    perform internal.make_places();
    -- for queries that group by server (50_platform.sql): whole groups, and joins within a server, are worked out there
    execute format('alter database %I set enable_partitionwise_aggregate = on', current_database());
    execute format('alter database %I set enable_partitionwise_join = on', current_database());
end
$$;
comment on function ops.connect_shards(text, text, text) is
'Of a router, by a superuser: makes the foreign servers anew by which it reaches the servers of data.shards, as p_user for calls of the service and as that with _ops behind it for all else. Takes effect with the commit, in open sessions too.';
