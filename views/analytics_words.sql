-- What a column's name means in every view of analytics, said once; and who may read them. Loaded after the views, in the
-- order of file names.

do $$
declare
    v_words jsonb := jsonb_build_object(
        'merchant_id', 'The merchant.',
        'merchant_name', 'The merchant''s name.',
        'currency', 'ISO 4217 code. Amounts are in units of it, with its decimals; never add those of two currencies.',
        'local_date', 'Local day of the merchant.',
        'transaction_id', 'The merchant''s id of the payment.',
        'payment_method', 'As the merchant names it; unknown when the event said none.',
        'product_id', 'The merchant''s id of the product; null when there is none.',
        'product_name', 'The product''s name on its latest successful payment in the currency.',
        'customer_id', 'The merchant''s id of the customer; null when there is none.',
        'transactions', 'successful + failed: attempts that reached an outcome.',
        'successful', 'Number of payment_succeeded events.',
        'failed', 'Number of payment_failed events.',
        'created', 'Number of payment_created events.',
        'refunded', 'Number of payment_refunded events; a refund counts when it is made.',
        'revenue', 'Sum of the amounts of successful payments.',
        'refunds', 'Sum of the amounts of refunds; a refund counts when it is made.',
        'fees', 'Sum of the fees of successful payments and refunds.',
        'net_revenue', 'revenue - refunds - fees.',
        'avg_transaction', 'Average amount of a successful payment, 2 decimals; 0 when there is none.',
        'success_rate', 'successful / transactions, 4 decimals; null when there is none.',
        'customers', 'Distinct customers with a successful payment in the period; exact. Not to be added over periods.',
        'new_customers', 'Customers whose first ever successful payment in the currency falls in the period.',
        'total_spent', 'Sum of their successful payments; refunds are not taken off.',
        'cohort_month', 'First day of the local month of the customer''s first successful payment in the currency.',
        'active_days', 'Number of local days with a successful payment.',
        'first_date', 'First local day with a successful payment.',
        'last_date', 'Latest local day with a successful payment.'
    );
    v_column record;
begin
    for v_column in
        select a.attrelid::regclass as view_name, a.attname, v_words ->> a.attname as words
        from pg_attribute as a
        inner join pg_class as c on a.attrelid = c.oid
        where
            c.relnamespace = 'analytics'::regnamespace and c.relkind = 'v' and v_words ? a.attname
            -- a view may say more
            and col_description(a.attrelid, a.attnum) is null
    loop
        execute format('comment on column %s.%I is %L', v_column.view_name, v_column.attname, v_column.words);
    end loop;
end
$$;

grant select on all tables in schema analytics to molam_analyst, molam_limited_analyst;
