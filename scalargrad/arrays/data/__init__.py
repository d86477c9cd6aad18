"""Functions of data: of numpy arrays, lists, tuples and tables. Results are of the same kind. Imported on first use."""
