"""``python -m mlflow_sql_flavor``: the command line."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="mlflow-sql")
