"""Programs with a derivative inside: each against a closed form, or against torch where it is installed."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value

# A few hundred operations, each of half an ulp, on numbers of the size of the result.
CLOSE = 1e-12

tame = st.floats(-2.0, 2.0)
angles = st.floats(-3.0, 3.0)


def close(a: float, b: float, size: float = 1.0) -> bool:
    return abs(a - b) <= CLOSE * max(size, abs(a), abs(b))


# --- a derivative inside a loss --------------------------------------------------------------------------------------


def test_the_example_of_a_loss_with_a_derivative() -> None:
    """((6w - 1)² + (w - 1)²)' = 12(6w - 1) + 2(w - 1), which is 134 at 2."""
    w = Value(2.0)
    u = lambda t: w * t * t  # noqa: E731
    loss = (sg.grad(u)(3.0) - 1) ** 2 + (u(1.0) - 1) ** 2
    loss.backward()
    assert w.grad == 134.0 and loss.data == 122.0


@given(tame, tame, tame, st.integers(1, 4))
def test_backward_through_derivatives_of_any_order(w: float, t: float, target: float, order: int) -> None:
    """Of u = sin(wt): the derivative of order n by t is wⁿ sin(wt + nπ/2), and by w n wⁿ⁻¹ sin(·) + t wⁿ cos(·)."""
    leaf = Value(w)
    u: Callable[[Any], Any] = lambda t: sg.sin(leaf * t)  # noqa: E731
    for _ in range(order):
        u = sg.grad(u)
    error = u(t) - target
    (error * error).backward()
    turned = [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)]
    sine, cosine = turned[order % 4](w * t), turned[(order + 1) % 4](w * t)
    slope = order * w ** (order - 1) * sine + t * w**order * cosine
    assert close(error.data, w**order * sine - target, 64.0)
    assert close(leaf.grad, 2.0 * (w**order * sine - target) * slope, 4096.0)


def test_under_no_grad_a_derivative_is_a_number() -> None:
    w = Value(2.0)
    with sg.no_grad():
        found = sg.grad(lambda t: w * t * t)(3.0)
    assert type(found) is float and found == 12.0 and w.grad == 0.0


# --- meta-learning ---------------------------------------------------------------------------------------------------


@given(tame, tame, tame, st.floats(0.0, 0.4), st.integers(0, 8))
def test_steps_of_gradient_descent_inside_a_loss(w: float, a: float, b: float, rate: float, steps: int) -> None:
    """Steps on ½(w - a)² shrink w - a by 1 - rate each; the derivatives of ½(w_n - b)² follow."""

    def outer(w: Any, a: Any, rate: Any) -> Any:
        for _ in range(steps):
            w = w - rate * sg.grad(lambda v: 0.5 * (v - a) ** 2)(w)
        return 0.5 * (w - b) ** 2

    found = sg.grad(outer, argnums=(0, 1, 2))(w, a, rate)
    left = (1.0 - rate) ** steps
    error = a + left * (w - a) - b
    by_rate = -steps * (1.0 - rate) ** (steps - 1) * (w - a) if steps else 0.0
    for x, y in zip(found, (error * left, error * (1.0 - left), error * by_rate)):
        assert close(x, y, 64.0)
    leaves = [Value(w), Value(a), Value(rate)]
    outer(*leaves).backward()
    assert [x.grad for x in leaves] == [pytest.approx(x, rel=1e-11, abs=1e-11) for x in found]


