"""Section F of the ledger: second derivatives, products with a Hessian, and Newton's step."""

from __future__ import annotations

import math

from scalargrad.calculus.elementary import exponential
from scalargrad.calculus.layers import affine, log_softmax, softmax, softmax_jacobian
from scalargrad.calculus.linear_algebra import solve
from scalargrad.calculus.networks import _check_inputs
from scalargrad.calculus.shapes import (
    Layout,
    Matrix,
    Vector,
    columns,
    gradient_of,
    inner,
    items_of,
    matrices,
    need,
    product,
    shape,
    total,
    transpose,
    vectors,
)


def wave(a: Vector, b: Vector, x: Vector) -> float:
    """exp(a·x)·sin(b·x), a function with mixed partials. Shapes: n, n, n → number. Raises `ShapeError` when lengths
    differ. Source: NW.

    >>> wave([1.0], [0.5], [0.0])
    0.0
    """
    vectors(a=a, b=b, x=x)
    return exponential(inner(a, x)) * math.sin(inner(b, x))


def wave_gradient(a: Vector, b: Vector, x: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """∂/∂xᵢ of `wave`: exp(a·x)·(aᵢ sin(b·x) + bᵢ cos(b·x)).

    Shapes: n, n, n → 1×n, or n×1 in denominator layout. Raises `ShapeError` when lengths differ, `ArgumentError` for
    another layout. Source: NW.

    >>> wave_gradient([1.0], [0.5], [0.0])
    [[0.5]]
    """
    vectors(a=a, b=b, x=x)
    size, angle = exponential(inner(a, x)), inner(b, x)
    return gradient_of((size * (p * math.sin(angle) + q * math.cos(angle)) for p, q in zip(a, b)), layout)


def wave_hessian(a: Vector, b: Vector, x: Vector) -> list[list[float]]:
    """∂²/∂xᵢ∂xⱼ of `wave`: exp(a·x)·((aᵢaⱼ - bᵢbⱼ) sin(b·x) + (aᵢbⱼ + bᵢaⱼ) cos(b·x)), which i and j may change.

    Shapes: n, n, n → n×n. Raises `ShapeError` when lengths differ. Source: NW.

    >>> wave_hessian([1.0], [0.5], [0.0])
    [[1.0]]
    """
    vectors(a=a, b=b, x=x)
    size, angle = exponential(inner(a, x)), inner(b, x)
    sine, cosine = size * math.sin(angle), size * math.cos(angle)
    pairs = list(zip(a, b))
    return [[(p * r - q * s) * sine + (p * s + q * r) * cosine for r, s in pairs] for p, q in pairs]


def _quadratic(a: Matrix, **others: Vector) -> None:
    matrices(a=a)
    vectors(**others)
    n = len(next(iter(others.values())))
    need(shape(a) == ((n, n) if n else (0,)), "a must be square, of the size of the vectors", a=a, **others)


def quadratic(a: Matrix, b: Vector, x: Vector) -> float:
    """½xᵀAx + b·x. Shapes: n×n, n, n → number. Raises `ShapeError` when they do not fit. Source: MC.

    >>> quadratic([[2.0]], [1.0], [3.0])
    12.0
    """
    _quadratic(a, b=b, x=x)
    return total([*(0.5 * p * inner(row, x) for p, row in zip(x, a)), *(p * q for p, q in zip(b, x))])


def quadratic_gradient(a: Matrix, b: Vector, x: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """½(A + Aᵀ)x + b, the gradient of `quadratic`.

    Shapes: n×n, n, n → 1×n, or n×1 in denominator layout. Raises `ShapeError` when they do not fit, `ArgumentError` for
    another layout. Source: MC.

    >>> quadratic_gradient([[2.0]], [1.0], [3.0])
    [[7.0]]
    """
    _quadratic(a, b=b, x=x)
    return gradient_of(
        (total([*(p * r for p, r in zip(row, x)), q]) for row, q in zip(quadratic_hessian(a), b)), layout
    )


def quadratic_hessian(a: Matrix) -> list[list[float]]:
    """½(A + Aᵀ), the Hessian of ½xᵀAx + b·x. Shapes: n×n → n×n. Raises `ShapeError` unless A is square. Source: MC.

    >>> quadratic_hessian([[2.0, 1.0], [3.0, 2.0]])
    [[2.0, 2.0], [2.0, 2.0]]
    """
    matrices(a=a)
    need(len(a) == columns(a), "a must be square", a=a)
    return [[0.5 * (p + q) for p, q in zip(*rows)] for rows in zip(a, transpose(a))]


def logsumexp_hessian(z: Vector) -> list[list[float]]:
    """diag(p) - ppᵀ with p = softmax(z): the Hessian of log Σexp(zᵢ), and of softmax's cross-entropy by the scores.

    It is positive semidefinite, and its rows sum to 0. Shapes: n → n×n. Raises `ShapeError` unless z is flat,
    `ArgumentError` for an empty z. Source: NW.

    >>> logsumexp_hessian([0.0, 0.0])
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    return softmax_jacobian(z)


def logsumexp_curvature(z: Vector, v: Vector) -> float:
    """vᵀ(diag(p) - ppᵀ)v = Σpᵢ(vᵢ - p·v)², a variance, so 0 or more.

    Shapes: n, n → number. Raises `ShapeError` when lengths differ, `ArgumentError` when they are 0. Source: NW.

    >>> logsumexp_curvature([0.0, 0.0], [1.0, 3.0])
    1.0
    """
    vectors(z=z, v=v)
    p = softmax(z)
    mean = inner(p, v)
    return total(a * (b - mean) ** 2 for a, b in zip(p, v))


def soft_cross_entropy(z: Vector, target: Vector) -> float:
    """-Σtᵢ log pᵢ with p = softmax(z), for a target that sums to 1.

    Shapes: n, n → number. Raises `ShapeError` when lengths differ, `ArgumentError` when they are 0. Source: NW.

    >>> soft_cross_entropy([0.0, 0.0], [0.5, 0.5]) == math.log(2.0)
    True
    """
    vectors(z=z, target=target)
    return -inner(target, log_softmax(z))


def soft_cross_entropy_gradient(z: Vector, target: Vector, layout: Layout = "numerator") -> list[list[float]]:
    """p - t, the gradient of `soft_cross_entropy` by z; its Hessian is `logsumexp_hessian`, whatever the target.

    Shapes: n, n → 1×n, or n×1 in denominator layout. Raises `ShapeError` when lengths differ, `ArgumentError` when
    they are 0, or for another layout. Source: NW.

    >>> soft_cross_entropy_gradient([0.0, 0.0], [1.0, 0.0])
    [[-0.5, 0.5]]
    """
    vectors(z=z, target=target)
    return gradient_of((p - t for p, t in zip(softmax(z), target)), layout)


def composed_hessian(
    gradient: Vector | Matrix, hessian: Matrix, jacobian: Matrix, hessians: list[list[list[float]]]
) -> list[list[float]]:
    """JᵀHJ + Σₖ (∂f/∂gₖ)Hₖ, the Hessian of f(g(x)): J and Hₖ are of g, the gradient and H of f, at g(x).

    Shapes: m (or a row or column), m×m, m×n, m of n×n → n×n. Raises `ShapeError` when they do not fit. Source: MC.

    >>> composed_hessian([6.0], [[2.0]], [[4.0]], [[[2.0]]])
    [[44.0]]
    """
    slopes = items_of(gradient)
    matrices(hessian=hessian, jacobian=jacobian)
    m, n = len(slopes), columns(jacobian)
    fits = shape(hessian) == (m, m) and len(jacobian) == m == len(hessians)
    need(fits, "g must have as many numbers as f takes", hessian=hessian, jacobian=jacobian)
    for each in hessians:
        need(shape(each) == (n, n), "a Hessian of g must be square, with a row per variable", hessian=each)
    outer = product(product(transpose(jacobian), hessian), jacobian)
    return [[total([outer[i][j], *(slopes[k] * hessians[k][i][j] for k in range(m))]) for j in range(n)]
            for i in range(n)]  # fmt: skip


def gauss_newton(jacobian: Matrix) -> list[list[float]]:
    """JᵀJ, the Hessian of ½‖r(x)‖² where r is 0 or affine, and an approximation of it elsewhere.

    Shapes: m×n → n×n. Raises `ShapeError` unless the rows have one length. Source: NW.

    >>> gauss_newton([[1.0, 2.0]])
    [[1.0, 2.0], [2.0, 4.0]]
    """
    matrices(jacobian=jacobian)
    return product(transpose(jacobian), jacobian)


def residual_hessian(residuals: Vector, jacobian: Matrix, hessians: list[list[list[float]]]) -> list[list[float]]:
    """JᵀJ + Σₖ rₖHₖ, the Hessian of ½‖r(x)‖².

    Shapes: m, m×n, m of n×n → n×n. Raises `ShapeError` when they do not fit. Source: NW.

    >>> residual_hessian([3.0], [[2.0]], [[[1.0]]])
    [[7.0]]
    """
    vectors(residuals=residuals)
    m = len(residuals)
    unit = [[float(i == j) for j in range(m)] for i in range(m)]
    return composed_hessian(residuals, unit, jacobian, hessians)


def logsumexp_product(w: Matrix, x: Vector, v: Vector) -> list[float]:
    """Hv of log Σexp(Wx)ᵢ without the matrix: Wᵀ(p ⊙ (Wv - p·Wv)) with p = softmax(Wx).

    Shapes: m×n, n, n → n. Raises `ShapeError` when they do not fit, `ArgumentError` for no row. Source: PE.

    >>> logsumexp_product([[1.0], [-1.0]], [0.0], [2.0])
    [2.0]
    """
    matrices(w=w)
    vectors(x=x, v=v)
    need(columns(w) == len(x), "w must have a column per variable", w=w, x=x)
    p = softmax(push_forward(w, x))
    s = push_forward(w, v)
    mean = inner(p, s)
    return pull_back(w, [a * (b - mean) for a, b in zip(p, s)])


def push_forward(jacobian: Matrix, v: Vector) -> list[float]:
    """Jv, the tangent of the outputs. Shapes: m×n, n → m. Raises `ShapeError` when they do not fit. Source: GW.

    >>> push_forward([[1.0, 2.0]], [3.0, 4.0])
    [11.0]
    """
    matrices(jacobian=jacobian)
    need(all(len(row) == len(v) for row in jacobian), "v must have a number per column", jacobian=jacobian, v=v)
    return [inner(row, v) for row in jacobian]


def pull_back(jacobian: Matrix, u: Vector) -> list[float]:
    """Jᵀu, the adjoint of the inputs. Shapes: m×n, m → n. Raises `ShapeError` when they do not fit. Source: GW.

    >>> pull_back([[1.0, 2.0]], [3.0])
    [3.0, 6.0]
    """
    matrices(jacobian=jacobian)
    need(len(jacobian) == len(u), "u must have a number per row", jacobian=jacobian, u=u)
    return [inner(column, u) for column in transpose(jacobian)]


def newton_step(x: Vector, gradient: Vector | Matrix, hessian: Matrix) -> list[float]:
    """x - H⁻¹(∇f)ᵀ: of a quadratic, its stationary point, from wherever.

    Shapes: n, a row, a column or n numbers, n×n → n. Raises `ShapeError` when they do not fit, `ArgumentError` when H
    is singular. Source: NW.

    >>> newton_step([3.0], [8.0], [[4.0]])
    [1.0]
    """
    slopes = items_of(gradient)
    vectors(x=x, gradient=slopes)
    return [p - q for p, (q,) in zip(x, solve(hessian, [[item] for item in slopes]))]


def neuron_cost_hessian(w: Vector, b: float, inputs: Matrix, targets: Vector) -> list[list[float]]:
    """(2/N)Σ[xᵢ; 1][xᵢ; 1]ᵀ over the active inputs: the Hessian of `neuron_cost` by w and b, which come in this order.

    Shapes: n, a number, N×n and N → (n+1)×(n+1). Raises `ShapeError` when they do not fit, `ArgumentError` for no
    input. Source: NW, PH 5.

    >>> neuron_cost_hessian([1.0], 0.0, [[2.0], [-3.0]], [1.0, 1.0])
    [[4.0, 2.0], [2.0, 1.0]]
    """
    _check_inputs(w, inputs, targets)
    active = [[*x, 1.0] for x in inputs if affine(w, x, b) > 0.0]
    span = range(len(w) + 1)
    return [[2.0 / len(inputs) * total(x[i] * x[j] for x in active) for j in span] for i in span]
