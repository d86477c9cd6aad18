"""`check_grad`: compares a gradient of the engine with a numerical one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scalargrad import convert, core, record
from scalargrad.convert import short
from scalargrad.errors import ArgumentError, GradientMismatchError, NumberError
from scalargrad.nodes.copies import rebuilt
from scalargrad.testing.complexstep import NotAnalytic, Replay
from scalargrad.testing.differences import Differences
from scalargrad.transforms.containers import entries, rebuild
from scalargrad.value import Value

_SHOWN = 5  # the number of failing entries in a message
_ENGINE = 1e-12  # the engine's own error: 1e-14 per operation (docs/conventions.md), for a path of 100
_SAFETY = 10.0  # an estimated error is not a bound: differences may be this many times worse
_SMALLEST = 2.0**-1060  # subnormals have absolute errors: thousands of times the smallest double
_UNSETTLED = 1e-4  # differences this uncertain, relative to the variation of f, confirm nothing


class Entry(NamedTuple):
    """One entry of a gradient: from the engine, from a numerical method, and the tolerance between them."""

    path: str
    engine: float  # or from the function `grad` of the caller
    numeric: float
    estimate: float  # of the numerical method's error
    tolerance: float
    method: str  # "complex step" or "differences"
    note: str = ""
    kink: tuple[float, float] | None = None  # the slopes on the left and on the right, where they differ
    source: str = "engine"  # or "grad"

    @property
    def error(self) -> float:
        """The difference of the two, without its sign."""
        return abs(self.engine - self.numeric)

    @property
    def confirmed(self) -> bool:
        """Whether the two agree within the tolerance. A nan never agrees."""
        return not self.note and self.error <= self.tolerance < math.inf

    @property
    def conventional(self) -> bool:
        """Whether f has a kink here, and the engine's number is one of the slopes or between them: a convention."""
        if self.kink is None:
            return False
        low, high = sorted(self.kink)
        return low - self.tolerance <= self.engine <= high + self.tolerance

    def __str__(self) -> str:
        line = f"{self.path}: {self.source} {self.engine!r}, {self.method} {self.numeric!r} (estimated error"
        return f"{line} {self.estimate:.1e}, tolerance {self.tolerance:.1e})" + (
            f"\n    {self.note}" if self.note else ""
        )


class Report(NamedTuple):
    """The result of `check_grad`: the value of f, its gradient in the containers of x, and all entries."""

    value: float
    gradient: Any
    entries: tuple[Entry, ...]

    @property
    def worst(self) -> Entry | None:
        """The entry with the largest error, kinks aside; None if there is no other."""
        return max((entry for entry in self.entries if entry.kink is None), key=lambda entry: entry.error, default=None)

    @property
    def kinks(self) -> tuple[Entry, ...]:
        """The entries at which f has a kink. Their gradient is a convention, which is neither confirmed nor wrong."""
        return tuple(entry for entry in self.entries if entry.kink is not None)

    def __str__(self) -> str:
        confirmed, kinks = len(self.entries) - len(self.kinks), len(self.kinks)
        at_kinks = f", {kinks} at a kink" if kinks else ""
        return f"{confirmed} entries confirmed{at_kinks}" + (f", the worst {self.worst}" if self.worst else "")


