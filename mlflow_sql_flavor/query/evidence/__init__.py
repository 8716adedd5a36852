"""What is known of each construct of a query: whether anybody compared it with the engine it was written for."""
