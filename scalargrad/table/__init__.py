"""The table of primitives, and what follows from it on Python floats."""
