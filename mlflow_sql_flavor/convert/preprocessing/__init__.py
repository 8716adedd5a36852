"""Steps before an estimator, each as one layer of the query."""
