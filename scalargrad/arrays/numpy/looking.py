"""Functions that only look at the numbers: positions, counts, shapes and bools, which have no gradient."""

from __future__ import annotations

from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays.base import Array
from scalargrad.arrays.mask import Mask
from scalargrad.arrays.numpy.moving import selected
from scalargrad.arrays.numpy.rules import by_numpy, into, of_numpy, open_rule, ours, refuse, rule
from scalargrad.errors import KeywordError, NumberError

_LOOKING = (
    "allclose", "argmax", "argmin", "argpartition", "argsort", "argwhere", "array_equal", "array_equiv", "can_cast",
    "common_type", "diag_indices_from", "digitize", "flatnonzero", "in1d", "isclose", "iscomplex",
    "iscomplexobj", "isin", "isneginf", "isposinf", "isreal", "isrealobj", "ix_", "lexsort", "nanargmax", "nanargmin",
    "ndim", "nonzero", "result_type", "searchsorted", "shape", "size", "tril_indices_from", "triu_indices_from",
)  # fmt: skip


def numbers(x: Any) -> Any:
    """An argument as numpy's numbers."""
    if isinstance(x, Array):
        return x.numpy()  # type: ignore[attr-defined]
    if isinstance(x, core.Node):
        return x.data
    if isinstance(x, numpy.ndarray) and x.dtype == object:
        flat = [item.data if isinstance(item, core.Node) else item for item in x.ravel()]
        return numpy.array(flat, dtype=float).reshape(x.shape)
    if isinstance(x, (list, tuple)):
        return type(x)([numbers(item) for item in x])
    return x


def is_tracked(x: Any) -> bool:
    """Whether there are Values in an argument."""
    found = x.elements() if isinstance(x, Array) else x
    if isinstance(found, (list, tuple)) or (isinstance(found, numpy.ndarray) and found.dtype == object and found.ndim):
        return any(map(is_tracked, found))
    return isinstance(found, core.Node)


def seen(found: Any) -> Any:
    """A result: a Mask of bools, the rest as numpy has it."""
    if isinstance(found, tuple):
        return tuple(map(seen, found))
    return Mask(found) if isinstance(found, numpy.ndarray) and found.dtype == bool and 1 <= found.ndim <= 2 else found


def looked(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function that only looks at the numbers returns."""
    try:
        given, named = [numbers(x) for x in args], {k: numbers(x) for k, x in kwargs.items()}
    except (TypeError, ValueError):
        raise NumberError(f"np.{name} needs arrays of numbers") from None
    return seen(by_numpy(name, function, given, named))


def _registered(name: str) -> None:
    @open_rule(name)
    def look(*args: Any, **kwargs: Any) -> Any:
        return looked(name, of_numpy(name), args, kwargs)


for _name in _LOOKING:
    _registered(_name)


@rule("count_nonzero")
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return (a != 0).sum(axis=axis, keepdims=keepdims)


@rule("copyto")
def _copyto(dst: Any, src: Any) -> None:
    if not isinstance(dst, numpy.ndarray):
        refuse("copyto")
    into(dst, ours(src, "copyto"), "copyto")


@rule("may_share_memory", "shares_memory")
def _share(a: Any, b: Any, max_work: Any = None) -> bool:
    return False  # numpy's arrays of our numbers and elements are copies


@rule("imag")
def _imag(val: Any) -> Any:
    return numpy.zeros(val.shape)


@open_rule("unique")
def _unique(ar: Any, return_index: Any = False, *others: Any, **options: Any) -> Any:
    if options.get("axis") is not None or len(others) > 2:
        raise KeywordError("np.unique of an array of Values takes no axis=")
    _, index, *rest = by_numpy("unique", numpy.unique, (numbers(ar), True, *others), options)
    found = selected(ar, index)
    kept = ([index] if return_index else []) + rest
    return (found, *kept) if kept else found