def check_grad(
    f: Callable[[Any], Any],
    x: Any,
    *,
    grad: Callable[[Any], Any] | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
) -> Report:
    """Compares the gradient of f at x, computed by `backward`, with a numerical one, entry by entry.

    x is a number, or nested lists, tuples and dicts of numbers. f is called with new Values in place of the numbers,
    and returns a Value. It is called many times. x does not change, nor do the grads of other Values that f uses.

    `grad` is a function to check in place of the engine: it takes x, with floats for the numbers, and returns the
    gradient in the same containers. Then f may also be a function of floats that returns a float.

    The numerical method is the complex step, applied to the operations that f recorded. It is used only if replaying
    them at nearby points returns the results of f itself, to the bit; then no part of f bypassed the replay.
    Otherwise the method is central differences, extrapolated to step 0. Both estimate their error, and the tolerance
    follows from the estimate; `rtol`, relative to the larger of the two numbers, and `atol` are added to it.

    f is tried on both sides of x. Where both slopes agree, they are the derivative. Where they differ, f has a kink,
    and the gradient is a convention (docs/conventions.md): if it is not outside the two slopes, the entry is neither
    confirmed nor an error, but among the `kinks` of the report. A jump is an error.

    Returns a `Report`. Raises `GradientMismatchError`, an AssertionError, if an entry is neither confirmed nor at a
    kink; the message has its path, both numbers, the estimated error, and a note if f has a jump or an edge there, and
    its `report` has all entries.
    Raises `ArgumentError` if f(x) is not finite or differs between calls, or if `grad` returns other containers;
    `NumberError` if f does not return a Value. Exceptions of f at x pass through.

    >>> import scalargrad as sg
    >>> report = check_grad(lambda x: sg.exp(x[0]) * x[1], [0.0, 3.0])
    >>> report.value, report.gradient
    (3.0, [3.0, 1.0])
    >>> check_grad(sg.relu, 0.0).kinks[0].kink
    (0.0, 1.0)
    >>> check_grad(lambda x: x[0] * x[1], [2.0, 3.0], grad=lambda x: [x[1], x[0]]).gradient
    [3.0, 2.0]
    >>> check_grad(lambda x: x * x.detach(), 3.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    scalargrad.errors.GradientMismatchError: the gradient is not confirmed at 1 of 1 entries
      x: engine 3.0, differences 6.0 (estimated error ...)
    """
    paths, point = _read(x)
    check = _Check(f, x, point) if grad is None else _CheckOfGrad(f, x, point, grad, paths)
    found = tuple(check.entry(k, path, rtol, atol) for k, path in enumerate(paths))
    report = Report(check.value, rebuild(x, check.gradient), found)
    failed = [entry for entry in found if not (entry.confirmed or entry.conventional)]
    if failed:
        lines = [f"the gradient is not confirmed at {len(failed)} of {len(found)} entries", *map(str, failed[:_SHOWN])]
        if len(failed) > _SHOWN:
            lines.append(f"... and {len(failed) - _SHOWN} more")
        error = GradientMismatchError("\n  ".join(lines))
        error.report = report
        raise error
    return report


def _read(x: Any) -> tuple[list[str], list[float]]:
    paths: list[str] = []
    point: list[float] = []
    for path, item in entries(x):
        try:
            number = item.data if isinstance(item, Value) else Value(item).data
        except NumberError as error:
            raise NumberError(f"{path}: {error}") from None
        if not math.isfinite(number):
            raise ArgumentError(f"{path} is {number}: a gradient can only be checked at finite numbers")
        paths.append(path)
        point.append(number)
    return paths, point


class _Check:
    """f at one point: its gradient by the engine, and its replay if that is faithful."""

    source = "engine"

    def __init__(self, f: Callable[[Any], Any], x: Any, point: list[float]) -> None:
        self._f, self._x, self._point = f, x, point
        self._leaves = [Value(number) for number in point]
        root = self._call(self._leaves)
        self.value = root.data
        if not math.isfinite(self.value):
            raise ArgumentError(f"f(x) is {self.value}: a gradient can only be checked where f is finite")
        if self._at(point) != self.value:
            raise ArgumentError("f returned two different results for the same x: draw random numbers outside f")
        replay = Replay(root)
        self.gradient = _gradient(root, self._leaves)
        self._replay = replay if self._is_faithful(replay) else None

    def _call(self, leaves: Sequence[Value]) -> Value:
        result = self._f(rebuild(self._x, leaves))
        if isinstance(result, Value):
            return result
        if isinstance(result, (int, float)):
            raise NumberError(
                f"f returned the plain number {short(result)}: no Value reached its result. The gradient stops at"
                " .data, float(), int() and the functions of math: use the functions of scalargrad"
            )
        raise NumberError(
            f"f must return one Value, got {type(result).__name__} {short(result)}: sum it up, or take an item"
        )

    def _at(self, point: Sequence[float]) -> float:
        return self._call([Value(number) for number in point]).data

    def _is_faithful(self, replay: Replay) -> bool:
        """Whether a replay at nearby points returns the results of f, to the bit, so that no part of f bypassed it."""
        # a tiny x moves on the scale of 1, then on its own scale; every number moves, and to both sides
        for size, least in ((2.0**-9, 1.0), (-(2.0**-9), 1.0), (2.0**-20, 0.0), (-(2.0**-20), 0.0)):
            near = [x + size * (1.0 - k % 5 / 2.5) * max(abs(x), least) for k, x in enumerate(self._point)]
            if not self._agrees(replay, near):
                return False
        return True

    def _agrees(self, replay: Replay, near: list[float]) -> bool:
        try:
            result = self._at(near)
        except Exception:
            return False
        return result == replay.replay({id(leaf): number for leaf, number in zip(self._leaves, near)})

    def _beside(self, k: int, number: float) -> list[float]:
        return [*self._point[:k], number, *self._point[k + 1 :]]

    def _is_faithful_along(self, replay: Replay, k: int) -> bool:
        """Whether this holds on both sides of number k, with all others in place: f may branch just there."""
        x = self._point[k]
        step = 2.0**-20 * (abs(x) or 1.0)
        return all(self._agrees(replay, self._beside(k, near)) for near in (x + step, x - step))

    def entry(self, k: int, path: str, rtol: float, atol: float) -> Entry:
        """Compares one entry."""
        engine = self.gradient[k]
        if self._replay is not None and self._is_faithful_along(self._replay, k):
            try:
                numeric, estimate = self._replay.slope(self._leaves[k])
            except NotAnalytic:
                pass
            else:
                tolerance = estimate + rtol * max(abs(engine), abs(numeric)) + atol + _SMALLEST
                return Entry(path, engine, numeric, estimate, tolerance, "complex step", source=self.source)
        around = Differences(lambda number: self._at(self._beside(k, number)), self._point[k], self.value)
        return _by_differences(path, engine, around, rtol, atol)._replace(source=self.source)


