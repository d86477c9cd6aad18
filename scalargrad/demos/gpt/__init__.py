"""The demo `gpt`: a transformer of scalars that learns to invent names, after Karpathy's microgpt.

It is written twice: `scalar` number by number, as microgpt is, and `bulk` with matrices. Both draw the same
weights, and compute the same numbers, until a probability rounds to 0: then the loss of the first is infinite, as
microgpt's is, and its training stops.
"""
