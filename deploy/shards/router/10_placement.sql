-- Which server holds which merchants. Needs data.shards, data.placement, data.merchant_placements, data.shard_states.

create function internal.placed_shard(p_merchant_id uuid)
returns integer
language plpgsql stable
as $$
declare
    v_shard smallint;
begin
    select coalesce(
        (select m.shard from data.merchant_placements as m where m.merchant_id = p_merchant_id),
        c.shards[1 + internal.partition_of(p_merchant_id, cardinality(c.shards))]
    ) into v_shard
    from data.placement as c;
    if v_shard is null then
        raise exception 'no server has a place for merchant %', p_merchant_id
        using errcode = 'ML503', hint = 'Run molam shards init.';
    end if;
    return v_shard;
end
$$;
comment on function internal.placed_shard(uuid) is
'The number of the server that holds the merchant, or is to hold it. Error: ML503 nothing is placed yet.';

-- What the watch has just seen to be away is not asked, so that nobody waits for it; when nobody watches, it is asked.
create function internal.shard_of(p_merchant_id uuid)
returns integer
language plpgsql stable
as $$
declare
    v_shard integer := internal.placed_shard(p_merchant_id);
begin
    perform from data.shard_states as s
    where s.shard = v_shard and not s.is_up and s.checked_at > clock_timestamp() - interval '5 seconds';
    if found then
        raise exception 'the server of merchant % is away', p_merchant_id using errcode = '08001';
    end if;
    return v_shard;
end
$$;
comment on function internal.shard_of(uuid) is
'internal.placed_shard, if that can be asked. Errors: 08001 the server is known to be away, ML503 nothing is placed yet.';

-- Every call asks where its merchant is, and looking into tables takes longer than all else that the router does for it. So
-- the places are written into a function that PostgreSQL inlines, and looked up only where there is more to say: in virtual
-- partitions of which a merchant is elsewhere, and of servers that are away. In the cluster of the service's calls each
-- server has two places: its own, and behind it that of its replica.
create function internal.writing_place(p_merchant_id uuid)
returns integer
language sql stable
as $$
    select 2 * coalesce(internal.known_shard(p_merchant_id), internal.shard_of(p_merchant_id))
$$;
comment on function internal.writing_place(uuid) is
'Where in the cluster of the service''s calls the merchant is written: twice the number of its server. Errors: of internal.shard_of.';

create function internal.make_places()
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_placement data.placement;
begin
    select c.* into v_placement from data.placement as c for update;
    execute format(
        $sql$
        create or replace function internal.known_shard(p_merchant_id uuid)
        returns integer
        language sql stable
        as $body$
            select (%L::smallint[])[1 + internal.partition_of(p_merchant_id, %s)]
        $body$
        $sql$,
        array(
            select case when s.is_up is not false and not p.partition - 1 = any(array(
                select internal.partition_of(m.merchant_id, cardinality(v_placement.shards)) from data.merchant_placements as m
            )) then p.shard end
            from unnest(v_placement.shards) with ordinality as p (shard, partition)
            left join data.shard_states as s on p.shard = s.shard
            order by p.partition
        ),
        cardinality(v_placement.shards)
    );
    execute format(
        $sql$
        create or replace function internal.reading_place(p_merchant_id uuid)
        returns integer
        language sql stable
        as $body$
            select internal.writing_place(p_merchant_id)%s
        $body$
        $sql$,
        case when exists (select from data.shards as s where s.read_address <> s.address and s.removed_at is null)
            then $code$ + (current_setting('molam.reading', true) is not distinct from 'on')::integer$code$
        end
    );
end
$$;
comment on function internal.make_places() is
'Writes internal.known_shard and internal.reading_place anew: after each change of placement, when a server goes away or comes back, and when one gets a replica.';

select internal.make_places();
comment on function internal.known_shard(uuid) is
'The number of the merchant''s server; null where there is more to say. Made by internal.make_places.';
comment on function internal.reading_place(uuid) is
'Where the merchant is read: by sessions that read, and say so (molam.reading = on), at the server''s replica, when any has one. Made by internal.make_places.';

create function internal.shard_number(p_name text)
returns smallint
language plpgsql stable
as $$
declare
    v_shard smallint := (select s.shard from data.shards as s where s.name = p_name and s.removed_at is null);
begin
    if v_shard is null then
        raise exception 'there is no server "%"', p_name
        using
            errcode = 'ML422', detail = 'to',
            hint = (select 'There are ' || string_agg(s.name, ', ' order by s.shard) from data.shards as s where s.removed_at is null);
    end if;
    return v_shard;
end
$$;
comment on function internal.shard_number(text) is 'The number of the server with that name. Error: ML422.';

create function ops.shard_of(p_id uuid)
returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select s.name from data.shards as s where s.shard = internal.shard_of(p_id)
$$;
comment on function ops.shard_of(uuid) is
'Of a router: the name of the server that holds this merchant. Errors: 08001 the server is known to be away.';

create function internal.note_placement(p_partition integer, p_merchant_id uuid, p_from smallint, p_to smallint)
returns bigint
language sql volatile
as $$
    with counted as (
        update data.placement as c set version = c.version + 1 returning c.version
    )

    insert into data.placement_changes (version, partition, merchant_id, from_shard, to_shard)
    select c.version, p_partition, p_merchant_id, p_from, p_to from counted as c
    returning version
$$;
comment on function internal.note_placement(integer, uuid, smallint, smallint) is
'Counts and logs a change of placement, of a virtual partition or of a merchant; returns its number.';

create function ops.place_partition(p_partition integer, p_to text)
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_to smallint := internal.shard_number(p_to);
    v_placement data.placement;
