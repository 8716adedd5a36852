"""Logs a SQL model on the tracking server of MLFLOW_TRACKING_URI and makes it the champion."""

import mlflow
import pandas as pd

import mlflow_sql_flavor

listings = pd.DataFrame(
    {"listing_id": [1, 2, 3], "region": ["Seoul", "Seoul", "부산"], "review_score": [4.8, 3.9, 4.5]}
)
info = mlflow_sql_flavor.log_model(
    """
    SELECT listing_id, review_score
    FROM listings JOIN input USING (region)
    WHERE review_score >= :min_score
    ORDER BY review_score DESC
    """,
    name="ranker",
    tables={"listings": listings},
    input_example=(pd.DataFrame({"region": ["Seoul"]}), {"min_score": 4.0}),
    registered_model_name="ranker",
)
mlflow.MlflowClient().set_registered_model_alias("ranker", "champion", info.registered_model_version)
print("logged", info.model_uri)
