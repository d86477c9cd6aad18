"""What the ledger's functions refuse, and that the message prints the shapes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scalargrad import calculus, errors


def test_wrong_arguments_of_the_chain_rule() -> None:
    with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(3,\)"):
        calculus.total_derivative([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(1,\)"):
        calculus.polynomial_gradient([(1.0, (1, 2))], [1.0])
    with pytest.raises(errors.ArgumentError, match="exponents"):
        calculus.polynomial([(1.0, (-1,))], [1.0])
    with pytest.raises(errors.ArgumentError, match="lost"):
        calculus.difference_quotient(math.sin, 1.0, 1e-30)
    with pytest.raises(errors.ArgumentError, match="sin"):
        calculus.elementary("sine")
    with pytest.raises(errors.ArgumentError, match="domain"):
        calculus.elementary("log")[0](-1.0)
    with pytest.raises(errors.RangeError, match="too large"):
        calculus.elementary("exp")[0](1e4)


def test_wrong_shapes_of_jacobians() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.stack_gradients([[1.0], [1.0, 2.0]]), r"\(1,\).*\(2,\)"),
        (lambda: calculus.elementwise_jacobians("+", [1.0], [1.0, 2.0]), r"\(1,\).*\(2,\)"),
        (lambda: calculus.chain_jacobians([[1.0, 2.0]], [[1.0]]), r"\(1, 2\).*\(1, 1\)"),
        (lambda: calculus.linear_approximation([1.0], [[1.0, 2.0]], [1.0]), r"\(1,\).*\(1, 2\).*\(1,\)"),
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
    refused: list[Any] = [
        lambda: calculus.stack_gradients([[1.0]], layout="rows"),
        lambda: calculus.identity_jacobian(-1),
        lambda: calculus.chain_jacobians(),
        lambda: calculus.elementwise_jacobians("%", [1.0], [1.0]),
    ]
    for call in refused:
        with pytest.raises(errors.ArgumentError):
            call()


def test_wrong_shapes_of_layers_and_networks() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: calculus.linear_backward([[1.0, 2.0]], [[1.0]], [[1.0]]), r"x \(1, 2\), w \(1, 1\), g \(1, 1\)"),
        (lambda: calculus.linear_backward([[1.0]], [[1.0]], [[1.0, 2.0]]), r"w \(1, 1\), g \(1, 2\)"),
        (lambda: calculus.linear_backward([[1.0]], [[1.0]], []), r"x \(1, 1\).*g \(0,\)"),
        (lambda: calculus.linear_jacobian_by_weights([1.0], 1), r"x \(1,\)"),
        (lambda: calculus.linear_jacobian_by_inputs([1.0], 1), r"w \(1,\)"),
        (lambda: calculus.relu_jacobian([[1.0]]), r"x \(1, 1\)"),
        (lambda: calculus.dot_gradients([1.0], []), r"w \(1,\), x \(0,\)"),
        (lambda: calculus.neuron_gradients([1.0], [1.0, 2.0], 0.0), r"w \(1,\), x \(2,\)"),
        (lambda: calculus.softmax_backward([1.0], [1.0, 2.0]), r"z \(1,\), g \(2,\)"),
        (lambda: calculus.mse([1.0], [1.0, 2.0]), r"target \(1,\), prediction \(2,\)"),
        (lambda: calculus.cross_entropy([[1.0]], [0, 0]), r"scores \(1, 1\), classes \(2,\)"),
        (lambda: calculus.l2_gradient(1.0, [1.0]), r"w \(1,\)"),
        (lambda: calculus.two_layer_scores([[1.0]], [[1.0, 2.0]], [1.0], [[1.0]], [1.0]), r"w \(1, 2\), b \(1,\)"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [[1.0, 2.0]], [1.0]), r"w \(1,\), inputs \(1, 2\)"),
        (lambda: calculus.gradient_descent_step([1.0], [], 1.0), r"w \(1,\), gradient \(0,\)"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], [], rate=1.0), r"velocity \(0,\)"),
        (lambda: calculus.adam_step([1.0], [1.0], [], [1.0], 1), r"first \(0,\)"),
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(errors.ShapeError, match=message):
            call()


def test_wrong_arguments_of_layers_and_networks() -> None:
    calls: list[Any] = [
        lambda: calculus.softmax([]),
        lambda: calculus.log_softmax([]),
        lambda: calculus.logsumexp([]),
        lambda: calculus.mse([], []),
        lambda: calculus.cross_entropy([], []),
        lambda: calculus.cross_entropy([[1.0, 2.0]], [2]),
        lambda: calculus.cross_entropy_gradient([[1.0, 2.0]], [-1]),
        lambda: calculus.neuron_cost([1.0], 0.0, [], []),
        lambda: calculus.least_squares_hessian([]),
        lambda: calculus.sgd_momentum_step([1.0], [1.0], None, rate=1.0, nesterov=True),
        lambda: calculus.adam_step([1.0], [1.0], [1.0], [1.0], 0),
    ]
    for call in calls:
        with pytest.raises(errors.ArgumentError):
            call()