begin
    select c.* into v_placement from data.placement as c for update;
    if p_partition is null or p_partition not between 0 and cardinality(v_placement.shards) - 1 then
        raise exception 'virtual partitions are 0 to %', cardinality(v_placement.shards) - 1
        using errcode = 'ML422', detail = 'partition';
    end if;
    update data.placement set shards[p_partition + 1] = v_to;
    perform internal.make_places();
    return internal.note_placement(p_partition, null, v_placement.shards[p_partition + 1], v_to);
end
$$;
comment on function ops.place_partition(integer, text) is
'Of a router: where merchants of this virtual partition are from now on, but for those who have a place of their own; moves nobody: molam shards move does. Returns the number of the change. Error: ML422.';

create function ops.place_merchant(p_id uuid, p_to text)
returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_to smallint := internal.shard_number(p_to);
    v_from smallint;
    v_placement data.placement;
begin
    select c.* into v_placement from data.placement as c for update;
    v_from := internal.shard_of(p_id);
    if v_to = v_placement.shards[1 + internal.partition_of(p_id, cardinality(v_placement.shards))] then
        delete from data.merchant_placements as m where m.merchant_id = p_id;
    else
        insert into data.merchant_placements as m (merchant_id, shard) values (p_id, v_to)
        on conflict (merchant_id) do update set shard = excluded.shard, is_passing = false;
    end if;
    perform internal.make_places();
    return internal.note_placement(null, p_id, v_from, v_to);
end
$$;
comment on function ops.place_merchant(uuid, text) is
'Of a router: where this merchant is from now on; moves nothing: molam shards move does. Returns the number of the change. Error: ML422.';

-- Merchants of a virtual partition that is moved keep their place until each was moved; new ones are made at the new one.
create function internal.begin_partition_move(p_partition integer, p_to text, p_merchant_ids uuid[])
returns void
language plpgsql volatile
as $$
declare
    v_from smallint := (select c.shards[p_partition + 1] from data.placement as c for update);
begin
    if v_from = internal.shard_number(p_to) then
        return;
    end if;
    insert into data.merchant_placements (merchant_id, shard, is_passing)
    select m.merchant_id, v_from, true from unnest(p_merchant_ids) as m (merchant_id)
    on conflict (merchant_id) do nothing;
    perform ops.place_partition(p_partition, p_to);
end
$$;
comment on function internal.begin_partition_move(integer, text, uuid[]) is
'Places a virtual partition, and leaves these merchants of it where they are for the time being. Error: ML422.';

create function internal.keep_in_place(p_merchant_ids uuid[], p_at text)
returns void
language sql volatile
as $$
    insert into data.merchant_placements (merchant_id, shard, is_passing)
    select m.merchant_id, internal.shard_number(p_at), true from unnest(p_merchant_ids) as m (merchant_id)
    on conflict (merchant_id) do nothing;
    select internal.make_places()
$$;
comment on function internal.keep_in_place(uuid[], text) is 'The same for merchants that were made just before.';

create function internal.server_of_partition(p_partition integer, p_to text)
returns text
language sql stable
as $$
    select s.name
    from data.placement as c
    cross join lateral (
        select coalesce(nullif(c.shards[p_partition + 1], internal.shard_number(p_to)), (
            select h.from_shard from data.placement_changes as h
            where h.partition = p_partition and h.to_shard = internal.shard_number(p_to) and h.from_shard <> h.to_shard
            order by h.version desc
            limit 1
        )) as shard
    ) as f
    inner join data.shards as s on f.shard = s.shard
$$;
comment on function internal.server_of_partition(integer, text) is
'Where the merchants of a virtual partition come from that is moved, or was placed already, to p_to; null: there was nothing before.';

create function internal.passing_merchants(p_partition integer)
returns uuid[]
language sql stable
as $$
    select array(
        select m.merchant_id
        from data.placement as c
        cross join data.merchant_placements as m
        where m.is_passing and internal.partition_of(m.merchant_id, cardinality(c.shards)) = p_partition
        order by m.merchant_id
    )
$$;
comment on function internal.passing_merchants(integer) is 'Whose turn has not come yet in the move of their virtual partition.';

create function internal.end_partition_move(p_partition integer)
returns void
language sql volatile
as $$
    delete from data.merchant_placements as m using data.placement as c
    where
        m.is_passing and m.shard = c.shards[p_partition + 1]
        and internal.partition_of(m.merchant_id, cardinality(c.shards)) = p_partition;
    select internal.make_places()
$$;
comment on function internal.end_partition_move(integer) is
'Those whose turn it was and who are where their virtual partition is, as it has come back there, have no place of their own.';

create function ops.spread_partitions(p_names text[])
returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_partition integer;
    v_placed integer := 0;
begin
    for v_partition in
        select n from data.placement as c cross join generate_series(0, cardinality(c.shards) - 1) as n
        where c.shards[n + 1] is null
        order by n
    loop
        perform ops.place_partition(v_partition, p_names[1 + v_partition % cardinality(p_names)]);
        v_placed := v_placed + 1;
    end loop;
    return v_placed;
end
$$;
comment on function ops.spread_partitions(text[]) is
'Of a router: spreads the virtual partitions that have no place yet evenly over these servers; returns how many there were. Error: ML422.';

create view ops.partition_placements with (security_barrier = true) as
select p.partition - 1 as partition, s.name as shard
from data.placement as c
cross join lateral unnest(c.shards) with ordinality as p (shard, partition)
left join data.shards as s on p.shard = s.shard;
comment on view ops.partition_placements is 'Of a router: the server of each virtual partition.';
comment on column ops.partition_placements.partition is 'The virtual partition, from 0.';
comment on column ops.partition_placements.shard is 'The name of its server; null: none yet.';
