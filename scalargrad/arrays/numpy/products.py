"""Products: each is a product of two matrices or vectors, or one element by element and a sum over what is left."""

from __future__ import annotations

from typing import Any

import numpy

from scalargrad import core
from scalargrad.arrays.arithmetic import affine, elementwise
from scalargrad.arrays.base import axis_of, of_shape
from scalargrad.arrays.numpy.moving import Pool
from scalargrad.arrays.numpy.rules import NUMBERS, by_numpy, open_rule, ours, rule
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.table import ops

_MUL, _DOT, _SQRT = ops.OPCODE["mul"], ops.OPCODE["dot"], ops.OPCODE["sqrt"]


def _pair(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    return ours(a, name), ours(b, name)


@rule("dot")
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = _pair("dot", a, b)
    return affine(x, y, None) if x.ndim and y.ndim else elementwise(_MUL, x, y)


@rule("inner")
def _inner(a: Any, b: Any) -> Any:
    x, y = _pair("inner", a, b)
    if not x.ndim or not y.ndim:
        return elementwise(_MUL, x, y)
    return affine(y, x, None) if x.ndim < y.ndim else affine(x, y.T, None)


@rule("vdot")
def _vdot(a: Any, b: Any) -> Any:
    x, y = _pair("vdot", a, b)
    return affine(x.ravel(), y.ravel(), None)


@rule("outer", "linalg.outer")
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    x, y = _pair("outer", a, b)
    return elementwise(_MUL, x.ravel()[:, None], y.ravel())


@rule("linalg.matmul")
def _matmul(x1: Any, x2: Any) -> Any:
    x, y = _pair("linalg.matmul", x1, x2)
    if not x.ndim or not y.ndim:
        raise ShapeError(f"a product needs vectors or matrices, got shapes {x.shape} and {y.shape}")
    return affine(x, y, None)


@rule("linalg.vecdot")
def vecdot(x1: Any, x2: Any, *, axis: Any = -1) -> Any:
    """The dot product of each pair of rows."""
    x, y = _pair("vecdot", x1, x2)
    if axis != -1:
        raise ArgumentError(f"np.vecdot of arrays of Values has the axis -1, got {axis}")
    if x.ndim == y.ndim == 2 and x.shape[0] != y.shape[0] and 1 in (x.shape[0], y.shape[0]):
        return vecdot(x[0] if x.shape[0] == 1 else x, y[0] if x.shape[0] != 1 else y)
    return _einsum({(1, 1): "i,i->", (2, 2): "ij,ij->i", (2, 1): "ij,j->i"}.get((x.ndim, y.ndim), "j,ij->i"), x, y)


@rule("kron")
def _kron(a: Any, b: Any) -> Any:
    x, y = _pair("kron", a, b)
    ndim = max(x.ndim, y.ndim, 1)
    x, y = ((z.reshape((1,) * (ndim - z.ndim) + z.shape)) for z in (x, y))
    repeated, tiled = x, numpy.tile(y, x.shape)
    for k, n in enumerate(y.shape):
        repeated = numpy.repeat(repeated, n, axis=k)
    return elementwise(_MUL, repeated, tiled)


@rule("cross")
def _cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    x, y = _pair("cross", a, b)
    axes = [(axisa, axisb, axisc)[k] if axis is None else axis for k in range(3)]
    x, y = (z.T if z.ndim == 2 and axis_of(k, 2) == 0 else z for z, k in zip((x, y), axes))
    if x.shape[-1:] != (3,) or y.shape[-1:] != (3,):
        raise ShapeError(f"np.cross of arrays of Values takes vectors of length 3, got shapes {x.shape} and {y.shape}")
    found = _turned(x, 1) * _turned(y, 2) - _turned(x, 2) * _turned(y, 1)
    return found.T if found.ndim == 2 and axis_of(axes[2], 2) == 0 else found


@rule("linalg.cross")
def _cross_along(x1: Any, x2: Any, axis: Any = -1) -> Any:
    return _cross(x1, x2, axis=axis)


def _turned(x: Any, by: int) -> Any:
    return numpy.roll(x, -by, axis=-1)


def _convolution(name: str, default: str, reverse: bool) -> None:
    @rule(name)
    def convolve(a: Any, v: Any, mode: Any = default) -> Any:
        x, y = _pair(name, a, v)
        if x.ndim > 1 or y.ndim > 1 or not x.size or not y.size:
            raise ShapeError(f"np.{name} takes two vectors with elements, got shapes {x.shape} and {y.shape}")
        left, right = x.ravel().elements(), y.ravel().elements()
        if not reverse:
            right = right[::-1]
        n, m = len(left), len(right)
        lengths = {"full": (0, n + m - 1), "valid": (min(n, m) - 1, max(n, m))}
        start = (min(n, m) - 1) // 2 if not reverse or n >= m else min(n, m) // 2
        lengths["same"] = (start, start + max(n, m))
        if mode not in lengths:
            raise ArgumentError(f"np.{name} has the modes full, same and valid, got {mode!r}")
        sums = [_partial_dot(left, right, k - m + 1) for k in range(*lengths[mode])]
        return of_shape(core.block(sums), (len(sums),), x.of_numpy or y.of_numpy)


def _partial_dot(left: list[Any], right: list[Any], shift: int) -> Any:
    """The sum of left[k + shift] * right[k] where both are."""
    pairs = [(left[k + shift], y) for k, y in enumerate(right) if 0 <= k + shift < len(left)]
    return core.reduce(_DOT, [item for pair in pairs for item in pair])


_convolution("convolve", "full", False)
_convolution("correlate", "valid", True)


# --- sums over indices


@open_rule("einsum")
def _einsum(*operands: Any, **options: Any) -> Any:
    if not isinstance(operands[0], str):
        operands = _as_text(operands)
    text = operands[0].replace(" ", "")
    inputs, arrow, output = text.partition("->")
    letters = inputs.split(",")
    if not arrow:
        output = "".join(sorted(c for c in set(inputs) - {","} if inputs.count(c) == 1))
    arrays = [ours(x, "einsum") for x in operands[1:]]
    if "." in text or len(letters) != len(arrays) or any(len(k) != x.ndim for k, x in zip(letters, arrays)):
        raise ShapeError(
            f"np.einsum({text!r}) needs a letter for each axis of each array, got shapes"
            f" {', '.join(str(x.shape) for x in arrays)}"
        )
    if len(set(output)) < len(output) or not set(output) <= set(inputs):
        raise ArgumentError(f"np.einsum({text!r}) repeats a letter of the result, or has one that no array has")
    terms = [_diagonal(k, x) for k, x in zip(letters, arrays)]
    while len(terms) > 1:
        later = set(output).union(*(k for k, _ in terms[2:]))
        first, second = terms[0][0], terms[1][0]
        kept = [c for c in dict.fromkeys(first + second) if c in later]
        terms[:2] = [_together(terms[0], terms[1], "".join(kept))]
    return _ordered(*_summed(*terms[0], set(output)), output)


def _as_text(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands x, [0, 1], y, [1, 2], [0, 2] of einsum in the form with letters."""
    arrays, lists = operands[::2], operands[1::2]
    output = [arrays[-1]] if len(arrays) > len(lists) else []
    arrays = arrays[: len(lists)]
    try:
        letters = ["".join("abcdefghijklmnopqrstuvwxyz"[k] for k in indices) for indices in (*lists, *output)]
    except (TypeError, IndexError):
        message = "np.einsum takes the indices of each array as text or as a list: np.einsum('ij,jk->ik', x, y)"
        raise ArgumentError(message) from None
    inputs = ",".join(letters[: len(lists)])
    return inputs + "".join(f"->{each}" for each in letters[len(lists) :]), *arrays


def _diagonal(letters: str, x: Any) -> tuple[str, Any]:
    """An operand whose letters differ: of a repeated one, the diagonal."""
    if len(set(letters)) == len(letters):
        return letters, x
    if x.shape[0] != x.shape[1]:
        raise ShapeError(f"np.einsum needs equal lengths along {letters[0]!r}, got shape {x.shape}")
    pool = Pool()
    return letters[0], pool.gathered(by_numpy("einsum", numpy.einsum, ("ii->i", pool.positions(x)), {}))


def _summed(letters: str, x: Any, kept: set[str]) -> tuple[str, Any]:
    """An operand, summed over the letters that nothing else has."""
    gone = tuple(k for k, c in enumerate(letters) if c not in kept)
    if not gone:
        return letters, x
    return "".join(c for c in letters if c in kept), ours(x.sum(axis=gone), "einsum")


def _ordered(letters: str, x: Any, output: str) -> Any:
    if not output:
        return x.item() if x.ndim == 0 else x
    return x.T if letters != output else x


def _together(first: tuple[str, Any], second: tuple[str, Any], output: str) -> tuple[str, Any]:
    """The product of two operands, summed over the letters that the result does not have."""
    left, x = _summed(*first, set(second[0]) | set(output))
    right, y = _summed(*second, set(first[0]) | set(output))
    if len(output) > 2:
        raise ShapeError(f"arrays have two dimensions at most; np.einsum needs one with indices {output!r}: {NUMBERS}")
    shared = [c for c in left if c in right]
    summed = [c for c in shared if c not in output]
    for c in shared:
        if x.shape[left.index(c)] != y.shape[right.index(c)]:
            raise ShapeError(f"np.einsum got shapes {x.shape} and {y.shape}, whose lengths along {c!r} differ")
    if len(summed) == 1 and len(shared) == 1:
        x, y = x.T if x.ndim == 2 and left[0] in summed else x, y.T if y.ndim == 2 and right[1] in summed else y
        found = affine(x, y, None)
        letters = "".join(c for c in left + right if c not in summed)
    elif len(summed) == 2:
        found, letters = affine(x.ravel(), (y if left == right else y.T).ravel(), None), ""
    else:
        letters = "".join(dict.fromkeys(left + right))
        found = elementwise(_MUL, _spread(left, x, letters), _spread(right, y, letters))
        letters, found = _summed(letters, found, set(output))
    return letters, ours(found, "einsum")


def _spread(own: str, x: Any, letters: str) -> Any:
    """An operand with its axes in the order of the letters, and an axis of length 1 for each that it lacks."""
    if len(own) == 2:
        return x if own == letters else x.T
    return x if not own or letters[-1] == own else x[:, None]


@rule("tensordot", "linalg.tensordot")
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = _pair("tensordot", a, b)
    left, right = list("ab"[: x.ndim]), list("cd"[: y.ndim])
    if isinstance(axes, int):
        pairs = list(zip(range(x.ndim - axes, x.ndim), range(axes)))
        if axes > min(x.ndim, y.ndim):
            raise ShapeError(f"np.tensordot cannot sum over {axes} axes of shapes {x.shape} and {y.shape}")
    else:
        first, second = ([k] if isinstance(k, int) else list(k) for k in axes)
        pairs = [(axis_of(i, x.ndim), axis_of(j, y.ndim)) for i, j in zip(first, second)]
    for i, j in pairs:
        right[j] = left[i]
    output = [c for c in left + right if (left + right).count(c) == 1]
    return _einsum(f"{''.join(left)},{''.join(right)}->{''.join(output)}", x, y)
