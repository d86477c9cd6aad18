"""What `Value` takes."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from typing_extensions import assert_type

from scalargrad import Value

assert_type(Value(3.0), Value)
assert_type(Value(3), Value)
assert_type(Value(True), Value)
assert_type(Value(data=3.0), Value)
assert_type(Value(Fraction(1, 2)), Value)
assert_type(Value(Decimal("0.5")), Value)
assert_type(Value(np.float32(0.5)), Value)

x = Value(1.0, label="x")
assert_type(x.label, str)
assert_type(Value(2.0, (x, 3.0), (1.0, 0.5)), Value)
assert_type(Value(2.0, [x], [1], "y"), Value)
assert_type(x.operands, tuple[Value | float, ...])
assert_type(x.partials, tuple[float, ...])

Value("a")  # type: ignore[arg-type]
Value(None)  # type: ignore[arg-type]
Value([1.0])  # type: ignore[arg-type]
Value(1j)  # type: ignore[arg-type]
Value(1.0, name="x")  # type: ignore[call-arg]
Value(1.0, label=1)  # type: ignore[arg-type]
