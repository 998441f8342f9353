-- Where the time of api goes. Needs pg_stat_user_functions (track_functions = 'all'), ops.statement_times().

create view ops.slow_functions with (security_barrier = true) as
select
    t.source,
    t.function_name,
    t.calls,
    t.total_ms::numeric(20, 3) as total_ms,
    (t.total_ms / nullif(t.calls, 0))::numeric(20, 3) as mean_ms,
    t.self_ms::numeric(20, 3) as self_ms
from (
    select
        'pg_stat_user_functions' as source,
        format('%s.%s', f.schemaname, f.funcname) as function_name,
        f.calls,
        f.total_time::numeric as total_ms,
        f.self_time::numeric as self_ms
    from pg_stat_user_functions as f
    where f.schemaname in ('api', 'rollup', 'internal', 'ops')
    union all
    select 'pg_stat_statements', s.function_name, s.calls, s.total_ms, null
    from ops.statement_times() as s
) as t
order by total_ms desc;

comment on view ops.slow_functions is
'Functions by the time that they took in all, largest first, since the statistics were last reset. By function: needs track_functions = ''all'' (''pl'' counts PL/pgSQL alone) in postgresql.conf. By statement of the client: needs the extension pg_stat_statements, loaded. What is not there gives no rows.';
comment on column ops.slow_functions.source is 'pg_stat_user_functions: with all calls from within; pg_stat_statements: calls by clients.';
comment on column ops.slow_functions.function_name is 'Schema and name. Functions that the planner inlines are not counted.';
comment on column ops.slow_functions.calls is 'Number of calls.';
comment on column ops.slow_functions.total_ms is 'Milliseconds in all, with the functions that it calls.';
comment on column ops.slow_functions.mean_ms is 'Milliseconds of a call.';
comment on column ops.slow_functions.self_ms is 'Milliseconds in all, without the functions that it calls; null for statements.';
grant select on ops.slow_functions to molam_dba;
