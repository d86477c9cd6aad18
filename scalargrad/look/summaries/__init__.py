"""`summary`: a graph or a network in figures."""
