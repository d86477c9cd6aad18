"""Hypothesis strategies: numbers, vectors, matrices, shapes, and expressions over the primitives.

Hypothesis is imported when the first strategy is made. If it is missing, `MissingExtraError` names the extra.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from scalargrad import extras
from scalargrad.errors import ArgumentError
from scalargrad.table import ops
from scalargrad.value import Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _st() -> Any:
    return extras.load("hypothesis.strategies", "test")


def numbers(*, extreme: bool = False) -> SearchStrategy[float]:
    """Finite floats: within ±1000 without subnormals; with `extreme`, of any size, with subnormals and both zeros.

    >>> from hypothesis import find
    >>> find(numbers(extreme=True), lambda x: 0 < x < 1e-300) < 1e-300
    True
    """
    if extreme:
        special = [-0.0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, -1e200, 1.7976931348623157e308]
        chosen = _st().sampled_from(special)
        return _st().floats(allow_nan=False, allow_infinity=False) | chosen  # type: ignore[no-any-return]
    return _st().floats(-1e3, 1e3, allow_subnormal=False)  # type: ignore[no-any-return]


def shapes(
    *, min_dims: int = 1, max_dims: int = 2, min_side: int = 0, max_side: int = 5
) -> SearchStrategy[tuple[int, ...]]:
    """Shapes of arrays: tuples of `min_dims` to `max_dims` sides, each from `min_side` to `max_side`.

    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 2 and shape[1] == 3)
    (0, 3)
    """
    sides = _st().integers(min_side, max_side)
    return _st().lists(sides, min_size=min_dims, max_size=max_dims).map(tuple)  # type: ignore[no-any-return]


def vectors(
    elements: SearchStrategy[float] | None = None, *, min_size: int = 0, max_size: int = 8, leaves: bool = False
) -> SearchStrategy[list[Any]]:
    """Lists of numbers from `elements`, by default `numbers()`. With `leaves`, lists of Values.

    >>> from hypothesis import find
    >>> find(vectors(leaves=True), lambda x: len(x) == 2)
    [Value(data=0.0, grad=0.0), Value(data=0.0, grad=0.0)]
    """
    return _st().lists(_entries(elements, leaves), min_size=min_size, max_size=max_size)  # type: ignore[no-any-return]


def matrices(
    elements: SearchStrategy[float] | None = None,
    *,
    shape: tuple[int, int] | SearchStrategy[tuple[int, ...]] | None = None,
    leaves: bool = False,
) -> SearchStrategy[list[list[Any]]]:
    """Lists of rows, with the given `shape`, or one drawn from it. By default, there are 1 to 5 rows and columns.

    >>> from hypothesis import find
    >>> find(matrices(shape=(2, 3)), lambda m: True)
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    drawn: Any = shapes(min_dims=2, min_side=1) if shape is None else shape
    if isinstance(shape, tuple):
        drawn = _st().just(shape)
    entry = _entries(elements, leaves)

    def of(shape: tuple[int, int]) -> Any:
        rows, columns = shape
        row = _st().lists(entry, min_size=columns, max_size=columns)
        return _st().lists(row, min_size=rows, max_size=rows)

    return drawn.flatmap(of)  # type: ignore[no-any-return]


def _entries(elements: SearchStrategy[float] | None, leaves: bool) -> Any:
    chosen = numbers() if elements is None else elements
    return chosen.map(Value) if leaves else chosen


class _Form(NamedTuple):
    """How an expression uses a primitive: for operands within ±4, the result is within ±4 and well-conditioned.

    `gap(a, b, c)` is the distance to the nearest kink. An operand that is too near is moved.
    """

    text: str
    gap: Callable[[float, float, float], float] | None = None


_NEAR, _MOVE = 0.1, 0.3  # an operand that is nearer to a kink than _NEAR moves by _MOVE, towards 0


def _to_integer(x: float) -> float:
    return abs(x - round(x))


