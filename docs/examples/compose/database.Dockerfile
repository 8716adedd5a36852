ARG BASE=python:3.11-slim
FROM ${BASE}
RUN apt-get -y update \
    && apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && echo "host mlflow mlflow all scram-sha-256" >> "$(ls /etc/postgresql/*/main/pg_hba.conf)"
COPY database.sh /usr/local/bin/database.sh
USER postgres
ENTRYPOINT ["sh", "/usr/local/bin/database.sh"]
