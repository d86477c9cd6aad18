"""The pure-Python backend. It defines what the C core must do, bit for bit, and is used if the C core was not built.

`core.py` chooses it; nothing else imports it. docs/architecture.md lists the parts of `csrc/` that have other names.
"""
