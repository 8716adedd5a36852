"""What goes in and comes out: the table of types, reading and writing frames, parameters, sources, comparison."""
