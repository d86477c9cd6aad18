"""What the ledger's functions refuse, and that the message prints the shapes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scalargrad import calculus, errors

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
    refused: list[tuple[Any, str]] = [
        (lambda: calculus.stack_gradients([[1.0]], layout="rows"), "'numerator' or 'denominator', got 'rows'"),
        (lambda: calculus.identity_jacobian(-1), "got -1"),
        (lambda: calculus.chain_jacobians(), "at least one Jacobian"),
        (lambda: calculus.chain_jacobians([[1.0]], layout="rows"), "got 'rows'"),  # type: ignore[arg-type]
        (lambda: calculus.elementwise_jacobians("%", [1.0], [1.0]), r"one of \+ - \* / max, got '%'"),
        (lambda: calculus.elementwise_jacobians("%", [2.0], [1.0]), "got '%'"),  # type: ignore[arg-type]
    ]
    for call, message in refused:
        with pytest.raises(errors.ArgumentError, match=message):
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
    nesterov = "Nesterov needs momentum and no dampening"
    calls: list[tuple[Any, str]] = [
        (lambda: calculus.softmax([]), "the softmax needs at least one number"),
        (lambda: calculus.log_softmax([]), "the softmax needs at least one number"),
        (lambda: calculus.logsumexp([]), "the log-sum-exp needs at least one number"),
        (lambda: calculus.mse([], []), "a mean needs at least one"),
        (lambda: calculus.cross_entropy([], []), "a mean needs at least one.*row"),
        (lambda: calculus.cross_entropy([[1.0, 2.0]], [2]), "from 0 to 1, got 2"),
        (lambda: calculus.cross_entropy([[1.0, 2.0]], [-1]), "from 0 to 1, got -1"),
        (lambda: calculus.cross_entropy_gradient([[1.0, 2.0]], [-1]), "from 0 to 1, got -1"),
        (lambda: calculus.neuron_cost([1.0], 0.0, [], []), "a mean needs at least one.*input"),
        (lambda: calculus.neuron_cost_gradients([1.0], 0.0, [], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_gradient([1.0], [], []), "a mean needs at least one.*input"),
        (lambda: calculus.least_squares_hessian([]), "a mean needs at least one.*input"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], None, rate=1.0, nesterov=True),
         f"{nesterov}, got 0.0 and 0.0"),
        (lambda: calculus.sgd_momentum_step([1.0], [1.0], None, rate=1.0, momentum=0.5, dampening=0.25, nesterov=True),
         f"{nesterov}, got 0.5 and 0.25"),
        (lambda: calculus.adam_step([1.0], [1.0], [1.0], [1.0], 0), "1 or more, got 0"),
        (lambda: calculus.polynomial([(1.0, (-1,))], [1.0]), r"from 0 on, got \[-1\]"),
        (lambda: calculus.polynomial_gradient([(1.0, (0.5,))], [1.0]), r"from 0 on, got \[0.5\]"),  # type: ignore[list-item]
        (lambda: calculus.difference_quotient(lambda x: x, 1.0, 1e-20), r"x \+ h is x for the step 1e-20 at 1\.0"),
    ]  # fmt: skip
    for call, message in calls:
        with pytest.raises(errors.ArgumentError, match=message):
            call()
