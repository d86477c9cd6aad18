"""Where a nan or an infinity comes from: the searches that `detect_anomaly` makes when it has found one."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Container
from typing import Any

from scalargrad import core
from scalargrad.nodes.view import partials_of_many
from scalargrad.table import ops
from scalargrad.table.libm import zmul

Key = tuple[int, int]  # of an interior node: a graph's serial number, and an index; of a leaf: 0, and its id
Contribution = tuple[Key, float]  # from which consumer, and what it added


def _key(node: core.Node) -> Key:
    return core.key(node) or (0, id(node))


def origin(node: core.Node) -> core.Node:
    """The operation that made the nan or infinity which `node` has: none of its operands is an operation's anomaly."""
    while True:
        operands: list[Any] = core.operands(node)
        bad = [k for k, x in enumerate(operands)
               if isinstance(x, core.Node) and core.key(x) is not None and not math.isfinite(x.data)]  # fmt: skip
        if not bad:
            return node
        values = core.operand_values(node)
        chosen = next((k for k in bad if _depends(core.opcode(node), values, k, node.data)), bad[0])
        node = operands[chosen]


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)


def _depends(op: int, values: list[float], k: int, result: float) -> bool:
    """Whether the result is another one when operand k is an ordinary number, as it is not where `where` masks it."""
    from scalargrad.table.evaluate import VALUE

    function = VALUE[op] if op < ops.FIRST_REDUCTION else None
    if function is None:
        return _same(values[k], result)
    return not _same(function(*values[:k], 0.5, *values[k + 1 :]), result)


def rule(root: core.Node, seed: float, leaves: Container[int] | None) -> tuple[core.Node, core.Node] | None:
    """The operation whose backward rule made the nan or infinity in the gradient of a leaf, and the leaf; or None.

    The leaves are given by their ids; None means all. The adjoints are computed anew, in the order of a sweep. From a
    leaf with a bad sum, the search goes up to the consumer that made it bad, until that one's own adjoint is finite.
    """
    nodes, uses = _reached(root)
    leaf: dict[Key, core.Node] = {}
    adjoints: dict[Key, float] = {_key(root): seed}
    added: dict[Key, list[Contribution]] = {}
    ready = [(-_key(root)[0], -_key(root)[1])]
    while ready:
        serial, index = heapq.heappop(ready)
        key = -serial, -index
        node, operands = nodes[key]
        for operand, partial in zip(operands, _partials(node)):
            if not isinstance(operand, core.Node):
                continue
            target = _key(operand)
            contribution = zmul(adjoints[key], partial)
            added.setdefault(target, []).append((key, contribution))
            adjoints[target] = adjoints[target] + contribution if target in adjoints else contribution
            uses[target] -= 1
            if not target[0]:
                leaf[target] = operand
            elif not uses[target]:
                heapq.heappush(ready, (-target[0], -target[1]))
    for key, adjoint in adjoints.items():
        if not key[0] and (leaves is None or key[1] in leaves) and not math.isfinite(adjoint):
            return nodes[_culprit(key, adjoints, added)][0], leaf[key]
    return None


def _reached(root: core.Node) -> tuple[dict[Key, tuple[core.Node, list[Any]]], dict[Key, int]]:
    """The operations that a root reaches, with their operands; and how often each node is an operand."""
    nodes: dict[Key, tuple[core.Node, list[Any]]] = {}
    uses: dict[Key, int] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        if _key(node) in nodes or core.key(node) is None:
            continue
        nodes[_key(node)] = node, core.operands(node)
        for operand in nodes[_key(node)][1]:
            if isinstance(operand, core.Node):
                uses[_key(operand)] = uses.get(_key(operand), 0) + 1
                pending.append(operand)
    return nodes, uses


def _partials(node: core.Node) -> Any:
    from scalargrad.table.evaluate import PARTIALS

    op, values = core.opcode(node), core.operand_values(node)
    if op >= ops.FIRST_REDUCTION:
        return partials_of_many(node)
    return [partial(*values, node.data) for partial in PARTIALS[op]]


def _culprit(key: Key, adjoints: dict[Key, float], added: dict[Key, list[Contribution]]) -> Key:
    """The node whose rule made the adjoint of `key` a nan or infinity, though its own adjoint is finite."""
    while True:
        sums = itertools.accumulate(contribution for _, contribution in added[key])
        key = next(consumer for (consumer, _), total in zip(added[key], sums) if not math.isfinite(total))
        if math.isfinite(adjoints[key]):
            return key
