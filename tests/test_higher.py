"""`hessian` and `hvp`: closed forms over every container, symmetric to the bit, in few sweeps."""

from __future__ import annotations

import math
import sys
import warnings
from collections import namedtuple
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.errors import (
    ArgumentError,
    HigherOrderError,
    ImplicitDetachWarning,
    MissingExtraError,
    NumberError,
    ShapeError,
)
from scalargrad.testing import strategies
from tests.support.engines import bits, same

pytest.importorskip("scipy.sparse")  # most of what follows holds the sparse arrays too

Pair = namedtuple("Pair", "first second")


def rosenbrock(x: Any) -> Any:
    return sum((1 - x[i]) ** 2 + 100 * (x[i + 1] - x[i] ** 2) ** 2 for i in range(len(x) - 1))


def of_rosenbrock(x: list[float]) -> list[list[float]]:
    """Its hessian, by hand."""
    n = len(x)
    h = [[0.0] * n for _ in range(n)]
    for i in range(n - 1):
        h[i][i] += 2 - 400 * (x[i + 1] - 3 * x[i] ** 2)
        h[i][i + 1] = h[i + 1][i] = -400 * x[i]
        h[i + 1][i + 1] += 200
    return h


def numbers(x: Any) -> Any:
    """Containers of Values as containers of floats; arrays as nested lists."""
    if isinstance(x, (Vector, Matrix)):
        return x.numpy().tolist()
    if isinstance(x, dict):
        return {key: numbers(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [*map(numbers, x)]
    return x.data if isinstance(x, Value) else x.tolist() if isinstance(x, np.ndarray) else x


# --- closed forms, over every container ------------------------------------------------------------------------------


def test_of_a_number() -> None:
    assert sg.hessian(lambda x: x**3)(2.0) == 12.0 and sg.hvp(lambda x: x**3)(2.0, 10.0) == 120.0
    assert sg.hessian(lambda x, y: x**3 * y, 1)(2.0, 3.0) == 0.0
    assert sg.hessian(lambda x, y: x**3 * y, (0, 1))(2.0, 3.0) == ((36.0, 12.0), (12.0, 0.0))
    assert sg.hvp(lambda x, y: x**3 * y, (0, 1))(2.0, 3.0, (1.0, 10.0)) == (156.0, 12.0)
    assert sg.hvp(lambda x, y: x**3 * y, -1)(2.0, 3.0, 1.0) == 0.0
    assert sg.hessian(lambda x, power: x**power)(2.0, power=4) == 48.0
    assert sg.hvp(lambda x, power: x**power)(2.0, 1.0, power=4) == 48.0


X = [0.5, -1.0, 2.0]
V = [1.0, 10.0, -3.0]
H = of_rosenbrock(X)
HV = [sum(h * v for h, v in zip(row, V)) for row in H]


@pytest.mark.parametrize("kind", [list, tuple, np.array, Vector, lambda x: [*map(Value, x)], lambda x: sg.constant(x)],
                         ids=["list", "tuple", "numpy", "Vector", "Values", "constant"])  # fmt: skip
def test_of_a_row(kind: Any) -> None:
    x = kind(X)
    found, product = sg.hessian(rosenbrock)(x), sg.hvp(rosenbrock)(x, V)
    np.testing.assert_allclose(numbers(found), H, rtol=1e-14, atol=0)
    np.testing.assert_allclose(numbers(product), HV, rtol=1e-14, atol=0)
    of_values = isinstance(x, list) and isinstance(x[0], Value)
    expected = (
        Matrix
        if isinstance(x, Vector) and kind is Vector
        else list
        if not isinstance(x, (np.ndarray, tuple))
        else type(x)
    )
    assert type(found) is expected
    assert type(product) is (type(x) if kind is not list else list)
    if of_values:
        assert type(found[0][0]) is Value is type(product[0])
    with sg.no_grad():
        plain = sg.hessian(rosenbrock)(x)
        assert same(numbers(plain), numbers(found)) and "Value" not in repr(plain)


def test_of_a_matrix() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    expected = np.zeros((2, 2, 2, 2))
    for i in range(2):
        for k in range(2):
            expected[i, k, i, k] = 6 * x[i, k]
    found = sg.hessian(lambda m: sg.sum(m * m * m))(x)
    assert same(found, expected)
    assert same(sg.hvp(lambda m: sg.sum(m * m * m))(x, x), 6 * x * x)
    found = sg.hessian(lambda m: sg.sum(m * m * m))(Matrix(x.tolist()))
    assert numbers(found) == expected.tolist()
    assert numbers(sg.hvp(lambda m: sg.sum(m * m * m))(Matrix(x.tolist()), x)) == (6 * x * x).tolist()


def test_of_dicts_and_tuples() -> None:
    def f(p: Any) -> Any:
        return p["w"][0] ** 2 * p["w"][1] + p["b"] * p["w"][1] ** 3

    p = {"w": Pair(3.0, 2.0), "b": 5.0}
    assert same(sg.hessian(f)(p), {
        "w": Pair({"w": Pair(4.0, 6.0), "b": 0.0}, {"w": Pair(6.0, 60.0), "b": 12.0}),
        "b": {"w": Pair(0.0, 12.0), "b": 0.0},
    })  # fmt: skip
    assert same(sg.hvp(f)(p, {"w": (1.0, 0.0), "b": 1.0}), {"w": Pair(4.0, 18.0), "b": 0.0})


def test_of_arrays_beside_numbers() -> None:
    def f(p: Any) -> Any:
        return p["s"] * sg.dot(p["v"], p["v"])

    p = {"v": np.array([1.0, 2.0]), "s": 3.0}
    found = sg.hessian(f)(p)
    assert same(found["v"]["v"], 6.0 * np.eye(2)) and same(found["v"]["s"], np.array([2.0, 4.0]))
    assert same(found["s"]["v"], np.array([2.0, 4.0])) and found["s"]["s"] == 0.0


def test_of_several_results() -> None:
    def f(x: Any) -> Any:
        return {"a": [x[0] * x[1], x[1] ** 3], "b": 4.0, "c": sg.Vector([x[0] ** 2, x[2] * x[0]])}

    found = sg.hessian(f)([1.0, 2.0, 3.0])
    zero = [[0.0] * 3] * 3
    assert found["a"] == [[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0] * 3], [[0.0] * 3, [0.0, 12.0, 0.0], [0.0] * 3]]
    assert found["b"] == zero
    # as in JAX, an array of the result comes first in the shape of each entry
    assert found["c"] == [[[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]] * 3, [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]
    x = np.array([1.0, 2.0, 3.0])
    of_array = sg.hessian(lambda x: sg.stack([x * x, x * x * x]))(x)
    assert of_array.shape == (2, 3, 3, 3)
    for k in range(3):
        assert of_array[0, k, k, k] == 2.0 and of_array[1, k, k, k] == 6.0 * x[k]
    assert np.count_nonzero(of_array) == 6
    assert sg.hessian(lambda x: [x * x, 2.0], (0,))(3.0) == [((2.0,),), ((0.0,),)]


def test_shapes_are_those_of_jax() -> None:
    """Shapes, as (result, arguments): JAX's own documentation of `hessian` has the last."""
    m, v = np.ones((2, 3)), np.ones(3)
    found = sg.hessian(lambda m, v: m @ v * (m @ v), (0, 1))(m, v)
    assert [[each.shape for each in row] for row in found] == [
        [(2, 2, 3, 2, 3), (2, 2, 3, 3)],
        [(2, 3, 2, 3), (2, 3, 3)],
    ]
    assert found[1][0].tolist() == np.moveaxis(found[0][1], 3, 1).tolist()


@pytest.mark.parametrize("x", [[], (), {}, np.zeros(0), [[], {}]], ids=repr)
def test_of_nothing(x: Any) -> None:
    assert same(numbers(sg.hessian(lambda x: 3.0)(x)), numbers(x)) and same(sg.hvp(lambda x: 3.0)(x, x), x)


def test_of_results_without_numbers() -> None:
    assert sg.hessian(lambda x: [])(2.0) == [] and sg.hessian(lambda x: {"a": []})([1.0]) == {"a": []}


def test_linear_functions_and_constants() -> None:
    assert sg.hessian(lambda x: x[0] + 2 * x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert sg.hvp(lambda x: x[0] + 2 * x[1])([1.0, 2.0], [1.0, 1.0]) == [0.0, 0.0]
    with pytest.warns(ImplicitDetachWarning, match="no Value reached the result"):
        assert sg.hessian(lambda x: x[0].data ** 2)([1.0]) == [[0.0]]
    with pytest.warns(ImplicitDetachWarning, match="no Value reached the result"):
        assert sg.hvp(lambda x: x[0].data ** 2)([1.0], [1.0]) == [0.0]


def test_linear_algebra() -> None:
    """The logarithm of a determinant has the hessian -A⁻¹[j, k] A⁻¹[l, i]."""
    a = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, 0.2], [0.1, 0.4, 3.0]])
    inverse = np.linalg.inv(a)
    found = sg.hessian(lambda m: sg.linalg.slogdet(m)[1])(a)
    np.testing.assert_allclose(found, -np.einsum("jk,li->ijkl", inverse, inverse), rtol=1e-13, atol=1e-15)
    b = np.array([1.0, -2.0, 0.5])  # of b·A⁻¹b by b: A⁻¹ + A⁻ᵀ
    found = sg.hessian(lambda b: sg.dot(b, sg.linalg.solve(a, b)))(b)
    np.testing.assert_allclose(found, inverse + inverse.T, rtol=1e-13, atol=1e-15)


