"""Mutants of the table that compute the same, or whose difference nothing promises, each with its reason."""
EQUIVALENT: dict[tuple[str, str], str] = {}
