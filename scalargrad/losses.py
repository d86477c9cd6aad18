"""Losses: numbers that say how far an `input`, what a network gave, is from a `target`.

Each is called ``(input, target, reduction="mean")``. Input and target are Vectors, Matrices, nested lists or numpy
arrays of one shape, or single numbers; Values among them are differentiated. The reduction is ``"mean"``, of all
losses; ``"sum"``; or ``"none"``, which gives every loss, in the shape of the input. Means and sums are
`scalargrad.mean` and `scalargrad.sum`; each docstring writes the loss of one number out, and the result is that of
this formula to the last bit.

Raises: `ShapeError`, with both shapes, when they differ; `ArgumentError` for an unknown reduction or nothing to take
the mean of; `NumberError` for what is no number.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from scalargrad import convert, core
from scalargrad.arrays import bulk
from scalargrad.arrays.arithmetic import operand
from scalargrad.arrays.base import Elements, made
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.table import ops

_CODE = ops.OPCODE


def _array(x: Any, what: str) -> Any:
    found = x if isinstance(x, Elements) else operand(x)
    if found is NotImplemented or found is None:
        raise NumberError(f"the {what} of a loss is numbers or an array of them, got {type(x).__name__}")
    return found


def _pair(loss: str, input: Any, target: Any) -> tuple[Any, Any]:
    x, t = _array(input, "input"), _array(target, "target")
    if x.shape != t.shape:
        raise ShapeError(f"{loss} needs an input and a target of one shape; got shapes {x.shape} and {t.shape}")
    return x, t


def _constant(number: float) -> bulk.Numbers:
    return core.block((number,)), 0, 0, 0


_ONE, _HALF, _ZERO = _constant(1.0), _constant(0.5), _constant(0.0)


def _each(name: str, like: Any, *operands: Any) -> bulk.Numbers:
    """A primitive of each number: of arrays in the shape of `like`, and of numbers such as this gives."""
    rows, columns = like._rows, like._columns
    numbers = [x if type(x) is tuple else x._numbers() for x in operands]
    return bulk.elementwise(_CODE[name], rows, columns, *numbers), 0, columns, 1


_REDUCTIONS = ("mean", "sum", "none")


def _check(reduction: Any) -> None:
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise ArgumentError(f"there is no reduction {reduction!r}: choose one of {', '.join(_REDUCTIONS)}")


def _reduced(losses: bulk.Numbers, rows: int, columns: int, dimensions: int, x: Any, reduction: str) -> Any:
    """The losses of the input x, or their mean or sum."""
    block, count = losses[0], rows * columns
    if not dimensions:  # one loss is its own mean and sum
        return core.item(block, 0)
    if reduction == "none":
        return made(dimensions, block, rows, columns, x._numpy)
    if not count and reduction == "sum":
        return 0.0
    if not count:
        raise ArgumentError(f"the mean of nothing has no value: the input has shape {x.shape}")
    total = core.item(bulk.fold(_CODE["sum"], 1, count, (block, 0, 0, 1)), 0)
    return total / count if reduction == "mean" else total


def mse(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The mean squared error: of each number (input - target)**2.

    >>> mse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    3.0
    """
    _check(reduction)
    x, t = _pair("mse", input, target)
    return _reduced(_each("square", x, _each("sub", x, x, t)), x._rows, x._columns, x.ndim, x, reduction)


