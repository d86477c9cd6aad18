"""Every pair of what makes, uses or stops a derivative: the right derivative, or an error; never one lost silently.

A program is a function of one number, made of another such function: its gradient, what `no_grad` or another thread
makes of it, a node by hand on it. Beside each program goes its closed form: a polynomial in x and in a weight w that
the program closes over, and in both once more, as constants, where a gradient is stopped on purpose. A pair of programs
is called with floats and with Values, and differentiated once more.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.errors import HigherOrderError, ImplicitDetachWarning
from tests.support import threads

X, W = 1.25, 0.75  # every product of theirs that comes here is exact, or nearly
TOLERANCE = 1e-12  # relative to the sum of the sizes of the terms: some hundred roundings

Poly = dict[tuple[int, int, int, int], float]  # exponents of x, w, and of both as constants -> coefficient
Function = Callable[[Any], Any]
Closed = Callable[[bool], Poly]


# --- closed forms ----------------------------------------------------------------------------------------------------


def plus(*terms: Poly) -> Poly:
    found: Poly = {}
    for each in terms:
        for k, c in each.items():
            found[k] = found.get(k, 0.0) + c
    return {k: c for k, c in found.items() if c}


def times(p: Poly, q: Poly) -> Poly:
    return plus(*({tuple(map(sum, zip(a, b))): c * d} for a, c in p.items() for b, d in q.items()))  # type: ignore[misc]


def slope(p: Poly, k: int = 0) -> Poly:
    """The derivative by x, or for k = 1 by w."""
    return plus(*({(*e[:k], e[k] - 1, *e[k + 1 :]): c * e[k]} for e, c in p.items() if e[k]))  # type: ignore[dict-item]


def stop(p: Poly) -> Poly:
    return plus(*({(0, 0, a + i, b + j): c} for (a, b, i, j), c in p.items()))


def at(p: Poly, x: float, w: float, size: Callable[[float], float] = float) -> float:
    return math.fsum(size(c * x ** (a + i) * w ** (b + j)) for (a, b, i, j), c in p.items())


def at_two(p: Poly) -> Poly:
    """The polynomial with 2 for x."""
    return plus(*({(0, b, 0, j): c * 2.0 ** (a + i)} for (a, b, i, j), c in p.items()))


_X: Poly = {(1, 0, 0, 0): 1.0}
BASE: Poly = {(4, 1, 0, 0): 1.0, (1, 2, 0, 0): 1.0}  # w x⁴ + w² x


# --- programs --------------------------------------------------------------------------------------------------------


class Program(NamedTuple):
    """A function of one number, and its closed form: where operations are recorded, and where they are not."""

    call: Function
    closed: Callable[[bool], Poly]


def base(w: Any) -> Program:
    return Program(lambda x: w * x**4 + w * w * x, _where_recorded(lambda recorded: BASE))


def _grad(f: Function) -> Function:
    return lambda x: sg.grad(f)(x)


def _value_and_grad(f: Function) -> Function:
    return lambda x: sum(sg.value_and_grad(f)(x))


def _aux(f: Function) -> Function:
    return lambda x: sum(sg.grad(lambda t: (f(t), f(t)), has_aux=True)(x))


def _jacobian(mode: str) -> Callable[[Function], Function]:
    return lambda f: lambda x: sum(sg.jacobian(lambda t: [f(t), t * f(t)], mode=mode)(x))


def _vjp(f: Function) -> Function:
    return lambda x: sg.vjp(f, x)[1](x)[0]


def _jvp(f: Function) -> Function:
    return lambda x: sg.jvp(f, (x,), (x,))[1]


def _hessian(f: Function) -> Function:
    return lambda x: sg.hessian(f)(x)


def _hvp(f: Function) -> Function:
    return lambda x: sg.hvp(f)(x, x)


def _backward(f: Function) -> Function:
    def call(x: Any) -> Any:
        leaf = (x if isinstance(x, Value) else Value(x)) * 1.0  # whose grad starts afresh in each backward
        root = f(leaf)
        if isinstance(root, Value):
            root.backward()
        return x * leaf.grad  # which is a float

    return call


def _no_grad(f: Function) -> Function:
    def call(x: Any) -> Any:
        with sg.no_grad():
            found = f(x)
        return x * found

    return call


def _detach(f: Function) -> Function:
    def call(x: Any) -> Any:
        found = f(x)
        return x * (found.detach() if isinstance(found, Value) else found)

    return call


def _closure(f: Function) -> Function:
    """The inner function closes over the outer's variable."""
    return lambda x: sg.grad(lambda t: f(t) * x)(2.0)


