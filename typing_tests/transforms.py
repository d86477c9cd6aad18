"""Transforms keep the signature of what they transform; decorators too."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import scalargrad as sg
from scalargrad import Value


def cubed(x: Value, scale: float = 1.0) -> Value:
    return scale * x**3


def of_list(x: list[Value]) -> Value:
    return x[0] * x[1]


def of_floats(x: float, *, power: int) -> float:
    return x**power


def with_aux(x: Value) -> tuple[Value, dict[str, Value]]:
    return x * x, {"x": x}


def two(x: Value, y: Value) -> list[Value]:
    return [x * y, x + y]


# grad: the result is like the first argument, with floats for Values
assert_type(sg.grad(cubed)(3.0), float)
assert_type(sg.grad(cubed)(3, 2.0), float)
assert_type(sg.grad(cubed)(3.0, scale=2.0), float)
assert_type(sg.grad(cubed)(Value(3.0)), float)
assert_type(sg.grad(of_list)([1.0, 2.0]), list[float])
assert_type(sg.grad(of_list)([1, 2]), list[float])
assert_type(sg.grad(of_list)([Value(1.0), Value(2.0)]), list[float])
assert_type(sg.grad(of_floats)(1.0, power=2), float)
assert_type(sg.grad(lambda x: x**2)(3.0), float)
assert_type(sg.grad(lambda x, y: x**2 * y)(3.0, 2.0), float)
assert_type(sg.grad(lambda p: p["w"][0] + p["b"])({"w": [2.0], "b": 1.0}), dict[str, Any])
assert_type(sg.grad(with_aux, has_aux=True)(3.0), tuple[float, Any])
assert_type(sg.grad(lambda x, y: x * y, (0, 1))(3.0, 2.0), tuple[Any, ...])
assert_type(sg.grad(lambda x, y: (x * y, x), (0, 1), has_aux=True)(3.0, 2.0), tuple[tuple[Any, ...], Any])


def gradient_of_array(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return sg.grad(lambda v: sg.sum(v * v))(x)


# value_and_grad
assert_type(sg.value_and_grad(cubed)(3.0, scale=2.0), tuple[float, float])
assert_type(sg.value_and_grad(of_list)([1.0, 2.0]), tuple[float, list[float]])
assert_type(sg.value_and_grad(with_aux, has_aux=True)(3.0), tuple[tuple[float, Any], float])
value, gradient = sg.value_and_grad(of_list)([1.0, 2.0])
assert_type(gradient[0], float)

# jvp and vjp
assert_type(sg.jvp(cubed, (3.0,), (1.0,)), tuple[float, float])
assert_type(sg.jvp(two, (3.0, 2.0), (1.0, 0.0)), tuple[Any, Any])
assert_type(sg.jvp(with_aux, (3.0,), (1.0,), has_aux=True), tuple[Any, Any, Any])
y, pullback = sg.vjp(cubed, 3.0)
assert_type(y, float)
assert_type(pullback(1.0), tuple[Any, ...])

# jacobian: the other arguments keep their types
rows: list[list[float]] = sg.jacobian(lambda x: [x[0] * x[1], x[0]])([3.0, 2.0])
sg.jacobian(of_floats)(1.0, power=2)
sg.jacobian(two, (0, 1), mode="forward", sparse=True)(3.0, 2.0)

# hessian: as jacobian; hvp: the vector comes last
curved: list[list[float]] = sg.hessian(of_list)([3.0, 2.0])
sg.hessian(of_floats, sparse="csr")(1.0, power=2)
sg.hessian(two, (0, 1), has_aux=False, sparse="coo")(3.0, 2.0)
product: list[float] = sg.hvp(of_list)([3.0, 2.0], [1.0, 0.0])
sg.hvp(of_floats)(1.0, 1.0, power=2)


# decorators
@sg.custom_vjp
def clipped(x: Value, bound: float) -> Value:
    return x


clipped.defvjp(lambda x, bound: (x, bound), lambda bound, g: (max(-bound, min(bound, g)), None))
assert_type(clipped(Value(3.0), 1.0), Value)
assert_type(clipped(Value(3.0), bound=1.0), Value)


@sg.no_grad()
def evaluate(x: Value, *, times: int) -> list[Value]:
    return [x] * times


@sg.detect_anomaly()
def watched(x: Value) -> Value:
    return x


assert_type(evaluate(Value(1.0), times=2), list[Value])
as_declared: Callable[[Value], Value] = watched
with sg.no_grad():
    assert_type(cubed(Value(1.0)), Value)

# what fails when it runs is flagged
sg.grad(two)  # type: ignore[arg-type]
sg.grad(cubed)(3.0, "a")  # type: ignore[call-overload]
sg.grad(cubed)()  # type: ignore[call-overload]
sg.grad(of_floats)(1.0)  # type: ignore[call-overload]
sg.jacobian(of_floats)(1.0, exponent=2)  # type: ignore[call-arg]
clipped(Value(3.0))  # type: ignore[call-arg]
clipped(Value(3.0), "a")  # type: ignore[arg-type]
clipped.defvjp(lambda x, bound: x)  # type: ignore[call-arg]
evaluate(Value(1.0), times="a")  # type: ignore[arg-type]
evaluate(Value(1.0))  # type: ignore[call-arg]
