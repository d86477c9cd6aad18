"""The derivatives of joint operations as nodes: solve, det, slogdet, cholesky. They differentiate again.

The sources are those of the ledger's chapter G. First derivatives have the bits of the sweep, by the row `instead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scalargrad.record import Operand
from scalargrad.records.writer import Writer
from scalargrad.table import joint, ops

_DOT, _ADD, _SUB, _NEG, _MUL = (ops.OPCODE[name] for name in ("dot", "add", "sub", "neg", "mul"))
_INSTEAD = ops.OPCODE["instead"]
_SOLVE, _DET, _SLOGDET, _CHOLESKY = (ops.OPCODE[name] for name in ("solve", "det", "slogdet", "cholesky"))

Rows = list[list[Operand]]


def _rows(items: Sequence[Operand], columns: int) -> Rows:
    return [list(items[k : k + columns]) for k in range(0, len(items), columns)]


def _flat(rows: Rows) -> list[Operand]:
    return [x for row in rows for x in row]


def _transposed(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows)]


def _dot(w: Writer, x: Sequence[Operand], y: Sequence[Operand]) -> Operand:
    """The sum of products, without those that have a constant zero."""
    pairs = [(a, b) for a, b in zip(x, y) if not (_is_zero(a) or _is_zero(b))]
    if len(pairs) == 1:
        return w.product(*pairs[0])
    return w.reduce(_DOT, [item for pair in pairs for item in pair]) if pairs else 0.0


def _is_zero(x: Operand) -> bool:
    return isinstance(x, float) and x == 0.0


def _product(w: Writer, x: Rows, y: Rows) -> Rows:
    columns = _transposed(y)
    return [[_dot(w, row, column) for column in columns] for row in x]


def _solve(w: Writer, a: Rows, b: Rows) -> Rows:
    if all(map(_is_zero, _flat(b))):
        return b
    return _rows(w.joint(_SOLVE, [float(len(a)), *_flat(a), *_flat(b)]), len(b[0]))


def _inverse(w: Writer, a: Rows) -> Rows:
    return _solve(w, a, [[float(i == j) for j in range(len(a))] for i in range(len(a))])


def _lower(w: Writer, x: Rows) -> Rows:
    """The lower triangle, with half the diagonal."""
    n = range(len(x))
    return [[w.product(x[i][j], 0.5) if i == j else x[i][j] if i > j else 0.0 for j in n] for i in n]


def results(w: Writer, position: int) -> list[int]:
    """All results of the joint operation at a position."""
    operands = w.operands[position]
    return [*range(position, position + joint.count(w.kinds[position], len(operands), w.number(operands[0])))]


def _slopes(w: Writer, position: int) -> list[Operand]:
    """The partials of a determinant, or of the logarithm of its size."""
    operands = w.operands[position]
    n = math.isqrt(len(operands))
    a = _rows(operands, n)
    if w.kinds[position] == _SLOGDET:
        if w.values[position] == 0.0:
            return [w.emit(_INSTEAD, 0.0, x) for x in joint.partials(_SLOGDET, [w.number(x) for x in operands], 1)]
        return _flat(_transposed(_inverse(w, a)))
    value = w.values[position]
    if n > 3 and value != 0.0 and value - value == 0.0:  # of small matrices, the minors have more digits
        return [w.emit(_MUL, position, x) for x in _flat(_transposed(_inverse(w, a)))]
    return [_cofactor(w, a, i, j) for i in range(n) for j in range(n)]


def _cofactor(w: Writer, a: Rows, i: int, j: int) -> Operand:
    minor = [row[:j] + row[j + 1 :] for k, row in enumerate(a) if k != i]
    if not minor:
        return 1.0
    found = w.joint(_DET, _flat(minor))[0] if len(minor) > 1 else minor[0][0]
    return found if (i + j) % 2 == 0 else w.emit(_NEG, found)


def pull(w: Writer, position: int, adjoints: Mapping[int, Operand]) -> list[Operand | None]:
    """What the results of a joint operation contribute to its operands, given the adjoints of results by position."""
    op, operands = w.kinds[position], w.operands[position]
    found = results(w, position)
    d = [adjoints.get(k, 0.0) for k in found]
    exact = joint.pull(op, [w.number(x) for x in operands], [w.number(x) for x in d])
    made: list[Operand]
    if op == _SOLVE:
        n = int(w.number(operands[0]))
        a, columns = _rows(operands[1 : 1 + n * n], n), len(found) // n
        right = _solve(w, _transposed(a), _rows(d, columns))
        left = [[_negative(w, _dot(w, r, x)) for x in _rows(found, columns)] for r in right]
        made = [0.0, *_flat(left), *_flat(right)]
    elif op == _CHOLESKY:
        n = math.isqrt(len(operands))
        root = [[x if j <= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(_rows(found, n))]
        upper = _transposed(root)
        given = [[x if j <= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(_rows(d, n))]
        half = _solve(w, upper, _lower(w, _product(w, upper, given)))
        s = _solve(w, upper, _transposed(half))
        made = [
            s[i][j] if i == j else w.emit(_ADD, s[i][j], s[j][i]) if i > j else 0.0 for i in range(n) for j in range(n)
        ]
    else:
        seed = d[1 if op == _SLOGDET else 0]
        made = [w.product(seed, slope) for slope in _slopes(w, position)] if not _is_zero(seed) else [0.0] * len(exact)
    return [
        None if isinstance(x, float) else y if isinstance(y, float) and isinstance(m, float) else w.emit(_INSTEAD, m, y)
        for x, m, y in zip(operands, made, exact)
    ]


def _negative(w: Writer, x: Operand) -> Operand:
    return w.emit(_NEG, x)


def push(w: Writer, position: int, inner: Sequence[Operand | None]) -> dict[int, Operand]:
    """The tangents of the results of a joint operation, by position, given those of its operands."""
    op, operands = w.kinds[position], w.operands[position]
    found = results(w, position)
    t: list[Operand] = [0.0 if x is None else x for x in inner]
    made: list[Operand]
    if op == _SOLVE:
        n = int(w.number(operands[0]))
        columns = len(found) // n
        change = _product(w, _rows(t[1 : 1 + n * n], n), _rows(found, columns))
        right = [[w.emit(_SUB, x, y) for x, y in zip(*rows)] for rows in zip(_rows(t[1 + n * n :], columns), change)]
        made = _flat(_solve(w, _rows(operands[1 : 1 + n * n], n), right))
    elif op == _CHOLESKY:
        n = math.isqrt(len(operands))
        root = [[x if j <= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(_rows(found, n))]
        change = [[t[max(i, j) * n + min(i, j)] for j in range(n)] for i in range(n)]
        half = _solve(w, root, change)
        middle = _solve(w, root, _transposed(half))
        made = _flat(_product(w, root, _lower(w, middle)))
    else:
        made = [0.0] * len(found)
        made[-1] = _dot(w, t, _slopes(w, position))
    return {k: x for k, x in zip(found, made) if not _is_zero(x)}
