"""The graph as a Value shows it: operands and partials, and what micrograd and microgpt call them."""

from __future__ import annotations

from _weakref import ref  # the module weakref takes a millisecond to import
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scalargrad import core
from scalargrad.convert import by_hand, no_backward
from scalargrad.nodes import displays
from scalargrad.table import ops
from scalargrad.table.libm import zmul

if TYPE_CHECKING:
    from scalargrad.value import Value

_LEAF, _FIRST_REDUCTION, _POW = ops.LEAF, ops.FIRST_REDUCTION, ops.OPCODE["pow"]


class _Reference(ref[Any]):
    """A weak reference that knows its key in `_seen`."""

    __slots__ = ("key",)
    key: Any


# The object that `_prev` returned for each node, by its key, so that a traversal meets a node once. A constant has the
# key of its node and its position.
_seen: dict[Any, _Reference] = {}


def _forget(reference: _Reference, seen: dict[Any, _Reference] = _seen) -> None:
    """Called when an object dies, also while Python exits and clears this module."""
    if seen.get(reference.key) is reference:
        del seen[reference.key]


def _shared(key: Any, node: Any) -> Any:
    """The object of a node that is in use already, or else this one."""
    reference = _seen.get(key)
    found = None if reference is None else reference()
    if found is None:
        _seen[key] = made = _Reference(node, _forget)
        made.key = key
        return node
    return found


def _many(opcode: int) -> ops.Reduction | ops.Joint:
    """The row of an operation on any number of operands."""
    return ops.REDUCTION[opcode] if opcode < ops.FIRST_JOINT else ops.JOINT[opcode]


def _operands(node: core.Node, opcode: int) -> list[Any]:
    """The operands that a derivative is taken by; without constants that are part of the operation."""
    if opcode == _LEAF:
        return []
    found = core.operands(node)
    if opcode < _FIRST_REDUCTION:
        return found
    return [found[k] for k in _many(opcode).arguments(len(found))]


def _children(node: Any) -> list[Value]:
    """The operands as Values, in order. A node is the same object in each traversal, as long as someone holds it. An
    exponent that `_op` names is no child."""
    key = core.key(node)
    if key is None:
        return []
    opcode = core.opcode(node)
    found: list[Any] = core.operands(node) if opcode < _FIRST_REDUCTION else _operands(node, opcode)
    if opcode == _POW and isinstance(found[1], float):
        del found[1]
    if key not in _seen:
        _shared(key, node)
    for k, operand in enumerate(found):
        if isinstance(operand, float):
            found[k] = _shared((key, k), core.Node(operand))
        elif operand_key := core.key(operand):
            found[k] = _shared(operand_key, operand)
    return found


def _step(node: Any) -> None:
    """One step of the chain rule: from the grad of a node to the grads of its operands."""
    gradient: float = node.grad
    for child, partial in zip(_children(node), node._local_grads):
        child.grad += zmul(partial, gradient)


def partials_of_many(node: core.Node) -> list[float]:
    """The partials by all operands of a reduction, or of a result of a joint operation."""
    from scalargrad.table import joint, reductions

    opcode, numbers = core.opcode(node), core.operand_values(node)
    if opcode >= ops.FIRST_JOINT:
        return joint.partials(opcode, numbers, core.place(node))
    return list(reductions.partials(opcode, numbers, node.data))


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
        return tuple(_operands(self, core.opcode(self)))

    @property
    def partials(self) -> tuple[float, ...]:
        """The derivative by each operand, as the next `backward` takes it. Empty for a leaf.

        >>> from scalargrad import Value
        >>> (Value(3.0) * 2).partials
        (2.0, 3.0)
        """
        found = core.partials(self)
        if found is not None:
            return found
        every = partials_of_many(self)
        return tuple(every[k] for k in _many(core.opcode(self)).arguments(len(every)))

    def _repr_svg_(self) -> str:
        """The drawing of the graph."""
        return displays.shown("graph", self)

    def _repr_latex_(self) -> str | None:
        """A formula, for documents that are printed by LaTeX; None for more than a few nodes."""
        return displays.shown("latex", self) or None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows at the end of a cell: the drawing of the graph, see `scalargrad.draw`. A notebook
        prefers HTML to LaTeX, and LaTeX to SVG, so beside a formula the drawing is HTML."""
        formula = self._repr_latex_()
        return {"text/html": self._repr_svg_(), "text/latex": formula} if formula else {}

    # --- micrograd's view of it

    @property
    def _op(self) -> str:
        """The operation that made this node, as micrograd writes it. Empty for a leaf."""
        opcode = core.opcode(self)
        if opcode == _POW:
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
        found = core.partials(self)
        if found is None:
            return self.partials
        if len(found) == 2 and core.opcode(self) == _POW and isinstance(core.operands(self)[1], float):
            return found[:1]
        return found

    @_local_grads.setter
    def _local_grads(self, value: Any) -> None:
        by_hand(repr(self.data), len(self.operands), self._op)