def test_a_step_of_a_network_inside_a_loss_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    draws = random.Random(0)
    sizes = [2, 3, 1]
    layers = [[[[draws.gauss(0, 1) for _ in range(n)] for _ in range(m)], [draws.gauss(0, 1) for _ in range(m)]]
              for n, m in itertools.pairwise(sizes)]  # fmt: skip
    data = [([draws.gauss(0, 1), draws.gauss(0, 1)], draws.gauss(0, 1)) for _ in range(6)]

    def loss(layers: Any, data: Any) -> Any:
        total = 0.0
        for x, y in data:
            (w1, b1), (w2, b2) = layers
            h = [sg.tanh(sg.dot(row, x) + b) for row, b in zip(w1, b1)]
            total = total + (sg.dot(w2[0], h) + b2[0] - y) ** 2
        return total / len(data)

    def meta(layers: Any, rate: Any) -> Any:
        for _ in range(2):
            slopes = sg.grad(loss)(layers, data[:3])
            layers = [
                [[[x - rate * d for x, d in zip(*rows)] for rows in zip(w, dw)], [x - rate * d for x, d in zip(b, db)]]
                for (w, b), (dw, db) in zip(layers, slopes)
            ]
        return loss(layers, data[3:])

    value, (by_layers, by_rate) = sg.value_and_grad(meta, argnums=(0, 1))(layers, 0.1)
    tensors = [[torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in layer] for layer in layers]
    rate = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)

    def torch_loss(layers: Any, data: Any) -> Any:
        x = torch.tensor([x for x, _ in data], dtype=torch.float64)
        y = torch.tensor([y for _, y in data], dtype=torch.float64)
        (w1, b1), (w2, b2) = layers
        return ((torch.tanh(x @ w1.T + b1) @ w2.T + b2)[:, 0] - y).square().mean()

    now: Any = tensors
    for _ in range(2):
        flat = [x for layer in now for x in layer]
        slopes = torch.autograd.grad(torch_loss(now, data[:3]), flat, create_graph=True)
        moved = [x - rate * d for x, d in zip(flat, slopes)]
        now = [moved[:2], moved[2:]]
    expected = torch_loss(now, data[3:])
    expected.backward()
    assert close(value, expected.item()) and close(by_rate, rate.grad.item())
    for layer, tensor in zip(by_layers, tensors):
        for x, t in zip(layer, tensor):
            assert torch.allclose(torch.tensor(x, dtype=torch.float64), t.grad, rtol=1e-11, atol=1e-13)


# --- Lagrangian mechanics --------------------------------------------------------------------------------------------


def accelerations(lagrangian: Callable[[Any, Any], Any], q: Sequence[Any], v: Sequence[Any]) -> list[Any]:
    """q'' of d/dt ∂L/∂v = ∂L/∂q: (∂²L/∂v²) q'' = ∂L/∂q - (∂²L/∂v∂q) v."""
    q, v = list(q), list(v)
    mass = sg.jacobian(sg.grad(lagrangian, 1), 1)(q, v)
    momentum_rate = sg.jvp(lambda q: sg.grad(lagrangian, 1)(q, v), (q,), (v,))[1]
    force = sg.grad(lagrangian)(q, v)
    return sg.linalg.solve(mass, [f - p for f, p in zip(force, momentum_rate)])


def pendulum(m1: float, m2: float, l1: float, l2: float, g: float) -> Callable[[Any, Any], Any]:
    """The Lagrangian of a double pendulum, its angles counted from below."""

    def lagrangian(q: Any, v: Any) -> Any:
        (a, b), (p, r) = q, v
        kinetic = 0.5 * (m1 + m2) * (l1 * p) ** 2 + 0.5 * m2 * (l2 * r) ** 2 + m2 * l1 * l2 * p * r * sg.cos(a - b)
        potential = -(m1 + m2) * g * l1 * sg.cos(a) - m2 * g * l2 * sg.cos(b)
        return kinetic - potential

    return lagrangian


def textbook(m1: float, m2: float, l1: float, l2: float, g: float, q: Any, v: Any) -> tuple[float, float]:
    """The accelerations of the double pendulum, as textbooks print them."""
    (a, b), (p, r) = q, v
    below = 2.0 * m1 + m2 - m2 * math.cos(2.0 * a - 2.0 * b)
    first = -g * (2.0 * m1 + m2) * math.sin(a) - m2 * g * math.sin(a - 2.0 * b)
    first -= 2.0 * math.sin(a - b) * m2 * (r * r * l2 + p * p * l1 * math.cos(a - b))
    second = p * p * l1 * (m1 + m2) + g * (m1 + m2) * math.cos(a) + r * r * l2 * m2 * math.cos(a - b)
    return first / (l1 * below), 2.0 * math.sin(a - b) * second / (l2 * below)


lengths = st.floats(0.5, 2.0)


@given(lengths, lengths, lengths, lengths, st.lists(angles, min_size=4, max_size=4))
def test_a_double_pendulum(m1: float, m2: float, l1: float, l2: float, state: list[float]) -> None:
    q, v, g = state[:2], state[2:], 9.81
    found = accelerations(pendulum(m1, m2, l1, l2, g), q, v)
    # the mass matrix has a condition number of some hundreds at most
    assert found == pytest.approx(textbook(m1, m2, l1, l2, g, q, v), rel=1e-10, abs=1e-10)


