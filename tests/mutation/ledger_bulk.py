"""Ways to be wrong for the ledger's rows of vectors and matrices, where they are recorded in bulk: in what bulk
recording means (`bulk.py` and those that call it), in losses, layers and steps, and in the C core's sources."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """A text of a file, and what breaks it; `equivalent` is why nothing can tell the two apart."""

    row: str
    file: str
    old: str
    new: str
    equivalent: str = ""


def mutants_of(row: str, file: str, *changes: tuple[str, ...]) -> list[Mutant]:
    return [Mutant(row, f"scalargrad/{file}", *change) for change in changes]


def _of_c(row: str, file: str, *changes: tuple[str, ...]) -> list[Mutant]:
    return [Mutant(row, f"csrc/{file}", *change) for change in changes]


SQUARES, SQUARES_OF_SUMS = '_each("square", x, _each("sub", x, x, t))', '_each("square", x, _each("add", x, x, t))'
BULK, ARITHMETIC, ELEMENTS = "arrays/bulk.py", "arrays/arithmetic.py", "arrays/base.py"
LOSS, NN, OPTIM, STEPS = "losses.py", "nn/micrograd.py", "optim.py", "pure/update.py"
BULK_C, PULL_C, UPDATE_C = "bulk/bulk.c", "bulk/pull.c", "kernels/kernels.h"

# of bulk: sums of products, their indices, and the reductions of rows
ROW_OF_X = ("(a[r * inner + t], b[t", "(a[t], b[t")
COLUMN_OF_W = ("b[t * columns + c])", "b[t * columns])")
MINUS_X = ("(a[r * inner + t], b[t", "(-a[r * inner + t], b[t")
BIAS_SIGN = ("[[1.0, x] for x in items(bias", "[[-1.0, x] for x in items(bias")
NO_BIAS = ("core.reduce(_DOT, first[c] + pairs)", "core.reduce(_DOT, pairs or first[c])")
BIAS_INDEX = ("core.reduce(_DOT, first[c] + pairs)", "core.reduce(_DOT, first[0] + pairs)")
LAYOUT = ("core.item(block, offset + r * row + c * column)", "core.item(block, offset + c * row + r * column)")
TURNED_X = (
    "(a._view.block, a._offset, a._row, a._column), right",
    "(a._view.block, a._offset, a._column, a._row), right",
)
TURNED_W = ("(b._view.block, b._offset, b._row, b._column)", "(b._view.block, b._offset, b._column, b._row)")
SHAPE_OF_Y = (
    "view(2, block, 0, columns, 1, rows, columns, of_numpy)\n    return",
    "view(2, block, 0, 1, rows, rows, columns, of_numpy)\n    return",
)
REVERSED = ("core.apply(opcode, *together)", "core.apply(opcode, *together[::-1])")
ROW_OF_FOLD = ("before[r] + each[r * columns : (r + 1) * columns]", "before[r] + each[:columns]")
SHIFT_OF_FOLD = ("before[r] + each", "before[0] + each")
EXPANDED = ("0 if columns is not None and columns != self._columns else self._column", "self._column")
MEAN = ("return self.sum(axis) / count", "return self.sum(axis)")
MEAN_COUNT = ("return self.sum(axis) / count", "return self.sum(axis) / (count + 1)")
MEAN_SIGN = ("return self.sum(axis) / count", "return self.sum(axis) / -count")
LOSS_MEAN = ('total / count if reduction == "mean"', 'total if reduction == "mean"')
LOSS_SIGN = ("(sums, 0, 0, 1), (shifted, 0, 0, 1))", "(shifted, 0, 0, 1), (sums, 0, 0, 1))")
LOSS_INDEX = ("offset + r * row + y * column for", "offset + r * column + y * row for")
LOSS_CLASS = ("offset + r * row + y * column for", "offset + r * row for")
LAYER_TURNED = ("(block, 0, 1, nin + 1, block, nin, 0, nin + 1)", "(block, 0, nin + 1, 1, block, nin, 0, nin + 1)")
LAYER_BIAS = ("(block, 0, 1, nin + 1, block, nin, 0, nin + 1)", "(block, 0, 1, nin + 1, block, 0, 0, nin + 1)")
# of the C core's product, pulled back
C_BIAS_SIGN = ("c * bias->column] += adj[", "c * bias->column] -= adj[")
C_BIAS_INDEX = ("adj[bulk->first + (size_t)r * columns + c];", "adj[bulk->first + (size_t)r * columns];")
C_BY_X_INDEX = ("columns - 1, columns, -1}", "columns - 1, columns, 0}")
C_BY_X_TURNED = ("-sources[1].column, sources[1].row}", "-sources[1].row, sources[1].column}")
C_BY_W_TURNED = ("sources[0].column, -sources[0].row}", "sources[0].row, -sources[0].column}")
C_BY_W_INDEX = ("{last, -(ptrdiff_t)columns, 1}", "{adj + bulk->first, (ptrdiff_t)columns, 1}")
C_BY_W_PLACE = ("right->row, right->column});", "right->column, right->row});")
C_BY_X_PLACE = ("left->row, left->column}))", "left->column, left->row}))")
C_ORDER = (
    "(sg_source){adj + bulk->first + columns - 1, columns, -1},\n                     (sg_source){sources[1].at + (columns - 1) * sources[1].column, -sources[1].column, sources[1].row},",
    "(sg_source){adj + bulk->first, columns, 1},\n                     (sg_source){sources[1].at, sources[1].column, sources[1].row},",
)
C_BIAS_VALUE = ("out[c] = sources[2].at[c * sources[2].column]", "out[c] = -sources[2].at[c * sources[2].column]")
C_FIRST = ("out[t] = -0.0;", "out[t] = 0.0;")
C_OPERAND = ("sg_lanes_pull(bulk->op, k, n,", "sg_lanes_pull(bulk->op, 0, n,")
C_ADJOINT = ("n, adj + first, x[0]", "n, adj + bulk->first, x[0]")
C_STRIDED = ("+= product[t];", "-= product[t];")
C_STRIDE = ("to[(size_t)t * span->column] += product[t]", "to[0] += product[t]")

MUTANTS: list[Mutant] = [
    # --- recorded in bulk, on the pure backend
    *mutants_of("B4", BULK, REVERSED, ("for together in zip(*columns_of)]", "for together in zip(*columns_of[:1], *columns_of[1:][::-1])][::-1]")),
    *mutants_of("B6", BULK, REVERSED), *mutants_of("B6", ELEMENTS, EXPANDED),
    *mutants_of("B7", BULK, ROW_OF_FOLD, ("before[r] + each[r * columns : (r + 1) * columns]", "before[r] + each[r * columns : (r + 1) * columns - 1]")),
    *mutants_of("B7", ARITHMETIC, ("return self._columns, self._rows, (", "return self._rows, self._columns, ("),
         ("return self._rows, self._columns, self._numbers()", "return self._columns, self._rows, self._numbers()")),
    *mutants_of("B11", BULK, ("return core.block([core.apply(opcode, *together)", "return core.block([-core.apply(opcode, *together)"),
         ("for together in zip(*columns_of)]", "for together in list(zip(*columns_of))[::-1]]")),
    *mutants_of("C1", BULK, ROW_OF_X, COLUMN_OF_W, MINUS_X, LAYOUT), *mutants_of("C1", ARITHMETIC, TURNED_X, TURNED_W, SHAPE_OF_Y),
    *mutants_of("C2", BULK, ROW_OF_X, COLUMN_OF_W, MINUS_X, LAYOUT, BIAS_SIGN, BIAS_INDEX, NO_BIAS), *mutants_of("C2", ARITHMETIC, TURNED_X, TURNED_W, SHAPE_OF_Y,
         ("(bias._view.block, bias._offset, 0, bias._column)", "(bias._view.block, bias._offset, bias._column, 0)")),
    *mutants_of("C3", BULK, ("return core.block([core.apply(opcode, *together)", "return core.block([-core.apply(opcode, *together)")),
    *mutants_of("C3", ARITHMETIC, ('log_sigmoid, softplus, silu, relu = map(_function, ["sigmoid", "log_sigmoid", "softplus", "silu", "relu"])',
                            'log_sigmoid, softplus, silu, relu = map(_function, ["sigmoid", "log_sigmoid", "softplus", "silu", "abs"])')),
    *mutants_of("C4", BULK, MINUS_X, ("b[t * columns + c])", "a[r * inner + t])")), *mutants_of("C4", ARITHMETIC, ("(b._view.block, b._offset, b._column, 0)", "(b._view.block, b._offset, 0, b._column)")),
    *mutants_of("C5", BULK, MINUS_X, BIAS_SIGN, NO_BIAS), *mutants_of("C5", ARITHMETIC, ("(b._view.block, b._offset, b._column, 0)", "(b._view.block, b._offset, 0, b._column)")),
    *mutants_of("C6", BULK, MINUS_X, BIAS_SIGN, NO_BIAS), *mutants_of("C6", NN, LAYER_TURNED, LAYER_BIAS),
    *mutants_of("C7", ARITHMETIC, ("(weights, 0, columns, 1), (totals, 0, 1, 0))", "(totals, 0, 1, 0), (weights, 0, columns, 1))"), ("(weights, 0, columns, 1), (totals, 0, 1, 0))", "(weights, 0, columns, 1), (totals, 0, 0, 0))"),
         ("return view(2, block, 0, 1, columns, columns, rows", "return view(2, block, 0, columns, 1, columns, rows"),
         ('numbers, (largest, 0, 1, 0))\n    totals = bulk.fold(_CODE["sum"]', '(largest, 0, 1, 0), numbers)\n    totals = bulk.fold(_CODE["sum"]')),
    *mutants_of("C7", BULK, ROW_OF_FOLD, ("core.reduce(opcode, each[r * columns : (r + 1) * columns])", "core.reduce(opcode, each[:columns])")),
    *mutants_of("C8", ARITHMETIC, ("(weights, 0, columns, 1), (totals, 0, 1, 0))", "(totals, 0, 1, 0), (weights, 0, columns, 1))"), ("(weights, 0, columns, 1), (totals, 0, 1, 0))", "(weights, 0, columns, 1), (totals, 0, 0, 0))"),
         ("(weights, 0, columns, 1))\n", "(weights, 0, 1, columns))\n")),
    *mutants_of("C8", BULK, ROW_OF_FOLD, LAYOUT),
    *mutants_of("C9", ARITHMETIC, ("(shifted, 0, columns, 1), (totals, 0, 1, 0))", "(totals, 0, 1, 0), (shifted, 0, columns, 1))"), ("(shifted, 0, columns, 1), (totals, 0, 1, 0))", "(shifted, 0, columns, 1), (totals, 0, 0, 0))"),
         ('return bulk.elementwise(_CODE["sub"]', 'return bulk.elementwise(_CODE["add"]'), ("numbers, (largest, 0, 1, 0))\n    return", "numbers, (largest, 0, 0, 0))\n    return"),
         ('bulk.fold(_CODE["logsumexp"], rows, columns, numbers, (zeros, 0, 0, 0))', 'bulk.fold(_CODE["max"], rows, columns, numbers)')),
    *mutants_of("C9", BULK, ROW_OF_FOLD, SHIFT_OF_FOLD),
    *mutants_of("D1", LOSS, LOSS_MEAN, (SQUARES, SQUARES_OF_SUMS), (SQUARES, '_each("sub", x, x, t)'),
         (SQUARES, '_each("square", x, _each("sub", x, t, x))', "a number and its negative have one square, and the derivatives' signs cancel")),
    *mutants_of("D1", ARITHMETIC, MEAN, MEAN_COUNT, MEAN_SIGN),
    *mutants_of("D2", LOSS, LOSS_MEAN, LOSS_SIGN, LOSS_INDEX, LOSS_CLASS, ("(picked, 0, 0, 1), (largest, 0, 0, 1))", "(picked, 0, 0, 1), (largest, 0, 0, 0))"),
         ("(sums, 0, 1, 0), (shifted, 0, columns, 1))", "(shifted, 0, columns, 1), (sums, 0, 1, 0))"), ("t._numbers(), (logs, 0, columns, 1))", "t._numbers(), (logs, 0, 1, columns))"),
         ("(weighted, 0, columns, 1))\n", "(weighted, 0, 1, rows))\n")),
    *mutants_of("D2", ARITHMETIC, MEAN, MEAN_COUNT, MEAN_SIGN), *mutants_of("D2", BULK, ROW_OF_FOLD, SHIFT_OF_FOLD),
    *mutants_of("D3", BULK, ROW_OF_X, COLUMN_OF_W, MINUS_X, LAYOUT, BIAS_SIGN, BIAS_INDEX, ROW_OF_FOLD), *mutants_of("D3", ARITHMETIC, TURNED_X, TURNED_W, SHAPE_OF_Y, MEAN),
    *mutants_of("D3", LOSS, LOSS_MEAN, LOSS_SIGN, LOSS_INDEX),
    *mutants_of("D4", LOSS, ('_CODE["square"], 1, count, (core.block(items), 0, 0, 1)', '_CODE["abs"], 1, count, (core.block(items), 0, 0, 1)'),
         ("(core.block(items), 0, 0, 1)", "(core.block(items), 0, 0, 0)"), ('core.item(bulk.fold(_CODE["sum"], 1, count, (squares', '-core.item(bulk.fold(_CODE["sum"], 1, count, (squares'),
         ('core.item(bulk.fold(_CODE["sum"], 1, count, (squares', '0.5 * core.item(bulk.fold(_CODE["sum"], 1, count, (squares')),
    *mutants_of("D5", LOSS, LOSS_MEAN, (SQUARES, SQUARES_OF_SUMS)), *mutants_of("D5", ARITHMETIC, MEAN, MEAN_COUNT), *mutants_of("D5", NN, LAYER_TURNED, LAYER_BIAS),
    *mutants_of("D5", BULK, ROW_OF_X, MINUS_X, BIAS_SIGN, NO_BIAS),
    *mutants_of("D6", LOSS, LOSS_MEAN, (SQUARES, SQUARES_OF_SUMS)), *mutants_of("D6", ARITHMETIC, MEAN, TURNED_X, ("(b._view.block, b._offset, b._column, 0)", "(b._view.block, b._offset, 0, b._column)")),
    *mutants_of("D6", BULK, ROW_OF_X, MINUS_X),
    *mutants_of("D7", STEPS, ("p.data -= lr * g", "p.data += lr * g"), ("g if first else momentum", "momentum"), ("(1.0 - dampening) * g\n", "g\n"), ("g + momentum * velocity[k] if nesterov", "momentum * velocity[k] if nesterov"),
         ("velocity[k] if nesterov else velocity[k]", "velocity[k] if nesterov else velocity[0]"), ("(1.0 - beta1) * g", "g"), ("(1.0 - beta2) * (g * g)", "(1.0 - beta2) * g"),
         ("shrink * p.data - rate", "shrink * p.data + rate"), ("shrink * p.data - rate", "p.data - rate"), ("math.sqrt(square) / root", "math.sqrt(square)"), ("numbers[count + k] +", "numbers[k] +"),
         ("weight_decay * p.data if weight_decay else p.grad\n        if", "weight_decay if weight_decay else p.grad\n        if"), ("weight_decay * p.data if weight_decay else p.grad\n        numbers", "weight_decay if weight_decay else p.grad\n        numbers")),
    *mutants_of("D7", OPTIM, ("lr / (1.0 - beta1**steps)", "lr / (1.0 - beta1)"), ("math.sqrt(1.0 - beta2**steps)", "(1.0 - beta2**steps)"), ("1.0 - lr * weight_decay", "1.0 + lr * weight_decay"), ("(0.0, 1.0 - lr * weight_decay)", "(weight_decay, 1.0)")),
    # --- in the C core
    *_of_c("B4", PULL_C, C_OPERAND, C_ADJOINT, C_STRIDED), *_of_c("B6", PULL_C, C_OPERAND, C_STRIDED),
    *_of_c("C1", PULL_C, C_BY_X_TURNED, C_BY_W_TURNED, C_BY_W_PLACE, C_BY_X_PLACE), *_of_c("C1", BULK_C, C_FIRST),
    *_of_c("C2", PULL_C, C_BIAS_SIGN, C_BIAS_INDEX, C_BY_X_INDEX, C_BY_X_TURNED, C_BY_W_TURNED, C_BY_W_INDEX, C_ORDER),
    *_of_c("C2", BULK_C, C_BIAS_VALUE),
    *_of_c("D3", PULL_C, C_BIAS_SIGN, C_BY_X_TURNED, C_BY_W_TURNED, C_BY_W_INDEX),
    *_of_c("D5", PULL_C, C_BIAS_SIGN, C_BY_W_INDEX), *_of_c("D6", UPDATE_C, ("p[k] -= o.lr * g[k]", "p[k] += o.lr * g[k]")),
    *_of_c("D7", UPDATE_C, ("p[k] -= o.lr * g[k]", "p[k] -= g[k]"), ("o.first ? g[k] : o.momentum", "o.momentum"), ("double gain = 1.0 - o.dampening", "double gain = 1.0"),
           ("g[k] + o.momentum * velocity[k] : velocity[k]", "g[k] - o.momentum * velocity[k] : velocity[k]"), ("gain2 * (g[k] * g[k])", "gain2 * g[k]"), ("gain1 = 1.0 - o.beta1", "gain1 = 1.0"),
           ("o.shrink * p[k] - o.rate", "o.shrink * p[k] + o.rate"), ("o.shrink * p[k] - o.rate", "p[k] - o.rate"), ("sqrt(square[k]) / o.root", "sqrt(square[k])")),
    *_of_c("D7", "python/update.c", ("mean + block->count + start", "mean + start")),
]  # fmt: skip
