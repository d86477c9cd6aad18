"""Ways to be wrong for the rows of chapter H: see `ledger_list`."""

from __future__ import annotations

from tests.mutation.ledger_list import (
    DIV_X,
    DIV_Y,
    DOT,
    ELEMENTARY,
    LOGSUMEXP,
    MUL,
    SQUARE,
    SUB,
    SUM,
    Mutant,
    OfTable,
    _of,
    _table,
)

NORMS, ATTENTION = "calculus/transformers/normalisation.py", "calculus/transformers/attention.py"
TOKENS = "calculus/transformers/tokens.py"
MEAN, SQRT = ("mean", "partial", "1"), ("sqrt", "partial 0", "-sqrt_slope(x, z)")

MUTANTS: list[Mutant | OfTable] = [
    *_of("H1", NORMS, ("rest * rest if i == j", "1.0 if i == j"), ("rest * rest if i == j", "rest if i == j"), ("else -p * q / len(x))", "else p * q / len(x))"),
         ("else -p * q / len(x))", "else -p * q)"), ("(a - p * along) / unit.r", "(a - along) / unit.r"), ("(a - p * along) / unit.r", "(a + p * along) / unit.r"),
         ("along = inner(pulled, unit.u) / len(row)\n        by_x.append([(a -", "along = inner(pulled, unit.u)\n        by_x.append([(a -"),
         ("along = inner(pulled, unit.u) / len(row)\n        by_x.append([(a -", "along = inner(upstream, unit.u) / len(row)\n        by_x.append([(a -"),
         ("return [weight * item for weight, item in zip(gain, _unit(x", "return [item for weight, item in zip(gain, _unit(x"),
         ("-power) * root", "-power)"), ("math.ldexp(length / root, power)", "length / root"), ("math.frexp(max(*map(abs, x), math.sqrt(epsilon)))", "(0.0, 0)"),
         ("    return by_x, column_sums(by_gain, len(gain))\n", "    return by_x, column_sums(by_gain[:1], len(gain))\n")),
    *_table("H1", SQUARE, MEAN, SQRT, MUL, DIV_X, DIV_Y),
    *_of("H2", NORMS, ("total([float(i == j), -1.0 / n, -p * q / n])", "total([float(i == j), -p * q / n])"), ("total([float(i == j), -1.0 / n, -p * q / n])", "total([float(i == j), -1.0 / n])"),
         ("total([a, -mean, -p * along])", "total([a, -p * along])"), ("total([a, -mean, -p * along])", "total([a, -mean])"), ("total([a, -mean, -p * along])", "total([a, mean, -p * along])"),
         ("mean, along = total(pulled) / len(row)", "mean, along = total(upstream) / len(row)"), ("*(-other for other in x)]) / len(x)", "*(-other for other in x)])"),
         ("total([*([item] * len(x)), *(-other for other in x)]) / len(x)", "item - total(x) / len(x)"), ("weight * item + offset for", "weight * (item + offset) for"),
         ("column_sums(by_gain, len(gain)), column_sums(g, len(gain))", "column_sums(g, len(gain)), column_sums(by_gain, len(gain))")),
    *_table("H2", SQUARE, MEAN, SQRT, SUB, MUL),
    *_of("H3", ELEMENTARY, ("0.5 * (math.erfc(-u) + 2.0", "0.5 * (1.0 + math.erf(u) + 2.0"), ("* _gauss(u) * rest)", "* _gauss(u) * 0.0)"), ("u = math.sqrt(0.5) * x", "u = 0.5 * x"),
         ("_normal(x) + x * _bell(x)", "_normal(x) - x * _bell(x)"), ("_normal(x) + x * _bell(x)", "_normal(x) + _bell(x)"), ("math.exp(-0.5 * h * h)", "math.exp(-h * h)"),
         ("_CUBE = Fraction(\"1.59576912160573071175978423973752747\"), Fraction(\"0.044715\")", "_CUBE = Fraction(\"1.59576912160573071175978423973752747\"), Fraction(\"0.044\")"),
         ("1.0 + 3.0 * float(_CUBE)", "1.0 + float(_CUBE)"), ("x * slope * _gate(x, -1)", "x * slope * _gate(x)"), ("_CUBE * Fraction(x) ** 3)", "_CUBE * Fraction(x) ** 2)"),
         ("return sigmoid(v) * (1.0 + float(exact - Fraction(v)) * sigmoid(-v))", "return sigmoid(v)"), ("near = max(x, -_FAR)", "near = x"), ("if not x < _FAR:", "if x == math.inf:"),
         ("min(max(x, 0.0), 1.0)", "1.0"), ("_FAR = 40.0", "_FAR = 30.0")),
    *_of("H3", TOKENS, ("gradient_of((b * gelu_derivative(a", "gradient_of((gelu_derivative(a"), ("gradient_of((b * gelu_derivative(a, approximate)", "gradient_of((b * gelu_derivative(a)")),
    *_table("H3", ("gelu", "partial 0", "normal(x) - bell(x, x)"), ("gelu", "partial 0", "normal(x)"), ("gelu_tanh", "partial 0", "gelu_tanh_share(x, 1)"), ("gelu_tanh", "partial 0", "gelu_slope(x)")),
    *_of("H4", ATTENTION, ("inner(query, key) / root for", "inner(query, key) for"), ("seen = k[: t + 1] if causal", "seen = k[:t] if causal and t else k[:1] if causal"), ("seen = k[: t + 1] if causal else k", "seen = k"),
         ("a * (b - inner(slopes, shares))", "a * b"), ("a * (b - inner(slopes, shares))", "a * (b - sum(slopes))"), ("a * (b - inner(slopes, shares))", "b - inner(slopes, shares)"),
         ("[item / root for item in row] for row in attention_scores", "[item for item in row] for row in attention_scores"), ("product(transpose(p), g)\n", "product(transpose(by_scores), g)\n"),
         ("return product(by_scores, k), product(transpose(by_scores), q)", "return product(by_scores, k), product(transpose(p), q)"), ("shares + [0.0] * (len(k)", "shares + [1e-300] * (len(k)")),
    *_table("H4", DOT, ("exp_sub", "partial 0", "-z"), DIV_X),
    *_of("H5", ATTENTION, ("mixed = _joined([attention(q, k, v, causal) for q, k, v in zip(*of_heads)])\n    return", "mixed = _joined([attention(k, q, v, causal) for q, k, v in zip(*of_heads)])\n    return"),
         ("    return linear(mixed, weights[3], biases[3])\n", "    return linear(mixed, weights[2], biases[3])\n"), ("    return linear(mixed, weights[3], biases[3])\n", "    return linear(mixed, weights[3], [0.0] * len(biases[3]))\n"),
         ("width = len(x[0]) // heads", "width = len(x[0])"), ("linear_backward(mixed, weights[3], g)", "linear_backward(x, weights[3], g)"), ("_parts(by_mixed, heads)))", "_parts(g, heads)))"),
         ("[total(items) for items in zip(*rows)]", "[items[0] for items in zip(*rows)]"), ("_joined(parts)) for w, parts in zip(weights, slopes)", "_joined(parts)) for w, parts in zip(weights[1:], slopes)"),
         ("[*(each for _, each, _ in found), by_out]", "[by_out, *(each for _, each, _ in found)]"), ("[*(each for _, _, each in found), by_offset]", "[*(each for _, _, each in found[::-1]), by_offset]")),
    *_table("H5", DOT, ("exp_sub", "partial 0", "-z")),
    *_of("H6", TOKENS, ("if token == k) for j", "if token != k) for j"), ("[list(table[token]) for token in tokens]", "[list(table[-token]) for token in tokens]"),
         ("return [[total(row[j] for row, token in zip(g, tokens) if token == k)", "return [[next((row[j] for row, token in zip(g, tokens) if token == k), 0.0)"), ("float(k == token) for k in", "float(k >= token) for k in")),
    *_table("H6", MUL, SUM),
    *_of("H7", TOKENS, ("m * item / (1.0 - p)", "m * item"), ("m * item / (1.0 - p)", "m * item / p if p else m * item"), ("m * item / (1.0 - p)", "item / (1.0 - p)"), ("m * item / (1.0 - p)", "m * item * (1.0 - p)")),
    *_table("H7", MUL),
    *_of("H8", TOKENS, ("(1.0 - smoothing) * float(k == label)", "float(k == label)"), ("+ smoothing / count for", "+ smoothing / max(count - 1, 1) for"), ("total(-inner(q, log_softmax(row))", "total(inner(q, log_softmax(row))"),
         ("zip(scores, targets)) / len(scores)\n", "zip(scores, targets))\n"), ("(p - t) / len(scores)", "p - t"), ("(p - t) / len(scores)", "(t - p) / len(scores)")),
    *_table("H8", LOGSUMEXP, SUB),
    *_of("H9", TOKENS, ("t * (math.log(t) - p)", "math.log(t) - p"), ("t * (math.log(t) - p)", "t * -p"), ("p * whole - t for", "p - t for"), ("p * whole - t for", "t - p * whole for"), ("log_softmax(z)) if t)", "log_softmax(z)) if t > 0.5)")),
    *_table("H9", LOGSUMEXP, SUB),
]  # fmt: skip