def _custom(f: Function) -> Function:
    @sg.custom_vjp
    def square(y: Any) -> Any:
        return y * y

    square.defvjp(lambda y: (y * y, y), lambda y, g: (2.0 * y * g,))
    return lambda x: square(f(x))


def _by_hand(f: Function) -> Function:
    def call(x: Any) -> Any:
        y = f(x)
        return Value(y.data * y.data, (y,), (2.0 * y.data,)) if isinstance(y, Value) else y * y

    return call


def _anomaly(f: Function) -> Function:
    def call(x: Any) -> Any:
        with sg.detect_anomaly():
            return f(x)

    return call


def _thread(f: Function) -> Function:
    return lambda x: threads.run([lambda: f(x)])[0]


def _where_recorded(closed: Closed) -> Closed:
    """What is not recorded is a constant."""
    return lambda recorded: closed(True) if recorded else stop(closed(False))


def _slopes(weights: Callable[[Poly], Poly]) -> Callable[[Closed], Closed]:
    """A closed form of a transform, which records what it runs wherever it is called."""
    return lambda closed: _where_recorded(lambda recorded: weights(closed(True)))


def _squared(closed: Closed) -> Closed:
    return _where_recorded(lambda recorded: times(closed(recorded), closed(recorded)))


MAKERS: dict[str, tuple[Callable[[Function], Function], Callable[[Closed], Closed]]] = {
    "grad": (_grad, _slopes(slope)),
    "value_and_grad": (_value_and_grad, _slopes(lambda p: plus(p, slope(p)))),
    "has_aux": (_aux, _slopes(lambda p: plus(p, slope(p)))),
    "jacobian_forward": (_jacobian("forward"), _slopes(lambda p: plus(slope(p), slope(times(_X, p))))),
    "jacobian_reverse": (_jacobian("reverse"), _slopes(lambda p: plus(slope(p), slope(times(_X, p))))),
    "vjp": (_vjp, _slopes(lambda p: times(_X, slope(p)))),
    "jvp": (_jvp, _slopes(lambda p: times(_X, slope(p)))),
    "hessian": (_hessian, _slopes(lambda p: slope(slope(p)))),
    "hvp": (_hvp, _slopes(lambda p: times(_X, slope(slope(p))))),
    "closure": (_closure, _slopes(lambda p: times(_X, at_two(slope(p))))),
    "backward": (_backward, lambda closed: _where_recorded(
        lambda recorded: times(_X, stop(slope(closed(True)))) if recorded else {})),
    "no_grad": (_no_grad, lambda closed: _where_recorded(lambda recorded: times(_X, closed(False)))),
    "detach": (_detach, lambda closed: _where_recorded(lambda recorded: times(_X, stop(closed(recorded))))),
    "custom_vjp": (_custom, _squared),
    "by_hand": (_by_hand, _squared),
    "detect_anomaly": (_anomaly, lambda closed: closed),
    "thread": (_thread, lambda closed: lambda recorded: closed(True)),  # contexts are a thread's own
}  # fmt: skip


def program(names: tuple[str, ...], w: Any) -> Program:
    """The program of these names, the outermost first."""
    found = base(w)
    for name in reversed(names):
        call, closed = MAKERS[name]
        found = Program(call(found.call), closed(found.closed))
    return found


# --- the law ---------------------------------------------------------------------------------------------------------


def near(found: float, p: Poly, x: float = X, w: float = W) -> bool:
    return abs(found - at(p, x, w)) <= TOLERANCE * at(p, x, w, abs)


