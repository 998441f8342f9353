-- What must be true of events whoever writes. Needs data.transaction_events, data.erasures, data.moves.

create function triggers.refuse_change()
returns trigger
language plpgsql
as $$
begin
    raise exception '% of data.% is refused: events are append-only', tg_op, tg_table_name
    using errcode = 'restrict_violation', hint = 'Send a new event instead.';
end
$$;
comment on function triggers.refuse_change() is 'Refuses the statement.';

-- The exceptions, each while the transaction lasts that logged it: a customer's pseudonym, and the removal of a merchant that
-- is on another server.
create function triggers.refuse_event_change()
returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' and exists (
        select from data.erasures as e
        where e.merchant_id = new.merchant_id and e.pseudonym = new.customer_id and e.xid = pg_current_xact_id()
    ) then
        old.customer_id := new.customer_id;
        if new is not distinct from old then
            return new;
        end if;
    elsif tg_op = 'DELETE' and exists (
        select from data.moves as m where m.merchant_id = old.merchant_id and m.xid = pg_current_xact_id()
    ) then
        return old;
    end if;
    raise exception '% of data.% is refused: events are append-only', tg_op, tg_table_name
    using errcode = 'restrict_violation', hint = 'Send a new event instead.';
end
$$;
comment on function triggers.refuse_event_change() is 'Refuses the change, but for what ops.forget_customer and a move to another server do.';

create or replace trigger _100_append_only before update or delete on data.transaction_events
for each row execute function triggers.refuse_event_change();

select internal.refuse_truncate(t.relid) from pg_partition_tree('data.transaction_events') as t;
