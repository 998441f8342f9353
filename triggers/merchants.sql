-- What must be true of merchants whoever writes. Needs data.merchants, data.rebuild_requests.

create function triggers.request_rebuild()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into data.rebuild_requests (merchant_id, reason)
    values (new.merchant_id, format('time zone changed from %s to %s', old.timezone, new.timezone))
    on conflict (merchant_id) do update set reason = excluded.reason, requested_at = excluded.requested_at;
    return null;
end
$$;
comment on function triggers.request_rebuild() is 'Asks the next runner to rebuild the merchant in its new time zone.';

create or replace trigger _100_request_rebuild after update of timezone on data.merchants
for each row when (old.timezone is distinct from new.timezone) execute function triggers.request_rebuild();

create function triggers.refuse_merchant_delete()
returns trigger
language plpgsql
as $$
begin
    if triggers.is_moving(old.merchant_id) then
        return old;
    end if;
    raise exception 'merchant % cannot be deleted: its events stay', old.merchant_id
    using errcode = 'restrict_violation', hint = 'Suspend it: update its status.';
end
$$;
comment on function triggers.refuse_merchant_delete() is 'Refuses to delete a merchant, for its events would belong to nobody, but when it is on another server.';

create or replace trigger _200_refuse_delete before delete on data.merchants
for each row execute function triggers.refuse_merchant_delete();
