"""The formula ledger: its rows, and the checks that hold each against the engine."""
