"""Ways to be wrong, for every row of the ledger: in its closed form, and in the engine's rules that it stands on."""

from __future__ import annotations

from tests.mutation.ledger_bulk import MUTANTS as BULK_MUTANTS
from tests.mutation.ledger_bulk import Mutant
from tests.mutation.ledger_bulk import mutants_of as _of

CHAIN, JACOBIANS, LAYERS = "calculus/chain.py", "calculus/jacobians.py", "calculus/layers.py"
LOSSES, NETWORKS, UPDATES = "calculus/losses.py", "calculus/networks.py", "calculus/updates.py"
ELEMENTARY, SHAPES = "calculus/elementary.py", "calculus/shapes.py"
OPS, REDUCTIONS, SWEEP = "table/ops.py", "table/reductions.py", "pure/sweep.py"
MANY = "arrays/reductions.py"

# the engine's rules
ADD = ('"x + y", "1", "1"', '"x + y", "1", "-1"')
SUB = ('"x - y", "1", "-1"', '"x - y", "1", "1"')
MUL = ('"x * y", "y", "x"', '"x * y", "x", "y"')
DIV_X = ('"x / y", "1 / y"', '"x / y", "1 / x"')
DIV_Y = ('"-(z / y) if abs(z)', '"(z / y) if abs(z)')
NEG = ('"neg", "x", "-x", "-1"', '"neg", "x", "-x", "1"')
EXP = ('"libm.exp(x)", "z"', '"libm.exp(x)", "-z"')
LOG = ('"libm.log(x)", "1 / x"', '"libm.log(x)", "1"')
SIN = ('"libm.sin(x)", "cos(x)"', '"libm.sin(x)", "-cos(x)"')
SQUARE = ('"x * x", "2 * x"', '"x * x", "x"')
RELU = ('"1 if x > 0 else 0",\n        symbol="ReLU"', '"1 if x >= 0 else 0",\n        symbol="ReLU"')
RELU_OPEN = ('"1 if x > 0 else 0",\n        symbol="ReLU"', '"1",\n        symbol="ReLU"')
EXP_SUB = ('x - y))", "z", "-z"', 'x - y))", "-z", "-z"')
DOT = ('"y", "y is the operand\'s partner"', '"x", "y is the operand\'s partner"')
PARTNER = ("partial(0.0, x[k ^ 1]", "partial(0.0, x[k]")
SUM = ('chunks in order", "1"', 'chunks in order", "-1"')
LOGSUMEXP = ('"exp_sub(x, m) / s"', '"exp_sub(x, m)"')
ADJOINT = ("zmul(adjoint, partial)", "zmul(1.0, partial)")
SIGN = ("zmul(adjoint, partial)", "zmul(adjoint, -partial)")
PATHS = ("contribution if before is None else before + contribution", "contribution")
FIRST_PATH = ("contribution if before is None else before + contribution", "contribution if before is None else before")

