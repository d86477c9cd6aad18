"""The chapters of the ledger: each row with its statement, its sources, and its work on numbers."""
