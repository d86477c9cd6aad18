"""The formula ledger: its rows, and live checks that compare each with the engine.

The closed forms are in `scalargrad.calculus`; ``python -m scalargrad formulas`` prints the table.
"""
