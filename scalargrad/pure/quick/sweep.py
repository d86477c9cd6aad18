"""The quick sweep, for a graph of which most is reached. csrc/sweep/dense.c does the same.

It goes down the list of nodes, and reads at each what is needed: a node that was recorded with its partials takes two
products and two sums. The products are plain; if one makes a nan, the sweep is done again with `zmul`. A nan does not
get lost on its way to the leaves, so the sums of leaves show it.
"""

from __future__ import annotations

import operator
from typing import Any

from scalargrad.pure.graph import UNREACHED, Graph
from scalargrad.table import ops, reductions
from scalargrad.table.evaluate import PARTIALS


def sweep(to: Any, graph: Graph, index: int) -> bool:
    """Sweeps what a sweep `to` has reached in a graph, up to the node `index`, and adds what it finds to it.

    Returns False, and changes nothing, if most nodes are not reached; if a leaf entered twice, because its second sum
    would run on from the first; and if there is a joint operation.
    """
    nodes: list[Any] = graph.nodes
    rest = reversed(nodes)
    if operator.length_hint(rest) != index + 1:
        nodes = nodes[: index + 1]
        rest = reversed(nodes)
    # From here on `rest` says where the sweep starts: a thread that was about to record when another one closed the
    # graph still appends its node.
    first = len(to.adjoints) == 1  # no other graph was reached: no sums of entries to run on from
    adjoints = _start(to, graph, index + 1, first)
    visited = {id(graph.nodes[k][3][0]) for k in to.adjoints[graph] if k > index and graph.nodes[k][0] == ops.LEAF}
    leaves: dict[int, tuple[Any, float]] = {}
    links: list[tuple[Graph, int, float]] = []
    unreached = UNREACHED
    skipped = 0
    for a, (op, z, i, p, j, q) in zip(reversed(adjoints), rest):
        if a is unreached:
            skipped += 1
            if skipped % 32 == 0 and skipped > (index + 1 - operator.length_hint(rest)) // 2:
                return False
        elif i is not None:
            adjoints[i] += a * p
            if j is not None:
                adjoints[j] += a * q
        elif op >= ops.FIRST:
            if op >= ops.FIRST_JOINT:
                return False
            values = [x if type(x) is float else nodes[x][1] for x in p]
            if op >= ops.FIRST_REDUCTION:
                for x, partial in zip(p, reductions.partials(op, values, z)):
                    if type(x) is not float:
                        adjoints[x] += a * partial
            else:
                for x, function in zip(p, PARTIALS[op]):
                    if type(x) is not float:
                        adjoints[x] += a * function(*values, z)
        elif a != a:
            to.made_nan = True
            return True
        elif op == ops.LINK:
            links.append((*p, a))
        elif leaves.setdefault(id(p[0]), (p[0], a))[1] is not a or (first and id(p[0]) in visited):
            return False
    to.leaf_sums.update(leaves)
    for link in links:
        to.reach(*link)
    if skipped and graph.adjoints:  # what this sweep does not reach keeps its adjoint
        to.adjoints[graph].update((k, a) for k, a in enumerate(adjoints) if a is not unreached)
    else:
        to.whole.append((graph, adjoints))
    return True


def _start(to: Any, graph: Graph, count: int, first: bool) -> list[float]:
    """The adjoints so far. Those of entries run on from the sum of the leaf, or of the linked node."""
    adjoints = [UNREACHED] * count
    if not first:
        for k, node in zip(range(count), graph.nodes):
            if 0 <= node[0] < ops.FIRST:
                total = to.running_sum(graph, k)
                if total is not None:
                    adjoints[k] = total
    for k, adjoint in to.adjoints[graph].items():
        if k < count:
            adjoints[k] = adjoint
    return adjoints
