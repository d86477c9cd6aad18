"""The engine's side of a row: gradients and Jacobians as nested lists, and functions on Values, number by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scalargrad as sg
from scalargrad.calculus.elementwise import Operator
from scalargrad.transforms.containers import flat, mapped
from scalargrad.value import Value

OPERATORS: dict[Operator, Callable[[Any, Any], Any]] = {
    "+": lambda w, x: w + x,
    "-": lambda w, x: w - x,
    "*": lambda w, x: w * x,
    "/": lambda w, x: w / x,
    "max": sg.maximum,
}


def gradients(output: Any, inputs: Any) -> Any:
    """The gradient of one output by nested lists of leaves, in their shape. Zeros if the output is a float."""
    for leaf in flat(inputs):
        leaf.grad = 0.0
    if isinstance(output, Value):
        output.backward()
    return mapped(lambda leaf: leaf.grad, inputs)


def engine_gradient(f: Callable[..., Any], *arguments: Any) -> Any:
    """The gradient of a number by nested lists of floats; for several arguments, a list of gradients."""
    inputs = mapped(Value, list(arguments))
    found = gradients(f(*inputs), inputs)
    return found if len(arguments) > 1 else found[0]


def engine_jacobian(f: Callable[[Any], Sequence[Any]], x: Any) -> list[Any]:
    """The gradients of a list of numbers by nested lists of floats, with one backward per number."""
    inputs = mapped(Value, x)
    return [gradients(output, inputs) for output in flat(list(f(inputs)))]


def engine_four_index(f: Callable[[Any], Any], x: Any) -> list[list[Any]]:
    """The Jacobian of a matrix by a matrix, with four indices: [i][j] is the gradient of entry (i, j)."""
    inputs = mapped(Value, x)
    return [[gradients(output, inputs) for output in row] for row in f(inputs)]


def engine_curve(f: Callable[[Any], Any], x: Any) -> list[list[float]]:
    """The Hessian of a number by a list of floats: `backward` through each number of the gradient."""
    return engine_jacobian(sg.grad(f), x)


def engine_hessian(f: Callable[[Any], Any], x: Any) -> list[list[float]]:
    """The Hessian of a number by a list of floats, by `hessian`."""
    found: list[list[float]] = sg.hessian(f)(x)
    return found


def engine_product(f: Callable[[Any], Any], x: Any, v: Any) -> list[float]:
    """The Hessian times a vector, by `hvp`: forward through the gradient."""
    found: list[float] = sg.hvp(f)(x, v)
    return found


def engine_tangent(f: Callable[[Any], Any], x: Any, v: Any) -> list[float]:
    """The derivative of a list of numbers in the direction v, by `jvp`."""
    found: Any = sg.jvp(f, (x,), (v,))[1]
    return found  # type: ignore[no-any-return]


def engine_adjoint(f: Callable[[Any], Any], x: Any, u: Any) -> list[float]:
    """The derivatives of a list of numbers, weighted by u, by `vjp`."""
    found: list[float] = sg.vjp(f, x)[1](u)[0]
    return found


def engine_value(f: Callable[..., Any], *arguments: Any) -> Any:
    """The numbers that a function of Values returns, nested as it nests them."""
    results = f(*mapped(Value, list(arguments)))
    return mapped(lambda item: item.data if isinstance(item, Value) else float(item), results)


def through(names: Sequence[str], x: Any) -> Any:
    """Applies the engine's functions of these names, one after the other."""
    for name in names:
        x = getattr(sg, name)(x)
    return x


def polynomial(terms: Any, x: Any) -> Any:
    """A polynomial: coefficients and exponents, as `calculus.polynomial` takes them."""
    return sg.sum([sg.prod([c, *(xi**k for xi, k in zip(x, exponents))]) for c, exponents in terms])


def linear(x: Any, w: Any, b: Any = None) -> Any:
    """XW + b. Each sum starts from the bias, as in a neuron."""
    offsets = [0.0] * len(w[0]) if b is None else b
    return [[sg.sum([offset, *(p * q for p, q in zip(row, column))]) for column, offset in zip(zip(*w), offsets)]
            for row in x]  # fmt: skip


def weighted(y: Any, g: Any) -> Any:
    """ΣG_ij·Y_ij, whose gradient by Y is G."""
    return sg.sum([p * q for rows in zip(y, g) for p, q in zip(*rows)])


def cross_entropy(scores: Any, classes: Any) -> Any:
    """The mean of -log softmax at the classes."""
    return sg.mean([-sg.log_softmax(row)[k] for row, k in zip(scores, classes)])


# --- scales: the sizes of what is added up


def sizes(x: Any) -> Any:
    """The absolute values, in the same shape."""
    return mapped(abs, x)


def positive(terms: Any) -> Any:
    """The polynomial with absolute coefficients. At absolute x, it is the sum of the absolute terms."""
    return [(abs(coefficient), exponents) for coefficient, exponents in terms]
