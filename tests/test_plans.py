"""Hessians of functions that are called again: the C core's programs have the bits of the sweeps."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, core
from scalargrad.table import ops
from scalargrad.transforms import programs
from tests.support.hessians import rosenbrock
from tests.support.pieces import EXTREMES, REDUCTIONS, ROWS
from tests.support.plans import Runs, by_sweeps, forget, hold
from tests.support.profiles import FEW, full, native_only

pytestmark = native_only


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    forget(monkeypatch)
    return Runs(monkeypatch)


def random_function(seed: int, m: int = 1) -> Any:
    """A function of random operations, reductions too, with m results."""

    def f(x: Any) -> Any:
        r = random.Random(seed)
        pool = [*x]
        for _ in range(r.randrange(1, 15)):
            if r.random() < 0.85:
                op = r.choice(ROWS)
                made = core.apply(op, *(r.choice(pool[-6:]) if r.random() < 0.8 else r.choice(EXTREMES)
                                        for _ in range(ops.ARITY[op])))  # fmt: skip
            else:
                op = r.choice([op for op in REDUCTIONS if ops.NAMES[op] != "ruled"])
                row = ops.REDUCTION[op]
                count = r.randrange(1, 5) * (2 if row.pairs else 1)
                made = core.reduce(op, [0.5] * row.first + [r.choice(pool) for _ in range(count)])
            pool.append(made)
        made = [made + x[0] * x[1] for made in pool[-m:]]
        return made[0] if m == 1 else made

    return f


@settings(max_examples=8 * FEW)
@given(st.integers(0, 1 << 30), st.integers(1, 3), st.data())
def test_a_function_of_any_operations(seed: int, m: int, data: Any) -> None:
    number = st.one_of(st.sampled_from(EXTREMES), st.floats(-3, 3), st.floats())
    points = data.draw(st.lists(st.lists(number, min_size=3, max_size=3), min_size=3, max_size=5))
    with np.errstate(all="ignore"):
        hold(random_function(seed, m), points)


@pytest.mark.slow
def test_many_functions_of_any_operations() -> None:
    first = random.SystemRandom().randrange(1 << 30)
    for seed in range(first, first + full(20_000)):
        r = random.Random(seed)
        points = [[r.choice([*EXTREMES, r.uniform(-3, 3)]) for _ in range(3)] for _ in range(4)]
        hold(random_function(seed, 1 + seed % 3), points)


def test_the_third_call_runs_the_program(runs: Runs) -> None:
    hessian = sg.hessian(rosenbrock)
    for k in range(5):
        hessian([0.1 * k, 0.5, -1.0, 2.0])
        assert runs.count == max(0, k - 1)
    assert hessian([0.1 * 4, 0.5, -1.0, 2.0]) == by_sweeps(lambda: hessian([0.1 * 4, 0.5, -1.0, 2.0]))


def array_form(x: Any) -> Any:
    return (100.0 * (x[1:] - x[:-1] * x[:-1]) ** 2 + (1.0 - x[:-1]) ** 2).sum()


@pytest.mark.parametrize("form", [False, "csr", "coo"])
@pytest.mark.parametrize("f", [rosenbrock, array_form])
def test_arrays_and_sparse_forms(f: Any, form: Any, runs: Runs) -> None:
    pytest.importorskip("scipy.sparse")
    hessian, r = sg.hessian(f, sparse=form), np.random.default_rng(3)
    for _ in range(programs._AFTER + 2):
        x = r.normal(size=30)
        found, expected = hessian(x), by_sweeps(lambda x=x: hessian(x))  # type: ignore[misc]
        assert type(found) is type(expected)
        if form:
            assert (found - expected).nnz == 0 and found.nnz == expected.nnz == 88
            found, expected = found.toarray(), expected.toarray()
        assert found.tobytes() == expected.tobytes()
    assert runs.count == 2


def test_what_a_program_gives_is_the_callers_own(runs: Runs) -> None:
    """An array of scipy's that is changed in place changes no later result."""
    pytest.importorskip("scipy.sparse")
    hessian = sg.hessian(rosenbrock, sparse=True)
    x = [0.5, 1.0, 2.0]
    expected = hessian(x).toarray()
    for _ in range(4):
        found = hessian(x)
        assert (found.toarray() == expected).all()
        found.data[:], found.indices[:] = 7.0, 0
    assert runs.count == 3


def test_a_branch_of_python_makes_another_program(runs: Runs) -> None:
    def f(x: Any) -> Any:
        return x[0] ** 3 * x[1] if x[0].data > 0 else sg.sin(x[0]) * x[1] ** 2

    hold(f, [[s * (1.0 + k), 0.5] for k in range(4) for s in (1, -1)])
    assert runs.count == 4


def test_a_kink_of_the_table_is_decided_at_each_point(runs: Runs) -> None:
    def f(x: Any) -> Any:
        return sg.relu(x[0]) ** 2 + abs(x[1]) ** 3 + sg.maximum(x[0], x[1]) ** 2 + sg.where(x[0] > 0, x[1] ** 2, x[0])

    hold(f, [[a, b] for a in (1.0, -1.0, 0.0) for b in (2.0, -2.0, 0.0)])
    assert sg.hessian(f)([-1.0, -2.0]) == [[2.0, 0.0], [0.0, 12.0]]
    assert sg.hessian(f)([1.0, 2.0]) == [[2.0, 0.0], [0.0, 16.0]]
    assert runs.count == 0


