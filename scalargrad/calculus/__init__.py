"""Matrix calculus as closed forms on plain floats and nested lists, without automatic differentiation inside.

A docstring states the shapes of the arguments and of the result as ``n, m×n → m``. A Jacobian has one row per output
("numerator layout"), unless ``layout="denominator"``. The formula ledger, `scalargrad.ledger.rows`, names the test that
compares each formula with the engine; docs/formulas.md prints it, and ``python -m scalargrad formulas`` checks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scalargrad.calculus.chain import (
    chain_rule,
    difference_quotient,
    polynomial,
    polynomial_gradient,
    sigmoid_by_nodes,
    sigmoid_nodes,
    sigmoid_unit_derivative,
    total_derivative,
)
from scalargrad.calculus.elementary import (
    elementary,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
)
from scalargrad.calculus.elementwise import (
    chain_diagonals,
    composed_elementwise_jacobians,
    composed_jacobians,
    elementwise,
    elementwise_function_jacobian,
    elementwise_jacobians,
    scalar_expansion_jacobians,
)
from scalargrad.calculus.jacobians import (
    chain_jacobians,
    differential,
    exp_jacobian,
    identity_jacobian,
    linear_approximation,
    log_sine,
    log_sine_derivative,
    log_sine_factors,
    product_differential,
    scaled_sum_gradients,
    scaled_vector_jacobian,
    sparse_jacobian,
    stack_gradients,
    sum_exp_jacobian,
    sum_gradient,
)
from scalargrad.calculus.layers import (
    affine,
    affine_gradients,
    dot,
    dot_gradients,
    linear,
    linear_backward,
    linear_jacobian_by_inputs,
    linear_jacobian_by_weights,
    log_softmax,
    log_softmax_jacobian,
    logsumexp,
    logsumexp_gradient,
    matmul,
    neuron,
    neuron_gradients,
    relu_jacobian,
    softmax,
    softmax_backward,
    softmax_factors,
    softmax_jacobian,
)
from scalargrad.calculus.linear_algebra import (
    bilinear_gradient,
    cholesky,
    cholesky_adjoint,
    cholesky_tangent,
    cofactors,
    determinant,
    inverse,
    inverse_adjoint,
    inverse_jacobian,
    inverse_tangent,
    log_determinant_gradient,
    lower_half,
    quadratic_trace_gradient,
    solve,
    solve_backward,
    trace,
    trace_product_gradient,
)
from scalargrad.calculus.losses import (
    cross_entropy,
    cross_entropy_gradient,
    l2,
    l2_gradient,
    mse,
    mse_gradient,
)
from scalargrad.calculus.networks import (
    largest_eigenvalue,
    least_squares_cost,
    least_squares_gradient,
    least_squares_hessian,
    least_squares_solution,
    neuron_cost,
    neuron_cost_gradients,
    two_layer_gradients,
    two_layer_loss,
    two_layer_scores,
)
from scalargrad.calculus.second_order import (
    composed_hessian,
    gauss_newton,
    logsumexp_curvature,
    logsumexp_hessian,
    logsumexp_product,
    neuron_cost_hessian,
    newton_step,
    pull_back,
    push_forward,
    quadratic,
    quadratic_gradient,
    quadratic_hessian,
    residual_hessian,
    soft_cross_entropy,
    soft_cross_entropy_gradient,
    wave,
    wave_gradient,
    wave_hessian,
)
from scalargrad.calculus.updates import (
    adam_step,
    adamw_step,
    gradient_descent_step,
    sgd_momentum_step,
)

if TYPE_CHECKING:
    from scalargrad.ledger.rows import Checked

__all__ = [
    "adam_step",
    "adamw_step",
    "affine",
    "affine_gradients",
    "bilinear_gradient",
    "chain_diagonals",
    "chain_jacobians",
    "chain_rule",
    "check",
    "cholesky",
    "cholesky_adjoint",
    "cholesky_tangent",
    "cofactors",
    "composed_elementwise_jacobians",
    "composed_hessian",
    "composed_jacobians",
    "cross_entropy",
    "cross_entropy_gradient",
    "determinant",
    "difference_quotient",
    "differential",
    "dot",
    "dot_gradients",
    "elementary",
    "elementwise",
    "elementwise_function_jacobian",
    "elementwise_jacobians",
    "exp_jacobian",
    "gauss_newton",
    "gradient_descent_step",
    "identity_jacobian",
    "inverse",
    "inverse_adjoint",
    "inverse_jacobian",
    "inverse_tangent",
    "l2",
    "l2_gradient",
    "largest_eigenvalue",
    "least_squares_cost",
    "least_squares_gradient",
    "least_squares_hessian",
    "least_squares_solution",
    "linear",
    "linear_approximation",
    "linear_backward",
    "linear_jacobian_by_inputs",
    "linear_jacobian_by_weights",
    "log_determinant_gradient",
    "log_sine",
    "log_sine_derivative",
    "log_sine_factors",
    "log_softmax",
    "log_softmax_jacobian",
    "logsumexp",
    "logsumexp_curvature",
    "logsumexp_gradient",
    "logsumexp_hessian",
    "logsumexp_product",
    "lower_half",
    "matmul",
    "mse",
    "mse_gradient",
    "neuron",
    "neuron_cost",
    "neuron_cost_gradients",
    "neuron_cost_hessian",
    "neuron_gradients",
    "newton_step",
    "polynomial",
    "polynomial_gradient",
    "product_differential",
    "pull_back",
    "push_forward",
    "quadratic",
    "quadratic_gradient",
    "quadratic_hessian",
    "quadratic_trace_gradient",
    "relu",
    "relu_derivative",
    "relu_jacobian",
    "residual_hessian",
    "scalar_expansion_jacobians",
    "scaled_sum_gradients",
    "scaled_vector_jacobian",
    "sgd_momentum_step",
    "sigmoid",
    "sigmoid_by_nodes",
    "sigmoid_derivative",
    "sigmoid_nodes",
    "sigmoid_unit_derivative",
    "soft_cross_entropy",
    "soft_cross_entropy_gradient",
    "softmax",
    "softmax_backward",
    "softmax_factors",
    "softmax_jacobian",
    "solve",
    "solve_backward",
    "sparse_jacobian",
    "stack_gradients",
    "sum_exp_jacobian",
    "sum_gradient",
    "total_derivative",
    "trace",
    "trace_product_gradient",
    "two_layer_gradients",
    "two_layer_loss",
    "two_layer_scores",
    "wave",
    "wave_gradient",
    "wave_hessian",
]


def check(row: str, *, seed: int = 0, **inputs: Any) -> Checked:
    """Works a row of the ledger out, as ``scalargrad formulas`` does: by the closed form and by the engine.

    `row` is an id such as "C7" or "E8". Inputs that are not given are drawn at random from `seed`; lists stand for
    vectors, lists of rows for matrices, and `yhat` for ŷ. The result has `inputs`, `comparisons` (each with what it
    says, both results, and its `difference()`), `refutations` (a wrong form beside the right one), and `holds`. Raises
    `ArgumentError` for an unknown row or input, or for numbers on which the row has no finite result; `ShapeError` for
    inputs that do not fit together.

    >>> found = check("D1", y=[1.0, 2.0], yhat=[1.0, 4.0])
    >>> found.holds, found.comparisons[1].what, found.comparisons[1].analytic, found.comparisons[1].engine
    (True, '∂L/∂ŷᵢ = -(2/n)(yᵢ - ŷᵢ)', [[0.0, 2.0]], [[0.0, 2.0]])
    """
    from scalargrad.ledger import rows  # the closed forms import nothing of the engine; this function alone calls it

    return rows.check(row, inputs, seed)
