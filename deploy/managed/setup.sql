-- What Molam Connect needs on a managed PostgreSQL: its roles, three users, its database. Run once, before the first
-- `molam migrate`, by the service's administrator, who need not be a superuser; again, it only sets the passwords anew.
--
--   export MOLAM_MIGRATOR_PASSWORD=... MOLAM_SERVICE_PASSWORD=... MOLAM_WORKER_PASSWORD=...
--   psql --file deploy/managed/setup.sql --set database=molam 'postgresql://admin@host/postgres'

\set ON_ERROR_STOP on
\getenv migrator_password MOLAM_MIGRATOR_PASSWORD
\getenv service_password MOLAM_SERVICE_PASSWORD
\getenv worker_password MOLAM_WORKER_PASSWORD

-- Roles that own and that may call; those who log in are members of them.
select format('create role %I nologin', r.name)
from unnest(array[
    'molam_owner', 'molam_api', 'molam_rollup', 'molam_analyst', 'molam_limited_analyst', 'molam_dba'
]) as r (name)
where not exists (select from pg_roles where rolname = r.name)
\gexec

select format('create role %I login', r.name)
from unnest(array['molam_migrator', 'molam_service', 'molam_worker']) as r (name)
where not exists (select from pg_roles where rolname = r.name)
\gexec

alter role molam_migrator password :'migrator_password';
alter role molam_service password :'service_password';
alter role molam_worker password :'worker_password';

-- `molam migrate` and the commands for DBAs: acts in each role, and may let people into them; makes no roles itself.
grant molam_owner, molam_api, molam_rollup, molam_analyst, molam_limited_analyst, molam_dba
to molam_migrator with admin option;
-- The service and the worker: what they call, nothing else.
grant molam_api to molam_service;
grant molam_rollup to molam_worker;

-- What the service asks for at the start of a session, for poolers that do not pass that on. A report may take a minute.
alter role molam_service set statement_timeout = '60s';
alter role molam_service set idle_in_transaction_session_timeout = '60s';

-- From 16 on who makes a role is not a member of it, and could not make it the owner of something.
grant molam_migrator to current_user;
select format('create database %I owner molam_migrator encoding %L template template0', :'database', 'UTF8')
where not exists (select from pg_database where datname = :'database')
\gexec

-- What ops.lag and ops.slow_functions show beyond our own sessions; where it may not be given they show less.
do $$
begin
    grant pg_monitor to molam_owner, molam_dba;
exception when insufficient_privilege then
    raise notice 'pg_monitor is not granted: ops.lag names sessions of others without their details';
end
$$;

\connect :"database"

do $$
begin
    create extension if not exists pg_stat_statements;
exception when insufficient_privilege or undefined_file or feature_not_supported then
    raise notice 'no pg_stat_statements: ops.slow_functions shows less (%)', sqlerrm;
end
$$;
