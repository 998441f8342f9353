-- A window of the tests onto all servers of a cluster: in the router's database every table of merchants' rows has those of
-- the servers as well, so that a test looks into it, changes it and runs the rollup as it does in a database without servers.

create schema window_tables;

create function window_tables.open(p_shard text, p_address jsonb)
returns void
language plpgsql
as $$
declare
    v_table text;
begin
    execute format(
        'create server %I foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)',
        'window_' || p_shard, p_address ->> 'host', p_address ->> 'port', p_address ->> 'dbname'
    );
    execute format(
        'create user mapping for public server %I options (user %L, password %L)',
        'window_' || p_shard, p_address ->> 'user', p_address ->> 'password'
    );
    for v_table in
        select c.relname
        from pg_class as c
        where
            c.relnamespace = 'data'::regnamespace and c.relkind = 'r' and not c.relispartition
            and c.relname not in (
                'code_versions', 'currencies', 'release', 'cluster', 'runners', 'job_runs', 'auth_failures', 'shards',
                'placement', 'merchant_placements', 'placement_changes', 'shard_states', 'mart_refreshes', 'retention'
            )
    loop
        execute format(
            'create foreign table window_tables.%I () inherits (data.%I) server %I options (schema_name %L, table_name %L)',
            v_table || '_' || p_shard, v_table, 'window_' || p_shard, 'data', v_table
        );
    end loop;
end
$$;

-- what a test inserts here goes to the merchant's server
create function window_tables.insert_there()
returns trigger
language plpgsql
as $$
begin
    execute format(
        'insert into window_tables.%I select ($1).*',
        tg_table_name || '_' || (select s.name from data.shards as s where s.shard = internal.shard_of(new.merchant_id))
    ) using new;
    return null;
end
$$;

create function window_tables.redirect_inserts()
returns void
language plpgsql
as $$
declare
    v_table regclass;
begin
    for v_table in
        select distinct i.inhparent::regclass
        from pg_inherits as i
        inner join pg_class as c on i.inhrelid = c.oid
        inner join pg_attribute as a on i.inhparent = a.attrelid
        where c.relnamespace = 'window_tables'::regnamespace and a.attname = 'merchant_id'
    loop
        execute format(
            'create trigger there before insert on %s for each row execute function window_tables.insert_there()', v_table
        );
    end loop;
end
$$;

alter table data.transaction_events rename to transaction_events_of_the_router;
create table data.transaction_events (like data.transaction_events_of_the_router including defaults);
grant select on data.transaction_events to molam_owner;

create function window_tables.run_rollups()
returns void
language plpgsql security definer
as $$
declare
    v_server text;
begin
    for v_server in select f.srvname from pg_foreign_server as f where f.srvname like 'window\_%' loop
        perform extensions.dblink_connect('rollup', v_server);
        loop
            perform extensions.dblink_exec('rollup', $sql$call rollup.run('test', 0)$sql$);
            exit when (
                select l.pending from extensions.dblink('rollup', 'select sum(pending_events) from ops.lag') as l (pending numeric)
            ) = 0;
        end loop;
        perform extensions.dblink_disconnect('rollup');
    end loop;
end
$$;

-- a round of the servers' rollups, and then the router's own
alter procedure rollup.run(text, numeric) rename to watch;
create procedure rollup.run(p_runner text, p_seconds numeric)
language plpgsql
as $$
begin
    perform window_tables.run_rollups();
    call rollup.watch(p_runner, p_seconds);
end
$$;
