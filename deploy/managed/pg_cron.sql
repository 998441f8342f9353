-- pg_cron in the database in which it lives (most often postgres): lets `molam migrate` schedule the rollup from there,
-- with MOLAM_CRON_DATABASE=postgres. Run once, after setup.sql, by the service's administrator; again, it changes nothing.
--
--   psql --file deploy/managed/pg_cron.sql 'postgresql://admin@host/postgres'

\set ON_ERROR_STOP on

create extension if not exists pg_cron;
grant usage on schema cron to molam_migrator;
grant execute on function cron.schedule_in_database(text, text, text, text, text, boolean) to molam_migrator;
