"""What counts as a number, and the errors for everything else. Both backends use these functions."""

from __future__ import annotations

import math
import operator
from collections.abc import Reversible, Set
from typing import TYPE_CHECKING, Any, NoReturn

from scalargrad.errors import (
    ArgumentError,
    HandmadeNodeError,
    NumberError,
    RangeError,
    ReadOnlyError,
    ShapeError,
)
from scalargrad.names import TENSOR_KEYWORDS, unexpected
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
    try:
        if isinstance(x, (int, float)):
            return float(x)
        if isinstance(x, _NEVER_NUMBERS):
            refuse(x)
        if getattr(x, "ndim", None) == 0 and hasattr(x, "dtype"):  # a numpy scalar or 0-d array
            if x.dtype == object:
                return NotImplemented  # numpy applies the operator to the object inside
            if getattr(x.dtype, "kind", "") in "biuf" and not getattr(x, "mask", False):  # numpy.ma.masked has no value
                return _finite(x)
            refuse(x)
        if _is_exact(type(x)):
            return _finite(x)
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


def flag(x: Any, name: str) -> bool:
    """The bool of an argument: a bool of any library, 0 or 1. Raises `ArgumentError` for anything else: most texts,
    "no" among them, are true in Python."""
    if isinstance(x, bool):
        return x
    found = bool(x) if is_scalar(x, "b") else index(x)
    if found not in (0, 1):
        raise ArgumentError(f"{name} must be True or False, got {type(x).__name__} {short(x)}")
    return bool(found)


def is_scalar(x: Any, kinds: str = "biuf") -> bool:
    """Whether x is one number of an array library, of these kinds in numpy's letters: a scalar, or a 0-d array."""
    return getattr(x, "ndim", None) == 0 and getattr(getattr(x, "dtype", None), "kind", " ") in kinds


def argument(x: Any, name: str) -> float:
    """The float of an argument that is a number. Raises `NumberError`, which names it."""
    if type(x) is float:
        return x
    advice = ": write v.data" if _is_value(x) else ""
    try:
        found = NotImplemented if _is_value(x) else number(x)
        if found is not NotImplemented:
            return float(found)
    except RangeError:
        raise
    except NumberError:
        advice = f" {short(x)}"
        if _is_number(x):
            advice += f": write float({x!r})"
    raise NumberError(f"{name} must be a number, got {type(x).__name__}{advice}")


def _is_number(text: Any) -> bool:
    """Whether x is the text of a number."""
    try:
        return isinstance(text, str) and float(text) == float(text)
    except ValueError:
        return False


def items(x: Any) -> list[Any] | None:
    """The items of an iterable; None for anything else, such as a number, a Value, or an array of no dimension."""
    try:
        found = iter(x)
    except TypeError:
        return None
    return list(found)


def in_order(x: Any, who: str, elements: bool = False) -> list[Any] | None:
    """The items, as `items` finds them; if `elements`, those of a numpy array of several dimensions too. Raises
    `ArgumentError` for a set: its order changes from run to run."""
    if isinstance(x, Set) and not isinstance(x, Reversible):  # the keys of a dict are a Set that has an order
        raise ArgumentError(f"{who} got a {type(x).__name__}, which has no order: pass a list or a tuple")
    given: Any = x  # Any, so that type checkers do not narrow it
    return items(given.ravel() if elements and type(x).__module__ == "numpy" and hasattr(x, "ravel") else x)


def refuse_bools(x: Any, y: Any) -> None:
    """Raises `ArgumentError` for x.where(mask, z), whose condition would be x. A mask may choose between masks."""
    if are_bools(y) and not are_bools(x):
        raise ArgumentError(
            f"the condition of x.where(y, z) is x, and y is {type(y).__name__} {short(y)}, which looks like a"
            " condition: write sg.where(mask, x, other)"
        )


