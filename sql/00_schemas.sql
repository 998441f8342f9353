-- What each schema is for; data's is said in its migration, triggers' in triggers/00_schema.sql.
-- Needs the schemas, which the loader makes.

comment on schema api is 'The functions that the service may call: its whole contract.';
comment on schema rollup is 'The aggregator: rollup.run and what it calls.';
comment on schema internal is 'What api, rollup, ops and the views share; nobody else may use it.';
comment on schema ops is 'Functions and views for DBAs.';
comment on schema shard is 'The views of analytics and ops as a router reads them, which shows those of all its servers.';
comment on schema mart is 'Materialized views of closed local days; internal reads them, nobody else may.';
comment on schema analytics is 'Views for analysts; a limited analyst sees in them the merchants granted to the role.';
