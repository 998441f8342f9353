-- How a database becomes a router, and one lets a router in; what a router does is in deploy/shards/router (docs/shards.md).
-- Needs data.shards, data.placement.

-- By the hash of hash indexes, for SHA-256 takes longer than all else of finding a place. It must be the same in all versions: a test holds them to it
-- (tests/shards/test_router.py). Written so that it is inlined.
create function internal.partition_of(p_merchant_id uuid, p_partitions integer)
returns integer
language sql immutable parallel safe
as $$
    select uuid_hash(p_merchant_id) & (p_partitions - 1)
$$;
comment on function internal.partition_of(uuid, integer) is 'The merchant''s virtual partition, of so many, a power of two up to 65536.';

create function ops.add_shard(
    p_name text, p_address jsonb, p_listen_address jsonb default null, p_read_address jsonb default null,
    p_partitions integer default 64
)
returns smallint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_shard smallint;
begin
    lock table data.shards in share row exclusive mode;
    if exists (select from data.merchants) then
        raise exception 'this database holds merchants itself, so it cannot be a router'
        using errcode = 'ML409', hint = 'Make a database of its own for the router, and this one its first server.';
    end if;
    insert into data.placement (shards) values (array_fill(null::smallint, array[p_partitions])) on conflict do nothing;
    if (select cardinality(c.shards) from data.placement as c) <> p_partitions then
        raise exception 'there are % virtual partitions, for ever', (select cardinality(c.shards) from data.placement as c)
        using errcode = 'ML422', detail = 'partitions';
    end if;
    update data.shards as s
    set
        address = p_address, listen_address = coalesce(p_listen_address, p_address),
        read_address = coalesce(p_read_address, p_address)
    where s.name = p_name
    returning s.shard into v_shard;
    if not found then
        insert into data.shards (shard, name, address, listen_address, read_address)
        select
            coalesce(max(s.shard) + 1, 0), p_name, p_address, coalesce(p_listen_address, p_address),
            coalesce(p_read_address, p_address)
        from data.shards as s
        returning shard into v_shard;
    end if;
    return v_shard;
end
$$;
comment on function ops.add_shard(text, jsonb, jsonb, jsonb, integer) is
'Of a router: makes a server known, or its addresses other ones, and returns its number; with the first the database becomes a router. Addresses are objects of libpq''s parameters without user and password: for calls, for what does not pass a pooler, for reading. Errors: ML409 merchants are in this very database, ML422 another number of virtual partitions.';

create function internal.next_placement_version()
returns bigint
language sql volatile
as $$
    update data.placement as c set version = c.version + 1 returning c.version
$$;
comment on function internal.next_placement_version() is 'Counts a change of placement; whoever makes the next one waits until this transaction ends.';

-- By a user who may create roles. A password is no secret of the server that takes it: it is made anew at each call.
create function ops.admit_router(p_user text, p_password text, p_ops_password text, p_server_name text default null)
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    v_user record;
    v_role text;
begin
    for v_user in
        select u.name, u.password, u.roles, u.statement_timeout
        from (values
            (p_user, p_password, array['molam_api'], '15s'),
            (p_user || '_ops', p_ops_password, array['molam_api', 'molam_dba', 'molam_analyst'], '0')
        ) as u (name, password, roles, statement_timeout)
    loop
        if not exists (select from pg_roles as r where r.rolname = v_user.name) then
            execute format('create role %I', v_user.name);
        end if;
        execute format('alter role %I login password %L', v_user.name, v_user.password);
        execute format('alter role %I set statement_timeout = %L', v_user.name, v_user.statement_timeout);
        foreach v_role in array v_user.roles loop
            execute format('grant %I to %I', v_role, v_user.name);
        end loop;
    end loop;
    insert into data.routers as r (router_user, server_name)
    select p_user || '_ops', p_server_name
    where p_server_name is not null
    on conflict (router_user) do update set server_name = excluded.server_name;
end
$$;
comment on function ops.admit_router(text, text, text, text) is
'Of a server behind a router, by a user who may create roles: lets the router in with these passwords, as p_user, who calls api, and as that with _ops behind it, who calls ops, too, and reads for analysts; p_server_name is what this server is called there, null: as before.';
