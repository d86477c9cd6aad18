"""Closed forms of what transformers are made of: section H of the ledger."""
