-- Foundation: the roles, the schema of tables, and what the loader of re-creatable code remembers.
-- Roles belong to the cluster, so they may be there already; everything else belongs to this database.

do $$
declare
    v_role text;
begin
    foreach v_role in array array['molam_owner', 'molam_api', 'molam_rollup', 'molam_analyst', 'molam_dba'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            execute format('create role %I nologin', v_role);
        end if;
        -- whoever migrates makes objects that belong to the owner, and may start a service and a worker
        begin
            execute format('set local role %I', v_role);
            set local role none;
        exception when insufficient_privilege then
            execute format('grant %I to %I', v_role, current_user);
        end;
    end loop;
    execute format('grant connect, create, temporary on database %I to molam_owner', current_database());
    execute format('grant connect on database %I to molam_api, molam_rollup, molam_analyst, molam_dba', current_database());
end
$$;

set local role molam_owner;

-- Functions are nobody's but the owner's until sql/90_grants.sql grants them.
alter default privileges for role molam_owner revoke execute on functions from public;

create schema data;
comment on schema data is 'Tables. Changed only by migrations; nobody but the owner is granted anything here.';

-- What the loader last built, so that it works only when a file changed.
create table data.code_versions (
    kind text not null,
    digest text not null,
    loaded_at timestamptz not null default now(),
    constraint code_versions_pkey primary key (kind),
    constraint code_versions_kind_is_known check (kind in ('code', 'triggers') or kind like 'mart.%')
);
comment on table data.code_versions is 'Digest of what this database runs: code (sql/ and views/), triggers (triggers/), and each materialized view (mart.<name>).';
