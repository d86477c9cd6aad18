"""Sums, means and the like, order statistics, and running sums: of all elements, or along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.base import axis_of
from scalargrad.arrays.numpy.looking import numbers
from scalargrad.arrays.numpy.moving import replaced, selected
from scalargrad.arrays.numpy.rules import by_numpy, open_rule, ours, rule
from scalargrad.core import whole
from scalargrad.errors import ArgumentError, KeywordError
from scalargrad.table import ops

_MEAN, _DIV, _MUL = ops.OPCODE["mean"], ops.OPCODE["div"], ops.OPCODE["mul"]


# numpy's parameters between axis and keepdims, and older names.
_BETWEEN = {
    **dict.fromkeys(("sum", "mean", "prod product"), "dtype out"),
    **dict.fromkeys(("max amax", "min amin", "any sometrue", "all alltrue"), "out"),
    **dict.fromkeys(("std", "var"), "dtype out ddof"),
}


def _reduction(name: str, aliases: list[str], between: str) -> None:
    """The rules of one of our methods: of all elements, and of those that are not nan."""
    parameters = ("a", "axis", *between.split(), "keepdims", "correction")

    def options(given: dict[str, Any]) -> dict[str, Any]:
        return {"ddof" if option == "correction" else option: x for option, x in given.items()}

    @rule(name, *aliases, parameters=parameters)
    def of_all(a: Any, **given: Any) -> Any:
        return getattr(ours(a, name), name)(**options(given))

    @rule(f"nan{name}", parameters=parameters)
    def of_known(a: Any, axis: Any = None, keepdims: Any = False, **given: Any) -> Any:
        return each_row(ours(a, name), axis, keepdims, lambda row: getattr(_known(row), name)(**options(given)))


for _names, _between in _BETWEEN.items():
    _name, *_aliases = _names.split()
    _reduction(_name, _aliases, _between)


def each_row(x: Any, axis: Any, keepdims: Any, function: Callable[[Any], Any]) -> Any:
    """A reduction that is a function of each row, a Vector."""
    along = x._axis(axis)
    shown = x._along(along)
    rows = x._of(2, shown)
    column = whole(core.block([function(rows[r]) for r in range(shown.rows)]), shown.rows, 1)
    return x._reduced(column, along, keepdims)


def _known(row: Any) -> Any:
    """The elements that are not nan."""
    return row[[k for k, x in enumerate(row.numbers()) if x == x]]


# --- running sums and products


@rule("cumsum")
def _cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return ours(a, "cumsum").cumsum(axis)


@rule("cumprod", "cumproduct")
def _cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return ours(a, "cumprod").cumprod(axis)


@rule("nancumsum")
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return replaced(a, numpy.isnan(numbers(a)), 0.0).cumsum(axis)


@rule("nancumprod")
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return replaced(a, numpy.isnan(numbers(a)), 1.0).cumprod(axis)


def _cumulative(name: str, method: str, start: float) -> None:
    @rule(name)
    def running(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False) -> Any:
        if axis is None and x.ndim > 1:
            raise ArgumentError(f"np.{name} of a Matrix needs an axis")
        if include_initial:
            k = axis_of(-1 if axis is None else axis, x.ndim)
            first = numpy.full([1 if n == k else length for n, length in enumerate(x.shape)], start)
            x = numpy.concatenate([first, x], k)
        return getattr(x, method)(axis)


_cumulative("cumulative_sum", "cumsum", 0.0)
_cumulative("cumulative_prod", "cumprod", 1.0)


@rule("diff")
def _diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None) -> Any:
    x: Any = ours(a, "diff")
    k = axis_of(axis, x.ndim)
    shape = tuple(1 if each == k else length for each, length in enumerate(x.shape))
    first, last = (
        [] if end is None else [numpy.broadcast_to(end, shape) if numpy.ndim(end) == 0 else end]
        for end in (prepend, append)
    )
    if first or last:
        x = ours(numpy.concatenate([*first, x, *last], k), "diff")
    for _ in range(n):
        later, earlier = (x[1:], x[:-1]) if k == 0 else (x[:, 1:], x[:, :-1])
        x = later != earlier if x.is_mask else later - earlier
    return x


@rule("trapezoid", "trapz")
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    f = ours(y, "trapezoid")
    k = axis_of(axis, f.ndim)
    width = dx
    if x is not None:
        width = ours(x, "trapezoid")
        width = _diff(width, axis=k if width.ndim == f.ndim else 0)
        if width.ndim == 1 and f.ndim == 2 and k == 0:
            width = width[:, None]
    later, earlier = (f[1:], f[:-1]) if k == 0 else (f[:, 1:], f[:, :-1])
    return elementwise(_MUL, (later + earlier), width).sum(axis=k) / 2.0


# --- means, and the order of the elements


@rule("average")
def _average(a: Any, axis: Any = None, weights: Any = None, returned: Any = False, *, keepdims: Any = False) -> Any:
    if returned:
        raise KeywordError("np.average of an array of Values takes no returned=: np.sum(weights) is the sum of weights")
    x = ours(a, "average")
    if weights is None:
        return x.mean(axis=axis, keepdims=keepdims)
    w = ours(weights, "average")
    if w.shape != x.shape:
        k = x._axis(axis)
        if w.shape != (x.shape[k or 0],) or axis is None:
            raise ArgumentError(f"np.average got weights of shape {w.shape} for elements of shape {x.shape}")
        w = numpy.broadcast_to(w[:, None] if k == 0 else w, x.shape)
    total, share = (y.sum(axis=axis, keepdims=keepdims) for y in (elementwise(_MUL, x, w), w))
    if not numpy.all(numbers(share)):
        raise ArgumentError("np.average needs weights whose sum is not 0")
    return core.apply(_DIV, total, share)


@rule("ptp")
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    x = ours(a, "ptp")
    return x.max(axis, keepdims=keepdims) - x.min(axis, keepdims=keepdims)


@rule("median")
def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False) -> Any:
    return each_row(ours(a, "median"), axis, keepdims, lambda row: _middle(row, 0.5, core.reduce))


@rule("nanmedian")
def _nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False) -> Any:
    return each_row(ours(a, "nanmedian"), axis, keepdims, lambda row: _middle(_known(row), 0.5, core.reduce))


def _middle(row: Any, q: float, mean: Any = None) -> Any:
    """The number below which a share q of the elements of a Vector lies: between two elements, in proportion."""
    if not row.size:
        raise ArgumentError("a median or quantile needs an element, got none")
    order = row.argsort()
    last = row[int(order[-1])]
    if last != last:
        return last
    place = (row.size - 1) * q
    share, below = math.modf(place)
    first, second = row[int(order[int(below)])], row[int(order[min(int(below) + 1, row.size - 1)])]
    if share == 0.0 and (mean or math.isfinite(numbers(second))):
        return first
    if mean:
        return mean(_MEAN, [first, second])
    return first + (second - first) * share if share < 0.5 else second - (second - first) * (1.0 - share)


def _quantile(name: str, scale: float, known: bool) -> None:
    @rule(name)
    def quantile(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, method: Any = "linear",
        keepdims: Any = False,
    ) -> Any:  # fmt: skip
        if method != "linear":
            raise KeywordError(f"np.{name} of an array of Values has the method 'linear', got {method!r}")
        shares = numpy.asarray(numbers(q), dtype=float) / scale
        if shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
            raise ArgumentError(f"np.{name} takes a number from 0 to {scale:g}, or a list of them, got {q}")
        x = ours(a, name)

        def at(share: float) -> Any:
            return each_row(x, axis, keepdims, lambda row: _middle(_known(row) if known else row, share))

        found = [at(share) for share in shares.ravel().tolist()]
        return found[0] if shares.ndim == 0 else numpy.stack([ours(each, name) for each in found])


for _name, _scale in (("quantile", 1.0), ("percentile", 100.0)):
    _quantile(_name, _scale, False)
    _quantile(f"nan{_name}", _scale, True)


def _picked(name: str, positions: str) -> None:
    """The rule of a function that puts elements in order, as numpy orders their positions."""

    @open_rule(name)
    def pick(a: Any, *args: Any, axis: Any = -1, **kwargs: Any) -> Any:
        x = ours(a, name)
        before, given = args[: name == "partition"], args[name == "partition" :]
        axis = given[0] if given else axis
        x = x.ravel() if axis is None else x
        k = axis_of(-1 if axis is None else axis, x.ndim)
        order = by_numpy(name, getattr(numpy, positions), (x.numpy(), *before, k, *given[1:]), kwargs)
        return selected(x, numpy.take_along_axis(numpy.arange(x.size).reshape(x.shape), order, k))


_picked("sort", "argsort")
_picked("partition", "argpartition")


@rule("msort")
def _msort(a: Any) -> Any:
    return numpy.sort(a, axis=0)


@rule("cov")
def _cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Any:
    if y is not None:
        raise KeywordError("np.cov of an array of Values takes no y=: write np.cov(np.stack([x, y]))")
    x = ours(m, "cov")
    rows = x if x.ndim == 2 and (rowvar or x.shape[0] == 1) else x.T if x.ndim == 2 else x[None, :]
    centred = rows - rows.mean(axis=1, keepdims=True)
    less = ddof if ddof is not None else 0 if bias else 1
    return (centred @ centred.T / float(max(rows.shape[1] - less, 0))).squeeze()


@rule("corrcoef")
def _corrcoef(x: Any, y: Any = None, rowvar: Any = True) -> Any:
    covariance = _cov(x, y, rowvar)
    if getattr(covariance, "ndim", 0) == 0:
        return covariance / covariance
    spread = selected(covariance, numpy.arange(len(covariance)) * (len(covariance) + 1)).sqrt()
    return covariance / spread[:, None] / spread
