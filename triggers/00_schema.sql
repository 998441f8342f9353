-- What the schema is for.
-- Needs the schema, which the loader makes.

comment on schema triggers is 'What must be true whoever writes: the functions of the tables'' triggers.';
