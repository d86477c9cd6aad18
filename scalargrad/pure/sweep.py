"""The pure-Python reverse sweep: one descending pass over each graph that the root reaches, latest closed graph first.

A node's adjoint is complete when the pass reaches the node, because all its consumers come after it in the graph.
"""

from __future__ import annotations

import heapq
import math
import operator
from array import array
from collections.abc import Iterable, Sequence
from typing import Literal

from scalargrad.pure.block import Block
from scalargrad.pure.effects import at_once
from scalargrad.pure.graph import Graph
from scalargrad.pure.quick import sweep as quick
from scalargrad.pure.tape import Bare, Node, opcode, operand_values, set_grad
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import PARTIALS
from scalargrad.table.libm import zmul

# The number of nodes of a large graph that are visited with care, before the quick sweep takes over. So a root that
# reaches less of it needs no scratch for all of it.
_FIRST, _LARGE = 64, 4096


class _Sweep:
    """The adjoints of all nodes that a root reaches, in scratch memory. `commit` stores them.

    With `care`, each product is `zmul`. Without, it may be a plain one, and `made_nan` tells if that has made a nan.
    """

    def __init__(self, care: bool = True, since: int = 0) -> None:
        self.care = care
        self.since = since  # it does not enter graphs that were closed up to this moment
        self.cut = False  # there was such a graph
        self.made_nan = False
        self.adjoints: dict[Graph, dict[int, float]] = {}
        self.whole: list[tuple[Graph, list[float]]] = []  # those of all nodes of a graph, up to the last one reached
        self.reached: dict[Graph, bytearray] = {}
        self.pending: list[tuple[int, Graph]] = []  # latest closed first
        self.leaf_sums: dict[int, tuple[Node, float]] = {}

    def reach(self, graph: Graph, index: int, adjoint: float) -> None:
        if 0 < graph.closed <= self.since:
            self.cut = True
            return
        if graph not in self.adjoints:
            self.adjoints[graph] = {}
            self.reached[graph] = bytearray(len(graph.nodes))
            heapq.heappush(self.pending, (-graph.closed, graph))
        self.adjoints[graph][index] = adjoint
        self.reached[graph][index] = 1

    def running_sum(self, graph: Graph, index: int) -> float | None:
        """For an entry, the sum so far of its leaf or linked node, because cutting the tape must not change a sum."""
        op, behind, _ = graph.node(index)
        if op == ops.LEAF:
            known = self.leaf_sums.get(id(behind[0]))
            return None if known is None else known[1]
        if op == ops.LINK:
            return self.adjoints.get(behind[0], {}).get(behind[1])
        return None

    def add(self, graph: Graph, index: int, contribution: float) -> float:
        """Adds to an adjoint. A leaf has one sum, in the order of its consumers, whichever of its entries they use."""
        adjoints = self.adjoints[graph]
        before, (op, _, _, behind, _, _) = adjoints.get(index), graph.nodes[index]
        if before is None:
            self.reached[graph][index] = 1
        if before is None or op == ops.LEAF:
            before = self.running_sum(graph, index)
        total = adjoints[index] = contribution if before is None else before + contribution
        if op == ops.LEAF:
            self.leaf_sums[id(behind[0])] = behind[0], total
        return total

    def visit(self, graph: Graph, index: int, check: bool) -> bool:
        """Adds a node's contributions to its operands. With `check`, returns False if one makes a nan or inf."""
        op, operands, z = graph.node(index)
        adjoint = self.adjoints[graph][index]
        if op == ops.LEAF:
            return True
        if op == ops.LINK:
            self.reach(operands[0], operands[1], adjoint)
            return True
        values = [graph.value(operand) for operand in operands]
        if op >= ops.FIRST_JOINT:
            contributions: Iterable[float] = self.joint(graph, index, op, values)
        elif op >= ops.FIRST_REDUCTION:
            contributions = (zmul(adjoint, partial) for partial in reductions.partials(op, values, z))
        else:
            contributions = (zmul(adjoint, partial(*values, z)) for partial in PARTIALS[op])
        for operand, contribution in zip(operands, contributions):
            if not isinstance(operand, float):
                total = self.add(graph, operand, contribution)
                if check and total - total != 0.0:
                    return False
        return True

    def joint(self, graph: Graph, index: int, op: int, values: list[float]) -> list[float]:
        """What all results of a joint operation contribute, at the first of them. The others only lead to it."""
        adjoints = self.adjoints[graph]
        if op == ops.ALSO:
            return [zmul(adjoints[index], 0.0)]
        from scalargrad.table import joint

        count = joint.count(op, len(values), values[0])
        return joint.pull(op, values, [adjoints.get(index + k, 0.0) for k in range(count)])

    def run(self, check: bool) -> tuple[Graph, int] | None:
        """Sweeps all graphs. With `check`, stops at the first node whose rule makes a nan or inf, and returns it."""
        while self.pending:
            graph = heapq.heappop(self.pending)[1]
            reached = self.reached[graph]
            index = reached.rfind(1)
            left = 0 if index < _LARGE else _FIRST
            while index >= 0:
                if left == 0 and not self.care and quick.sweep(self, graph, index):
                    break
                left -= 1
                if not self.visit(graph, index, check):
                    return graph, index
                index = reached.rfind(1, 0, index)
        return None

    def commit(self) -> None:
        """Stores all adjoints in one step."""
        leaves = [leaf for leaf, _ in self.leaf_sums.values()]
        sums = [total for _, total in self.leaf_sums.values()]
        add = map(set_grad, leaves, map(operator.add, map(Bare.__dict__["_grad"].__get__, leaves), sums))
        whole = [map(graph.adjoints.__setitem__, [slice(len(found))], [found]) for graph, found in self.whole]
        parts = [
            map(graph.make_room().__setitem__, found.keys(), found.values()) for graph, found in self.adjoints.items()
        ]
        at_once(add, *parts, *whole)  # the quick sweep went on from what was in parts


