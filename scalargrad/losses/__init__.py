"""Losses: how far an `input`, such as the output of a network, is from a `target`.

Each loss takes ``(input, target, reduction="mean")``. Input and target are single numbers, or Vectors, Matrices, nested
lists or numpy arrays of equal shape. Values among them are differentiated. The reduction is ``"mean"`` or ``"sum"`` of
all losses, or ``"none"``, which returns every loss in the shape of the input. Each docstring has the formula for one
number; the result has the bits of this formula, and of `scalargrad.mean` or `scalargrad.sum`.

Raises `ShapeError` if the shapes differ, `ArgumentError` for an unknown reduction or the mean of an empty input, and
`NumberError` for non-numbers. For type checkers the result is a Value; it is a float if no Value entered the loss.
"""

from typing import TYPE_CHECKING

from scalargrad.losses.binary import binary_cross_entropy, binary_cross_entropy_with_logits, hinge
from scalargrad.losses.classes import cross_entropy, kl_div, nll
from scalargrad.losses.distances import huber, l1, l2, mse

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "hinge", "huber", "kl_div",
           "l1", "l2", "mse", "nll"]  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)
