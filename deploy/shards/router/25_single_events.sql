-- Single events of several merchants through a router: one call to each server, where they are stored together. Needs
-- 10_placement.sql and 20_stubs.sql.

set local role none;

create function internal.remote_ingest_together(p_merchant_ids uuid[], p_events json[])
returns text
language plproxy
as $$
cluster 'shards'; run on internal.writing_place(p_merchant_ids[1]);
select (api.ingest_single_events_agg(b.merchant_id, b.events))[1] from unnest(p_merchant_ids, p_events) as b (merchant_id, events);
$$;
alter function internal.remote_ingest_together(uuid[], json[]) owner to molam_owner;
comment on function internal.remote_ingest_together(uuid[], json[]) is
'api.ingest_single_events_agg at the server of the first merchant. Errors: of PL/Proxy.';

set local role molam_owner;

create function internal.unavailable_answers(p_merchant_ids uuid[], p_events json[])
returns json
language sql immutable
as $$
    select json_object_agg(b.merchant_id, array_fill('["unavailable", null]'::json, array[json_array_length(b.events)]))
    from unnest(p_merchant_ids, p_events) as b (merchant_id, events)
$$;
comment on function internal.unavailable_answers(uuid[], json[]) is 'What api.ingest_single_events_agg answers when the server is away.';

create or replace function internal.ingest_together(p_batches api.single_events[])
returns json[]
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_server record;
    v_message text;
    v_answers json[] := '{}';
begin
    for v_server in
        select array_agg(b) as batches, array_agg(b.merchant_id) as merchant_ids, array_agg(b.events) as events
        from unnest(p_batches) as b
        group by coalesce(internal.known_shard(b.merchant_id), internal.placed_shard(b.merchant_id))
    loop
        begin
            v_answers := v_answers || internal.trusted_json(internal.remote_ingest_together(v_server.merchant_ids, v_server.events));
        exception when others then
            get stacked diagnostics v_message = message_text;
            v_answers := v_answers || case
                when internal.is_shard_away(sqlstate, v_message)
                    then internal.unavailable_answers(v_server.merchant_ids, v_server.events)
                -- one of them may be on its way to another server: each by itself
                else internal.ingest_one_by_one(v_server.batches)
            end;
        end;
    end loop;
    return v_answers;
end
$$;
