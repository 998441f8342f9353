-- What PL/Proxy costs alone: the overview at the first server, whoever's it is, and errors as they come. By a superuser.
create schema bench;
grant usage on schema bench to molam_api;

create function bench.overview(p_merchant_id uuid, p_currency text)
returns text
language plproxy security definer
as $$cluster 'shards'; run on 0; select api.dashboard_overview(p_merchant_id, p_currency);$$;
