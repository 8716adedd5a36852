"""What a person sees of a model: card, lineage picture, HTML, how two differ; from plain facts, running nothing."""
