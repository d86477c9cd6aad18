"""Graphs behind graphs, in part reached: links, cuts, unread results, grads and data set in between."""

from __future__ import annotations

import copy
import itertools
from array import array
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from tests.support.engines import bits
from tests.support.oracle import agree
from tests.test_records import same_graph


def close(node: Any) -> None:
    """Closes the node's graph, and leaves its grad at a number that shows where no later sweep comes."""
    node.backward(0.0)
    node.grad = 7.0


GRAPHS = 5
BEFORE = [[s for n in range(k + 1) for s in itertools.combinations(range(k), n)] for k in range(GRAPHS)]


@pytest.mark.parametrize("order", [1, -1], ids=["rising", "falling"])
def test_every_web_of_five_graphs(order: int) -> None:
    """Each graph sums any of those before it, and leaves some of its own nodes unread: all 1,024 webs. (The pure
    backend has one way to sweep: a third will do.)"""
    step = 1 if sg.backend() == "native" else 3
    for number, uses in itertools.islice(enumerate(itertools.product(*BEFORE)), 0, None, step):

        def program(m: Any, uses: Any = uses, number: int = number) -> list[Any]:
            x, w = m.Value(0.1), m.Value(-0.7)
            made: list[Any] = []
            aside: list[Any] = []
            for k, behind in enumerate(uses):
                y = x * (1.0 + k)
                for j in behind[::order]:
                    y = y * w + made[j]
                made.append(y)
                if (number >> k) % 2:
                    aside.append(y * 3.0)  # read by nobody
                    close(aside[-1])
                elif k < GRAPHS - 1:
                    close(y)
            x.grad = w.grad = 0.0
            made[-1].backward(0.3)
            if m is sg and number % 4 == 0:  # copies go through the graphs in the same order
                same_graph(made[-1], copy.deepcopy(made[-1]))
            return [x, w, *made, *aside]

        agree(program)


@pytest.mark.parametrize("cut", [None, 1, 2])
def test_every_web_in_one_graph(cut: int | None) -> None:
    """Swept from each of its nodes in turn: those that it does not reach, before it and after it, keep their grads."""
    step = 1 if sg.backend() == "native" else 7
    for uses in itertools.islice(itertools.product(*BEFORE), cut or 0, None, step if cut is None else 4 * step):

        def program(m: Any, uses: Any = uses) -> list[Any]:
            x, w = m.Value(0.1), m.Value(-0.7)
            made: list[Any] = []
            for k, behind in enumerate(uses):
                made.append(m.sum([w, *[made[j] for j in behind]]) if behind else x * w)
                if k == cut:
                    close(made[-1])
            found = []
            for root in made[::-1]:
                for k, node in enumerate(made):
                    node.grad = 7.0 + k
                root.backward(0.3)
                found += [m.Value(node.grad) for node in (x, w, *made)]
            return found

        agree(program)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 33])
def test_many_links_each_used_twice(count: int) -> None:
    """Each linked node has one entry, however many there are, and whichever handle is used."""

    def program(m: Any) -> list[Any]:
        x = m.Value(0.3)
        trunk = [x * (0.1 + k) for k in range(count + 1)]
        close(trunk[-1])
        again = trunk[0]
        if m is sg:  # a second handle of the first node
            (again,) = [v for v in (trunk[0] * 1.0)._prev if v._op]
        total = m.sum([*trunk[:count], again])
        for k in range(count):
            total = total * 0.5 + trunk[k]
        total = total + again
        total.backward()
        return [x, *trunk, total]

    agree(program)


