"""The model's folder: its section of MLmodel, files, tables, functions, requirements, stored example."""
