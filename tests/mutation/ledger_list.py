"""Ways to be wrong, for every row of the ledger: in its closed form, and in the table's rows that it stands on.

A closed form is broken by its text; a row of the table by the name of a field, whatever its text.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from scalargrad.table.activations import ACTIVATIONS
from scalargrad.table.special import erf, gamma


class Mutant(NamedTuple):
    """A text of a closed form, and what breaks it; `equivalent` is why nothing can tell the two apart."""

    row: str
    file: str
    old: str
    new: str
    equivalent: str = ""

    def apply(self, source: str) -> str:
        """The broken source. Raises `LookupError` where the text is not there once."""
        if source.count(self.old) != 1:
            raise LookupError(f"{self.file} has {self.old!r} {source.count(self.old)} times")
        return source.replace(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.file.removeprefix('scalargrad/')}: {self.old!r} -> {self.new!r}"


_FILES = {"activations": ACTIVATIONS, "special/erf": erf.ERROR, "special/gamma": gamma.GAMMA}  # of rows out of ops.py


class OfTable(NamedTuple):
    """A row of the table of primitives or reductions, and fields of it, each with an expression that is wrong there."""

    row: str
    name: str
    fields: tuple[tuple[str, str], ...]  # "value", "partial 1"; of a reduction "partial"
    equivalent: str = ""

    @property
    def file(self) -> str:
        found = next((file for file, rows in _FILES.items() if any(row.name == self.name for row in rows)), "ops")
        return f"scalargrad/table/{found}.py"

    def apply(self, source: str) -> str:
        """The broken source. Raises `LookupError` where the row or a field is not there."""
        for field, new in self.fields:
            place = _expression(source, self.name, field)
            lines = source.splitlines(keepends=True)
            before = "".join(lines[: place.lineno - 1]) + lines[place.lineno - 1].encode()[: place.col_offset].decode()
            assert place.end_lineno and place.end_col_offset
            after = lines[place.end_lineno - 1].encode()[place.end_col_offset :].decode()
            source = f'{before}"{new}"{after}' + "".join(lines[place.end_lineno :])
        return source

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(f'{field} -> {new}' for field, new in self.fields)}"


def _expression(source: str, name: str, field: str) -> ast.Constant:
    """Where a field of a row stands in the text of the table."""
    kind, _, k = field.partition(" ")
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args and getattr(node.args[0], "value", None) == name):
            continue
        reduction = getattr(node.func, "id", "") == "Reduction"
        at = {"value": 1 if reduction else 2, "partial": 2 if reduction else 3 + int(k or 0)}[kind]
        found = node.args[at] if at < len(node.args) else None
        if isinstance(found, ast.Constant):
            return found
    raise LookupError(f"the table has no {field} of {name}")


def _of(row: str, file: str, *changes: tuple[str, ...]) -> list[Mutant]:
    return [Mutant(row, f"scalargrad/{file}", *change) for change in changes]


def _table(row: str, *changes: tuple[str, ...]) -> list[OfTable]:
    """Of each change: the row's name, then fields and expressions by turns."""
    return [OfTable(row, name, tuple(zip(fields[::2], fields[1::2]))) for name, *fields in changes]


CHAIN, JACOBIANS, LAYERS = "calculus/chain.py", "calculus/jacobians.py", "calculus/layers.py"
ALGEBRA, SECOND = "calculus/linear_algebra.py", "calculus/second_order.py"
LOSSES, NETWORKS, UPDATES = "calculus/losses.py", "calculus/networks.py", "calculus/updates.py"
ELEMENTARY, ELEMENTWISE, SHAPES = "calculus/elementary.py", "calculus/elementwise.py", "calculus/shapes.py"

