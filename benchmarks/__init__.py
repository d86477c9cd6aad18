"""Measurements that the docs quote; `python -m benchmarks --help` lists them."""
