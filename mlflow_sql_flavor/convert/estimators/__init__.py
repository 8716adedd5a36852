"""What an estimator answers: a module each kind, found by its class in answer."""
