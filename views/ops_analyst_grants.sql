-- Which merchants limited analysts see. Needs data.analyst_merchants.

create view ops.analyst_grants with (security_barrier = true) as
select
    r.rolname::text as role,
    a.merchant_id,
    m.name as merchant_name,
    a.granted_at,
    a.granted_by
from data.analyst_merchants as a
inner join data.merchants as m on a.merchant_id = m.merchant_id
left join pg_roles as r on a.analyst = r.oid;

comment on view ops.analyst_grants is 'Which merchants limited analysts see: made by ops.grant_analyst, taken back by ops.revoke_analyst.';
comment on column ops.analyst_grants.role is 'The role, and with it all its members; null when it was dropped since.';
comment on column ops.analyst_grants.merchant_id is 'The merchant.';
comment on column ops.analyst_grants.merchant_name is 'Its name.';
comment on column ops.analyst_grants.granted_at is 'When it was granted.';
comment on column ops.analyst_grants.granted_by is 'The user of the session that granted it.';
grant select on ops.analyst_grants to molam_dba;
