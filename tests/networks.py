"""Networks of scalars, as the ledger's tests build them: on Values by scalargrad, on complex numbers by the witness.

A style says how a layer is recorded: "scalar", number by number. The tests of matrix rows run once a style.
"""

from __future__ import annotations

from typing import Any

import pytest
from witness import Complex

import scalargrad as sg


class Scalar:
    """Layers and losses on nested lists, number by number, by the functions of `space`."""

    def __init__(self, space: Any) -> None:
        self.space = space

    def linear(self, x: Any, w: Any, b: Any = None) -> Any:
        """XW + b, each number left to right from the bias, as micrograd's neuron."""
        columns = list(zip(*w)) or [()] * len(b or [])
        offsets = [0.0] * len(columns) if b is None else b
        return [[sum((p * q for p, q in zip(row, column)), offset) for column, offset in zip(columns, offsets)]
                for row in x]  # fmt: skip

    def relu(self, x: Any) -> Any:
        return [[self.space.relu(item) for item in row] for row in x]

    def softmax(self, x: Any) -> Any:
        return [self.space.softmax(row) for row in x]

    def log_softmax(self, x: Any) -> Any:
        return [self.space.log_softmax(row) for row in x]

    def total(self, x: Any, weights: Any) -> Any:
        """The sum of X⊙G: its gradient by X is G."""
        return self.space.sum([p * q for rows in zip(x, weights) for p, q in zip(*rows)])

    def neuron(self, w: Any, x: Any, b: Any) -> Any:
        return self.space.relu(self.affine(w, x, b))

    def affine(self, w: Any, x: Any, b: Any) -> Any:
        return sum((p * q for p, q in zip(w, x)), b)

    def dot(self, w: Any, x: Any) -> Any:
        return self.space.dot(w, x)

    def cross_entropy(self, scores: Any, classes: Any) -> Any:
        return self.space.mean([-row[k] for row, k in zip(self.log_softmax(scores), classes)])

    def mse(self, target: Any, prediction: Any) -> Any:
        return self.space.mean([(y - guess) * (y - guess) for y, guess in zip(target, prediction)])

    def squares(self, *matrices: Any) -> Any:
        """The sum of the squares of all the numbers."""
        return self.space.sum([item * item for matrix in matrices for row in matrix for item in row])


# a style "bulk" is to go through scalargrad's matrices
STYLES = {"scalar": Scalar(sg)}
WITNESS = Scalar(Complex)

styles = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
