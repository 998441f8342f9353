-- Customers who were forgotten. Needs data.erasures.

create view ops.erasures with (security_barrier = true) as
select e.merchant_id, e.pseudonym, e.erased_at, e.erased_by, e.rows
from data.erasures as e;

comment on view ops.erasures is 'What ops.forget_customer did; the identifiers themselves are nowhere.';
comment on column ops.erasures.merchant_id is 'The merchant.';
comment on column ops.erasures.pseudonym is 'What stands for the customer now.';
comment on column ops.erasures.erased_at is 'When that was.';
comment on column ops.erasures.erased_by is 'The database user who asked for it.';
comment on column ops.erasures.rows is 'Rows changed.';
grant select on ops.erasures to molam_dba;
