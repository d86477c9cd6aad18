"""The C library's functions on Python floats, with IEEE results in cases where `math` raises.

`math` calls the same library, so its bits are the same. If `math` raises (log(0), exp(1000)), lacks the function, or
has its own algorithm (hypot, lgamma), the function is called through cffi's ABI mode, which needs no compiler. cffi's
parser is loaded only at the first such call.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

_SAME_IN_MATH = ("exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
                 "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sqrt", "fabs", "pow", "fmod", "atan2",
                 "copysign")  # fmt: skip
_ONLY_IN_C = ("hypot", "exp2", "cbrt", "floor", "ceil", "trunc", "rint", "tgamma")
_OF_TWO = {"pow", "fmod", "atan2", "copysign", "hypot"}


@functools.cache
def _c_library() -> Any:
    from cffi import FFI

    ffi = FFI()
    names = (*_SAME_IN_MATH, *_ONLY_IN_C)
    ffi.cdef("".join(f"double {f}({'double, double' if f in _OF_TWO else 'double'});" for f in names))
    ffi.cdef("double lgamma(double); double lgamma_r(double, int *);")
    try:
        return ffi.dlopen(None)
    except OSError:  # Windows has no handle for "everything that is loaded"
        return ffi.dlopen("ucrtbase.dll")


def _from_c(name: str) -> Callable[..., float]:
    def call(*args: float) -> float:
        result: float = getattr(_c_library(), name)(*args)
        return result

    return call


def _from_math(name: str) -> Callable[..., float]:
    checked: Callable[..., float] = getattr(math, name)
    unchecked = _from_c(name)

    def call(*args: float) -> float:
        try:
            return checked(*args)
        except (ValueError, OverflowError):
            return unchecked(*args)

    return call


@functools.cache
def _lgamma_of_c() -> Callable[[float], float]:
    """lgamma_r, which writes no global variable; lgamma, where the library has no other."""
    from cffi import FFI

    library = _c_library()
    try:
        reentrant = library.lgamma_r
    except AttributeError:
        return library.lgamma  # type: ignore[no-any-return]
    new = FFI().new
    return lambda x: float(reentrant(x, new("int *")))


def _lgamma(x: float) -> float:
    return _lgamma_of_c()(x)


FUNCTIONS: dict[str, Callable[..., float]] = {
    **{name: _from_math(name) for name in _SAME_IN_MATH},
    **{name: _from_c(name) for name in _ONLY_IN_C},
    "lgamma": _lgamma,
}


def div(a: float, b: float) -> float:
    """The IEEE quotient: 1/0 is inf, 0/0 is nan."""
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)


def zmul(a: float, b: float) -> float:
    """The product of the chain rule: IEEE's, except that a nan made by a zero factor is 0.0 (docs/conventions.md)."""
    p = a * b
    if p != p and (a == 0.0 or b == 0.0):
        return 0.0
    return p
