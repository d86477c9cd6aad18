"""Explanations of odd graphs: leaves set between uses, very many paths, and what is not finite."""

from __future__ import annotations

import math
import pickle
import time
from itertools import islice
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector
from scalargrad.errors import AnomalyError, ArgumentError
from scalargrad.look import paths
from scalargrad.look.explaining import swept
from scalargrad.look.steps import names_of, several, users_of
from scalargrad.table.libm import zmul
from scalargrad.testing import strategies

# --- a leaf that was set between its uses -----------------------------------------------------------------------------


def stepped() -> tuple[Value, Value]:
    p = Value(1.0, label="p")
    loss = p * p
    for _ in range(2):
        p.data -= 0.1
        loss = loss + p * p
    loss.label = "L"
    return p, loss


def test_the_numbers_of_a_leaf_are_told_apart() -> None:
    p, loss = stepped()
    lines = str(sg.explain(loss, p)).splitlines()
    assert lines[0] == "6 paths lead from p to L" and "  p@0.8 (operand 1) -> v4 -> L: 0.8 * 1 = 0.8" in lines
    assert lines[-3:] == [
        "p was set between its uses: its derivative is the sum of the shares of p@1, p@0.9, p@0.8",
        "Their sum is the derivative; no digits cancel", "  dL/dp = 1 + 1 + 0.9 + 0.9 + 0.8 + 0.8 = 5.4"]  # fmt: skip
    assert str(sg.explain(loss, "p")) == str(sg.explain(loss, p))
    told = str(sg.explain(loss)).splitlines()
    assert "  v2 = p@0.9 * p@0.9 = 0.9 * 0.9 = 0.81" in told
    assert told[-1] == "  dL/dp = dL/dp@0.8 + dL/dp@0.9 + dL/dp@1 = 1.6 + 1.8 + 2 = 5.4"
    assert r"\frac{d L}{d p} = \frac{d L}{d \text{p@0.8}} + " in str(sg.explain(loss, format="markdown"))
    page = str(sg.explain(loss, format="html"))
    assert "it is a share of dL/dp, whose shares add up to 5.4" in page and "p was set between" in str(
        sg.explain(loss, p, "html")
    )
    assert "v4 = p@0.8 * p@0.8: data 0.64" in str(sg.draw(loss, "text"))


def test_numbers_that_look_alike_and_other_names() -> None:
    w = Value(0.0)
    y = w * 3.0
    for x in (-0.0, 1.0, 1.0 + 1e-9):
        w.data = x
        y = y + w * x
    assert names_of(swept(y)[0])[0] == "x1@0.0" and {"x1@-0.0", "x1@1.000000001"} <= {*names_of(swept(y)[0])}
    w.data = math.nan
    y = w * 2.0
    y.backward()  # closes its graph
    assert names_of(swept(y + w * 3.0)[0])[0] == "x1"  # nan is one number
    for label in ("", "x1"):
        with pytest.raises(ArgumentError, match=f"no number of the graph has the label '{label}'"):
            sg.explain(w * 2.0, label)


@given(strategies.expressions(), st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3))
def test_shares_add_up_to_the_gradient(e: Any, others: list[float]) -> None:
    values = [Value(x) for x in e.inputs]
    y: Any = e(*values)
    for x in others:
        values[0].data = x
        y = y + e(*values) * x
    assume(isinstance(y, Value) and y._op)
    steps, last = swept(y)
    y.backward()
    users = users_of(steps, last)
    for own in several(steps).values():
        wholes = {repr(steps[k].whole) for k in own}
        assert len(wholes) == 1 and wholes <= {repr(value.grad) for value in values}
        gains = [[zmul(steps[user].grad, partial) for user, partial in users[k]] for k in own]
        for k, each in zip(own, gains):
            total = 0.0
            for gain in each:
                total += gain
            assert repr(steps[k].grad + 0.0) == repr(total + 0.0)
        sizes = [abs(gain) for each in gains for gain in each]
        if all(map(math.isfinite, sizes)):
            sum_of_shares = math.fsum(steps[k].grad for k in own)
            assert abs(sum_of_shares - (steps[own[0]].whole or 0.0)) <= 1e-14 * len(sizes) * math.fsum(sizes)
        if paths.counted(steps, own, last) < 500:
            found = [path.product for path in paths.largest_first(steps, own, last)]
            if all(map(math.isfinite, found)):
                bound = 1e-14 * len(steps) * math.fsum(map(abs, found))
                assert abs(math.fsum(found) - (steps[own[0]].whole or 0.0)) <= bound