# --- symmetric, and the same by columns -------------------------------------------------------------------------------


@given(strategies.expressions(n_inputs=3))
def test_symmetric_to_the_bit_and_alike_from_both_sides(e: Any) -> None:
    x = e.inputs
    h = sg.hessian(lambda x: e(*x))(x)
    product = sg.hvp(lambda x: e(*x))
    columns = [product(x, [float(i == k) for i in range(3)]) for k in range(3)]
    scale = max(1.0, *(abs(each) for column in columns for each in column))
    for i in range(3):
        for k in range(3):
            assert bits(h[i][k]) == bits(h[k][i])
            both = columns[k][i], columns[i][k]
            assert bits(h[i][k]) in map(bits, both)
            # each is a sum of products along the paths, of at most 8 rows whose partials are below 16
            assert both[0] == pytest.approx(both[1], rel=1e-13, abs=1e-13 * scale)


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


# --- Values: as arguments, and closed over ---------------------------------------------------------------------------


def test_backward_through_a_hessian() -> None:
    """Of w x0² x1: [[2w x1, 2w x0], [2w x0, 0]]."""
    w, x = Value(2.0), [Value(3.0), Value(5.0)]
    h = sg.hessian(lambda x: w * x[0] ** 2 * x[1])(x)
    assert numbers(h) == [[20.0, 12.0], [12.0, 0.0]] and isinstance(h[1][1], float)
    assert h[0][1] is h[1][0]
    (h[0][0] + 10.0 * h[0][1]).backward()
    assert w.grad == 2 * 5 + 10 * 2 * 3 and [v.grad for v in x] == [10 * 2 * 2, 2 * 2]
    w.grad = 0.0
    closed = sg.hessian(lambda x: w * x[0] ** 2 * x[1])([3.0, 5.0])
    closed[0][0].backward()
    assert w.grad == 10.0
    with sg.no_grad():
        assert same(sg.hessian(lambda x: w * x[0] ** 2 * x[1])(x), [[20.0, 12.0], [12.0, 0.0]])


