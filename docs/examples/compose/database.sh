# Starts PostgreSQL; on the first start makes the role and the database, with the password of the environment.
set -eu
version=$(ls /etc/postgresql)
if ! test -e /var/lib/postgresql/ready; then
    pg_ctlcluster "$version" main start -o "-c listen_addresses=''"
    psql --quiet --set=password="$PASSWORD" <<'SQL'
CREATE ROLE mlflow LOGIN PASSWORD :'password';
CREATE DATABASE mlflow OWNER mlflow;
SQL
    pg_ctlcluster "$version" main stop
    touch /var/lib/postgresql/ready
fi
exec pg_ctlcluster --foreground "$version" main start -o "-c listen_addresses=*"
