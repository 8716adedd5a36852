"""``mlflow-sql``, and ``python -m mlflow_sql_flavor``: the command line."""

import signal


def run() -> None:
    """Runs the command line; Ctrl-C ends it without a traceback, while its modules are imported too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(prog_name="mlflow-sql")


if __name__ == "__main__":
    run()
