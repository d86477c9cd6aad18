"""Programs that users would write, for type checkers to read: nothing runs them. See `__main__.py`."""
