"""The graph as a Value shows it: operands and partials, and micrograd's `_op`, `_prev` and `_backward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scalargrad import core
from scalargrad.convert import by_hand, no_backward
from scalargrad.errors import ReadOnlyError
from scalargrad.table import ops

if TYPE_CHECKING:
    from weakref import WeakValueDictionary

    from scalargrad.value import Value


def _seen() -> WeakValueDictionary[Any, Any]:
    """The object that `_prev` returned for each node, so that a traversal meets a node once. Made at first use."""
    from weakref import WeakValueDictionary

    return globals().setdefault("_nodes_seen", WeakValueDictionary())  # type: ignore[no-any-return]


def _operands(node: core.Node) -> list[tuple[int, Any]]:
    """The operands that a derivative is taken by, with their positions; without constants that are part of the op."""
    if core.key(node) is None:
        return []
    found, row = core.operands(node), ops.REDUCTION.get(core.opcode(node))
    return [(k, found[k]) for k in (row.arguments(len(found)) if row else range(len(found)))]


if TYPE_CHECKING:
    Base = core.Node
else:
    Base = object  # its methods go into the backend's own type


class View(Base):
    """These methods of Value."""

    __slots__ = ()

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """The operands in order, with constants as floats. Empty for a leaf.

        >>> from scalargrad import Value
        >>> x = Value(3.0)
        >>> (x * 2).operands
        (Value(data=3.0, grad=0.0), 2.0)
        """
        return tuple(x for _, x in _operands(self))

    @property
    def partials(self) -> tuple[float, ...]:
        """The derivative by each operand, as the next `backward` takes it. Empty for a leaf.

        >>> from scalargrad import Value
        >>> (Value(3.0) * 2).partials
        (2.0, 3.0)
        """
        opcode = core.opcode(self)
        if opcode == ops.LEAF:
            return ()
        from scalargrad.table import evaluate, reductions

        numbers = core.operand_values(self)
        if opcode < ops.FIRST_REDUCTION:
            return tuple(partial(*numbers, self.data) for partial in evaluate.PARTIALS[opcode])
        found = list(reductions.partials(opcode, numbers, self.data))
        return tuple(found[k] for k in ops.REDUCTION[opcode].arguments(len(numbers)))

    # --- micrograd's view of it

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
        by_hand(repr(self.data), len(self.operands), str(value))

    @property
    def _prev(self) -> set[Value]:
        """The set of operands, constants as leaves. The same node is the same object, as long as someone holds it."""
        key = core.key(self)
        if key is None:
            return set()
        seen = _seen()
        seen.setdefault(key, self)
        found: set[Value] = set()
        for k, operand in _operands(self):
            if isinstance(operand, (float, int)):
                found.add(seen.setdefault((key, k), core.Node(operand)))
            else:
                operand_key = core.key(operand)
                found.add(operand if operand_key is None else seen.setdefault(operand_key, operand))
        return found

    @_prev.setter
    def _prev(self, value: Any) -> None:
        by_hand(repr(self.data), len(value) if hasattr(value, "__len__") else 1, self._op)

    @property
    def _backward(self) -> Callable[[], None]:
        raise ReadOnlyError(
            "a Value has no _backward function: the table of primitives holds the rules; call backward()"
        )

    @_backward.setter
    def _backward(self, value: Any) -> None:
        no_backward(self.data, self.partials)