def test_a_learned_lagrangian_trains() -> None:
    """The length of a pendulum is found from an acceleration: the third derivatives of its Lagrangian lead there."""
    length, g, q, v = Value(1.5), 9.81, [0.8], [0.3]
    lagrangian = lambda q, v: 0.5 * (length * v[0]) ** 2 + g * length * sg.cos(q[0])  # noqa: E731
    measured = -g / 2.0 * math.sin(0.8)  # of a pendulum of length 2
    for _ in range(60):
        error = accelerations(lagrangian, q, v)[0] - measured
        length.grad = 0.0
        error.backward()
        assert close(length.grad, g / length.data**2 * math.sin(0.8), 10.0)
        length.data -= error.data / length.grad  # Newton's method
    assert close(length.data, 2.0)


# --- a physics-informed network --------------------------------------------------------------------------------------


def network(p: Any, t: Any) -> Any:
    """A layer of tanh and a linear one, of five parameters a unit: u(t)."""
    return sg.sum([a * sg.tanh(w * t + b) for w, b, a in zip(p["w"], p["b"], p["a"])]) + p["c"]


def exact(p: dict[str, Any], t: float) -> tuple[float, float, float]:
    """u, u' and u'' of that network: of tanh, 1 - z² and -2z(1 - z²)."""
    u, first, second = p["c"], 0.0, 0.0
    for w, b, a in zip(p["w"], p["b"], p["a"]):
        z = math.tanh(w * t + b)
        u += a * z
        first += a * w * (1.0 - z * z)
        second -= 2.0 * a * w * w * z * (1.0 - z * z)
    return u, first, second


POINTS = [0.25 * k for k in range(7)]


def physics(p: Any) -> Any:
    """How far u'' = -u, u(0) = 0 and u'(0) = 1 are from holding."""
    u = lambda t: network(p, t)  # noqa: E731
    slope = sg.grad(u)
    curve = sg.grad(slope)
    residuals = sg.sum([(curve(t) + u(t)) ** 2 for t in POINTS]) / len(POINTS)
    return residuals + u(0.0) ** 2 + (slope(0.0) - 1.0) ** 2


def exact_physics(p: dict[str, Any]) -> float:
    found = [exact(p, t) for t in POINTS]
    return (math.fsum((second + u) ** 2 for u, _, second in found) / len(POINTS) + found[0][0] ** 2
            + (found[0][1] - 1.0) ** 2)  # fmt: skip


def start(units: int = 3) -> dict[str, Any]:
    draws = random.Random(1)
    return {name: [draws.gauss(0.0, 1.0) for _ in range(units)] for name in "wba"} | {"c": 0.1}


def test_a_physics_informed_loss_and_its_gradient() -> None:
    """Against the same loss of exact second derivatives, and its differences."""
    p = start()
    value, slopes = sg.value_and_grad(physics)(p)
    assert close(value, exact_physics(p))
    for name, k in [(name, k) for name in "wba" for k in range(3)]:

        def moved(x: float, name: str = name, k: int = k) -> float:
            return exact_physics(p | {name: [*p[name][:k], x, *p[name][k + 1 :]]})

        h, x = 2.0**-10, p[name][k]
        # central differences, extrapolated twice: an error of h⁶, and of the roundings over h
        rough = [(moved(x + s) - moved(x - s)) / (2.0 * s) for s in (h, h / 2.0, h / 4.0)]
        finer = [(4.0 * b - a) / 3.0 for a, b in itertools.pairwise(rough)]
        slope = (16.0 * finer[1] - finer[0]) / 15.0
        assert abs(slopes[name][k] - slope) <= 1e-9 * max(1.0, abs(slope)), (name, k)


def test_a_physics_informed_network_trains() -> None:
    p = start()
    leaves = {name: [Value(x) for x in p[name]] for name in "wba"} | {"c": Value(p["c"])}
    flat = [x for name in "wba" for x in leaves[name]] + [leaves["c"]]
    losses = []
    optimiser = sg.optim.Adam(flat, lr=0.05)
    for _ in range(25):
        optimiser.zero_grad()
        loss = physics(leaves)
        loss.backward()
        optimiser.step()
        losses.append(loss.data)
    assert losses[0] == pytest.approx(exact_physics(p), rel=1e-11) and losses[-1] < 0.2 * losses[0]


# --- the gradient penalty of a WGAN ----------------------------------------------------------------------------------