def test_constants_are_part_of_the_structure(runs: Runs) -> None:
    for c in (2.0, 3.0, 2.0, 0.0, -0.0, 3.0, 2.0, 0.0, 3.0):
        assert sg.hessian(lambda x, c=c: c * x * x * x)(2.0) == 12.0 * c
    assert runs.count == 2  # at the third 2.0 and the third 3.0: -0.0 is another number than 0.0


def test_a_constant_that_is_nan_or_infinite(runs: Runs) -> None:
    for c in (float("nan"), float("inf")):
        hold(lambda x, c=c: sg.exp(x[0] * x[1]) * c + x[0] ** 2, [[0.5, 1.0], [0.0, 2.0], [0.25, 0.0]])
    assert runs.count > 0


def test_values_that_a_function_closes_over_keep_their_gradients(runs: Runs) -> None:
    w = Value(2.0)
    for k in range(4):
        found = sg.hessian(lambda x: w * x * x * x)(3.0)
        found.backward()
        assert (found.data, w.grad) == (18.0 * w.data, 18.0 * (k + 1))
        w.data += 1.0
    for k in range(4):
        with sg.no_grad():
            w.data = float(k)
            assert sg.hessian(lambda x: w * x * x * x)(3.0) == 18.0 * k
    assert runs.count == 0


def test_an_argument_that_is_a_value(runs: Runs) -> None:
    x = Value(3.0)
    for _ in range(4):
        found = sg.hessian(lambda x: x**4)(x)
        x.grad = 0.0
        found.backward()
        assert (found.data, x.grad) == (108.0, 72.0)
    with sg.no_grad():
        assert [sg.hessian(lambda x: x**4)(x) for _ in range(4)] == [108.0] * 4
    assert runs.count == 2


def test_nested_in_another_transform(runs: Runs) -> None:
    """The third derivative; then plain calls, inside of a function that is differentiated."""

    def f(x: Any) -> Any:
        return x**4

    for x in (1.0, 2.0, 3.0, 4.0):
        assert sg.grad(sg.hessian(f))(x) == 24.0 * x
        assert sg.grad(lambda y, x=x: y * sg.hessian(f)(x))(5.0) == 12.0 * x * x
    assert runs.count == 2


def test_data_that_is_set_inside(runs: Runs) -> None:
    """A leaf that is set has another number in the graph than it was given."""

    def f(x: Any) -> Any:
        before = x[0] ** 3
        x[0].data = x[0].data + 1.0
        return before + x[0] ** 3 * x[1]

    hold(f, [[1.0, 2.0], [2.0, 3.0], [4.0, 1.0], [0.0, 0.0]])


def test_several_results_aux_containers_and_arguments(runs: Runs) -> None:
    def f(p: Any, q: Any, scale: float = 1.0) -> Any:
        return {"a": p["w"] ** 2 * q[0], "b": [q[1] ** 3 * scale, 2.0, p["w"] * q[1]]}, p["w"] * 10

    hessian = sg.hessian(f, argnums=(0, 1), has_aux=True)
    for k in range(5):
        given = {"w": 1.0 + k}, [0.5 * k, 2.0 - k]
        found, aux = hessian(*given, scale=3.0)
        expected, of_sweeps = by_sweeps(lambda given=given: hessian(*given, scale=3.0))  # type: ignore[misc]
        assert found == expected and aux == of_sweeps == 10.0 * (1.0 + k) and type(aux) is float
    assert runs.count == 3


def test_the_sizes_of_empty_and_affine_functions(runs: Runs) -> None:
    for _ in range(4):
        assert sg.hessian(lambda x: sum(x, 0.0) * 1.0 + 1.0)([]) == []
        assert sg.hessian(lambda x: 2.0 * x[0] + x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
        assert sg.hessian(lambda x: x)(2.0) == 0.0


def test_an_anomaly_is_named_at_every_call(runs: Runs) -> None:
    with sg.detect_anomaly():
        for _ in range(4):
            with pytest.raises(sg.errors.AnomalyError):
                sg.hessian(lambda x: sg.log(x) * x)(0.0)
    assert runs.count == 0


def test_a_function_of_many_graphs(runs: Runs) -> None:
    """Its nodes fill several graphs: they have a sketch, or none; the numbers are right in any case."""
    n = 20_000

    def f(x: Any) -> Any:
        total = x[0]
        for k in range(n):
            total = total * 0.5 + x[k % 3] * x[(k + 1) % 3] * 0.25
            total = sg.sin(total)
        return total

    hold(f, [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.5, 0.5, 0.5]])


def test_threads_that_call_one_function() -> None:
    hessian, wrong = sg.hessian(rosenbrock), []
    points = [[0.1 * k, 0.5, -1.0 * k, 2.0] for k in range(40)]
    expected = [by_sweeps(lambda x=x: hessian(x)) for x in points]  # type: ignore[misc]

    def work() -> None:
        wrong.extend(x for x, e in zip(points, expected) if hessian(x) != e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