def are_bools(x: Any, depth: int = 2) -> bool:
    """Whether x is a Mask, or an array or lists of bools."""
    if isinstance(x, (list, tuple)):
        return len(x) > 0 < depth and all(isinstance(item, bool) or are_bools(item, depth - 1) for item in x)
    if hasattr(x, "is_mask"):
        return bool(x.is_mask)
    return bool(getattr(x, "ndim", 0) > 0 and getattr(x, "dtype", None) in (bool,))


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
        text = repr(_first(x))
    except ValueError:
        return f"an int of {x.bit_length()} bits" if isinstance(x, int) else f"a {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _first(x: Any, depth: int = 3) -> Any:
    """A list or tuple without the items that a text of 60 characters has no place for."""
    return type(x)(_first(item, depth - 1) for item in x[:20]) if depth and type(x) in (list, tuple) else x


def refuse(x: Any, is_grad: bool = False, in_data: bool = False) -> NoReturn:
    """Raises a `NumberError` that says what to write instead.

    `is_grad`: a grad was to be set to x. `in_data`: x is an item of a list or an array, no operand of its own.
    """
    kind = type(x).__name__
    if _is_value(x):
        raise NumberError("expected a number, got a Value: use v.detach() for a new leaf, v.data for the number")
    if getattr(x, "mask", None) is not None and getattr(x, "ndim", None) == 0:
        raise NumberError(f"expected a number, got a masked {kind}, which has none: fill it first (numpy.ma.filled)")
    if hasattr(x, "shape") and not hasattr(x, "of_numpy") and hasattr(x, "dtype"):
        given = f"expected a number, got a {kind} of shape {tuple(x.shape)} and dtype {x.dtype}"
        if getattr(x.dtype, "kind", "") in "SUT":
            raise NumberError(f"{given}, which is text: write x.astype(float) for texts of numbers, and encode others")
        raise NumberError(
            f"{given}: a Value is one number; make an array of Values element by element, or a Vector or Matrix of the"
            " whole"
        )
    advice = ""
    if isinstance(x, complex):
        advice = ": make a Value of its real part and one of its imaginary part"
    elif isinstance(x, (list, tuple)):
        advice = ": for a list of numbers, make a Vector or Matrix of it, or a Value of each"
        if are_bools(x):
            advice = ": for a list of bools, make a Mask of it"
        odd = next((item for item in x if isinstance(item, _NEVER_NUMBERS) and not isinstance(item, (list, tuple))), x)
        if odd is not x:
            advice = f": {type(odd).__name__} {short(odd)} in it is no number"
    elif isinstance(x, str):
        advice = ": convert text with float(...); to put a Value into a text, write f'{v}'"
        if in_data:
            advice = ": encode text as numbers"
        if _is_number(x):
            advice = f": write float({x!r})"
    elif x is None:
        raise NumberError(
            f"expected a real number, got NoneType{': to clear a grad, set it to 0.0' if is_grad else ''}"
        )
    raise NumberError(f"expected a real number, got {kind} {short(x)}{advice}")


def real(x: Any) -> float:
    """The float of a number. Raises `NumberError` for anything else, a Value included."""
    result = NotImplemented if _is_value(x) else number(x)
    if result is NotImplemented:
        refuse(x)
    return float(result)


# --- what Value(...) is given -----------------------------------------------------------------------------------------

Parts = tuple[float, tuple[Any, ...], tuple[float, ...], str]
_NONE = object()
_OLD_NAMES = {"_children": "children", "_op": "local_grads"}  # micrograd's


def construct(*given: Any, **named: Any) -> Parts:
    """The parts of ``Value(data, children, local_grads, label)``: floats, and children that are Values or floats.

    Both backends read plain parts themselves, and call this for all others. A third argument that is a str, as in
    micrograd, raises `HandmadeNodeError` unless it is empty and there are no children.
    """
    parts: dict[str, Any] = dict(zip(("data", "children", "local_grads", "label"), given))
    for name, x in named.items():
        name = _OLD_NAMES.get(name, name)
        if name in TENSOR_KEYWORDS:
            raise unexpected("Value()", name)
        if name not in ("data", "children", "local_grads", "label") or name in parts or len(given) > 4:
            raise HandmadeNodeError(
                f"Value takes data, children, local_grads and label, each once; got {name!r} too: other attributes"
                " can be set on a leaf afterwards"
            )
        parts[name] = x
    if len(given) > 4:
        raise HandmadeNodeError(f"Value takes data, children, local_grads and label; got {len(given)} arguments")
    data = parts.get("data", _NONE)
    if data is None or data is _NONE:
        raise NumberError(f"Value({'' if data is _NONE else None}) needs a number, got NoneType: write Value(0.0)")
    children, partials = _children(parts.get("children", ())), parts.get("local_grads", ())
    if isinstance(partials, str):
        if children or partials:
            by_hand(short(data if not _is_value(data) else data.data), len(children), partials)
        partials = ()
    partials = _sequence(partials, "local_grads")
    if len(partials) != len(children):
        raise ShapeError(
            f"a node by hand has one local gradient per child, got {len(children)} children and {len(partials)} local"
            f" gradients: {rewrite('data', len(children) or 1)}"
        )
    for k, x in enumerate(partials):
        if _is_value(x):
            raise NumberError(f"local gradient {k} is a Value, and must be a number: write v.data for the number of v")
    return real(data), children, tuple(map(real, partials)), label(parts.get("label", ""))


