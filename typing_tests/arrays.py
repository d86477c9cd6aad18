"""Vectors and Matrices."""

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import scalargrad as sg
from scalargrad import Mask, Matrix, Value, Vector

v, w = Vector([1.0, 2.0]), Vector(np.ones(2))
m = Matrix([[1.0, 2.0], [3.0, 4.0]])
x = Value(2.0)

assert_type(v + w, Vector)
assert_type(v * 2, Vector)
assert_type(2 - v, Vector)
assert_type(v * x, Vector)
assert_type(x * v, Vector)
assert_type(v**2, Vector)
assert_type(-v, Vector)
assert_type(m * m, Matrix)
assert_type(m + v, Matrix)
assert_type(v + m, Matrix)
assert_type(x / m, Matrix)
assert_type(v * np.ones(2), Vector)
assert_type(np.ones(2) - v, Vector)
assert_type(v + [1.0, 2.0], Vector)
assert_type(v + [[1.0], [2.0]], Matrix)

assert_type(v[0], Value)
assert_type(v[1:], Vector)
assert_type(m[0], Vector)
assert_type(m[0, 1], Value)
assert_type(m[:, 0], Vector)
assert_type(m[1:, :1], Matrix)
assert_type(list(v), list[Value])
assert_type(list(m), list[Vector])
assert_type(v[np.arange(2)], Vector)
assert_type(v[np.int64(0)], Value)
assert_type(m[[0, 1]], Matrix)
assert_type(m[[0, 1], 0], Vector)
assert_type(len(v), int)
assert_type(v[:, None], Matrix)
assert_type(v[None], Matrix)
assert_type(v[...], Vector)
assert_type(v[range(2)], Vector)
assert_type(m[[0, 1], [1, 0]], Vector)
assert_type(m[range(2), [1, 0]], Vector)
assert_type(m[:, [1, 0]], Matrix)
assert_type(m[..., 0], Vector)

assert_type(v > 0, Mask)
assert_type(m == v, Mask)
assert_type((v > 0) & ~(v < w), Mask)
assert_type(v[v > 0], Vector)
assert_type(sg.where(v > 0, v, 0.0), Vector)
assert_type(v * (v > 0), Vector)
assert_type((v > 0).any(), bool | Mask)
assert_type((v > 0)[0], bool | Mask)
assert_type(v.copy(), Vector)
assert_type(m.T, Matrix)

assert_type(m @ v, Vector)
assert_type(v @ m, Vector)
assert_type(m @ m, Matrix)
assert_type(v @ w, Value)
assert_type(v.dot(w), Value)
assert_type(v.outer(w), Matrix)
assert_type(sg.outer(v, w), Matrix)
assert_type(sg.stack([v, w]), Matrix)
assert_type(sg.concat([v, w]), Vector)
assert_type(m.reshape(4), Vector)
assert_type(v.reshape(1, -1), Matrix)

assert_type(v.exp(), Vector)
assert_type(sg.exp(v), Vector)
assert_type(sg.exp(m), Matrix)
assert_type(sg.maximum(v, 0.0), Vector)
assert_type(v.sum(), Value)
assert_type(sg.sum(v), Value)
assert_type(sg.mean(m), Value)
assert_type(sg.sum(m, axis=0), Vector)
assert_type(sg.sum(m), Value)
assert_type(sg.max(v, axis=0), Value)
assert_type(sg.sum(v, keepdims=True), Vector)
assert_type(sg.sum(m, axis=0, keepdims=True), Matrix)
assert_type(sg.maximum(v, m), Matrix)
assert_type(m.mean(axis=1), Vector)
assert_type(sg.softmax(v), Vector)
assert_type(sg.softmax(m, axis=0), Matrix)

assert_type(sg.grad(lambda p: sg.sum(p * p))(v), Vector)
numbers: npt.NDArray[np.float64] = v.data
v.grad = np.zeros(2)

v + "a"  # type: ignore[arg-type]
m @ "a"  # type: ignore[operator]
v["a"]  # type: ignore[call-overload]