def test_entries_are_made_once() -> None:
    """The index of a node counts the entries and nodes before it."""
    x, y = Value(1.0), Value(2.0)
    trunk = [x * float(k) for k in range(40)]
    trunk[0].backward(0.0)
    last = trunk[0] * trunk[1]
    assert core.key(last)[1] == 2  # type: ignore[index]
    last = last + x + x
    assert core.key(last)[1] == 5  # type: ignore[index]
    for _ in range(2):
        for k in range(40):
            last = last + trunk[k]
    assert core.key(last)[1] == 5 + 38 + 80  # type: ignore[index]
    last = sg.sum([last, y, y, *trunk, x])
    assert core.key(last)[1] == 5 + 38 + 80 + 2  # type: ignore[index]
    x.data = 5.0
    last = last * x * x
    assert core.key(last)[1] == 125 + 3  # type: ignore[index]
    x.__init__(6.0)  # type: ignore[misc]
    last = last * x
    assert core.key(last)[1] == 128 + 2  # type: ignore[index]


# --- what stands behind a root, and what beside it

SETTINGS = ["nothing", "interior grad", "leaf grad", "leaf data", "all"]


@pytest.mark.parametrize("between", SETTINGS)
@pytest.mark.parametrize("cut", ["open", "closed", "linked"])
def test_set_by_hand_between_two_sweeps(cut: str, between: str) -> None:
    """What is set enters nothing that was recorded; interior grads start afresh where the sweep comes, else stay."""

    def program(m: Any) -> list[Any]:
        x, w = m.Value(0.3), m.Value(-1.1)
        h = x * w
        aside = h * 2.0
        if cut != "open":
            close(h)
        y = h * h + x
        if cut == "linked":
            close(y)
        z = y * x
        for repeat in range(2):
            if between in ("interior grad", "all"):
                h.grad, y.grad, aside.grad = 5.0, -3.0, 4.0
            if between in ("leaf grad", "all"):
                x.grad = -2.0
            if between in ("leaf data", "all"):
                x.data = 0.9 + repeat
            z.backward(0.7)
        late = (z + x) * aside
        late.backward()
        aside.backward(0.1)
        return [x, w, h, aside, y, z, late]

    agree(program)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("cut", [None, 0, 1, 2])
def test_a_leaf_set_between_its_uses(cut: int | None, times: int) -> None:
    """Each use keeps the number of its time, and all add to one grad, in order, however the graph is cut."""

    def program(m: Any) -> list[Any]:
        x, w = m.Value(0.1), m.Value(0.7)
        nodes = [w * w]
        for k in range(times + 1):
            nodes.append(nodes[-1] * x + x * w)
            nodes.append(m.sum([nodes[-1], x, x, 3.0]))
            if k == cut:
                close(nodes[-1])
            x.data = 0.3 * k - 0.4
        z = nodes[-1] * 1.3 - x * x
        x.grad = 0.0
        z.backward(0.3)
        z.backward(0.3)
        return [x, w, *nodes, z]

    agree(program)


# --- in blocks of 64 nodes: what one sweep reached stays until another comes there

PLACES = [0, 1, 62, 63, 64, 65, 126, 127, 128, 129, 130]


@pytest.mark.parametrize("size", [63, 64, 65, 127, 128, 129, 131])
def test_grads_of_an_earlier_backward_stay(size: int) -> None:
    """Roots over a few nodes each, beside others that are not reached; all are looked at after every sweep."""

    def program(m: Any) -> list[Any]:
        x = m.Value(0.3)
        nodes = [x * (0.1 * k) for k in range(size)]  # node k stands at k + 1
        places = [k for k in PLACES if k < size]
        looked = []
        roots = [nodes[a] * nodes[b] for a, b in itertools.pairwise(places)]
        for seed, root in enumerate(roots, 1):
            root.backward(float(seed))
            looked += [m.Value(node.grad) for node in nodes]
        for node in nodes[:: size - 1]:
            node.backward(0.25)
            looked += [m.Value(node.grad) for node in nodes]
        m.sum(nodes).backward(-1.0)
        return [x, *nodes, *roots, *looked]

    agree(program)