_DIVISOR = "(1.5 + {b} * {b} / 16)"
_NONZERO = _Form("sg.{name}({a})", lambda a, b, c: abs(a))
_STAIRS = _Form("sg.{name}({a})", lambda a, b, c: _to_integer(a))
_APART = _Form("sg.{name}({a}, {b})", lambda a, b, c: abs(a - b))
_FORMS: dict[str, _Form] = {
    **dict.fromkeys(("sin", "cos", "tanh", "asinh", "atan", "erf", "erfc", "sigmoid", "silu"), _Form("sg.{name}({a})")),
    **dict.fromkeys(("gelu", "gelu_tanh", "mish", "sinc"), _Form("sg.{name}({a})")),
    **dict.fromkeys(("exp", "expm1", "tan"), _Form("sg.{name}({a} / 4)")),
    **dict.fromkeys(("exp2", "sinh", "cosh"), _Form("sg.{name}({a} / 2)")),
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), _Form("sg.{name}({a} / 5)")),
    **dict.fromkeys(("lgamma", "digamma"), _Form("sg.{name}(2 + {a} / 4)")),
    "polygamma": _Form("sg.polygamma(1, 2 + {a} / 4)"),
    **dict.fromkeys(("log", "log10"), _Form("sg.{name}(1 + {a} * {a})")),
    **dict.fromkeys(("log2", "sqrt"), _Form("sg.{name}(1 + {a} * {a}) / 2")),
    **dict.fromkeys(("log_sigmoid", "softplus"), _Form("sg.{name}({a}) / 2")),
    **dict.fromkeys(("cbrt", "relu", "abs", "sign", "softsign"), _NONZERO),
    **dict.fromkeys(("floor", "ceil", "trunc"), _STAIRS),
    **dict.fromkeys(("maximum", "minimum", "max", "min"), _APART),
    "add": _Form("({a} + {b}) / 2"),
    "sub": _Form("({a} - {b}) / 2"),
    "mul": _Form("{a} * {b} / 4"),
    "div": _Form("{a} / (2 + {b} * {b})"),
    "neg": _Form("-{a}"),
    "square": _Form("{a} ** 2 / 4"),
    "pow": _Form("(1.5 + {a} / 4) ** ({b} / 2) / 2"),
    "floordiv": _Form("{a} // " + _DIVISOR, lambda a, b, c: _to_integer(a / (1.5 + b * b / 16))),
    "remainder": _Form("{a} % " + _DIVISOR, lambda a, b, c: _to_integer(a / (1.5 + b * b / 16))),
    "fmod": _Form("sg.fmod({a}, " + _DIVISOR + ")", lambda a, b, c: _to_integer(a / (1.5 + b * b / 16))),
    "log1p": _Form("sg.log1p({a} * {a})"),
    "atan2": _Form("sg.atan2({a}, 1.5 + {b} / 4)"),
    "acosh": _Form("sg.acosh(1.5 + {a} * {a})"),
    "leaky_relu": _Form("sg.leaky_relu({a}, {b} / 4)", lambda a, b, c: abs(a)),
    "elu": _Form("sg.elu({a}, {b} / 4)", lambda a, b, c: abs(a)),
    "selu": _Form("sg.selu({a}) / 2", lambda a, b, c: abs(a)),
    "xlogy": _Form("sg.xlogy({a}, 1.5 + {b} / 4)"),
    "logit": _Form("sg.logit(0.5 + {a} / 10)"),
    "round": _Form("sg.round({a})", lambda a, b, c: 0.5 - _to_integer(a)),
    "copysign": _Form("sg.copysign({a}, {b})", lambda a, b, c: min(abs(a), abs(b))),
    "clip": _Form(
        "sg.clip({a}, {b} / 4 - 1, 1 + {c} / 8)", lambda a, b, c: min(abs(a - b / 4 + 1), abs(a - 1 - c / 8))
    ),
    "hardtanh": _Form(
        "sg.hardtanh({a}, {b} / 4 - 1, 1 + {c} / 8)", lambda a, b, c: min(abs(a - b / 4 + 1), abs(a - 1 - c / 8))
    ),
    "where": _Form("sg.where({a} > 0, {b}, {c})", lambda a, b, c: abs(a)),
    "hypot": _Form("sg.hypot({a}, 1 + {b} / 8) / 2"),
    "logaddexp": _Form("sg.logaddexp({a}, {b}) / 2"),
    "exp_sub": _Form("sg.softmax([{a}, {b}])[0]"),
    "sum": _Form("sg.sum({a}, {b}, {c}) / 3"),
    "dot": _Form("sg.dot([{a}, {b}], [{b}, {c}]) / 8"),
    "logsumexp": _Form("sg.logsumexp({a}, {b}, {c}) / 2"),
    "mean": _Form("sg.mean({a}, {b}, {c})"),
    "prod": _Form("sg.prod({a}, {b}, {c}) / 16"),
    "norm": _Form("sg.norm({a}, {b}, 1 + {c} / 8) / 2"),
}
PRIMITIVES = tuple(name for name in ops.NAMES if name in _FORMS)  # what `expressions` can use: all but `custom`