MUTANTS: list[Mutant] = [
    *BULK_MUTANTS,
    *_of("A1", CHAIN, ("df(x) * derivative", "-df(x) * derivative"), ("df(x) * derivative", "df(x) + derivative"),
         ("derivative = df(x) * derivative\n        x = f(x)", "x = f(x)\n        derivative = df(x) * derivative"),
         ("df(x) * derivative", "df(x)")),
    *_of("A1", OPS, SIN), *_of("A1", SWEEP, ADJOINT),
    *_of("A2", ELEMENTARY, ("sigmoid(x) * sigmoid(-x)", "sigmoid(x) * sigmoid(x)"),
         ("sigmoid(x) * sigmoid(-x)", "sigmoid(x) * (1.0 - sigmoid(x))"),
         ("return 1.0 / (1.0 + math.exp(-x))", "return 1.0 / (1.0 + math.exp(x))")),
    *_of("A2", CHAIN, ("sigmoid_derivative(w * x + b) * w", "sigmoid_derivative(w * x + b)"),
         ("sigmoid_derivative(w * x + b) * w", "sigmoid_derivative(w * x - b) * w")),
    *_of("A2", OPS, ('"z * sigmoid(-x)"', '"z * (1 - z)"'), ('"z * sigmoid(-x)"', '"-z * sigmoid(-x)"')),
    *_of("A3", CHAIN, ("[-1.0, g, 1.0,", "[1.0, g, 1.0,"), ("-1.0 / (u * u)", "-1.0 / u"), ("-1.0, g, 1.0", "-1.0, f, 1.0"),
         ("u = 1.0 + g", "u = 1.0 - g"), ("math.prod(sigmoid_nodes(x)[1])", "math.prod(sigmoid_nodes(x)[0])")),
    *_of("A3", OPS, EXP, NEG, DIV_Y),
    *_of("A4", CHAIN, ("k * xi ** (k - 1)", "xi ** (k - 1)"), ("k * xi ** (k - 1)", "k * xi**k"),
         ("if i == j else xi**k for", "if i != j else xi**k for"), ("return c * math.prod(factors)", "return math.prod(factors)"),
         ("for c, k in terms if k[j] > 0)", "for c, k in terms if k[j] > 1)")),
    *_of("A4", OPS, MUL, ("pow_high(x, y, pow(x, y - 1))", "pow_high(x, y, pow(x, y))")),
    *_of("A5", CHAIN, ("return inner(outer, inner_derivatives)", "return -inner(outer, inner_derivatives)"),
         ("return inner(outer, inner_derivatives)", "return inner(outer, inner_derivatives) / max(len(outer), 1)"),
         ("return inner(outer, inner_derivatives)", "return inner(outer[:1], inner_derivatives)")),
    *_of("A5", SWEEP, PATHS, FIRST_PATH),
    *_of("A6", CHAIN, ("f(moved) - f(x)", "f(x) - f(moved)"), ("f(moved) - f(x), moved - x", "f(moved) - f(x), 2.0 * (moved - x)"),
         ("f(moved) - f(x)", "f(moved) - f(x - h)")),
    *_of("A6", OPS, SIN),
    *_of("B1", JACOBIANS, ("return arrange(gradients, layout)", 'return arrange(gradients, "denominator")'),
         ("return arrange(gradients, layout)", "return arrange(gradients[::-1], layout)"),
         ("return arrange(gradients, layout)", 'return arrange(gradients, "numerator")')),
    *_of("B1", SHAPES, ('if layout == "numerator" else', 'if layout == "denominator" else')),
    *_of("B1", OPS, MUL, ADD),
    *_of("B2", JACOBIANS, ("diagonal([1.0] * n)", "diagonal([-1.0] * n)"), ("diagonal([1.0] * n)", "diagonal([1.0] * n)[::-1]"),
         ("diagonal([1.0] * n)", "diagonal([1.0 / max(n, 1)] * n)"),
         ("diagonal([1.0] * n)", "[list(column) for column in zip(*diagonal([1.0] * n))]", "the identity matrix is symmetric")),
    *_of("B2", SHAPES, ("entry if i == j else 0.0", "entry")),
    *_of("B2", OPS, ADD, NEG),
    *_of("B3", JACOBIANS, ("total([y, *(a * d", "total([y, *(-a * d"), ("total([y, *(a * d", "total([-y, *(a * d"),
         ("zip(row, step)", "zip(row, step[::-1])"), ("total([y, *(a * d", "total([y, *(0.5 * a * d")),
    *_of("B3", OPS, DIV_Y, EXP_SUB),
    *_of("B4", JACOBIANS, ('operator == "+":\n        return 1.0, 1.0', 'operator == "+":\n        return 1.0, -1.0'),
         ("return 1.0, -1.0", "return 1.0, 1.0"), ("return x, w", "return w, x"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, w), -divide(divide(w, x), x)"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, x), divide(divide(w, x), x)"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, x), -divide(w, x)"),
         ("(float(w > x), float(x > w))", "(float(x > w), float(w > x))"), ("(0.5, 0.5) if w == x", "(1.0, 0.0) if w == x"),
         ("p * f[1](a)", "p * f[0](a)"), ("q * g[1](b)", "q"), ("_partials(operator, f[0](a), g[0](b))", "_partials(operator, a, b)")),
    *_of("B4", OPS, SUB, MUL, DIV_X, DIV_Y, ('"1 if x > y or x != x else 0.5 if x == y else 0"', '"1 if x < y else 0.5 if x == y else 0"'),
         ('"1 if y > x or y != y else 0.5 if x == y else 0"', '"1 if y > x else 1 if x == y else 0"')),
    *_of("B5", JACOBIANS, ("row.get(j, 0.0)", "row.get(j, 1e-300)"), ("row.get(j, 0.0)", "row.get(n - 1 - j, 0.0)"),
         ("row.get(j, 0.0)", "-row.get(j, 0.0)")),
    *_of("B5", OPS, ADD), *_of("B5", SWEEP, ADJOINT),
    *_of("B6", JACOBIANS, ("diagonal(p for p, _ in pairs), [q for", "diagonal(q for _, q in pairs), [q for"),
         ("[q for _, q in pairs]", "[-q for _, q in pairs]"), ("[q for _, q in pairs]", "[q for _, q in pairs[::-1]]"),
         ("_partials(operator, item, z)", "_partials(operator, z, item)")),
    *_of("B6", OPS, MUL, DIV_Y, SUB), *_of("B6", SWEEP, PATHS),
    *_of("B7", JACOBIANS, ("return column_sums(jacobian,", "return column_sums(jacobian[:1],"),
         ("return [z] * len(x), total(x)", "return [z] * len(x), -total(x)"),
         ("return [z] * len(x), total(x)", "return [z] * len(x), total(x) / max(len(x), 1)"),
         ("return [z] * len(x), total(x)", "return list(x), total(x)")),
    *_of("B7", SHAPES, ("total(row[j] for row in x)", "total(-row[j] for row in x)")),
    *_of("B7", OPS, SUM),
    *_of("B8", JACOBIANS, ("[divide(2.0, x), 3.0", "[divide(1.0, x), 3.0"), ("3.0 * math.cos(3.0 * x)]", "-3.0 * math.cos(3.0 * x)]"),
         ("3.0 * math.cos(3.0 * x)]", "math.cos(3.0 * x)]"), ("[[2.0 * x], [3.0]]", "[[2.0 * x], [1.0]]"),
         ("divide(1.0, x * x), math.cos", "divide(1.0, x), math.cos")),
    *_of("B8", OPS, LOG, SIN, SQUARE),
    *_of("B9", JACOBIANS, ('factors = jacobians if layout == "numerator"', 'factors = jacobians if layout == "denominator"'),
         ("result = product(result, factor)", "result = product(factor, result)"),
         ("for factor in factors[1:]:", "for factor in factors[2:]:"), ("factors[0]]", "zip(*factors[0])]")),
    *_of("B9", SHAPES, ("total(a * b for a, b in zip(x, y))", "-total(a * b for a, b in zip(x, y))")),
    *_of("B9", OPS, SIN, SUM), *_of("B9", SWEEP, PATHS),
    *_of("B10", JACOBIANS, ("diagonal(p * q for p, q", "diagonal(-p * q for p, q"), ("diagonal(p * q for p, q", "diagonal(p + q for p, q"),
         ("zip(outer, inner_diagonal))", "zip(outer, inner_diagonal[::-1]))")),
    *_of("B10", OPS, SIN, ('"softplus", "x", "(x if', '"softplus", "x", "1 + (x if')),
    *_of("B10", SWEEP, ADJOINT),
    *_of("B11", JACOBIANS, ("diagonal(derivative(item) for", "diagonal(-derivative(item) for"),
         ("diagonal(derivative(item) for item in x)", "diagonal(derivative(item) for item in x[::-1])"),
         ("diagonal(derivative(item) for item in x)", "[[derivative(item) for item in x] for _ in x]")),
    *_of("B11", ELEMENTARY, ("(math.cos, lambda x: -math.sin(x))", "(math.cos, math.sin)"), ("(math.log1p, lambda x: 1.0 / (1.0 + x))", "(math.log1p, lambda x: 1.0 / x)"),
         ("divide(1.0, 3.0 * _cbrt(x) ** 2)", "divide(1.0, _cbrt(x) ** 2)"), ("1.0 / (x * _LN10)", "1.0 / (x * _LN2)"),
         ("(2.0 * u / (1.0 + u * u)) ** 2", "2.0 * u / (1.0 + u * u)"), ("sigmoid(x) * (1.0 + x * sigmoid(-x))", "sigmoid(x) * (1.0 + x * sigmoid(x))"),
         ("1.0 / ((1.0 - x) * (1.0 + x))", "1.0 / (1.0 - x)")),
    *_of("B11", OPS, ('"libm.tan(x)", "1 + z * z"', '"libm.tan(x)", "1 - z * z"'), ('"libm.sinh(x)", "cosh(x)"', '"libm.sinh(x)", "-cosh(x)"'),
         ('"libm.atan(x)", "1 / (1 + x * x)', '"libm.atan(x)", "1 / (1 + x)'), ('"0.5 / abs(z)"', '"1 / abs(z)"'), ('"z * LN2"', '"z"'),
         ('"-1 / sqrt((1 - x) * (1 + x))"', '"1 / sqrt((1 - x) * (1 + x))"')),
    *_of("B12", JACOBIANS, ("y * z_jacobian[i][j] + z[i]", "y * z_jacobian[i][j] - z[i]"), ("y * z_jacobian[i][j] + z[i] * y_gradient[j]", "y * z_jacobian[i][j]"),
         ("+ z[i] * y_gradient[j] for", "+ z[i] for"), ("y * z_jacobian[j][i] + y_gradient[j] * z[i]", "z_jacobian[j][i] + y_gradient[j] * z[i]"),
         ("y * z_jacobian[j][i] + y_gradient[j] * z[i]", "y * z_jacobian[j][i] - y_gradient[j] * z[i]")),
    *_of("B12", OPS, MUL, DOT), *_of("B12", SWEEP, PATHS),
    *_of("B13", JACOBIANS, ("diagonal(exponential(item) for", "diagonal(-exponential(item) for"),
         ("arrange([[exponential(item) for item in x]], layout)", 'arrange([[exponential(item) for item in x]], "numerator")'),
         ("arrange([[exponential(item) for item in x]], layout)", "arrange([[exponential(item) for item in x[::-1]]], layout)"),
         ("arrange([[exponential(item) for item in x]], layout)", "arrange([[exponential(item) / len(x) for item in x]], layout)")),
    *_of("B13", OPS, EXP, SUM),
    *_of("C1", LAYERS, ("item if s == j else 0.0", "item if s != j else 0.0"), ("item if s == j else 0.0", "-item if s == j else 0.0"),
         ("item if r == i else 0.0", "item if r != i else 0.0"), ("by_output = transpose(w)\n", "by_output = w\n"), ("item if s == j else 0.0", "item")),
    *_of("C1", OPS, MUL, ADD), *_of("C1", SWEEP, SIGN),
    *_of("C2", LAYERS, ("product(transpose(x, len(w)), g, width)", "product(g, transpose(x, len(w)), width)"),
         ("product(g, transpose(w, width), len(w))", "product(g, w, len(w))"), ("column_sums(g, width)", "[-item for item in column_sums(g, width)]"),
         ("column_sums(g, width)", "[item / max(len(g), 1) for item in column_sums(g, width)]"), ("column_sums(g, width)", "column_sums(g[:1], width)")),
    *_of("C2", OPS, MUL, ADD, SUM), *_of("C2", SWEEP, PATHS),
    *_of("C3", ELEMENTARY, ("1.0 if x > 0.0 else 0.0", "1.0 if x >= 0.0 else 0.0"), ("1.0 if x > 0.0 else 0.0", "1.0 if x < 0.0 else 0.0"),
         ("1.0 if x > 0.0 else 0.0", "1.0"), ("return x if x > 0.0 else 0.0", "return x")),
    *_of("C3", OPS, RELU, RELU_OPEN, ('"0 if x < 0 else x"', '"x"')),
    *_of("C4", LAYERS, ("return list(x), list(w)", "return list(w), list(x)"), ("return list(x), list(w)", "return [-item for item in x], list(w)"),
         ("return list(x), list(w)", "return list(x[::-1]), list(w)"), ("return list(x), list(w)", "return [item / len(x) for item in x], list(w)")),
    *_of("C4", OPS, DOT, MUL), *_of("C4", REDUCTIONS, PARTNER),
    *_of("C5", LAYERS, ("return by_w, by_x, 1.0", "return by_w, by_x, -1.0"), ("return by_w, by_x, 1.0", "return by_x, by_w, 1.0"),
         ("zip(w, x)), b])", "zip(w, x)), -b])"), ("return by_w, by_x, 1.0", "return by_w[::-1], by_x, 1.0")),
    *_of("C5", OPS, ADD, MUL),
    *_of("C6", LAYERS, ("active = affine(w, x, b) > 0.0", "active = affine(w, x, b) >= 0.0"), ("active = affine(w, x, b) > 0.0", "active = affine(w, x, b) < 0.0"),
         ("active = affine(w, x, b) > 0.0", "active = True"), ("active = affine(w, x, b) > 0.0", "active = affine(w, x, 0.0) > 0.0"),
         ("by_w, by_x, by_b = affine_gradients(w, x)", "by_x, by_w, by_b = affine_gradients(w, x)")),
    *_of("C6", OPS, RELU, RELU_OPEN, MUL),
    *_of("C7", LAYERS, ("a * _others(p, i) if i == j else -a * b", "a * _others(p, i) if i == j else a * b"),
         ("a * _others(p, i) if i == j else -a * b", "a * (1.0 + a) if i == j else -a * b"), ("a * _others(p, i) if i == j else -a * b", "_others(p, i) if i == j else -b"),
         ("a * _others(p, i) if i == j else -a * b", "a * _others(p, i) if i != j else -a * b"), ("[weight / whole for", "[weight / len(z) for"),
         ("-a * b for j, b in enumerate(p)] for i, a in enumerate(p)]\n", "-p[j] * p[i] for j, b in enumerate(p)] for i, a in enumerate(p)]\n",
          "the Jacobian of softmax is symmetric: pᵢpⱼ is pⱼpᵢ, and products commute to the last bit")),
    *_of("C7", OPS, EXP_SUB, DIV_X, DIV_Y), *_of("C7", MANY, ('ops.OPCODE["exp_sub"], item, largest', 'ops.OPCODE["exp_sub"], largest, item')),
    *_of("C8", LAYERS, ("a * (b - along)", "a * (b + along)"), ("a * (b - along)", "b - along"), ("a * (b - along)", "a * b"),
         ("along = inner(g, p)", "along = inner(g, p) / len(g)"), ("along = inner(g, p)", "along = inner(g, p[::-1])")),
    *_of("C8", OPS, EXP_SUB, DIV_Y, MUL),
    *_of("C9", LAYERS, ("_others(p, i) if i == j else -b for", "_others(p, i) if i == j else b for"), ("_others(p, i) if i == j else -b for", "_others(p, i) if i == j else -p[i] for"),
         ("_others(p, i) if i == j else -b for", "1.0 + b if i == j else -b for"), ("return softmax(z)", "return [1.0 for item in z]"),
         ("(item - max(z)) - _above_largest(z)", "(item - max(z)) + _above_largest(z)")),
    *_of("C9", OPS, LOGSUMEXP, ('"exp_sub(x, m) / s"', '"exp_sub(m, x) / s"'), SUB), *_of("C9", REDUCTIONS, ("1.0 + rest, m)", "rest, m)")),
    *_of("D1", LOSSES, ("2.0 * (guess - y) / len(target)", "2.0 * (y - guess) / len(target)"), ("2.0 * (guess - y) / len(target)", "(guess - y) / len(target)"),
         ("2.0 * (guess - y) / len(target)", "2.0 * (guess - y)"), ("** 2 for y, guess in zip(target, prediction)) / len(target)", "** 2 for y, guess in zip(target, prediction))")),
    *_of("D1", OPS, SUB, DIV_X), *_of("D1", SWEEP, ADJOINT), *_of("D1", MANY, ("core.reduce(_SUM, items), len(items))", "core.reduce(_SUM, items), 1.0)")),
    *_of("D2", LOSSES, ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item)"), ("(-rest if k == c else item) / len(scores)", "(rest if k == c else item) / len(scores)"),
         ("(-rest if k == c else item) / len(scores)", "(-rest if k != c else item) / len(scores)"), ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item) / len(row)"),
         ("-log_softmax(row)[c]", "log_softmax(row)[c]")),
    *_of("D2", OPS, LOGSUMEXP, SUB, DIV_X),
    *_of("D3", NETWORKS, ("g if item > 0.0 else 0.0 for g, item", "g for g, item"), ("g if item > 0.0 else 0.0 for g, item", "g if item >= 0.0 else 0.0 for g, item"),
         ("linear_backward(h, w2, s)", "linear_backward(h, w2, [row[::-1] for row in s])"), ("linear_backward(x, w1, t)", "linear_backward(x, w1, by_h)"),
         ("[[relu(item) for item in row] for row in _layer(x, w1, b1)]\n    s =", "[list(row) for row in _layer(x, w1, b1)]\n    s =")),
    *_of("D3", LAYERS, ("product(transpose(x, len(w)), g, width)", "product([[-v for v in row] for row in transpose(x, len(w))], g, width)"), ("product(g, transpose(w, width), len(w))", "product(g, w, len(w))")),
    *_of("D3", LOSSES, ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item)")),
    *_of("D3", OPS, RELU, RELU_OPEN, MUL, LOGSUMEXP), *_of("D3", SWEEP, PATHS),
    *_of("D4", LOSSES, ("2.0 * regularisation * item", "regularisation * item"), ("2.0 * regularisation * item", "-2.0 * regularisation * item"),
         ("2.0 * regularisation * item", "2.0 * item"), ("regularisation * total(item * item", "total(item * item")),
    *_of("D4", NETWORKS, ("_plus(by_w1, l2_gradient(regularisation, w1))", "by_w1"), ("_plus(by_w2, l2_gradient(regularisation, w2))", "by_w2"), ("[[p + q for p, q in", "[[p - q for p, q in")),
    *_of("D4", OPS, MUL, ADD, SQUARE), *_of("D4", SWEEP, PATHS),
    *_of("D5", NETWORKS, ("[z - y if z > 0.0 else 0.0", "[y - z if z > 0.0 else 0.0"), ("[z - y if z > 0.0 else 0.0", "[z - y if z >= 0.0 else 0.0"),
         ("[z - y if z > 0.0 else 0.0", "[z - y"), ("scale = 2.0 / len(inputs)", "scale = 2.0"), ("scale = 2.0 / len(inputs)", "scale = 1.0 / len(inputs)"),
         ("scale * inner(errors, column)", "scale * inner(errors[::-1], column)")),
    *_of("D5", OPS, RELU, SUB, SQUARE, DIV_X),
    *_of("D6", UPDATES, ("a - rate * g for a, g", "a + rate * g for a, g"), ("a - rate * g for a, g", "a - g for a, g"), ("a - rate * g for a, g", "a - 0.5 * rate * g for a, g")),
    *_of("D6", NETWORKS, ("affine(x, w, -y)", "affine(x, w, y)"), ("2.0 / len(inputs) * inner(residuals, column)", "2.0 * inner(residuals, column)"),
         ("2.0 / len(inputs) * inner(residuals, column)", "1.0 / len(inputs) * inner(residuals, column)"), ("2.0 / len(inputs) * inner(a, b)", "0.5 / len(inputs) * inner(a, b)")),
    *_of("D6", OPS, SQUARE, DOT), *_of("D6", "pure/update.py", ("p.data -= lr * g", "p.data += lr * g")),
    *_of("D7", UPDATES, ("momentum * u + (1.0 - dampening) * d for u, d", "momentum * u + d for u, d"), ("momentum * u + (1.0 - dampening) * d for", "(1.0 - dampening) * d for"),
         ("d + momentum * u for d, u", "d + u for d, u"), ("a - rate * s for", "a + rate * s for"), ("d + weight_decay * a for d, a in zip(gradient, w)]\n    v = g", "d - weight_decay * a for d, a in zip(gradient, w)]\n    v = g"),
         ("v = g if velocity is None else", "v = [0.0 * d for d in g] if velocity is None else"), ("(1.0 - beta1) * d for", "d for"), ("(1.0 - beta2) * d * d", "(1.0 - beta2) * d"),
         ("1.0 - beta1**t, 1.0", "1.0 - beta1, 1.0"), ("1.0 - beta2**t", "1.0 - beta2 ** (t + 1)"), ("a - rate * (p / short)", "a + rate * (p / short)"), ("math.sqrt(q / long)", "(q / long)"),
         ("+ epsilon) for", "+ 2.0 * epsilon) for"), ("d + weight_decay * a for d, a in zip(gradient, w)]\n    m =", "d for d, a in zip(gradient, w)]\n    m ="),
         ("a - rate * weight_decay * a", "a - weight_decay * a"), ("a - rate * weight_decay * a", "a + rate * weight_decay * a")),
    *_of("D7", OPS, MUL, ADD), *_of("D7", "pure/update.py", ("p.data -= lr * g", "p.data -= g")),
]  # fmt: skip
