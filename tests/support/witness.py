"""The third witness: derivatives that are independent of the engine and of the closed forms. And the comparisons.

A complex step computes ∂f/∂x as the imaginary part of f(x + ih)/h. It takes no difference, so nothing cancels, and h²
is smaller than every rounding. `Complex` has the functions that this needs, on Python's complex numbers.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Sequence
from typing import Any

from scalargrad.ledger.compare import Comparison
from scalargrad.ledger.rows import ROWS
from scalargrad.transforms.containers import flat

STEP = 2.0**-100
_DUST = 2.0**-960  # imaginary parts are STEP times a derivative: one that underflows is less than this, divided by STEP


def hold(row: str, *comparisons: Comparison) -> None:
    """Asserts that the results agree within the row's tolerance."""
    misses = [miss for each in comparisons for miss in each.misses(ROWS[row].units)]
    assert not misses, "\n".join(misses)


def witnessed(what: str, analytic: Any, witness: Any, scale: Any = None, n: int = 1, third: float = 2.0**40
              ) -> Comparison:  # fmt: skip
    """A comparison with the complex step: a complex product has twice the roundings of a real one.

    `third` bounds the third derivative, which the step squared multiplies; 0 where it is no larger than the first.
    """
    return Comparison(f"complex step, {what}", analytic, witness, scale, 2 * n, _DUST + STEP**2 * third)


def in_both_layouts(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function with `layout` returns, each gradient as the flat list of its numbers.

    Asserts the shapes: by default, and in numerator layout, a gradient is a row 1×n; in denominator layout it is the
    column n×1 of the same numbers. A derivative by a number is a number in both.
    """
    rows, columns = function(*arguments), function(*arguments, layout="denominator")
    assert function(*arguments, layout="numerator") == rows
    if not isinstance(rows, tuple):
        return _items(rows, columns)
    assert isinstance(columns, tuple) and len(columns) == len(rows)
    return tuple(_items(*pair) for pair in zip(rows, columns))


def _items(row: Any, column: Any) -> Any:
    if isinstance(row, float):
        assert column == row
        return row
    (items,) = row
    assert column == [[item] for item in items]
    return items


class Complex:
    """The functions of scalargrad on complex numbers. The real part decides branches."""

    exp, log, sin, cos, tanh = cmath.exp, cmath.log, cmath.sin, cmath.cos, cmath.tanh
    atan, asinh, sqrt = cmath.atan, cmath.asinh, cmath.sqrt

    @staticmethod
    def sigmoid(z: complex) -> complex:
        return 1.0 / (1.0 + cmath.exp(-z)) if z.real >= 0.0 else cmath.exp(z) / (1.0 + cmath.exp(z))

    @staticmethod
    def softplus(z: complex) -> complex:
        u = cmath.exp(z)
        w = 1.0 + u  # it rounds: Kahan's quotient keeps the digits that log(w) loses where u is small
        return u * cmath.log(w) / (w - 1.0) if w.real != 1.0 else u

    @staticmethod
    def relu(z: complex) -> complex:
        return z if z.real > 0.0 else 0.0

    @staticmethod
    def maximum(w: complex, x: complex) -> complex:
        return w if complex(w).real > complex(x).real else x

    @staticmethod
    def sum(z: Sequence[complex]) -> complex:
        return sum(z)

    @staticmethod
    def mean(z: Sequence[complex]) -> complex:
        return sum(z) / len(z)

    @staticmethod
    def dot(w: Sequence[complex], x: Sequence[complex]) -> complex:
        return sum(p * q for p, q in zip(w, x))

    @staticmethod
    def prod(z: Sequence[complex]) -> complex:
        product: complex = 1.0
        for item in z:
            product *= item
        return product

    @staticmethod
    def softmax(z: Sequence[complex]) -> list[complex]:
        weights = [cmath.exp(item - max(complex(other).real for other in z)) for item in z]
        return [weight / sum(weights) for weight in weights]

    @staticmethod
    def logsumexp(z: Sequence[complex]) -> complex:
        largest = max(complex(item).real for item in z)
        return largest + cmath.log(sum(cmath.exp(item - largest) for item in z))

    @staticmethod
    def log_softmax(z: Sequence[complex]) -> list[complex]:
        return [item - Complex.logsumexp(z) for item in z]


def _moved(x: Any, place: list[int]) -> Any:
    """The numbers, with an imaginary step at one of them."""
    if isinstance(x, (list, tuple)):
        return [_moved(item, place) for item in x]
    place[0] -= 1
    return complex(x, STEP) if place[0] == -1 else complex(x)


def _unflat(x: Any, numbers: list[float]) -> Any:
    return [_unflat(item, numbers) for item in x] if isinstance(x, (list, tuple)) else numbers.pop(0)


def complex_gradient(f: Callable[..., complex], *arguments: Any) -> Any:
    """The gradient of a number by nested lists, in the form of `engine_gradient`."""
    inputs = list(arguments)
    partials = [complex(f(*_moved(inputs, [k]))).imag / STEP for k in range(len(flat(inputs)))]
    found = _unflat(inputs, partials)
    return found if len(arguments) > 1 else found[0]


def complex_jacobian(f: Callable[[Any], Sequence[complex]], x: Any) -> list[Any]:
    """The gradients of a list of numbers by nested lists, in the form of `engine_jacobian`."""
    count = len(flat(x))
    by_input = [[complex(y).imag / STEP for y in flat(list(f(_moved(x, [k]))))] for k in range(count)]
    outputs = len(by_input[0]) if by_input else len(flat(list(f(x))))
    return [_unflat(x, [column[i] for column in by_input]) for i in range(outputs)]


def richardson(f: Callable[[float], float], x: float, h: float = 2.0**-5) -> tuple[float, float]:
    """f'(x) by central differences at h, h/2, h/4, h/8, extrapolated, and a bound of its error.

    The last two extrapolants differ by more than the truncation of the last; the values' rounding, ε·∣f∣ each, is
    divided by the smallest step and magnified by less than 3.
    """
    table: list[list[float]] = []
    steps = [h / 2**k for k in range(4)]
    largest = 0.0
    for k, step in enumerate(steps):
        above, below = f(x + step), f(x - step)
        largest = max(largest, abs(above), abs(below))
        row = [(above - below) / (2.0 * step)]
        for j in range(k):
            row.append(row[j] + (row[j] - table[k - 1][j]) / (4.0 ** (j + 1) - 1.0))
        table.append(row)
    rounding = 3.0 * 4.0 * 2.0**-52 * (largest + 1.0) / steps[-1]
    return table[-1][-1], abs(table[-1][-1] - table[-2][-1]) + rounding