def _sequence(x: Any, what: str) -> tuple[Any, ...]:
    if isinstance(x, (set, frozenset, dict, str, bytes)) and len(x):
        raise HandmadeNodeError(f"{what} must be a tuple or a list, got {type(x).__name__} {short(x)}")
    found = items(x)
    if found is None:
        raise HandmadeNodeError(f"{what} must be a tuple or a list, got {type(x).__name__}: write (x,) for one")
    return tuple(found)


def _children(given: Any) -> tuple[Any, ...]:
    return tuple(x if _is_value(x) else real(x) for x in _sequence(given, "children"))


def label(x: Any) -> str:
    """Returns a label, which is a str."""
    if not isinstance(x, str):
        raise ArgumentError(f"a label is a str, got {type(x).__name__} {short(x)}: write str(...) around it")
    return x


def rewrite(data: str, count: int) -> str:
    """How to write a node with a derivative of one's own, for messages."""
    names = [chr(ord("a") + k) for k in range(count)] if count <= 4 else ["a", "b", "..."]
    children, partials = (", ".join(prefix + x if x != "..." else x for x in names) for prefix in ("", "d"))
    comma = "," if count == 1 else ""
    pulled = ", ".join(f"g * {x}" if x != "..." else x for x in partials.split(", "))
    return (
        f"write Value({data}, ({children}{comma}), ({partials}{comma})), where each of {partials} is a number, the"
        f" derivative by the child; or f = scalargrad.custom_vjp(function) and f.defvjp(fwd, bwd), where"
        f" bwd(residuals, g) returns ({pulled}{comma})"
    )


def by_hand(data: str, count: int, op: str) -> NoReturn:
    """Raises because a node has the name of an operation where its derivatives belong, as in micrograd."""
    raise HandmadeNodeError(
        f"a node by hand has local gradients in place of the op {op!r} and of a function _backward:"
        f" {rewrite(data, count or 1)}"
    )


def no_backward(data: float, partials: tuple[float, ...]) -> NoReturn:
    """Raises because a backward function was set. Shows the node as it would be written by hand."""
    this = ""
    if 0 < len(partials) <= 4:
        comma = "," * (len(partials) == 1)
        this = f" This node is Value({data}, ({', '.join('abcd'[: len(partials)])}{comma}), {partials})."
    raise HandmadeNodeError(
        f"a Value has no _backward function that could be set: it keeps its local gradients as numbers.{this}"
        f" For a derivative of your own, {rewrite('data', len(partials) or 2)}"
    )


def no_attribute(node: Any, name: str) -> NoReturn:
    """Raises because an attribute of the result of an operation was set."""
    raise ReadOnlyError(
        f"the result of an operation has no attribute {name!r}, because it may be another object next time: name the"
        " node with v.label, or use v.detach() for a leaf, which can have attributes"
    )


def read_only(opcode: int) -> NoReturn:
    """Raises because the data of the result of an operation was set, or a Value in use made the result of one."""
    if opcode == ops.LEAF:
        raise ReadOnlyError(
            "a Value that exists already, or the node itself, cannot become a child's result: make a new Value of the"
            " children"
        )
    raise ReadOnlyError(
        f"the data of an interior node ({ops.NAMES[opcode]}) is the result of its operation and cannot be"
        " set: set the data of the leaves and compute again, or use v.detach() for a leaf of its own; to see what a"
        " result does, add to it: e = a * b + h"
    )
