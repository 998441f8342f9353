-- Reports through a router: the server's own cursor, fetched a thousand lines at a time, so that a report of millions of lines
-- is held nowhere whole. PL/Proxy knows no cursors; dblink does. Needs 10_placement.sql and 20_stubs.sql.

create function internal.open_report(
    p_merchant_id uuid, p_call text, out file_name text, out header text, out lines refcursor
)
language plpgsql volatile
as $$
declare
    v_server text := 'shard_' || internal.shard_of(p_merchant_id)
        || case current_setting('molam.reading', true) when 'on' then '_reading' else '' end;
    v_cursor text;
begin
    if 'molam_report' = any(extensions.dblink_get_connections()) then
        perform extensions.dblink_disconnect('molam_report');
    end if;
    perform extensions.dblink_connect_u('molam_report', v_server);
    perform extensions.dblink_exec('molam_report', format(
        'begin read only; set local statement_timeout = %L; set local idle_in_transaction_session_timeout = ''60s''',
        current_setting('statement_timeout')
    ));
    select r.file_name, r.header, quote_ident(r.lines) into file_name, header, v_cursor
    from extensions.dblink('molam_report', 'select file_name, header, lines::text from ' || p_call)
        as r (file_name text, header text, lines text);
    open lines for
    with recursive pages as (
        select array(select f.line from extensions.dblink_fetch('molam_report', v_cursor, 1000) as f (line text)) as lines
        union all
        -- it depends on the page before, or it would be fetched once for all
        select array(
            select f.line
            from extensions.dblink_fetch('molam_report', v_cursor, 1000 + 0 * cardinality(p.lines)) as f (line text)
        )
        from pages as p
        where cardinality(p.lines) = 1000
    )

    select l.line from pages as p cross join lateral unnest(p.lines) as l (line);
end
$$;
comment on function internal.open_report(uuid, text) is
'Calls a report at the server that holds the merchant, over a connection of its own, which the next report of the session or its end closes. Errors: of the report; 08001 or 08006 when the server is away.';

do $$
declare
    v_stub record;
begin
    for v_stub in
        select s.*, t.types
        from pg_proc as p
        cross join lateral internal.stub_parts(p.oid) as s
        cross join lateral (
            select string_agg('%L::' || format_type(a.type, null), ', ' order by a.number) as types
            from unnest(p.proargtypes) with ordinality as a (type, number)
        ) as t
        where p.pronamespace = 'api'::regnamespace and p.proname like 'report\_%'
        order by p.proname
    loop
        execute format(
            'create or replace function %s(%s) returns %s language plpgsql %s security definer '
            'set search_path = pg_catalog, pg_temp set datestyle = ''ISO'' as %L',
            v_stub.name, v_stub.arguments, v_stub.result, v_stub.volatility,
            format('begin %s end', format(v_stub.answer, format(
                'internal.open_report(p_merchant_id, format(%L, %s))',
                format('%s(%s)', v_stub.name, v_stub.types), v_stub.call_arguments
            )))
        );
    end loop;
end
$$;
