"""What is known of each construct of a query: whether anybody compared it with the engine it was written for."""

__all__ = ["NO_EVIDENCE"]

#: The kind of findings on constructs that nobody compared, and the name by which ``allow`` accepts them.
NO_EVIDENCE = "no_evidence"
