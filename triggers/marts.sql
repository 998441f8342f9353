-- Late changes mark a merchant, so that nobody reads its materialized views before they are refreshed.
-- Needs data.mart_marks, data.mart_closed_days, and the tables that the views are made from.

create function triggers.mark_closed_days()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into data.mart_marks (merchant_id)
    select c.merchant_id
    from (select r.merchant_id, min(r.local_date) as local_date from changed_rows as r group by r.merchant_id) as c
    inner join data.merchants as m using (merchant_id)
    left join data.mart_closed_days as d using (merchant_id)
    where c.local_date <= greatest((clock_timestamp() at time zone m.aggregated_timezone)::date - 1, d.closed_date);
    return null;
end
$$;
comment on function triggers.mark_closed_days() is 'Marks the merchants of whose closed days a row changed.';

create function triggers.mark_everybody()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into data.mart_marks (merchant_id) values (null);
    return null;
end
$$;
comment on function triggers.mark_everybody() is 'Marks all merchants.';

create function triggers.mark_changes(p_table regclass)
returns void
language plpgsql
as $$
begin
    execute format(
        'create or replace trigger _100_mark_inserted after insert on %s referencing new table as changed_rows '
        'for each statement execute function triggers.mark_closed_days()', p_table
    );
    execute format(
        'create or replace trigger _110_mark_updated after update on %s referencing new table as changed_rows '
        'for each statement execute function triggers.mark_closed_days()', p_table
    );
    execute format(
        'create or replace trigger _120_mark_deleted after delete on %s referencing old table as changed_rows '
        'for each statement execute function triggers.mark_closed_days()', p_table
    );
    execute format(
        'create or replace trigger _130_mark_truncated after truncate on %s '
        'for each statement execute function triggers.mark_everybody()', p_table
    );
end
$$;
comment on function triggers.mark_changes(regclass) is 'Makes changes of the table mark their merchants.';

select triggers.mark_changes(t.table_name::regclass)
from (values
    ('data.merchant_daily_aggregates'), ('data.merchant_returning_customers'),
    ('data.merchant_payment_method_stats'), ('data.merchant_product_stats')
) as t (table_name);
