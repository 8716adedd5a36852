"""A rule in SQL against a decision tree, on the Palmer penguins: both evaluated by `mlflow.models.evaluate`.

    pip install palmerpenguins scikit-learn
    python docs/examples/classify_penguins.py

The rule was read off the measurements of the training rows; both models are judged on the others. Everything is written
to a temporary folder, or to the folder given as the argument.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import pandas as pd
from palmerpenguins import load_penguins
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

import mlflow_sql_flavor

RULE = """
-- Gentoo have long flippers; of the others, Chinstrap have the longer bills.
-- A penguin that was not measured gets the commonest species.
SELECT
    CASE
        WHEN flipper_length_mm >= 207 AND bill_depth_mm < 18 THEN 'Gentoo'
        WHEN bill_length_mm >= 43.5 THEN 'Chinstrap'
        ELSE 'Adelie'
    END AS species,
    flipper_length_mm IS NULL AS unmeasured
FROM input
"""

MEASUREMENTS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def evaluate(model_uri: str, data: pd.DataFrame) -> dict[str, Any]:
    """MLflow's metrics of a classifier."""
    result = mlflow.models.evaluate(
        model_uri, data, targets="species", model_type="classifier", evaluator_config={"log_explainer": False}
    )
    return result.metrics


def main(folder: Path) -> None:
    """Runs the whole example in a folder."""
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("penguins", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("penguins")

    penguins = load_penguins()[[*MEASUREMENTS, "species"]]
    train, test = train_test_split(penguins, test_size=0.4, random_state=0, stratify=penguins["species"])

    metrics = {}
    with mlflow.start_run(run_name="rule in SQL"):
        rule = mlflow_sql_flavor.log_model(
            RULE, name="rule", prediction_column="species", input_example=train[MEASUREMENTS].head()
        )
        metrics["rule in SQL"] = evaluate(rule.model_uri, test)
    with mlflow.start_run(run_name="decision tree"):
        tree = make_pipeline(SimpleImputer(), DecisionTreeClassifier(max_depth=2, random_state=0))
        tree.fit(train[MEASUREMENTS], train["species"])
        logged = mlflow.sklearn.log_model(
            tree, name="tree", input_example=train[MEASUREMENTS].head(), serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
        )  # fmt: skip
        metrics["decision tree, depth 2"] = evaluate(logged.model_uri, test)

    shown = ["example_count", "accuracy_score", "precision_score", "recall_score", "f1_score"]
    print(f"\n{len(test)} penguins that neither model has seen:\n")
    print(pd.DataFrame(metrics).T[shown].astype({"example_count": int}).round(3).to_string())

    print("\nThe rule, as it is stored:\n", mlflow_sql_flavor.load_model(rule.model_uri).sql, sep="\n")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=UserWarning)
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
