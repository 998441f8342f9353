-- What must be true of events whoever writes. Needs data.transaction_events.

create function triggers.refuse_change()
returns trigger
language plpgsql
as $$
begin
    raise exception '% of data.% is refused: events are append-only', tg_op, tg_table_name
    using errcode = 'restrict_violation', hint = 'Send a new event instead.';
end
$$;
comment on function triggers.refuse_change() is 'Refuses the change.';

create trigger _100_append_only before update or delete on data.transaction_events
for each row execute function triggers.refuse_change();

create trigger _100_append_only_truncate before truncate on data.transaction_events
for each statement execute function triggers.refuse_change();