def test_backward_through_a_product() -> None:
    w, x, v = Value(2.0), [Value(3.0), Value(5.0)], [Value(7.0), Value(11.0)]
    found = sg.hvp(lambda x: w * x[0] ** 2 * x[1])(x, v)
    assert numbers(found) == [2 * 2 * (5 * 7 + 3 * 11), 2 * 2 * 3 * 7]
    found[0].backward()
    assert [u.grad for u in (w, *x, *v)] == [2 * (5 * 7 + 3 * 11), 4 * 11, 4 * 7, 20.0, 12.0]
    # of numbers, with a vector of Values alone
    v = [Value(7.0), Value(11.0)]
    found = sg.hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], v)
    found[0].backward()
    assert [u.grad for u in v] == [10.0, 6.0]
    with sg.no_grad():
        assert same(sg.hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], v), [136.0, 42.0])


@given(strategies.expressions(n_inputs=2))
def test_third_derivatives_by_backward_are_differences_of_second_ones(e: Any) -> None:
    def second(x: list[float]) -> list[float]:
        h = sg.hessian(lambda x: e(*x))(x)
        return [h[0][0], h[0][1], h[1][1]]

    leaves = [*map(Value, e.inputs)]
    h = sg.hessian(lambda x: e(*x))(leaves)
    for k, entry in enumerate((h[0][0], h[0][1], h[1][1])):
        for each in leaves:
            each.grad = 0.0
        if isinstance(entry, Value):
            entry.backward()
        for i in range(2):
            moved = [[x + s * 1e-4 * (i == j) for j, x in enumerate(e.inputs)] for s in (-2, -1, 1, 2)]
            a, b, c, d = (second(x)[k] for x in moved)
            estimate, size = (a - 8 * b + 8 * c - d) / 12e-4, max(map(abs, (a, b, c, d)))
            # the remainder, h⁴/30 times a seventh derivative of an expression within ±4, and the rounding of four
            # numbers that are divided by h
            assert leaves[i].grad == pytest.approx(estimate, rel=1e-4, abs=1e-4 + 1e-9 * size)


