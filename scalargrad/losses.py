"""Losses: how far an `input`, such as the output of a network, is from a `target`.

Each loss takes ``(input, target, reduction="mean")``. Input and target are single numbers, or Vectors, Matrices, nested
lists or numpy arrays of equal shape. Values among them are differentiated. The reduction is ``"mean"`` or ``"sum"`` of
all losses, or ``"none"``, which returns every loss in the shape of the input. Each docstring has the formula for one
number; the result has the bits of this formula, and of `scalargrad.mean` or `scalargrad.sum`.

Raises `ShapeError` if the shapes differ, `ArgumentError` for an unknown reduction or the mean of an empty input, and
`NumberError` for non-numbers. For type checkers the result is a Value; it is a float if no Value entered the loss.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from scalargrad import convert
from scalargrad.arrays.arithmetic import as_array
from scalargrad.arrays.base import Array, of_items, of_shape, shown_as
from scalargrad.arrays.reading import is_data
from scalargrad.arrays.reductions import row_logsumexp, row_maxima, row_sums, row_take
from scalargrad.errors import ArgumentError, NumberError, ShapeError
from scalargrad.nn.lists import kept_of
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Rows


def _array(x: Any, what: str) -> Any:
    try:
        found = as_array(x)
    except NumberError:
        if is_data(x):
            raise
        found = None
    if found is None:
        raise NumberError(f"the {what} of a loss must be a number or an array, got {type(x).__name__}")
    return found


def _pair(loss: str, input: Any, target: Any) -> tuple[Any, Any]:
    x, t = _array(input, "input"), _array(target, "target")
    if x.shape != t.shape:
        raise ShapeError(
            f"{loss} needs an input and a target of equal shape, got shapes {x.shape} and {t.shape}{_same(x, t)}"
        )
    return x, t


def _same(x: Array, t: Array) -> str:
    """How to write a column or a row as a vector, if that is all that differs."""
    wide, name = (x, "input") if x.ndim > t.ndim else (t, "target")
    if {x.ndim, t.ndim} == {1, 2} and x.size == t.size and 1 in wide.shape:
        return f": pass {name}{'[:, 0]' if wide.shape[1] == 1 else '[0]'}"
    return ""


__all__ = ["binary_cross_entropy", "cross_entropy", "hinge", "huber", "l2", "mse"]

if not TYPE_CHECKING:

    def __getattr__(name):
        from scalargrad.names import missing

        raise missing(__name__, name)


_REDUCTIONS = ("mean", "sum", "none")
_ONE = as_array(1.0)  # made once: of a small batch, making it takes a twentieth of the time


def _check(reduction: Any) -> None:
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise ArgumentError(f"there is no reduction {reduction!r}: choose one of {', '.join(_REDUCTIONS)}")


def _reduced(losses: Any, x: Any, reduction: str, ndim: int, *given: Any) -> Any:
    """The losses of the input x, as an array of `ndim` dimensions, or their mean or sum. Raises `ArgumentError` if
    there are arrays among the arguments, and no Value in them: a loss of lists is a number, but an array is meant to
    have Values."""
    if not ndim:  # a single loss is its own mean and sum
        return losses.item()
    if reduction == "none":
        return shown_as(losses, x, ndim)
    if not losses.size and reduction == "sum":
        return 0.0
    if not losses.size:
        raise ArgumentError(f"a mean needs at least one loss, got an input of shape {x.shape}")
    found = losses.mean() if reduction == "mean" else losses.sum()
    if type(found) is float and any(isinstance(each, Array) and not each.is_mask for each in given):
        raise ArgumentError(
            "this loss has no gradient, because no Value entered it: sg.constant makes arrays that take none, and"
            " Vector and Matrix make arrays that do; for the number alone pass x.data"
        )
    return found


@overload
def mse(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def mse(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def mse(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def mse(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The mean squared error: for each number (input - target)**2.

    >>> mse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    3.0
    """
    _check(reduction)
    x, t = _pair("mse", input, target)
    return _reduced((x - t).square(), x, reduction, x.ndim, input, target)


