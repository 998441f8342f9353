-- The tunables: update ops.settings set value = … where name = …. Needs data.settings.

create view ops.settings with (security_barrier = true) as
select s.name, s.value, s.unit, s.minimum, s.maximum, coalesce(s.default_value, s.value) as default_value, s.description
from data.settings as s;

comment on view ops.settings is
'Tunables: update ops.settings set value = 200 where name = ''poll_milliseconds''. Read at each use, so a change takes effect without a restart. Error: ML422 out of bounds.';
comment on column ops.settings.name is 'Name.';
comment on column ops.settings.value is 'Value in force.';
comment on column ops.settings.unit is 'Unit of value, minimum, maximum and default_value.';
comment on column ops.settings.minimum is 'Least value allowed.';
comment on column ops.settings.maximum is 'Largest value allowed.';
comment on column ops.settings.default_value is 'What it was before it was first changed.';
comment on column ops.settings.description is 'What it does.';
grant select, update (value) on ops.settings to molam_dba;
