"""Numbers in, by hand: every kind that Value takes, to the bit, and refuses, with what that says; and numbers out."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core, errors
from scalargrad.errors import (
    HandmadeNodeError,
    ImplicitDetachWarning,
    NumberError,
    RangeError,
    ReadOnlyError,
    ShapeError,
)
from scalargrad.table import ops
from tests.support.engines import bits

MOST = 1.7976931348623157e308
ENTRIES: dict[str, Callable[[Any], Any]] = {  # every way in
    "Value": lambda x: Value(x).data,
    "right": lambda x: (Value(0.0) + x).data if x == x else math.nan,
    "left": lambda x: (x + Value(0.0)).data,
    "function": lambda x: sg.copysign(x, x),
    "many": lambda x: sg.sum([x]),
    "vector": lambda x: Vector([x]).data[0],
    "constant": lambda x: (Vector([0.0]) + x).data[0],
    "data": lambda x: _set("data", x),
    "grad": lambda x: _set("grad", x),
    "transform": lambda x: sg.value_and_grad(lambda y: y * 1.0)(x)[0],
    "loss": lambda x: sg.losses.mse(0.0, x, "sum") ** 0.5 * (-1.0 if x < 0 else 1.0),
}


def _set(name: str, x: Any) -> float:
    v = Value(3.0)
    setattr(v, name, x)
    return float(getattr(v, name))


TAKEN: list[tuple[Any, float]] = [
    (True, 1.0), (False, 0.0), (7, 7.0), (-7, -7.0), (2**53, 9007199254740992.0), (2**53 + 1, 9007199254740992.0),
    (2**53 + 3, 9007199254740996.0), (2**1023, 2.0**1023), (2**1024 - 2**971, MOST), (2**1024 - 2**970 - 1, MOST),
    (Fraction(1, 3), 1 / 3), (Fraction(10**400, 10**399), 10.0), (Fraction(1, 10**400), 0.0),
    (Decimal("0.1"), 0.1), (Decimal("1e308"), 1e308), (Decimal("1e-400"), 0.0), (Decimal("Infinity"), math.inf),
    (Decimal("-Infinity"), -math.inf), (Decimal("-0"), -0.0), (5e-324, 5e-324), (-0.0, -0.0), (math.inf, math.inf),
    *[(np.dtype(kind).type(1), 1.0) for kind in "?bBhHiIlLqQefdg"],
    *[(np.array(1).astype(kind), 1.0) for kind in "?bBhHiIlLqQefdg"],
    (np.uint64(2**64 - 1), 2.0**64), (np.int64(-(2**63)), -(2.0**63)), (np.float32(0.1), 0.10000000149011612),
    (np.float16(65504.0), 65504.0), (np.longdouble("inf"), math.inf), (np.array(-np.inf), -math.inf),
]  # fmt: skip


@pytest.mark.parametrize(("x", "wanted"), TAKEN, ids=lambda x: repr(x)[:30])
def test_what_is_a_number(x: Any, wanted: float) -> None:
    for name in ("Value", "function", "vector", "data", "grad", "many"):
        found = ENTRIES[name](x)
        assert type(found) is float and bits(found) == bits(wanted) if name != "many" or wanted else found == 0.0, name
    if 0 < abs(wanted) < 1e100:
        for name in ENTRIES:
            assert ENTRIES[name](x) == pytest.approx(wanted, rel=0 if name != "loss" else 1e-15), name
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        assert bool(compare(Value(wanted), x)) is bool(compare(wanted, x))


LARGE = [2**1024, 2**1024 - 2**970, 10**400, -(10**400), 10**5000, Fraction(10**400), Fraction(-(10**400), 3),
         Fraction(10**5000), Decimal("1e309"), Decimal("-1e309")]  # fmt: skip


@pytest.mark.parametrize("x", LARGE, ids=lambda x: type(x).__name__)
def test_what_is_too_large(x: Any) -> None:
    for name in ("Value", "right", "left", "function", "many", "vector", "data", "grad", "transform"):
        with pytest.raises(RangeError, match=r"too large for a double; the largest is about 1.8e308$") as caught:
            ENTRIES[name](x)
        assert isinstance(caught.value, OverflowError) and len(str(caught.value)) < 130, name
    with pytest.raises(RangeError) as caught:
        Value(x)
    shown = str(caught.value).split(" is too large")[0]
    wanted = (
        {"int": "an int of 16610 bits", "Fraction": "a Fraction"}[type(x).__name__] if x == 10**5000 else repr(x)[:57]
    )
    assert shown.startswith(wanted) and (x != 10**5000 or shown == wanted)
    v = Value(1.0)
    assert (v < x) is (x > 0) and (v > x) is (x < 0) and v != x


TEXT = "convert text with float(...); to put a Value into a text, write f'{v}'"
LIST = "for a list of numbers, make a Vector or Matrix of it, or a Value of each"
REFUSED: list[tuple[Any, str]] = [
    (None, "expected a real number, got NoneType"),
    ("1.5", "expected a real number, got str '1.5': write float('1.5')"),
    (b"1", "expected a real number, got bytes b'1'"),
    (bytearray(b"1"), "expected a real number, got bytearray bytearray(b'1')"),
    (1j, "expected a real number, got complex 1j: make a Value of its real part and one of its imaginary part"),
    ([1.0], "expected a real number, got list [1.0]: " + LIST),
    ((1.0,), "expected a real number, got tuple (1.0,): " + LIST),
    ([1.0, "a"], "expected a real number, got list [1.0, 'a']: str 'a' in it is no number"),
    ({1: 2.0}, "expected a real number, got dict {1: 2.0}"),
    ({1.0}, "expected a real number, got set {1.0}"),
    (frozenset(), "expected a real number, got frozenset frozenset()"),
    ("x" * 100, "expected a real number, got str '" + "x" * 56 + "...: " + TEXT),
    ("x" * 58, "expected a real number, got str '" + "x" * 58 + "': " + TEXT),
    (Decimal("sNaN"), "expected a real number, got Decimal Decimal('sNaN')"),
    (np.complex64(1), None),
    (np.str_("1"), None),
    (np.array([1.0]), "expected a number, got a ndarray of shape (1,) and dtype float64: a Value is one number; make an"
     " array of Values element by element, or a Vector or Matrix of the whole"),
    (np.array(1j), "expected a number, got a ndarray of shape () and dtype complex128: a Value is one number; make an"
     " array of Values element by element, or a Vector or Matrix of the whole"),
    (np.ma.masked,
     "expected a number, got a masked MaskedConstant, which has none: fill it first (numpy.ma.filled)"),
]  # fmt: skip


@pytest.mark.parametrize(("x", "message"), REFUSED, ids=lambda x: repr(x)[:20])
def test_what_is_no_number(x: Any, message: str | None) -> None:
    v = Value(2.0)
    v.grad = 3.0
    for setter, call in enumerate(
        (lambda: Value(x), lambda: setattr(v, "data", x), lambda: setattr(v, "grad", x), lambda: v.backward(x))
    ):
        with pytest.raises(NumberError) as caught:
            call()
        if x is None and not setter:
            assert str(caught.value) == "Value(None) needs a number, got NoneType: write Value(0.0)"
        else:
            clear = ": to clear a grad, set it to 0.0" if x is None and setter == 2 else ""
            assert message is None or str(caught.value) == message + clear
    assert (v.data, v.grad) == (2.0, 3.0)
    if not isinstance(x, np.ndarray):
        functions = [] if x in ([1.0], (1.0,)) else [lambda: sg.hypot(v, x), lambda: sg.exp(x)]  # these take lists
        for call in (lambda: v * x, lambda: x - v, lambda: sg.max(v, x), *functions):
            with pytest.raises(TypeError):
                call()


def test_a_value_is_no_number() -> None:
    message = r"^expected a number, got a Value: use v.detach\(\) for a new leaf, v.data for the number$"
    v = Value(2.0)
    for given in (Value(1.0), v * 2):
        for call in (lambda: Value(given), lambda: setattr(v, "data", given), lambda: setattr(v, "grad", given),
                     lambda: v.backward(given)):  # fmt: skip
            with pytest.raises(NumberError, match=message):
                call()
    for array in (Vector([1.0]), Matrix([[1.0]])):
        with pytest.raises(NumberError, match=f"expected a real number, got {type(array).__name__} "):
            Value(array)


def test_a_type_that_nobody_knows_may_know_us() -> None:
    class Knows:
        def __radd__(self, other: Any) -> str:
            return f"added to {other.data}"

    class Knot:
        def __float__(self) -> float:
            return 1.0

        def __index__(self) -> int:
            return 1

    assert Value(1.0) + Knows() == "added to 1.0"
    for call in (lambda: Value(1.0) - Knows(), lambda: Value(1.0) + Knot()):
        with pytest.raises(TypeError, match="unsupported operand"):
            call()
    for call in (lambda: Value(Knot()), lambda: Value(Knows()), lambda: sg.exp(Knot())):
        with pytest.raises(NumberError, match="expected a real number, got Kno"):
            call()


def test_subclasses_of_numbers() -> None:
    class Third(Fraction):
        pass

    class Cents(Decimal):
        pass

    class Count(int):
        pass

    for x in (Third(1, 2), Cents("0.5")):
        assert Value(x).data == 0.5 == (Value(1.0) * x).data
    assert Value(Count(2)).data == 2.0 and math.isnan(Value(Decimal("NaN")).data)
    decimal = type("Decimal", (), {"__float__": lambda self: 1.0})  # another's, by the same name
    with pytest.raises(NumberError):
        Value(decimal())


# --- nodes by hand ----------------------------------------------------------------------------------------------------

BY_HAND = "a node by hand has "
SET: list[tuple[str, Any, type[Exception], str]] = [
    ("_prev", (), HandmadeNodeError, BY_HAND), ("_prev", {Value(1.0)}, HandmadeNodeError, BY_HAND),
    ("_op", "", HandmadeNodeError, BY_HAND), ("_op", "+", HandmadeNodeError, BY_HAND),
    ("_backward", None, HandmadeNodeError, "a Value has no _backward function that could be set: it keeps"),
    ("_children", (), HandmadeNodeError, BY_HAND), ("_children", (Value(1.0),), HandmadeNodeError, BY_HAND),
    ("_local_grads", (), HandmadeNodeError, BY_HAND),
]  # fmt: skip


@pytest.mark.parametrize(("name", "thing", "error", "message"), SET)
def test_what_describes_a_node_cannot_be_set(name: str, thing: Any, error: type[Exception], message: str) -> None:
    for v in (Value(1.0), Value(1.0) * 2):
        with pytest.raises(error) as caught:
            setattr(v, name, thing)
        assert str(caught.value).startswith(message)


def test_micrograds_parameters_must_be_empty() -> None:
    assert Value(2.0, (), "").data == Value(2.0, [], _op="").data == Value(data=2.0, _children=set()).data == 2.0
    for call, error in (
        (lambda: Value(2.0, (Value(1.0),)), ShapeError),
        (lambda: Value(2.0, (), "+"), HandmadeNodeError),
        (lambda: Value(2.0, _children=[1]), ShapeError),
    ):
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value).startswith(BY_HAND)
    for call, name in (
        (lambda: Value(2.0, name="w"), "'name'"),
        (lambda: Value(2.0, label="w", name="x"), "'name'"),
        (lambda: Value(2.0, (), (), "w", label="w"), "'label'"),
        (lambda: Value(2.0, (), _children=()), "'children'"),
    ):
        with pytest.raises(HandmadeNodeError) as caught:
            call()
        assert str(caught.value).startswith("Value takes data, children, local_grads and label, each once; got " + name)
    with pytest.raises(NumberError, match="NoneType"):
        Value()


@pytest.mark.parametrize(("make", "op"), [(lambda v: v * 2, "mul"), (lambda v: v.exp(), "exp"), (sg.sum, "sum")])
def test_interior_data_names_its_operation(make: Any, op: str) -> None:
    y = make(Value(1.0)) if op != "sum" else sg.sum([Value(1.0), 2.0])
    before = y.data
    with pytest.raises(ReadOnlyError) as caught:
        y.data = 5.0
    assert str(caught.value).startswith(
        f"the data of an interior node ({op}) is the result of its operation and cannot"
    )
    assert "v.detach() for a leaf of its own" in str(caught.value) and y.data == before
    y.grad = 7.0
    assert y.grad == 7.0


# --- numbers out ------------------------------------------------------------------------------------------------------


def test_as_a_float() -> None:
    v = Value(-7.5)
    assert (int(v), math.trunc(v), math.floor(v), math.ceil(v)) == (-7, -7, -8, -7)
    assert (round(v), round(Value(2.5)), round(v, 0), round(Value(1.25), 1)) == (-8, 2, -8.0, 1.2)
    assert type(round(v)) is int and type(round(v, 0)) is float and hash(v) != hash(Value(-7.5))
    assert f"{v:+.2e}" == "-7.50e+00" and f"{v}" == str(v) == repr(v) == "Value(data=-7.5, grad=0.0)"
    for x, y in ((7.0, 2.0), (-7.0, 2.0), (7.0, -2.0)):
        for left, right in ((Value(x), y), (x, Value(y)), (Value(x), Value(y))):
            assert [part.data for part in divmod(left, right)] == list(divmod(x, y))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert float(v) == -7.5
    (warning,) = caught
    assert warning.category is ImplicitDetachWarning and warning.filename == __file__
    assert str(warning.message) == "the gradient stops here; use sg.exp for math.exp, v.data for the number"
    with pytest.raises((OverflowError, ValueError)):
        int(Value(math.inf))
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError):
            compare(v, "a")
    detached = (v * 2).detach()
    assert detached.data == -15.0 and detached._op == "" and detached is not v


def test_backward_of_what_is_no_value() -> None:
    message = "backward needs a Value, got float 2.0: no Value entered the computation"
    with pytest.raises(NumberError) as caught:
        Value.backward(2.0)  # type: ignore[arg-type]
    assert str(caught.value) == message
    x = Value(3.0)
    for seed in (2, Fraction(2), Decimal(2), np.float32(2), True):
        x.grad = 0.0
        (x * x).backward(seed)  # type: ignore[arg-type]
        assert x.grad == 6.0 * float(seed)


BUILTINS: dict[type[Exception], type[Exception]] = {
    errors.NumberError: TypeError, errors.RangeError: OverflowError, errors.ReadOnlyError: AttributeError,
    errors.HandmadeNodeError: TypeError, errors.ArgumentError: ValueError, errors.ShapeError: ValueError,
    errors.LinAlgError: ArithmeticError,
    errors.HigherOrderError: NotImplementedError, errors.AnomalyError: FloatingPointError,
    errors.BackendError: ImportError, errors.RecordError: ValueError, errors.StateError: ValueError,
    errors.DispatchError: TypeError, errors.ForwardError: TypeError, errors.KeywordError: TypeError,
    errors.IndexingError: IndexError, errors.ItemAssignmentError: TypeError,
    errors.MissingExtraError: ImportError, errors.MissingNameError: AttributeError,
    errors.GradientMismatchError: AssertionError,
}  # fmt: skip


def test_errors_are_builtins_too() -> None:
    """Who catches ValueError, as with numpy, catches ours."""
    for error, builtin in BUILTINS.items():
        assert issubclass(error, builtin) and issubclass(error, errors.ScalargradError)
    ours = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.ScalargradError)}
    assert ours == {*BUILTINS, errors.ScalargradError} and issubclass(errors.ImplicitDetachWarning, UserWarning)


@pytest.mark.parametrize("name", ["exp", "mul", "where"])
def test_a_primitive_takes_as_many_operands_as_its_row_says(name: str) -> None:
    opcode, operands = ops.OPCODE[name], [Value(0.5)] * {"exp": 1, "mul": 2, "where": 3}[name]
    assert isinstance(core.apply(opcode, *operands), Value)
    for wrong in (operands[1:], [*operands, 0.5]):
        with pytest.raises(TypeError):
            core.apply(opcode, *wrong)
