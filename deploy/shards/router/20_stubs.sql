-- The functions of api and ops that are about one merchant, on a router: the same signatures, made from the catalogue, which
-- at this point has those of sql/, leading to the server that holds the merchant. Needs sql/87_shards.sql and the language
-- plproxy, which only a superuser may use.

-- What a server said is told as if it had been said here. PL/Proxy writes where it comes from before it, and XX000 where the
-- server did not say anything: no connection, or one that broke.
create function internal.is_shard_away(p_sqlstate text, p_message text)
returns boolean
language sql immutable
as $$
    select
        p_sqlstate like '08%' or p_sqlstate in ('57P01', '57P02', '57P03', '57P05')
        or (p_sqlstate = 'XX000' and p_message ~ '^PL/Proxy function |REMOTE \(null\): ')
$$;
comment on function internal.is_shard_away(text, text) is 'Whether an error of PL/Proxy says that there was no server at the other end.';

create function internal.remote_sqlstate(p_sqlstate text, p_message text)
returns text
language sql immutable
as $$
    select case when internal.is_shard_away(p_sqlstate, p_message) then '08006' else p_sqlstate end
$$;
comment on function internal.remote_sqlstate(text, text) is
'What a server raised; 08006 when it gave no answer, or is just ending.';

create function internal.remote_text(p_text text)
returns text
language sql immutable
as $$
    select regexp_replace(
        coalesce(p_text, ''), '^(\w+\.\w+\(\d+\): \[[^]]*\] REMOTE [^:]+|Remote detail|Remote hint): ', ''
    )
$$;
comment on function internal.remote_text(text) is 'A message, detail or hint as the server had written it.';

-- A call of the service for several merchants must not fail for all when one's server is away.
create function internal.answer_when_away(p_function oid)
returns text
language sql stable
as $$
    select case
        when p.proname = 'ingest_single_events' then $code$
            if internal.is_shard_away(sqlstate, v_message) or sqlstate = 'ML307' then
                return query
                select n.index - 1::bigint, 'unavailable', null::json
                from generate_series(1, case json_typeof(p_events) when 'array' then json_array_length(p_events) else 1 end) as n (index);
                return;
            end if;$code$
        when p.proname ~ '^dashboard_' then $code$
            if internal.is_shard_away(sqlstate, v_message) then
                return null;
            end if;$code$
        else ''
    end
    from pg_proc as p
    where p.oid = p_function
$$;
comment on function internal.answer_when_away(oid) is
'What the stub of a function does when the server is away, before it raises that: those that the service calls for many merchants at once answer for this one.';

-- Without a merchant a function of ops is about all of them: it is called at every server, and sums are added. A merchant that
-- is to be made gets its id here, or nobody could say where.
create function internal.call_for_all(p_function oid)
returns text
language sql stable
as $$
    select case
        when p.proname = 'create_merchant' then 'p_merchant_id := coalesce(p_merchant_id, gen_random_uuid());'
        when p.proargnames[1] = 'p_merchant_id' and p.pronargdefaults = p.pronargs and p.proretset then format(
            'if p_merchant_id is null then return query select r.* from %s(%s) as r; return; end if;', s.all_name, s.call_arguments
        )
        when p.proargnames[1] = 'p_merchant_id' and p.pronargdefaults = p.pronargs then format(
            'if p_merchant_id is null then return (select sum(r) from %s(%s) as r); end if;', s.all_name, s.call_arguments
        )
        else ''
    end
    from pg_proc as p
    cross join internal.stub_parts(p.oid) as s
    where p.oid = p_function
$$;
comment on function internal.call_for_all(oid) is 'What the stub of a function does first, when it may be called without a merchant.';

