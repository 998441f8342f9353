#!/usr/bin/env bash
# Restores what dump.sh has made into an empty database, adopts it there, and works every figure out again.
#
#   createdb --template template0 --encoding UTF8 molam
#   MOLAM_DATABASE_URL=postgresql://.../molam deploy/backup/restore.sh FOLDER
#
# Needs psql, pg_restore and molam. Passwords are not in the dump: give the users that log in new ones.
set -euo pipefail
folder=${1:?the folder of the dump}
: "${MOLAM_DATABASE_URL:?the empty database}"

# Goes on after an error: roles that are there already stay as they are.
psql --no-psqlrc --quiet --dbname "$MOLAM_DATABASE_URL" --file "$folder/roles.sql"
pg_restore --dbname "$MOLAM_DATABASE_URL" --exit-on-error --jobs "${JOBS:-2}" "$folder/database"
psql --no-psqlrc --quiet --dbname "$MOLAM_DATABASE_URL" --set ON_ERROR_STOP=on \
    --command 'select ops.adopt_restored_database() as "events aggregated"'
molam migrate
molam reconcile