def huber(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """The squared error near 0, the absolute error far away: with a = |input - target| and c = min(a, delta), each is
    c * (a - 0.5 * c), which is a²/2 up to delta and delta * (a - delta/2) from there on.

    c is ``sg.clip(a, 0.0, delta)``. Raises `ArgumentError` for a delta that is not positive. Source: Huber 1964;
    PyTorch's HuberLoss.

    >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none").data
    [0.125, 2.5]
    """
    _check(reduction)
    limit = NotImplemented if isinstance(delta, core.Node) else convert.number(delta)
    if limit is NotImplemented or not limit > 0.0:
        raise ArgumentError(f"delta is a positive number, got {convert.short(delta)}")
    x, t = _pair("huber", input, target)
    distance = _each("abs", x, _each("sub", x, x, t))
    near = _each("clip", x, distance, _ZERO, _constant(limit))
    losses = _each("mul", x, near, _each("sub", x, distance, _each("mul", x, _HALF, near)))
    return _reduced(losses, x._rows, x._columns, x.ndim, x, reduction)


# The bytes of 1.0 and -1.0. Neither begins as the other ends, so where they are found they cannot overlap.
_SIGNS = [array("d", [sign]).tobytes() for sign in (1.0, -1.0)]


def _are_signs(t: Any) -> bool:
    """Whether all numbers are 1 or -1: as bytes, which is many times faster than as floats."""
    numbers = core.numbers(*t._numbers(), t._rows, t._columns)
    return bool(sum(map(numbers.count, _SIGNS)) == t.size)


def _require(t: Any, loss: str, wanted: str, allowed: Callable[[float], bool], advice: str) -> None:
    numbers = array("d", core.numbers(*t._numbers(), t._rows, t._columns))
    if not all(map(allowed, set(numbers))):
        k, number = next((k, number) for k, number in enumerate(numbers) if not allowed(number))
        where = "" if not t.ndim else f" at {k}" if t.ndim == 1 else f" at ({k // t._columns}, {k % t._columns})"
        raise ArgumentError(f"{loss} takes targets {wanted}, got {number}{where}: {advice}")


def hinge(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The hinge loss of scores, for targets -1 and 1: each is relu(1 - target * input).

    Raises `ArgumentError` for other targets. Source: Cortes and Vapnik 1995; micrograd's demo.

    >>> hinge([2.0, -0.5], [1, -1], reduction="none").data
    [0.0, 0.5]
    """
    _check(reduction)
    x, t = _pair("hinge", input, target)
    if not _are_signs(t):
        _require(t, "hinge", "-1 and 1", (-1.0, 1.0).__contains__, "of labels 0 and 1, give 2 * label - 1")
    losses = _each("relu", x, _each("sub", x, _ONE, _each("mul", x, t, x)))
    return _reduced(losses, x._rows, x._columns, x.ndim, x, reduction)


def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of a yes or no: input is its logit, target the probability, from 0 to 1, that it should have.

    Each is target * softplus(-input) + (1 - target) * softplus(input), in which nothing cancels and nothing overflows.
    Raises `ArgumentError` for targets outside of 0 to 1. Source: PyTorch's BCEWithLogitsLoss.

    >>> binary_cross_entropy([1000.0, 0.0, -1000.0], [1, 1, 1], reduction="none").data
    [0.0, 0.6931471805599453, 1000.0]
    """
    _check(reduction)
    x, t = _pair("binary_cross_entropy", input, target)
    advice = "of labels -1 and 1, give (label + 1) / 2"
    _require(t, "binary_cross_entropy", "from 0 to 1", lambda p: 0.0 <= p <= 1.0, advice)
    yes = _each("mul", x, t, _each("softplus", x, _each("neg", x, x)))
    no = _each("mul", x, _each("sub", x, _ONE, t), _each("softplus", x, x))
    return _reduced(_each("add", x, yes, no), x._rows, x._columns, x.ndim, x, reduction)


def cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of classes: input is the logits, a Matrix (n, classes), or a Vector (classes,) for one sample.

    Target is the class of each sample, n whole numbers in a list or numpy array (an int for one sample); or the
    probability of each class, in the shape of the input. There is one loss a sample: ``"none"`` gives a Vector (n,).

    With m = max of the row's numbers as a constant, and s = log(exp(x[0] - m) + ...), the reduction `logsumexp` with
    the shift m, the loss of class y is s - (x[y] - m); of probabilities t it is sg.sum(t[c] * (s - (x[c] - m)) for all
    c). So no digits are lost where the right class is certain.

    Raises `ShapeError` for a target of another length, `ArgumentError` for a class that there is not, and for a Vector
    or floats as classes. Source: PyTorch's CrossEntropyLoss.

    >>> cross_entropy([[30.0, 0.0], [0.0, 0.0]], [0, 1], reduction="none").data
    [9.357622968839737e-14, 0.6931471805599453]
    >>> cross_entropy([0.0, 0.0], [0.25, 0.75])
    0.6931471805599453
    """
    _check(reduction)
    x = _array(input, "input")
    if not x.ndim or not x._columns:
        raise ShapeError(f"cross_entropy needs a vector or matrix of logits with a class at least, got shape {x.shape}")
    rows, columns, numbers = x._rows, x._columns, x._numbers()
    classes = _classes(target, x)
    largest = bulk.fold_constant(_CODE["max"], rows, columns, numbers)
    sums = bulk.fold(_CODE["logsumexp"], rows, columns, numbers, (largest, 0, 1, 0))
    if classes is not None:
        block, offset, row, column = numbers
        places = array("q", [offset + r * row + y * column for r, y in enumerate(classes)])
        picked = core.take(block, places.tobytes())
        shifted = bulk.elementwise(_CODE["sub"], 1, rows, (picked, 0, 0, 1), (largest, 0, 0, 1))
        losses = bulk.elementwise(_CODE["sub"], 1, rows, (sums, 0, 0, 1), (shifted, 0, 0, 1))
    else:
        t = _pair("cross_entropy", x, target)[1]
        shifted = bulk.elementwise(_CODE["sub"], rows, columns, numbers, (largest, 0, 1, 0))
        logs = bulk.elementwise(_CODE["sub"], rows, columns, (sums, 0, 1, 0), (shifted, 0, columns, 1))
        weighted = bulk.elementwise(_CODE["mul"], rows, columns, t._numbers(), (logs, 0, columns, 1))
        losses = bulk.fold(_CODE["sum"], rows, columns, (weighted, 0, columns, 1))
    return _reduced((losses, 0, rows, 1), 1, rows, x.ndim - 1, x, reduction)


def _classes(target: Any, x: Any) -> list[int] | None:
    """The class of each row of x; None where the target is probabilities. Raises `ArgumentError`, `ShapeError`."""
    if isinstance(target, Elements):
        if target.shape != x.shape and target.ndim == 1:
            raise ArgumentError(
                f"classes are whole numbers, got a Vector of shape {target.shape} for an input of shape {x.shape}:"
                " give a list of ints; or probabilities in the shape of the input"
            )
        return None
    listed = target.tolist() if hasattr(target, "tolist") else target
    if x.ndim == 1 and isinstance(listed, Sequence):
        return None
    given = [listed] if x.ndim == 1 else listed
    if not isinstance(given, Sequence) or (
        given and isinstance(given[0], (Sequence, Elements)) and not isinstance(given[0], str)
    ):
        return None
    if len(given) != x._rows:
        raise ShapeError(f"cross_entropy needs a class a row: the input has shape {x.shape}, the target {len(given)}")
    for r, y in enumerate(given):
        if isinstance(y, core.Node) or not hasattr(y, "__index__"):
            raise ArgumentError(
                f"a class is a whole number, got {type(y).__name__} {convert.short(y)} for row {r}: give a list of ints"
            )
        if not 0 <= y.__index__() < x._columns:
            raise ArgumentError(f"there is no class {y} (row {r}): the input has {x._columns} classes, from 0 on")
    return [y.__index__() for y in given]


def l2(parameters: Iterable[Any]) -> Any:
    """The sum of the squares of all parameters, ``sg.sum(p**2 for p in parameters)``: times a small number, a penalty
    on large weights. 0.0 of nothing.

    >>> from scalargrad import Value
    >>> l2([Value(3.0), Value(4.0)])
    Value(data=25.0, grad=0.0)
    """
    if isinstance(parameters, core.Node) or not isinstance(parameters, Iterable):
        raise NumberError(f"l2 takes a list of parameters, got {type(parameters).__name__}: give model.parameters()")
    items = parameters if isinstance(parameters, list) else list(parameters)
    if not items:
        return 0.0
    count = len(items)
    squares = bulk.elementwise(_CODE["square"], 1, count, (core.block(items), 0, 0, 1))
    return core.item(bulk.fold(_CODE["sum"], 1, count, (squares, 0, 0, 1)), 0)
