"""The demos, run by ``python -m scalargrad demo NAME``: problems small enough to fit scalar by scalar.

Each demo is a module. `running` has what all share, `network` the training loop of those that train a network. In
`physics` are the demos of moving things.
"""