class _CheckOfGrad(_Check):
    """f at one point, and the gradient that the caller's function returns there."""

    source = "grad"

    def __init__(
        self, f: Callable[[Any], Any], x: Any, point: list[float], grad: Callable[[Any], Any], paths: list[str]
    ) -> None:
        self._of_floats = _takes_floats(f, rebuild(x, point))
        if self._of_floats:
            self._f, self._x, self._point, self._replay = f, x, point, None
            self.value = self._at(point)
            if not math.isfinite(self.value):
                raise ArgumentError(f"f(x) is {self.value}: a gradient can only be checked where f is finite")
            if self._at(point) != self.value:
                raise ArgumentError("f returned two different results for the same x: draw random numbers outside f")
        else:
            super().__init__(f, x, point)
        items = [*entries(grad(rebuild(x, point)))]
        if [path for path, _ in items] != paths:
            raise ArgumentError(
                "grad must return a number for each number of x, in the same containers:"
                f" {', '.join(paths[:3]) or 'none'} (of {len(paths)}), got"
                f" {', '.join(path for path, _ in items[:3]) or 'none'} (of {len(items)})"
            )
        self.gradient = [item.data if isinstance(item, Value) else Value(item).data for _, item in items]

    def _at(self, point: Sequence[float]) -> float:
        return float(self._f(rebuild(self._x, point))) if self._of_floats else super()._at(point)


def _takes_floats(f: Callable[[Any], Any], x: Any) -> bool:
    """Whether f returns a float for floats. If it raises, it may be a function of Values."""
    try:
        result = f(x)
    except Exception:
        return False
    return convert.number(result) is not NotImplemented and not isinstance(result, Value)


def _by_differences(path: str, engine: float, around: Differences, rtol: float, atol: float) -> Entry:
    kink, jump = around.kink(), around.jump()
    if kink is not None and not jump:
        numeric, estimate = 0.5 * (kink[0] + kink[1]), around.kink_error
        tolerance = _SAFETY * estimate + (_ENGINE + rtol) * max(map(abs, kink)) + atol + _SMALLEST
        note = (
            f"f has a kink here, slope {kink[0]:.6g} on the left and {kink[1]:.6g} on the right: the gradient is a"
            " convention (docs/conventions.md); check at another point"
        )
        return Entry(path, engine, numeric, estimate, tolerance, "differences", note, kink)
    numeric, estimate, rounding = around.slope()
    larger = max(abs(engine), abs(numeric))
    tolerance = _SAFETY * estimate + (_ENGINE + rtol) * larger + atol + _SMALLEST
    entry = Entry(path, engine, numeric, estimate, tolerance, "differences")
    if jump:
        return entry._replace(note=f"f jumps here, by {jump:.6g}: it has no derivative; check at another point")
    uncertain = _SAFETY * estimate > _UNSETTLED * max(larger if larger < math.inf else 0.0, around.variation)
    if entry.confirmed and not (uncertain and estimate > _SAFETY * rounding):
        return entry
    if math.isnan(numeric) and not around.drowned:
        why = f" (f raised {around.error!r})" if around.error else ""
        note = f"f has no finite value on both sides of x: the edge of its domain?{why}"
    elif uncertain or math.isnan(numeric):
        note = "differences do not settle: f jumps, oscillates, rounds, or has a kink or a pole nearby; check elsewhere"
    else:
        note = ""
    return entry._replace(note=note)


def _gradient(root: Value, leaves: Sequence[Value]) -> list[float]:
    """The gradient by `backward`, of a copy: the grads of Values that f knows from elsewhere stay as they are."""
    if core.key(root) is None:
        twins = {id(root): Value(root.data)}
        twin = twins[id(root)]
    else:
        flat = record.Record(*core.flatten(root))
        twins = {id(leaf): Value(leaf.data) for leaf in flat.leaves}
        (twin,) = rebuilt(flat._replace(leaves=list(twins.values())))
    twin.backward()
    return [twins[id(leaf)].grad if id(leaf) in twins else 0.0 for leaf in leaves]
