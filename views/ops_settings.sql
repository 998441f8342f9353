-- The tunables: update ops.settings set value = … where name = …. Needs data.settings.

create view ops.settings with (security_barrier = true) as
select s.name, s.value, s.unit, s.minimum, s.maximum, s.description
from data.settings as s;

comment on view ops.settings is 'Tunables. Updating value takes effect without a restart.';
comment on column ops.settings.name is 'Name.';
comment on column ops.settings.value is 'Value in force.';
comment on column ops.settings.unit is 'Unit of value, minimum and maximum.';
comment on column ops.settings.minimum is 'Least value allowed.';
comment on column ops.settings.maximum is 'Largest value allowed.';
comment on column ops.settings.description is 'What it does.';
grant select, update (value) on ops.settings to molam_dba;
