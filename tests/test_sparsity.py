"""Sparsity: how many sweeps a hessian or jacobian takes, exact recovery, scipy's sparse arrays and solvers."""

from __future__ import annotations

import warnings
from collections import namedtuple
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.errors import (
    ImplicitDetachWarning,
)
from tests.support.engines import bits, same
from tests.support.hessians import H, X, numbers, rosenbrock

pytest.importorskip("scipy.sparse")

Pair = namedtuple("Pair", "first second")


@st.composite
def structures(draw: Any) -> tuple[int, list[tuple[int, int]], list[int]]:
    n = draw(st.integers(1, 9))
    pairs = [(i, k) for i in range(n) for k in range(i)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return n, edges, draw(st.lists(st.integers(0, n - 1), unique=True))


@given(structures(), st.data())
def test_recovery_is_exact(structure: Any, data: Any) -> None:
    """Whatever the pattern: the entries are those of single columns, to the bit, and no others are there."""
    n, edges, lone = structure
    x = data.draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n))

    def f(x: Any) -> Any:
        return sum((sg.sin(x[i] * x[k]) for i, k in edges), 0.0) + sum((sg.exp(x[i]) for i in lone), 0.0) + x[0]

    h, sparse = sg.hessian(f)(x), sg.hessian(f, sparse="coo")(x)
    columns = [sg.hvp(f)(x, [float(i == k) for i in range(n)]) for k in range(n)]
    expected = {(i, k) for i, k in edges} | {(k, i) for i, k in edges}
    expected |= {(i, i) for i in [*lone, *(k for edge in edges for k in edge)]}
    assert sorted(zip(sparse.row.tolist(), sparse.col.tolist())) == sorted(expected)
    assert list(zip(sparse.row.tolist(), sparse.col.tolist())) == sorted(expected)
    for i in range(n):
        for k in range(n):
            assert bits(h[i][k]) == bits(h[k][i])
            assert bits(h[i][k]) in (bits(columns[k][i]), bits(columns[i][k]))
            assert (i, k) in expected or bits(h[i][k]) == bits(0.0)
    assert same(np.array(h), sparse.toarray()) or (np.array(h) == sparse.toarray()).all()


# --- how many sweeps it takes ----------------------------------------------------------------------------------------