@overload
def huber(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean", delta: float = 1.0) -> Value: ...
@overload
def huber(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"], delta: float = 1.0) -> Vector: ...
@overload
def huber(input: Matrix | Rows, target: Any, reduction: Literal["none"], delta: float = 1.0) -> Matrix: ...
def huber(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """The squared error near 0, the absolute error far from 0.

    With a = |input - target| and c = ``sg.clip(a, 0.0, delta)``, the loss is c * (a - 0.5 * c): a²/2 up to delta, and
    delta * (a - delta/2) beyond. Raises `ArgumentError` if delta is not positive. Source: Huber 1964; PyTorch's
    HuberLoss.

    >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none").data
    [0.125, 2.5]
    """
    _check(reduction)
    try:
        limit = NotImplemented if isinstance(delta, Value) else convert.number(delta)
    except NumberError:
        limit = NotImplemented
    if limit is NotImplemented or not limit > 0.0:
        raise ArgumentError(f"delta must be a positive number, got {convert.short(delta)}")
    x, t = _pair("huber", input, target)
    distance = (x - t).abs()
    near = distance.clip(0.0, limit)
    return _reduced(near * (distance - 0.5 * near), x, reduction, x.ndim, input, target)


# The bytes of 1.0 and -1.0. Neither begins with bytes that end the other, so two occurrences cannot overlap.
_SIGNS = [array("d", [sign]).tobytes() for sign in (1.0, -1.0)]


def _are_signs(t: Any) -> bool:
    """Whether all numbers are 1 or -1. Counting bytes is many times faster than comparing floats."""
    numbers = t.tobytes()
    return bool(sum(map(numbers.count, _SIGNS)) == t.size)


def _require(t: Any, loss: str, wanted: str, allowed: Callable[[float], bool], advice: str) -> None:
    numbers = t.numbers()
    if not all(map(allowed, set(numbers))):
        k, number = next((k, number) for k, number in enumerate(numbers) if not allowed(number))
        where = "" if not t.ndim else f" at {k}" if t.ndim == 1 else f" at {divmod(k, t.shape[1])}"
        raise ArgumentError(f"{loss} takes targets {wanted}, got {number}{where}: {advice}")


@overload
def hinge(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def hinge(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def hinge(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def hinge(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The hinge loss of scores, for targets -1 and 1: for each number relu(1 - target * input).

    Raises `ArgumentError` for other targets. Source: Cortes and Vapnik 1995; micrograd's demo.

    >>> hinge([2.0, -0.5], [1, -1], reduction="none").data
    [0.0, 0.5]
    """
    _check(reduction)
    x, t = _pair("hinge", input, target)
    if not _are_signs(t):
        _require(t, "hinge", "-1 and 1", (-1.0, 1.0).__contains__, "for labels 0 and 1, pass 2 * label - 1")
    return _reduced((_ONE - t * x).relu(), x, reduction, x.ndim, input, target)


@overload
def binary_cross_entropy(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def binary_cross_entropy(input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def binary_cross_entropy(input: Matrix | Rows, target: Any, reduction: Literal["none"]) -> Matrix: ...
def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of two classes: the input is a logit, the target a probability from 0 to 1.

    The loss is target * softplus(-input) + (1 - target) * softplus(input), in which nothing cancels or overflows.
    Raises `ArgumentError` for targets outside 0 to 1. Source: PyTorch's BCEWithLogitsLoss.

    >>> binary_cross_entropy([1000.0, 0.0, -1000.0], [1, 1, 1], reduction="none").data
    [0.0, 0.6931471805599453, 1000.0]
    """
    _check(reduction)
    x, t = _pair("binary_cross_entropy", input, target)
    advice = "for labels -1 and 1, pass (label + 1) / 2"
    _require(t, "binary_cross_entropy", "from 0 to 1", lambda p: 0.0 <= p <= 1.0, advice)
    return _reduced(t * (-x).softplus() + (1.0 - t) * x.softplus(), x, reduction, x.ndim, input, target)


@overload
def cross_entropy(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def cross_entropy(input: Matrix | Rows | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def cross_entropy(input: Vector | Flat, target: Any, reduction: Literal["none"]) -> Value: ...
def cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of classes, from logits: a Matrix (n, classes), or a Vector (classes,) for one sample.

    The target is either the class of each sample, n ints in a list or numpy array (one int for one sample), or the
    probability of each class, in the shape of the input. There is one loss per sample; ``"none"`` returns a Vector
    (n,).

    Let m be the largest number of a row x, as a constant, and s = log(exp(x[0] - m) + ...), the reduction `logsumexp`
    with the shift m. The loss for class y is s - (x[y] - m). The loss for probabilities t is
    sg.sum(t[c] * (s - (x[c] - m)) for all c). So no digits are lost if the right class is certain.

    Raises `ShapeError` for a target of another length; `ArgumentError` for a class that does not exist, and for classes
    in a Vector or as floats. Source: PyTorch's CrossEntropyLoss.

    >>> cross_entropy([[30.0, 0.0], [0.0, 0.0]], [0, 1], reduction="none").data
    [9.357622968839737e-14, 0.6931471805599453]
    >>> cross_entropy([0.0, 0.0], [0.25, 0.75])
    0.6931471805599453
    """
    _check(reduction)
    x = _array(input, "input")
    if not x.ndim or not x.shape[-1]:
        raise ShapeError(f"cross_entropy needs a vector or matrix of logits with a class or more, got shape {x.shape}")
    classes = _classes(target, x)
    m = row_maxima(x)
    s = row_logsumexp(x, m)
    if classes is not None:
        losses = s - (row_take(x, classes) - m)
    else:
        t = _pair("cross_entropy", x, target)[1]
        losses = row_sums(t * (s - (x - m)))
    return _reduced(losses, x, reduction, x.ndim - 1, input, target)


def _classes(target: Any, x: Any) -> list[int] | None:
    """The class of each row of x, or None if the target is probabilities. Raises `ArgumentError`, `ShapeError`."""
    if isinstance(target, Array):
        if target.shape != x.shape and target.ndim == 1:
            raise ArgumentError(
                f"classes must be ints, got a Vector of shape {target.shape} for an input of shape {x.shape}:"
                " pass a list of ints, or probabilities in the shape of the input"
            )
        return None
    listed = target.tolist() if hasattr(target, "tolist") else target
    if x.ndim == 1 and isinstance(listed, Sequence):
        return None
    given = [listed] if x.ndim == 1 else listed
    if not isinstance(given, Sequence) or (
        given and isinstance(given[0], (Sequence, Array)) and not isinstance(given[0], str)
    ):
        return None
    rows, classes = (1, *x.shape)[-2:]
    if len(given) != rows:
        raise ShapeError(f"cross_entropy needs one class per row, got {len(given)} for an input of shape {x.shape}")
    found = [convert.index(y) for y in given]
    for r, (y, k) in enumerate(zip(given, found)):
        if k is None:
            raise ArgumentError(
                f"a class must be an int, got {type(y).__name__} {convert.short(y)} for row {r}: pass a list of ints"
            )
        if not 0 <= k < classes:
            raise ArgumentError(f"there is no class {y} (row {r}): the input has {classes} classes, counted from 0")
    return found  # type: ignore[return-value]


def l2(parameters: Iterable[Any]) -> Value:
    """The sum of the squares of all parameters, ``sg.sum(p**2 for p in parameters)``.

    Multiplied by a small number, it is a penalty on large weights. It is 0.0 if there are no parameters.

    >>> from scalargrad import Value
    >>> l2([Value(3.0), Value(4.0)])
    Value(data=25.0, grad=0.0)
    """
    known = kept_of(parameters)
    if known and known.values:
        return of_shape(known.block, (len(known.block),), False).square().sum()  # type: ignore[no-any-return]
    items = parameters if isinstance(parameters, list) else convert.in_order(parameters, "l2", True)
    if items is None:
        raise NumberError(f"l2 takes a list of parameters, got {type(parameters).__name__}: pass model.parameters()")
    if not items:
        return 0.0  # type: ignore[return-value]
    return of_items(items).square().sum()  # type: ignore[no-any-return]
