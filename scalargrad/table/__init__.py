"""The table of primitives, and what is made from it: functions on floats, public functions and methods.

`ops.py` is the table. It is the only source of values and derivatives, in both backends.
"""
