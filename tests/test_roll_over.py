"""Where a large graph is closed, to the node: from 65,536 on it waits for a quiet moment, at 131,072 no longer. And
graphs of every small size, where the room for nodes is used up. The pure backend runs with a thousandth of them."""

from __future__ import annotations

import copy
import itertools
import sys
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.pure import history, tape
from tests.support.profiles import native_only

NATIVE = sg.backend() == "native"
SIZES = (65_536, 98_304, 131_072)
NODES, WATCHED, MOST = SIZES if NATIVE else (64, 96, 128)
SPARE, OTHER = Value(1.0), Value(1.0)
LEAVES = [Value(1.0) for _ in range(MOST)]


@pytest.fixture(autouse=True)
def sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    if not NATIVE:
        for module, name, size in [(tape, "GRAPH_NODES", NODES), (tape, "GRAPH_WATCHED", WATCHED),
                                   (tape, "GRAPH_MOST", MOST), (history, "GRAPH_MOST", MOST)]:  # fmt: skip
            monkeypatch.setattr(module, name, size)


SET = tape.GRAPH_NODES, tape.GRAPH_WATCHED, tape.GRAPH_MOST


def test_the_sizes_of_the_pure_backend() -> None:
    assert SIZES == SET


def where(node: Value) -> tuple[int, int]:
    key = core.key(node)
    assert key is not None
    return key


def filled(count: int) -> Value:
    """A sum in a new graph, which has exactly `count` nodes then."""
    core.operands(SPARE * 1.0)[0].backward(0.0)  # type: ignore[union-attr]
    fresh = SPARE * 1.0
    fresh.backward(0.0)  # closes what was open
    total = sg.sum(LEAVES[: count - 1])
    assert where(total)[1] == count - 1
    return total


def test_an_expression_goes_on_up_to_the_most() -> None:
    y = filled(MOST - 1)
    graph = where(y)[0]
    y = y * 1.0
    assert where(y) == (graph, MOST - 1)
    y = y * 1.0
    assert where(y)[0] != graph and where(y)[1] == 1  # behind a link
    y = y * LEAVES[0]
    assert where(y)[1] == 3
    LEAVES[0].grad = LEAVES[1].grad = 0.0
    y.backward()
    assert (LEAVES[0].grad, LEAVES[1].grad) == (1.0 + y.data, 1.0)


@pytest.mark.parametrize("count", [NODES - 1, NODES, NODES + 1, WATCHED - 1])
def test_quiet_moments_that_come_early(count: int) -> None:
    y = filled(count)
    for k in range(2 if count == WATCHED - 1 else 4):
        now = where(SPARE * 1.0)
        assert now[0] == where(y)[0] or (count == WATCHED - 1 and k > 0)


def quiet(y: Value, upto: int) -> None:
    """Moments between NODES and WATCHED: one with as few handles as ever, one with more; up to `upto` nodes."""
    count = where(y)[1] + 1
    assert NODES <= count < WATCHED
    where(sg.sum(LEAVES[NODES : NODES + upto - count - 1 - 3]))
    more = y * 1.0
    assert where(OTHER * 1.0) == (where(more)[0], upto - 1)


def test_a_quiet_moment_closes_a_graph_that_is_large_enough() -> None:
    y = filled(NODES)
    quiet(y, WATCHED - 2)
    assert where(SPARE * 1.0) == (where(y)[0], WATCHED - 1)  # its entry, and it
    z = y * 1.0
    assert where(z) == (where(y)[0], WATCHED)  # an expression goes on
    del z
    assert where(SPARE * 1.0)[0] != where(y)[0]


def test_more_handles_than_ever_are_no_quiet_moment() -> None:
    y = filled(NODES)
    quiet(y, WATCHED)
    kept = y * 1.0
    assert where(SPARE * 1.0) == (where(y)[0], WATCHED + 2)
    del kept
    assert where(SPARE * 1.0)[0] != where(y)[0]


def test_at_the_most_no_handle_counts() -> None:
    y = filled(NODES)
    quiet(y, WATCHED)
    kept = [y * 1.0, sg.sum([y, *LEAVES[WATCHED : MOST - 4]])]
    assert where(kept[1]) == (where(y)[0], MOST - 4 + 1)
    kept.append(SPARE * 1.0)
    assert where(kept[2]) == (where(y)[0], MOST - 1)
    kept.append(SPARE * 1.0)
    assert where(kept[3]) == (where(kept[3])[0], 1) and where(kept[3])[0] != where(y)[0]


