"""Recording and sweeping in plain Python, with partials written by hand. Both backends are compared with it.

A program is a function of `sg`, and uses `sg.Value`, operators and a few functions. It runs once on the library
and once on `ORACLE`, which has the same names. Nothing here is closed, linked or cut, and there is one order of sums:
consumers from the last to the first, a node's operands in theirs, the first contribution assigned."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Iterable
from typing import Any

import scalargrad as sg
from tests.support.engines import bits

_clock = itertools.count()


def times(a: float, b: float) -> float:
    """The product rule: a nan made by a zero factor is 0."""
    p = a * b
    return 0.0 if p != p and 0.0 in (a, b) else p


class Cell:
    """A number with edges (operand, partial). Without edges it is a leaf."""

    def __init__(self, data: float, edges: Iterable[tuple[Any, float]] = ()) -> None:
        self.data, self.grad = data, 0.0
        self.edges = [(x, p) for x, p in edges if isinstance(x, Cell)]
        self.order = next(_clock)

    def __add__(self, other: Any) -> Cell:
        return Cell(self.data + number(other), [(self, 1.0), (other, 1.0)])

    def __radd__(self, other: float) -> Cell:
        return Cell(other + self.data, [(self, 1.0)])

    def __sub__(self, other: Any) -> Cell:
        return Cell(self.data - number(other), [(self, 1.0), (other, -1.0)])

    def __rsub__(self, other: float) -> Cell:
        return Cell(other - self.data, [(self, -1.0)])

    def __mul__(self, other: Any) -> Cell:
        return Cell(self.data * number(other), [(self, number(other)), (other, self.data)])

    def __rmul__(self, other: float) -> Cell:
        return Cell(other * self.data, [(self, other)])

    def __neg__(self) -> Cell:
        return Cell(-self.data, [(self, -1.0)])

    def backward(self, seed: float = 1.0) -> None:
        reached, pending = {id(self): self}, [self]
        while pending:
            for x, _ in pending.pop().edges:
                if id(x) not in reached:
                    reached[id(x)] = x
                    pending.append(x)
        adjoints = {id(self): seed}
        for node in sorted(reached.values(), key=lambda x: -x.order):
            adjoint = adjoints[id(node)]
            for x, partial in node.edges:
                term = times(adjoint, partial)
                adjoints[id(x)] = adjoints[id(x)] + term if id(x) in adjoints else term
            node.grad = adjoint if node.edges else node.grad + adjoint


def number(x: Any) -> float:
    return x.data if isinstance(x, Cell) else x


def relu(x: Cell) -> Cell:
    return Cell(0.0 if x.data < 0 else x.data, [(x, 1.0 if x.data > 0 else 0.0)])


def where(c: Any, x: Any, y: Any) -> Cell:
    chosen = number(c) != 0
    return Cell(number(x if chosen else y), [(c, 0.0), (x, float(chosen)), (y, float(not chosen))])


def total(operands: list[Any]) -> Cell:
    """sg.sum: chunks of 128, in eight interleaved sums and a fixed tree."""
    z = -0.0
    for start in range(0, len(operands), 128):
        s = [-0.0] * 8
        for k, x in enumerate(operands[start : start + 128]):
            s[k % 8] += number(x)
        z += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
    return Cell(z, [(x, 1.0) for x in operands])


def dot(left: list[Any], right: list[Any]) -> Cell:
    z, edges = -0.0, []
    for x, y in zip(left, right):
        z += number(x) * number(y)
        edges += [(x, number(y)), (y, number(x))]
    return Cell(z, edges)


def extreme(pick: Callable[..., float]) -> Callable[[list[Any]], Cell]:
    """sg.max and sg.min of numbers without nan: k equal numbers get 1/k each."""

    def of(operands: list[Any]) -> Cell:
        z = pick(map(number, operands))
        ties = sum(number(x) == z for x in operands)
        return Cell(z, [(x, 1 / ties if number(x) == z else 0.0) for x in operands])

    return of


class Row(list[Any]):
    """A vector, whose elements are recorded one by one."""

    def _each(self, other: Any, f: Callable[[Any, Any], Any]) -> Row:
        return Row([f(x, other[k] if isinstance(other, list) else other) for k, x in enumerate(self)])

    def __add__(self, other: Any) -> Row:  # type: ignore[override]
        return self._each(other, lambda x, y: x + y)

    def __sub__(self, other: Any) -> Row:
        return self._each(other, lambda x, y: x - y)

    def __mul__(self, other: Any) -> Row:  # type: ignore[override]
        return self._each(other, lambda x, y: x * y)

    def sum(self) -> Cell:
        return total(self)

    def __matmul__(self, other: Any) -> Cell:
        return dot(self, other)


ORACLE = types.SimpleNamespace(
    Value=Cell, Vector=Row, relu=relu, where=where, sum=total, dot=dot, max=extreme(max), min=extreme(min),
    square=lambda x: Cell(x.data * x.data, [(x, 2 * x.data)]),
)  # fmt: skip


def seen(nodes: Iterable[Any]) -> list[Any]:
    """A key that is equal for equal runs of a program: the bits of every number and grad."""
    return [(bits(node.data), bits(node.grad)) for node in nodes]


def agree(program: Callable[[Any], Iterable[Any]]) -> None:
    """Runs a program, which returns nodes, on the library and on the oracle, and compares."""
    found, wanted = seen(program(sg)), seen(program(ORACLE))
    assert found == wanted, [k for k, (x, y) in enumerate(zip(found, wanted)) if x != y]


__all__ = ["ORACLE", "Cell", "agree", "seen", "times"]
