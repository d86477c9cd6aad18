"""Networks of scalars for the tests of the ledger: on Values by scalargrad, on complex numbers by the witness.

A style says how a layer is recorded: "scalar", number by number, or "bulk", by arrays, losses and layers. The tests of
matrix rows run once per style, and `gradient`, `jacobian` and `value` assert that both compute the same bits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, losses, nn
from scalargrad.arrays import Matrix, Vector
from scalargrad.arrays.arithmetic import affine, as_array
from scalargrad.ledger.compare import engine_gradient, engine_jacobian
from scalargrad.transforms.containers import flat
from tests.support.engines import bits
from tests.support.witness import Complex

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "max": None}


class Scalar:
    """Layers and losses on nested lists, number by number, computed by the functions of `space`."""

    def __init__(self, space: Any) -> None:
        self.space = space

    def pair(self, name: str, w: Any, x: Any) -> Any:
        """Two numbers by a binary operator."""
        return self.space.maximum(w, x) if name == "max" else OPERATORS[name](w, x)

    def binary(self, name: str, w: Any, x: Any) -> Any:
        return [self.pair(name, p, q) for p, q in zip(w, x)]

    def expand(self, name: str, x: Any, z: Any) -> Any:
        """A vector and a number."""
        return [self.pair(name, item, z) for item in x]

    def each(self, name: str, x: Any) -> Any:
        """A function of each number."""
        return [-item if name == "neg" else getattr(self.space, name)(item) for item in x]

    def sum(self, x: Any) -> Any:
        return self.space.sum(list(x))

    def weighted_squares(self, a: Any, x: Any) -> Any:
        """Σ over the rows of A of Aᵢ·(x⊙x)."""
        once = [[p * q for p, q in zip(row, x)] for row in a]
        return self.space.sum([self.space.sum(row) for row in [[p * q for p, q in zip(row, x)] for row in once]])

    def linear(self, x: Any, w: Any, b: Any = None) -> Any:
        """XW + b. Each sum goes from left to right and starts with the bias, as in micrograd's neuron."""
        columns = list(zip(*w)) or [()] * len(b or [])
        offsets = [None] * len(columns) if b is None else b
        return [[self.affine(row, column, offset) for column, offset in zip(columns, offsets)] for row in x]

    def relu(self, x: Any) -> Any:
        return [[self.space.relu(item) for item in row] for row in x]

    def softmax(self, x: Any) -> Any:
        return [self.space.softmax(row) for row in x]

    def log_softmax(self, x: Any) -> Any:
        return [self.space.log_softmax(row) for row in x]

    def logsumexp(self, x: Any) -> Any:
        """The logsumexp of each row."""
        return [self.space.logsumexp(row) for row in x]

    def total(self, x: Any, weights: Any) -> Any:
        """The sum of X⊙G, whose gradient by X is G."""
        return self.space.sum([p * q for rows in zip(x, weights) for p, q in zip(*rows)])

    def affine(self, w: Any, x: Any, b: Any = None) -> Any:
        products = [p * q for p, q in zip(w, x)]
        return reduce(operator.add, products if b is None else [b, *products])

    def neurons(self, w: Any, inputs: Any, b: Any) -> Any:
        """One neuron, applied to each input."""
        return [self.space.relu(self.affine(w, x, b)) for x in inputs]

    def dot(self, w: Any, x: Any) -> Any:
        return self.space.dot(w, x)

    def dots(self, rows: Any, x: Any) -> Any:
        """A matrix times a vector."""
        return [self.space.dot(row, x) for row in rows]

    def cross_entropy(self, scores: Any, classes: Any) -> Any:
        return self.space.mean([0.0 - row[k] for row, k in zip(self.log_softmax(scores), classes)])

    def mse(self, target: Any, prediction: Any) -> Any:
        return self.space.mean([_square(guess - y) for y, guess in zip(target, prediction)])

    def squares(self, *matrices: Any) -> Any:
        """The sum of the squares of all numbers."""
        return self.space.sum([_square(item) for matrix in matrices for row in matrix for item in row])


def _square(x: Any) -> Any:
    """x**2; of a float x*x, as of a Value: Python's own ``x**2`` is C's pow, which sometimes rounds otherwise."""
    return x * x if isinstance(x, float) else x**2


def _matrix(x: Any, width: int) -> Any:
    """The rows as a Matrix, also when there are none."""
    return x if isinstance(x, Matrix) else as_array(x) if x else Vector([]).reshape(0, width)


