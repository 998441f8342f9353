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

-- A partition does not inherit this one, so each gets its own.
create function triggers.refuse_truncate(p_table regclass)
returns void
language plpgsql
as $$
begin
    execute format(
        'create trigger _100_append_only_truncate before truncate on %s '
        'for each statement execute function triggers.refuse_change()', p_table
    );
end
$$;
comment on function triggers.refuse_truncate(regclass) is 'Makes the table refuse TRUNCATE.';

select triggers.refuse_truncate(t.relid) from pg_partition_tree('data.transaction_events') as t;
