"""Data files. `datasets.py` reads them.

iris.csv: 150 irises of three species, lengths and widths in cm. Source: Fisher 1936, measured by Anderson 1935.
"""
