"""The transforms leave what others hold, keep to their thread and context, and nest."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.errors import AnomalyError
from tests.support import threads
from tests.support.engines import same
from tests.support.profiles import native_only


def cube(x: Any) -> Any:
    return x * x * x


# --- what others hold stays -------------------------------------------------------------------------------------------


def held() -> tuple[Value, Value, Vector]:
    """A leaf, an interior node and a Vector with grads."""
    w, v = Value(2.0), Vector([1.0, 2.0])
    y = w * w
    (y * 3 + (v * w).sum()).backward()
    return w, y, v


def test_grads_of_others_stay() -> None:
    w, y, v = held()
    before = (w.grad, y.grad, v.grad)
    transforms: list[Callable[[Any], Any]] = [
        lambda f: sg.grad(f)(1.5),
        lambda f: sg.grad(f)(w),
        lambda f: sg.value_and_grad(f)(y),
        lambda f: sg.jacobian(f)(1.5),
        lambda f: sg.jvp(f, (1.5,), (2.0,)),
        lambda f: sg.vjp(f, 1.5)[1](2.0),
    ]
    for transform in transforms:
        transform(lambda x: x * w * y + (v * x).sum())
        assert (w.grad, y.grad, v.grad) == before and w.data == 2.0
    for x, slope in ((w, 4.0), (y, 8.0)):
        found = sg.grad(lambda x: x * x)(x)
        assert type(found) is Value and found.data == slope and (w.grad, y.grad, v.grad) == before
        with sg.no_grad():
            assert same(sg.grad(lambda x: x * x)(x), slope)
    found.backward()  # 2y, and y is w²
    assert w.grad == before[0] + 8.0 and y.grad == 2.0


def test_an_exception_changes_nothing() -> None:
    w, y, v = held()
    before = (w.grad, y.grad, v.grad)

    def fails(x: Any) -> Any:
        _ = x * w * y
        raise RuntimeError("no")

    with sg.no_grad():
        for call in (sg.grad(fails), sg.jacobian(fails), lambda x: sg.vjp(fails, x), lambda x: sg.jvp(fails, [x], [x])):
            with pytest.raises(RuntimeError, match="no"):
                call(1.0)
        assert (x := Value(1.0) * 2)._op == "" and x.data == 2.0  # still inside
    assert (w.grad, y.grad, v.grad) == before
    assert sg.grad(lambda x: x * x)(3.0) == 6.0
    y.backward()
    assert w.grad == before[0] + 4.0


def test_inside_no_grad() -> None:
    def function(x: Any) -> Any:
        with sg.no_grad():
            constant = x * 2
        return constant * x

    with sg.no_grad():
        assert sg.grad(function)(3.0) == 6.0 and core.mode() & core.NO_GRAD
        with sg.no_grad():
            assert sg.jacobian(function)(3.0) == 6.0
        _, pullback = sg.vjp(lambda x: [x * x, x], 3.0)
        assert pullback([1.0, 1.0]) == (7.0,) and (Value(1.0) * 2)._op == ""
    assert core.mode() == 0 and (Value(1.0) * 2)._op == "*"


@native_only
def test_graphs_go_by_reference_counting(no_gc: None) -> None:
    def run(k: int) -> None:
        sg.grad(lambda x: x * x)(3.0)
        sg.jacobian(lambda x: x * x, has_aux=False)(np.ones(3))
        _, pullback = sg.vjp(lambda x: [x["a"] * 2], {"a": 1.0})
        pullback([1.0])
        sg.jvp(sg.exp, (1.0,), (1.0,))
        sg.grad(sg.grad(cube))(1.0)
        w = Value(2.0)
        found = sg.jvp(sg.grad(lambda x: x * x * w), (w,), (1.0,))[1] + sg.grad(sg.grad(lambda x: x * w * x))(1.0)
        found.backward()

    run(0)
    before = core.lib.sg_graphs_alive()
    for k in range(20):
        run(k)
    assert core.lib.sg_graphs_alive() == before


def test_detect_anomaly() -> None:
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        sg.grad(sg.sqrt)(0.0)
    with sg.detect_anomaly(), pytest.raises(AnomalyError, match="log"):
        sg.grad(sg.log)(0.0)
    with sg.detect_anomaly():
        assert sg.vjp(lambda x: [x, x], 1.0)[1]([1.0, 2.0]) == (3.0,)


def test_threads_are_independent() -> None:
    failures: list[Any] = []
    together = threading.Barrier(4)

    def work(k: int) -> None:
        try:
            together.wait()
            for i in range(100):
                x = [float(k), float(i)]
                assert sg.grad(lambda x: x[0] * x[0] * x[1])(x) == [2.0 * k * i, float(k * k)]
                assert sg.jacobian(lambda x: x * x)(np.array(x)).tolist() == [[2.0 * k, 0.0], [0.0, 2.0 * i]]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# --- higher orders ----------------------------------------------------------------------------------------------------


def helper(x: Any) -> Any:
    return sg.grad(cube)(x)


def in_thread(x: Any) -> Any:
    return threads.run([lambda: helper(x)])[0]


@pytest.mark.parametrize(
    ("function", "value", "slope"),
    [  # at 3; all numbers on the way are integers, so there is no rounding
        (sg.grad(cube), 27.0, 18.0),
        (helper, 27.0, 18.0),
        (in_thread, 27.0, 18.0),
        (lambda x: helper(x * 2 + 1), 147.0, 84.0),
        (lambda x: sg.grad(lambda y: y * x)(2.0), 3.0, 1.0),
        (lambda x: sg.grad(lambda y, z: y * z)(2.0, x), 3.0, 1.0),
        (lambda x: sg.grad(lambda y, *, z: y * z)(2.0, z=x), 3.0, 1.0),
        (lambda x: sg.grad(lambda y: (y, x), has_aux=True)(2.0)[1], 3.0, 1.0),
        (lambda x: sg.value_and_grad(lambda y: y[0] * 2)([x, 1.0])[0], 6.0, 2.0),
        (lambda x: sg.jacobian(lambda y: [y, y + x])(1.0)[0], 1.0, 0.0),
        (lambda x: sg.jacobian(lambda y: [v * v for v in y["a"]])({"a": [x, 1.0]})[0]["a"][0], 6.0, 2.0),
        (lambda x: sg.jvp(cube, (x,), (1.0,))[1], 27.0, 18.0),
        (lambda x: sg.jvp(cube, (1.0,), (x,))[1], 9.0, 3.0),
        (lambda x: sg.jvp(lambda y: y * x, (1.0,), (1.0,))[1], 3.0, 1.0),
        (lambda x: sg.vjp(cube, x)[1](1.0)[0], 27.0, 18.0),
        (lambda x: sg.vjp(cube, 1.0)[1](x)[0], 9.0, 3.0),
        (lambda x: sg.vjp(lambda y: y + x, 1.0)[0], 4.0, 1.0),
        (lambda x: sg.grad(sg.grad(cube))(x), 18.0, 6.0),
    ],
)
def test_a_transform_of_a_transform(function: Callable[[Any], Any], value: float, slope: float) -> None:
    assert same(function(3.0), value)
    assert same(sg.grad(function)(3.0), slope) and same(sg.jacobian(function)(3.0), slope)
    assert same(sg.value_and_grad(function)(3.0), (value, slope))
    found, pullback = sg.vjp(function, 3.0)
    assert same(found, value) and same(pullback(2.0), (2.0 * slope,))
    assert same(sg.jvp(function, (3.0,), (5.0,)), (value, 5.0 * slope))
    x = Value(3.0)
    y = function(x)
    if slope:
        y.backward()
        assert (y.data, x.grad) == (value, slope)
    else:
        assert same(y, value)
    with sg.no_grad():
        assert same(function(3.0), value) and float(function(x.data)) == value
    assert x.grad == slope and sg.grad(cube)(2.0) == 12.0


def test_an_array_of_an_outer_argument() -> None:
    def function(x: Any) -> Any:
        found = sg.jacobian(lambda y: y * y)(Vector([x, 1.0]))
        assert type(found) is Matrix
        return found[0, 0] * found[1, 1]

    slope = sg.grad(function)(3.0)  # 2x * 2c, where c is the element that the function made of 1.0, a leaf
    assert type(slope) is Value and slope.data == 4.0


def test_transforms_of_unrelated_numbers_inside() -> None:
    rate = Value(0.5)

    def function(x: Any) -> Any:
        value, slope = sg.value_and_grad(lambda y: y * y * rate)(4.0)
        assert sg.grad(cube)(x.data) == 12.0 and sg.grad(cube)(rate).data == 0.75
        assert same(sg.jacobian(lambda y: y * y)(np.array([1.0, 2.0])), np.array([[2.0, 0.0], [0.0, 4.0]]))
        return x * slope + value

    value, slope = sg.value_and_grad(function)(2.0)  # 8 rate x + 16 rate
    assert (value.data, slope.data, rate.grad) == (16.0, 4.0, 0.0)
    value.backward()
    assert rate.grad == 32.0
    slope.backward()
    assert rate.grad == 40.0
    with sg.no_grad():
        assert same(sg.value_and_grad(function)(2.0), (16.0, 4.0))
    _, pullback = sg.vjp(cube, 2.0)
    assert sg.grad(lambda x: x * pullback(1.0)[0])(1.0) == 12.0
    kept = []
    sg.grad(lambda x: kept.append(x) or x * x)(3.0)
    slope = sg.grad(cube)(kept[0])  # after its transform it is a Value like any other
    slope.backward()
    assert slope.data == 27.0 and kept[0].grad == 18.0


def test_importing_the_package_does_not_import_them() -> None:
    code = (
        "import sys, scalargrad as sg; assert 'scalargrad.transforms' not in sys.modules; assert 'grad' in dir(sg);"
        "assert sg.grad(lambda x: x * x)(3.0) == 6.0; from scalargrad import custom_vjp; sg.nothing"
    )
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert "has no attribute 'nothing'" in done.stderr and "AssertionError" not in done.stderr