@pytest.mark.parametrize("case", ["under", "full", "further nodes", "leaves again"])
def test_a_copy_is_cut_at_the_most(case: str) -> None:
    """How many nodes the record has, and where the root stands: behind the cut a link and each leaf enter once."""
    x = LEAVES[0]
    total = sg.sum(LEAVES[: MOST - 2] if case == "under" else [*LEAVES, x] if case[0] == "l" else LEAVES[: MOST - 1])
    root = total * x * x if case == "further nodes" else total
    count, index = {"under": (MOST - 1, MOST - 2), "full": (MOST, MOST - 1), "further nodes": (MOST + 3, 3),
                    "leaves again": (MOST + 1, MOST)}[case]  # fmt: skip
    *record, leaves = core.flatten(root)
    assert len(record[0]) == count
    held = sys.getrefcount(x)
    (twin,) = core.rebuild(*record, leaves)
    assert where(twin)[1] == index
    if NATIVE:  # a reference for each entry of a graph that the root reaches
        assert sys.getrefcount(x) - held == (2 if case == "further nodes" else 1)
    x.grad = LEAVES[5].grad = 0.0
    twin.backward()
    assert LEAVES[5].grad == 1.0
    assert x.grad == {"further nodes": 1.0 + 2 * total.data, "leaves again": 2.0}.get(case, 1.0)


@native_only
def test_arrays_roll_over() -> None:
    x = Value(2.0)
    v = Vector([1.0] * 30_000) * x
    serials = []
    for k in range(6):
        v = v * 1.0 if k % 2 else v + v
        serials.append(where(v[0]))
        assert where(v[-1])[0] == serials[-1][0]
    assert (
        len({serial for serial, _ in serials}) == 2
    )  # 60,001, 90,001, 120,001, 150,001 nodes; then as many links again
    v.sum().backward()
    assert x.grad == 8 * 30_000.0


# --- the room for nodes: 8 at first, then twice as many


def test_every_small_size() -> None:
    """A node and up to 40 new leaves in a graph of any size up to 36: each is what it was."""
    for before, n in itertools.product(range(1, 35), (1, 2, 3, 5, 8, 13, 14, 15, 16, 29, 40)):
        x = Value(0.5)
        chain = [x * 2.0]
        for _ in range(before - 1):
            chain.append(chain[-1] + 1.0)
        new = [Value(float(k)) for k in range(n)]
        z = sg.where(*new, 2.0) if n == 2 else sg.clip(*new) if n == 3 else sg.sum(new)
        assert where(z) == (where(chain[0])[0], before + 1 + n)
        assert [v.data for v in core.operands(z) if not isinstance(v, float)] == [v.data for v in new]
        chain[-1].backward()
        assert (x.grad, chain[0].grad, z.grad, new[0].grad) == (2.0, 1.0, 0.0, 0.0)
        z.backward(3.0)
        if n not in (2, 3):
            assert [v.grad for v in new] == [3.0] * n
        assert chain[-1].data == 1.0 + (before - 1) and chain[0].data == 1.0
        twin: Any = copy.deepcopy(chain[-1])
        assert twin.grad == 1.0


@pytest.mark.parametrize("room", [8, 16, 32, 64])
def test_what_was_used_before_more_room_is_still_used(room: int) -> None:
    """A node that is used, before there is more room and again behind it, counts once: the other node that uses it
    is no part of the later one's sweep. The memory was a graph's before, of which nothing was used."""
    for before in range(2, room):
        x = Value(1.0)
        unused = [x * float(k) for k in range(2 * room - 1)]
        unused[0].backward(0.0)
        x, spare = Value(0.5), Value(2.0)
        y = x * 2.0
        aside = spare * y
        chain = [x * float(k) for k in range(before)]
        del unused
        more = [c * 1.0 for c in chain for _ in range(2 * room // before)]
        root = y + sg.sum(more)
        root.backward()
        assert (spare.grad, aside.grad, x.grad) == (0.0, 0.0, 2.0 + sum(range(before)) * (2 * room // before))
        assert str(spare.grad) == "0.0"
