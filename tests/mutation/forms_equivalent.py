"""Mutants of the closed forms, and of what the rows expect, that compute the same, or what only other numbers show.

Each is the name of the function, the start of the change, and why.
"""

from __future__ import annotations

_EMPTY = "sizes of 0, which the command never draws: tests/test_calculus_*.py have them"
_EVEN = "an even function, or a square, of it"
_BOTH = "both branches are right there"
_STEP = "Newton's step only moves the last digits, within the tolerance; tests/test_calculus_b_chains.py has them"
_TIE = "a tie, which is handled before"

EQUIVALENT: tuple[tuple[str, str, str], ...] = (
    ("shapes.shape", "not isinstance(x, Sequence) or isinstance(x, (str, bytes))", "text, which is refused elsewhere"),
    ("shapes.shape", "{*map(type, x)} == {float}", "a list with and without floats, or an empty one, is no input"),
    ("shapes.shape", "inner[0] if inner else ()", _EMPTY),
    ("shapes.columns", "0 ->", _EMPTY),
    ("shapes.items_of", "len(sizes) == 2", "other shapes are refused: tests/test_calculus_errors.py"),
    ("chain.sigmoid_unit_derivative", "w * x + b -> -(", _EVEN),
    ("elementary.divide", "math.copysign(math.inf, x) * math.copysign(1.0, y) -> math.copysign(math.inf, x) /",
        "the second factor is 1 or -1"),
    ("elementary.divide", "1.0 -> 2.0", "an infinity, whatever it is multiplied with"),
    ("elementary.divide", "1.0 -> -1.0", "only the sign of y counts"),
    ("elementary.exp_difference", "0.0 if d < 0.0 else math.inf", "infinite numbers: tests/test_calculus_c.py"),
    ("elementary.exp_difference", "d < 0.0", "infinite numbers: tests/test_calculus_c.py"),
    ("elementary.exp_difference", "0.0 -> 1", "infinite numbers: tests/test_calculus_c.py"),
    ("elementary.sigmoid", "x >= 0.0", _BOTH),
    ("elementary.sigmoid", "0.0 -> 1", _BOTH),
    ("elementary.relu", "x > 0.0 -> x >= 0.0", "0 either way"),
    ("elementwise.scalar_expansion_jacobians", "1 ->", _EMPTY),
    ("second_order.logsumexp_curvature", "b - mean ->", "it is squared"),
    ("linear_algebra.cofactors", "i + j -> i - j", "only whether it is odd counts"),
    ("linear_algebra.cofactors", "i + j -> -(i + j)", "only whether it is odd counts"),
    ("linear_algebra.cholesky", "i == j -> i <= j", "j is i at most"),
    ("linear_algebra.lower_half", "i == j -> i >= j", "j is i at least there"),
    ("networks.least_squares_solution", "p * q -> -(p * q)", "both sides of the system of equations change their sign"),
    ("updates.sgd_momentum_step", "momentum != 0.0 -> momentum > 0.0", "momentum is not negative"),
    ("elementary._sign", "1.0 -> -1.0", "only its size counts"),
    ("elementary._cbrt", "root - (root - x / (root * root)) / 3.0 ->", _STEP),
    ("elementary._cbrt", "(root - x / (root * root)) / 3.0", _STEP),
    ("elementary._cbrt", "root - x / (root * root)", _STEP),
    ("elementary._cbrt", "3.0 ->", _STEP),
    ("elementary._gauss", "abs(x) > 28.0", "exp(-28²) is 0 already"),
    ("elementary._gauss", "abs(x) -> x", "exp(-28²) is 0 already"),
    ("elementary._gauss", "round(", "how x is split only moves the last digits, within the tolerance"),
    ("elementary._gauss", "28.0 ->", "exp(-28²) is 0 already"),
    ("elementary._gauss", "0.0 -> 1", "the command draws no numbers so far out; tests/test_calculus_b_chains.py does"),
    ("elementary._gauss", "20 ->", "how x is split only moves the last digits, within the tolerance"),
    ("elementary._sech2", "-abs(x) -> abs(x)", "u and 1/u have the same result"),
    ("elementary._sech2", "abs(x) -> x", "u and 1/u have the same result"),
    ("elementary._sech2", "2.0 * u / (1.0 + u * u) -> -(", _EVEN),
    ("elementary._sech2", "2.0 * u -> -(", _EVEN),
    ("elementary._sech2", "2.0 -> -2.0", _EVEN),
    ("elementary._sech2", "1.0 + u * u -> -(", _EVEN),
    ("elementwise._combined", "w != w", "max(nan, x) is nan in Python too"),
    ("elementwise._partials", "w > x -> w >= x", _TIE),
    ("elementwise._partials", "x > w -> x >= w", _TIE),
    ("elementwise._each", "found and callable(found[0])", _EMPTY),
    ("jacobians.sum_gradient", "len(jacobian[0]) if jacobian", _EMPTY),
    ("jacobians.sum_gradient", "width or 0", _EMPTY),
    ("jacobians.sum_gradient", "0 -> 1", _EMPTY),
    ("jacobians.log_sine_derivative", "3.0 * x -> -(", _EVEN),
    ("jacobians.log_sine_derivative", "3.0 -> -3.0", "of the cosine's: an even function"),
    ("jacobians.log_sine_factors", "3.0 * x -> -(", _EVEN),
    ("jacobians.log_sine_factors", "3.0 -> -3.0", "of the cosine's: an even function"),
    ("networks.two_layer_gradients", "by_b1 or", _EMPTY),
    ("networks.two_layer_gradients", "by_b2 or", _EMPTY),
    ("networks.two_layer_gradients", "[0.0] * len(b", _EMPTY),
    ("networks.two_layer_gradients", "0.0 -> 1", _EMPTY),
    ("networks.largest_eigenvalue", "item / size -> -(", "the matrix is squared next"),
    ("ELEMENTARY['asinh'][1]", "1.0 -> -1.0", _EVEN),
    ("normalisation._unit", "math.sqrt(epsilon) -> epsilon", "what is about 1 may be a little more or less"),
    ("normalisation._unit", "math.ldexp(math.sqrt(epsilon), -power) * root -> -(", _EVEN),
    ("normalisation._unit", "math.hypot(*scaled[:i], *scaled[i + 1:], last) / length -> -(", _EVEN),
)  # fmt: skip