@pytest.mark.parametrize("size", [1, 2, 62, 63, 64, 65, 126, 127, 128, 129])
def test_roots_in_the_middle_of_a_graph(size: int) -> None:
    """A chain, swept from each of its nodes near the edge of a block, and recorded further in between."""

    def program(m: Any) -> list[Any]:
        x, w = m.Value(0.9), m.Value(1.1)
        chain = [x * w]
        while len(chain) < size:
            chain.append(chain[-1] * w if len(chain) % 3 else chain[-1] + x)
        later = m.Value(2.0)
        after = [later * later, chain[-1] * later]  # in the same graph, behind the root
        for k in (size - 1, size // 2, 0, size - 1):
            chain[k].backward(0.7)
        return [x, w, later, *chain, *after]

    agree(program)


# --- results of arrays, read in part, over cuts

READS: dict[str, Any] = {
    "all": lambda v: v.sum(),
    "first": lambda v: v[0] * 1.0,
    "last": lambda v: v[len(v) - 1] * 1.0,
    "ends": lambda v: v[0] * v[len(v) - 1],
    "itself": lambda v: v @ v,
}


@pytest.mark.parametrize("cut", ["none", "by a node", "by another array", "twice"])
@pytest.mark.parametrize("n", [1, 2, 7, 65])
def test_arrays_that_are_read_in_part(n: int, cut: str) -> None:
    """Three operations on whole arrays, with leaves set and graphs closed in between; of each result a part is read."""
    reads = list(itertools.product(READS, READS, ("leaf", "numbers", "itself", "mixed")))
    for first, second, other in reads if n < 65 else reads[::9]:

        def program(m: Any, first: str = first, second: str = second, other: str = other) -> list[Any]:
            leaves = [m.Value(0.1 * k - 0.25) for k in range(n)]
            w = m.Value(1.7)
            a = m.Vector(leaves)
            operand: Any = {"leaf": w, "numbers": [0.5 + k for k in range(n)], "itself": a,
                            "mixed": m.Vector([w if k % 2 else 2.0 for k in range(n)])}[other]  # fmt: skip
            b = a * operand
            if cut == "by a node":
                close(w * w)
            elif cut != "none":
                close(b[0])
            leaves[0].data = 3.0
            c = b + w
            unread = c * b
            if cut == "twice":
                close(READS["last"](unread))
            d = c - b
            w.grad = 0.0
            root = READS[first](c) + READS[second](d) * w
            if cut == "none":
                READS["all"](b * 2.0)
            root.backward(0.3)
            READS[second](c).backward(0.1)
            items = [x for v in (b, c, d) for x in (v[k] for k in range(n))]
            return [w, *leaves, *items, root]

        agree(program)


def test_the_hash_is_of_the_node_in_its_graph() -> None:
    x = Value(1.0)
    nodes = [x * float(k) for k in range(50)]
    nodes[0].backward(0.0)
    others = [x * float(k) for k in range(50)]
    assert len({hash(v) for v in (*nodes, *others, x)}) == 101
    (twin,) = [v for v in (nodes[7] + 1.0)._prev if v._op]
    assert hash(twin) == hash(nodes[7]) and bits(twin.data) == bits(nodes[7].data)


@given(st.lists(st.permutations(range(20)), min_size=2, max_size=4), st.lists(st.integers(0, 20), min_size=4))
@example([[*range(20)], [*range(20)]], [20, 20, 20, 20])  # the parameters of a network, in the same order
@example([[*range(20)], [*range(19, -1, -1)]], [20, 9, 20, 20])
def test_leaves_that_enter_many_graphs_in_any_order(orders: list[list[int]], lengths: list[int]) -> None:
    """Their sums run on from graph to graph: whole numbers, so any order of adding gives them."""
    leaves, start = [Value(float(k)) for k in range(20)], Value(0.0)
    total, wanted = start * 1.0, [0.0] * 20
    for number, (order, length) in enumerate(zip(orders, lengths), 1):
        for k in order[:length]:
            total = total + leaves[k] * float(number)
            wanted[k] += number
        close(total)
    found: Any = core.gradients(total, 1.0, False, [core.block(leaves[:19]), core.block([start])], 0)
    assert array("d", found[0]).tolist() == [*wanted[:19], 1.0]
    assert found[1] == (wanted[19] != 0.0)
    for x in leaves:
        x.grad = 0.0
    total.backward()
    assert [x.grad for x in leaves] == wanted
