"""What counts as a number, and the errors for everything else. Both backends use these functions."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, NoReturn

from scalargrad.errors import HandmadeNodeError, NumberError, RangeError, ReadOnlyError
from scalargrad.table import ops

if TYPE_CHECKING:
    from typing import Protocol

    class Number(Protocol):
        """The type of one number: int, float, Fraction, Decimal, a scalar of numpy, a Value; no text and no array."""

        def __float__(self) -> float: ...
        def __round__(self, ndigits: int, /) -> Any: ...

    class Foreign(Protocol):
        """The type of an array of another library, whose own operators take Values."""

        @property
        def dtype(self) -> Any: ...


_NEVER_NUMBERS = (str, bytes, bytearray, complex, list, tuple, dict, set, frozenset, type(None))


def number(x: Any) -> Any:
    """Returns the float of a number. For an unknown type, whose own operators may know Value, returns NotImplemented.

    Takes int, bool, float, Fraction, Decimal, numpy scalars and 0-d arrays. Raises `NumberError` for types that are
    never numbers, `RangeError` for a number too large for a double.
    """
    if isinstance(x, _NEVER_NUMBERS):
        refuse(x)
    try:
        if isinstance(x, (int, float)):
            return float(x)
        if _is_exact(type(x)):
            return _finite(x)
        if getattr(x, "ndim", None) == 0 and hasattr(x, "dtype"):  # a numpy scalar or 0-d array
            if x.dtype == object:
                return NotImplemented  # numpy applies the operator to the object inside
            if getattr(x.dtype, "kind", "") in "biuf" and not getattr(x, "mask", False):  # numpy.ma.masked has no value
                return _finite(x)
            refuse(x)
    except OverflowError:
        raise RangeError(f"{short(x)} is too large for a double; the largest is about 1.8e308") from None
    except ValueError:
        refuse(x)
    return NotImplemented


def index(x: Any) -> int | None:
    """The int of an integer of any library; None for anything else, such as an array of several."""
    try:
        return operator.index(x)
    except TypeError:
        return None


def _finite(x: Any) -> float:
    """The float of a number that may exceed a double. A Decimal or longdouble would silently become infinite."""
    result = float(x)
    if result in (math.inf, -math.inf) and x not in (math.inf, -math.inf):
        raise OverflowError
    return result


def _is_exact(kind: type) -> bool:
    """Whether a type is Fraction or Decimal, by name: importing both would double the package's import time."""
    return any((c.__module__, c.__name__) in (("fractions", "Fraction"), ("decimal", "Decimal")) for c in kind.__mro__)


def _is_value(x: Any) -> bool:
    """Whether x is a Value, by name: the backends, which define the class, use this module."""
    return any((c.__module__, c.__name__) == ("scalargrad.value", "Value") for c in type(x).__mro__)


def short(x: Any) -> str:
    """The repr, cut to 60 characters. Python refuses the repr of a huge int, so its size in bits stands for it."""
    try:
        text = repr(x)
    except ValueError:
        return f"an int of {x.bit_length()} bits" if isinstance(x, int) else f"a {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def refuse(x: Any) -> NoReturn:
    """Raises a `NumberError` that says what to write instead."""
    kind = type(x).__name__
    if _is_value(x):
        raise NumberError("expected a number, got a Value: use v.detach() for a new leaf, v.data for the number")
    if getattr(x, "mask", None) is not None and getattr(x, "ndim", None) == 0:
        raise NumberError(f"expected a number, got a masked {kind}, which has none: fill it first (numpy.ma.filled)")
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        raise NumberError(
            f"expected a number, got a {kind} of shape {tuple(x.shape)} and dtype {x.dtype}: a Value is one number;"
            " make an array of Values element by element, or a Vector or Matrix of the whole"
        )
    advice = ""
    if isinstance(x, complex):
        advice = ": make a Value of its real part and one of its imaginary part"
    elif isinstance(x, (list, tuple)):
        advice = ": a Value is one number; make a list of Values"
    elif isinstance(x, str):
        advice = ": convert text with float(...)"
    elif x is None:
        advice = ": to clear a grad, set it to 0.0"
    raise NumberError(f"expected a real number, got {kind} {short(x)}{advice}")


def construct(data: Any = None, _children: Any = (), _op: Any = "", *more: Any, **unknown: Any) -> float:
    """Returns the number of a new leaf, for ``Value(data)``. micrograd's other parameters must be empty."""
    if more or unknown:
        named = "".join(f", {name}=..." for name in unknown)
        raise HandmadeNodeError(f"Value takes one number, got more: Value(data{named}). For a label, write a subclass")
    if _children or _op:
        raise HandmadeNodeError(
            "a Value cannot be made with children or an op by hand: operations record nodes."
            " Compose the result from operators and the functions of scalargrad"
        )
    if _is_value(data):
        refuse(data)
    result = number(data)
    if result is NotImplemented:
        refuse(data)
    return float(result)


def read_only(opcode: int) -> NoReturn:
    """Raises because the data of the result of an operation was set."""
    raise ReadOnlyError(
        f"the data of an interior node ({ops.NAMES[opcode]}) is the result of its operation and cannot be"
        " set: set the data of the leaves and compute again, or use v.detach() for a leaf of its own"
    )
