-- For pgbouncer before a server of a cluster (docs/shards.md): the passwords of the router's two users are made by `molam
-- shards init`, anew each time, so pgbouncer asks the server for them. By a superuser, after the first `init`; again, it only
-- sets the password.
--
--   export PGBOUNCER_PASSWORD=...
--   psql --file deploy/shards/pgbouncer.sql postgresql://postgres@host/molam

\set ON_ERROR_STOP on
\getenv password PGBOUNCER_PASSWORD

select 'create role molam_pgbouncer login'
where not exists (select from pg_roles where rolname = 'molam_pgbouncer')
\gexec

alter role molam_pgbouncer password :'password';

create schema if not exists pgbouncer;
grant usage on schema pgbouncer to molam_pgbouncer;

create or replace function pgbouncer.find_user(p_name text)
returns table (name name, secret text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select a.rolname, a.rolpassword
    from pg_authid as a
    inner join data.routers as r on a.rolname in (r.router_user, regexp_replace(r.router_user, '_ops$', ''))
    where a.rolname = p_name
$$;
comment on function pgbouncer.find_user(text) is 'For auth_query of pgbouncer: with what the password of a router''s user is compared. Nobody else logs in through it.';
revoke execute on function pgbouncer.find_user(text) from public;
grant execute on function pgbouncer.find_user(text) to molam_pgbouncer;
