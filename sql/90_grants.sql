-- All grants on functions, in one place. Whatever is not named here is nobody's but the owner's: the default privileges
-- of migration 0001 leave nothing to everybody.

grant usage on schema api to molam_api;
grant execute on all functions in schema api to molam_api;

grant usage on schema rollup to molam_rollup;
grant execute on all functions in schema rollup to molam_rollup;
grant execute on all procedures in schema rollup to molam_rollup;

-- A view calls functions as who reads it. Neither says anything that it is not told; without usage of the schema they
-- cannot be called but by a view.
grant usage on schema analytics to molam_analyst, molam_limited_analyst;
grant execute on function internal.divide(numeric, numeric, integer) to molam_analyst, molam_limited_analyst;
grant execute on function internal.day_start(date, text) to molam_analyst, molam_limited_analyst;

-- each of its views for those who read the one behind it
grant usage on schema shard to molam_analyst, molam_dba;

grant usage on schema ops, rollup to molam_dba;
grant execute on all functions in schema ops to molam_dba;
grant execute on all functions in schema rollup to molam_dba;
grant execute on all procedures in schema rollup to molam_dba;
