"""The graph as a Value shows it: operands and partials, and what micrograd and microgpt call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scalargrad import core
from scalargrad.convert import by_hand, no_backward
from scalargrad.table import ops
from scalargrad.table.libm import zmul

if TYPE_CHECKING:
    from weakref import WeakValueDictionary

    from scalargrad.value import Value


_nodes_seen: WeakValueDictionary[Any, Any] | None = None


def _seen() -> WeakValueDictionary[Any, Any]:
    """The object that `_prev` returned for each node, so that a traversal meets a node once. Made at first use."""
    global _nodes_seen
    if _nodes_seen is None:
        from weakref import WeakValueDictionary

        _nodes_seen = WeakValueDictionary()
    return _nodes_seen


def _operands(node: core.Node) -> list[tuple[int, Any]]:
    """The operands that a derivative is taken by, with their positions; without constants that are part of the op."""
    if core.key(node) is None:
        return []
    found, row = core.operands(node), ops.REDUCTION.get(core.opcode(node))
    return [(k, found[k]) for k in (row.arguments(len(found)) if row else range(len(found)))]


def _shown(node: core.Node) -> int | None:
    """How many of the operands are children. An exponent that `_op` names is none."""
    return 1 if core.opcode(node) == ops.OPCODE["pow"] and isinstance(core.operands(node)[1], float) else None


def _children(node: Any) -> list[Value]:
    """The operands as Values, in order. A node is the same object in each traversal, as long as someone holds it."""
    key = core.key(node)
    if key is None:
        return []
    seen = _seen()
    seen.setdefault(key, node)
    found: list[Value] = []
    for k, operand in _operands(node)[: _shown(node)]:
        if isinstance(operand, (float, int)):
            found.append(seen.setdefault((key, k), core.Node(operand)))
        else:
            operand_key = core.key(operand)
            found.append(operand if operand_key is None else seen.setdefault(operand_key, operand))
    return found


def _step(node: Any) -> None:
    """One step of the chain rule: from the grad of a node to the grads of its operands."""
    gradient: float = node.grad
    for child, partial in zip(_children(node), node.partials):
        child.grad += zmul(partial, gradient)


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
        return set(_children(self))

    @_prev.setter
    def _prev(self, value: Any) -> None:
        by_hand(repr(self.data), len(value) if hasattr(value, "__len__") else 1, self._op)

    @property
    def _backward(self) -> Callable[[], None]:
        """A function that adds to the grad of each operand what this node's grad contributes to it.

        >>> from scalargrad import Value
        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.grad = 1.0
        >>> y._backward()
        >>> x.grad
        6.0
        """
        return lambda: _step(self)

    @_backward.setter
    def _backward(self, value: Any) -> None:
        no_backward(self.data, self.partials)

    # --- microgpt's view of it

    @property
    def _children(self) -> tuple[Value, ...]:
        """The operands in order, with repetitions, constants as leaves. The objects are those of `_prev`."""
        return tuple(_children(self))

    @_children.setter
    def _children(self, value: Any) -> None:
        by_hand(repr(self.data), len(self.operands), self._op)

    @property
    def _local_grads(self) -> tuple[float, ...]:
        """The derivative by each of `_children`."""
        return self.partials[: _shown(self)]

    @_local_grads.setter
    def _local_grads(self, value: Any) -> None:
        by_hand(repr(self.data), len(self.operands), self._op)
