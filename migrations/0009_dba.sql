-- For DBAs: what a setting was before it was changed, what a job did, alarms, and the right to look.
-- depends: 0006_rollup_state

-- What a superuser alone may give. Where there is none, the views show what they can without it.
do $$
declare
    v_statement text;
begin
    foreach v_statement in array array[
        'grant pg_monitor to molam_owner, molam_dba',
        'grant set on parameter track_functions to molam_owner',
        'grant set on parameter auto_explain.log_min_duration to molam_owner',
        'grant set on parameter auto_explain.log_nested_statements to molam_owner',
        'grant set on parameter auto_explain.log_analyze to molam_owner',
        'grant set on parameter auto_explain.log_buffers to molam_owner',
        'grant set on parameter auto_explain.log_level to molam_owner',
        'create extension if not exists pg_stat_statements'
    ] loop
        begin
            execute v_statement;
        exception when insufficient_privilege or undefined_file or feature_not_supported then
            raise notice 'not done: % (%)', v_statement, sqlerrm;
        end;
    end loop;
end
$$;

set local role molam_owner;

alter table data.settings add column default_value numeric;
comment on column data.settings.default_value is 'What it was before it was first changed; null when it never was.';

alter table data.job_runs add column note text;
comment on column data.job_runs.note is 'What the run did, where its number of rows does not say it.';

insert into data.settings (name, value, unit, minimum, maximum, description) values
('alarm_lag_seconds', 60, 's', 1, 86400, 'ops.health is not healthy when an event waits longer than this for the rollup.'),
('alarm_transaction_minutes', 60, 'min', 1, 100000, 'ops.health is not healthy when a transaction has been open longer than this: it keeps vacuum from cleaning up.');
