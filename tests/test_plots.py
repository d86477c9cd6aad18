"""matplotlib draws Vectors and lists of Values as they are; everything else takes their numbers. scipy's optimisers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import ImplicitDetachWarning, Matrix, ScalargradError, Value, Vector, nn


@pytest.fixture
def axes() -> Iterator[Any]:
    figures = pytest.importorskip("matplotlib.figure")
    backend = pytest.importorskip("matplotlib.backends.backend_agg")
    figure = figures.Figure()
    backend.FigureCanvasAgg(figure)
    found = figure.add_subplot()
    yield found
    figure.canvas.draw()  # matplotlib converts some numbers here first


GIVEN = [
    ("a Vector", lambda x: Vector(x)),
    ("results", lambda x: Vector(x) * 1.0),
    ("a list of Values", lambda x: [Value(item) for item in x]),
    ("an object array", lambda x: np.array([Value(item) for item in x])),
    ("a constant", lambda x: sg.constant(x)),
]


@pytest.mark.parametrize("make", [make for _, make in GIVEN], ids=[name for name, _ in GIVEN])
def test_as_they_are(axes: Any, make: Any) -> None:
    """No warning: a picture has no gradient that could be lost. (pytest makes a warning an error.)"""
    x, y = make([1.0, 2.0, 4.0]), make([3.0, -1.0, 0.5])
    (line,) = axes.plot(x, y, "o-")
    assert np.asarray(line.get_xydata(), float).tolist() == [[1.0, 3.0], [2.0, -1.0], [4.0, 0.5]]
    (alone,) = axes.plot(y)
    axes.figure.add_subplot().plot(y)  # the first of its axes goes through another conversion
    assert np.asarray(alone.get_ydata(orig=False)).tolist() == [3.0, -1.0, 0.5]
    points = axes.scatter(x, y)
    assert np.asarray(points.get_offsets(), float).tolist() == [[1.0, 3.0], [2.0, -1.0], [4.0, 0.5]]
    bars = axes.bar([0, 1, 2], y)
    assert [bar.get_height() for bar in bars] == [3.0, -1.0, 0.5]
    axes.axhline(y[0])
    axes.set_xlim(x[0], x[2])


def test_a_picture_leaves_the_warning_elsewhere(axes: Any) -> None:
    v = Value(2.0)
    axes.plot([v, v])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        float(v)
        np.array([v], float)
    assert [w.category for w in caught] == [ImplicitDetachWarning] * 2


def test_everything_else_takes_the_numbers(axes: Any) -> None:
    """What the table of remedies in the documentation says."""
    x, m = Vector([1.0, 2.0, 4.0]), Matrix([[1.0, 2.0], [3.0, 4.0]])
    numbers, image = np.array(x.data), np.array(m.data)
    axes.hist(numbers)
    axes.imshow(image)
    axes.fill_between([0, 1, 2], numbers)
    with pytest.raises(TypeError):
        axes.imshow(np.array(m.tolist()))
    curve = Value(2.0) * sg.exp(-Value(0.5) * numbers)  # an object array
    assert Vector(curve).numpy().tolist() == [v.data for v in curve] == Vector(list(curve)).numpy().tolist()
    axes.hist(Vector(curve - numbers).numpy())
    axes.fill_between(numbers, Vector(curve).numpy())
    axes.imshow(Matrix(Value(2.0) * image).numpy())


# --- scipy -----------------------------------------------------------------------------------------------------------

T = np.linspace(0.0, 2.0, 20)
Y = 2.5 * np.exp(-1.3 * T) + 0.4


def model(p: Any, t: Any) -> Any:
    return p[0] * sg.exp(-p[1] * t) + p[2]


def test_a_curve_fit_by_scipy() -> None:
    """Plain data and a function of a list of parameters; scipy gets numbers of a type that it takes as they are."""
    optimize = pytest.importorskip("scipy.optimize")
    start = [1.0, 1.0, 0.0]

    def loss(p: Any) -> Any:
        return sg.mean((model(p, T) - Y) ** 2)

    found = optimize.minimize(sg.value_and_grad(loss), start, jac=True, method="BFGS", options={"gtol": 1e-9})
    assert found.x == pytest.approx([2.5, 1.3, 0.4], abs=1e-5)  # a gradient of 1e-9, over a curvature of 1e-3 or more

    def residuals(p: Any) -> Any:
        return model(p, T) - Y

    found = optimize.least_squares(residuals, start, jac=sg.jacobian(residuals))
    assert found.x == pytest.approx([2.5, 1.3, 0.4], abs=1e-6)
    of_curve = sg.jacobian(lambda p: list(model(p, T)))
    best, _ = optimize.curve_fit(
        lambda t, *p: model(p, t), T, Y, p0=start, jac=lambda t, *p: np.array(of_curve(list(p)))
    )
    assert best == pytest.approx([2.5, 1.3, 0.4], abs=1e-6)


def test_a_curve_fit_by_hand() -> None:
    """Twenty lines that a scientist types first: descent on the loss of an object array."""
    p = [Value(2.0), Value(1.0), Value(0.0)]
    before = None
    for _ in range(60):
        loss = sg.mean((model(p, T) - Y) ** 2)
        before = loss.data if before is None else before
        for v in p:
            v.grad = 0.0
        loss.backward()
        for v in p:
            v.data -= 0.5 * v.grad
    assert loss.data < before / 20


def test_scipys_ufuncs() -> None:
    """Those that are a row of the table have its gradient; others are refused by their own name."""
    special = pytest.importorskip("scipy.special")
    v, x = Value(0.5), Vector([0.5, 1.0])
    assert special.erf(v).data == sg.erf(0.5) and special.erf(x).data == [sg.erf(0.5), sg.erf(1.0)]
    for given in (v, x):
        with pytest.raises(ScalargradError, match=r"^expit has no rule for .*Values: write sg\.sigmoid\(x\)"):
            special.expit(given)
        with pytest.raises(ScalargradError, match=r"^gammaln has no rule for .*Values: write it by functions"):
            special.gammaln(given)


def test_scipys_sparse_matrices() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    for call in (nn.Linear(2, 1), Matrix, sg.constant):
        with pytest.raises(ScalargradError, match=r"got (a )?csr_matrix: (write|pass) x\.toarray\(\)"):
            call(sparse.csr_matrix(np.eye(2)))
