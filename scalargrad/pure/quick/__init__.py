"""The pure-Python backend, faster: operations and a sweep for the usual cases. The bits are those of `pure`, which has
all cases, and defines what is correct.
"""