def hold(names: tuple[str, ...], takes_x: bool, takes_w: bool) -> None:
    """The number, and its derivatives by x and w, are those of the closed form."""
    x, w = Value(X) if takes_x else X, Value(W) if takes_w else W
    made = program(names, w)
    closed = made.closed(True)
    found = made.call(x)
    by_x, by_w = slope(closed, 0), slope(closed, 1)
    if not isinstance(found, Value):
        assert type(found) is float and near(found, closed), (found, at(closed, X, W))
        assert not (takes_x and by_x) and not (takes_w and by_w), f"a gradient was lost: {found} is a float"
        return
    assert near(found.data, closed), (found.data, at(closed, X, W))
    for leaf in (x, w):
        if isinstance(leaf, Value):
            leaf.grad = 0.0  # an inner backward adds to it
    found.backward()
    assert not isinstance(x, Value) or near(x.grad, by_x), ("by x", x.grad, at(by_x, X, W))
    assert not isinstance(w, Value) or near(w.grad, by_w), ("by w", w.grad, at(by_w, X, W))


ORDERS = {"grad": 1, "value_and_grad": 1, "has_aux": 1, "jacobian_forward": 1, "jacobian_reverse": 1, "vjp": 1,
          "jvp": 1, "closure": 1, "hessian": 2, "hvp": 2}  # fmt: skip


def may_refuse(names: tuple[str, ...], of_values: bool) -> bool:
    """Whether a transform meets a `backward`, whose grads are floats, or a second derivative a node by hand, whose
    partials are."""
    orders = int(of_values)
    for name in names:
        if (name == "backward" and orders > of_values) or (name == "by_hand" and orders > 1):
            return True
        orders += ORDERS.get(name, 0)
    return False


def law(names: tuple[str, ...]) -> None:
    for takes_x, takes_w in ((False, False), (True, False), (False, True), (True, True)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "no Value reached the result")
            try:
                hold(names, takes_x, takes_w)
            except HigherOrderError:
                assert may_refuse(names, takes_x or takes_w)


@pytest.mark.parametrize("inner", MAKERS)
@pytest.mark.parametrize("outer", MAKERS)
def test_a_pair_is_right_or_refused(outer: str, inner: str) -> None:
    law((outer, inner))


@pytest.mark.parametrize("name", MAKERS)
def test_one_alone_is_right(name: str) -> None:
    law((name,))


@given(st.lists(st.sampled_from([*MAKERS]), min_size=3, max_size=4).map(tuple))
def test_a_few_are_right_or_refused(names: tuple[str, ...]) -> None:
    law(names)


def test_a_pullback_belongs_to_the_context_in_which_it_is_called() -> None:
    w = Value(W)
    _, recorded = sg.vjp(lambda x: w * x**3, X)
    with sg.no_grad():
        value, unrecorded = sg.vjp(lambda x: w * x**3, X)
        assert type(value) is float and type(recorded(Value(2.0))[0]) is float
        assert recorded(Value(2.0)) == (6.0 * W * X * X,)
    assert unrecorded(2.0) == (6.0 * W * X * X,) and type(unrecorded(2.0)[0]) is float
    seed = Value(2.0)
    for pullback, by_w in ((recorded, 6.0 * X * X), (unrecorded, 0.0)):
        seed.grad = w.grad = 0.0
        pullback(seed)[0].backward()
        assert seed.grad == 3.0 * W * X * X and w.grad == by_w


@pytest.mark.parametrize("outer", [lambda f: sg.grad(f)(X), lambda f: sg.jacobian(f)(X), lambda f: sg.vjp(f, X)[0],
                                   lambda f: sg.jvp(f, (X,), (1.0,))[1]])  # fmt: skip
def test_a_derivative_that_is_a_constant_is_none_that_was_lost(outer: Any) -> None:
    """The slope of an affine function warns no one; a function that returns a number does."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outer(sg.grad(lambda x: 3.0 * x)) in (0.0, 3.0)
        with pytest.raises(ImplicitDetachWarning, match="no Value reached"):
            outer(lambda x: 3.0 * x.data)
