"""Trees: one as a CASE expression or as arrays to walk down, and sums of them."""
