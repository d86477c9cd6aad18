"""The demos, run by ``python -m scalargrad demo NAME``: networks small enough to train scalar by scalar."""
