"""Small programs in the style of microgpt's descendants: `run(Value, show)` trains a few steps and shows numbers.

They make nodes by hand and know nothing of the engine: `tests/test_programs.py` runs them on two.
"""