def test_nested() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 3 * x[1]

    x = [2.0, 5.0]
    assert sg.jacobian(sg.grad(f))(x) == sg.hessian(f)(x) == [[60.0, 12.0], [12.0, 0.0]]
    assert sg.grad(lambda x: sg.hessian(f)(x)[0][0])(x) == [30.0, 12.0]
    assert sg.hessian(lambda x: sg.hessian(f)(x)[0][0])(x) == [[0.0, 6.0], [6.0, 0.0]]
    assert sg.jacobian(sg.hessian(f))(x)[0] == [[30.0, 12.0], [12.0, 0.0]]
    assert sg.hvp(lambda x: sg.hvp(f)(x, [1.0, 0.0])[0])(x, [0.0, 1.0]) == [6.0, 0.0]
    assert sg.jvp(lambda x: sg.hvp(f)(x, [1.0, 0.0]), (x,), ([0.0, 1.0],))[1] == [12.0, 0.0]
    assert sg.hessian(lambda t: sg.grad(lambda s: s * t**3)(2.0))(3.0) == 18.0


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


def test_nothing_else_changes() -> None:
    w = Value(2.0)
    (w * w).backward()
    x = [Value(3.0)]
    h = sg.hessian(lambda x: w * x[0] ** 2)(x)
    sg.hvp(lambda x: w * x[0] ** 2)(x, [1.0])
    assert w.grad == 4.0 and x[0].grad == 0.0 and h[0][0].data == 4.0


# --- corners ---------------------------------------------------------------------------------------------------------


def test_kinks_and_masked_branches() -> None:
    assert sg.hessian(lambda x: sg.relu(x) ** 2)(0.0) == 0.0 and sg.hessian(abs)(0.0) == 0.0
    assert sg.hessian(lambda x: sg.where(x > 0, sg.sqrt(x), x * x))(-4.0) == 2.0
    assert sg.hessian(lambda x: sg.where(x > 0, sg.log(x), x * x))(0.0) == 2.0
    assert math.isnan(sg.hessian(lambda x: math.nan * sg.exp(x))(0.0)) and sg.hessian(sg.log)(0.0) == -math.inf
    # a nan stays where it is made, also where entries share a sweep
    h = sg.hessian(lambda x: math.nan * sg.exp(x[0]) + x[1] ** 2 * x[2])([-1.0, 2.0, 3.0])
    assert (
        math.isnan(h[0][0])
        and h[0][1:] == [0.0, 0.0] == [row[0] for row in h[1:]]
        and [row[1:] for row in h[1:]] == [[6.0, 4.0], [4.0, 0.0]]
    )


