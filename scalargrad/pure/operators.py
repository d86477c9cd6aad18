"""The pure-Python backend: the operators of a Value. The C core has the same in csrc/python/operators.c."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

from scalargrad.pure import making, tape
from scalargrad.pure.quick import operators as quick
from scalargrad.table import ops

if TYPE_CHECKING:
    from scalargrad.arrays.base import Array
    from scalargrad.convert import Foreign, Number
    from scalargrad.value import Value

    A = TypeVar("A", bound=Array)

    class Operator(Protocol):
        """What an arithmetic operator returns, by the type of the other operand."""

        @overload
        def __call__(self, other: Number, /) -> Value: ...
        @overload
        def __call__(self, other: A, /) -> A: ...
        @overload
        def __call__(self, other: Foreign, /) -> Any: ...

    class Comparison(Protocol):
        """What a comparison returns, by the type of the other operand."""

        @overload
        def __call__(self, other: Number, /) -> bool: ...
        @overload
        def __call__(self, other: Foreign, /) -> Any: ...


N = TypeVar("N", bound="Node")

_ADD, _SUB, _MUL, _DIV, _NEG, _ABS, _POW, _FLOORDIV, _REMAINDER = (
    ops.OPCODE[name] for name in ["add", "sub", "mul", "div", "neg", "abs", "pow", "floordiv", "remainder"]
)
_TWO, _SQUARE = ops.SHORTCUTS[_POW]


def _operator(method: Callable[..., Any]) -> Operator:
    """The method itself, typed by `Operator`."""
    return cast("Operator", method)


def _comparison(method: Callable[..., bool]) -> Comparison:
    """The method itself, typed by `Comparison`."""
    return cast("Comparison", method)


@tape.results_are
class Node(tape.Node):
    """A handle with operators. Each returns a plain Value, also for operands of a subclass."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:
        __init__ = making.initialise

    @_operator
    def __add__(self: Node, other: Any) -> Any:
        return _binary(_ADD, self, other)

    @_operator
    def __radd__(self: Node, other: Any) -> Any:
        return _reflected(_ADD, self, other)

    @_operator
    def __sub__(self: Node, other: Any) -> Any:
        return _binary(_SUB, self, other)

    @_operator
    def __rsub__(self: Node, other: Any) -> Any:
        return _reflected(_SUB, self, other)

    @_operator
    def __mul__(self: Node, other: Any) -> Any:
        return _binary(_MUL, self, other)

    @_operator
    def __rmul__(self: Node, other: Any) -> Any:
        return _reflected(_MUL, self, other)

    @_operator
    def __truediv__(self: Node, other: Any) -> Any:
        return _binary(_DIV, self, other)

    @_operator
    def __rtruediv__(self: Node, other: Any) -> Any:
        return _reflected(_DIV, self, other)

    @_operator
    def __floordiv__(self: Node, other: Any) -> Any:
        return _binary(_FLOORDIV, self, other)

    @_operator
    def __rfloordiv__(self: Node, other: Any) -> Any:
        return _reflected(_FLOORDIV, self, other)

    @_operator
    def __mod__(self: Node, other: Any) -> Any:
        return _binary(_REMAINDER, self, other)

    @_operator
    def __rmod__(self: Node, other: Any) -> Any:
        return _reflected(_REMAINDER, self, other)

    @_operator
    def __pow__(self: Node, other: Any, modulus: None = None) -> Any:
        if modulus is not None:
            return NotImplemented
        if not isinstance(other, tape.Node) and tape.read_number(other) == _TWO:
            return tape.apply(_SQUARE, self)  # x**2 is x*x; every other power is the library's pow
        return _binary(_POW, self, other)

    @_operator
    def __rpow__(self: Node, other: Any) -> Any:
        return _reflected(_POW, self, other)

    def __neg__(self) -> Value:
        return cast("Value", tape.apply(_NEG, self))

    def __abs__(self) -> Value:
        return cast("Value", tape.apply(_ABS, self))

    def __pos__(self: N) -> N:
        return self

    @_comparison
    def __lt__(self: Node, other: Any) -> bool:
        return _compare(operator.lt, self, other)

    @_comparison
    def __le__(self: Node, other: Any) -> bool:
        return _compare(operator.le, self, other)

    @_comparison
    def __gt__(self: Node, other: Any) -> bool:
        return _compare(operator.gt, self, other)

    @_comparison
    def __ge__(self: Node, other: Any) -> bool:
        return _compare(operator.ge, self, other)

    def __eq__(self, other: object) -> bool:
        return _compare(operator.eq, self, other)

    def __ne__(self, other: object) -> bool:
        return _compare(operator.ne, self, other)

    __hash__ = tape.Node.__hash__  # identifies the node, while equality compares numbers


def _binary(opcode: int, left: Node, right: Any) -> Any:
    number = right if isinstance(right, tape.Node) else tape.read_number(right)
    return NotImplemented if number is NotImplemented else tape.apply(opcode, left, number)


def _reflected(opcode: int, right: Node, left: Any) -> Any:
    number = tape.read_number(left)
    return NotImplemented if number is NotImplemented else tape.apply(opcode, number, right)


def _compare(comparison: Callable[[Any, Any], Any], left: tape.Node, right: Any) -> bool:
    return cast(bool, comparison(left._number, right._number if isinstance(right, tape.Node) else right))


_ROWS = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floordiv", "mod": "remainder",
         "pow": "pow"}  # fmt: skip
quick.install(
    Node,
    {f"__{reflected}{name}__": row for name, row in _ROWS.items() for reflected in ("", "r")}
    | {"__neg__": "neg", "__abs__": "abs"},
)
