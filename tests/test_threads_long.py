"""Threads: a long operation on arrays lets others run meanwhile, and its results keep their bits."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from tests.support.profiles import native_only
from tests.support.threads import run

UNIT = [[float(r == c) for c in range(150)] for r in range(150)]
LEAVES, CONSTANTS = sg.Matrix(UNIT), sg.constant(UNIT)

LONG: dict[str, Callable[[Any], Any]] = {
    "a product": lambda x: x @ x,
    "element by element": sg.exp,
    "a reduction": lambda x: x.sum(),
    "reductions of rows": lambda x: sg.logsumexp(x, axis=1),
    "without recording": sg.no_grad(lambda x: x @ x),
    "reductions without recording": sg.no_grad(lambda x: x.sum(1)),
    "reductions of constants": lambda x: sg.logsumexp(CONSTANTS, axis=1),
    "a system of equations": lambda x: sg.linalg.solve(x, x),
    "a determinant": sg.linalg.det,
    "a factorisation": lambda x: sg.linalg.cholesky(LEAVES),
    "a system without recording": sg.no_grad(lambda x: sg.linalg.solve(x, x)),
}


@native_only
@pytest.mark.parametrize("name", LONG)
def test_other_threads_run_during_a_long_operation(name: str) -> None:
    """The interpreter takes the lock from no thread here: another one runs only if the operation gives it up."""
    x = sg.Matrix([[0.01 * (r - c) for c in range(150)] for r in range(150)]) * 1.0
    count, over = [0], threading.Event()

    def work() -> None:
        while not over.is_set():
            count[0] += 1
            time.sleep(0)

    other = threading.Thread(target=work)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    try:
        other.start()
        end = time.monotonic() + 30.0
        progress = 0
        while not progress and time.monotonic() < end:
            time.sleep(0)
            before = count[0]
            LONG[name](x)
            progress = count[0] - before
    finally:
        sys.setswitchinterval(interval)
        over.set()
        other.join()
    assert progress


def test_long_operations_in_graphs_that_others_close_and_sweep() -> None:
    """While a product is computed, others use Values of its graph, which closes it, and set leaves: the same bits."""
    n = 48 if sg.backend() == "native" else 4
    numbers = [[0.3 + ((7 * r + 3 * c) % 11) / 7.0 for c in range(n)] for r in range(n)]
    shown: list[Any] = []
    over = threading.Event()

    def step() -> tuple[Any, Any]:
        x = sg.Matrix(numbers)
        y = x * 0.5
        shown.append((x, y[0]))
        z = sg.tanh(y @ y.T) @ y
        w = sg.linalg.solve(y + [[float(9 * (r == c)) for c in range(n)] for r in range(n)], z)
        (w.sum() + sg.logsumexp(y.reshape(-1)) + sg.logsumexp(z, axis=1).sum()).backward()
        with sg.no_grad():
            return z.data, w.data, x.grad, sg.logsumexp(w, axis=1).data

    def work() -> list[Any]:
        found = [step() for _ in range(6)]
        over.set()
        return found

    def meddle() -> None:
        while not over.is_set():
            for x, row in shown[-3:]:
                row[0] * 1.0
                (row * 1.0).sum().backward(0.0)
                x.data = [[-1.0] * n] * n
            time.sleep(0)

    wanted = step()
    shown.clear()
    results = run([work, work, meddle])
    assert all(found == wanted for found in results[0] + results[1])


MEASURED: dict[str, Callable[[Any], Any]] = {
    "a determinant": lambda x: sg.linalg.slogdet(x).logabsdet,
    "a reduction": lambda x: sg.logsumexp(x.reshape(-1)),
}


@pytest.mark.parametrize("name", MEASURED)
def test_leaves_that_are_set_while_others_read_them(name: str) -> None:
    """What is recorded are the numbers that the result was computed from: all old ones, or all new ones."""
    n, times = (64, 40) if sg.backend() == "native" else (3, 600)
    matrices = [[[float(r == c) * (1.0 + k) + 0.01 for c in range(n)] for r in range(n)] for k in range(2)]
    x = sg.Matrix(matrices[0])
    over = threading.Event()

    def measured() -> tuple[float, Any]:
        result = MEASURED[name](x)
        x.grad = 0.0
        result.backward()
        return result.data, x.grad

    def work() -> list[Any]:
        found = []
        try:
            for _ in range(times):
                found.append(measured())
                assert x.data in matrices
        finally:
            over.set()
        return found

    def meddle() -> None:
        while not over.is_set():
            for x.data in matrices:
                time.sleep(0)

    wanted = []
    for x.data in matrices:
        wanted.append(measured())
    assert wanted[0] != wanted[1]
    found, _ = run([work, meddle])
    assert all(each in wanted for each in found)
