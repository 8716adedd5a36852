"""What a built-in flavor does, this one does: every scenario runs on ``mlflow.sklearn`` and on this flavor."""