def test_detect_anomaly() -> None:
    with sg.detect_anomaly(), pytest.raises(sg.errors.AnomalyError):
        sg.hessian(lambda x: x**1.5)(0.0)
    with sg.detect_anomaly():
        assert sg.hessian(lambda x: x**3)(2.0) == 12.0 and sg.hvp(lambda x: x**3)(2.0, 1.0) == 12.0


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


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sg.hessian(3.0), ArgumentError, "hessian takes a function, got float 3.0"),
        (lambda: sg.hvp(3.0), ArgumentError, "hvp takes a function, got float 3.0"),
        (lambda: sg.hessian(abs, sparse="csc"), ArgumentError, 'sparse must be False, True, "csr" or "coo", got .csc'),
        (lambda: sg.hessian(abs, sparse=1), ArgumentError, "sparse must be"),
        (lambda: sg.jacobian(abs, sparse=None), ArgumentError, "sparse must be"),
        (lambda: sg.jacobian(abs, mode="fwd"), ArgumentError, 'mode must be None, "forward" or "reverse", got .fwd'),
        (lambda: sg.jacobian(abs, mode=True), ArgumentError, "mode must be"),
        (lambda: sg.hessian(abs, 1)(2.0), ArgumentError, "argnums=1 does not fit"),
        (lambda: sg.hessian(abs, 0.5)(2.0), ArgumentError, "argnums must be an int"),
        (lambda: sg.hessian(lambda x: None)(2.0), NumberError, "returned None"),
        (lambda: sg.hessian(lambda x: x)("a"), NumberError, "is a str"),
        (lambda: sg.hessian(lambda x: x, has_aux=True)(2.0), ArgumentError, "must return a pair"),
        (lambda: sg.hvp(abs)(), ArgumentError, r"hvp\(f\)\(x, v\)"),
        (lambda: sg.hvp(abs)(2.0), ArgumentError, "argnums=0 does not fit"),
        (lambda: sg.hvp(lambda x: x[0])([2.0, 1.0], [1.0]), ShapeError, "the vector must be a list of 2"),
        (lambda: sg.hvp(lambda x: x[0])(np.ones(2), np.ones(3)), ShapeError, r"the vector must have shape \(2,\)"),
        (lambda: sg.hvp(lambda x: x[0])([2.0], "a"), ShapeError, "the vector must be"),
        (lambda: sg.hvp(lambda x, y: x * y, (0, 1))(2.0, 1.0, 3.0), ShapeError, "must be a tuple of 2"),
        (lambda: sg.hvp(lambda x, y: x * y, (0, 1))(2.0, 1.0, (3.0,)), ShapeError, "must be a tuple of 2"),
        (lambda: sg.hvp(lambda x: [x, x])(2.0, 1.0), ShapeError, "hvp needs a function whose result is one number"),
        (lambda: sg.hessian(lambda x: Value(x.data, [x], [1.0]) * x)(2.0), HigherOrderError, "custom_vjp"),
        (lambda: sg.hvp(lambda x: Value(x.data, [x], [1.0]) * x)(2.0, 1.0), HigherOrderError, "custom_vjp"),
    ],
)  # fmt: skip
def test_errors(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def f(x: Any) -> Any:
        calls.append(x)
        return x[0] ** 2

    monkeypatch.setitem(sys.modules, "scipy", None)
    assert sg.hessian(f)([1.0]) == [[2.0]] and sg.jacobian(f)([1.0]) == [2.0] and len(calls) == 2
    for transform in (sg.hessian, sg.jacobian):
        with pytest.raises(MissingExtraError, match=r"pip install 'scalargrad\[sparse\]'"):
            transform(f, sparse=True)([1.0])
    assert len(calls) == 2


def test_names() -> None:
    def f(x: Any) -> Any:
        """A text."""
        return x * x

    for transformed in (sg.hessian(f), sg.hvp(f), sg.jacobian(f, sparse=True)):
        assert transformed.__name__ == "f" and transformed.__doc__ == "A text."


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
