"""Losses of many classes, and between distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from scalargrad import convert
from scalargrad.arrays.base import Array
from scalargrad.arrays.reductions import row_logsumexp, row_maxima, row_sums, row_take
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.losses.base import array_of, check, pair, reduced, require
from scalargrad.value import Value

if TYPE_CHECKING:
    from scalargrad.arrays import Matrix, Vector
    from scalargrad.functions import Flat, Foreign, Rows


@overload
def cross_entropy(
    input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean", label_smoothing: float = 0.0
) -> Value: ...
@overload
def cross_entropy(
    input: Matrix | Rows | Foreign, target: Any, reduction: Literal["none"], label_smoothing: float = 0.0
) -> Vector: ...
@overload
def cross_entropy(
    input: Vector | Flat, target: Any, reduction: Literal["none"], label_smoothing: float = 0.0
) -> Value: ...
def cross_entropy(input: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0) -> Any:
    """The cross-entropy of classes, from logits: a Matrix (n, classes), or a Vector (classes,) for one sample.

    The target is either the class of each sample, n ints in a list or numpy array (one int for one sample), or the
    probability of each class, in the shape of the input. There is one loss per sample; ``"none"`` returns a Vector
    (n,).

    Let m be the largest number of a row x, as a constant, and s = log(exp(x[0] - m) + ...), the reduction `logsumexp`
    with the shift m. The loss for class y is s - (x[y] - m). The loss for probabilities t is
    sg.sum(t[c] * (s - (x[c] - m)) for all c). So no digits are lost if the right class is certain.

    `label_smoothing`, e from 0 to 1, takes the part e of each target and spreads it over all n classes: the loss for
    class y is (1 - e) * (s - (x[y] - m)) + e / n * sg.sum(s - (x[c] - m) for all c), and probabilities t become
    t * (1 - e) + e / n.

    Raises `ShapeError` for a target of another length; `ArgumentError` for a class that does not exist, for classes
    in a Vector or as floats, and for a smoothing outside 0 to 1. Source: PyTorch's CrossEntropyLoss.

    >>> cross_entropy([[30.0, 0.0], [0.0, 0.0]], [0, 1], reduction="none").data
    [9.357622968839737e-14, 0.6931471805599453]
    >>> cross_entropy([0.0, 0.0], [0.25, 0.75])
    0.6931471805599453
    """
    check(reduction)
    smoothing = convert.argument(label_smoothing, "label_smoothing")
    if not 0.0 <= smoothing <= 1.0:
        raise ArgumentError(f"label_smoothing must be from 0 to 1, got {label_smoothing}")
    x = _rows("cross_entropy", "logits", input)
    classes = _classes("cross_entropy", target, x)
    m = row_maxima(x)
    s = row_logsumexp(x, m)
    share = smoothing / x.shape[-1]
    if classes is not None:
        losses = s - (row_take(x, classes) - m)
        if smoothing:
            losses = (1.0 - smoothing) * losses + share * row_sums(s - (x - m))
    else:
        t = pair("cross_entropy", x, target)[1]
        losses = row_sums((t * (1.0 - smoothing) + share if smoothing else t) * (s - (x - m)))
    return reduced(losses, x, reduction, x.ndim - 1, input, target)


@overload
def nll(input: Any, target: Any, reduction: Literal["mean", "sum"] = "mean") -> Value: ...
@overload
def nll(input: Matrix | Rows | Foreign, target: Any, reduction: Literal["none"]) -> Vector: ...
@overload
def nll(input: Vector | Flat, target: Any, reduction: Literal["none"]) -> Value: ...
def nll(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The negative log-likelihood of classes: -x[y] for each row x, which has the logs of probabilities, and class y.

    The input is a Matrix (n, classes), or a Vector (classes,) for one sample; the target is n ints, or one. There is
    one loss per sample; ``"none"`` returns a Vector (n,). Of logits, `cross_entropy` is the same loss after
    `scalargrad.log_softmax`. Raises the same errors as `cross_entropy`. Source: PyTorch's NLLLoss.

    >>> import scalargrad as sg
    >>> nll(sg.log_softmax([[30.0, 0.0], [0.0, 0.0]]), [0, 1], reduction="none").data
    [9.357622968839737e-14, 0.6931471805599453]
    """
    check(reduction)
    x = _rows("nll", "logs of probabilities", input)
    classes = _classes("nll", target, x)
    if classes is None:
        raise ArgumentError(
            f"nll takes the class of each sample, such as {'1' if x.ndim == 1 else '[0, 1]'}, got"
            f" {type(target).__name__} {convert.short(target)}: for probabilities, cross_entropy or kl_div"
        )
    return reduced(-row_take(x, classes), x, reduction, x.ndim - 1, input, target)


