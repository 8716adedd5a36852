"""Databases: their drivers, what each is to the rest of the package, and their rows as the model's types."""