@given(st.lists(tame, min_size=2, max_size=2), st.lists(tame, min_size=2, max_size=2), st.floats(0.25, 2.0))
def test_the_penalty_of_a_gradients_length(x: list[float], w: list[float], scale: float) -> None:
    """Of the critic tanh(w·x) s: its gradient s(1 - z²)w has length s(1 - z²)‖w‖, and (‖∇‖ - 1)² its own by w and s."""
    size = math.hypot(*w)
    if size < 0.1:
        w, size = [1.0, 0.0], 1.0
    leaves, factor = [Value(a) for a in w], Value(scale)
    slopes = sg.grad(lambda x: factor * sg.tanh(sg.dot(leaves, x)))(x)
    penalty = (sg.norm(slopes) - 1.0) ** 2
    penalty.backward()
    z = math.tanh(math.fsum(a * b for a, b in zip(w, x)))
    length = scale * (1.0 - z * z) * size
    assert close(penalty.data, (length - 1.0) ** 2, 16.0)
    assert close(factor.grad, 2.0 * (length - 1.0) * length / scale, 64.0)
    for a, b, leaf in zip(w, x, leaves):
        by_w = scale * (1.0 - z * z) * (a / size - 2.0 * z * size * b)
        assert close(leaf.grad, 2.0 * (length - 1.0) * by_w, 256.0)


def test_a_gradient_penalty_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    draws = random.Random(2)
    w1 = [[draws.gauss(0, 1) for _ in range(3)] for _ in range(4)]
    w2 = [draws.gauss(0, 1) for _ in range(4)]
    points = [[draws.gauss(0, 1) for _ in range(3)] for _ in range(5)]

    def penalty(w1: Any, w2: Any) -> Any:
        critic = lambda x: sg.dot(w2, [sg.silu(sg.dot(row, x)) for row in w1])  # noqa: E731
        return sg.mean([(sg.norm(sg.grad(critic)(x)) - 1.0) ** 2 for x in points])

    value, (by_w1, by_w2) = sg.value_and_grad(penalty, argnums=(0, 1))(w1, w2)
    t1 = torch.tensor(w1, dtype=torch.float64, requires_grad=True)
    t2 = torch.tensor(w2, dtype=torch.float64, requires_grad=True)
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    scores = torch.nn.functional.silu(x @ t1.T) @ t2
    (slopes,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    expected = (slopes.norm(dim=1) - 1.0).square().mean()
    expected.backward()
    assert close(value, expected.item())
    assert torch.allclose(torch.tensor(by_w1, dtype=torch.float64), t1.grad, rtol=1e-11, atol=1e-13)
    assert torch.allclose(torch.tensor(by_w2, dtype=torch.float64), t2.grad, rtol=1e-11, atol=1e-13)


# --- Newton's method -------------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return sg.sum([(1.0 - a) ** 2 + 100.0 * (b - a * a) ** 2 for a, b in itertools.pairwise(x)])


def test_newtons_method_finds_the_minimum_of_rosenbrocks_function() -> None:
    x = [-1.2, 1.0]
    for _ in range(8):
        slopes = sg.grad(rosenbrock)(x)
        curve = sg.jacobian(sg.grad(rosenbrock))(x)
        a, b = x
        assert slopes == pytest.approx([-2.0 * (1.0 - a) - 400.0 * a * (b - a * a), 200.0 * (b - a * a)], abs=1e-10)
        expected = [[2.0 - 400.0 * (b - 3.0 * a * a), -400.0 * a], [-400.0 * a, 200.0]]
        assert all(row == pytest.approx(other, rel=1e-13, abs=1e-10) for row, other in zip(curve, expected))
        x = [a - s for a, s in zip(x, sg.linalg.solve(curve, slopes))]
    assert x == pytest.approx([1.0, 1.0], abs=1e-12)


@given(st.floats(0.1, 50.0))
def test_newtons_method_inside_a_function_differentiates(a: float) -> None:
    """√a as the root of x² - a, by steps that take derivatives: its derivatives are ½ a^-½ and -¼ a^-3/2."""

    def root(a: Any) -> Any:
        x = 0.5 * (1.0 + a)
        for _ in range(12):
            f = lambda x: x * x - a  # noqa: E731
            x = x - f(x) / sg.grad(f)(x)
        return x

    assert close(root(a), math.sqrt(a), 8.0)
    assert close(sg.grad(root)(a), 0.5 / math.sqrt(a), 8.0)
    assert close(sg.grad(sg.grad(root))(a), -0.25 * a**-1.5, 64.0)
