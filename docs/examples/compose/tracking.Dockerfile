ARG BASE=python:3.11-slim
FROM ${BASE}
ARG MLFLOW=mlflow
RUN pip install --no-cache-dir ${MLFLOW} psycopg2-binary