create function internal.stub_parts(p_function oid)
returns table (
    function oid, name text, remote_name text, remote_result text, all_name text, arguments text, result text, volatility text,
    call_arguments text, call text, is_set boolean, is_row boolean, is_read boolean, answer text, place text
)
language sql stable
as $$
    select
        p.oid,
        format('%I.%I', n.nspname, p.proname),
        r.name,
        case when r.is_json then 'text' else pg_get_function_result(p.oid) end,
        format('internal.%I', 'remote_all_' || n.nspname || '_' || p.proname),
        pg_get_function_arguments(p.oid),
        pg_get_function_result(p.oid),
        case p.provolatile when 'v' then 'volatile' else 'stable' end,
        a.names,
        format(case when r.is_json then 'internal.trusted_json(%s(%s))' else '%s(%s)' end, r.name, a.names),
        p.proretset,
        p.prorettype = 'record'::regtype,
        n.nspname = 'api' and p.provolatile <> 'v',
        case
            when p.proretset then 'return query select r.* from %s as r; return;'
            when p.prorettype = 'record'::regtype then format('select r.* into %s from %%s as r; return;', a.results)
            when p.prorettype = 'void'::regtype then 'perform %s; return;'
            else 'return %s;'
        end,
        case
            when n.nspname = 'ops' then $code$cluster 'shards_ops'; run on internal.shard_of(p_merchant_id);$code$
            when p.provolatile = 'v' then $code$cluster 'shards'; run on internal.writing_place(p_merchant_id);$code$
            else $code$cluster 'shards'; run on internal.reading_place(p_merchant_id);$code$
        end
    from pg_proc as p
    inner join pg_namespace as n on p.pronamespace = n.oid
    cross join lateral (
        select
            string_agg(quote_ident(g.name), ', ' order by g.number) filter (where g.mode in ('i', 'b')) as names,
            string_agg(quote_ident(g.name), ', ' order by g.number) filter (where g.mode in ('o', 'b', 't')) as results
        from unnest(p.proargnames, coalesce(p.proargmodes, array_fill('i'::"char", array[p.pronargs::integer])))
            with ordinality as g (name, mode, number)
    ) as a
    cross join lateral (
        select
            format('internal.%I', 'remote_' || n.nspname || '_' || p.proname) as name,
            p.prorettype = 'json'::regtype and not p.proretset as is_json
    ) as r
    where p.oid = p_function
$$;
comment on function internal.stub_parts(oid) is 'What a stub of the function is made of, as text; answer: the statement that returns what a call (%s) gives.';

-- The stubs, and internal.remote_<schema>_<name> behind each.
set local role none;

-- The server has made sure that it is JSON, and reading all of it again would cost as much as the rest of a router's work. So
-- it comes as text, and what hands it on as it is, is how PostgreSQL itself makes text of XML.
create function internal.trusted_json(p_text text)
returns json
language internal immutable strict parallel safe
as 'xmltotext';
alter function internal.trusted_json(text) owner to molam_owner;
comment on function internal.trusted_json(text) is 'The text as JSON, without looking at it: for what a server has answered.';

do $$
declare
    v_stub record;
    v_made text;
begin
    for v_stub in
        select s.* from pg_proc as p
        cross join lateral internal.stub_parts(p.oid) as s
        where
            p.pronamespace in ('api'::regnamespace, 'ops'::regnamespace)
            and 'p_merchant_id' = any(p.proargnames)
            and p.proname not like 'report\_%'
            and p.prokind = 'f'
        order by p.pronamespace, p.proname
    loop
        execute format(
            'create function %s(%s) returns %s language plproxy as %L',
            v_stub.remote_name, v_stub.arguments, v_stub.remote_result,
            -- one value is less work for the server than a row of one
            format('%s %s;', v_stub.place, case
                when v_stub.is_set or v_stub.is_row then format('target %s', v_stub.name)
                else format('select %s(%s)', v_stub.name, v_stub.call_arguments)
            end)
        );
        if internal.call_for_all(v_stub.function) like '%' || v_stub.all_name || '%' then
            execute format(
                'create function %s(%s) returns %s language plproxy as %L',
                v_stub.all_name, v_stub.arguments,
                case when v_stub.is_set then v_stub.result else 'setof ' || v_stub.result end,
                format($code$cluster 'shards_ops'; run on all; target %s;$code$, v_stub.name)
            );
        end if;
        for v_made in
            select p.oid::regprocedure::text from pg_proc as p
            where format('%I.%I', p.pronamespace::regnamespace, p.proname) in (v_stub.remote_name, v_stub.all_name)
        loop
            execute format('alter function %s owner to molam_owner', v_made);
        end loop;
        execute format(
            'create or replace function %s(%s) returns %s language plpgsql %s security definer '
            'set search_path = pg_catalog, pg_temp as %L',
            v_stub.name, v_stub.arguments, v_stub.result, v_stub.volatility,
            format($code$
    declare
        v_message text;
        v_detail text;
        v_hint text;
    begin
        %s
        %s
    exception when others then
        get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
        %s
        %s
        raise exception using
            errcode = internal.remote_sqlstate(sqlstate, v_message), message = internal.remote_text(v_message),
            detail = internal.remote_text(v_detail), hint = internal.remote_text(v_hint);
    end
    $code$,
                internal.call_for_all(v_stub.function),
                format(v_stub.answer, v_stub.call),
                case when v_stub.is_read then format(
                    $away$
        -- a replica may be away alone
        if internal.is_shard_away(sqlstate, v_message) and current_setting('molam.reading', true) = 'on' then
            perform set_config('molam.reading', 'off', true);
            %s
        end if;$away$,
                    format(v_stub.answer, format('%s(%s)', v_stub.name, v_stub.call_arguments))
                ) end,
                internal.answer_when_away(v_stub.function)
            )
        );
    end loop;
end
$$;

set local role molam_owner;
