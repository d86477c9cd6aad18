"""Arithmetic on Values."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from typing_extensions import assert_type

from scalargrad import Value

x, y = Value(2.0), Value(3.0)

# whatever the other number is, on either side
assert_type(x + y, Value)
assert_type(x * 3, Value)
assert_type(3 - x, Value)
assert_type(2.0 / x, Value)
assert_type(x // True, Value)
assert_type(x % 1.5, Value)
assert_type(x**2, Value)
assert_type(2**x, Value)
assert_type(x + Fraction(1, 2), Value)
assert_type(Fraction(1, 2) * x, Value)
assert_type(Decimal(1) - x, Value)
assert_type(x + np.float64(2.0), Value)
assert_type(np.float64(2.0) + x, Value)
assert_type(x - np.float32(2.0), Value)
assert_type(x / np.int64(2), Value)
assert_type(-x, Value)
assert_type(+x, Value)
assert_type(abs(x), Value)
assert_type(pow(x, 2), Value)
assert_type(divmod(x, 2), tuple[Value, Value])
assert_type(divmod(2, x), tuple[Value, Value])

# as a number
assert_type(x < y, bool)
assert_type(2 >= x, bool)  # noqa: SIM300
assert_type(x == 2, bool)
assert_type(x.data, float)
assert_type(x.grad, float)
assert_type(round(x), int)
assert_type(round(x, 2), float)
assert_type(int(x), int)
assert_type(float(x), float)
assert_type(f"{x:.3f}", str)

# Python's own functions of numbers
assert_type(sum([x, y], Value(0.0)), Value)
assert_type(max(x, y), Value)
assert_type(min([x, y], key=float), Value)
assert_type(sorted([x, y]), list[Value])

# numpy applies its operators element by element, and has no type for an array of Values
assert_type(x * np.ones(3), Any)
assert_type(np.ones(3) * x, Any)

# a leaf
z = Value(1)
z += 1
z.data = 3
z.data -= 0.1 * z.grad
z.grad = np.float32(0.0)
assert_type(z.backward(), None)
assert_type(z.detach(), Value)


class Named(Value):
    """A subclass; what its operations return is a plain Value."""

    name = ""


named = Named(2.0)
named.name = "weight"
assert_type(named * 2, Value)
assert_type(2 * named, Value)

# what fails when it runs is flagged
x + "a"  # type: ignore[call-overload]
"a" + x  # type: ignore[operator]
x * None  # type: ignore[call-overload]
x - 1j  # type: ignore[operator, call-overload, unused-ignore]
x + [1.0]  # type: ignore[call-overload]
x < "a"  # type: ignore[call-overload]  # noqa: B015
x.data = "a"  # type: ignore[assignment]
x.grad = None  # type: ignore[assignment]
x.gradient  # type: ignore[attr-defined]  # noqa: B018
x.backward("a")  # type: ignore[arg-type]