# --- very many paths --------------------------------------------------------------------------------------------------


def doubled(n: int, slope: float = 1.0) -> tuple[Value, Value]:
    y = x = Value(0.5)
    for _ in range(n):
        y = y * slope + y * slope
    return x, y


@pytest.mark.parametrize("slope", [1.0, 0.3, 0.7, 1.1])
def test_the_largest_of_many_that_tie(slope: float) -> None:
    """Exactly, or but for rounding."""
    x, y = doubled(500, slope)
    steps, last = swept(y)
    looked_at = Counting(steps)
    found = list(islice(paths.largest_first(looked_at, [0], last), 20))
    assert len({path.places for path in found}) == 20 and all(len(path.partials) == 1000 for path in found)
    assert looked_at.count < 20 * len(steps)  # it goes straight to each
    assert str(sg.explain(y, x)).startswith("about 10^151 paths lead from x1 to ")


class Counting(list[Any]):
    """Steps that count how often one is read."""

    count = 0

    def __getitem__(self, k: Any) -> Any:
        self.count += 1
        return super().__getitem__(k)


def test_a_network_whose_weights_are_equal() -> None:
    network = sg.nn.MLP(2, [8, 8, 8, 8, 1])
    for weight in network.parameters():
        weight.data = 0.1
    x = Value(0.3)
    y = network([x, 0.5])
    begun = time.perf_counter()
    lines = str(sg.explain(y, x)).splitlines()
    assert time.perf_counter() - begun < 20  # 0.1 s on a quiet machine
    assert lines[0].startswith("4,096 paths") and len({line.rpartition(" = ")[2] for line in lines[1:21]}) == 1


def test_long_chains_and_wide_sums() -> None:
    x, y = doubled(20_000)
    assert str(sg.explain(y, x, max_paths=2)).startswith("about 10^6021 paths lead from x1 to v60000\n")
    v = Vector([1.0] * 20_000)
    assert str(sg.explain(v.sum(), v[7])).startswith("1 path leads")
    z = y = Value(0.5)
    for _ in range(50_000):
        z = z * 0.5 if z.data > 1.0 else z * 3.0
    begun = time.perf_counter()
    assert str(sg.explain(z, y)).startswith("1 path leads from x1 to v50000")
    assert time.perf_counter() - begun < 20  # 0.7 s on a quiet machine


def test_products_beyond_the_doubles_keep_their_order() -> None:
    x = Value(1.0)
    y = x * 1e-250 + x * 1e-200 * 1e-200 * 1e100 * 1e100 + x * 2.0 + x * 0.0 + x * math.inf
    steps, last = swept(y)
    products = [path.product for path in paths.largest_first(steps, [0], last)]
    assert products == [math.inf, 2.0, pytest.approx(1e-200), 1e-250, 0.0]


# --- what is not finite -----------------------------------------------------------------------------------------------


def test_sums_that_are_not_those_of_the_products() -> None:
    x = Value(0.0, label="x")
    s = sg.sqrt(x)
    lines = str(sg.explain(s - s, x)).splitlines()
    assert lines[3].startswith("Not all of these numbers are finite, so their sum tells nothing: the sweep adds up")
    assert lines[4:] == ["  dv2/dx = 0"]
    assert str(sg.explain(s - s)).splitlines()[-2:] == [
        "  dv2/dx = dv2/dv1 * ∂v1/∂x = 0 * inf = 0", "In a sweep 0 times inf or nan is 0"]  # fmt: skip
    assert "In a sweep" not in str(sg.explain(x * 2.0 + (x < 1.0) * 0.0))