@overload
def kl_div(
    input: Any, target: Any, reduction: Literal["mean", "sum", "batchmean"] = "mean", log_target: bool = False
) -> Value: ...
@overload
def kl_div(
    input: Vector | Flat | Foreign, target: Any, reduction: Literal["none"], log_target: bool = False
) -> Vector: ...
@overload
def kl_div(input: Matrix | Rows, target: Any, reduction: Literal["none"], log_target: bool = False) -> Matrix: ...
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence of the target, probabilities t, from the input, the logs x of others.

    For each number it is t * log(t) - t * x, and -t * x where t is 0; with `log_target` the target has the logs of
    probabilities, and it is exp(t) * (t - x). The mean is over all numbers, as in PyTorch; the reduction
    ``"batchmean"`` is the sum divided by the number of rows, which is the divergence. Raises `ArgumentError` for
    negative probabilities. Source: Kullback and Leibler 1951; PyTorch's KLDivLoss.

    >>> import scalargrad as sg
    >>> kl_div(sg.log_softmax([[0.0, 0.0]]), [[1.0, 0.0]], reduction="batchmean")
    0.6931471805599453
    """
    by_rows = isinstance(reduction, str) and reduction == "batchmean"
    check("sum" if by_rows else reduction, "batchmean")
    x, t = pair("kl_div", input, target)
    if convert.flag(log_target, "log_target"):
        losses = t.exp() * (t - x)
    else:
        require(t, "kl_div", "of 0 or more", lambda p: not p < 0.0, "for the logs of probabilities, log_target=True")
        losses = t.xlogy(t) - t * x
    if by_rows and x.ndim and not x.shape[0]:
        raise ArgumentError(f"batchmean needs at least one row, got an input of shape {x.shape}")
    found = reduced(losses, x, "sum" if by_rows else reduction, x.ndim, input, target)
    return found / x.shape[0] if by_rows and x.ndim else found


def _rows(loss: str, what: str, input: Any) -> Any:
    x = array_of(input, "input")
    if not x.ndim or not x.shape[-1]:
        raise ShapeError(f"{loss} needs a vector or matrix of {what} with a class or more, got shape {x.shape}")
    return x


def _classes(loss: str, target: Any, x: Any) -> list[int] | None:
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
    rows, classes = (1, *x.shape)[-2:]
    if x.ndim == 2 and convert.index(listed) is not None:
        wanted = f"[{convert.short(listed)}]" if rows == 1 else f"a list of {rows} classes"
        got = f"got {convert.short(listed)} for an input of shape {x.shape}"
        raise ShapeError(f"{loss} needs one class per row, {got}: write {wanted}")
    given = [listed] if x.ndim == 1 else listed
    if not isinstance(given, Sequence) or (
        given and isinstance(given[0], (Sequence, Array)) and not isinstance(given[0], str)
    ):
        return None
    if len(given) != rows:
        raise ShapeError(f"{loss} needs one class per row, got {len(given)} for an input of shape {x.shape}")
    if set(map(type, given)) == {int} and min(given) >= 0 and max(given) < classes:
        return given  # type: ignore[return-value]
    found = [convert.index(y) for y in given]
    for r, (y, k) in enumerate(zip(given, found)):
        if k is None:
            raise ArgumentError(
                f"a class must be an int, got {type(y).__name__} {convert.short(y)} for row {r}: pass a list of ints"
            )
        if not 0 <= k < classes:
            raise ArgumentError(
                f"there is no class {convert.short(k)} (row {r}): the input has {classes} classes, counted from 0"
            )
    return found  # type: ignore[return-value]
