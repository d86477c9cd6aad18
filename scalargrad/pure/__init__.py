"""The pure-Python backend. It defines what the C core must do, bit for bit, and is used if the C core was not built.

`core.py` chooses it; nothing else imports it. `csrc/` has the same under the same names.
"""
