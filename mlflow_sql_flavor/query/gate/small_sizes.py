"""What counts as small: the most that a query which runs where its caller is may build, take and read."""

__all__ = [
    "MAX_BYTES",
    "MAX_CONSTANT",
    "MAX_COPIED",
    "MAX_GROUPINGS",
    "MAX_GROWN",
    "MAX_LAMBDAS",
    "MAX_NODES",
    "MAX_RELATIONS",
    "MAX_STEPS",
    "MAX_TIMES",
    "MAX_WIDTH",
]


MAX_BYTES = 50_000
"""Most bytes of one row's value that the query adds, four times of all such values together: 2,048 rows at a time."""
MAX_CONSTANT = 1_000_000
"""Most bytes of a literal, or of a value where no table is read. Others without data may be made for each row, too."""
MAX_TIMES = 64
"""Most copies of a value of the data in one value."""
MAX_GROWN = 512
"""The same, with the most that escapes, digits and elements of lists make of each character."""
MAX_COPIED = 250_000
"""Most bytes of one row that copy values of reference tables, all copies together: 2,048 rows at a time."""
MAX_STEPS = 1_000_000
"""Most steps for one row."""
MAX_NODES = 2_000_000
"""Most nodes of the query with every common table expression in the places that read it."""
MAX_RELATIONS = 100
"""Most tables that are read, common table expressions counted where they are read: putting them in order takes the
cube of their number, 1 s for a chain of 100 joins and minutes for 300, and no limit of DuckDB's looks there."""
MAX_WIDTH = 20_000
"""Most columns that stars make."""
MAX_LAMBDAS = 8
"""Most lambdas in each other: planning them takes twice as long for each one, 20 take 14 s and 7 GB."""
MAX_GROUPINGS = 1_000
