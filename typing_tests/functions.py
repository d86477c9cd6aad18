"""Functions of numbers, and over many of them: a Value where a Value goes in, a float for floats."""

from typing import Any

from typing_extensions import assert_type

import scalargrad as sg
from scalargrad import Value

x, y = Value(2.0), Value(3.0)

assert_type(sg.exp(x), Value)
assert_type(sg.exp(1.0), float)
assert_type(sg.exp(1), float)
assert_type(sg.atan2(x, 1.0), Value)
assert_type(sg.atan2(1.0, x), Value)
assert_type(sg.atan2(1.0, 2.0), float)
assert_type(sg.clip(x, 0.0, 1.0), Value)
assert_type(sg.where(x > 0, x, 0.0), Value)
assert_type(sg.where(x > 0, 1.0, 0.0), float)
assert_type(sg.leaky_relu(x, 0.1), Value)
assert_type(sg.pow(x, 3), Value)
assert_type(x.exp(), Value)
assert_type(x.maximum(0.0), Value)
assert_type(x.leaky_relu(), Value)

assert_type(sg.sum([x, y]), Value)
assert_type(sg.mean(v * v for v in [x, y]), Value)
assert_type(sg.dot([x, y], [1.0, 2.0]), Value)
assert_type(sg.softmax([x, y]), list[Value])
assert_type(sg.softmax([1.0, 2.0]), list[float])

assert_type(sg.sum(x, 1.0), Value)
assert_type(sg.sum(1, 2.0), float)
assert_type(sg.max([x, 1.0]), Value)
assert_type(sg.norm([3.0, 4.0]), float)
assert_type(sg.dot([1.0], [2]), float)

assert_type(sg.exp([1.0, 2.0]), list[float])
assert_type(sg.exp([x, y]), list[Value])
assert_type(sg.isnan(x), bool)
assert_type(sg.softmax([[1.0, 2.0]], axis=0), list[Any])
assert_type(sg.constant([1.0]), sg.Vector)
assert_type(sg.constant([[1.0]]), sg.Matrix)
assert_type(sg.isfinite(sg.constant([[1.0]])), sg.Mask)
sg.mean([[1, 2], [3, 4]]) + sg.sum([[1.0]], axis=0, keepdims=True)
sg.maximum([1.0, 2.0], [[3.0], [4.0]])[0]

sg.sum(1.0, axis=0)  # type: ignore[call-overload]
sg.sum("a")  # type: ignore[arg-type]
sg.exp("a")  # type: ignore[call-overload]
sg.atan2(x)  # type: ignore[call-overload]
