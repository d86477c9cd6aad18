"""Derivatives of every order in many digits, and bounds of what rounding does to those of the library."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any

from mpmath import mp, mpf

from scalargrad import core
from scalargrad.record import Record, nodes, results
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import PARTIALS
from scalargrad.transforms.run import Run
from tests.support.reference import BINARY, UNARY, logsumexp

if not hasattr(mpf, "__floordiv__"):  # before mpmath 1.4
    mpf.__floordiv__ = lambda x, y: mp.floor(x / y)
    mpf.__rfloordiv__ = lambda x, y: mp.floor(y / x)

DIGITS, STEP = 100, mpf(10) ** -20


def _row(*given: Any) -> list[Any]:
    return list(given[0]) if len(given) == 1 else list(given)


def _fmod(x: Any, y: Any) -> Any:
    return mp.sign(x) * (abs(x) - abs(y) * mp.floor(abs(x) / abs(y)))


PRECISE = SimpleNamespace(
    **{name: value for name, (value, _) in (UNARY | BINARY).items()},
    sign=mp.sign,
    floor=mp.floor,
    ceil=mp.ceil,
    trunc=lambda x: mp.sign(x) * mp.floor(abs(x)),
    round=mp.nint,
    fmod=_fmod,
    leaky_relu=lambda x, slope: x if x > 0 else slope * x,
    elu=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    copysign=lambda x, y: abs(x) if y >= 0 else -abs(x),
    clip=lambda x, lo, hi: min(max(x, lo), hi),
    hardtanh=lambda x, lo, hi: min(max(x, lo), hi),
    where=lambda c, x, y: x if c else y,
    softmax=lambda x: [mp.exp(each) / mp.fsum(map(mp.exp, x)) for each in x],
    sum=lambda *x: mp.fsum(_row(*x)),
    mean=lambda *x: mp.fsum(_row(*x)) / len(_row(*x)),
    dot=lambda x, y: mp.fsum(a * b for a, b in zip(x, y)),
    prod=lambda *x: mp.fprod(_row(*x)),
    norm=lambda *x: mp.sqrt(mp.fsum(each * each for each in _row(*x))),
    max=lambda *x: max(_row(*x)),
    min=lambda *x: min(_row(*x)),
    logsumexp=lambda *x: logsumexp(_row(*x))[0],
)
"""The functions that an `Expression` uses, of numbers of mpmath."""

_FIRST_DERIVED = ops.FIRST + len(ops.PRIMITIVES)


class Precise:
    """An `Expression` in many digits."""

    def __init__(self, expression: Any) -> None:
        function = expression._namespace["function"]
        self.function = FunctionType(function.__code__, {"sg": PRECISE})
        self.inputs = [mpf(x) for x in expression.inputs]
        self.known: dict[tuple[int, ...], Any] = {}

    def at(self, steps: tuple[int, ...]) -> Any:
        """The value at so many steps from the inputs."""
        if steps not in self.known:
            self.known[steps] = mpf(self.function(*(x + k * STEP for x, k in zip(self.inputs, steps))))
        return self.known[steps]

    def derivative(self, *by: int) -> Any:
        """A derivative of any order, by central differences: their error is some 10**-40, times a derivative two orders
        up, and what rounding leaves of 100 digits."""
        with mp.workdps(DIGITS):
            total = mpf(0)
            for signs in itertools.product((1, -1), repeat=len(by)):
                steps = [0] * len(self.inputs)
                for sign, k in zip(signs, by):
                    steps[k] += sign
                total += math.prod(signs) * self.at(tuple(steps))
            return total / (2 * STEP) ** len(by)


def _slopes(op: int, operands: Sequence[float], value: float) -> list[float]:
    if op >= ops.FIRST_REDUCTION:
        return list(reductions.partials(op, operands, value))
    return [partial(*operands, value) for partial in PARTIALS[op]]


def errors(record: Record, ulps: float = 8.0) -> tuple[list[float], list[float]]:
    """The roots of a record, and how far rounding can have moved each: `ulps` units in the last place at each node, and
    of each constant, which may be a folded result; carried on by its partials, to first order. A running error
    analysis: Higham, Accuracy and Stability, 3.3."""
    values = memoryview(record.values).cast("d")
    moved: list[float] = []

    def error_of(x: Any) -> float:
        return moved[x] if isinstance(x, int) else abs(x) * 2.0**-53 * ulps

    for position, (op, operands) in enumerate(nodes(record)):
        if op == ops.LEAF:
            moved.append(0.0)
            continue
        numbers = [values[x] if isinstance(x, int) else x for x in operands]
        slopes = _slopes(op, numbers, values[position])
        error = abs(values[position]) * 2.0**-53 * ulps
        if op >= ops.FIRST_REDUCTION:  # sums: the largest partial one is a summand's size, at most
            error *= len(numbers)
        elif op >= _FIRST_DERIVED:  # some pass through 0, such as silu'' at 2.4: right for an operand 8 ulp away
            error += max(abs(x * slope) for x, slope in zip(numbers, slopes)) * 2.0**-53 * ulps
        for x, slope in zip(operands, slopes):
            if error_of(x):
                error += abs(slope) * error_of(x)
        moved.append(error)
    found = results(record)
    return [values[x] if isinstance(x, int) else x for x in found], [*map(error_of, found)]


def records(function: Callable[..., Any], inputs: Sequence[float], order: int) -> Record:
    """The record of all derivatives of an order: the adjoint, and its tangents. The last index is the slowest."""
    run = Run(function, "f", list(inputs), range(len(inputs))).execute({}, False)
    record = run.piece(run.items).slopes([[1.0]])
    for _ in range(order - 1):
        record = core.tangent(record, [{k: 1.0} for k in range(len(inputs))])
    return record
