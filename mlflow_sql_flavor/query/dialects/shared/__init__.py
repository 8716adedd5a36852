"""What several dialects' rules have in common."""