class Bulk(Scalar):
    """The same with Vectors and Matrices, by `losses` and `nn`."""

    def __init__(self) -> None:
        super().__init__(sg)

    def binary(self, name: str, w: Any, x: Any) -> Any:
        return self.pair(name, as_array(w), as_array(x))

    def expand(self, name: str, x: Any, z: Any) -> Any:
        return self.pair(name, as_array(x), z)

    def each(self, name: str, x: Any) -> Any:
        return -as_array(x) if name == "neg" else getattr(sg, name)(as_array(x))

    def sum(self, x: Any) -> Any:
        return as_array(x).sum()

    def weighted_squares(self, a: Any, x: Any) -> Any:
        v = as_array(x)
        return (_matrix(a, v.size) * v * v).sum(axis=1).sum()

    def linear(self, x: Any, w: Any, b: Any = None) -> Any:
        weights = _matrix(w, len(b or []))
        left = _matrix(x, weights.shape[0])
        return left @ weights if b is None else affine(left, weights, as_array(b))

    def relu(self, x: Any) -> Any:
        return _matrix(x, 0).relu()

    def softmax(self, x: Any) -> Any:
        return sg.softmax(_matrix(x, 0))

    def log_softmax(self, x: Any) -> Any:
        return sg.log_softmax(_matrix(x, 0))

    def logsumexp(self, x: Any) -> Any:
        return sg.logsumexp(_matrix(x, 0), axis=1)

    def total(self, x: Any, weights: Any) -> Any:
        return (x * _matrix(weights, x.shape[1])).sum()

    def affine(self, w: Any, x: Any, b: Any = None) -> Any:
        return affine(as_array(w), as_array(x), None if b is None else as_array([b]))

    def neurons(self, w: Any, inputs: Any, b: Any) -> Any:
        """One neuron, as a layer on a batch."""
        layer = nn.Layer(1, 1)
        layer.neurons[0].w, layer.neurons[0].b = list(w), b
        return layer(_matrix(inputs, len(w))).reshape(len(inputs))

    def dot(self, w: Any, x: Any) -> Any:
        return as_array(w) @ as_array(x)

    def dots(self, rows: Any, x: Any) -> Any:
        return _matrix(rows, len(x)) @ as_array(x)

    def cross_entropy(self, scores: Any, classes: Any) -> Any:
        return losses.cross_entropy(scores, classes)

    def mse(self, target: Any, prediction: Any) -> Any:
        return losses.mse(prediction, target)

    def squares(self, *matrices: Any) -> Any:
        return losses.l2([item for matrix in matrices for row in matrix for item in row])


SCALAR, BULK = Scalar(sg), Bulk()
STYLES = {"scalar": SCALAR, "bulk": BULK}
WITNESS = Scalar(Complex)

styles = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)


def _bits(x: Any) -> list[Any]:
    return [bits(float(item)) for item in flat(x)]


def value(style: Any, f: Callable[..., Any], *arguments: Any) -> Any:
    """f(style, ...) as floats. In bulk, asserts the bits of the computation number by number."""
    found = f(style, *arguments)
    if style is BULK:
        assert _bits(found) == _bits(f(SCALAR, *arguments))
    return _plain(found)


def _plain(x: Any) -> Any:
    if hasattr(x, "tolist"):
        x = x.tolist()
    return [_plain(item) for item in x] if isinstance(x, (list, tuple)) else float(x)


def gradient(style: Any, f: Callable[..., Any], *arguments: Any) -> Any:
    """`engine_gradient` of f(style, ...). In bulk, asserts the same bits as number by number, for values too."""
    found = _seen(engine_gradient, style, f, *arguments)
    if style is BULK:
        by_scalars = _seen(engine_gradient, SCALAR, f, *arguments)
        assert [_bits(x) for x in found] == [_bits(x) for x in by_scalars], "bulk and scalar by scalar"
    return found[0]


def jacobian(style: Any, f: Callable[..., Any], x: Any) -> Any:
    """`engine_jacobian` of f(style, x). In bulk, asserts the same bits as number by number, for values too."""
    found = _seen(engine_jacobian, style, f, x)
    if style is BULK:
        assert [_bits(y) for y in found] == [_bits(y) for y in _seen(engine_jacobian, SCALAR, f, x)]
    return found[0]


def _seen(engine: Any, style: Any, f: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    """The engine's result, and the numbers that the function returned to it."""
    outputs: list[Any] = []

    def seen(*inputs: Any) -> Any:
        output = f(style, *inputs)
        outputs.append([item.data if isinstance(item, Value) else item for item in flat(output)])
        return output

    return engine(seen, *arguments), outputs
