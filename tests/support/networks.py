"""Networks of scalars for the tests of the ledger: on Values by scalargrad, on complex numbers by the witness.

A style says how a layer is recorded: "scalar", number by number, or "bulk", by arrays, losses and layers. The tests of
matrix rows run once per style, and `gradient`, `jacobian` and `value` assert that both compute the same bits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, losses, nn
from scalargrad.arrays import Matrix, Vector
from scalargrad.arrays.arithmetic import affine, as_array
from scalargrad.ledger.engine import engine_gradient, engine_jacobian
from scalargrad.transforms.containers import flat
from tests.support.drawn import QUARTERS, SIZES, vectors
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
        if self.space is sg and not all(map(_is_plain, products, w, x)):  # a product of arrays forms such a sum anew
            return sg.dot(w, x) if b is None else sg.dot([1.0, *w], [b, *x])
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

    def least_squares(self, w: Any, inputs: Any, targets: Any) -> Any:
        """(1/N)‖Xw - y‖²."""
        return self.mse(targets, self.dots(inputs, w))

    def squares(self, *matrices: Any) -> Any:
        """The sum of the squares of all numbers."""
        return self.space.sum([_square(item) for matrix in matrices for row in matrix for item in row])


def _square(x: Any) -> Any:
    """x**2; of a float x*x, as of a Value: Python's own ``x**2`` is C's pow, which sometimes rounds otherwise."""
    return x * x if isinstance(x, float) else x**2


def _is_plain(product: Any, p: Any, q: Any) -> bool:
    """Whether a product of two numbers is far from under- and overflow, or has a zero in it."""
    return 1e-290 < abs(_number(product)) < 1e290 or not _number(p) or not _number(q)


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
        return losses.cross_entropy(_numbers(scores), classes)

    def mse(self, target: Any, prediction: Any) -> Any:
        return losses.mse(_numbers(prediction), _numbers(target))

    def squares(self, *matrices: Any) -> Any:
        return losses.l2([item for matrix in matrices for row in matrix for item in row])


SCALAR, BULK = Scalar(sg), Bulk()
STYLES = {"scalar": SCALAR, "bulk": BULK}
WITNESS = Scalar(Complex)

styles = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)


def _numbers(x: Any) -> Any:
    """An array of constants as lists: a loss of arrays without a Value is refused, one of lists is a number."""
    constant = isinstance(x, (Vector, Matrix)) and not any(isinstance(item, Value) for item in x.elements())
    return x.data if constant else x


def _number(x: Any) -> float:
    """As a float: of arrays without numbers, the sum is a Value."""
    return x.data if isinstance(x, Value) else float(x)


def _bits(x: Any) -> list[Any]:
    return [bits(_number(item)) for item in flat(x)]


def value(style: Any, f: Callable[..., Any], *arguments: Any) -> Any:
    """f(style, ...) as floats. In bulk, asserts the bits of the computation number by number."""
    found = f(style, *arguments)
    if style is BULK:
        assert _bits(found) == _bits(f(SCALAR, *arguments))
    return _plain(found)


def _plain(x: Any) -> Any:
    if hasattr(x, "tolist"):
        x = x.tolist()
    return [_plain(item) for item in x] if isinstance(x, (list, tuple)) else _number(x)


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


# --- least-squares problems


@st.composite
def full_rank(draw: Any) -> tuple[list[list[float]], list[float]]:
    """X and y, X with diagonal rows from 1 to 2 over others of at most 1: the eigenvalues of XᵀX are 1 or more."""
    n = draw(SIZES)
    tops = draw(vectors(n, st.sampled_from([1.0, 1.5, 2.0])))
    inputs = [[top if i == j else 0.0 for j in range(n)] for i, top in enumerate(tops)]
    inputs += draw(st.lists(vectors(n, QUARTERS.map(lambda x: x / 3.0)), max_size=3))
    return inputs, draw(vectors(len(inputs)))


def determinant(rows: list[list[Fraction]]) -> Fraction:
    """By its sum over permutations: exact."""
    places = range(len(rows))
    return sum((math.prod(row[k] for row, k in zip(rows, order)) * (-1) ** sum(a > b for a, b in combinations(order, 2))
                for order in permutations(places)), Fraction())  # fmt: skip


def solved(inputs: list[list[float]], targets: list[float]) -> list[float]:
    """The least-squares solution by Cramer's rule on fractions: exact, then rounded."""
    columns = [[Fraction(item) for item in column] for column in (*zip(*inputs), targets)]
    *rows, wanted = [[sum(p * q for p, q in zip(a, b)) for a in columns[:-1]] for b in columns]
    whole = determinant(rows)  # of XᵀX, which is symmetric
    return [float(determinant([wanted if k == j else row for k, row in enumerate(rows)]) / whole)
            for j in range(len(rows))]  # fmt: skip


def residual_sizes(w: list[float], inputs: Any, targets: list[float]) -> list[float]:
    """The sizes of the terms of w·x - y, added up for each input."""
    return [sum(abs(p * q) for p, q in zip(x, w)) + abs(y) for x, y in zip(inputs, targets)]
