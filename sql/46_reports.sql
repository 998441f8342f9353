-- Reports: what the dashboard and the list of transactions say, as CSV (RFC 4180). Each function opens a cursor on the lines,
-- so that they are fetched a few at a time, all of one snapshot. Needs 40_dashboard.sql, 45_transactions.sql.
-- A cursor is read with the rights of its reader, but for what was looked up when it was opened: its query may call nothing
-- that the planner does not inline.

-- A spreadsheet takes a cell that begins like a formula for one; an apostrophe before it makes it text. One that begins
-- with an apostrophe gets another, so that what it was can always be told: without the first apostrophe.
create function internal.csv_text(p_text text)
returns text
language sql immutable parallel safe
as $$
    select case
        when p_text is null then ''
        when strpos(E'=+-@\t\r\n''＝＋－＠', left(p_text, 1)) > 0 then '"''' || replace(p_text, '"', '""') || '"'
        else '"' || replace(p_text, '"', '""') || '"'
    end
$$;
comment on function internal.csv_text(text) is
'A text from outside as a cell: quoted, null empty, with an apostrophe before it where it begins like a formula or with an apostrophe.';

create function api.report_analytics(
    p_merchant_id uuid, p_start_date date, p_end_date date, p_granularity text default 'daily', p_currency text default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer json := api.dashboard_analytics(p_merchant_id, p_start_date, p_end_date, p_granularity, p_currency);
    v_period text := case p_granularity when 'daily' then 'date' else 'hour' end;
begin
    file_name := format('analytics-%s-%s-%s.csv', v_answer ->> 'currency', p_start_date, p_end_date);
    header := v_period || E',currency,transactions,successful,failed,created,refunded,revenue,refunds,fees,net_revenue,'
        'avg_transaction,success_rate,customers,new_customers\r\n';
    open lines for
    select format(
        E'%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n',
        a.bucket ->> v_period, v_answer ->> 'currency', a.bucket ->> 'transactions', a.bucket ->> 'successful',
        a.bucket ->> 'failed', a.bucket ->> 'created', a.bucket ->> 'refunded', a.bucket ->> 'revenue',
        a.bucket ->> 'refunds', a.bucket ->> 'fees', a.bucket ->> 'net_revenue', a.bucket ->> 'avg_transaction',
        a.bucket ->> 'success_rate', a.bucket ->> 'customers', a.bucket ->> 'new_customers'
    )
    from json_array_elements(v_answer -> 'data') as a (bucket);
end
$$;
comment on function api.report_analytics(uuid, date, date, text, text) is
'As CSV what api.dashboard_analytics says, without the totals: a file name, the line of headings, and a cursor on the other lines, to be fetched in the same transaction. Errors as there.';

create function api.report_payment_methods(
    p_merchant_id uuid, p_days integer default null, p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer json := api.dashboard_payment_methods(
        p_merchant_id, p_days, p_currency, p_now, p_start_date, p_end_date
    );
begin
    file_name := format(
        'payment-methods-%s-%s-%s.csv', v_answer ->> 'currency', v_answer ->> 'start_date', v_answer ->> 'end_date'
    );
    header := E'method,currency,count,amount,share,success_rate\r\n';
    open lines for
    select format(
        E'%s,%s,%s,%s,%s,%s\r\n',
        internal.csv_text(m.method ->> 'method'), v_answer ->> 'currency', m.method ->> 'count', m.method ->> 'amount',
        m.method ->> 'share', m.method ->> 'success_rate'
    )
    from json_array_elements(v_answer -> 'payment_methods') as m (method);
end
$$;
comment on function api.report_payment_methods(uuid, integer, text, timestamptz, date, date) is
'As CSV what api.dashboard_payment_methods says, as of api.report_analytics. Errors as there.';

create function api.report_top_products(
    p_merchant_id uuid, p_days integer default null, p_limit integer default 10,
    p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_period record := internal.period(p_days, p_start_date, p_end_date, v_today);
    v_lines text[];
begin
    perform internal.check_bounds('limit', p_limit, 1, 100000);
    v_lines := array(
        select format(
            E'%s,%s,%s,%s,%s\r\n',
            internal.csv_text(s.product_id),
            internal.csv_text((
                select n.product_name
                from data.merchant_products as n
                where n.merchant_id = p_merchant_id and n.currency = v_scope.currency and n.product_id = s.product_id
            )),
            v_scope.currency, s.successful, round(s.amount, v_scope.exponent)
        )
        from internal.top_products(
            p_merchant_id, v_scope.currency, v_period.start_date, v_period.end_date, p_limit, v_today
        ) as s
        order by s.amount desc, s.product_id collate "C"
    );
    file_name := format('top-products-%s-%s-%s.csv', v_scope.currency, v_period.start_date, v_period.end_date);
    header := E'product_id,product_name,currency,transactions,amount\r\n';
    open lines for
    select l.line from unnest(v_lines) as l (line);
end
$$;
comment on function api.report_top_products(uuid, integer, integer, text, timestamptz, date, date) is
'As CSV what api.dashboard_top_products says, as of api.report_analytics; p_limit may be up to 100,000. Errors: ML404, ML422 naming the parameter.';

create function api.report_failures(
    p_merchant_id uuid, p_days integer default null, p_limit integer default 10,
    p_currency text default null, p_now timestamptz default now(),
    p_start_date date default null, p_end_date date default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_today date := (p_now at time zone v_scope.timezone)::date;
    v_period record := internal.period(p_days, p_start_date, p_end_date, v_today);
    v_lines text[];
begin
    perform internal.check_bounds('limit', p_limit, 1, 100000);
    v_lines := array(
        select format(
            E'%s,%s,%s,%s\r\n',
            internal.csv_text(f.failure_code), v_scope.currency, f.failed, internal.divide(f.failed, f.total, 4)
        )
        from internal.failures(
            p_merchant_id, v_scope.currency, v_period.start_date, v_period.end_date, p_limit
        ) as f
        order by f.failed desc, f.failure_code collate "C"
    );
    file_name := format('failures-%s-%s-%s.csv', v_scope.currency, v_period.start_date, v_period.end_date);
    header := E'failure_code,currency,count,share\r\n';
    open lines for
    select l.line from unnest(v_lines) as l (line);
end
$$;
comment on function api.report_failures(uuid, integer, integer, text, timestamptz, date, date) is
'As CSV what api.dashboard_failures says, as of api.report_analytics; p_limit may be up to 100,000. Errors: ML404, ML422 naming the parameter.';

create function api.report_customers(
    p_merchant_id uuid, p_limit integer default 50, p_currency text default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
begin
    perform internal.check_bounds('limit', p_limit, 1, 1000000);
    file_name := format('customers-%s.csv', v_scope.currency);
    header := E'customer_id,currency,transactions,total_spent,first_transaction,last_transaction\r\n';
    open lines for
    select format(
        E'%s,%s,%s,%s,%s,%s\r\n',
        internal.csv_text(c.customer_id), v_scope.currency, c.transactions, round(c.total_spent, v_scope.exponent),
        internal.rfc3339(c.first_at), internal.rfc3339(c.last_at)
    )
    from internal.top_customers(p_merchant_id, v_scope.currency, p_limit) as c;
end
$$;
comment on function api.report_customers(uuid, integer, text) is
'As CSV the customers that api.dashboard_customers ranks, as of api.report_analytics; p_limit may be up to 1,000,000. Errors: ML404, ML422 naming the parameter.';

create function api.report_transactions(
    p_merchant_id uuid, p_status text default null, p_from text default null, p_to text default null,
    p_customer_id text default null, p_product_id text default null, p_payment_method text default null,
    p_currency text default null, p_search text default null,
    out file_name text, out header text, out lines refcursor
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    v_scope record := internal.scope(p_merchant_id, p_currency);
    v_query internal.transaction_query := internal.transaction_query(
        p_merchant_id, v_scope.timezone, null, null, p_status, p_from, p_to,
        p_customer_id, p_product_id, p_payment_method, p_currency, p_search
    );
    v_from timestamptz := (v_query.newer_than).started_at;
    v_to timestamptz := (v_query.older_than).started_at;
begin
    file_name := format('transactions-%s.csv', (now() at time zone v_scope.timezone)::date);
    header := 'transaction_id,status,currency,amount,revenue,refunds,fees,net_revenue,payment_method,customer_id,'
        || E'product_id,product_name,failure_code,started_at\r\n';
    open lines for
    select format(
        E'%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n',
        internal.csv_text(t.transaction_id), t.status, t.currency, round(t.amount, t.exponent),
        round(t.revenue, t.exponent), round(t.refunds, t.exponent), round(t.fees, t.exponent),
        round(t.revenue - t.refunds - t.fees, t.exponent), internal.csv_text(t.payment_method),
        internal.csv_text(t.customer_id), internal.csv_text(t.product_id), internal.csv_text(t.product_name),
        internal.csv_text(t.failure_code), internal.rfc3339(t.started_at)
    )
    -- sorted before it is formatted
    from (
        select e.*, c.exponent, p.product_name
        from data.merchant_transactions as e
        inner join data.currencies as c on e.currency = c.code
        left join data.merchant_products as p using (merchant_id, currency, product_id)
        where
            e.merchant_id = p_merchant_id
            and e.started_at >= v_from and e.started_at < v_to
            and (p_status is null or e.status = p_status)
            and (p_customer_id is null or e.customer_id = p_customer_id)
            and (p_product_id is null or e.product_id = p_product_id)
            and (p_payment_method is null or e.payment_method = p_payment_method)
            and (p_currency is null or e.currency = p_currency)
            and (p_search is null or starts_with(e.transaction_id, p_search) or starts_with(e.customer_id, p_search))
        order by e.started_at desc, e.transaction_id desc, e.currency desc
    ) as t;
end
$$;
comment on function api.report_transactions(uuid, text, text, text, text, text, text, text, text) is
'As CSV all transactions that api.list_transactions gives page by page for the same parameters, as of api.report_analytics. Errors: ML404, ML422 naming the parameter.';
