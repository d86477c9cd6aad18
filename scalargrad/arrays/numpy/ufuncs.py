"""numpy's ufuncs: those that are no row of the table, and their methods reduce, accumulate and outer."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy

from scalargrad import core
from scalargrad.arrays.arithmetic import elementwise
from scalargrad.arrays.base import Array
from scalargrad.arrays.data.ufuncs import BY_OURS, RULES, named
from scalargrad.arrays.numpy.looking import looked, numbers
from scalargrad.arrays.numpy.products import _einsum, vecdot
from scalargrad.arrays.numpy.rules import NUMBERS, by_numpy, checked, into, ours
from scalargrad.arrays.reductions import accumulated
from scalargrad.errors import DispatchError, NumberError, ShapeError
from scalargrad.table import ops

_CODE = ops.OPCODE
_LOOKING = ("isnan", "isinf", "isfinite", "signbit", "logical_and", "logical_or", "logical_xor", "logical_not")
_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp", "hypot": "norm",
    "logical_and": "all", "logical_or": "any", "bitwise_and": "all", "bitwise_or": "any",
}  # fmt: skip
_AS_OF_VALUES = ("radians", "deg2rad", "degrees", "rad2deg", "reciprocal", "fmax", "fmin", "divmod")
_INSTEAD = {
    "bitwise": "& | ^ ~ combine Masks: compare first, as x > 0",
    "ldexp": "write x * 2.0**n",
    "at": "make a new array, by sg.where or by a sum", "reduceat": "write x[i:j].sum() for each part",
}  # fmt: skip


def _on(name: str, *operands: Any) -> Any:
    return elementwise(_CODE[name], *operands)


def _heaviside(x: Any, y: Any) -> Any:
    n = ours(x, "heaviside").numpy()
    with numpy.errstate(invalid="ignore"):
        steps = numpy.heaviside(n, 0.0)
    return _on("where", n == 0.0, y, steps)


def _logaddexp2(x: Any, y: Any) -> Any:
    return _on("mul", _on("logaddexp", _on("mul", x, math.log(2.0)), _on("mul", y, math.log(2.0))), 1.0 / math.log(2.0))


def _modf(x: Any) -> Any:
    whole = _on("trunc", x)
    n = ours(x, "modf").numpy()
    part = _on("copysign", _on("sub", x, whole), n)
    return (_on("where", numpy.isinf(n), numpy.copysign(0.0, n), part) if numpy.isinf(n).any() else part), whole


def _invert(x: Any) -> Any:
    return ~x if x.is_mask else refuse("invert")


def _summed(name: str, letters: dict[tuple[int, int], str]) -> Callable[[Any, Any], Any]:
    def product(x: Any, y: Any) -> Any:
        a, b = ours(x, name), ours(y, name)
        if (a.ndim, b.ndim) not in letters:
            raise ShapeError(f"np.{name} of arrays of Values got shapes {a.shape} and {b.shape}")
        return _einsum(letters[a.ndim, b.ndim], a, b)

    return product


_CALLS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("positive", "conjugate"), lambda x: x),
    **{name: RULES[name] for name in _AS_OF_VALUES},
    "heaviside": _heaviside, "logaddexp2": _logaddexp2, "modf": _modf,
    "invert": _invert,
    "vecdot": vecdot,
    "matvec": _summed("matvec", {(2, 1): "ij,j->i", (2, 2): "ij,bj->bi"}),
    "vecmat": _summed("vecmat", {(1, 2): "i,ij->j", (2, 2): "bi,ij->bj"}),
}  # fmt: skip


def call(quick: dict[str, Callable[..., Any]], ufunc: Any, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """What a ufunc, or a method of one, returns. `quick` has those of the table."""
    name, full = ufunc.__name__, ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    out = kwargs.get("out")
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    in_place = isinstance(target, numpy.ndarray) and any(x is target for x in inputs)
    if in_place and all(x.is_mask for x in inputs if isinstance(x, Array)):  # b &= mask: bools, as numpy's are
        return by_numpy(full, getattr(ufunc, method), tuple(map(numbers, inputs)), kwargs)
    if isinstance(target, numpy.ndarray) and target.dtype == object:
        found = call(quick, ufunc, method, inputs, {k: x for k, x in kwargs.items() if k != "out"})
        return into(target, found, full, spread=not ufunc.signature)
    if out is not None and isinstance(out, tuple):
        kwargs = {**kwargs, "out": next((x for x in out if x is not None), None)}
    options = checked(full, kwargs)
    for harmless in ("casting", "order", "subok", *(["axes"] if name == "matmul" else [])):  # a @= v gives the axes
        options.pop(harmless, None)
    if method in ("at", "reduceat"):
        raise DispatchError(f"np.{full} has no rule for arrays of Values: {_INSTEAD[method]}; {NUMBERS}")
    function = quick.get(name) or _CALLS.get(name)
    if method == "reduce":
        return _reduced(function, name, *inputs, **options)
    if method == "accumulate":
        return _accumulated(name, *inputs, **options)
    if options:
        raise DispatchError(f"np.{full} of arrays of Values takes no {sorted(options)[0]}=: {NUMBERS}")
    if name in _LOOKING and method == "__call__":
        return looked(name, ufunc, tuple(ours(x, name) for x in inputs), {})
    if function is None:
        if set("".join(ufunc.types)) <= set("O->"):  # by np.frompyfunc, a function of Python's objects
            return ufunc(*(numpy.asarray(x, dtype=object) if isinstance(x, Array) else x for x in inputs))
        if name not in _LOOKING:
            refuse(full)
        function = partial(ufunc)
    if method == "outer":
        return _outer(lambda x, y: call(quick, ufunc, "__call__", (x, y), {}), full, *inputs)
    if name in _CALLS and not any(_may_know(x) for x in inputs):
        inputs = tuple(ours(x, full) for x in inputs)
    found = function(*inputs)
    if found is NotImplemented and not any(_may_know(x) for x in inputs):
        unknown = [type(x).__name__ for x in inputs if not isinstance(x, Array)]
        raise NumberError(f"np.{full} needs numbers, got {' and '.join(unknown)}")
    return found


def refuse(full: str) -> NoReturn:
    """Raises because a ufunc has no rule."""
    name = full.split(".")[0]
    kind = "bitwise" if name.startswith(("bitwise", "invert")) else name
    useless = "it has no derivative that would be of use"
    instead = _INSTEAD.get(kind, useless if hasattr(numpy, name) else "write it by functions of scalargrad")
    raise DispatchError(f"{named(full)} has no rule for arrays of Values: {BY_OURS.get(name, instead)}; {NUMBERS}")


def _may_know(x: Any) -> bool:
    """Whether another library's array may know what to do with ours."""
    own = getattr(type(x), "__array_ufunc__", None)
    return own is not None and not isinstance(x, (Array, core.Node, numpy.ndarray, numpy.generic))


def _reduced(function: Any, name: str, x: Any, axis: Any = 0, keepdims: Any = False, **options: Any) -> Any:
    given = ours(x, name)
    if name in _REDUCTIONS and not options and (not name.startswith("bitwise") or given.is_mask):
        return getattr(given, _REDUCTIONS[name])(axis=axis, keepdims=keepdims)
    refuse(f"{name}.reduce")


def _accumulated(name: str, x: Any, axis: Any = 0, **options: Any) -> Any:
    row = {**ops.NUMPY, **{n: n for n in ops.BY_NAME}}.get(name)
    if row is None or options or len(ops.BY_NAME[row].operands) != 2:
        refuse(f"{name}.accumulate")
    return accumulated(_CODE[row or ""], ours(x, name), axis)


def _outer(function: Callable[[Any, Any], Any], full: str, left: Any, right: Any) -> Any:
    """The function of each pair of elements."""
    x, y = ours(left, full), ours(right, full)
    if x.ndim + y.ndim > 2:
        raise ShapeError(f"arrays have one or two dimensions; np.{full} would have shape {x.shape + y.shape}")
    return function(x[:, None] if x.ndim == y.ndim == 1 else x, y)