class Sweeps:
    """Counts the directions that tangents are taken in, and the seeds of adjoints that are recorded."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.directions = self.seeds = 0
        adjoint, tangent, hvps = core.adjoint, core.tangent, core.hvps

        def counted(record: Any, directions: Any) -> Any:
            self.directions += len(directions)
            return tangent(record, directions)

        def swept(record: Any, wanted: Any, seeds: Any) -> Any:
            self.seeds += len(seeds)
            return adjoint(record, wanted, seeds)

        def of_numbers(record: Any, wanted: Any, seeds: Any, directions: Any) -> Any:
            self.directions += len(directions) // len(wanted)
            return hvps(record, wanted, seeds, directions)

        patch.setattr(core, "hvps", of_numbers)
        patch.setattr(core, "tangent", counted)
        patch.setattr(core, "adjoint", swept)


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> Sweeps:
    monkeypatch.setattr(core, "sketch", lambda *_: None)  # at another call of a function, there may be no sweep
    return Sweeps(monkeypatch)


def arrowhead(x: Any) -> Any:
    return sum((sg.sin(x[0] * v) for v in list(x)[1:]), x[0] ** 3)


def blocks(x: Any) -> Any:
    return sum(sg.exp(x[k] * x[k + 1] * x[k + 2]) for k in range(0, len(x), 3))


@pytest.mark.parametrize(
    ("f", "directions"),
    [
        (lambda x: sg.sum(v**3 for v in x), 1),
        (rosenbrock, 3),
        (lambda x: sum(sg.sin(a * b * c) for a, b, c in zip(x, x[1:], x[2:])), 5),
        (arrowhead, 2),
        (blocks, 3),
        (lambda x: sg.sum(x) ** 2, 30),
        (lambda x: sg.sum(x), 0),
        (lambda x: sg.dot(x[:15], x[15:]), 2),
        (lambda x: sum(v**4 for v in x) * 1.0 + x[29] * x[0], 2),
    ],
    ids=["diagonal", "tridiagonal", "pentadiagonal", "arrowhead", "blocks", "dense", "linear", "bilinear", "corner"],
)
@pytest.mark.parametrize("sparse", [False, True])
def test_how_many_sweeps_it_takes(f: Any, directions: int, sparse: bool, sweeps: Sweeps) -> None:
    x = [0.1 * (k % 7) + 0.3 for k in range(30)]
    found = sg.hessian(f, sparse=sparse)(x)
    assert (sweeps.seeds, sweeps.directions) == (1, directions)
    n = np.array(found.toarray() if sparse else found)
    assert (n == n.T).all()
    product = sg.hvp(f)(x, [1.0] * 30)
    np.testing.assert_allclose(n.sum(axis=1), product, rtol=1e-12, atol=1e-12 * abs(n).sum(axis=1).max())
    assert (sweeps.seeds, sweeps.directions) == (1, directions + 1)


def test_results_that_share_no_input_share_sweeps(sweeps: Sweeps) -> None:
    found = sg.hessian(lambda x: [v**3 for v in x])([1.0, 2.0, 3.0])
    assert found == [[[6.0 * (k + 1) * (i == j == k) for j in range(3)] for i in range(3)] for k in range(3)]
    assert (sweeps.seeds, sweeps.directions) == (1, 1)


@pytest.mark.parametrize(("mode", "seeds", "directions"), [("forward", 0, 2), ("reverse", 2, 0), (None, 2, 0)])
def test_jacobians_of_bands(mode: Any, seeds: int, directions: int, sweeps: Sweeps) -> None:
    x = [0.1 * k for k in range(20)]

    def f(x: Any) -> Any:
        return [sg.sin(a) * b for a, b in pairwise(x)]

    found = sg.jacobian(f, mode=mode, sparse=True)(x)
    assert (sweeps.seeds, sweeps.directions) == (seeds, directions)
    assert found.shape == (19, 20) and found.nnz == 38
    dense = np.array(sg.jacobian(f)(x))
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-15, atol=0)
    assert mode == "forward" or same(found.toarray(), dense)
    before = sweeps.seeds, sweeps.directions
    values = sg.jacobian(f, mode=mode)([*map(Value, x)])
    assert same(numbers(values), found.toarray().tolist()) and type(values[0][0]) is Value
    assert (sweeps.seeds, sweeps.directions) == (before[0] + seeds, before[1] + directions)


@pytest.mark.parametrize(
    ("f", "seeds", "directions"),
    [
        (lambda x: [sg.sum(x), *(x[0] * v for v in x)], 0, 10),
        (lambda x: [x[0] * v for v in x], 0, 2),
        (lambda x: [sg.sum(x), *(v * v for v in x)], 2, 0),
        (lambda x: [3.0, 4.0], 0, 0),
        (lambda x: [x[0], x[0] * x[0]], 0, 1),
        (lambda x: [v * v for v in x], 1, 0),
    ],
    ids=["dense", "column", "row", "none", "two", "diagonal"],
)
def test_a_sparse_jacobian_takes_the_cheaper_side(f: Any, seeds: int, directions: int, sweeps: Sweeps) -> None:
    x = [0.5 + 0.1 * k for k in range(10)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImplicitDetachWarning)  # of the constants
        found, dense = sg.jacobian(f, sparse=True)(x), sg.jacobian(f, mode="reverse")(x)
    assert (found.toarray() == np.array(dense)).all()
    assert (sweeps.seeds, sweeps.directions) == (seeds, directions)


@given(structures(), st.data())
def test_jacobians_by_colours_are_those_by_rows(structure: Any, data: Any) -> None:
    n, edges, lone = structure
    x = data.draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n))

    def f(x: Any) -> Any:
        return [sg.sin(x[i] * x[k]) for i, k in edges] + [sg.exp(x[i]) for i in lone] + [x[0]]

    reverse = sg.jacobian(f, mode="reverse")(x)
    assert same(numbers(sg.jacobian(f, mode="reverse")([*map(Value, x)])), reverse)
    assert (sg.jacobian(f, mode="reverse", sparse=True)(x).toarray() == np.array(reverse)).all()
    np.testing.assert_allclose(sg.jacobian(f, mode="forward")(x), reverse, rtol=1e-15, atol=0)
    np.testing.assert_allclose(sg.jacobian(f, mode="forward", sparse="coo")(x).toarray(), reverse, rtol=1e-15, atol=0)


# --- arrays of scipy.sparse ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple, np.array, sg.constant])
def test_sparse_of_a_row(kind: Any) -> None:
    from scipy import sparse

    for form in (True, "csr", "coo"):
        found = sg.hessian(rosenbrock, sparse=form)(kind(X))
        assert isinstance(found, sparse.coo_array if form == "coo" else sparse.csr_array)
        assert found.shape == (3, 3) and found.dtype == float and found.nnz == 7
        np.testing.assert_allclose(found.toarray(), H, rtol=1e-14, atol=0)
        if form != "coo":
            assert found.has_sorted_indices and found.has_canonical_format
    x = np.array([1.0, 2.0, 3.0])
    assert (found @ x).tolist() == found.toarray().dot(x).tolist()


def test_sparse_of_other_containers() -> None:
    """The rows and columns are the numbers in the order of the containers, also where arrays stand before numbers."""

    def f(v: Any, p: Any) -> Any:
        return v[0] * p["a"] + v[1] * p["b"][1] ** 2 + p["b"][0] ** 3

    given = np.array([1.0, 2.0]), {"b": np.array([3.0, 4.0]), "a": 5.0}
    expected = np.zeros((5, 5))
    expected[0, 4] = expected[4, 0] = 1.0
    expected[1, 3] = expected[3, 1] = 8.0
    expected[3, 3], expected[2, 2] = 4.0, 18.0
    for form in ("csr", "coo"):
        found = sg.hessian(f, (0, 1), sparse=form)(*given)
        assert found.nnz == 6 and (found.toarray() == expected).all()
        assert form == "coo" or found.has_sorted_indices
    found = sg.hessian(f, 1, sparse=True)(*given)
    assert (found.toarray() == expected[2:, 2:]).all()
    found = sg.jacobian(lambda v, p: {"v": v * 2.0, "f": f(v, p)}, (0, 1), sparse=True)(*given)
    assert found.toarray().tolist() == [[2, 0, 0, 0, 0], [0, 2, 0, 0, 0], [5, 16, 27, 16, 1]]
    found = sg.hessian(lambda x: {"a": x[0] ** 2, "b": [x * x * x]}, sparse=True)(np.array([1.0, 2.0]))
    assert found["a"].toarray().tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert [each.toarray().tolist() for each in found["b"][0]] == [[[6.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 12.0]]]
    assert [each.nnz for each in found["b"][0]] == [1, 1]


def test_sparse_of_nothing() -> None:
    assert sg.hessian(lambda x: 3.0, sparse=True)([]).shape == (0, 0)
    assert sg.jacobian(lambda x: [], sparse=True)([1.0]).shape == (0, 1)
    assert sg.hessian(lambda x: x[0], sparse="coo")([1.0, 2.0]).nnz == 0


def test_entries_are_those_of_the_structure() -> None:
    """An entry that happens to be 0 is there."""
    found = sg.hessian(lambda x: x[0] ** 3 * x[1], sparse=True)([0.0, 5.0])
    assert found.nnz == 3 and found.toarray().tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_sparse_arrays_are_the_caller_s() -> None:
    h = sg.hessian(rosenbrock, sparse=True)
    first = h(X)
    first.data[:] = first.indices[:] = 0
    first.indptr[:] = 0
    np.testing.assert_allclose(h(X).toarray(), H, rtol=1e-14, atol=0)


def test_sparse_arrays_hold_numbers() -> None:
    w = Value(2.0)
    for transform in (sg.hessian, sg.jacobian):
        with pytest.warns(ImplicitDetachWarning, match="the gradient stops here.*no_grad") as caught:
            found = transform(lambda x: w * x[0] ** 2, sparse=True)([3.0])
        assert caught[0].filename == __file__ and found.toarray()[0, 0] == (4.0 if transform is sg.hessian else 12.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with sg.no_grad():
            assert sg.hessian(lambda x: w * x[0] ** 2, sparse=True)(Vector([3.0])).toarray().tolist() == [[4.0]]
        assert sg.hessian(lambda x: w * 1.0 + x[0] ** 2, sparse=True)([3.0]).toarray().tolist() == [[2.0]]


def test_aux() -> None:
    w = Value(3.0)

    def f(x: Any) -> Any:
        return x[0] ** 2 * x[1], {"first": x[0] * 2, "text": "a"}

    h, aux = sg.hessian(f, has_aux=True)([3.0, 2.0])
    assert h == [[4.0, 6.0], [6.0, 0.0]] and same(aux, {"first": 6.0, "text": "a"})
    found, aux = sg.hvp(f, has_aux=True)([3.0, 2.0], [1.0, 0.0])
    assert found == [4.0, 6.0] and same(aux, {"first": 6.0, "text": "a"})
    h, aux = sg.hessian(lambda x: ([x * x, x**3], w * x), has_aux=True)(3.0)
    assert h == [2.0, 18.0] and aux.data == 9.0
    aux.backward()
    assert w.grad == 3.0
    h, aux = sg.hessian(f, has_aux=True, sparse=True)([3.0, 2.0])
    assert h.nnz == 3 and aux["first"] == 6.0
    jacobian, aux = sg.jacobian(lambda x: ([x * x], x), has_aux=True, sparse=True, mode="forward")(3.0)
    assert jacobian.toarray().tolist() == [[6.0]] and aux == 3.0


# --- scipy takes them as they are ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "second"),
    [
        *((method, second) for method in ("trust-ncg", "Newton-CG", "trust-krylov") for second in ("hess", "hessp")),
        *(("trust-constr", second) for second in ("hess", "sparse", "hessp")),
        ("Newton-CG", "sparse"),
        ("trust-exact", "hess"),
    ],
)
def test_minimize(method: str, second: str) -> None:
    from scipy import optimize

    given: Any = {
        "hess": {"hess": sg.hessian(rosenbrock)},
        "sparse": {"hess": sg.hessian(rosenbrock, sparse=True)},
        "hessp": {"hessp": sg.hvp(rosenbrock)},
    }
    for first in (
        {"fun": sg.value_and_grad(rosenbrock), "jac": True},
        {"fun": rosenbrock, "jac": sg.grad(rosenbrock)},
    ):
        found = optimize.minimize(x0=[0.5, 1.5, -0.5, 1.0], method=method, tol=1e-8, **first, **given[second])
        assert found.x == pytest.approx(np.ones(4), abs=1e-5)


def test_scipy_s_rosenbrock() -> None:
    from scipy import optimize

    x, v = np.linspace(-1.5, 1.5, 12), np.linspace(1.0, -2.0, 12)
    np.testing.assert_allclose(sg.hessian(rosenbrock)(x), optimize.rosen_hess(x), rtol=1e-13, atol=0)
    np.testing.assert_allclose(sg.hvp(rosenbrock)(x, v), optimize.rosen_hess_prod(x, v), rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_larger_random_structures(seed: int, n: int) -> None:
    import random

    rng = random.Random(seed)
    edges = [(i, k) for i in range(n) for k in range(i) if rng.random() < 3 / n]
    x = [rng.uniform(-2, 2) for _ in range(n)]

    def f(x: Any) -> Any:
        return sum((sg.tanh(x[i] * x[k]) for i, k in edges), x[0] ** 2)

    h = np.array(sg.hessian(f)(x))
    for k in range(n):
        column = np.array(sg.hvp(f)(x, [float(i == k) for i in range(n)]))
        np.testing.assert_allclose(h[:, k], column, rtol=1e-13, atol=1e-14)
    assert (h == h.T).all()