_LIMIT = "the step of a limit, which the bound knows: every small one has it"
_SHIFT = "the softmax is the same for every shift"
_CYCLE = "the trace of a product is that of its factors in a cycle"
_NAN = "a nan, with whatever number beside it"
_UNREAD = "the derivative is 0 whatever the functions are, since neither is read"

WORKS: tuple[tuple[str, str, str], ...] = (
    ("chain._a2", "1.0 + e -> -(", _EVEN),
    ("chain._a2", "-u -> u", "s' is even"),
    ("chain._a5", "p * x -> -(", "of the cosine's: an even function"),
    ("chain._a6", "-h -> h", _LIMIT),
    ("chain._a6", "df(0.0) -> 0.0", "both conventions are 0"),
    ("elementwise._corners", "0.0 -> 1", _NAN),
    ("elementwise._corners", "c.relu(nan) -> nan", "it is nan"),
    ("elementwise._corners", "1.0 ->", _NAN),
    ("elementwise.b6", "p - q -> q - p", "both are I, and their difference is 0"),
    ("elementwise.b6", "p - q -> -(", "both are I, and their difference is 0"),
    ("elementwise.b10", "product(diagonal(outer), diagonal(inner)) ->", "diagonal matrices commute"),
    ("layers._c5", "p - q -> q - p", "the derivative of b by w, which is 0"),
    ("layers._c5", "p - q -> -(", "the derivative of b by w, which is 0"),
    ("layers._c5", "c.affine_gradients(w, x) -> c.affine_gradients(x, w)", "the last of three is taken, which is 1"),
    ("layers._c7", "item + 1.0 ->", _SHIFT),
    ("layers._c7", "1.0 ->", _SHIFT),
    ("layers._c7", "40.0 -> -40.0", "of two numbers, the Jacobian depends on their distance alone"),
    ("errata.e4", "rate * sign -> rate / sign", "the sign is 1 or -1"),
    ("errata.e7", "s * (1.0 - s) ->", "1 - s is 0 there, and so is all that it is a factor of"),
    ("errata.e7", "1.0 - s ->", "1 - s is 0 there, and so is all that it is a factor of"),
    ("errata.e7", "divide(item, sum(e)) -> divide(sum(e), item)", "inf/inf either way"),
    ("errata._at_zero", "1.0 ->", _UNREAD),
    ("errata._at_zero", "0.0 -> 1", _UNREAD),
    ("errata.e9", "math.inf * 0.0 -> -(", "a nan has no sign"),
    ("errata.e9", "df * 0.0 -> 0.0", "the wrong form is 0"),
    ("errata.e9", "df * 0.0 -> -(", "the wrong form is 0"),
    ("errata.e9", "0.0 -> 1", "g' by w, which stands in the other Jacobian"),
    ("descent._solution", "1.0 - factor ->", _EVEN),
    ("descent.published_sgd", "0.0 -> 1", "the first step does not read the velocity"),
    ("algebra._g2", "1.0 -> -1.0", "only the sign of the other number counts"),
    ("algebra._g4", "product(product(transpose(a), s), a) ->", _CYCLE),
    ("algebra._g4", "product(a, b) -> product(b, a)", _CYCLE),
    ("algebra._g4", "product(d, b) -> product(b, d)", _CYCLE),
)  # fmt: skip