# rows of the table
ADD, SUB = ("add", "partial 1", "-1"), ("sub", "partial 1", "1")
MUL = ("mul", "partial 0", "x", "partial 1", "y")
DIV_X = ("div", "partial 0", "1 / x")
DIV_Y = ("div", "partial 1", "(z / y) if abs(z) > TINY else -(x * UP / y / y * DOWN)")
NEG, EXP, LOG = ("neg", "partial 0", "1"), ("exp", "partial 0", "-z"), ("log", "partial 0", "1")
SIN, SQUARE = ("sin", "partial 0", "-cos(x)"), ("square", "partial 0", "x")
RELU, RELU_OPEN = ("relu", "partial 0", "1 if x >= 0 else 0"), ("relu", "partial 0", "1")
EXP_SUB, DOT = ("exp_sub", "partial 0", "-z"), ("dot", "partial", "x")
SUM, LOGSUMEXP = ("sum", "partial", "-1"), ("logsumexp", "partial", "exp_sub(x, m)")

MUTANTS: list[Mutant | OfTable] = [
    *_of("A1", CHAIN, ("df(x) * derivative", "-df(x) * derivative"), ("df(x) * derivative", "df(x) + derivative"),
         ("derivative = df(x) * derivative\n        x = f(x)", "x = f(x)\n        derivative = df(x) * derivative"),
         ("df(x) * derivative", "df(x)")),
    *_table("A1", SIN),
    *_of("A2", ELEMENTARY, ("sigmoid(x) * sigmoid(-x)", "sigmoid(x) * sigmoid(x)"),
         ("sigmoid(x) * sigmoid(-x)", "sigmoid(x) * (1.0 - sigmoid(x))"),
         ("return 1.0 / (1.0 + math.exp(-x))", "return 1.0 / (1.0 + math.exp(x))")),
    *_of("A2", CHAIN, ("sigmoid_derivative(w * x + b) * w", "sigmoid_derivative(w * x + b)"),
         ("sigmoid_derivative(w * x + b) * w", "sigmoid_derivative(w * x - b) * w")),
    *_table("A2", ("sigmoid", "partial 0", "z * (1 - z)"), ("sigmoid", "partial 0", "-z * sigmoid(-x)")),
    *_of("A3", CHAIN, ("[-1.0, g, 1.0,", "[1.0, g, 1.0,"), ("-1.0 / (u * u)", "-1.0 / u"), ("-1.0, g, 1.0", "-1.0, f, 1.0"),
         ("u = 1.0 + g", "u = 1.0 - g"), ("math.prod(sigmoid_nodes(x)[1])", "math.prod(sigmoid_nodes(x)[0])")),
    *_table("A3", EXP, NEG, DIV_Y),
    *_of("A4", CHAIN, ("k * xi ** (k - 1)", "xi ** (k - 1)"), ("k * xi ** (k - 1)", "k * xi**k"),
         ("if i == j else xi**k for", "if i != j else xi**k for"), ("return c * math.prod(factors)", "return math.prod(factors)"),
         ("for c, k in terms if k[j] > 0)", "for c, k in terms if k[j] > 1)")),
    *_table("A4", MUL, ("pow", "partial 0", "pow_high(x, y, pow(x, y))")),
    *_of("A5", CHAIN, ("return inner(outer, inner_derivatives)", "return -inner(outer, inner_derivatives)"),
         ("return inner(outer, inner_derivatives)", "return inner(outer, inner_derivatives) / max(len(outer), 1)"),
         ("return inner(outer, inner_derivatives)", "return inner(outer[:1], inner_derivatives)")),
    *_of("A6", CHAIN, ("f(moved) - f(x)", "f(x) - f(moved)"), ("f(moved) - f(x), moved - x", "f(moved) - f(x), 2.0 * (moved - x)"),
         ("f(moved) - f(x)", "f(moved) - f(x - h)")),
    *_table("A6", SIN),
    *_of("B1", JACOBIANS, ("return arrange(rows, layout)", 'return arrange(rows, "denominator")'),
         ("return arrange(rows, layout)", "return arrange(rows[::-1], layout)"),
         ("return arrange(rows, layout)", 'return arrange(rows, "numerator")')),
    *_of("B1", SHAPES, ('if layout == "numerator" else', 'if layout == "denominator" else')),
    *_table("B1", MUL, ADD),
    *_of("B2", JACOBIANS, ("diagonal([1.0] * n)", "diagonal([-1.0] * n)"), ("diagonal([1.0] * n)", "diagonal([1.0] * n)[::-1]"),
         ("diagonal([1.0] * n)", "diagonal([1.0 / max(n, 1)] * n)"),
         ("diagonal([1.0] * n)", "[list(column) for column in zip(*diagonal([1.0] * n))]", "the identity matrix is symmetric")),
    *_of("B2", SHAPES, ("entry if i == j else 0.0", "entry")),
    *_table("B2", ADD, NEG),
    *_of("B3", JACOBIANS, ("total([y, *(a * d", "total([y, *(-a * d"), ("total([y, *(a * d", "total([-y, *(a * d"),
         ("zip(row, step)", "zip(row, step[::-1])"), ("total([y, *(a * d", "total([y, *(0.5 * a * d")),
    *_table("B3", DIV_Y, EXP_SUB),
    *_of("B4", ELEMENTWISE, ('operator == "+":\n        return 1.0, 1.0', 'operator == "+":\n        return 1.0, -1.0'),
         ("return 1.0, -1.0", "return 1.0, 1.0"), ("return x, w", "return w, x"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, w), -divide(divide(w, x), x)"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, x), divide(divide(w, x), x)"),
         ("return divide(1.0, x), -divide(divide(w, x), x)", "return divide(1.0, x), -divide(w, x)"),
         ("(float(w > x), float(x > w))", "(float(x > w), float(w > x))"), ("(0.5, 0.5) if w == x", "(1.0, 0.0) if w == x"),
         ("diagonal(df(a) for (_, df), a in zip(fs, w))", "diagonal(f(a) for (f, _), a in zip(fs, w))"),
         ("[[q * item if item else 0.0 for item in row] for (_, q)", "[[item if item else 0.0 for item in row] for (_, q)"),
         ("[h(a) for (h, _), a in zip(fs, w)], [h(b) for (h, _), b in zip(gs, x)]", "list(w), list(x)"),
         ("[h(b) for (h, _), b in zip(gs, x)]", "[h(b) for (h, _), b in zip(gs, x)][::-1]"),
         ('{">": w > x, ">=": w >= x', '{">": w >= x, ">=": w >= x'), ("else max(w, x)", "else min(w, x)")),
    *_table("B4", SUB, MUL, DIV_X, DIV_Y, ("maximum", "partial 0", "1 if x < y else 0.5 if x == y else 0"),
         ("maximum", "partial 1", "1 if y > x else 1 if x == y else 0")),
    *_of("B5", JACOBIANS, ("row.get(j, 0.0)", "row.get(j, 1e-300)"), ("row.get(j, 0.0)", "row.get(n - 1 - j, 0.0)"),
         ("row.get(j, 0.0)", "-row.get(j, 0.0)")),
    *_table("B5", ADD),
    *_of("B6", ELEMENTWISE, ("diagonal(p for p, _ in pairs), arrange([[q] for", "diagonal(q for _, q in pairs), arrange([[q] for"),
         ("arrange([[q] for _, q in pairs]", "arrange([[-q] for _, q in pairs]"), ("arrange([[q] for _, q in pairs]", "arrange([[q] for _, q in pairs[::-1]]"),
         ("_partials(operator, item, z)", "_partials(operator, z, item)")),
    *_table("B6", MUL, DIV_Y, SUB),
    *_of("B7", JACOBIANS, ("gradient_of(column_sums(jacobian,", "gradient_of(column_sums(jacobian[:1],"),
         ("return gradient_of([z] * len(x), layout), total(x)", "return gradient_of([z] * len(x), layout), -total(x)"),
         ("return gradient_of([z] * len(x), layout), total(x)", "return gradient_of([z] * len(x), layout), total(x) / max(len(x), 1)"),
         ("return gradient_of([z] * len(x), layout), total(x)", "return gradient_of(x, layout), total(x)")),
    *_of("B7", SHAPES, ("total(row[j] for row in x)", "total(-row[j] for row in x)")),
    *_table("B7", SUM),
    *_of("B8", JACOBIANS, ("[[divide(2.0, x)], [3.0", "[[divide(1.0, x)], [3.0"), ("[3.0 * _COSINE(3.0 * x)]]", "[-3.0 * _COSINE(3.0 * x)]]"),
         ("[3.0 * _COSINE(3.0 * x)]]", "[_COSINE(3.0 * x)]]"), ("[[2.0 * x], [3.0]]", "[[2.0 * x], [1.0]]"),
         ("divide(1.0, x * x), _COSINE", "divide(1.0, x), _COSINE"), ("2.0 * math.log(abs(x))", "math.log(abs(x))")),
    *_table("B8", LOG, SIN, SQUARE),
    *_of("B9", JACOBIANS, ('factors = jacobians if layout == "numerator"', 'factors = jacobians if layout == "denominator"'),
         ("result = product(result, factor)", "result = product(factor, result)"),
         ("for factor in factors[1:]:", "for factor in factors[2:]:"), ("factors[0]]", "zip(*factors[0])]")),
    *_of("B9", SHAPES, ("total(a * b for a, b in zip(x, y))", "-total(a * b for a, b in zip(x, y))")),
    *_table("B9", SIN, SUM),
    *_of("B10", ELEMENTWISE, ("diagonal(p * q for p, q", "diagonal(-p * q for p, q"), ("diagonal(p * q for p, q", "diagonal(p + q for p, q"),
         ("zip(outer, inner_diagonal))", "zip(outer, inner_diagonal[::-1]))")),
    *_table("B10", SIN, ("softplus", "value", "1 + (x if x > 0 else 0) + log1p(exp(-abs(x)))")),
    *_of("B11", ELEMENTWISE, ("diagonal(derivative(item) for", "diagonal(-derivative(item) for"),
         ("diagonal(derivative(item) for item in x)", "diagonal(derivative(item) for item in x[::-1])"),
         ("diagonal(derivative(item) for item in x)", "[[derivative(item) for item in x] for _ in x]")),
    *_of("B11", ELEMENTARY, ("(math.cos, lambda x: -math.sin(x))", "(math.cos, math.sin)"), ("(math.log1p, lambda x: 1.0 / (1.0 + x))", "(math.log1p, lambda x: 1.0 / x)"),
         ("divide(1.0, 3.0 * _cbrt(x) ** 2)", "divide(1.0, _cbrt(x) ** 2)"), ("1.0 / (x * _LN10)", "1.0 / (x * _LN2)"),
         ("(2.0 * u / (1.0 + u * u)) ** 2", "2.0 * u / (1.0 + u * u)"), ("sigmoid(x) * (1.0 + x * sigmoid(-x))", "sigmoid(x) * (1.0 + x * sigmoid(x))"),
         ("1.0 / ((1.0 - x) * (1.0 + x))", "1.0 / (1.0 - x)")),
    *_table("B11", ("tan", "partial 0", "1 - z * z"), ("sinh", "partial 0", "-cosh(x)"),
         ("atan", "partial 0", "1 / (1 + x) if abs(x) < 1e150 else 1 / x / x"), ("sqrt", "partial 0", "1 / abs(z)"), ("exp2", "partial 0", "z"),
         ("acos", "partial 0", "1 / sqrt((1 - x) * (1 + x))")),
    *_of("B12", JACOBIANS, ("y * z_jacobian[i][j] + z[i]", "y * z_jacobian[i][j] - z[i]"), ("y * z_jacobian[i][j] + z[i] * y_gradient[j]", "y * z_jacobian[i][j]"),
         ("+ z[i] * y_gradient[j] for", "+ z[i] for"), ("y * z_jacobian[j][i] + y_gradient[j] * z[i]", "z_jacobian[j][i] + y_gradient[j] * z[i]"),
         ("y * z_jacobian[j][i] + y_gradient[j] * z[i]", "y * z_jacobian[j][i] - y_gradient[j] * z[i]")),
    *_table("B12", MUL, DOT),
    *_of("B13", JACOBIANS, ("diagonal(exponential(item) for", "diagonal(-exponential(item) for"),
         ("arrange([[exponential(item) for item in x]], layout)", 'arrange([[exponential(item) for item in x]], "numerator")'),
         ("arrange([[exponential(item) for item in x]], layout)", "arrange([[exponential(item) for item in x[::-1]]], layout)"),
         ("arrange([[exponential(item) for item in x]], layout)", "arrange([[exponential(item) / len(x) for item in x]], layout)")),
    *_table("B13", EXP, SUM),
    *_of("B14", JACOBIANS, ("return linear_approximation([0.0] * len(jacobian)", "return linear_approximation([1.0] * len(jacobian)"),
         ("len(jacobian), jacobian, step)", "len(jacobian), jacobian, [-item for item in step])"),
         ("total([a * dy, y * b])", "total([a * dy, b])"), ("total([a * dy, y * b])", "total([a * dy, -y * b])"), ("total([a * dy, y * b])", "y * b")),
    *_table("B14", SIN, DOT),
    *_of("C1", LAYERS, ("item if s == j else 0.0", "item if s != j else 0.0"), ("item if s == j else 0.0", "-item if s == j else 0.0"),
         ("item if r == i else 0.0", "item if r != i else 0.0"), ("by_output = transpose(w)\n", "by_output = w\n"), ("item if s == j else 0.0", "item")),
    *_table("C1", MUL, ADD),
    *_of("C2", LAYERS, ("product(transpose(x, len(w)), g, width)", "product(g, transpose(x, len(w)), width)"),
         ("product(g, transpose(w, width), len(w))", "product(g, w, len(w))"), ("column_sums(g, width)", "[-item for item in column_sums(g, width)]"),
         ("column_sums(g, width)", "[item / max(len(g), 1) for item in column_sums(g, width)]"), ("column_sums(g, width)", "column_sums(g[:1], width)")),
    *_table("C2", MUL, ADD, SUM),
    *_of("C3", ELEMENTARY, ("1.0 if x > 0.0 else 0.0", "1.0 if x >= 0.0 else 0.0"), ("1.0 if x > 0.0 else 0.0", "1.0 if x < 0.0 else 0.0"),
         ("1.0 if x > 0.0 else 0.0", "1.0"), ("return x if x > 0.0 or x != x else 0.0", "return x"), ("x > 0.0 or x != x", "x > 0.0")),
    *_table("C3", RELU, RELU_OPEN, ("relu", "value", "x")),
    *_of("C4", LAYERS, ("return gradient_of(x, layout), gradient_of(w, layout)", "return gradient_of(w, layout), gradient_of(x, layout)"),
         ("return gradient_of(x, layout), gradient_of(w, layout)", "return gradient_of((-item for item in x), layout), gradient_of(w, layout)"),
         ("return gradient_of(x, layout), gradient_of(w, layout)", "return gradient_of(x[::-1], layout), gradient_of(w, layout)"),
         ("return gradient_of(x, layout), gradient_of(w, layout)", "return gradient_of((item / len(x) for item in x), layout), gradient_of(w, layout)")),
    *_table("C4", DOT, MUL),
    *_of("C5", LAYERS, ("return by_w, by_x, 1.0", "return by_w, by_x, -1.0"), ("return by_w, by_x, 1.0", "return by_x, by_w, 1.0"),
         ("zip(w, x)), b])", "zip(w, x)), -b])"), ("return by_w, by_x, 1.0", "return by_w[::-1], by_x, 1.0")),
    *_table("C5", ADD, MUL),
    *_of("C6", LAYERS, ("if affine(w, x, b) > 0.0:", "if affine(w, x, b) >= 0.0:"), ("if affine(w, x, b) > 0.0:", "if affine(w, x, b) < 0.0:"),
         ("if affine(w, x, b) > 0.0:", "if True:"), ("if affine(w, x, b) > 0.0:", "if affine(w, x, 0.0) > 0.0:"),
         ("return affine_gradients(w, x, layout)\n    zeros", "return affine_gradients(x, w, layout)\n    zeros")),
    *_table("C6", RELU, RELU_OPEN, MUL),
    *_of("C7", LAYERS, ("a * _others(p, i) if i == j else -a * b", "a * _others(p, i) if i == j else a * b"),
         ("a * _others(p, i) if i == j else -a * b", "a * (1.0 + a) if i == j else -a * b"), ("a * _others(p, i) if i == j else -a * b", "_others(p, i) if i == j else -b"),
         ("a * _others(p, i) if i == j else -a * b", "a * _others(p, i) if i != j else -a * b"), ("[weight / whole for", "[weight / len(z) for"),
         ("-a * b for j, b in enumerate(p)] for i, a in enumerate(p)]\n", "-p[j] * p[i] for j, b in enumerate(p)] for i, a in enumerate(p)]\n",
          "the Jacobian of softmax is symmetric: pᵢpⱼ is pⱼpᵢ, and products commute to the last bit")),
    *_table("C7", EXP_SUB, DIV_X, DIV_Y),
    *_of("C8", LAYERS, ("a * (b - along)", "a * (b + along)"), ("a * (b - along)", "b - along"), ("a * (b - along)", "a * b"),
         ("along = inner(g, p)", "along = inner(g, p) / len(g)"), ("along = inner(g, p)", "along = inner(g, p[::-1])")),
    *_table("C8", EXP_SUB, DIV_Y, MUL),
    *_of("C9", LAYERS, ("_others(p, i) if i == j else -b for", "_others(p, i) if i == j else b for"), ("_others(p, i) if i == j else -b for", "_others(p, i) if i == j else -p[i] for"),
         ("_others(p, i) if i == j else -b for", "1.0 + b if i == j else -b for"), ("gradient_of(softmax(z), layout)", "gradient_of((1.0 for item in z), layout)"),
         ("(item - max(z)) - _above_largest(z)", "(item - max(z)) + _above_largest(z)")),
    *_table("C9", LOGSUMEXP, ("logsumexp", "partial", "exp_sub(m, x) / s"), SUB),
    *_of("C10", LAYERS, ("y = 1.0 / total(z)", "y = 1.0 / max(z)"), ("[[-y * y * item for item in z]]", "[[y * y * item for item in z]]"),
         ("[[-y * y * item for item in z]]", "[[-y * item for item in z]]"), ("z = [exponential(item) for", "z = [exponential(-item) for"),
         ("for item in z]], z, diagonal(z)", "for item in z]], z, diagonal(z[::-1])")),
    *_table("C10", EXP, EXP_SUB),
    *_of("C11", LAYERS, ("return product(x, w)", "return product(w, x)"), ("return product(x, w)", "return product(x, w[::-1])"),
         ("return product(x, w)", "return [[-item for item in row] for row in product(x, w)]")),
    *_table("C11", MUL, ("sum", "partial", "0")),
    *_of("D1", LOSSES, ("2.0 * (guess - y) / len(target)", "2.0 * (y - guess) / len(target)"), ("2.0 * (guess - y) / len(target)", "(guess - y) / len(target)"),
         ("2.0 * (guess - y) / len(target)", "2.0 * (guess - y)"), ("(y - guess) for y, guess in zip(target, prediction)) / len(target)", "(y - guess) for y, guess in zip(target, prediction))")),
    *_table("D1", SUB, DIV_X),
    *_of("D2", LOSSES, ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item)"), ("(-rest if k == c else item) / len(scores)", "(rest if k == c else item) / len(scores)"),
         ("(-rest if k == c else item) / len(scores)", "(-rest if k != c else item) / len(scores)"), ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item) / len(row)"),
         ("-log_softmax(row)[c]", "log_softmax(row)[c]")),
    *_table("D2", LOGSUMEXP, SUB, DIV_X),
    *_of("D3", NETWORKS, ("g if item > 0.0 else 0.0 for g, item", "g for g, item"), ("g if item > 0.0 else 0.0 for g, item", "g if item >= 0.0 else 0.0 for g, item"),
         ("linear_backward(h, w2, s)", "linear_backward(h, w2, [row[::-1] for row in s])"), ("linear_backward(x, w1, t)", "linear_backward(x, w1, by_h)"),
         ("[[relu(item) for item in row] for row in linear(x, w1, b1)]\n    s =", "[list(row) for row in linear(x, w1, b1)]\n    s =")),
    *_of("D3", LAYERS, ("product(transpose(x, len(w)), g, width)", "product([[-v for v in row] for row in transpose(x, len(w))], g, width)"), ("product(g, transpose(w, width), len(w))", "product(g, w, len(w))")),
    *_of("D3", LOSSES, ("(-rest if k == c else item) / len(scores)", "(-rest if k == c else item)")),
    *_table("D3", RELU, RELU_OPEN, MUL, LOGSUMEXP),
    *_of("D4", LOSSES, ("2.0 * regularisation * item", "regularisation * item"), ("2.0 * regularisation * item", "-2.0 * regularisation * item"),
         ("2.0 * regularisation * item", "2.0 * item"), ("regularisation * total(item * item", "total(item * item")),
    *_of("D4", NETWORKS, ("_plus(by_w1, l2_gradient(regularisation, w1))", "by_w1"), ("_plus(by_w2, l2_gradient(regularisation, w2))", "by_w2"), ("[[p + q for p, q in", "[[p - q for p, q in")),
    *_table("D4", MUL, ADD, SQUARE),
    *_of("D5", NETWORKS, ("[z - y if z > 0.0 else 0.0", "[y - z if z > 0.0 else 0.0"), ("[z - y if z > 0.0 else 0.0", "[z - y if z >= 0.0 else 0.0"),
         ("[z - y if z > 0.0 else 0.0", "[z - y"), ("scale = 2.0 / len(inputs)", "scale = 2.0"), ("scale = 2.0 / len(inputs)", "scale = 1.0 / len(inputs)"),
         ("scale * inner(errors, column)", "scale * inner(errors[::-1], column)")),
    *_table("D5", RELU, SUB, SQUARE, DIV_X),
    *_of("D6", UPDATES, ("a - rate * g for a, g", "a + rate * g for a, g"), ("a - rate * g for a, g", "a - g for a, g"), ("a - rate * g for a, g", "a - 0.5 * rate * g for a, g")),
    *_of("D6", NETWORKS, ("affine(x, w, -y) for x, y in zip(inputs, targets)]\n    return gradient_of", "affine(x, w, y) for x, y in zip(inputs, targets)]\n    return gradient_of"), ("2.0 / len(inputs) * inner(residuals, column)", "2.0 * inner(residuals, column)"),
         ("2.0 / len(inputs) * inner(residuals, column)", "1.0 / len(inputs) * inner(residuals, column)"), ("2.0 / len(inputs) * inner(a, b)", "0.5 / len(inputs) * inner(a, b)")),
    *_table("D6", SQUARE, DOT),
    *_of("D7", UPDATES, ("momentum * u + (1.0 - dampening) * d for u, d", "momentum * u + d for u, d"), ("momentum * u + (1.0 - dampening) * d for", "(1.0 - dampening) * d for"),
         ("d + momentum * u for d, u", "d + u for d, u"), ("a - rate * s for", "a + rate * s for"), ("d + weight_decay * a for d, a in zip(gradient, w)]\n    v = g", "d - weight_decay * a for d, a in zip(gradient, w)]\n    v = g"),
         ("    v = g\n", "    v = [0.0 * d for d in g]\n"), ("(1.0 - beta1) * d for", "d for"), ("(1.0 - beta2) * d * d", "(1.0 - beta2) * d"),
         ("1.0 - beta1**t, 1.0", "1.0 - beta1, 1.0"), ("1.0 - beta2**t", "1.0 - beta2 ** (t + 1)"), ("a - rate * (p / short)", "a + rate * (p / short)"), ("math.sqrt(q / long)", "(q / long)"),
         ("+ epsilon) for", "+ 2.0 * epsilon) for"), ("d + weight_decay * a for d, a in zip(gradient, w)]\n    m =", "d for d, a in zip(gradient, w)]\n    m ="),
         ("a - rate * weight_decay * a", "a - weight_decay * a"), ("a - rate * weight_decay * a", "a + rate * weight_decay * a")),
    *_table("D7", MUL, ADD),
    *_of("D8", NETWORKS, ("[z - y if z > 0.0 else 0.0", "[y - z if z > 0.0 else 0.0"), ("[z - y if z > 0.0 else 0.0", "[z - y if z < 0.0 else 0.0"),
         ("scale * inner(errors, column)", "scale * total(errors)"), ("return gradient_of(by_w, layout), scale * total(errors)", "return gradient_of(by_w, layout), 0.0")),
    *_of("D8", UPDATES, ("a - rate * g for a, g", "a + rate * g for a, g")),
    *_table("D8", RELU_OPEN, SUB),
    *_of("F1", SECOND, ("(p * math.sin(angle) + q * math.cos(angle))", "(p * math.sin(angle) - q * math.cos(angle))"), ("(p * r - q * s) * sine", "(p * r + q * s) * sine"),
         ("(p * s + q * r) * cosine", "2.0 * p * s * cosine")),
    *_of("F2", SECOND, ("[[0.5 * (p + q) for p, q in zip(*rows)] for rows in zip(a, transpose(a))]", "[list(row) for row in a]"), ("0.5 * (p + q)", "p + q"),
         ("0.5 * p * inner(row, x)", "p * inner(row, x)")),
    *_of("F3", SECOND, ("    return softmax_jacobian(z)\n", "    return [[-item for item in row] for row in softmax_jacobian(z)]\n"), ("(b - mean) ** 2", "b**2"), ("p - t for p, t in", "p for p, t in")),
    *_of("F4", SECOND, ("*(slopes[k] * hessians[k][i][j] for k in range(m))", "*(hessians[k][i][j] for k in range(m))"), ("[outer[i][j], *(", "[0.0, *("),
         ("product(product(transpose(jacobian), hessian), jacobian)", "product(transpose(jacobian), jacobian)")),
    *_of("F5", SECOND, ("    return product(transpose(jacobian), jacobian)\n", "    return [[2.0 * item for item in row] for row in product(transpose(jacobian), jacobian)]\n"),
         ("composed_hessian(residuals, unit", "composed_hessian([1.0] * m, unit"), ("float(i == j) for j in range(m)", "1.0 for j in range(m)")),
    *_of("F6", SECOND, ("a * (b - mean) for a, b in zip(p, s)", "a * (b + mean) for a, b in zip(p, s)"), ("a * (b - mean) for a, b in zip(p, s)", "a * b for a, b in zip(p, s)"),
         ("p = softmax(push_forward(w, x))", "p = softmax(push_forward(w, v))")),
    *_of("F7", SECOND, ("[inner(row, v) for row in jacobian]", "[-inner(row, v) for row in jacobian]"), ("[inner(column, u) for column in transpose(jacobian)]", "[inner(column, u[::-1]) for column in transpose(jacobian)]"),
         ("[inner(column, u) for column in transpose(jacobian)]", "[-inner(column, u) for column in transpose(jacobian)]")),
    *_of("F8", SECOND, ("p - q for p, (q,) in", "p + q for p, (q,) in"), ("if affine(w, x, b) > 0.0]\n    span", "]\n    span"), ("2.0 / len(inputs) * total(x[i]", "1.0 / len(inputs) * total(x[i]")),
    *_of("G1", ALGEBRA, ("[[-x for x in row] for row in a]", "[[x for x in row] for row in a]"), ("right = solve(transpose(a), g)", "right = solve(a, g)"),
         ("-x[i][k] * x[l][j] for l", "-x[k][i] * x[l][j] for l"), ("found = transpose(inverse(a))", "found = inverse(a)")),
    *_of("G2", ALGEBRA, ("(-1.0) ** (i + j) * _laplace", "_laplace"), ("(-1.0) ** j * x * _laplace", "x * _laplace"), ("    return transpose(inverse(a))\n", "    return inverse(a)\n")),
    *_of("G3", ALGEBRA, ("else 0.5 * x if i == j else 0.0", "else x if i == j else 0.0"), ("product(transpose(lower), g)", "product(lower, g)"),
         ("[[0.5 * (x + y) for x, y in zip(*rows)] for rows in zip(p, transpose(p))]", "[[x + y for x, y in zip(*rows)] for rows in zip(p, transpose(p))]")),
    *_of("G4", ALGEBRA, ("    matrices(b=b)\n    return transpose(b)", "    matrices(b=b)\n    return [list(row) for row in b]"), ("[[x + y for x, y in zip(*rows)] for rows in zip(b, transpose(b))], a)", "[[2.0 * x for x in row] for row in b], a)"),
         ("[[x * y for y in b] for x in a]", "[[x * y for x in a] for y in b]")),
]  # fmt: skip
