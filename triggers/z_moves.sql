-- What must be true of a merchant that is on its way to another server, whoever writes: its events are looked after by
-- internal.open_for_writing, what else there is of it here. Needs data.moves, data.merchants and the tables of what is copied.

create function triggers.is_moving(p_merchant_id uuid)
returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from data.moves as m where m.merchant_id = p_merchant_id and m.xid = pg_current_xact_id_if_assigned()
    )
$$;
comment on function triggers.is_moving(uuid) is 'Whether this transaction brings the merchant''s rows from another server, or removes those that are there.';

-- The transaction has its id before it looks, so that who waits for older writers waits for this one.
create function triggers.refuse_while_frozen()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_merchant_id uuid := case when tg_op = 'DELETE' then old.merchant_id else new.merchant_id end;
begin
    perform pg_current_xact_id();
    if exists (
        select from data.merchants as m where m.merchant_id = v_merchant_id and m.frozen_until > clock_timestamp()
    ) and not triggers.is_moving(v_merchant_id) then
        raise exception 'merchant % is being moved to another server', v_merchant_id
        using errcode = 'ML307', hint = 'Try again in a second.';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function triggers.refuse_while_frozen() is 'Refuses, with ML307, what would be written after it was copied.';

create or replace trigger _050_refuse_while_frozen before insert or delete on data.merchant_api_keys
for each row execute function triggers.refuse_while_frozen();
create or replace trigger _060_refuse_while_frozen before update on data.merchant_api_keys
for each row when (triggers.audited(old) is distinct from triggers.audited(new))
execute function triggers.refuse_while_frozen();

create or replace trigger _050_refuse_while_frozen before insert or delete on data.webhook_endpoints
for each row execute function triggers.refuse_while_frozen();
create or replace trigger _060_refuse_while_frozen before update on data.webhook_endpoints
for each row when (triggers.audited_endpoint(old) is distinct from triggers.audited_endpoint(new))
execute function triggers.refuse_while_frozen();

create or replace trigger _050_refuse_while_frozen before insert or update or delete on data.merchant_limits
for each row execute function triggers.refuse_while_frozen();

create or replace trigger _050_refuse_while_frozen before insert on data.erasures
for each row execute function triggers.refuse_while_frozen();

create or replace trigger _050_refuse_while_frozen before update on data.merchants
for each row when (
    (old.name, old.default_currency, old.timezone, old.status)
    is distinct from (new.name, new.default_currency, new.timezone, new.status)
) execute function triggers.refuse_while_frozen();
