"""The pure-Python backend: the operators of a Value. The C core has the same in csrc/record.c."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeVar, cast

from scalargrad.pure import tape
from scalargrad.table import ops

N = TypeVar("N", bound="Node")

_ADD, _SUB, _MUL, _DIV, _NEG, _ABS, _SQUARE, _POW, _FLOORDIV, _REMAINDER = (
    ops.OPCODE[name] for name in ["add", "sub", "mul", "div", "neg", "abs", "square", "pow", "floordiv", "remainder"]
)


class Node(tape.Node):
    """A handle with operators. Each returns a plain Value, also for operands of a subclass."""

    __slots__ = ()

    def __add__(self: N, other: Any) -> N:
        return _binary(_ADD, self, other)

    def __radd__(self: N, other: Any) -> N:
        return _reflected(_ADD, self, other)

    def __sub__(self: N, other: Any) -> N:
        return _binary(_SUB, self, other)

    def __rsub__(self: N, other: Any) -> N:
        return _reflected(_SUB, self, other)

    def __mul__(self: N, other: Any) -> N:
        return _binary(_MUL, self, other)

    def __rmul__(self: N, other: Any) -> N:
        return _reflected(_MUL, self, other)

    def __truediv__(self: N, other: Any) -> N:
        return _binary(_DIV, self, other)

    def __rtruediv__(self: N, other: Any) -> N:
        return _reflected(_DIV, self, other)

    def __floordiv__(self: N, other: Any) -> N:
        return _binary(_FLOORDIV, self, other)

    def __rfloordiv__(self: N, other: Any) -> N:
        return _reflected(_FLOORDIV, self, other)

    def __mod__(self: N, other: Any) -> N:
        return _binary(_REMAINDER, self, other)

    def __rmod__(self: N, other: Any) -> N:
        return _reflected(_REMAINDER, self, other)

    def __pow__(self: N, other: Any, modulus: None = None) -> N:
        if modulus is not None:
            return NotImplemented
        if not isinstance(other, tape.Node) and tape.read_number(other) == 2.0:
            return cast(N, tape.apply(_SQUARE, self))  # x**2 is x*x; every other power is the C library's pow
        return _binary(_POW, self, other)

    def __rpow__(self: N, other: Any) -> N:
        return _reflected(_POW, self, other)

    def __neg__(self: N) -> N:
        return cast(N, tape.apply(_NEG, self))

    def __abs__(self: N) -> N:
        return cast(N, tape.apply(_ABS, self))

    def __pos__(self: N) -> N:
        return self

    def __lt__(self, other: Any) -> bool:
        return _compare(operator.lt, self, other)

    def __le__(self, other: Any) -> bool:
        return _compare(operator.le, self, other)

    def __gt__(self, other: Any) -> bool:
        return _compare(operator.gt, self, other)

    def __ge__(self, other: Any) -> bool:
        return _compare(operator.ge, self, other)

    def __eq__(self, other: object) -> bool:
        return _compare(operator.eq, self, other)

    def __ne__(self, other: object) -> bool:
        return _compare(operator.ne, self, other)

    __hash__ = tape.Node.__hash__  # identifies the node, while equality compares numbers


def _binary(opcode: int, left: N, right: Any) -> N:
    number = right if isinstance(right, tape.Node) else tape.read_number(right)
    return NotImplemented if number is NotImplemented else cast(N, tape.apply(opcode, left, number))


def _reflected(opcode: int, right: N, left: Any) -> N:
    number = tape.read_number(left)
    return NotImplemented if number is NotImplemented else cast(N, tape.apply(opcode, number, right))


def _compare(comparison: Callable[[Any, Any], Any], left: tape.Node, right: Any) -> bool:
    return cast(bool, comparison(left._data, right._data if isinstance(right, tape.Node) else right))
