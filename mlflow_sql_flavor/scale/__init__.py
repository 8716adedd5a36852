"""The same model on more data: batches, Spark, databases."""
