"""The measurements that the documentation quotes. `python -m benchmarks --help` lists them."""