def _swept(
    root: Node, seed: float, check: bool, since: int = 0
) -> tuple[_Sweep, tuple[int, int, int, list[float], int] | None]:
    assert root._graph is not None
    root._graph.close()
    care = check
    while True:
        sweep = _Sweep(care, since)
        sweep.reach(root._graph, root._index, seed)
        made = sweep.run(check)
        if care or not sweep.made_nan:
            break
        care = True
    if made is None:
        return sweep, None
    graph, index = made
    op, operands, _ = graph.node(index)
    return sweep, (graph.serial, index, op, [graph.value(operand) for operand in operands[:3]], len(operands))


def gradients(
    root: Node, seed: float, check: bool, blocks: Sequence[Block], since: int
) -> tuple[bytes, bool] | tuple[int, int, int, list[float], int]:
    """Sweeps from the root, an interior node, and commits nothing.

    Returns what a backward would add to the leaves of the blocks, one after the other, as the bytes of doubles, 0.0 for
    a leaf that the sweep does not reach; and whether it reaches other leaves. It does not enter graphs that were closed
    up to the moment `since`. `check` is as in `backward`.
    """
    sweep, made = _swept(root, seed, check, since)
    if made is not None:
        return made
    known = [sweep.leaf_sums.get(id(item)) for block in blocks for item in block.items]
    found = array("d", [0.0 if leaf is None else 0.0 + leaf[1] for leaf in known]).tobytes()
    return found, sweep.cut or len(sweep.leaf_sums) > sum(leaf is not None for leaf in known)


def backward(root: Node, seed: float, check: int) -> tuple[int, int, int, list[float], int] | Literal[False] | None:
    """Sweeps from the root and commits, unless a check fails.

    With `check` 1, a nan or infinity stops the sweep. Then returns the node whose rule made it: its graph's serial
    number, its index, opcode, first three operands and number of operands. With 2, returns False if the sum for a leaf
    is not finite.
    """
    if root._graph is None:
        sweep = _Sweep()
        sweep.leaf_sums[id(root)] = root, seed
    else:
        sweep, made = _swept(root, seed, check == 1)
        if made is not None:
            return made
    if check == 2 and not all(math.isfinite(total) for _, total in sweep.leaf_sums.values()):
        return False
    sweep.commit()
    return None


def partials(node: Node) -> tuple[float, ...] | None:
    """The derivative of a node by each operand. None for a reduction; empty for a leaf."""
    op = opcode(node)
    if op >= ops.FIRST_REDUCTION:
        return None
    numbers = operand_values(node) if PARTIALS[op] else []
    return tuple([partial(*numbers, node._number) for partial in PARTIALS[op]])
