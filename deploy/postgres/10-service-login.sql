-- Run once, when the data folder is made: the login of the service and the worker, which may take these two roles and
-- do nothing else. The migrations find the roles and give them their rights.
\set password `cat /run/secrets/service_password`
create role molam_api nologin;
create role molam_rollup nologin;
create role molam_service login password :'password' in role molam_api, molam_rollup;
