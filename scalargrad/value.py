"""`Value`: one number in a graph, as users see it. The backend records and sweeps, see `core.py`."""

from __future__ import annotations

import math
import numbers
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, overload

from scalargrad import contexts, core, names
from scalargrad.convert import label as text_of_label
from scalargrad.convert import real, short
from scalargrad.errors import ImplicitDetachWarning, NumberError
from scalargrad.nodes import running
from scalargrad.nodes.copies import _attributes, _leaf, copied, flattened, pickled
from scalargrad.nodes.copies import _from_record as _from_record  # pickles look for it here
from scalargrad.nodes.view import View
from scalargrad.table import faces

if TYPE_CHECKING:
    from typing import Literal

    from scalargrad.functions import Real, ValueMethods
else:
    ValueMethods = object  # only for type checkers: `faces.methods` makes these methods


def is_drawn(frame: FrameType | None) -> bool:
    """Whether matplotlib asks for a number, itself or through numpy: a picture has no gradient that could be lost."""
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "numpy":
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "matplotlib"


class Value(View, core.Node, ValueMethods):
    """A number that remembers how it was computed.

    ``Value(data, label="")`` makes a leaf, whose ``data`` and ``grad`` can be set. Operations on Values return interior
    nodes. ``data`` is an int, bool, float, Fraction, Decimal, numpy scalar or 0-d array, and is stored as a C double.
    Raises `NumberError` for anything else, `RangeError` for a number that is too large.

    >>> x = Value(3.0)
    >>> y = x**2 + 1
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)

    ``Value(data, children, local_grads)`` makes a node by hand. Its number is `data`, whatever the children are, and
    its derivative by each child is the local gradient. Children are Values or constants; one that is repeated counts
    each time. Without a Value among the children, and under `no_grad`, it is a leaf. Raises `ShapeError` unless there
    is one local gradient per child, `NumberError` for a Value as a local gradient, `HandmadeNodeError` for the name of
    an operation in their place.

    >>> y = Value(x.data**3, (x,), (3 * x.data**2,))
    >>> y.backward()
    >>> y.data, x.grad
    (27.0, 33.0)
    """

    __slots__ = ()

    if TYPE_CHECKING:  # the backend defines it

        def __init__(
            self,
            data: Real,
            children: Sequence[Value | Real] = ...,
            local_grads: Sequence[Real] | Literal[""] = ...,
            label: str = ...,
        ) -> None: ...

    def backward(self, seed: float = 1.0, **others: NoReturn) -> None:
        """Adds d(self)/d(leaf) times `seed` to the grad of every leaf that self depends on.

        The grads of interior nodes are computed anew. All grads are set together at the end, so a call that fails or
        is interrupted changes nothing. Raises `KeywordError` for PyTorch's `retain_graph`: it is not needed.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward(); x.grad
        27.0
        >>> y.backward(); x.grad
        54.0
        """
        for name in others:
            raise names.unexpected("backward()", name)
        if not isinstance(self, core.Node):
            found = f"{type(self).__name__} {short(self)}"
            raise NumberError(f"backward needs a Value, got {found}: no Value entered the computation")
        contexts.backward(self, seed if type(seed) is float else real(seed))

    def detach(self) -> Value:
        """Returns a new leaf with the same number and no history.

        >>> (Value(2.0) * 3).detach()
        Value(data=6.0, grad=0.0)
        """
        return Value(self.data)

    def item(self) -> float:
        """Returns the number, as ``data`` does.

        >>> Value(2.0).item()
        2.0
        """
        return self.data

    def zero_grad(self) -> None:
        """Sets the grad to 0.0."""
        self.grad = 0.0

    @property
    def label(self) -> str:
        """A text that names the node, for drawings and for the reader. It belongs to the node, not to this object:
        copies, pickles and `_prev` have it. Empty if none was set. Raises `ArgumentError` for what is no str.

        >>> x = Value(3.0, label="x")
        >>> y = x * 2
        >>> y.label = "y"
        >>> x.label, y.label, (y + 1).label
        ('x', 'y', '')
        """
        return core.label(self)

    @label.setter
    def label(self, text: str) -> None:
        core.set_label(self, text_of_label(text))

    # --- as a float

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else str(self)

    def __float__(self) -> float:
        if running.rules:
            running.refuse_reading()
        if not is_drawn(sys._getframe(1)):
            warnings.warn(
                "the gradient stops here; use sg.exp for math.exp, v.data for the number",
                ImplicitDetachWarning,
                stacklevel=2,
            )
        return self.data

    def __int__(self) -> int:
        return int(self.data)

    @overload
    def __round__(self, digits: None = None) -> int: ...
    @overload
    def __round__(self, digits: int) -> float: ...
    def __round__(self, digits: int | None = None) -> int | float:
        return round(self.data, digits)

    def __floor__(self) -> int:
        return math.floor(self.data)

    def __ceil__(self) -> int:
        return math.ceil(self.data)

    def __trunc__(self) -> int:
        return math.trunc(self.data)

    def __divmod__(self, other: Any) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Value, Value]:
        return other // self, other % self

    # --- copies

    def __copy__(self) -> Value:
        if core.key(self) is not None:
            return self
        twin = _leaf(type(self), self.data, self.grad)
        for name, attribute in _attributes(self).items():
            setattr(twin, name, attribute)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        from copy import deepcopy

        if core.key(self) is not None:
            return copied(flattened(self), memo)[0]
        twin = _leaf(type(self), self.data, self.grad)
        memo[id(self)] = twin
        for name, attribute in _attributes(self).items():
            setattr(twin, name, deepcopy(attribute, memo))
        return twin

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if core.key(self) is not None:
            return _from_record, pickled(flattened(self))
        return _leaf, (type(self), self.data, self.grad), (None, _attributes(self))

    # --- the functions of the table, as methods; numpy's ufuncs look for its own names on the elements of object arrays

    locals().update(faces.methods(core.apply, "Value", "`scalargrad.{}` of this Value.", globals()))

    def radians(self) -> Value:
        """The angle of so many degrees, in radians: for numpy, which looks for the name in object arrays."""
        return self * (math.pi / 180.0)

    def degrees(self) -> Value:
        """The angle of so many radians, in degrees."""
        return self * (180.0 / math.pi)

    deg2rad, rad2deg = radians, degrees

    if not TYPE_CHECKING:
        locals().update(names.absent(names.TENSOR_ATTRIBUTES))

    # --- as a numbers.Real

    @property
    def real(self) -> Value:
        """The Value itself."""
        return self

    @property
    def imag(self) -> float:
        """0.0."""
        return 0.0

    def conjugate(self) -> Value:
        """Returns the Value itself, because it is real."""
        return self


if not TYPE_CHECKING:
    # The backend's own type gets these methods: instances of a class derived from it would be larger and slower.
    for _name, _attribute in (*vars(View).items(), *vars(Value).items()):
        if _name not in ("__slots__", "__dict__", "__weakref__"):
            setattr(core.Node, _name, _attribute)
    core.Node.__name__ = core.Node.__qualname__ = "Value"
    Value = core.Node

numbers.Real.register(Value)
