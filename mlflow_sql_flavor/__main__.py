"""``mlflow-sql``, and ``python -m mlflow_sql_flavor``: the command line."""

import sys

try:
    import signal
except KeyboardInterrupt:
    sys.exit(130)


def run() -> None:
    """Runs the command line; Ctrl-C ends it without a traceback, while its modules are imported and at its end too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import INTERRUPTED, main

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        main(prog_name="mlflow-sql")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    run()
