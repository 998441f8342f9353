-- When old materialized views are an alarm.
-- depends: 0010_marts

set local role molam_owner;

insert into data.settings (name, value, unit, minimum, maximum, description) values
('alarm_mart_minutes', 60, 'min', 1, 100000, 'ops.health is not healthy when the materialized views have been due for a refresh for longer than this. Answers are right all the same, and slower.');
