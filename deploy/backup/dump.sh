#!/usr/bin/env bash
# A logical dump: the database, and the roles of its server without their passwords. For another major version, another
# machine's architecture, or a managed service; for the rest pgBackRest is faster and loses less (docs/backup.md).
#
#   MOLAM_DATABASE_URL=postgresql://... deploy/backup/dump.sh NEW_FOLDER
#
# Needs pg_dump and pg_dumpall, of the version that it will be restored to, or of the server's.
set -euo pipefail
folder=${1:?the folder to make for the dump}
: "${MOLAM_DATABASE_URL:?the database to dump}"

umask 077 # it holds all that merchants ever sent
mkdir "$folder"
pg_dumpall --dbname "$MOLAM_DATABASE_URL" --roles-only --no-role-passwords --file "$folder/roles.sql"
# Without pg_cron, which lives in one database of a server: `molam migrate` schedules its jobs anew.
pg_dump --dbname "$MOLAM_DATABASE_URL" --extension pg_stat_statements \
    --format directory --jobs "${JOBS:-2}" --file "$folder/database"
