"""What the ledger's functions refuse, and that the message prints the shapes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scalargrad import calculus, errors
from scalargrad.calculus.shapes import gradient_of, items_of

pytestmark = pytest.mark.once


def test_wrong_arguments_of_the_chain_rule() -> None:
    with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(3,\)"):
        calculus.total_derivative([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(1,\)"):
        calculus.polynomial_gradient([(1.0, (1, 2))], [1.0])
    with pytest.raises(errors.ArgumentError, match="exponents"):
        calculus.polynomial([(1.0, (-1,))], [1.0])
    with pytest.raises(errors.ArgumentError, match="x \\+ h is x"):
        calculus.difference_quotient(math.sin, 1.0, 1e-30)
    with pytest.raises(errors.ArgumentError, match="sin"):
        calculus.elementary("sine")
    with pytest.raises(errors.ArgumentError, match="domain"):
        calculus.elementary("log")[0](-1.0)
    with pytest.raises(errors.RangeError, match="too large"):
        calculus.elementary("exp")[0](1e4)


SQUARE = (lambda x: x * x, lambda x: 2.0 * x)
OPERATORS = r"one of \+ - \* / max > >= ==, got '%'"


def test_wrong_shapes_of_jacobians() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.stack_gradients([[1.0], [1.0, 2.0]]), r"\(1,\).*\(2,\)"),
        (lambda: calculus.stack_gradients([[[1.0, 2.0], [3.0, 4.0]]]), r"a row, a column, or flat.*\(2, 2\)"),
        (lambda: calculus.elementwise_jacobians("+", [1.0], [1.0, 2.0]), r"\(1,\).*\(2,\)"),
        (lambda: calculus.elementwise("+", [1.0], [1.0, 2.0]), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.composed_elementwise_jacobians("+", SQUARE, SQUARE, [1.0], []), r"w \(1,\), x \(0,\)"),
        (lambda: calculus.composed_elementwise_jacobians("+", [SQUARE] * 2, SQUARE, [1.0], [1.0]),
         "one function per component"),
        (lambda: calculus.composed_jacobians("+", [1.0], [1.0], [[1.0], [2.0]], [[1.0]]), r"jacobian_f \(2, 1\)"),
        (lambda: calculus.composed_jacobians("+", [1.0], [1.0], [[1.0]], []), r"jacobian_g \(0,\)"),
        (lambda: calculus.composed_jacobians("+", [1.0], [], [[1.0]], [[1.0]]), r"f \(1,\), g \(0,\)"),
        (lambda: calculus.chain_jacobians([[1.0, 2.0]], [[1.0]]), r"\(1, 2\).*\(1, 1\)"),
        (lambda: calculus.linear_approximation([1.0], [[1.0, 2.0]], [1.0]), r"\(1,\).*\(1, 2\).*\(1,\)"),
        (lambda: calculus.differential([[1.0, 2.0]], [1.0]), r"jacobian \(1, 2\), step \(1,\)"),
        (lambda: calculus.product_differential(1.0, 1.0, [1.0], [1.0, 2.0]), r"z \(1,\), dz \(2,\)"),
        (lambda: calculus.scaled_vector_jacobian(1.0, [1.0], [1.0, 2.0], [[1.0, 2.0]]), r"\(1,\).*\(2,\).*\(1, 2\)"),
        (lambda: calculus.chain_diagonals([[1.0]], [1.0]), r"flat.*\(1, 1\).*\(1,\)"),
        (lambda: calculus.scalar_expansion_jacobians("+", [[1.0]], 1.0), r"flat.*\(1, 1\)"),
        (lambda: calculus.sum_gradient([1.0]), r"rows.*\(1,\)"),
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(errors.ShapeError, match=message):
            call()
    with pytest.raises(errors.ShapeError, match="0 to 1"):
        calculus.sparse_jacobian([{2: 1.0}], 2)
    refused: list[tuple[Any, str]] = [
        (lambda: calculus.identity_jacobian(-1), "got -1"),
        (lambda: calculus.chain_jacobians(), "at least one Jacobian"),
        (lambda: calculus.elementwise_jacobians("%", [1.0], [1.0]), OPERATORS),
        (lambda: calculus.elementwise_jacobians("%", [2.0], [1.0]), OPERATORS),  # type: ignore[arg-type]
        (lambda: calculus.elementwise("%", [2.0], [1.0]), OPERATORS),
        (lambda: calculus.composed_jacobians("%", [2.0], [1.0], [[1.0]], [[1.0]]), OPERATORS),
        (lambda: calculus.composed_elementwise_jacobians("%", SQUARE, SQUARE, [1.0], [1.0]), OPERATORS),
        (lambda: calculus.scalar_expansion_jacobians("%", [1.0], 1.0), OPERATORS),
    ]
    for call, message in refused:
        with pytest.raises(errors.ArgumentError, match=message):
            call()


# every function with a layout, and arguments for it
LAID_OUT: list[tuple[Any, tuple[Any, ...]]] = [
    (calculus.polynomial_gradient, ([(1.0, (1,))], [1.0])),
    (calculus.stack_gradients, ([[1.0]],)),
    (calculus.sum_gradient, ([[1.0]],)),
    (calculus.scaled_sum_gradients, ([1.0], 1.0)),
    (calculus.log_sine_derivative, (1.0,)),
    (calculus.chain_jacobians, ([[1.0]],)),
    (calculus.scaled_vector_jacobian, (1.0, [1.0], [1.0], [[1.0]])),
    (calculus.sum_exp_jacobian, ([1.0],)),
    (calculus.scalar_expansion_jacobians, ("+", [1.0], 1.0)),
    (calculus.dot_gradients, ([1.0], [1.0])),
    (calculus.affine_gradients, ([1.0], [1.0])),
    (calculus.neuron_gradients, ([1.0], [1.0], 1.0)),
    (calculus.neuron_gradients, ([1.0], [1.0], -2.0)),
    (calculus.softmax_backward, ([1.0], [1.0])),
    (calculus.logsumexp_gradient, ([1.0],)),
    (calculus.mse_gradient, ([1.0], [1.0])),
    (calculus.neuron_cost_gradients, ([1.0], 0.0, [[1.0]], [1.0])),
    (calculus.least_squares_gradient, ([1.0], [[1.0]], [1.0])),
    (calculus.wave_gradient, ([1.0], [1.0], [1.0])),
    (calculus.quadratic_gradient, ([[1.0]], [1.0], [1.0])),
    (calculus.soft_cross_entropy_gradient, ([1.0], [1.0])),
    (calculus.rms_norm_jacobian, ([1.0], [1.0])),
    (calculus.layer_norm_jacobian, ([1.0], [1.0], 1.0)),
    (calculus.gelu_backward, ([1.0], [1.0])),
    (calculus.kl_divergence_gradient, ([1.0], [1.0])),
]


@pytest.mark.parametrize(("function", "arguments"), LAID_OUT, ids=lambda each: getattr(each, "__name__", ""))
def test_another_layout(function: Any, arguments: Any) -> None:
    for layout in ("numerator", "denominator"):
        function(*arguments, layout=layout)
    with pytest.raises(errors.ArgumentError, match="layout must be 'numerator' or 'denominator', got 'rows'"):
        function(*arguments, layout="rows")


def test_every_function_with_a_layout_is_listed() -> None:
    has = {name for name in calculus.__all__ if "layout" in getattr(calculus, name).__code__.co_varnames}
    assert {function.__name__ for function, _ in LAID_OUT} == has


def test_wrong_shapes_of_gradients() -> None:
    for gradient in ([[1.0, 2.0], [3.0, 4.0]], [[[1.0]]], 1.0, "ab"):
        with pytest.raises(errors.ShapeError, match="a gradient is a row, a column, or flat; got shapes"):
            items_of(gradient)  # type: ignore[arg-type]
    with pytest.raises(errors.ShapeError, match=r"\(1,\) and \(2,\)"):
        items_of([[1.0], [1.0, 2.0]])
    for items in ([], [1.0]):
        with pytest.raises(errors.ArgumentError, match="got 'rows'"):
            gradient_of(items, "rows")  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [0, 1, 2])
def test_rows_that_differ(k: int) -> None:
    """Wherever the row stands that is longer, the lengths are named."""
    rows = [[1.0, 2.0] if k == i else [1.0] for i in range(3)]
    for call in (calculus.linear_jacobian_by_inputs, calculus.linear_jacobian_by_weights):
        with pytest.raises(errors.ShapeError, match=r"same shape, got \((1,\) and \(2|2,\) and \(1),\)"):
            call(rows, 1)


def test_wrong_shapes_of_layers() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.matmul([[1.0, 2.0]], [[1.0]]), r"a \(1, 2\), b \(1, 1\)"),
        (lambda: calculus.matmul([1.0], [[1.0]]), r"rows; got shapes a \(1,\)"),
        (lambda: calculus.matmul([[1.0]], [1.0]), r"rows; got shapes .*b \(1,\)"),
        (lambda: calculus.linear([[1.0, 2.0]], [[1.0]], [1.0]), r"x \(1, 2\), w \(1, 1\), b \(1,\)"),
        (lambda: calculus.linear([[1.0]], [[1.0]], [1.0, 2.0]), r"x \(1, 1\), w \(1, 1\), b \(2,\)"),
        (lambda: calculus.linear([[1.0]], [[1.0]], [[1.0]]), r"b must be flat; got shapes b \(1, 1\)"),
        (lambda: calculus.linear([1.0], [[1.0]], [1.0]), r"rows; got shapes x \(1,\)"),
        (lambda: calculus.linear([[1.0]], [1.0], [1.0]), r"rows; got shapes .*w \(1,\)"),
        (lambda: calculus.linear_backward([1.0], [[1.0]], [[1.0]]), r"lists of rows; got shapes x \(1,\)"),
        (lambda: calculus.linear_backward([[1.0]], [1.0], [[1.0]]), r"lists of rows; got shapes x \(1, 1\), w \(1,\)"),
        (lambda: calculus.linear_backward([[1.0]], [[1.0]], [1.0]), r"lists of rows; got shapes .*g \(1,\)"),
        (lambda: calculus.linear_backward([[1.0, 2.0]], [[1.0]], [[1.0]]), r"x \(1, 2\), w \(1, 1\), g \(1, 1\)"),
        (lambda: calculus.linear_backward([[1.0]], [[1.0]], [[1.0, 2.0]]), r"w \(1, 1\), g \(1, 2\)"),
        (lambda: calculus.linear_backward([[1.0]], [[1.0]], []), r"x \(1, 1\).*g \(0,\)"),
        (lambda: calculus.linear_jacobian_by_weights([1.0], 1), r"x \(1,\)"),
        (lambda: calculus.linear_jacobian_by_inputs([1.0], 1), r"w \(1,\)"),
        (lambda: calculus.relu_jacobian([[1.0]]), r"x \(1, 1\)"),
        (lambda: calculus.dot([1.0], []), r"^w and x must have the same length; got shapes w \(1,\), x \(0,\)$"),
        (lambda: calculus.dot([[1.0]], [1.0]), r"^w and x must be flat; got shapes w \(1, 1\), x \(1,\)$"),
        (lambda: calculus.dot_gradients([1.0], []), r"w \(1,\), x \(0,\)"),
        (lambda: calculus.affine([1.0], [1.0, 2.0], 0.0), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.affine_gradients([1.0], [1.0, 2.0]), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.neuron([1.0], [1.0, 2.0], 0.0), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.neuron_gradients([1.0], [1.0, 2.0], 0.0), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.softmax([[1.0]]), r"z must be flat; got shapes z \(1, 1\)"),
        (lambda: calculus.softmax_factors([[1.0]]), r"x must be flat; got shapes x \(1, 1\)"),
        (lambda: calculus.logsumexp([[1.0]]), r"z must be flat; got shapes z \(1, 1\)"),
        (lambda: calculus.log_softmax([[1.0]]), r"z must be flat; got shapes z \(1, 1\)"),
        (lambda: calculus.softmax_backward([1.0], [1.0, 2.0]), r"z \(1,\), g \(2,\)"),
        (lambda: calculus.softmax_backward([1.0], [[1.0, 2.0]]), r"z \(1,\), g \(2,\)"),
        (lambda: calculus.softmax_backward([1.0] * 2, [[1.0] * 2] * 2), r"a row, a column, or flat.*\(2, 2\)"),
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(errors.ShapeError, match=message):
            call()


def test_wrong_shapes_of_losses_and_networks() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.mse([1.0], [1.0, 2.0]), r"target \(1,\), prediction \(2,\)"),
        (lambda: calculus.mse_gradient([1.0], [1.0, 2.0]), r"target \(1,\), prediction \(2,\)"),
        (lambda: calculus.cross_entropy([[1.0]], [0, 0]), r"scores \(1, 1\), classes \(2,\)"),
        (lambda: calculus.cross_entropy_gradient([[1.0]], [0, 0]), r"scores \(1, 1\), classes \(2,\)"),
        (lambda: calculus.cross_entropy([1.0], [0]), r"lists of rows; got shapes scores \(1,\)"),
        (lambda: calculus.cross_entropy_gradient([1.0], [0]), r"lists of rows; got shapes scores \(1,\)"),
        (lambda: calculus.l2(1.0, [[1.0]], [1.0]), r"w \(1,\)"),
        (lambda: calculus.l2_gradient(1.0, [1.0]), r"w \(1,\)"),
        (lambda: calculus.two_layer_scores([[1.0]], [[1.0, 2.0]], [1.0], [[1.0]], [1.0]), r"w \(1, 2\), b \(1,\)"),
        (lambda: calculus.two_layer_scores([[1.0]], [[1.0]], [1.0], [[1.0], [1.0]], [1.0]), r"x \(1, 1\), w \(2, 1\)"),
        (lambda: calculus.two_layer_loss([[1.0]], [0, 0], [[1.0]], [1.0], [[1.0]], [1.0]), r"classes \(2,\)"),
        (lambda: calculus.two_layer_gradients([[1.0]], [0, 0], [[1.0]], [1.0], [[1.0]], [1.0]), r"classes \(2,\)"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [[1.0, 2.0]], [1.0]), r"w \(1,\), inputs \(1, 2\)"),
        (lambda: calculus.neuron_cost_gradients([1.0], 0.0, [[1.0]], [1.0, 2.0]), r"inputs \(1, 1\), targets \(2,\)"),
        (lambda: calculus.neuron_cost([[1.0]], 0.0, [[1.0]], [1.0]), r"^w must be flat; got shapes w \(1, 1\)"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [[1.0]], [[1.0]]), r"^targets must be flat; got .* \(1, 1\)"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [1.0], [1.0]), r"^inputs must be lists of rows; got .* \(1,\)"),
        (lambda: calculus.least_squares_cost([1.0], [[1.0, 2.0]], [1.0]), r"w \(1,\), inputs \(1, 2\)"),
        (lambda: calculus.least_squares_gradient([1.0], [[1.0]], [1.0, 2.0]), r"inputs \(1, 1\), targets \(2,\)"),
        (lambda: calculus.least_squares_hessian([1.0]), r"inputs must be lists of rows; got shapes inputs \(1,\)"),
        (lambda: calculus.least_squares_solution([[1.0]], [1.0, 2.0]), r"inputs \(1, 1\), targets \(2,\)"),
        (lambda: calculus.least_squares_solution([1.0], [1.0]), r"inputs must be lists of rows; got shapes"),
        (lambda: calculus.largest_eigenvalue([[1.0, 2.0]]), r"square, and not empty; got shapes hessian \(1, 2\)"),
        (lambda: calculus.largest_eigenvalue([]), r"square, and not empty; got shapes hessian \(0,\)"),
        (lambda: calculus.largest_eigenvalue([1.0]), r"lists of rows; got shapes hessian \(1,\)"),
        (lambda: calculus.gradient_descent_step([1.0], [], 1.0), r"w \(1,\), gradient \(0,\)"),
        (lambda: calculus.gradient_descent_step([1.0], [[1.0, 2.0]], 1.0), r"w \(1,\), gradient \(2,\)"),
        (lambda: calculus.gradient_descent_step([1.0] * 4, [[1.0, 2.0]] * 2, 1.0), r"row, a column, or flat.*\(2, 2\)"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], [], rate=1.0), r"velocity \(0,\)"),
        (lambda: calculus.sgd_momentum_step([1.0], [], None, rate=1.0), r"gradient \(0,\)"),
        (lambda: calculus.sgd_momentum_step([1.0, 2.0], [1.0], [1.0], rate=1.0), r"w \(2,\), gradient \(1,\)"),
        (lambda: calculus.adam_step([1.0, 2.0], [1.0], [1.0], [1.0], 1), r"w \(2,\), gradient \(1,\)"),
        (lambda: calculus.adam_step([1.0], [1.0, 2.0], [1.0], [1.0], 1), r"w \(1,\), gradient \(2,\)"),
        (lambda: calculus.adam_step([1.0], [1.0], [], [1.0], 1), r"first \(0,\)"),
        (lambda: calculus.adam_step([1.0], [1.0], [1.0], [], 1), r"second \(0,\)"),
        (lambda: calculus.adamw_step([1.0], [1.0, 2.0], [1.0], [1.0], 1), r"gradient \(2,\)"),
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(errors.ShapeError, match=message):
            call()


def test_wrong_arguments_of_layers_and_networks() -> None:
    nesterov = "Nesterov needs momentum and no dampening"
    calls: list[tuple[Any, str]] = [
        (lambda: calculus.softmax([]), "the softmax needs at least one number"),
        (lambda: calculus.softmax_jacobian([]), "the softmax needs at least one number"),
        (lambda: calculus.softmax_factors([]), "the softmax needs at least one number"),
        (lambda: calculus.softmax_backward([], []), "the softmax needs at least one number"),
        (lambda: calculus.log_softmax([]), "the softmax needs at least one number"),
        (lambda: calculus.log_softmax_jacobian([]), "the softmax needs at least one number"),
        (lambda: calculus.logsumexp([]), "the log-sum-exp needs at least one number"),
        (lambda: calculus.logsumexp_gradient([]), "the softmax needs at least one number"),
        (lambda: calculus.mse([], []), "a mean needs at least one"),
        (lambda: calculus.cross_entropy([], []), "a mean needs at least one.*row"),
        (lambda: calculus.cross_entropy([[1.0, 2.0]], [2]), "from 0 to 1, got 2"),
        (lambda: calculus.cross_entropy([[1.0, 2.0]], [-1]), "from 0 to 1, got -1"),
        (lambda: calculus.cross_entropy_gradient([[1.0, 2.0]], [-1]), "from 0 to 1, got -1"),
        (lambda: calculus.two_layer_loss([], [], [[1.0]], [1.0], [[1.0]], [1.0]), "a mean needs at least one.*row"),
        (lambda: calculus.two_layer_loss([[1.0]], [1], [[1.0]], [1.0], [[1.0]], [1.0]), "from 0 to 0, got 1"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [], []), "a mean needs at least one.*input"),
        (lambda: calculus.neuron_cost_gradients([1.0], 0.0, [], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_cost([1.0], [], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_gradient([1.0], [], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_hessian([]), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_solution([], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_solution([[1.0], [math.inf]], [1.0, 1.0]), "must be finite numbers"),
        (lambda: calculus.least_squares_solution([[1.0]], [math.nan]), "must be finite numbers"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], None, rate=1.0, nesterov=True),
         f"{nesterov}, got 0.0 and 0.0"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], None, rate=1.0, momentum=0.5, dampening=0.25, nesterov=True),
         f"{nesterov}, got 0.5 and 0.25"),
        (lambda: calculus.adam_step([1.0], [1.0], [1.0], [1.0], 0), "1 or more, got 0"),
        (lambda: calculus.adamw_step([1.0], [1.0], [1.0], [1.0], 0), "1 or more, got 0"),
        (lambda: calculus.polynomial([(1.0, (-1,))], [1.0]), r"from 0 on, got \[-1\]"),
        (lambda: calculus.polynomial_gradient([(1.0, (0.5,))], [1.0]), r"from 0 on, got \[0.5\]"),  # type: ignore[list-item]
        (lambda: calculus.difference_quotient(lambda x: x, 1.0, 1e-20), r"x \+ h is x for the step 1e-20 at 1\.0"),
    ]  # fmt: skip
    for call, message in calls:
        with pytest.raises(errors.ArgumentError, match=message):
            call()


@pytest.mark.parametrize("inputs", [
    [[0.0]], [[1.0, 1.0], [2.0, 2.0]], [[0.1, 0.1, 0.7], [0.3, 0.3, 0.2], [0.9, 0.9, 0.4]],  # a column of 0, two equal
    [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [[1.0, 2.0]],  # a multiple; fewer inputs than weights
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],  # 2·second = first + third
], ids=str)  # fmt: skip
def test_least_squares_of_columns_that_depend_on_one_another(inputs: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="depend on one another"):
        calculus.least_squares_solution(inputs, [1.0, 2.0, 4.0][: len(inputs)])


def test_least_squares_that_overflow() -> None:
    with pytest.raises(errors.RangeError, match="the solution is too large for a float"):
        calculus.least_squares_solution([[1e-300]], [1e300])
    assert calculus.least_squares_solution([[1e-300]], [1e-300]) == [1.0]
