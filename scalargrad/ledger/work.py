"""A row at work: its numbers, drawn at random or given, and what the closed form and the engine make of them."""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scalargrad.calculus.shapes import Layout, shape, transpose
from scalargrad.errors import ArgumentError, NumberError, RangeError, ShapeError
from scalargrad.ledger.compare import EPSILON, Comparison, Refutation
from scalargrad.transforms.containers import flat
from scalargrad.value import Value

# 1-Lipschitz, with a second derivative of at most 1: they do not magnify the error of an argument
SMOOTH = ("sin", "cos", "tanh", "sigmoid", "atan", "softplus", "asinh")
_KINDS = ("a number", "a vector", "a matrix")
_TYPED = {"yhat": "ŷ", "eta": "η"}  # names that few keyboards have


class Work:
    """Draws the inputs of a row that are not given, and collects its comparisons, steps first.

    >>> work = Work(random.Random(0), {"X": [[1.0, 2.0]]})
    >>> x, w = work.draw(X="m n", W="n k")
    >>> len(w), work.sizes["m"], work.inputs["X"]
    (2, 1, [[1.0, 2.0]])
    """

    def __init__(self, generator: random.Random, given: Mapping[str, Any] | None = None, least: int = 1) -> None:
        self._key = generator.getrandbits(64)  # of all streams
        self.least = least  # of the lengths that are drawn
        self.random = generator
        self.given = {_TYPED.get(name, unicodedata.normalize("NFC", name)): x for name, x in (given or {}).items()}
        self.inputs: dict[str, Any] = {}
        self.names: list[str] = []  # of the inputs that can be given
        self.sizes: dict[str, int] = {}
        self.comparisons: list[Comparison] = []
        self.refutations: list[Refutation] = []

    # --- numbers

    def stream(self, name: str) -> random.Random:
        """Random numbers for that name alone, so that no input that is given changes what is drawn for another."""
        return random.Random(f"{self._key} {name}")

    def draw(self, size: float = 3.0, least: int = 1, most: int = 4, apart: str = "", **shapes: str) -> list[Any]:
        """Returns an input for each name, in order: those given, and random ones between -size and size.

        A shape is the names of the lengths, such as "m n", or "" for a number; "N<K" is a vector of N whole numbers
        below K, and comes after the inputs that say what K is. The same name is the same length, from `least` to `most`
        unless an input that is given says otherwise; K is 2 or more. The lengths named in `apart` differ from one
        another, unless they are given. Each input is drawn from a stream of its own, row by row: what is given changes
        no other number, but adds or takes some where it says another length. Raises `ShapeError` if inputs do not fit
        together.
        """
        self.inputs.update(dict.fromkeys(shapes))
        classes = {axes.partition("<")[2] for axes in shapes.values()} - {""}
        names = apart.split()

        def length(axis: str) -> int:
            """The length that an input has along an axis, or any."""
            if axis not in self.sizes:
                first = max(least, 2 if axis in classes else self.least)
                taken = [self.sizes.get(other) for other in names if axis in names]
                lengths = [*range(first, max(most, first) + 1)]
                self.stream(f"length {axis}").shuffle(lengths)
                self.sizes[axis] = next(k for k in lengths if k not in taken)
            return self.sizes[axis]

        self.names += shapes
        for name, axes in shapes.items():
            if name in self.given:
                whole, _, limit = axes.partition("<")
                x = self._fitted(name, self.given[name], whole.split())
                self.inputs[name] = self._indices(name, x, limit, max(least, 2)) if limit else x
        for name, axes in shapes.items():
            if name not in self.given:
                whole, _, limit = axes.partition("<")
                lengths = [length(axis) for axis in whole.split()]
                self.inputs[name] = self._random(name, lengths, size, limit and length(limit))
        return [self.inputs[name] for name in shapes]

    def _random(self, name: str, lengths: Sequence[int], size: float, limit: Any) -> Any:
        """A number, a vector, or rows of them, each row from a stream of its own."""
        if len(lengths) > 1:
            return [self._random(f"{name} {k}", lengths[1:], size, limit) for k in range(lengths[0])]
        stream = self.stream(name)
        numbers = [stream.randrange(limit) if limit else stream.uniform(-size, size) for _ in range(*lengths or [1])]
        return numbers if lengths else numbers[0]

    def _fitted(self, name: str, x: Any, axes: list[str]) -> Any:
        """An input that was given. A number stands for a vector of one, a vector for a matrix of one row."""
        x = _numbers(name, x)
        try:
            lengths = shape(x)
        except ShapeError as error:
            raise ShapeError(f"{name}: {error}") from None
        for _ in range(len(axes) - len(lengths)):
            x = [x]
        if len(shape(x)) != len(axes):
            raise ShapeError(f"{name} must be {_KINDS[len(axes)]}, got {_KINDS[min(len(lengths), 2)]}")
        for axis, length in zip(axes, shape(x)):
            if length < 1:
                raise ShapeError(f"{name} is empty: give at least one number")
            if self.sizes.setdefault(axis, length) != length:
                raise ShapeError(f"{name} has {length} along {axis}, where another input has {self.sizes[axis]}")
        return x

    def _indices(self, name: str, x: list[float], limit: str, least: int) -> list[int]:
        """Whole numbers that were given. Unless an input says how many there may be, the largest does."""
        count = self.sizes.setdefault(limit, max(least, int(max(x)) + 1))
        for item in x:
            if item != int(item) or not 0 <= item < count:
                raise ArgumentError(f"{name} must be whole numbers from 0 to {count - 1}, got {item:g}")
        return [int(item) for item in x]

    def choose(self, name: str, options: Sequence[str] = SMOOTH) -> str:
        """One of the options: the one that is given under that name, or any.

        Raises `ArgumentError` for another one.
        """
        found = self.given[name] if name in self.given else self.stream(name).choice(options)
        if found not in options:
            raise ArgumentError(f"{name} must be one of {', '.join(options)}, got {found!r}")
        self.inputs[name] = found
        self.names.append(name)
        return str(found)

    def default(self, name: str, x: Any) -> Any:
        """The input that is given under that name; if it was drawn, this number is taken instead."""
        self.inputs[name] = self.inputs[name] if name in self.given else x
        return self.inputs[name]

    def note(self, **inputs: Any) -> None:
        """Shows numbers among the inputs that are not drawn."""
        self.inputs.update(inputs)

    def sides(self, z: Any, engine: Any, scale: Any, n: int) -> None:
        """Refuses numbers that rounding puts on the two sides of a kink at 0, where a row claims nothing."""
        for a, b, size in zip(flat(z), flat(engine), flat(scale)):
            fits = (a > 0.0) == (b > 0.0) or abs(a - b) > 8.0 * n * EPSILON * size
            self.need(fits, f"{a or b:.3g} is 0 but for rounding, and at 0 the slope of max(0, z) jumps: give others")

    def need(self, fits: bool, rule: str) -> None:
        """Refuses numbers outside the domain of a row. Raises `ArgumentError` with the rule."""
        if not fits:
            raise ArgumentError(rule)

    # --- results

    def step(self, what: str, latex: str, analytic: Any, engine: Any, scale: Any = None, n: int = 1,
             extra: float = 0.0) -> None:  # fmt: skip
        """A line of the derivation: its right side by the closed form, its left side by the engine."""
        self.comparisons.append(Comparison(what, analytic, engine, scale, n, extra, latex, True))

    def result(self, what: str, analytic: Any, engine: Any, scale: Any = None, n: int = 1, extra: float = 0.0) -> None:
        """What the row states: by the closed form, and by the engine."""
        self.comparisons.append(Comparison(what, analytic, engine, scale, n, extra))

    def besides(self, what: str, analytic: Any, engine: Any, scale: Any = None) -> None:
        """A result on numbers of the row's own, such as a kink; a reader who gives numbers is shown those alone."""
        if not self.given:
            self.result(f"besides, {what}", analytic, engine, scale)

    def gradient(self, what: str, analytic: Callable[[Layout], Any], engine: Sequence[float], scale: Any = None,
                 n: int = 1) -> None:  # fmt: skip
        """The gradient of a number by a vector, in both layouts: 1×n and n×1. The engine's is flat, as the scale is."""
        flat_scale = scale if scale is None or isinstance(scale, (int, float)) else [list(scale)]
        self.jacobian(what, analytic, [list(engine)], flat_scale, n)

    def jacobian(self, what: str, analytic: Callable[[Layout], Any], engine: Any, scale: Any = None, n: int = 1
                 ) -> None:  # fmt: skip
        """A Jacobian in both layouts. The engine's has its outputs as rows; so has the scale."""
        turned = transpose(scale) if isinstance(scale, list) else scale
        self.result(what, analytic("numerator"), engine, scale, n)
        self.result(f"{what}, denominator layout", analytic("denominator"), transpose(engine), turned, n)

    def refuted(self, what: str, wrong: Any, right: Any, engine: Any, scale: Any = None, n: int = 1, again: Any = None,
                size: Any = None) -> None:  # fmt: skip
        """A wrong form, the right one, and the engine's result. `wrong` is text where it has no numbers at all.

        `again` is the wrong form once more, from the engine's numbers, and `size` its scale, if that is another one.
        """
        self.refutations.append(Refutation(what, wrong, Comparison(what, right, engine, scale, n), again, size))


def _numbers(name: str, x: Any) -> Any:
    """Nested lists of finite floats."""
    if isinstance(x, Value):
        return x.data
    if hasattr(x, "tolist"):
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        return [_numbers(name, item) for item in x]
    try:
        number = float(x)
    except OverflowError:
        raise RangeError(f"{name} is too large for a float") from None
    except (TypeError, ValueError):
        raise NumberError(f"{name} needs numbers, got {x!r}: write {name}=1,2,3 or {name}=1,2/3,4") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{name} needs finite numbers, got {x}")
    return number