class Expression:
    """A function of a few numbers, as Python text. It can be called, and its `source` can be run.

    ``inputs`` are numbers at which it is well-conditioned. ``source``, which is also the repr, is a program that prints
    the value and gradient there.
    """

    def __init__(self, inputs: Sequence[float], lines: Sequence[str]) -> None:
        self.inputs = list(inputs)
        self._lines = _needed(lines)
        parameters = ", ".join(f"x{k}" for k in range(len(inputs)))
        result = self._lines[-1].split(" = ")[0]
        body = "".join(f"    {line}\n" for line in self._lines)
        self._namespace: dict[str, Any] = {"sg": importlib.import_module("scalargrad")}
        exec(f"def function({parameters}):\n{body}    return {result}\n", self._namespace)
        names = [f"x{k}" for k in range(len(inputs))]
        self.source = "\n".join(
            [
                "import scalargrad as sg",
                *(f"{name} = sg.Value({number!r})" for name, number in zip(names, self.inputs)),
                *self._lines,
                f"{result}.backward()",
                f"print({', '.join([f'{result}.data', *(f'{name}.grad' for name in names)])})",
            ]
        )

    @overload
    def __call__(self, *x: Value) -> Value: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]
        self, *x: float
    ) -> float: ...
    @overload
    def __call__(self, *x: Value | float) -> Value: ...
    def __call__(self, *x: Any) -> Value | float:
        return self._namespace["function"](*x)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return self.source


def _needed(lines: Sequence[str]) -> list[str]:
    """The lines that the last one depends on."""
    kept: list[str] = []
    wanted = {lines[-1].split(" = ")[0]}
    for line in reversed(lines):
        name, text = line.split(" = ")
        if name in wanted:
            wanted |= set(re.findall(r"\bv\d+", text))
            kept.append(line)
    return kept[::-1]


def expressions(
    primitives: Sequence[str] | None = None, *, n_inputs: int | None = None, max_nodes: int = 8
) -> SearchStrategy[Expression]:
    """Random `Expression`s of 1 to `max_nodes` steps over the primitives (names of `ops.py`; by default all).

    Each step is one primitive, with operators that keep its operands within its domain and away from kinks and
    overflow, at the drawn `inputs`. There are `n_inputs` of these, by default one to three, from -3 to 3. An expression
    can be called on floats or Values, and shrinks to few lines. Raises `ArgumentError` for an unknown name.

    >>> from hypothesis import find
    >>> find(expressions(["log", "sin"]), lambda e: "log" in e.source)
    import scalargrad as sg
    x0 = sg.Value(0.0)
    v0 = sg.log(1 + x0 * x0)
    v0.backward()
    print(v0.data, x0.grad)
    """
    names = list(PRIMITIVES if primitives is None else primitives)
    for name in names:
        if name not in PRIMITIVES:
            raise ArgumentError(f"there is no primitive {name!r}: choose one of {', '.join(PRIMITIVES)}")
    if not names or max_nodes < 1 or (n_inputs is not None and n_inputs < 1):
        raise ArgumentError("an expression needs at least one primitive, one input and one node")
    st = _st()

    @st.composite  # type: ignore[untyped-decorator, unused-ignore]
    def draw_expression(draw: Any) -> Expression:
        count = draw(st.integers(1, 3)) if n_inputs is None else n_inputs
        inputs = draw(st.lists(st.floats(-3, 3, allow_subnormal=False), min_size=count, max_size=count))
        step = st.tuples(st.sampled_from(names), *[st.integers(0, count + max_nodes)] * 3)
        steps = draw(st.lists(step, min_size=1, max_size=max_nodes))
        return _build(inputs, steps)

    return draw_expression()  # type: ignore[no-any-return]


def _build(inputs: Sequence[float], steps: Sequence[tuple[str, int, int, int]]) -> Expression:
    """Builds an expression. A step is a primitive and three operands, numbered back from the latest result."""
    sg = importlib.import_module("scalargrad")
    values = {f"x{k}": x for k, x in enumerate(inputs)}
    names = list(values)  # the latest last
    lines = []
    for k, (primitive, *operands) in enumerate(steps):
        a, b, c = (names[-1 - i % len(names)] for i in operands)
        text = _text(primitive, a, b, c, values)
        name = f"v{k}"
        lines.append(f"{name} = {text}")
        values[name] = float(eval(text, {"sg": sg}, values))
        assert math.isfinite(values[name]) and abs(values[name]) <= 4.0 + 1e-9, lines
        names.append(name)
    return Expression(inputs, lines)


def _text(primitive: str, a: str, b: str, c: str, values: dict[str, float]) -> str:
    """The step in Python. An operand that is too near to a kink is moved."""
    form = _FORMS[primitive]
    if form.gap is None:
        return form.text.format(name=primitive, a=a, b=b, c=c)
    moved = {name: f"({name} {'-' if values[name] > 0 else '+'} {_MOVE})" for name in (a, b)}
    shift = {name: -_MOVE if values[name] > 0 else _MOVE for name in (a, b)}
    best: tuple[float, str, str] = (-1.0, a, b)
    for move_a in (False, True):
        for move_b in (False, True):
            at_a, at_b = values[a] + move_a * shift[a], values[b] + move_b * shift[b]
            gap = form.gap(at_a, at_b, values[c])
            if best[0] < min(gap, _NEAR):
                best = min(gap, _NEAR), moved[a] if move_a else a, moved[b] if move_b else b
    return form.text.format(name=primitive, a=best[1], b=best[2], c=c)
