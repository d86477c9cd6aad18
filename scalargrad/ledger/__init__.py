"""The formula ledger: its rows, and live checks that compare each with the engine."""
