"""MLflow's deployments target ``sql``: a model as a view, a function or a table of the database where the data is."""