def test_joint_operations_are_swept_together() -> None:
    a, b = Matrix([[1e-200, 1e-200], [0.0, 1e-200]]), Vector([1e200, 1.0])
    s = sg.linalg.solve(a, b)
    assert "  dv3/dx6 = from all results of the operation together = inf\n" in str(sg.explain(s[0] * s[1]))
    assert "grad of x6 = from all results of the operation together = inf" in str(
        sg.explain(s[0] * s[1], format="html")
    )
    for y in (s[0] + s[1], s[0] * s[1]):
        for line in str(sg.explain(y)).splitlines():
            sides = line.split(" = ")
            if not line.startswith("  d") or "from all results" in line or len(sides) < 4:
                continue
            total = sum(zmul(*(float(x.strip("()")) for x in term.split(" * "))) for term in sides[2].split(" + "))
            wanted = float(sides[-1])
            assert total == wanted or (total != total and wanted != wanted) or total == pytest.approx(wanted, rel=1e-3)


def test_an_anomaly_can_be_explained() -> None:
    x = Value(0.0, label="x")
    with pytest.raises(AnomalyError), sg.detect_anomaly():
        y = sg.log(x) * 2.0
        assert "The -inf of v2 comes from v1" in str(sg.explain(y)) and "1 path" in str(sg.explain(y, x))
        assert "(x)" in str(sg.draw(y, "text")) and "log(0.0) made -inf" in str(sg.summary(y))
        root = sg.sqrt(x)
        assert "The inf of dv1/dx" in str(sg.explain(root))
        y.backward()
    with sg.no_grad():
        assert "1 path" in str(sg.explain(y, x))


# --- arguments, and pickles -------------------------------------------------------------------------------------------


def test_limits_are_counts() -> None:
    x = Value(2.0)
    for bad in (0, -1, 1e9, "a", True, None, math.nan):
        with pytest.raises(ArgumentError, match="got max_paths="):
            sg.explain(x * x, x, max_paths=bad)
        with pytest.raises(ArgumentError, match="got max_steps="):
            sg.explain(x * x, max_steps=bad)
        if bad not in (0, None):
            with pytest.raises(ArgumentError, match="draw takes max_nodes of at least 0, got"):
                sg.draw(x * x, max_nodes=bad)
    for bad in ([], None, 3):
        with pytest.raises(ArgumentError, match="takes the engine"):
            sg.draw(x * x, engine=bad)
    s = sg.linalg.solve(Matrix([[2.0, 1.0], [0.5, 3.0]]), Vector([1.0, 2.0]))
    with pytest.raises(ArgumentError, match="y was not computed from x"):
        sg.explain(s[0], s[1])


def test_pickles() -> None:
    y = Value(2.0, label="x") * 3.0
    for made in (sg.explain(y), sg.explain(y, "x"), sg.explain(y, format="html"), sg.draw(y), sg.draw(y, max_nodes=1)):
        twin = pickle.loads(pickle.dumps(made))
        assert str(twin) == str(made) and repr(twin) == repr(made) and twin.format == made.format
    assert pickle.loads(pickle.dumps(sg.explain(y)))._in("html") == sg.explain(y)._in("html")


def test_one_node_is_one_node() -> None:
    drawing = sg.draw(sg.sum([Value(1.0) for _ in range(70)]), "text")
    assert "\n1 node, depth 1," in str(drawing) and drawing.note.startswith("folded: 71 nodes of depth")
    assert sg.draw(Value(1.0), max_nodes=0).note.startswith("folded: 1 node of depth")


def test_a_dot_product_is_told_as_two_vectors_and_many_operands_are_cut() -> None:
    a, b, x, y = (Value(float(k), label=name) for k, name in enumerate("abxy", 1))
    d = sg.dot([a, b], [x, y])
    assert "v1 = dot([a, b], [x, y]) = dot([1, 2], [3, 4]) = 11" in str(sg.explain(d))
    many = [Value(float(k), label=f"w[{k}]") for k in range(40)]
    for result in (sg.prod(many), sg.dot(many, many), sg.softmax(many)[3]):
        lines = str(sg.draw(result, "text")).splitlines()
        assert max(map(len, lines)) <= 80
    assert "dot([w[0], ..., w[39]], [w[0], ..., w[39]])" in str(sg.draw(sg.dot(many, many), "text"))
