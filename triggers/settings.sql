-- What must be true of settings whoever writes. Needs data.settings.

create function triggers.check_setting()
returns trigger
language plpgsql
as $$
begin
    if new.value is null or new.value not between new.minimum and new.maximum then
        raise exception '% must be from % to % %', new.name, new.minimum, new.maximum, new.unit
        using errcode = 'ML422', detail = new.name;
    end if;
    new.default_value := coalesce(old.default_value, old.value);
    return new;
end
$$;
comment on function triggers.check_setting() is 'Refuses a value out of bounds, saying which they are, and remembers what the setting was at first. Error: ML422.';

create or replace trigger _100_check before update of value on data.settings
for each row when (new.value is distinct from old.value) execute function triggers.check_setting();
