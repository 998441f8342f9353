-- For tests/db/test_definer_rights.py: a schema of an intruder's with a function and an operator for each of those that
-- our code calls by a bare name. Each does what the real one does, unless it was lent the owner's rights.
-- Needs a migrated database, and a superuser.

create schema intruder;
grant usage on schema intruder to public;

create temporary view called as
select p.oid, p.proname, p.proargtypes, p.prorettype, p.pronargs
from pg_proc as p
cross join (
    select string_agg(o.prosrc, ' ') as text
    from pg_proc as o
    where pg_get_userbyid(o.proowner) = 'molam_owner'
) as ours
where
    p.pronamespace::regnamespace::text = 'pg_catalog'
    and p.prokind = 'f'
    and not p.proretset
    and p.provariadic = 0
    and not exists (
        select from pg_type as t where t.oid = any(p.proargtypes || p.prorettype) and t.typtype = 'p'
    )
    and (
        position(p.proname || '(' in ours.text) > 0
        or exists (select from pg_operator as o where o.oprcode = p.oid and o.oprname ~ '^[-=<>+*/|]+$')
    );

do $do$
declare
    v_real record;
begin
    for v_real in
        select
            c.proname, pg_get_function_identity_arguments(c.oid) as arguments, format_type(c.prorettype, null) as result,
            (select string_agg('$' || n, ', ') from generate_series(1, c.pronargs) as n) as numbers
        from called as c
    loop
        execute format(
            'create function intruder.%I(%s) returns %s language plpgsql set search_path = pg_catalog as %L',
            v_real.proname, v_real.arguments, v_real.result,
            format(
                $$
                begin
                    if current_user = 'molam_owner' then
                        raise exception 'hijacked' using errcode = 'HJ000';
                    end if;
                    return pg_catalog.%I(%s);
                end
                $$,
                v_real.proname, v_real.numbers
            )
        );
    end loop;
    for v_real in
        select o.oprname, format_type(o.oprleft, null) as left_type, format_type(o.oprright, null) as right_type, c.proname
        from pg_operator as o
        inner join called as c on o.oprcode = c.oid
        where o.oprleft <> 0 and o.oprnamespace = 'pg_catalog'::regnamespace
    loop
        execute format(
            'create operator intruder.%s (leftarg = %s, rightarg = %s, function = intruder.%I)',
            v_real.oprname, v_real.left_type, v_real.right_type, v_real.proname
        );
    end loop;
end
$do$;
