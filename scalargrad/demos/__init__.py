"""The demos, run by ``python -m scalargrad demo NAME``: networks small enough to train scalar by scalar.

Each demo is a module; `running` has the training loop and the options that they share.
"""
