"""The pure-Python backend: Value(data), and nodes by hand. The C core has the same in csrc/python/making.c."""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

from scalargrad import convert
from scalargrad.pure import attributes, tape, thread
from scalargrad.table import ops

N = TypeVar("N", bound=tape.Node)

_CUSTOM = ops.OPCODE["custom"]


def initialise(node: tape.Node, *args: Any, **kwargs: Any) -> None:
    """Value(data, children, local_grads, label)."""
    if len(args) == 1 and not kwargs and type(args[0]) in (float, int) and node._graph is None:
        tape.set_data(node, tape.read_number(args[0]))
        return
    data, children, partials, label = convert.construct(*args, **kwargs)
    if node._graph is not None:
        convert.read_only(tape.opcode(node))
    if any(isinstance(x, tape.Node) for x in children):
        record_by_hand(node, data, children, partials)
    else:
        tape.set_data(node, data)
    if label:
        attributes.set_label(node, label)


def record_by_hand(node: N, value: float, children: tuple[Any, ...], partials: tuple[float, ...]) -> N:
    """Makes a new Value the node of its children: the reduction `custom`, of its value, then children and partials."""
    operands = [value, *itertools.chain.from_iterable(zip(children, partials))]
    bits = thread.mode()
    if bits & thread.NO_GRAD:
        tape.set_data(node, value)
    else:
        if not tape.is_new(node) or any(x is node for x in children):
            convert.read_only(ops.LEAF)  # a graph may have it as a leaf
        for name in vars(node):
            convert.no_attribute(node, name)
        data = [x._number if isinstance(x, tape.Node) else x for x in operands]
        tape.become_interior(node, *tape.record_in(_CUSTOM, operands, data, value))
    if bits & thread.WATCH:
        tape.recorded(node, _CUSTOM, operands)
    return node
