"""`Value`: one number in a graph, as users see it. The backend records and sweeps, see `core.py`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

from scalargrad import contexts, core
from scalargrad.convert import construct, short
from scalargrad.errors import HandmadeNodeError, ImplicitDetachWarning, NumberError, ReadOnlyError, RecordError
from scalargrad.table import faces, ops

if TYPE_CHECKING:
    from typing import Literal
    from weakref import WeakValueDictionary

    from scalargrad.functions import Real, ValueMethods
    from scalargrad.record import Record
else:
    ValueMethods = object  # only for type checkers: `faces.methods` makes these methods


def _seen() -> WeakValueDictionary[Any, Any]:
    """The object that `_prev` returned for each node, so that a traversal meets a node once. Made at first use."""
    from weakref import WeakValueDictionary

    return globals().setdefault("_nodes_seen", WeakValueDictionary())  # type: ignore[no-any-return]


class Value(core.Node, ValueMethods):
    """A number that remembers how it was computed.

    ``Value(data)`` makes a leaf, whose ``data`` and ``grad`` can be set. Operations on Values return interior nodes.
    ``data`` is an int, bool, float, Fraction, Decimal, numpy scalar or 0-d array, and is stored as a C double. Raises
    `NumberError` for anything else, `RangeError` for a number that is too large.

    >>> x = Value(3.0)
    >>> y = x**2 + 1
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)
    """

    __slots__ = ()

    if TYPE_CHECKING:  # the backend defines it

        def __init__(self, data: Real, _children: tuple[()] = ..., _op: Literal[""] = ...) -> None: ...

    def backward(self, seed: float = 1.0) -> None:
        """Adds d(self)/d(leaf) times `seed` to the grad of every leaf that self depends on.

        The grads of interior nodes are computed anew. All grads are set together at the end, so a call that fails or
        is interrupted changes nothing.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward(); x.grad
        27.0
        >>> y.backward(); x.grad
        54.0
        """
        if not isinstance(self, core.Node):
            found = f"{type(self).__name__} {short(self)}"
            raise NumberError(f"backward needs a Value, got {found}: no Value entered the computation")
        contexts.backward(self, seed if type(seed) is float else construct(seed))

    def detach(self) -> Value:
        """Returns a new leaf with the same number and no history.

        >>> (Value(2.0) * 3).detach()
        Value(data=6.0, grad=0.0)
        """
        return Value(self.data)

    # --- micrograd's view of the graph

    @property
    def _op(self) -> str:
        """The operation that made this node, as micrograd writes it. Empty for a leaf."""
        opcode = core.opcode(self)
        if opcode == ops.OPCODE["pow"]:
            exponent = core.operands(self)[1]
            if isinstance(exponent, float):
                return f"**{int(exponent) if exponent.is_integer() else exponent}"
        return ops.SYMBOLS[opcode]

    @_op.setter
    def _op(self, value: Any) -> None:
        construct(0.0, (), value or "?")

    @property
    def _prev(self) -> set[Value]:
        """The operands, with constants as leaves. The same node is the same object, as long as someone holds it."""
        key = core.key(self)
        if key is None:
            return set()
        seen = _seen()
        seen.setdefault(key, self)
        found: set[Value] = set()
        for k, operand in enumerate(core.operands(self)):
            if isinstance(operand, (float, int)):
                found.add(seen.setdefault((key, k), Value(operand)))
            else:
                operand_key = core.key(operand)
                found.add(operand if operand_key is None else seen.setdefault(operand_key, operand))  # type: ignore[arg-type]
        return found

    @_prev.setter
    def _prev(self, value: Any) -> None:
        construct(0.0, value or "?", "")

    @property
    def _backward(self) -> Callable[[], None]:
        raise ReadOnlyError(
            "a Value has no _backward function: the table of primitives holds the rules; call backward()"
        )

    @_backward.setter
    def _backward(self, value: Any) -> None:
        raise HandmadeNodeError(
            "a backward function cannot be set by hand: compose the operation from operators and the functions of"
            " scalargrad, whose derivatives are known"
        )

    # --- as a float

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else str(self)

    def __float__(self) -> float:
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

    locals().update(faces.methods(core.apply, "Value", "`scalargrad.{}` of this Value.", globals(), aliases=True))

    def conjugate(self) -> Value:
        """Returns the Value itself, because it is real."""
        return self


if not TYPE_CHECKING:
    # The backend's own type gets these methods: instances of a class derived from it would be larger and slower.
    for _name, _attribute in vars(Value).items():
        if _name not in ("__slots__", "__dict__", "__weakref__"):
            setattr(core.Node, _name, _attribute)
    core.Node.__name__ = core.Node.__qualname__ = "Value"
    Value = core.Node


def _leaf(cls: type[Value], data: float, grad: float) -> Value:
    """A leaf of any subclass, made without calling its __init__."""
    leaf: Any = cls.__new__(cls)
    leaf.data = data
    leaf.grad = grad
    return leaf  # type: ignore[no-any-return]


def _attributes(leaf: Value) -> dict[str, Any]:
    """The attributes that a subclass has added to a leaf, in its __dict__ or in slots."""
    found = dict(getattr(leaf, "__dict__", {}))
    for cls in type(leaf).__mro__:
        if cls is Value:
            break
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(leaf, name):
                found[name] = getattr(leaf, name)
    return found


def _from_record(*packed: Any) -> Value:
    """The root of a pickled history."""
    return unpickled(*packed)[0]


# `record` is imported when a history is first copied or pickled: importing the package stays quick.


def flattened(*results: Any) -> Record:
    """The histories of results of operations, as one record."""
    from scalargrad.record import Record

    return Record(*core.flatten(*results))


def copied(flat: Record, memo: dict[int, Any]) -> list[Value]:
    """The roots of a copy of a record, with deep copies of its leaves."""
    from copy import deepcopy

    return rebuilt(flat._replace(leaves=[deepcopy(leaf, memo) for leaf in flat.leaves]))


def pickled(flat: Record) -> tuple[Any, ...]:
    """A record as a pickle holds it."""
    from scalargrad.record import pack

    return pack(flat)


def unpickled(*packed: Any) -> list[Value]:
    """The roots of a pickled history. Raises `RecordError` if it is damaged or foreign."""
    from scalargrad.record import unpack

    try:
        return rebuilt(unpack(*packed))
    except RecordError as error:
        raise RecordError(f"this pickled history cannot be read: {error}") from None


def rebuilt(given: Record) -> list[Value]:
    """The roots of a record. Raises `RecordError` if it is not legal."""
    roots: Any = core.rebuild(*given)
    if roots is None:
        from scalargrad.record import validate

        validate(given)  # says why
        raise RecordError("its leaves are not Values that were made as such")
    return roots  # type: ignore[no-any-return]
