-- Who of the analysts sees which merchants. Needs data.merchants, data.analyst_merchants; views/analytics_*.sql start
-- from internal.seen_merchants.

-- The whole rule. It goes by current_user, the role whose rights are in force, as SELECT itself does: a view runs with its
-- owner's rights but as the current user, and whom one may become by `set role` PostgreSQL decides by membership. The two
-- subqueries are evaluated once per statement, so that nobody pays by the row.
create view internal.seen_merchants as
select
    m.merchant_id,
    m.name as merchant_name,
    m.status,
    m.default_currency,
    m.aggregated_timezone as timezone,
    m.bucket_id,
    m.created_at
from data.merchants as m
where
    -- one that moves between servers is seen on one of them
    m.residence = 'here'
    and (
        (select pg_has_role('molam_analyst', 'usage') or pg_has_role('molam_owner', 'usage'))
        or m.merchant_id = any(array(
            select a.merchant_id from data.analyst_merchants as a
            where pg_has_role('molam_limited_analyst', 'usage') and pg_has_role(a.analyst, 'usage')
        ))
    );
comment on view internal.seen_merchants is
'The merchants that the current user sees: all for members of molam_analyst, those granted to a role that it is a member of for members of molam_limited_analyst, none for others.';

create function ops.grant_analyst(p_role text, p_merchant_id uuid)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_role regrole := internal.limited_analyst(p_role);
begin
    if not exists (select from data.merchants as m where m.merchant_id = p_merchant_id) then
        raise exception 'there is no merchant %', p_merchant_id using errcode = 'ML404';
    end if;
    insert into data.analyst_merchants (merchant_id, analyst) values (p_merchant_id, v_role)
    on conflict do nothing;
end
$$;
comment on function ops.grant_analyst(text, uuid) is
'Lets a role see a merchant in analytics: a person''s or a team''s that is a member of molam_limited_analyst. In force at the next statement. Errors: ML404 unknown merchant, ML422 role.';

create function ops.revoke_analyst(p_role text, p_merchant_id uuid)
returns boolean
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    with revoked as (
        delete from data.analyst_merchants as a
        where a.merchant_id = p_merchant_id and a.analyst::oid = (select r.oid from pg_roles as r where r.rolname = p_role)
        returning a.analyst
    )

    select exists (select from revoked)
$$;
comment on function ops.revoke_analyst(text, uuid) is
'Takes back what ops.grant_analyst gave, at the next statement; false when there was nothing to take back. What the role sees through another role stays.';

create function internal.limited_analyst(p_role text)
returns regrole
language plpgsql stable
as $$
declare
    v_role regrole := (select r.oid from pg_roles as r where r.rolname = p_role);
begin
    if v_role is null then
        raise exception 'there is no role "%"', p_role using errcode = 'ML422', detail = 'role';
    elsif not pg_has_role(v_role, 'molam_limited_analyst', 'usage') then
        raise exception '% is no limited analyst', v_role
        using errcode = 'ML422', detail = 'role', hint = format('grant molam_limited_analyst to %s', v_role);
    end if;
    return v_role;
end
$$;
comment on function internal.limited_analyst(text) is 'The role of that name. Error: ML422 when there is none or it is not a member of molam_limited_analyst.';
